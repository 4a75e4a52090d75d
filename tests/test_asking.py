"""How GitHub is asked: within its limits, once for what it has told already, with tokens that are renewed, wherever it has moved to."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from github import GithubException
from msgspec.structs import replace
from urllib3.exceptions import MaxRetryError, ReadTimeoutError

from bot.adapters import github
from bot.adapters.github import client as client_module
from bot.adapters.github import connection
from bot.adapters.github.budget import Budget
from bot.adapters.github.checks import begin, end
from bot.adapters.github.known import Answer, Known
from bot.adapters.github.tokens import Installed
from bot.adapters.github.trouble import Gone, RateLimited
from bot.ports import Begun
from tests.standin import Failure, StandIn, secondary
from tests.standin.app import Key
from tests.standin.loopback import Loopback
from tests.standin.rights import Installation, Token
from tests.standin.server import VERSIONS

TOKEN = "token-of-mainstay"  # noqa: S105 - the stand-in knows it
REPOSITORY = "shop/payments"


@pytest.fixture
def app(host: StandIn, key: Key) -> github.App:
    """The App."""
    return github.App(host.url, host.hub.app, key.private)


class Clock:
    """A clock that goes as it is told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def read(client: github.Client) -> github.Read:
    """The pull request, read by the interface."""
    return github.read_change(client, github.read_pull(client, REPOSITORY, 1))


# --- limits --------------------------------------------------------------------------------------------------------


def told(remaining: int, reset: int = 0, limit: int = 5_000, **more: str) -> dict[str, str]:
    """The headers of an answer at a time of GitHub's."""
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    date = now.strftime("%a, %d %b %Y %H:%M:%S GMT")
    reset += int(now.timestamp())
    return {
        "date": date,
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(reset),
    } | {name.replace("_", "-"): value for name, value in more.items()}


def seconds(budget: Budget, status: int = 403, headers: dict[str, str] | None = None, message: str = "") -> float:
    """For how long a refusal lets nothing be asked."""
    with pytest.raises(RateLimited) as raised:
        budget.note("core", status, headers or {}, message)
    return raised.value.seconds


def test_a_used_up_limit_is_waited_for_by_githubs_clock() -> None:
    """Nothing is asked until then: not by any client that shares it."""
    clock = Clock()
    budget = Budget(clock)
    budget.note("core", 200, told(0, reset=600), "")
    with pytest.raises(RateLimited) as raised:
        budget.ask("core", reads=False)
    assert 600 <= raised.value.seconds <= 662
    budget.ask("graphql", reads=True)  # which is counted apart
    clock.now += 602
    budget.ask("core", reads=True)


def test_the_last_of_a_limit_is_kept_for_what_was_begun() -> None:
    """Reading waits, a check can still be ended."""
    budget = Budget(Clock())
    budget.note("core", 200, told(50, reset=600), "")
    budget.ask("core", reads=False)
    with pytest.raises(RateLimited):
        budget.ask("core", reads=True)


@pytest.mark.parametrize("status", [403, 429])
def test_a_refusal_is_heeded_as_it_asks(status: int) -> None:
    """With Retry-After, with the end of the limit, and with neither."""
    assert 30 <= seconds(Budget(Clock()), status, told(4_000, retry_after="30")) <= 33
    assert 600 <= seconds(Budget(Clock()), status, told(0, reset=600)) <= 662
    said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    clock = Clock()
    budget = Budget(clock)
    assert 60 <= seconds(budget, status, told(4_000), said) <= 66
    with pytest.raises(RateLimited):
        budget.ask("graphql", reads=False)
    clock.now += 61
    assert 120 <= seconds(budget, status, told(4_000), said) <= 132


def test_a_refusal_for_another_reason_is_none_for_the_sake_of_a_limit() -> None:
    budget = Budget(Clock())
    heeded: list[RateLimited] = []
    try:
        budget.note("core", 403, told(4_000), "Resource not accessible by integration")
        budget.ask("core", reads=True)
    except RateLimited as limited:
        heeded.append(limited)
    assert heeded == []


def test_no_wait_is_longer_than_a_limit_lasts() -> None:
    assert seconds(Budget(Clock()), 429, {"retry-after": "999999999"}) <= 3_700 * 1.1


@pytest.mark.parametrize("refusal", [(403, "7"), (429, "7"), (403, ""), (429, "")])
def test_a_limit_is_told_at_once_and_shared_by_an_installations_clients(
    host: StandIn, app: github.App, refusal: tuple[int, str]
) -> None:
    """No thread sleeps for it, nothing more is sent, and another installation asks on."""
    assert read(app.client(77)).short == ()
    status, wait = refusal
    host.hub.fail(secondary("", "", int(wait) if wait else None, status=status))
    with pytest.raises(RateLimited) as raised:
        read(app.client(77))
    assert 7 <= raised.value.seconds <= (8 if refusal[1] else 67)
    sent = len(host.hub.requests)
    with pytest.raises(RateLimited):
        read(app.client(77))
    assert len(host.hub.requests) == sent
    host.hub.installations[78] = Installation(78, "shop")
    assert read(app.client(78)).short == ()


