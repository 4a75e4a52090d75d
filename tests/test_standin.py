"""The stand-in for GitHub refuses what GitHub refuses, with its status and the shape of its answers, and nothing is written then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest

from tests.repository import Repository
from tests.standin import Hub, StandIn
from tests.standin.app import Key
from tests.standin.asking import Answered, ask

LINES = "".join(f"line {n}\n" for n in range(1, 61))
CHANGED = LINES.replace("line 20\n", "line twenty\n").replace("line 50\n", "line fifty\n").replace("line 22\n", "")
GOOD = {"path": "a.txt", "line": 20, "side": "RIGHT", "body": "look"}
SOMEBODY, NOBODY = "token-of-somebody", "guessed"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A branch that changes line 20 of sixty, takes line 22 away, changes line 50 and adds a file."""
    repo = Repository.create(tmp_path_factory.mktemp("standin") / "repo")
    repo.commit({"a.txt": LINES, "same.txt": "the same\n"})
    repo.run("checkout", "--quiet", "-b", "feature")
    repo.commit({"a.txt": CHANGED, "new.txt": "new\n"})
    return repo


@pytest.fixture
def github(repo: Repository) -> Iterator[StandIn]:
    """Its pull request, and nothing written to it. Wrong calls are on purpose."""
    hub = Hub(repo.path)
    hub.forgiving = True
    hub.open("main", "feature")
    with StandIn(hub) as standin:
        yield standin


def reviewed(github: StandIn, **changed: Any) -> Answered:
    """A review with one comment, like the good one but for what is named; None leaves a key out."""
    comment = {key: value for key, value in (GOOD | changed).items() if value is not None}
    return ask(
        github, "POST", "pulls/1/reviews", {"event": "COMMENT", "commit_id": head(github), "comments": [comment]}
    )


def commented(github: StandIn, **changed: Any) -> Answered:
    """One comment likewise."""
    asked = GOOD | {"commit_id": head(github)} | changed
    return ask(github, "POST", "pulls/1/comments", {key: value for key, value in asked.items() if value is not None})


def head(github: StandIn) -> str:
    """The newest commit of the pull request."""
    return github.hub.commit("feature")


def checked(github: StandIn, verb: str = "POST", path: str = "check-runs", **changed: Any) -> Answered:
    """A new check by the App's installation, or another value for one."""
    asked = ({"name": "Mainstay", "head_sha": head(github)} if verb == "POST" else {}) | changed
    return ask(github, verb, path, asked, github.hub.token())


def annotated(github: StandIn, count: int = 1, **changed: Any) -> Answered:
    """A check with annotations."""
    one = {"path": "a.txt", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "m"}
    return checked(github, output={"title": "t", "summary": "s", "annotations": [one | changed] * count})


def buttons(github: StandIn, count: int = 1, label: str = "b") -> Answered:
    """A check with buttons."""
    return checked(github, actions=[{"label": label, "identifier": "i", "description": "d"}] * count)


def queried(github: StandIn, query: str, token: str = "", **given: Any) -> Answered:
    """The answer to a GraphQL query."""
    return ask(github, "POST", "/api/graphql", {"query": query, "variables": given}, token or github.hub.token())


# --- what is taken -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "line"), [("RIGHT", 17), ("RIGHT", 20), ("RIGHT", 24), ("LEFT", 22), ("LEFT", 25)])
def test_lines_of_the_page_take_comments(github: StandIn, side: str, line: int) -> None:
    """The changed lines and three around them, as each side counts them."""
    assert reviewed(github, line=line, side=side).status == 200
    assert commented(github, line=line, side=side, start_line=line - 1 if line > 17 else None).status == 201
    assert [c["line"] for c in github.hub.pulls[1].comments] == [line, line]


def test_a_file_takes_a_comment_in_a_call_of_its_own(github: StandIn) -> None:
    assert commented(github, path="new.txt", subject_type="file", line=None, side=None).status == 201
    assert commented(github, path="same.txt", subject_type="file", line=None, side=None).status == 422


def test_a_review_that_waits_is_shown_to_its_author_alone(github: StandIn) -> None:
    """Until it is submitted; then its comments stand there."""
    made = ask(github, "POST", "pulls/1/reviews", {"commit_id": head(github), "body": "b", "comments": [GOOD]})
    assert (made.body["state"], github.hub.pulls[1].comments) == ("PENDING", [])
    assert ask(github, "GET", "pulls/1/reviews", token=SOMEBODY).body == []
    path = f"pulls/1/reviews/{made.body['id']}"
    assert ask(github, "POST", f"{path}/events", {"event": "COMMENT"}).body["state"] == "COMMENTED"
    assert [c["body"] for c in ask(github, "GET", "pulls/1/comments").body] == ["look"]


