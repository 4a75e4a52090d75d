"""Chaos in small: a few reviews while workers are killed; and what would be told if it came out badly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.chaos import account
from tests.chaos.account import Note
from tests.chaos.run import STEPS, Chaos, Plan
from tests.standin import Hub
from tests.standin.state import PullState

posix = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")


@posix
@pytest.mark.xdist_group("server")
@pytest.mark.parametrize(("database", "workers"), [("sqlite", 1), ("postgresql", 3)])
def test_nothing_is_lost_or_doubled_whoever_dies(
    database: str, workers: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Workers are killed at places of their work and in between, calls fail, lists lag; one pull request kills each who judges it."""
    address = str(request.getfixturevalue("postgres")) if database == "postgresql" else ""
    chaos = Chaos(Plan(reviews=6, kills=1, workers=workers, database=address, seed=3), tmp_path)
    result = chaos.run()
    assert (result.lost, result.doubled, result.overlapping) == ((), (), ())
    assert result.finished == len(chaos.pushed) >= 6
    assert chaos.kills >= 2  # the poisoned pull request alone has killed two
    assert chaos.hub.failed


def test_each_place_has_its_kills_where_there_are_enough() -> None:
    """Before and after each step and while it asks, and while it writes where it does, twice each."""
    orders = [order.partition(".")[2] for order in Plan(300, 40, 1, "", 1).orders()]
    assert orders.count("any.time") == 40
    assert {orders.count(f"{step}.{place}") for step in STEPS for place in ("before", "asking", "after")} == {2}
    assert orders.count("beside.writing") == 2
    assert "judge.writing" not in orders


def test_two_jobs_on_one_pull_request_overlap_unless_the_first_ended_or_died() -> None:
    """Arrivals may come in between, and other pull requests are nobody's concern."""
    begun = [
        Note(1, 10, "begin", "a/b#1@x.1"),
        Note(2, 11, "begin", "a/b#2@x.1"),
        Note(3, 11, "begin", "a/b#1@y.2.arrived"),
    ]
    second = Note(9, 12, "begin", "a/b#1@y.2")
    assert list(account.overlapping([*begun, second])) == ["a/b#1@x.1 in 10 beside a/b#1@y.2 in 12"]
    assert list(account.overlapping([*begun, Note(4, 10, "end", "a/b#1@x.1"), second])) == []
    assert list(account.overlapping([*begun, Note(4, 10, "killed", "-"), second])) == []
    assert list(account.overlapping([*begun, Note(4, 11, "killed", "-"), second])) != []


def test_what_is_lost_or_doubled_is_named(tmp_path: Path) -> None:
    """Nothing that went wrong is taken for success."""
    hub = Hub(tmp_path)
    hub.pulls[2] = PullState(2, "main", "feature")
    assert list(account.lost(hub, [(2, "a" * 40)], {2: {"x.py"}})) == ["#2 aaaaaaaa: no check that has ended"]

    check = {"id": 1, "external_id": f"pull-2-{'a' * 40}", "head_sha": "a" * 40, "status": "completed", "output": {}}
    hub.checks = [check | {"conclusion": "skipped"}]
    assert "ended as skipped" in next(account.lost(hub, [(2, "a" * 40)], {2: {"x.py"}}))
    hub.checks = [check | {"conclusion": "failure"}] * 2
    assert [word.split(": ")[1] for word in account.lost(hub, [(2, "a" * 40)], {2: {"x.py"}})] == [
        "open comments on [], and not on ['x.py']",
        "no summary",
    ]
    assert "poison, and its check says ''" in next(account.lost(hub, [(2, "a" * 40)], {}, poison=2))

    comment = {"id": 1, "path": "x.py", "body": "<!-- mark -->\ntext"}
    hub.pulls[2].comments = [comment, comment | {"id": 2, "body": "<!-- mark -->\nanother text"}]
    hub.pulls[2].conversation = [comment, comment]
    assert list(account.doubled(hub)) == [
        "#2: 2 comments on x.py <!-- mark -->",
        "#2: 2 summaries",
        f"pull-2-{'a' * 40}: 2 checks",
    ]
