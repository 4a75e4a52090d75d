"""`mainstay doctor` tells what is well and what is not, with what to do, and nothing that is secret."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.store import Archive
from bot.entry import cli
from bot.entry.recording import PENDING
from tests.reviews import a_seen, an_entry
from tests.standin.app import Key
from tests.standin.apphost import AppHost, Registration

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")


@pytest.fixture
def github(tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppHost]:
    """A host that knows the App, and the settings for it."""
    registration = Registration(key.public)
    registration.install("shop")
    registration.deliver(202, "a")
    with AppHost(registration) as host:
        for name, value in {
            "MAINSTAY_APP_ID": str(registration.app),
            "MAINSTAY_PRIVATE_KEY": key.private,
            "MAINSTAY_WEBHOOK_SECRET": "spice",
            "MAINSTAY_GITHUB_URL": host.url,
            "MAINSTAY_DATA": str(tmp_path / "data"),
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "DATABASE_URL"):
            monkeypatch.delenv(name, raising=False)
        yield host


def told(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    """The exit code and all that was said."""
    code = cli.run(["doctor", *more])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_server_that_can_work_is_told_so(github: AppHost, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys)
    assert code == 0, said
    assert "ok  the App is mainstay, and its key is good\n" in said
    assert "ok  the clock agrees with GitHub's\n" in said
    assert "ok  the database answers: an SQLite file, which the server makes when it starts\n" in said
    assert "ok  GitHub delivers to https://mainstay.example.org/webhook, signed\n" in said
    assert "ok  the latest 1 deliveries were taken\n" in said
    assert "ok  the installation at shop grants what the App needs\n" in said
    assert "--  permission contents: write is not given, and need not be\n    Threads of" in said
    assert said.endswith("19 of 19 well\n")
    assert {method for method, _ in github.requests} == {"GET"}


def test_the_history_is_looked_at(github: AppHost, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How far its tables are, and what waits to be written; where they are of a newer version, that is told."""
    assert github.registration.app
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    assert "--  the history: not made yet\n" in told(capsys)[1]
    assert not list(data.iterdir())

    store = Archive(f"sqlite:///{data / 'mainstay.sqlite'}")
    store.keep(an_entry(a_seen()))
    assert "--  the history: step 0001, 1 review\n" in told(capsys)[1]
    (data / PENDING).mkdir(mode=0o700)
    (data / PENDING / "reviewed-00").write_bytes(b"kept")
    code, said = told(capsys)
    assert code == 1
    assert "no  1 entry of the history waits to be written\n    The next review or sweep does it." in said

    with sqlite3.connect(data / "mainstay.sqlite") as connection:
        connection.execute("UPDATE history_version SET version_num = '0999'")
    connection.close()
    code, said = told(capsys)
    assert code == 1
    assert "no  the history's tables are of a newer version of Mainstay (step 0999)\n    Install that version" in said


def test_a_permission_and_an_event_that_lack_are_named(github: AppHost, capsys: pytest.CaptureFixture[str]) -> None:
    github.registration.permissions |= {"checks": "read"}
    del github.registration.permissions["contents"]
    github.registration.events.remove("check_run")
    code, said = told(capsys)

    assert code == 1
    assert "no  permission checks: read\n    Give the App checks: write on its page." in said
    assert "no  permission contents: none\n" in said
    assert "no  event check_run: not told\n    Subscribe the App to it on its page." in said
    assert said.endswith("16 of 19 well\n")