# --- what is refused -----------------------------------------------------------------------------------------------

Wrong = Callable[[StandIn], Answered]
PLACES: dict[str, tuple[str, Wrong]] = {
    "a line before the hunk": ("must be part of the diff", lambda g: reviewed(g, line=16)),
    "a line after the hunk": ("must be part of the diff", lambda g: reviewed(g, line=25)),
    "no line": ("could not be resolved", lambda g: reviewed(g, line=None)),
    "a line that is none": ("must be part of the diff", lambda g: reviewed(g, line=0)),
    "a line as text": ("is not of type integer", lambda g: reviewed(g, line="20")),
    "a line of the other side": (
        "must be part of the diff",
        lambda g: commented(g, path="new.txt", line=1, side="LEFT"),
    ),
    "no such side": ("could not be resolved", lambda g: reviewed(g, side="MIDDLE")),
    "a start at its end": ("must precede the end line", lambda g: reviewed(g, start_line=20)),
    "a start after its end": ("must precede the end line", lambda g: reviewed(g, start_line=21)),
    "a start in another hunk": ("part of the same hunk", lambda g: reviewed(g, line=50, start_line=20)),
    "a start outside the hunks": ("part of the same hunk", lambda g: reviewed(g, start_line=10)),
    "a start on the other side": ("must precede the end line", lambda g: reviewed(g, start_line=18, start_side="LEFT")),
    "a file that is not changed": ("Path could not be resolved", lambda g: reviewed(g, path="same.txt", line=1)),
    "no such file": ("path could not be resolved", lambda g: commented(g, path="b.txt")),
    "no body": ("can't be blank", lambda g: reviewed(g, body="")),
    "a body that is too long": ("maximum is 65536", lambda g: reviewed(g, body="x" * 65_537)),
    "a key that nobody knows": ("not a permitted key", lambda g: reviewed(g, lines=3)),
    "a position": ("is not known here", lambda g: reviewed(g, position=4)),
    "a file inside a review": ("not a permitted key", lambda g: reviewed(g, subject_type="file")),
    "a commit before the pull request": (
        "not part of the pull request",
        lambda g: commented(g, commit_id=g.hub.commit("main")),
    ),
    "a commit of nowhere": ("not part of the pull request", lambda g: commented(g, commit_id="0" * 40)),
}
WRITES: dict[str, tuple[str, Wrong]] = {
    "an event that nobody knows": (
        "not a member of",
        lambda g: ask(g, "POST", "pulls/1/reviews", {"event": "PRAISE", "body": "b"}),
    ),
    "a blank review": ("cannot be blank", lambda g: ask(g, "POST", "pulls/1/reviews", {"event": "COMMENT"})),
    "one's own approval": (
        "your own pull request",
        lambda g: ask(g, "POST", "pulls/1/reviews", {"event": "APPROVE"}, SOMEBODY),
    ),
    "an answer to an answer": (
        "is itself a reply",
        lambda g: ask(g, "POST", f"pulls/1/comments/{_answer(g)}/replies", {"body": "b"}),
    ),
    "a conversation that is too long": (
        "maximum is 65536",
        lambda g: ask(g, "POST", "issues/1/comments", {"body": "x" * 65_537}),
    ),
    "51 annotations": ("No more than 50 items", lambda g: annotated(g, 51)),
    "an annotation that ends before it begins": ("do not fit", lambda g: annotated(g, start_line=2)),
    "a column over several lines": ("do not fit", lambda g: annotated(g, end_line=2, start_column=1, end_column=2)),
    "a level that nobody knows": ("not a member of", lambda g: annotated(g, annotation_level="bad")),
    "four buttons": ("No more than 3 items", lambda g: buttons(g, 4)),
    "a button's word that is too long": ("maximum is 20", lambda g: buttons(g, label="x" * 21)),
    "an end without a conclusion": ("wasn't supplied", lambda g: checked(g, status="completed")),
    "a conclusion that nobody knows": ("not a member of", lambda g: checked(g, conclusion="green")),
    "a check on no commit": ("No commit found", lambda g: checked(g, head_sha="0" * 40)),
    "a summary that is too long": (
        "maximum is 65535",
        lambda g: checked(g, output={"title": "t", "summary": "x" * 65_536}),
    ),
}


