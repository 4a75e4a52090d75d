"""What the stand-in answers, is asked and tells by webhooks is held to GitHub's own descriptions; what breaks them fails the test."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from bot import events
from bot.events import PullAsked
from tests.repository import Repository
from tests.standin import Hub, StandIn, telling
from tests.standin.asking import ask
from tests.standin.contract import REST, Contract
from tests.standin.cut import EXAMPLES
from tests.standin.graphql import SCHEMA, schema
from tests.standin.routes import ROUTES
from tests.standin.server import VERSIONS

SOMEBODY = "token-of-somebody"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A branch that changes a file, takes one away, moves one and adds one of another kind."""
    repo = Repository.create(tmp_path_factory.mktemp("contract") / "repo")
    repo.commit({"a.txt": "one\ntwo\nthree\n", "gone.txt": "gone\n", "old.txt": "moved\n" * 9, "folder/b.txt": "b\n"})
    repo.run("checkout", "--quiet", "-b", "feature")
    repo.commit({"gone.txt": None, "old.txt": None, "new.txt": "moved\n" * 9, "a.txt": "one\n2\nthree\n", "c": b"\0\1"})
    return repo


@pytest.fixture
def hub(repo: Repository) -> Hub:
    """A host with its pull request, by somebody and with a label."""
    hub = Hub(repo.path)
    hub.open("main", "feature", labels=["a label"])
    return hub


@pytest.fixture
def github(hub: Hub) -> Iterator[StandIn]:
    """The stand-in over it."""
    with StandIn(hub) as standin:
        yield standin


# --- the descriptions ----------------------------------------------------------------------------------------------


def test_the_slices_say_where_they_come_from_and_are_small() -> None:
    """Package, version, file and licence; no description is copied."""
    rest, shown = (json.loads(gzip.decompress(file.read_bytes())) for file in (REST, EXAMPLES))
    text = SCHEMA.read_text(encoding="utf-8")
    for source in (rest["source"], shown["source"]):
        assert source["package"].startswith("@octokit/")
        assert source["version"]
        assert (bool(source["file"]), source["licence"]) == (True, "MIT")
    assert "# version: " in text
    assert '"""' not in text
    assert '"description":"' not in json.dumps(rest["paths"])
    assert sum(file.stat().st_size for file in (REST, SCHEMA, EXAMPLES)) < 200_000


def test_every_call_and_delivery_is_described() -> None:
    described = json.loads(gzip.decompress(REST.read_bytes()))
    assert [r for r in ROUTES if r.verb.lower() not in described["paths"].get(r.path, {})] == []
    assert sorted(described["x-webhooks"]) == sorted(telling.EVENTS)
    mutations = schema().mutation_type
    assert mutations is not None
    assert set(mutations.fields) == {"resolveReviewThread"}


