"""The check on a head: annotations in parts, none twice, also when answers are lost; and nothing left that never ends."""

from __future__ import annotations

import pytest

from bot.adapters import github
from bot.adapters.github import checks
from bot.ports import Annotation, Begun, PullRequest, Shown
from tests.standin import Failure, StandIn

MANY = tuple(Annotation("a.py", n + 1, n + 1, "warning", "a rule", f"finding {n}") for n in range(120))


def client(host: StandIn) -> github.Client:
    """A client that may write checks, which Apps alone may."""
    return github.connect(host.url, host.hub.token())


def the_pull(host: StandIn) -> PullRequest:
    """As much of it as a check needs."""
    return PullRequest(host.hub.repository, 1, "", host.hub.commit("feature"), "", 0, 0, 0)


def messages(host: StandIn) -> list[str]:
    """What the annotations of a check say, in the order in which they stand there."""
    return [a["message"] for a in host.hub.checks[0]["output"]["annotations"]]


def test_many_annotations_go_in_parts(host: StandIn) -> None:
    """GitHub takes fifty in one request and adds them to those before."""
    number = github.begin(client(host), the_pull(host))
    github.end(client(host), the_pull(host), "failure", "t", "x", Shown(MANY), Begun(number))

    assert messages(host) == [a.message for a in MANY]
    assert [m for m, _ in host.hub.requests if m == "PATCH"] == ["PATCH"] * 3
    assert host.hub.checks[0]["conclusion"] == "failure"


@pytest.mark.parametrize("after", [True, False])
def test_a_part_whose_answer_is_lost_is_not_written_twice(
    host: StandIn, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written or not: whoever calls again finishes it, and no annotation stands there twice."""
    monkeypatch.setattr(checks, "LAG", 0.0)  # GitHub is up to date at once, so that nobody has to wait for it
    number = github.begin(client(host), the_pull(host))
    host.hub.failures.append(Failure("PATCH", f"/check-runs/{number}", 502, after=after))
    for _ in range(2):
        try:
            github.end(client(host), the_pull(host), "failure", "t", "x", Shown(MANY), Begun(number))
        except github.GitHubError:
            assert not after
            continue
        break
    assert messages(host) == [a.message for a in MANY]
    assert host.hub.checks[0]["status"] == "completed"


def test_a_known_check_is_begun_without_asking_a_list_that_may_lag(host: StandIn) -> None:
    """The list is asked only where the number is unknown, or the check is no more."""
    number = github.begin(client(host), the_pull(host), "queued")
    host.hub.requests.clear()
    assert github.begin(client(host), the_pull(host), begun=Begun(number)) == number
    assert [method for method, _ in host.hub.requests] == ["PATCH"]
    assert host.hub.checks[0]["status"] == "in_progress"

    github.end(client(host), the_pull(host), "success", "t", "x", begun=Begun(number))
    assert github.begin(client(host), the_pull(host), begun=Begun(number)) != number
    assert [c["status"] for c in host.hub.checks] == ["completed", "in_progress"]


def test_a_check_that_was_begun_twice_leaves_none_behind(host: StandIn) -> None:
    """Every check of ours on the head ends with it."""
    first = github.begin(client(host), the_pull(host), "queued")
    stray = {k: host.hub.checks[0][k] for k in ("name", "head_sha", "status", "external_id")}
    host.hub.check(stray)
    github.end(client(host), the_pull(host), "success", "t", "x", begun=Begun(first))
    assert [c["status"] for c in host.hub.checks] == ["completed", "completed"]
