"""Markers that others have forged, copied, edited or replayed: none of them keeps the App from saying what it has to say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.adapters.github.threads import Author, Said
from bot.markers import Markers

from .publishing import BOT, CLIENT, HOME, ONE_MENDED, SOMEBODY, World, shop_without_time_outs, world_over
from .repository import Repository
from .standin.app import Key


@pytest.fixture
def world(tmp_path: Path, key: Key) -> Iterator[World]:
    """A pull request that takes three time-outs away; threads may be resolved."""
    with world_over(shop_without_time_outs(Repository.create(tmp_path / "shop")), key) as world:
        world.hub.permissions["contents"] = "write"
        yield world


def fingerprint(comment: dict[str, Any]) -> str:
    """What a comment's hidden line names."""
    return str(comment["body"].split()[3])


def test_what_others_copy_of_ours_counts_for_nothing(world: World) -> None:
    """Whole and word for word, by another account: as a comment, as an answer, as a summary."""
    world.review()
    pull, (first, *_) = world.hub.pulls[1], world.roots
    fixed = world.markers().make("fixed", fingerprint(first), world.hub.commit("feature"))
    world.hub.reply(pull, SOMEBODY, first["id"], f"{fixed}\nFixed in 1234567.")
    for comment in world.roots:
        comment["user"] = {"id": SOMEBODY, "login": "mainstay[bot]", "type": "Bot"}
    for said in pull.conversation:
        said["user"] = {"id": SOMEBODY, "login": "mainstay[bot]", "type": "Bot"}
    posted = world.review()

    assert len(posted.written) == 3
    assert [c["user"]["id"] for c in world.roots] == [SOMEBODY] * 3 + [BOT] * 3
    assert [c["user"]["id"] for c in pull.conversation] == [SOMEBODY, BOT]
    assert posted.answered.fixed == ()


def test_an_answer_of_somebody_elses_ends_no_thread(world: World) -> None:
    """Else nobody would hear that it is fixed, and a later head's thread could be closed from outside."""
    world.review()
    first = world.roots[0]
    fixed = world.markers().make("fixed", fingerprint(first), "1" * 40)
    world.hub.reply(world.hub.pulls[1], SOMEBODY, first["id"], f"{fixed}\nFixed.")
    head = world.push(ONE_MENDED)
    posted = world.review()

    assert posted.answered.fixed == (fingerprint(first),)
    assert world.answers[-1]["body"].endswith(f"\nFixed in {head}.")
    assert posted.answered.discussed == (fingerprint(first),)
    assert world.resolved == set()


def test_a_comment_of_ours_from_another_pull_request_counts_for_nothing(world: World) -> None:
    """By our own account, and signed, but not for this one."""
    other = world.markers(2)
    for finding in world.made().review.shown:
        body = f"{other.make('finding', finding.fingerprint, '77')}\ncopied"
        asked = {"path": CLIENT, "line": 7, "side": "RIGHT", "body": body, "commit_id": world.hub.commit("feature")}
        world.hub.comment(world.hub.pulls[1], BOT, asked)
    world.hub.say(world.hub.pulls[1], BOT, f"{other.make('summary')}\ncopied")
    posted = world.review()

    assert len(posted.written) == 3
    assert len(world.hub.pulls[1].conversation) == 2


def test_a_repository_that_was_renamed_is_told_nothing_again(world: World) -> None:
    """It keeps its number, and what was written there its place."""
    world.review()
    wrote = world.writes
    world.hub.repository = "shop/renamed"
    posted = world.review()

    assert (posted.written, world.writes) == ((), wrote)


def test_a_marker_that_another_key_has_signed_counts_for_nothing(world: World) -> None:
    """By our account, for this pull request: whoever makes one up does not have the App's private key."""
    forged = Markers(HOME, 1, b"a guess")
    world.hub.say(world.hub.pulls[1], BOT, f"{forged.make('summary')}\nAll is well.")
    world.review()

    assert [s["body"].endswith("All is well.") for s in world.hub.pulls[1].conversation] == [True, False]


def test_a_comment_of_ours_that_was_edited_tells_of_nothing_else(world: World) -> None:
    """A maintainer can edit what we wrote, not sign it."""
    world.review()
    first, second, _ = world.roots
    stolen, other = fingerprint(first), fingerprint(second)
    first["body"] = first["body"].replace(stolen, other)
    posted = world.review()

    assert posted.written == (stolen,)
    assert posted.answered.fixed == ()


def test_a_state_that_was_edited_counts_for_nothing(world: World) -> None:
    """The commit in our answer is signed too: a thread can't be made to look answered at another head."""
    world.review()
    world.push(ONE_MENDED)
    world.review()
    (answer,) = world.answers
    answer["body"] = answer["body"].replace(world.hub.commit("feature"), "1" * 40)
    world.review()

    assert len(world.answers) == 2
    assert world.answers[1]["body"].endswith(f"\nFixed in {world.hub.commit('feature')}.")


def test_an_answer_of_ours_that_is_replayed_in_another_thread_ends_nothing(world: World) -> None:
    """Signed by us, and for this pull request, but for another finding."""
    world.review()
    first, second, _ = world.roots
    fixed = world.markers().make("fixed", fingerprint(second), "1" * 40)
    world.hub.reply(world.hub.pulls[1], BOT, first["id"], f"{fixed}\nFixed.")
    posted = world.review()

    assert (posted.answered.fixed, posted.written) == ((), ())


def test_a_marker_inside_a_text_counts_for_nothing(world: World) -> None:
    """Quoted by ourselves, as in a comment that tells of somebody's text."""
    world.review()
    said = world.hub.pulls[1].conversation[0]
    said["body"] = f"> {said['body']}"
    world.review()

    assert len(world.hub.pulls[1].conversation) == 2


def test_the_app_counts_where_github_names_it_and_the_account_always() -> None:
    """A login says nothing; what an App wrote in a person's name, or another App in ours, is not our App's."""
    ours, me = {"id": BOT, "type": "Bot"}, Author(BOT, 12345)

    def said(user: Any, app: int | None) -> Said:
        named = None if app is None else {"id": app}
        return msgspec.convert({"id": 1, "user": user, "performed_via_github_app": named}, Said)

    assert said(ours, 12345).is_by(me)
    assert said(ours, None).is_by(me)
    assert not said(ours, 99).is_by(me)
    assert not said({"id": SOMEBODY, "login": "mainstay[bot]"}, 12345).is_by(me)
    assert not said(None, None).is_by(me)
    assert said(ours, 99).is_by(Author(BOT))
