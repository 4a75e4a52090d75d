"""What the App writes to a pull request over pushes and refusals: each thing once, in its place, and nothing lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.adapters import github
from bot.adapters.github import GitHubError
from bot.entry import pulls
from bot.entry.demo import make_repository

from .publishing import (
    BARE,
    BOT,
    MOST,
    ONE_MENDED,
    SAFE,
    SOMEBODY,
    World,
    shop_without_time_outs,
    with_comments,
    world_over,
)
from .repository import Repository
from .standin import Failure
from .standin.app import Key


@pytest.fixture
def world(tmp_path: Path, key: Key) -> Iterator[World]:
    """A pull request that takes three time-outs away."""
    with world_over(shop_without_time_outs(Repository.create(tmp_path / "shop")), key) as world:
        yield world


# --- one review ----------------------------------------------------------------------------------------------------


def test_a_review_is_one_review_with_a_summary_and_a_second_run_changes_nothing(world: World) -> None:
    posted = world.review()
    wrote = world.writes
    again = world.review()

    assert [(c["line"], c["user"]["id"]) for c in world.roots] == [(7, BOT), (11, BOT), (15, BOT)]
    assert [p.rpartition("/shop/payments")[2] for _, p in wrote] == ["/pulls/1/reviews", "/issues/1/comments"]
    assert "3 findings beside their lines." in world.summary
    assert (len(posted.written), len(again.written), len(again.beside.there)) == (3, 0, 3)
    assert world.writes == wrote


@pytest.fixture
def example(tmp_path: Path, key: Key) -> Iterator[World]:
    """The pull request of `make demo`."""
    make_repository(tmp_path / "example")
    shop = Repository(tmp_path / "example")
    shop.switch("feature", create=True)
    with world_over(shop, key) as world:
        yield world


def test_the_example_has_comments_over_several_lines_on_both_sides_and_fixes_that_can_be_committed(
    example: World,
) -> None:
    made = example.made()
    example.write(made)
    roots = example.roots

    assert len(example.hub.pulls[1].reviews) == 1
    assert len(roots) == MOST
    assert "**error**" in roots[0]["body"]
    assert {c["side"] for c in roots} == {"LEFT", "RIGHT"}
    assert [(c["start_line"], c["line"]) for c in roots if "start_line" in c] == [(49, 55)]
    fixes = {(f.fix.start_line, f.fix.end_line) for f in made.review.shown if f.fix is not None}
    suggested = [c for c in roots if "```suggestion" in c["body"]]
    assert len(suggested) >= 4
    assert {c["side"] for c in suggested} == {"RIGHT"}
    assert {(c.get("start_line", c["line"]), c["line"]) for c in suggested} <= fixes
    over = len(made.review.shown) - MOST
    assert f"<summary>{over} more findings: only the most severe stand beside their lines</summary>" in example.summary


def test_suggestions_that_are_committed_end_what_they_stand_in(example: World) -> None:
    """By the posted texts alone, as GitHub's button does it."""
    example.review()
    suggested = [c for c in example.roots if "```suggestion" in c["body"]]
    for comment in sorted(suggested, key=lambda c: -int(c["line"])):
        lines = (example.shop.path / comment["path"]).read_bytes().decode().split("\n")
        new = re.search(r"```suggestion\n(.*?)\n```", comment["body"], re.DOTALL)
        assert new is not None
        lines[comment.get("start_line", comment["line"]) - 1 : comment["line"]] = new[1].split("\n")
        example.shop.write(comment["path"], "\n".join(lines))
    example.shop.commit()
    posted = example.review()

    ended = {a["in_reply_to_id"] for a in example.answers}
    assert {c["id"] for c in suggested} <= ended
    assert len(posted.answered.fixed) >= len(suggested)


