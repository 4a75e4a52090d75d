"""`mainstay doctor` tells what is well and what is not, with what to do, and nothing that is secret."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.entry import cli
from tests.repository import Repository
from tests.standin import Hub, StandIn
from tests.standin.app import Key

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")


@pytest.fixture(scope="module")
def key() -> Key:
    """One key for all tests here."""
    return Key()


@pytest.fixture
def github(tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in that knows the App, and the settings for it."""
    hub = Hub(Repository.create(tmp_path / "repo").path)
    hub.public_key = key.public
    with StandIn(hub) as standin:
        for name, value in {
            "MAINSTAY_APP_ID": str(hub.app),
            "MAINSTAY_PRIVATE_KEY": key.private,
            "MAINSTAY_WEBHOOK_SECRET": "spice",
            "MAINSTAY_GITHUB_URL": standin.url,
            "MAINSTAY_DATA": str(tmp_path / "data"),
        }.items():
            monkeypatch.setenv(name, value)
        yield standin


def told(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and all that was said."""
    code = cli.run(["doctor"])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_server_that_can_work_is_told_so(github: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys)
    assert code == 0
    assert "ok  the App is mainstay, and its key is good\n" in said
    assert said.endswith("9 of 9 well\n")
    assert github.hub.requests == [("GET", "/app")]


def test_a_permission_and_an_event_that_lack_are_named(github: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    github.hub.permissions |= {"checks": "read"}
    del github.hub.permissions["contents"]
    github.hub.events.remove("check_run")
    code, said = told(capsys)

    assert code == 1
    assert "no  permission checks: read\n    Give the App checks: write on its page." in said
    assert "no  permission contents: none\n" in said
    assert "no  event check_run: not told\n    Subscribe the App to it on its page." in said
    assert said.endswith("6 of 9 well\n")


def test_a_wrong_key_is_told_without_showing_it(
    github: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.hub.app
    other = Key().private
    monkeypatch.setenv("MAINSTAY_PRIVATE_KEY", other)
    code, said = told(capsys)

    assert code == 1
    assert "GitHub refused (401)" in said
    assert "Look at MAINSTAY_APP_ID" in said
    assert other.splitlines()[1] not in said
    assert "spice" not in said


@pytest.mark.parametrize("name", ["MAINSTAY_APP_ID", "MAINSTAY_PRIVATE_KEY", "MAINSTAY_WEBHOOK_SECRET"])
def test_a_setting_that_lacks_is_named(
    github: StandIn, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(name)
    code, said = told(capsys)

    assert code == 1
    assert name in said
    assert github.hub.requests == []


def test_a_folder_that_others_may_look_into_is_told(
    github: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.hub.app
    (tmp_path / "data").mkdir(mode=0o755)
    code, said = told(capsys)
    assert code == 1
    assert "no  others may look into the data folder\n    chmod 700" in said


def test_a_host_that_nobody_answers_at_is_told(
    github: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert github.hub.app
    monkeypatch.setenv("MAINSTAY_GITHUB_URL", "http://127.0.0.1:9")
    code, said = told(capsys)
    assert code == 1
    assert "GitHub did not answer (ConnectionError)" in said
