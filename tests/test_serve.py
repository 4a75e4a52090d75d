"""`mainstay serve` as a process: a signed delivery becomes one review in its pull request, and nothing else does anything."""

from __future__ import annotations

import hmac
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import events
from bot.adapters.store import Archive
from bot.entry import serve, settings
from bot.entry.asking import wanted
from bot.entry.judging import Judging, crew
from bot.entry.recording import PENDING, Recorder, waiting
from bot.entry.reviewing import Reviewing
from bot.entry.steps import StepFailed
from bot.events import EventError, PullAsked
from tests.repository import Repository
from tests.standin import Hub, StandIn
from tests.standin.app import SECRET, Key, Server, told, until

posix = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")
CANARY = "canary_in_the_changed_file"
CLIENT = f"""import requests


def {CANARY}(order):
    return requests.post("https://payments.example/charge", json=order)
"""


@pytest.fixture
def github(tmp_path: Path, key: Key) -> Iterator[StandIn]:
    """The stand-in with one pull request, and the App installed."""
    shop = Repository.create(tmp_path / "shop")
    shop.commit({"README.md": "a shop\n"})
    shop.run("checkout", "--quiet", "-b", "feature")
    shop.commit({"client.py": CLIENT})
    hub = Hub(shop.path)
    hub.public_key = key.public
    hub.open("main", "feature")
    with StandIn(hub) as standin:
        yield standin


@pytest.fixture
def server(github: StandIn, key: Key, tmp_path: Path) -> Iterator[Server]:
    """The server, ended at the end."""
    server = Server(github, key, tmp_path / "data")
    try:
        server.start()
        yield server
    finally:
        server.end()


def is_done(hub: Hub) -> bool:
    """True when the check of the head has ended."""
    return any(c["status"] == "completed" for c in hub.checks)


def is_all_done(hub: Hub, count: int) -> bool:
    """True when so many checks have ended, and none has not."""
    return [c["status"] for c in hub.checks] == ["completed"] * count


@posix
@pytest.mark.xdist_group("server")
def test_a_signed_delivery_becomes_one_review(server: Server, github: StandIn) -> None:
    """Comment, summary and check, once, however often the delivery comes; and nobody's code stays behind."""
    hub = github.hub
    assert server.deliver(told(hub)) == 202
    assert server.deliver(told(hub)) == 202
    until(lambda: is_done(hub))
    assert server.deliver(told(hub, "reopened")) == 202
    pull = hub.pulls[1]

    assert [(c["path"], c["line"], c["user"]["id"]) for c in pull.comments] == [("client.py", 5, 7)]
    assert len(pull.conversation) == 1
    assert [(c["name"], c["status"], c["conclusion"]) for c in hub.checks] == [("Mainstay", "completed", "failure")]
    assert hub.checks[0]["output"]["title"] == "complete: 1 finding (1 warning) in 1 file"
    assert server.stop() == 0
    kept = b"".join(f.read_bytes() for f in server.data.rglob("*") if f.is_file()) + server.log.read_bytes()
    assert b"history_reviews" in kept
    assert CANARY.encode() not in kept
    assert SECRET.encode() not in kept
    assert b"of.the.installation" not in kept
    assert b"PRIVATE KEY" not in kept


@posix
@pytest.mark.xdist_group("server")
def test_a_review_is_remembered_and_posted_also_when_it_cannot_be(server: Server, github: StandIn) -> None:
    """The history is away during the first review, and caught up by the second; nobody's code is in what waits meanwhile."""
    hub, pull = github.hub, github.hub.pulls[1]
    database = server.data / "mainstay.sqlite"
    until(lambda: "history_reviews" in tables(database))
    ask(database, "ALTER TABLE history_reviews RENAME TO away")
    head = hub.commit("feature")
    assert server.deliver(told(hub)) == 202
    until(lambda: is_done(hub))
    until(lambda: len(waiting(server.data / PENDING)) == 1)
    assert (len(pull.comments), len(pull.conversation), hub.checks[0]["conclusion"]) == (1, 1, "failure")
    (held,) = (server.data / PENDING).iterdir()
    assert CANARY.encode() not in held.read_bytes()
    assert "history not written: it is caught up later" in server.log.read_text()

    ask(database, "ALTER TABLE away RENAME TO history_reviews")
    Repository(hub.git.folder).commit({"client.py": CLIENT.replace("json=order", "json=order, timeout=5")})
    assert server.deliver(told(hub, "synchronize")) == 202
    until(lambda: len(Archive(f"sqlite:///{database}").reviews(hub.repository, 1)) == 2)
    history = Archive(f"sqlite:///{database}")
    new, old = history.reviews(hub.repository, 1)
    assert (old.verdict, old.manifest.head, new.manifest.head) == ("complete", head, hub.commit("feature"))
    (finding,) = history.findings(hub.repository, 1)
    assert (finding.path, finding.line, finding.state) == ("client.py", 5, "fixed")
    thread, summary = pull.comments[0]["id"], pull.conversation[0]["id"]
    posted = {(p.kind, p.id, p.fingerprint) for p in history.posted(hub.repository, 1)}
    checks = {("check", check["id"], "") for check in hub.checks}
    assert posted == {("thread", thread, finding.fingerprint), ("summary", summary, ""), *checks}
    assert list(history.lessons(hub.repository)) == [finding.rule]
    assert waiting(server.data / PENDING) == ()
    assert server.stop() == 0
    kept = b"".join(f.read_bytes() for f in server.data.rglob("*") if f.is_file()) + server.log.read_bytes()
    assert CANARY.encode() not in kept