def test_the_example_is_short_and_says_nothing_twice(example: World) -> None:
    """As somebody reads it who has nine other pull requests to look at."""
    example.review()

    for body in [c["body"] for c in example.roots]:
        said = visible(body)
        assert len(re.sub(r"```.*?```", "", said, flags=re.DOTALL)) < 500
        sentences = [s for s in re.split(r"(?<=[.:])\s+", said) if len(s) > 12]
        assert len(sentences) == len(set(sentences))
        assert not re.search(r"`[\w./]+\.\w+:\d+:\d+`", said)  # of its own file a line is enough
    shown = [line for line in visible(example.summary).splitlines() if line]
    assert shown == [
        "## Mainstay",
        "Complete: 13 findings (1 error, 9 warnings, 3 info) in 3 files.",
        "10 findings beside their lines.",
    ]
    assert example.summary.count("<summary>") == 2 + 11  # what is over, the lessons, and each of them
    for address in re.findall(r"\]\(<(.*?)>\)", example.summary):
        assert address.startswith("https://")


def visible(body: str) -> str:
    """What is seen of a comment before anybody unfolds something."""
    unfolded = body.partition("\n")[2]
    while (without := re.sub(r"<details>(?:(?!<details>).)*?</details>", "", unfolded, flags=re.DOTALL)) != unfolded:
        unfolded = without
    return unfolded


def test_at_most_so_many_comments_and_the_summary_says_what_is_folded(world: World) -> None:
    """What is over comes when there is room."""
    world.review(most=2)
    assert len(world.roots) == 2
    assert "1 more finding: only the most severe stand beside their lines" in world.summary

    world.review(most=3)
    assert len(world.roots) == 3
    assert "more finding" not in world.summary


# --- pushes --------------------------------------------------------------------------------------------------------


def test_what_is_fixed_is_answered_once_and_counted_where_it_cannot_be_resolved(world: World) -> None:
    """Reading contents alone, the App may not resolve: GitHub forbids it."""
    world.review()
    head = world.push(ONE_MENDED)
    posted = world.review()
    once = len(world.answers)
    world.push(f"{ONE_MENDED}\n\nA = 1\n")
    later = world.review()

    (answer,) = world.answers
    assert once == 1
    assert answer["in_reply_to_id"] == world.roots[0]["id"]
    assert answer["body"].endswith(f"\nFixed in {head}.")
    assert world.resolved == set()
    assert "1 finding told before is fixed." in world.summary
    assert (posted.answered.may_resolve, posted.answered.resolved, len(posted.answered.fixed)) == (False, (), 1)
    assert (later.answered.may_resolve, len(later.answered.fixed), later.written) == (True, 1, ())


def test_a_fixed_thread_is_resolved_where_that_is_allowed_unless_a_person_wrote_there(world: World) -> None:
    world.hub.permissions["contents"] = "write"
    world.review()
    first, second, third = world.roots
    world.hub.reply(world.hub.pulls[1], SOMEBODY, first["id"], "Are you sure?")
    world.push(SAFE)
    posted = world.review()

    assert world.resolved == {second["id"], third["id"]}
    assert len([a for a in world.answers if a["user"]["id"] == BOT]) == 3
    assert len(posted.answered.discussed) == 1
    assert "3 findings told before are fixed." in world.summary


def test_another_bots_word_does_not_count_as_a_persons(world: World) -> None:
    world.hub.permissions["contents"] = "write"
    world.review()
    first, *_ = world.roots
    beep = world.hub.reply(world.hub.pulls[1], SOMEBODY, first["id"], "beep")
    beep["user"] = {"id": 9, "login": "helper[bot]", "type": "Bot"}
    world.push(ONE_MENDED)
    posted = world.review()

    assert posted.answered.discussed == ()
    assert world.resolved == {first["id"]}


def test_a_finding_that_comes_back_gets_a_new_thread_once(world: World) -> None:
    """The old one is on lines that are gone, and may be resolved: nobody would see it there."""
    world.review()
    world.push(SAFE)
    world.review()
    world.push(f"# once more\n{BARE}")
    posted = world.review()
    world.review()

    assert world.places == [7, 11, 15, 8, 12, 16]
    assert len(world.answers) == 3
    assert len(posted.written) == 3
    assert "fixed" not in world.summary
    world.push(SAFE)
    world.review()
    assert len(world.answers) == 6


