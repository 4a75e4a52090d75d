"""What the App writes to a pull request when it dies in between, or an answer is lost: each thing once, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from github.Requester import Requester
from msgspec.structs import replace

from bot.adapters import github
from bot.adapters.github import GitHubError, checks
from bot.entry.pulls import Made
from bot.ports import Begun

from .publishing import (
    BARE,
    CLIENT,
    LAG,
    LATE,
    ONE_MENDED,
    World,
    make_impatient,
    many,
    shop_without_time_outs,
    with_comments,
    world_over,
)
from .repository import Repository
from .standin import Failure
from .standin.app import Key

ANOTHER = """import requests


def drop(url):
    return requests.delete(url)


def mend(url):
    return requests.patch(url)
"""
#: Of a second head: check, review, comment on a file, answer, threads asked for, resolved, summary, three times annotations.
WRITES = 10


@pytest.fixture
def world(tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A pull request that takes three time-outs away; threads may be resolved."""
    make_impatient(monkeypatch)
    with world_over(shop_without_time_outs(Repository.create(tmp_path / "shop")), key) as world:
        world.hub.permissions["contents"] = "write"
        yield world


class Crash(BaseException):
    """The process dies."""


@pytest.fixture
def crash_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes the process die right after so many writes have been done."""
    send = Requester.requestJsonAndCheck
    left = [0]

    def sent(self: Requester, verb: str, url: str, *args: Any, **named: Any) -> Any:
        answer = send(self, verb, url, *args, **named)
        if verb != "GET" and "access_tokens" not in url and left[0]:
            left[0] -= 1
            if not left[0]:
                raise Crash
        return answer

    monkeypatch.setattr(Requester, "requestJsonAndCheck", sent)

    def arm(count: int) -> None:
        left[0] = count

    return arm


def a_second_head(world: World) -> Made:
    """After a first review: one finding fixed, two that go on, two new ones, of which one has no line on the page."""
    world.review()
    world.shop.commit({CLIENT: ONE_MENDED, "app/another.py": ANOTHER})
    made = world.made()
    return with_comments(made, *(replace(c, line=0) if "patch" in c.body else c for c in made.plan.comments))


def is_right(world: World) -> None:
    """Everything of the second head stands there once."""
    first, head = world.roots[0], world.hub.commit("feature")
    assert [(c["path"], c.get("line")) for c in world.roots] == [
        *((CLIENT, line) for line in (7, 11, 15)),
        ("app/another.py", 5),
        ("app/another.py", None),
    ]
    assert [(a["in_reply_to_id"], a["body"].partition("\n")[2]) for a in world.answers] == [
        (first["id"], f"Fixed in {head}.")
    ]
    assert world.resolved == {first["id"]}
    assert "4 findings beside their lines." in world.summary
    assert "1 finding told before is fixed." in world.summary
    run = world.check()
    assert (run["status"], run["conclusion"]) == ("completed", "failure")
    assert [a["message"] for a in run["output"]["annotations"]] == [f"number {n}" for n in range(120)]


@pytest.mark.parametrize("count", range(1, WRITES + 1))
def test_a_crash_after_any_write_makes_nothing_happen_twice(
    world: World, crash_after: Callable[[int], None], count: int
) -> None:
    """Though the lists do not show yet what was written just before."""
    made = a_second_head(world)
    crash_after(count)
    with pytest.raises(Crash):
        world.whole_job(made)
    world.hub.lag = LATE
    world.whole_job(made, LAG)

    is_right(world)


def test_a_crash_does_not_make_an_edited_statement_look_fixed(world: World, crash_after: Callable[[int], None]) -> None:
    """The second attempt finds what the first has told of it, and knows all the same that it is new."""
    world.review()
    world.push(BARE.replace("post(URL, json=order)", "post(URL, json=order, verify=True)"))
    made = world.made()
    crash_after(1)
    with pytest.raises(Crash):
        world.write(made)
    posted = world.write(made, LAG)

    assert (posted.beside.written, len(posted.answered.replaced), posted.answered.fixed) == ((), 1, ())


def test_there_are_no_more_writes_than_those_that_are_tried(world: World, crash_after: Callable[[int], None]) -> None:
    """Else a crash after the last of them would not be tested."""
    made = a_second_head(world)
    world.hub.requests.clear()
    crash_after(WRITES + 1)
    world.whole_job(made)

    assert len([verb for verb, path in world.hub.requests if verb != "GET" and "access_tokens" not in path]) == WRITES
    is_right(world)


@pytest.mark.parametrize("status", [0, 502])
@pytest.mark.parametrize("ending", ["/check-runs", "/reviews", "/pulls/1/comments", "/replies"])
def test_a_write_whose_answer_is_lost_is_read_back(world: World, ending: str, status: int) -> None:
    """One job is enough, as long as what was written can be seen in time."""
    made = a_second_head(world)
    world.hub.failures.append(Failure("POST", ending, status, after=True))
    world.whole_job(made)

    is_right(world)


@pytest.mark.parametrize("status", [0, 500])
@pytest.mark.parametrize("ending", ["/check-runs", "/reviews", "/pulls/1/comments", "/replies"])
def test_a_write_that_github_broke_down_over_is_done_by_this_job_or_the_next(
    world: World, ending: str, status: int
) -> None:
    """Nothing landed: it is written again, once."""
    made = a_second_head(world)
    world.hub.failures.append(Failure("POST", ending, status))
    try:
        world.whole_job(made)
    except GitHubError:
        world.whole_job(made, LAG)

    is_right(world)


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("status", [0, 502])
def test_a_first_summary_whose_answer_is_lost_is_not_repeated(world: World, status: int, after: bool) -> None:
    made = world.made()
    world.hub.failures.append(Failure("POST", "/issues/1/comments", status, after=after))
    try:
        world.write(made)
    except GitHubError:
        assert not after
        world.write(made, LAG)

    assert "3 findings beside their lines." in world.summary


@pytest.mark.parametrize("after", [True, False])
def test_a_summary_that_could_not_be_rewritten_is_rewritten_by_the_next_job(world: World, after: bool) -> None:
    """The same text twice does no harm."""
    made = a_second_head(world)
    said = world.hub.pulls[1].conversation[0]["id"]
    world.hub.failures.append(Failure("PATCH", f"/issues/comments/{said}", 502, after=after))
    with pytest.raises(GitHubError):
        world.whole_job(made)
    world.whole_job(made, LAG)

    is_right(world)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_annotations_are_added_once_though_an_answer_is_lost(world: World, times: int) -> None:
    """GitHub adds those of each request, so what landed is counted."""
    pull = world.pull()
    number = github.begin(world.client, pull)
    world.hub.failures.append(Failure("PATCH", f"/check-runs/{number}", 502, after=True, times=times))
    github.end(world.client, pull, "neutral", "t", "x", many(101), Begun(number))

    assert [a["message"] for a in world.check()["output"]["annotations"]] == [f"number {n}" for n in range(101)]


def test_a_check_waits_runs_and_ends_and_never_begins_twice(world: World) -> None:
    """Asked for again when it has ended, there is another."""
    pull = world.pull()
    first = github.begin(world.client, pull, "queued")
    second = github.begin(world.client, pull, begun=Begun(0, LAG))
    assert (first, world.check()["status"]) == (second, "in_progress")

    github.end(world.client, pull, "success", "t", "x" * 70_000, begun=Begun(first))
    run = world.check()
    assert (run["status"], run["conclusion"]) == ("completed", "success")
    assert run["output"]["summary"].endswith(" characters more)")
    assert len(run["output"]["summary"]) == checks._MOST
    assert github.begin(world.client, pull) != first
