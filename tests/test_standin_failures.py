"""The stand-in goes wrong when it is told to, and only then: answers, lists, limits, connections and deliveries."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import jwt
import pytest

from bot.adapters import github as adapter
from bot.adapters.github.trouble import RateLimited
from tests.repository import Repository
from tests.standin import Chaos, Courier, Failure, Hub, StandIn, secondary, telling
from tests.standin.app import SECRET, Key
from tests.standin.asking import Answered, ask
from tests.standin.loopback import Loopback

SAY = {"body": "said"}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A branch that changes two lines."""
    repo = Repository.create(tmp_path_factory.mktemp("failures") / "repo")
    repo.commit({"a.txt": "one\ntwo\n", "b.txt": "b\n"})
    repo.run("checkout", "--quiet", "-b", "feature")
    repo.commit({"a.txt": "1\n2\n", "b.txt": "c\n"})
    return repo


@pytest.fixture
def github(repo: Repository) -> Iterator[StandIn]:
    """Its pull request."""
    hub = Hub(repo.path)
    hub.open("main", "feature")
    with StandIn(hub) as standin:
        yield standin


def say(github: StandIn) -> Answered:
    """A write."""
    return ask(github, "POST", "issues/1/comments", SAY)


def said(github: StandIn) -> int:
    """How often it was done."""
    return len(github.hub.pulls[1].conversation)


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 406, 422, 500, 502, 503])
@pytest.mark.parametrize("after", [False, True])
def test_a_call_fails_before_or_after_its_work(github: StandIn, status: int, after: bool) -> None:
    """Once, with GitHub's words; then all is well again."""
    github.hub.fail(Failure("POST", "/issues/1/comments", status, after=after))
    answer = say(github)
    assert (answer.status, bool(answer.body["message"])) == (status, True)
    assert said(github) == after
    assert say(github).status == 201
    assert said(github) == after + 1


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_is_cut_before_or_after_the_work(github: StandIn, after: bool) -> None:
    github.hub.fail(Failure("POST", "", 0, after=after))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        say(github)
    assert said(github) == after


def test_an_answer_is_cut_in_its_middle_or_comes_slowly(github: StandIn) -> None:
    """All of its headers and half of its body have come then."""
    github.hub.fail(Failure("GET", "/pulls/1", -1), Failure("GET", "/pulls/1", 200, slow=0.2))
    with pytest.raises(http.client.IncompleteRead):
        ask(github, "GET", "pulls/1")
    begun = time.monotonic()
    assert ask(github, "GET", "pulls/1").body["number"] == 1
    assert time.monotonic() - begun >= 0.2


def test_one_comment_is_refused_wherever_it_is_written(github: StandIn) -> None:
    """In a review and by itself; the others are taken."""
    head = github.hub.commit("feature")
    github.hub.fail(Failure("POST", "", 422, times=2, holding="unwanted"))
    bad, good = ({"path": "a.txt", "line": 1, "side": "RIGHT", "body": body} for body in ("unwanted", "welcome"))
    review = {"commit_id": head, "event": "COMMENT", "comments": [good, bad]}
    assert ask(github, "POST", "pulls/1/reviews", review).status == 422
    assert ask(github, "POST", "pulls/1/comments", bad | {"commit_id": head}).status == 422
    assert ask(github, "POST", "pulls/1/comments", good | {"commit_id": head}).status == 201
    assert [c["body"] for c in github.hub.pulls[1].comments] == ["welcome"]


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("wait", [None, 7])
def test_the_secondary_limit_is_told_with_and_without_how_long_to_wait(
    github: StandIn, wait: int | None, status: int
) -> None:
    github.hub.fail(secondary("POST", "/comments", wait, status=status))
    answer = say(github)
    assert answer.status == status
    assert "secondary rate limit" in answer.body["message"]
    assert answer.headers.get("retry-after") == (None if wait is None else "7")


def test_a_client_asks_again_where_that_helps(github: StandIn) -> None:
    """After an answer that broke down or was cut; the secondary limit is told at once, with how long to wait."""
    github.hub.fail(Failure("GET", "/pulls/1", 502), Failure("GET", "/pulls/1", 0))
    client = adapter.connect(github.url, "token-of-mainstay")
    assert adapter.read_pull(client, github.hub.repository, 1).number == 1
    assert [path for _, path in github.hub.requests].count("/repos/shop/payments/pulls/1") == 3
    github.hub.fail(secondary("GET", "/pulls/1", 1))
    with pytest.raises(RateLimited) as raised:
        adapter.read_pull(client, github.hub.repository, 1)
    assert 1 <= raised.value.seconds <= 2


def test_a_token_that_has_ended_is_fetched_anew(github: StandIn, repo: Repository, key: Key) -> None:
    """Every one of an installation ends at once; the next is as good as the first."""
    hub = github.hub
    hub.public_key = key.public
    now = int(time.time())
    signed = jwt.encode({"iat": now, "exp": now + 60, "iss": str(hub.app)}, key.private, algorithm="RS256")
    path = "/app/installations/77/access_tokens"
    first = ask(github, "POST", path, {}, signed).body["token"]
    assert ask(github, "GET", "pulls/1", token=first).status == 200
    hub.expire()
    assert ask(github, "GET", "pulls/1", token=first).status == 401
    second = ask(github, "POST", path, {}, signed).body["token"]
    assert ask(github, "GET", "pulls/1", token=second).body["head"]["sha"] == repo.head