def test_an_owner_who_has_not_accepted_a_permission_is_named(
    github: AppHost, capsys: pytest.CaptureFixture[str]
) -> None:
    """The App has it, and the installation does not."""
    github.registration.install("slow", permissions=github.registration.permissions | {"checks": "read"})
    github.registration.install("asleep", suspended_at="2026-11-01T00:00:00Z")
    code, said = told(capsys)
    assert code == 1
    assert "no  the installation at slow lacks checks: write\n    Its owner has to accept" in said
    assert "--  the installation at asleep is suspended\n" in said

    github.registration.installations.clear()
    assert "no  nobody has installed the App\n" in told(capsys)[1]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": ""}, "no  the App has no webhook\n"),
        ({"url": "http://mainstay.example.org/webhook"}, "is not https"),
        ({"url": "https://127.0.0.1/webhook"}, "has to be one that GitHub reaches, and this is none\n"),
        ({"url": "https://mainstay.example.org/"}, "does not end with /webhook\n"),
        ({"content_type": "form"}, "is sent forms: set the content type to application/json\n"),
        ({"secret": None}, "has no secret: set one, the same as MAINSTAY_WEBHOOK_SECRET\n"),
        ({"insecure_ssl": 1}, "is not verified"),
    ],
)
def test_what_is_wrong_with_the_webhook_is_told(
    github: AppHost, changed: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As GitHub knows it."""
    github.registration.hook |= changed
    code, all_said = told(capsys)
    assert code == 1
    assert said in all_said


def test_deliveries_that_failed_are_counted_by_their_answer(
    github: AppHost, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that was taken when it was sent again is not lost."""
    for number in range(3):
        github.registration.deliver(401, f"refused-{number}", "Invalid HTTP Response: 401")
    github.registration.deliver(502, "again", "failed to connect")
    github.registration.deliver(202, "again")
    github.registration.deliver(0, "nobody", "timed out", event="check_run")
    code, said = told(capsys)

    assert code == 1
    assert (
        "no  3 of the latest 7 deliveries failed with 401 (Invalid HTTP Response: 401; the last: pull_request," in said
    )
    assert "    MAINSTAY_WEBHOOK_SECRET is another one than on the App's page." in said
    assert "no  1 of the latest 7 deliveries failed with no answer (timed out; the last: check_run," in said
    assert "502" not in said


def test_a_delivery_that_was_sent_elsewhere_has_not_arrived(
    github: AppHost, capsys: pytest.CaptureFixture[str]
) -> None:
    """GitHub follows no redirection, and the sweep asks for such a one again."""
    github.registration.deliver(302, "moved", "Invalid HTTP Response: 302")
    code, said = told(capsys)
    assert code == 1
    assert "deliveries failed with 302 (Invalid HTTP Response: 302" in said


def test_a_clock_that_is_wrong_is_told_also_where_the_key_is_refused(
    github: AppHost, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is what GitHub refuses it for."""
    github.registration.date = "Mon, 02 Nov 2020 08:00:00 GMT"
    github.registration.public_key = Key().public
    code, said = told(capsys)
    assert code == 1
    assert " s before GitHub's\n    Set it (NTP)" in said
    assert "GitHub refused (401)" in said


def test_a_wrong_key_is_told_without_showing_it(
    github: AppHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.registration.app
    other = Key().private
    monkeypatch.setenv("MAINSTAY_PRIVATE_KEY", other)
    code, said = told(capsys)

    assert code == 1
    assert "GitHub refused (401)" in said
    assert "Look at MAINSTAY_APP_ID" in said
    assert other.splitlines()[1] not in said
    assert "spice" not in said

    monkeypatch.setenv("MAINSTAY_PRIVATE_KEY", other.replace(other.splitlines()[3], ""))
    code, said = told(capsys)
    assert code == 1
    assert "the App's private key cannot sign" in said


def test_older_keys_are_counted(
    github: AppHost, key: Key, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first one asks GitHub."""
    assert github.registration.app
    monkeypatch.setenv("MAINSTAY_PRIVATE_KEY", f"{key.private}\n{Key().private}")
    code, said = told(capsys)
    assert code == 0, said
    assert "ok  the App is mainstay, and its key is good\n" in said
    assert "--  older private keys, by which comments of their time are known: 1\n    Take one out when" in said


@pytest.mark.parametrize("name", ["MAINSTAY_APP_ID", "MAINSTAY_PRIVATE_KEY", "MAINSTAY_WEBHOOK_SECRET"])
def test_a_setting_that_lacks_is_named(
    github: AppHost, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With all others that are wrong, in one run."""
    monkeypatch.delenv(name)
    monkeypatch.setenv("MAINSTAY_PORT", "eighty")
    code, said = told(capsys)

    assert code == 1
    assert name in said
    assert "no  MAINSTAY_PORT is no whole number\n" in said
    assert said.endswith("0 of 2 well\n")
    assert github.requests == []


def test_a_model_is_said_to_be_unused(
    github: AppHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.registration.app
    monkeypatch.setenv("MAINSTAY_MODEL", "some-model")
    monkeypatch.setenv("MAINSTAY_MODEL_KEY", "of-the-model")
    code, said = told(capsys)
    assert code == 0
    assert "--  MAINSTAY_MODEL, MAINSTAY_MODEL_KEY: given, but this version asks no model\n" in said
    assert "of-the-model" not in said


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda data: data.mkdir(mode=0o755), "no  others may look into the data folder\n    chmod 700"),
        (lambda data: data.write_text("a file"), "no  the data folder cannot be made (File exists)\n"),
    ],
)
def test_a_data_folder_that_will_not_do_is_told(
    github: AppHost, make: Callable[[Path], object], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.registration.app
    make(tmp_path / "data")
    code, all_said = told(capsys)
    assert code == 1
    assert said in all_said


def test_a_full_disk_is_told(
    github: AppHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.registration.app
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    assert "no  the data folder's disk has less than 500 MB left\n" in told(capsys)[1]


def test_a_key_file_that_others_may_read_is_told(
    github: AppHost, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.registration.app
    file = tmp_path / "app.pem"
    file.write_text(key.private)
    file.chmod(0o644)
    monkeypatch.delenv("MAINSTAY_PRIVATE_KEY")
    monkeypatch.setenv("MAINSTAY_PRIVATE_KEY_FILE", str(file))
    assert f"no  others may read MAINSTAY_PRIVATE_KEY_FILE\n    chmod 600 {file}\n" in told(capsys)[1]
    file.chmod(0o600)
    assert told(capsys)[0] == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "DATABASE_URL",
            "postgresql://me:hush@127.0.0.1:9/mainstay",
            "no  the database does not answer (OperationalError)\n    Look at DATABASE_URL",
        ),
        ("MAINSTAY_GITHUB_URL", "http://127.0.0.1:9", "GitHub did not answer (ConnectionError)"),
    ],
)
def test_what_does_not_answer_is_told_without_a_password(
    github: AppHost,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    said: str,
) -> None:
    assert github.registration.app
    monkeypatch.setenv(name, value)
    code, heard = told(capsys)
    assert code == 1
    assert said in heard
    assert "hush" not in heard


def test_authorities_and_a_proxy_that_will_not_do_are_told(
    github: AppHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.registration.app
    bundle = tmp_path / "ca.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("MAINSTAY_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hush@127.0.0.1:9")
    code, said = told(capsys)
    assert code == 1
    assert "no  MAINSTAY_CA_BUNDLE cannot be used\n" in said
    assert "no  the proxy 127.0.0.1:9 does not answer (ConnectionRefusedError)\n" in said
    assert "hush" not in said