def _answer(github: StandIn) -> int:
    """A comment that is itself an answer."""
    hub = github.hub
    first = hub.comment(hub.pulls[1], 8, GOOD | {"commit_id": head(github)})
    return int(hub.reply(hub.pulls[1], 8, first["id"], "an answer")["id"])


@pytest.mark.parametrize("name", PLACES | WRITES)
def test_a_wrong_write_is_refused_and_nothing_of_it_is_kept(github: StandIn, name: str) -> None:
    """422, in the shape of GitHub's errors: the stand-in looks at its own answers too."""
    said, wrong = (PLACES | WRITES)[name]
    answer = wrong(github)

    assert answer.status == 422, answer.body
    assert said in answer.body["message"] + str(answer.body.get("errors"))
    assert set(answer.body) - {"errors"} == {"message", "documentation_url", "status"}
    hub = github.hub
    assert [c for c in hub.pulls[1].comments if c["user"]["id"] == 7] == hub.pulls[1].reviews == hub.checks == []


def test_a_second_review_that_waits_is_refused(github: StandIn) -> None:
    """One to a person and pull request."""
    asked = {"commit_id": head(github), "body": "b"}
    assert ask(github, "POST", "pulls/1/reviews", asked).status == 200
    assert ask(github, "POST", "pulls/1/reviews", asked, SOMEBODY).status == 200
    refused = ask(github, "POST", "pulls/1/reviews", asked)
    assert (refused.status, refused.body["errors"]) == (
        422,
        ["User can only have one pending review per pull request"],
    )


def test_a_check_that_has_ended_does_not_begin_again(github: StandIn) -> None:
    number = checked(github, conclusion="neutral").body["id"]
    assert checked(github, "PATCH", f"check-runs/{number}", status="in_progress").status == 422
    assert checked(github, "PATCH", f"check-runs/{number + 1}", conclusion="neutral").status == 404


# --- who may -------------------------------------------------------------------------------------------------------


def _other(github: StandIn) -> Answered:
    said = github.hub.say(github.hub.pulls[1], 8, "mine")
    return ask(github, "PATCH", f"issues/comments/{said['id']}", {"body": "yours"})


def _expired(github: StandIn) -> Answered:
    token, now = github.hub.token(), github.hub.clock()
    github.hub.clock = lambda: now + 3601
    return ask(github, "GET", "pulls/1", token=token)


def _suspended(github: StandIn) -> Answered:
    token = github.hub.token()
    github.hub.suspended.add(77)
    return ask(github, "GET", "pulls/1", token=token)


def _with(github: StandIn, verb: str, path: str, body: Any = None, **rights: str) -> Answered:
    return ask(github, verb, path, body, github.hub.token(permissions=rights))


ACCESS: dict[str, tuple[int, str, Wrong]] = {
    "a token that nobody has": (401, "Bad credentials", lambda g: ask(g, "GET", "pulls/1", token=NOBODY)),
    "a token that has expired": (401, "Bad credentials", _expired),
    "a suspended installation": (403, "This installation has been suspended", _suspended),
    "no pull request": (404, "Not Found", lambda g: ask(g, "GET", "pulls/2")),
    "no repository": (404, "Not Found", lambda g: ask(g, "GET", "/repos/shop/other")),
    "a call that nobody knows": (404, "Not Found", lambda g: ask(g, "GET", "nothing")),
    "another's repository": (
        404,
        "Not Found",
        lambda g: ask(g, "GET", "pulls/1", token=g.hub.token(repositories=frozenset({9}))),
    ),
    "somebody else's comment": (403, "Must have admin rights to Repository.", _other),
    "a check by a person": (
        403,
        "You must authenticate via a GitHub App.",
        lambda g: ask(g, "POST", "check-runs", {"name": "n", "head_sha": head(g)}),
    ),
    "an installation that is nobody": (
        403,
        "Resource not accessible by integration",
        lambda g: _with(g, "GET", "/user"),
    ),
    "reading without the permission": (
        403,
        "Resource not accessible by integration",
        lambda g: _with(g, "GET", "pulls/1", checks="write"),
    ),
    "writing with the permission to read": (
        403,
        "Resource not accessible by integration",
        lambda g: _with(g, "POST", "issues/1/comments", {"body": "b"}, issues="read", pull_requests="read"),
    ),
    "a check with the permission to read": (
        403,
        "Resource not accessible by integration",
        lambda g: _with(g, "POST", "check-runs", {"name": "n", "head_sha": head(g)}, checks="read"),
    ),
    "what is no JSON": (400, "Problems parsing JSON", lambda g: ask(g, "POST", "issues/1/comments", b"{")),
    "a version that nobody knows": (
        400,
        "The API version 2020-01-01 is not supported.",
        lambda g: ask(g, "GET", "pulls/1", X_GitHub_Api_Version="2020-01-01"),
    ),
}