def ask(database: Path, what: str) -> list[Any]:
    """The rows of an answer, from beside the server."""
    connection = sqlite3.connect(database, timeout=30)
    try:
        with connection:
            return list(connection.execute(what))
    finally:
        connection.close()


def tables(database: Path) -> set[str]:
    """The names of the tables that there are."""
    return {name for (name,) in ask(database, "SELECT name FROM sqlite_master WHERE type = 'table'")}


@posix
@pytest.mark.xdist_group("server")
def test_what_is_not_signed_or_not_for_us_does_nothing(server: Server, github: StandIn) -> None:
    """401, 400, 204 and 413, each at once."""
    hub = github.hub
    assert server.deliver(told(hub), secret="guessed") == 401  # noqa: S106 - a wrong one
    assert server.ask("/webhook", b"{}")[0] == 401
    assert server.deliver({"action": "opened"}) == 400
    assert server.deliver(told(hub) | {"action": "locked"}) == 204
    assert server.deliver({"zen": "x"}, event="ping") == 204
    assert server.deliver(told(hub), secret="older") == 202  # noqa: S106 - of the tests alone
    assert server.ask("/healthz") == (200, "alive\n")
    until(lambda: is_done(hub))


@posix
@pytest.mark.xdist_group("server")
def test_a_kept_delivery_outlives_a_crash(server: Server, github: StandIn) -> None:
    """What was answered with 202 is done, once, by the process that comes after."""
    assert server.deliver(told(github.hub)) == 202
    server.kill()
    server.start()
    until(lambda: is_done(github.hub))

    assert len(github.hub.pulls[1].comments) == len(github.hub.pulls[1].conversation) == len(github.hub.checks) == 1
    assert server.stop() == 0


@posix
@pytest.mark.xdist_group("server")
def test_drafts_and_superseded_heads_end_their_check_too(server: Server, github: StandIn) -> None:
    """A check that is required never waits for ever."""
    hub = github.hub
    old = hub.commit("feature")
    hub.pulls[1].draft = True
    assert server.deliver(told(hub, draft=True)) == 202
    until(lambda: is_done(hub))
    assert (hub.checks[0]["conclusion"], hub.checks[0]["output"]["title"]) == ("skipped", "Not reviewed: a draft")

    hub.checks.clear()
    hub.pulls[1].draft = False
    Repository(hub.git.folder).commit({"client.py": f"{CLIENT}\n"})
    assert server.deliver(told(hub, head={"sha": old})) == 202  # a head that is no longer the newest
    assert server.deliver(told(hub, "synchronize")) == 202
    until(lambda: len(hub.checks) == 2 and all(c["status"] == "completed" for c in hub.checks))
    ended = {c["head_sha"]: c["conclusion"] for c in hub.checks}
    assert ended == {old: "skipped", hub.commit("feature"): "failure"}


@posix
@pytest.mark.xdist_group("server")
def test_a_mistake_in_the_settings_is_told_in_the_check(server: Server, github: StandIn) -> None:
    """With the place and the remedy; nothing else is written."""
    hub = github.hub
    shop = Repository(hub.git.folder)
    shop.run("checkout", "--quiet", "main")
    shop.commit({".mainstay.yaml": "fail_on: error\n"})
    shop.run("checkout", "--quiet", "feature")
    shop.run("rebase", "--quiet", "main")
    assert server.deliver(told(hub)) == 202
    until(lambda: is_done(hub))
    (check,) = hub.checks

    assert (check["conclusion"], check["output"]["title"]) == (
        "action_required",
        "Not reviewed: a mistake in the settings",
    )
    assert "at .mainstay.yaml:1" in check["output"]["summary"]
    assert "fail-on" in check["output"]["summary"]
    assert hub.pulls[1].conversation == hub.pulls[1].comments == []