def test_a_write_that_a_limit_forbids_is_not_taken_for_a_lost_one(host: StandIn, app: github.App) -> None:
    client = app.client(77)
    pull = github.read_pull(client, REPOSITORY, 1)
    number = begin(client, pull)
    host.hub.fail(secondary("", "", 9))
    with pytest.raises(RateLimited):
        end(client, pull, "success", "well", "well", begun=Begun(number))
    assert host.hub.checks[0]["status"] == "in_progress"


def test_no_more_is_asked_at_once_than_a_host_likes() -> None:
    """However many threads there are; each gets its answer."""
    with Loopback(Slow) as server, ThreadPoolExecutor(3 * connection.AT_ONCE) as pool:
        client = github.connect(f"{server.address}/api/v3", TOKEN)
        given = list(pool.map(lambda n: client.requester.requestJsonAndCheck("GET", f"/x{n}")[1], range(100)))
    assert len(given) == 100
    assert 1 < Slow.most <= connection.AT_ONCE


class Slow(BaseHTTPRequestHandler):
    """Answers after a while, and counts how many wait for that."""

    protocol_version = "HTTP/1.1"
    lock: ClassVar[threading.Lock] = threading.Lock()
    now: ClassVar[int] = 0
    most: ClassVar[int] = 0

    def do_GET(self) -> None:
        """Nothing in particular."""
        with self.lock:
            Slow.now += 1
            Slow.most = max(Slow.most, Slow.now)
        time.sleep(0.02)
        with self.lock:
            Slow.now -= 1
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


# --- asking again --------------------------------------------------------------------------------------------------