def test_rows_without_a_word_of_what_changed_are_listed_in_silence(github: StandIn) -> None:
    """As past GitHub's limits: the pull request's own counts give them away."""
    github.hub.silent_from = 1
    rows = {row["filename"]: row for row in ask(github, "GET", "pulls/1/files").body}
    assert (rows["b.txt"]["changes"], "patch" in rows["b.txt"]) == (0, False)
    assert (rows["a.txt"]["changes"], "patch" in rows["a.txt"]) == (4, True)
    assert ask(github, "GET", "pulls/1").body["additions"] == 3
    github.hub.listed = 1
    assert len(ask(github, "GET", "pulls/1/files").body) == 1


# --- chance --------------------------------------------------------------------------------------------------------


def test_chance_chooses_a_share_of_all_calls_and_can_be_had_again() -> None:
    """One in ten, of every kind; the same seed gives the same failures."""
    chaos, again = Chaos(7, 0.1), Chaos(7, 0.1)
    drawn = [chaos.draw("GET", "/x", after=after) for _ in range(3000) for after in (False, True)]
    assert 240 < sum(failure is not None for failure in drawn) < 360
    assert len(chaos.told) == 9
    assert drawn == [again.draw("GET", "/x", after=after) for _ in range(3000) for after in (False, True)]
    slow = Chaos(7, 1.0, ["slow"]).draw("GET", "/x", after=True)
    assert slow is not None
    assert (slow.status, slow.slow) == (200, 0.5)


def test_calls_go_wrong_by_chance(github: StandIn) -> None:
    """Whatever happens, a write that was answered was done, and one that failed before its work was not."""
    github.hub.chaos = Chaos(3, 0.5, ["500 before", "502 after", "cut before", "cut after"])
    well = 0
    for _ in range(40):
        try:
            well += say(github).status == 201
        except (http.client.HTTPException, OSError):
            continue
    told = github.hub.chaos.told
    assert set(told) == {"500 before", "502 after", "cut before", "cut after"}
    assert said(github) == well + told["502 after"] + told["cut after"]


# --- lists and limits ----------------------------------------------------------------------------------------------


def test_lists_are_behind_what_was_written(github: StandIn) -> None:
    """By some seconds; what stands at an address of its own is not."""
    hub, now = github.hub, 1000.0
    hub.clock = lambda: now
    hub.lag = 2.0
    number = say(github).body["id"]
    assert ask(github, "GET", "issues/1/comments").body == []
    assert ask(github, "GET", f"issues/comments/{number}").body["body"] == "said"
    now = 1002.0
    assert [s["body"] for s in ask(github, "GET", "issues/1/comments").body] == ["said"]
    ask(github, "PATCH", f"issues/comments/{number}", {"body": "said better"})
    assert [s["body"] for s in ask(github, "GET", "issues/1/comments").body] == ["said"]
    now = 1004.0
    assert [s["body"] for s in ask(github, "GET", "issues/1/comments").body] == ["said better"]


def test_lists_come_in_pages_of_a_hundred_at_most(github: StandIn) -> None:
    """Thirty, unless more are asked for; links lead on to the last."""
    for number in range(130):
        github.hub.say(github.hub.pulls[1], 7, f"comment {number}")
    first = ask(github, "GET", "issues/1/comments")
    assert (len(first.body), first.headers["link"].count("page=")) == (30, 2)
    assert 'page=2>; rel="next"' in first.headers["link"]
    assert 'page=5>; rel="last"' in first.headers["link"]
    assert [len(ask(github, "GET", f"issues/1/comments?per_page=500&page={n}").body) for n in (1, 2, 3)] == [100, 30, 0]
    assert "link" not in ask(github, "GET", "issues/1/comments?per_page=100&page=2").headers


def test_what_is_left_of_the_calls_is_true(github: StandIn) -> None:
    """Each counts, but for one whose answer is known already; each token has its own, and GraphQL too."""
    hub = github.hub
    hub.rate_limit = 3
    one, other = hub.token(), "token-of-somebody"
    first = ask(github, "GET", "pulls/1", token=one)
    told = {name: first.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "used", "resource")}
    assert told == {"limit": "3", "remaining": "2", "used": "1", "resource": "core"}
    assert 0 < int(first.headers["x-ratelimit-reset"]) - time.time() <= 3600
    known = ask(github, "GET", "pulls/1", token=one, If_None_Match=first.headers["etag"])
    assert (known.status, known.body, known.headers["x-ratelimit-remaining"]) == (304, "", "2")
    query = {"query": '{ node(id: "PR_1_1") { id } }'}
    assert ask(github, "POST", "/api/graphql", query, one).headers["x-ratelimit-used"] == "1"
    assert [ask(github, "GET", "pulls/1", token=one).headers["x-ratelimit-remaining"] for _ in range(2)] == ["1", "0"]
    refused = ask(github, "GET", "pulls/1", token=one)
    assert (refused.status, refused.headers["x-ratelimit-remaining"]) == (403, "0")
    assert refused.body["message"].startswith("API rate limit exceeded")
    assert ask(github, "GET", "pulls/1", token=other).status == 200