def test_a_finding_that_goes_on_stays_in_its_thread(world: World) -> None:
    """Other lines around it, another place: nothing is said again."""
    world.review()
    world.push(f"# a word\n\n{BARE}")
    posted = world.review()

    assert len(world.hub.pulls[1].comments) == 3
    assert (posted.written, posted.answered.fixed) == ((), ())


def test_an_edited_statement_is_told_anew_and_not_called_fixed(world: World) -> None:
    """It is another finding now, but nothing was mended."""
    world.review()
    world.push(BARE.replace("post(URL, json=order)", "post(URL, json=order, verify=True)"))
    posted = world.review()

    assert [len(posted.written), len(posted.answered.replaced), len(posted.answered.fixed)] == [1, 1, 0]
    assert "Fixed" not in world.answers[0]["body"]
    assert "fixed" not in world.summary


def test_a_head_that_moved_on_gets_nothing(world: World) -> None:
    """Each step looks first."""
    made = world.made()
    world.push(SAFE)
    with pytest.raises(GitHubError, match="moved on"):
        world.write(made)

    assert world.hub.pulls[1].comments == world.hub.pulls[1].conversation == []


# --- refusals ------------------------------------------------------------------------------------------------------


def test_a_comment_that_is_refused_goes_on_its_file_and_takes_no_other_with_it(world: World) -> None:
    made = world.made()
    first, second, third = made.plan.comments
    wrong = with_comments(made, replace(first, line=900, start_line=900), replace(second, line=0), third)
    posted = world.write(wrong)

    assert world.places == [15, None, None]
    assert [c.get("subject_type") for c in world.roots[1:]] == ["file", "file"]
    assert "At line 7 in `charge`." in world.roots[1]["body"]
    assert posted.beside.refused == (first.fingerprint,)
    assert set(posted.on_files.written) == {first.fingerprint, second.fingerprint}
    again = world.write(wrong)
    assert (again.written, len(world.roots)) == ((), 3)


def test_what_no_place_takes_is_in_the_summary(world: World) -> None:
    """A finding is never dropped."""
    made = world.made()
    lost = replace(made.plan.comments[0], path="not/there.py")
    posted = world.write(with_comments(made, lost, *made.plan.comments[1:]))

    assert posted.on_files.refused == (lost.fingerprint,)
    assert len(world.roots) == 2
    assert "GitHub takes no comment at the places of these:" in world.summary
    assert world.summary.count("**warning**") == 1


@pytest.mark.parametrize("ending", ["/reviews", "/issues/1/comments"])
def test_a_rate_limit_is_told_and_the_next_call_goes_on(world: World, ending: str) -> None:
    """Nothing is written twice, nothing is lost."""
    made = world.made()
    world.hub.failures.append(Failure("POST", ending, 403))
    with pytest.raises(GitHubError):
        world.write(made)
    world.write(made)

    assert (len(world.roots), len(world.hub.pulls[1].conversation)) == (3, 1)


# --- the check -----------------------------------------------------------------------------------------------------


def test_the_check_of_a_review_has_annotations_and_a_button(world: World) -> None:
    made = world.made()
    title, text, shown = pulls.words(made, world.write(made).summary.address)
    github.end(world.client, made.pull, pulls.conclusion(made), title, text, shown)

    run = world.check()
    assert (run["status"], run["conclusion"]) == ("completed", "failure")
    assert [(a["path"], a["start_line"], a["annotation_level"]) for a in run["output"]["annotations"]] == [
        ("app/client.py", 7, "warning"),
        ("app/client.py", 11, "warning"),
        ("app/client.py", 15, "warning"),
    ]
    assert [a["identifier"] for a in run["actions"]] == ["full"]