@posix
@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("may_resolve", [True, False])
def test_what_a_push_fixes_is_answered_once_and_resolved(server: Server, github: StandIn, may_resolve: bool) -> None:
    """Its thread is resolved where GitHub lets us; without the permission it is answered all the same."""
    hub = github.hub
    hub.permissions["contents"] = "write" if may_resolve else "read"
    assert server.deliver(told(hub)) == 202
    until(lambda: is_done(hub))
    assert hub.checks[0]["output"]["annotations"][0]["path"] == "client.py"

    Repository(hub.git.folder).commit({"client.py": CLIENT.replace("json=order", "json=order, timeout=5")})
    assert server.deliver(told(hub, "synchronize")) == 202
    until(lambda: is_all_done(hub, 2))
    root, reply = hub.pulls[1].comments
    assert reply["in_reply_to_id"] == root["id"]
    assert hub.commit("feature")[:7] in reply["body"]
    assert hub.resolved == ({root["id"]} if may_resolve else set())
    assert len(hub.pulls[1].conversation) == 1

    Repository(hub.git.folder).commit({"notes.md": "nothing\n"})
    assert server.deliver(told(hub, "synchronize")) == 202
    until(lambda: is_all_done(hub, 3))
    assert hub.pulls[1].comments == [root, reply]


@posix
@pytest.mark.xdist_group("server")
def test_the_button_of_the_check_asks_for_a_review_again(server: Server, github: StandIn) -> None:
    """There is another check, which ends; what is missing is written, and what stands there is not repeated."""
    hub = github.hub
    assert server.deliver(told(hub)) == 202
    until(lambda: is_done(hub))
    run = dict(hub.checks[0])
    hub.pulls[1].comments.clear()  # somebody has deleted it
    event = {
        "action": "rerequested",
        "check_run": run,
        "repository": {"full_name": hub.repository},
        "installation": {"id": 77},
    }
    assert server.deliver(event, "check_run") == 202
    until(lambda: [c["status"] for c in hub.checks] == ["completed", "completed"])

    assert len(hub.pulls[1].conversation) == len(hub.pulls[1].comments) == 1
    assert server.deliver(event | {"action": "created"}, "check_run") == 204
    pressed = event | {"action": "requested_action", "requested_action": {"identifier": "full"}}
    assert server.deliver(pressed | {"requested_action": {"identifier": "other"}}, "check_run") == 204
    assert server.deliver(event | {"check_run": {"external_id": "of another app"}}, "check_run") == 204


@posix
@pytest.mark.xdist_group("server")
def test_a_second_worker_in_the_same_folder_is_refused(server: Server, github: StandIn) -> None:
    """With SQLite one process works at a time: the server's own, as soon as it has done something."""
    assert server.deliver(told(github.hub)) == 202
    until(lambda: is_done(github.hub))
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "bot", "worker"],
        env=server._env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "Another process works in" in ended.stderr


