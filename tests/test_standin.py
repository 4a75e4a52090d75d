"""The stand-in for GitHub refuses what GitHub refuses, with its status and the shape of its answers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.repository import Repository
from tests.standin import Hub, StandIn

LINES = "".join(f"line {n}\n" for n in range(1, 41))
GOOD = {"path": "a.txt", "line": 20, "side": "RIGHT", "body": "look"}


@pytest.fixture
def github(tmp_path: Path) -> Iterator[StandIn]:
    """A pull request that changes line 20 of forty."""
    repo = Repository.create(tmp_path / "repo")
    repo.commit({"a.txt": LINES})
    repo.run("checkout", "--quiet", "-b", "feature")
    repo.commit({"a.txt": LINES.replace("line 20\n", "line twenty\n")})
    hub = Hub(repo.path)
    hub.open("main", "feature")
    with StandIn(hub) as standin:
        yield standin


def ask(github: StandIn, path: str, asked: dict[str, Any] | None = None, who: str = "mainstay") -> tuple[int, Any]:
    """The status and the answer of one request."""
    request = urllib.request.Request(  # noqa: S310 - our own server on loopback
        f"{github.url}/repos/shop/payments{path}",
        data=json.dumps(asked).encode() if asked is not None else None,
        headers={"Authorization": f"Bearer token-of-{who}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def review(github: StandIn, **changed: Any) -> tuple[int, Any]:
    """A review with one comment, like the good one but for what is named."""
    comment = {key: value for key, value in (GOOD | changed).items() if value is not None}
    return ask(
        github,
        "/pulls/1/reviews",
        {"event": "COMMENT", "commit_id": github.hub.commit("feature"), "comments": [comment]},
    )


@pytest.mark.parametrize("line", [17, 20, 23])
def test_lines_of_the_page_take_comments(github: StandIn, line: int) -> None:
    """The changed line and three around it."""
    assert review(github, line=line)[0] == 201
    assert [c["line"] for c in github.hub.pulls[1].comments] == [line]


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": 16},
        {"line": 24},
        {"line": 0},
        {"line": None},
        {"line": "20"},
        {"side": "LEFT", "line": 24},
        {"side": "MIDDLE"},
        {"start_line": 20},
        {"start_line": 21},
        {"start_line": 10},
        {"start_line": 18, "start_side": "LEFT"},
        {"path": "b.txt"},
        {"body": ""},
        {"body": "x" * 65_537},
        {"lines": 3},
        {"position": 4},
        {"subject_type": "file"},
    ],
    ids=str,
)
def test_a_wrong_comment_is_refused_with_the_whole_review(github: StandIn, wrong: dict[str, Any]) -> None:
    """422, in GitHub's shape, and nothing is written."""
    status, answer = review(github, **wrong)

    assert status == 422
    assert set(answer) == {"message", "errors", "documentation_url"}
    assert github.hub.pulls[1].comments == github.hub.pulls[1].reviews == []


def test_a_commit_of_elsewhere_is_refused(github: StandIn) -> None:
    """A review speaks of a commit of its pull request."""
    asked = {"event": "COMMENT", "commit_id": github.hub.commit("main"), "comments": [GOOD]}
    assert ask(github, "/pulls/1/reviews", asked)[0] == 422
    assert ask(github, "/pulls/1/comments", GOOD | {"commit_id": github.hub.commit("main")})[0] == 422


def test_strangers_and_wrong_addresses_are_refused(github: StandIn) -> None:
    """A token that nobody has, a pull request that is not there, and a comment of somebody else."""
    assert ask(github, "/pulls/1", who="nobody")[0] == 401
    assert ask(github, "/pulls/2")[0] == 404
    said = github.hub.say(github.hub.pulls[1], 8, "mine")
    with pytest.raises(Exception, match="admin rights"):
        github.hub.edit(said["id"], 7, "yours")


def test_lists_come_in_pages(github: StandIn) -> None:
    """Thirty to a page, unless more are asked for."""
    for number in range(35):
        github.hub.say(github.hub.pulls[1], 7, f"comment {number}")
    assert len(ask(github, "/issues/1/comments")[1]) == 30
    assert len(ask(github, "/issues/1/comments?page=2")[1]) == 5
    assert len(ask(github, "/issues/1/comments?per_page=100")[1]) == 35