# --- what it answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_whatever_is_read_is_as_github_describes_it(github: StandIn, version: str) -> None:
    """Every read, in both versions of the interface; the stand-in raises what is not, when it ends."""
    hub, token = github.hub, github.hub.token(permissions=github.hub.permissions | {"contents": "write"})
    head, pull = hub.commit("feature"), hub.pulls[1]
    first = hub.comment(pull, 8, {"path": "a.txt", "line": 2, "side": "RIGHT", "body": "b", "commit_id": head})
    hub.reply(pull, 7, first["id"], "an answer")
    hub.comment(pull, 8, {"path": "a.txt", "body": "b", "commit_id": head, "subject_type": "file"})
    said = hub.say(pull, 7, "said")
    hub.review(pull, 7, {"body": "well", "event": "APPROVE"})
    one = {"path": "a.txt", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
    output = {"title": "t", "summary": "s", "annotations": [one]}
    run = hub.check({"name": "n", "head_sha": head, "external_id": "e", "conclusion": "success", "output": output})
    blob, tree = hub.git.ask("rev-parse", f"{head}:a.txt").strip(), hub.git.about(head)[0]
    paths = (
        "",
        "/pulls?state=all&sort=updated&direction=desc",
        *(f"/pulls/1{rest}" for rest in ("", "/files", "/commits", "/comments", "/reviews")),
        *(f"/pulls/comments/{number}" for number in (first["id"], first["id"] + 2)),
        "/issues/1/comments",
        f"/issues/comments/{said['id']}",
        *(f"/commits/{head}{rest}" for rest in ("", "/check-runs", "/pulls")),
        f"/git/commits/{head}",
        f"/compare/main...{head}",
        f"/compare/{head}...main",
        *(f"/git/trees/{sha}{rest}" for sha in (head, tree) for rest in ("", "?recursive=1")),
        f"/git/blobs/{blob}",
        f"/contents/folder/b.txt?ref={head}",
        *(f"/check-runs/{run['id']}{rest}" for rest in ("", "/annotations")),
        "/collaborators/user-8/permission",
    )
    for path in paths:
        answer = ask(github, "GET", f"/repos/{hub.repository}{path}", token=token, X_GitHub_Api_Version=version)
        assert answer.status == 200, (path, answer.body)
        assert ("merge_commit_sha" in json.dumps(answer.body)) == (
            version == "2022-11-28" and "/pulls" in path and _pull(path)
        )
    for path in ("/installation/repositories", "/rate_limit", "/users/mainstay[bot]"):
        assert ask(github, "GET", path, token=token, X_GitHub_Api_Version=version).status == 200
    assert ask(github, "GET", "/user", token=SOMEBODY, X_GitHub_Api_Version=version).body["login"] == "user-8"


def _pull(path: str) -> bool:
    """True for an address whose answer holds pull requests."""
    return path.endswith(("/pulls", "/pulls/1", "desc"))


def test_a_whole_diff_is_given_as_text_and_refused_where_it_is_too_large(
    github: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = "application/vnd.github.diff"
    assert ask(github, "GET", "pulls/1", Accept=accepted).body.startswith("diff --git a/a.txt b/a.txt\n")
    monkeypatch.setattr("tests.standin.reading._DIFF_FILES", 2)
    refused = ask(github, "GET", "pulls/1", Accept=accepted)
    assert (refused.status, refused.body["errors"][0]["code"]) == (406, "too_large")


def test_an_answer_that_breaks_the_description_fails_the_test(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the client makes of it."""
    monkeypatch.setattr(hub.pulls[1], "title", 7)
    with pytest.raises(AssertionError, match=r"/pulls 200: at 0/title"), StandIn(hub) as github:
        ask(github, "GET", "pulls")
    hub.wrong.clear()
    monkeypatch.setattr(hub, "account", lambda _: 1 // 0)
    with pytest.raises(AssertionError, match="ZeroDivisionError"), StandIn(hub) as github:
        ask(github, "GET", "pulls")


@pytest.mark.parametrize(
    ("verb", "path", "body", "said"),
    [
        ("GET", "pulls/1/files?per_pages=3", None, "per_pages"),
        ("GET", "pulls?state=any", None, "'any' is not a member"),
        ("GET", "pulls?per_page=all", None, "not an integer"),
        ("GET", "secrets", None, "is not described"),
        ("POST", "issues/1/comments", {"text": "b"}, '"text" is not a permitted key'),
        ("POST", "pulls/1/reviews", {"event": "COMMENT", "comments": [{"path": "a.txt"}]}, '"body" wasn\'t supplied'),
        ("POST", "/api/graphql", {"query": "{ repository { id } }"}, "is required"),
    ],
)
def test_a_request_that_breaks_the_description_fails_the_test(
    hub: Hub, verb: str, path: str, body: Any, said: str
) -> None:
    """Also where the client does not look at the answer; where it is on purpose, the hub is told so."""
    with pytest.raises(AssertionError, match=said.replace("(", r"\(")), StandIn(hub) as github:
        ask(github, verb, path, body)
    hub.wrong.clear()
    hub.forgiving = True
    with StandIn(hub) as github:
        ask(github, verb, path, body)
    assert hub.wrong == []


# --- what it tells -------------------------------------------------------------------------------------------------

GROUP = "gh-readonly-queue/main/pr-1"
PULLED = [name.removeprefix("pull-request-").replace("-", "_") for name in telling.EVENTS[:10]]
TOLD: dict[str, Callable[[Hub], Any]] = {
    **{f"pull request {action}": partial(telling.pull_event, action=action) for action in PULLED},
    "check created": lambda hub: telling.check_event(hub, "created", _run(hub)),
    "check completed": lambda hub: telling.check_event(hub, "completed", _run(hub)),
    "check again": lambda hub: telling.check_event(hub, "rerequested", _run(hub)),
    "button": lambda hub: telling.check_event(hub, "requested_action", _run(hub), button="full"),
    "suite": lambda hub: telling.suite_event(hub, "requested", hub.commit("feature")),
    "suite again": lambda hub: telling.suite_event(hub, "rerequested", hub.commit("feature")),
    "group": lambda hub: telling.group_event(hub, "checks_requested", "main", hub.commit("feature"), GROUP),
    "group gone": lambda hub: telling.group_event(hub, "destroyed", "main", hub.commit("feature"), GROUP),
}


def _run(hub: Hub) -> dict[str, Any]:
    """A check that has ended."""
    head = hub.commit("feature")
    return hub.check({"name": "n", "head_sha": head, "external_id": events.check_id(1, head), "conclusion": "neutral"})


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told_is_as_github_describes_it(hub: Hub, name: str) -> None:
    """Each delivery that the stand-in can make, by which the repository is known."""
    assert TOLD[name](hub)["repository"]["full_name"] == hub.repository


def test_a_delivery_that_breaks_the_description_is_not_made(hub: Hub) -> None:
    with pytest.raises(AssertionError, match="pull-request-opened: at pull_request/draft"):
        telling.pull_event(hub, "opened", draft="no")
    with pytest.raises(AssertionError, match="pull-request-admired is not described"):
        telling.pull_event(hub, "admired")


def test_deliveries_are_read_by_the_bot(hub: Hub) -> None:
    """What it is told of a pull request, of a draft, and of its own check."""
    head = hub.commit("feature")

    def read(event: str, payload: Any) -> tuple[events.Asked, ...]:
        return events.read(event, json.dumps(payload).encode(), "d")

    asked = PullAsked(77, hub.repository, 1, head, why="opened")
    assert read("pull_request", telling.pull_event(hub, "opened")) == (asked,)
    (draft,) = read("pull_request", telling.pull_event(hub, "opened", draft=True, head={"sha": "0" * 40}))
    assert isinstance(draft, PullAsked)
    assert (draft.head, draft.draft) == ("0" * 40, True)
    (again,) = read("check_run", telling.check_event(hub, "rerequested", _run(hub)))
    assert isinstance(again, PullAsked)
    assert (again.number, again.head, again.again) == (1, head, "d")


def test_a_description_is_looked_at_anew_for_each_kind_of_answer() -> None:
    """One that was well says nothing of another with other keys or words."""
    contract = Contract.standing()
    route = next(r for r in ROUTES if r.path == "/rate_limit")
    one = {"limit": 1, "used": 0, "remaining": 1, "reset": 5}
    good = {"resources": {"core": one, "search": one}, "rate": one}
    assert contract.answer(route, 200, good) == []
    assert contract.answer(route, 200, good | {"rate": one | {"used": "0"}}) != []
    assert contract.answer(route, 200, {"rate": one}) != []
    assert contract.answer(route, 403, {"message": "m", "documentation_url": "u"}) == []
    assert contract.answer(route, 403, {"message": "m"}) != []
    assert contract.answer(route, 204, {}) != []