def test_a_read_is_tried_again_and_a_write_is_sent_once(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.github.checks.LAG", 0.0)
    client = github.connect(host.url, TOKEN)
    cut = Failure("GET", "/pulls/1", -1, times=2)  # in the middle of the answer
    host.hub.failures += [Failure("GET", "/pulls/1", 502), Failure("GET", "/pulls/1/files", 0), cut]
    assert read(client).short == ()
    assert cut.times == 0
    host.hub.failures.append(Failure("POST", "/check-runs", 502, times=9))
    pull = github.read_pull(client, REPOSITORY, 1)
    host.hub.requests.clear()
    with pytest.raises(github.GitHubError):
        begin(client, pull)
    assert [m for m, _ in host.hub.requests].count("POST") == 1


def test_those_who_failed_together_come_back_apart() -> None:
    """The bound of the pauses doubles."""
    retry: connection.Retry = connection.Retry(total=3, allowed_methods=frozenset({"GET"}))
    assert retry.get_backoff_time() == 0
    for bound in (0.5, 1.0, 2.0):
        retry = retry.increment("GET", "/", error=ReadTimeoutError(None, "/", "slow"))  # type: ignore[arg-type]  # no pool
        pauses = {retry.get_backoff_time() for _ in range(50)}
        assert len(pauses) > 10
        assert bound / 2 < max(pauses) <= bound


def test_a_server_that_asks_for_a_long_pause_gets_it(host: StandIn) -> None:
    """Its answer is told, and nobody sleeps."""
    retry = connection.Retry(total=3, status_forcelist=(503,), allowed_methods=frozenset({"GET"}))
    answer = SimpleNamespace(headers={"Retry-After": "600"}, status=503, get_redirect_location=lambda: False)
    with pytest.raises(MaxRetryError):
        retry.increment("GET", "/", response=answer)
    answer.headers["Retry-After"] = "2"
    assert retry.increment("GET", "/", response=answer).total == 2
    host.hub.fail(Failure("", "", 503, times=2, headers={"Retry-After": "600"}))
    with pytest.raises(github.GitHubError, match=r"GitHub refused \(503\)"):
        read(github.connect(host.url, TOKEN))
    assert host.hub.failures[-1].times == 1
    assert not retry.is_retry("POST", 503, has_retry_after=True)
    assert not retry.is_retry("GET", 429, has_retry_after=True)


def test_a_check_is_written_to_without_asking_for_it_first(host: StandIn) -> None:
    """Two requests end it: the list of those on the commit, and the write."""
    client = github.connect(host.url, host.hub.token())
    pull = github.read_pull(client, REPOSITORY, 1)
    number = begin(client, pull)
    host.hub.requests.clear()
    end(client, pull, "success", "well", "well", begun=Begun(number))
    assert [method for method, _ in host.hub.requests] == ["GET", "PATCH"]


# --- what is known -------------------------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_counted_again(host: StandIn) -> None:
    """And what has changed is seen."""
    client = github.connect(host.url, TOKEN)
    first = github.read_pull(client, REPOSITORY, 1)
    used = host.hub.budget(Token(7)).used
    assert github.read_pull(client, REPOSITORY, 1) == first
    assert host.hub.budget(Token(7)).used == used
    assert host.hub.spared > 0
    host.hub.pulls[1].draft = True
    assert github.circumstances(client, REPOSITORY, 1).draft


def test_what_is_known_is_bounded_and_of_one_name_alone() -> None:
    known = Known()
    known.put("a", "/x", Answer("t", {}, "x"))
    assert known.get("b", "/x") is None
    known.put("a", "/large", Answer("t", {}, "x" * 300_000))
    known.put("a", "/untagged", Answer("", {}, "x"))
    assert known.get("a", "/large") is known.get("a", "/untagged") is None
    for number in range(100):
        known.put("a", f"/{number}", Answer("t", {}, "x" * 200_000))
    assert known.get("a", "/x") is None
    assert known.get("a", "/99") is not None


# --- versions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_a_change_is_read_by_each_version_of_the_interface(
    host: StandIn, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(client_module, "_API_VERSION", version)
    change = read(github.connect(host.url, TOKEN)).change
    assert [(f.path, f.before, f.after) for f in change.files] == [("a.py", "a = 1\n", "a = 2\n")]
    assert host.hub.versions == {version}


def test_the_version_is_pinned_to_one_that_is_supported(host: StandIn, app: github.App) -> None:
    read(app.client(77))
    assert host.hub.versions == {"2022-11-28"}


# --- tokens --------------------------------------------------------------------------------------------------------


def tokens(host: StandIn) -> int:
    """How many were asked for."""
    return sum(path.endswith("/access_tokens") for _, path in host.hub.requests)


def test_a_long_token_serves_all_clients_of_its_installation(host: StandIn, app: github.App) -> None:
    read(app.client(77))
    read(app.client(77))
    assert tokens(host) == 1
    assert len(github.token_of(app.client(77))) > 600


def test_a_token_that_ends_in_the_middle_is_renewed_once(host: StandIn, app: github.App) -> None:
    """Also below a write, of which nothing was done then."""
    client = app.client(77)
    pull = github.read_pull(client, REPOSITORY, 1)
    host.hub.expire()
    assert github.read_change(client, pull).short == ()
    assert tokens(host) == 2
    host.hub.expire()
    begin(client, pull)
    assert len(host.hub.checks) == 1
    assert tokens(host) == 3


def test_a_plain_token_that_is_refused_is_told(host: StandIn) -> None:
    with pytest.raises(github.GitHubError, match="401"):
        read(github.connect(host.url, "guessed"))
    assert len(host.hub.requests) == 1


def test_a_token_is_renewed_before_it_ends_and_once_for_all() -> None:
    clock = Clock()
    made: list[str] = []

    def fetch() -> Any:
        made.append(f"ghs_{len(made)}")
        return SimpleNamespace(token=made[-1], expires_at=dt.datetime.fromtimestamp(clock.now + 3_600, tz=dt.UTC))

    auth = Installed(fetch, clock)
    assert [auth.token, auth.token] == ["ghs_0", "ghs_0"]
    clock.now += 3_200
    assert [auth.token] == made
    clock.now += 200
    assert [auth.token] == made[1:] == ["ghs_1"]
    assert auth.renewed("token ghs_1") == "token ghs_2"
    assert auth.renewed("token ghs_1") == "token ghs_2"  # another thread was told the same


def test_without_an_installation_there_is_no_token(host: StandIn, app: github.App) -> None:
    host.hub.suspended.add(77)
    with pytest.raises(Gone, match="suspended"):
        read(app.client(77))
    with pytest.raises(Gone, match="no longer installed"):
        read(app.client(99))
    assert tokens(host) == 2

    def broken() -> Any:
        raise GithubException(500, {"message": "x"}, {})

    with pytest.raises(GithubException):
        assert Installed(broken).token


# --- where it has moved to -----------------------------------------------------------------------------------------


def test_a_renamed_repository_is_read_and_written_to(host: StandIn) -> None:
    """By its old name, which a job may have; what comes next uses the new one."""
    host.hub.repository, host.hub.old_names = "shop/till", {REPOSITORY}
    client = github.connect(host.url, host.hub.token())
    pull = github.read_pull(client, REPOSITORY, 1)
    assert pull.repository == "shop/till"
    old = replace(pull, repository=REPOSITORY)
    number = begin(client, old)
    end(client, old, "success", "well", "well", begun=Begun(number))
    assert [(c["status"], c["conclusion"]) for c in host.hub.checks] == [("completed", "success")]
    assert github.read_change(client, pull).short == ()


def test_nobody_is_sent_to_another_host() -> None:
    """The token would go there."""
    answer = SimpleNamespace(status_code=301, headers={"Location": "https://elsewhere.example.org/repositories/1"})
    asking = SimpleNamespace(protocol="https", host="api.github.com", port=443, usual=443)
    assert connection._moved(asking, answer) is None  # type: ignore[arg-type]  # as much of one as is looked at
    answer.headers["Location"] = "https://api.github.com/repositories/1?x=y"
    assert connection._moved(asking, answer) == "/repositories/1?x=y"  # type: ignore[arg-type]  # likewise


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_write_that_is_sent_nowhere_is_not_taken_for_done(host: StandIn, status: int) -> None:
    client = github.connect(host.url, TOKEN)
    pull = github.read_pull(client, REPOSITORY, 1)
    host.hub.failures.append(Failure("POST", "/check-runs", status))
    with pytest.raises(github.GitHubError, match="another place"):
        begin(client, pull)
    assert host.hub.checks == []