# --- deliveries ----------------------------------------------------------------------------------------------------


class Inbox(BaseHTTPRequestHandler):
    """Takes deliveries."""

    taken: ClassVar[list[tuple[str, str, Any]]]
    status: ClassVar[list[int]]
    lock: ClassVar[threading.Lock]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            self.taken.append((self.headers["X-GitHub-Delivery"], body["action"], self.headers["X-Hub-Signature-256"]))
            status = self.status.pop(0) if self.status else 202
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def taken() -> list[tuple[str, str, Any]]:
    """What was delivered: its id, its action and its signature."""
    return []


@pytest.fixture
def courier(github: StandIn, taken: list[tuple[str, str, Any]]) -> Iterator[Courier]:
    """Who delivers."""
    with Loopback(Inbox, taken=taken, status=[], lock=threading.Lock()) as inbox:
        yield Courier(github.hub, f"{inbox.address}/webhook", SECRET)


ORDER = ("opened", "labeled", "synchronize", "closed")


def send(courier: Courier) -> None:
    """One delivery after the other."""
    for action in ORDER:
        courier.send("pull_request", telling.pull_event(courier.hub, action))
    courier.end()


def test_deliveries_come_once_and_in_order(courier: Courier, taken: list[tuple[str, str, Any]]) -> None:
    """Signed, and known to the interface that lists them."""
    send(courier)
    assert [action for _, action, _ in taken] == list(ORDER)
    assert len({guid for guid, _, _ in taken}) == 4
    assert all(signature.startswith("sha256=") for _, _, signature in taken)


@pytest.mark.parametrize(
    ("mishaps", "came"),
    [
        (["missing"], ["labeled", "synchronize", "closed"]),
        (["twice"], ["opened", "opened", "labeled", "synchronize", "closed"]),
        (["late"], ["labeled", "opened", "synchronize", "closed"]),
        ([None, "late", "late"], ["opened", "closed", "labeled", "synchronize"]),
        ([None, None, None, "late"], ["opened", "labeled", "synchronize", "closed"]),
    ],
)
def test_deliveries_are_missing_or_come_twice_or_late(
    courier: Courier, taken: list[tuple[str, str, Any]], mishaps: list[Any], came: list[str]
) -> None:
    courier.mishaps += mishaps
    send(courier)
    assert [action for _, action, _ in taken] == came
    assert len({guid for guid, _, _ in taken}) == len(set(came))


def test_chance_disturbs_deliveries(courier: Courier, taken: list[tuple[str, str, Any]]) -> None:
    """A share of them, in the same way for the same seed; no other delivery is lost."""
    orders = []
    for _ in range(2):
        courier.disturb(seed=3, share=0.6)
        send(courier)
        send(courier)
        orders.append([action for _, action, _ in taken])
        missing = sum(row["status_code"] == 0 for row in courier.hub.deliveries)
        assert 0 < len({guid for guid, _, _ in taken}) == 8 - missing < 8
        taken.clear()
        courier.hub.deliveries.clear()
    assert orders[0] == orders[1] != [*ORDER, *ORDER]


def test_a_delivery_that_never_came_is_sent_when_it_is_asked_for(
    github: StandIn, courier: Courier, taken: list[tuple[str, str, Any]], key: Key
) -> None:
    """Under its own id, by the interface; the App's own sweep asks so."""
    now = int(time.time())
    github.hub.public_key = key.public
    courier.mishaps += ["missing"]
    send(courier)
    signed = jwt.encode({"iat": now, "exp": now + 60, "iss": str(github.hub.app)}, key.private, algorithm="RS256")
    rows = ask(github, "GET", "/app/hook/deliveries?per_page=2", token=signed)
    assert [row["status_code"] for row in rows.body] == [202, 202]
    cursor = rows.headers["link"].partition("cursor=")[2].partition(">")[0]
    lost = ask(github, "GET", f"/app/hook/deliveries?per_page=2&cursor={cursor}", token=signed).body[-1]
    assert (lost["action"], lost["status_code"], lost["redelivery"]) == ("opened", 0, False)
    assert (
        ask(github, "GET", f"/app/hook/deliveries/{lost['id']}", token=signed).body["request"]["payload"]["number"] == 1
    )

    assert ask(github, "POST", f"/app/hook/deliveries/{lost['id']}/attempts", token=signed).status == 202
    assert taken[-1][:2] == (lost["guid"], "opened")
    newest = ask(github, "GET", "/app/hook/deliveries", token=signed).body[0]
    assert (newest["guid"], newest["redelivery"], newest["status_code"]) == (lost["guid"], True, 202)