def test_a_failed_step_says_of_what_kind_it_is_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is raised lies in the database."""

    def quotes(*_: object) -> dict[str, str]:
        raise ValueError(f"cannot read {CANARY}")

    monkeypatch.setattr(Reviewing, "judge", quotes)
    given = settings.read(GOOD | {"MAINSTAY_DATA": str(tmp_path)})
    recorder = Recorder(Archive(given.database), tmp_path)
    steps = dict(Reviewing(given, lambda _: None, crew(1), recorder, lambda _: None).kind().steps)
    with pytest.raises(StepFailed) as raised:
        steps["judge"]({"id": "a", "key": "a/b#1"}, {})
    assert str(raised.value) == "ValueError"
    assert raised.value.__cause__ is None


# --- parts ---------------------------------------------------------------------------------------------------------


def test_a_signature_counts_for_one_of_the_secrets() -> None:
    """While a secret is exchanged the old one is good too."""
    body = b"{}"
    good = f"sha256={hmac.digest(b'new', body, 'sha256').hex()}"
    assert serve.is_signed(body, good, ("new", "old"))
    assert serve.is_signed(body, good, ("old", "new"))
    assert not serve.is_signed(body, good, ("old",))
    assert not serve.is_signed(body + b" ", good, ("new",))
    assert not serve.is_signed(body, good.removeprefix("sha256="), ("new",))
    assert not serve.is_signed(body, "", ("new",))
    assert not serve.is_signed(body, "sha256=ä", ("new",))


def test_an_event_is_read_by_the_fields_that_we_need() -> None:
    """Whatever else GitHub adds or leaves out."""
    body: dict[str, Any] = {
        "action": "opened",
        "pull_request": {"number": 3, "head": {"sha": "abc"}},
        "repository": {"full_name": "a/b"},
        "installation": {"id": 5},
    }
    assert events.read("pull_request", json.dumps(body).encode()) == (PullAsked(5, "a/b", 3, "abc", why="opened"),)
    assert events.read("pull_request", json.dumps(body | {"action": "assigned"}).encode()) == ()
    assert events.read("pull_request", json.dumps(body | {"installation": None}).encode()) == ()
    assert events.read("issues", b"not read at all") == ()
    for wrong in (b"", b"[]", b"\xff", json.dumps(body | {"repository": {}}).encode()):
        with pytest.raises(EventError):
            events.read("pull_request", wrong)


GOOD = {
    "MAINSTAY_APP_ID": "1",
    "MAINSTAY_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\\nx",
    "MAINSTAY_WEBHOOK_SECRET": "a, b",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"MAINSTAY_APP_ID": ""}, "MAINSTAY_APP_ID is not set"),
        ({"MAINSTAY_APP_ID": "x"}, "MAINSTAY_APP_ID is no whole number"),
        ({"MAINSTAY_PRIVATE_KEY": "secret"}, "MAINSTAY_PRIVATE_KEY holds no private key"),
        (
            {"MAINSTAY_PRIVATE_KEY": "", "MAINSTAY_PRIVATE_KEY_FILE": "/nowhere"},
            "MAINSTAY_PRIVATE_KEY_FILE cannot be read",
        ),
        ({"MAINSTAY_WEBHOOK_SECRET": " ,"}, "MAINSTAY_WEBHOOK_SECRET is not set"),
        ({"MAINSTAY_GITHUB_URL": "api.github.com"}, "MAINSTAY_GITHUB_URL is no address"),
        ({"MAINSTAY_PORT": "eighty"}, "MAINSTAY_PORT is no whole number"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(changed: dict[str, str], said: str) -> None:
    """The start stops, and nothing secret is told."""
    with pytest.raises(settings.SettingError, match=said) as raised:
        settings.read(GOOD | changed)
    assert raised.value.remedy
    assert "secret" not in str(raised.value) or "webhook secret" in str(raised.value)


def test_settings_show_nothing_that_is_secret() -> None:
    """Not even by accident, in a log."""
    given = settings.read(GOOD)
    assert given.secrets == ("a", "b")
    assert given.private_key.endswith("\nx")
    assert "PRIVATE" not in repr(given)


def test_older_private_keys_stand_behind_the_one_in_use(tmp_path: Path) -> None:
    """One file, as people put certificates behind each other."""
    keys = [f"-----BEGIN RSA PRIVATE KEY-----\n{name}\n-----END RSA PRIVATE KEY-----" for name in ("new", "old")]
    file = tmp_path / "app.pem"
    file.write_text("\n".join((*keys, "")))
    given = settings.read(GOOD | {"MAINSTAY_PRIVATE_KEY": "", "MAINSTAY_PRIVATE_KEY_FILE": str(file)})
    assert (given.private_key, given.keys) == (keys[0], tuple(keys))


def test_comments_outlive_the_key_under_which_they_were_written(github: StandIn, key: Key, tmp_path: Path) -> None:
    """After an exchange the threads and the summary are the same: nothing is said twice, and what is fixed is answered."""
    hub, shop = github.hub, Repository(github.hub.git.folder)
    shop.commit({"other.py": CLIENT.replace(CANARY, "other")})
    reviewed(github, (key.private,), tmp_path / "before")
    new = Key()
    hub.public_key = new.public
    shop.commit({"client.py": CLIENT.replace("json=order", "json=order, timeout=5")})
    reviewed(github, (new.private, key.private), tmp_path / "after")
    pull = hub.pulls[1]

    assert len(pull.conversation) == 1
    assert [c["path"] for c in pull.comments if "in_reply_to_id" not in c] == ["client.py", "other.py"]
    (answer,) = (c for c in pull.comments if "in_reply_to_id" in c)
    assert (answer["path"], hub.checks[-1]["conclusion"]) == ("client.py", "failure")


def reviewed(github: StandIn, keys: tuple[str, ...], data: Path) -> None:
    """Review the head in this process, with these private keys."""
    given = settings.read(
        GOOD
        | {
            "MAINSTAY_APP_ID": str(github.hub.app),
            "MAINSTAY_PRIVATE_KEY": "\n".join(keys),
            "MAINSTAY_GITHUB_URL": github.url,
            "MAINSTAY_DATA": str(data),
        }
    )
    asked = wanted(PullAsked(77, github.hub.repository, 1, github.hub.commit("feature"), draft=False))
    job = {
        "id": asked.version,
        "kind": asked.kind,
        "key": asked.key,
        "number": 1,
        "attempt": 1,
        "again": 0,
        "job": dict(asked.job),
    }
    recorder = Recorder(Archive(given.database), given.data)
    kind = Reviewing(given, lambda _: None, Judging, recorder, lambda _: None).kind()
    kind.arrive(job)
    so_far: dict[str, Any] = {}
    for _, step in kind.steps:
        so_far |= step(job, so_far)
    assert so_far["outcome"] == "complete"