@pytest.mark.parametrize("name", ACCESS)
def test_what_somebody_may_not_is_refused(github: StandIn, name: str) -> None:
    """By the token, what it may do and where, and by what is there at all."""
    status, message, wrong = ACCESS[name]
    answer = wrong(github)
    assert (answer.status, answer.body["message"]) == (status, message)
    assert {"documentation_url", "status"} <= set(answer.body)


def test_the_app_itself_is_known_by_what_it_signed(github: StandIn) -> None:
    """For ten minutes at most; its installations' tokens are for what they were granted, or for less."""
    key, now, hub = Key(), int(time.time()), github.hub
    hub.public_key = key.public
    told = {"iat": now, "exp": now + 600, "iss": str(hub.app)}
    signed = jwt.encode(told, key.private, algorithm="RS256")

    assert ask(github, "GET", "/app", token=signed).body["permissions"] == hub.permissions
    assert ask(github, "GET", "/app", token=jwt.encode(told, Key().private, algorithm="RS256")).status == 401
    long = jwt.encode(told | {"exp": now + 700}, key.private, algorithm="RS256")
    assert "too far in the future" in ask(github, "GET", "/app", token=long).body["message"]
    path = "/app/installations/77/access_tokens"
    assert ask(github, "POST", path, {"permissions": {"contents": "write"}}, signed).status == 422
    less = ask(github, "POST", path, {"permissions": {"checks": "read"}}, signed).body
    assert (less["permissions"], len(less["token"]) > 400) == ({"checks": "read"}, True)
    assert ask(github, "GET", "pulls/1", token=less["token"]).status == 403
    assert ask(github, "POST", path.replace("77", "78"), {}, signed).status == 404


def test_a_renamed_repository_is_found_by_its_old_name_and_its_number(github: StandIn) -> None:
    """By a redirection, which a write follows as a write."""
    hub = github.hub
    hub.repository, hub.old_names = "shop/till", {"shop/payments"}
    moved = ask(github, "GET", "/repos/shop/payments/pulls/1?x=y")
    assert (moved.status, moved.headers["location"]) == (301, f"{github.url}/repositories/1/pulls/1?x=y")
    assert ask(github, "GET", "/repositories/1/pulls/1").body["base"]["repo"]["full_name"] == "shop/till"
    assert ask(github, "POST", "/repos/shop/payments/issues/1/comments", {"body": "b"}).status == 307
    assert ask(github, "GET", "/repositories/2/pulls/1").status == 404


# --- GraphQL -------------------------------------------------------------------------------------------------------

RESOLVE = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"


def test_a_thread_is_resolved_with_the_permission_alone(github: StandIn) -> None:
    """Which is that of the contents; what is refused is told with status 200."""
    hub = github.hub
    first = hub.comment(hub.pulls[1], 8, GOOD | {"commit_id": head(github)})["id"]
    refused = queried(github, RESOLVE, id=f"PRRT_{first}")
    assert (refused.status, refused.body["data"], hub.resolved) == (200, {"resolveReviewThread": None}, set())
    assert [e["type"] for e in refused.body["errors"]] == ["FORBIDDEN"]

    may = hub.token(permissions={"contents": "write", "pull_requests": "write"})
    assert queried(github, RESOLVE, may, id=f"PRRT_{first}").body == {
        "data": {"resolveReviewThread": {"thread": {"isResolved": True}}}
    }
    assert hub.resolved == {first}
    assert [e["type"] for e in queried(github, RESOLVE, may, id="PRRT_9").body["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('query { repository(owner: "shop", name: "payments") { colour } }', "Cannot query field 'colour'"),
        ('mutation { resolveReviewThread(input: {thread: "PRRT_1"}) { thread { id } } }', "threadId"),
        ("query {", "Syntax Error"),
        ('query($n: Int!) { repository(owner: "shop", name: "payments") { pullRequest(number: $n) { id } } }', "$n"),
    ],
)
def test_what_breaks_the_schema_is_told_as_an_error(github: StandIn, query: str, said: str) -> None:
    answer = queried(github, query)
    assert answer.status == 200
    assert any(said in e["message"] for e in answer.body["errors"])
