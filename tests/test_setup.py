"""`mainstay setup`: one button makes the App, and its keys land in a file that its owner alone may read."""

from __future__ import annotations

import http.client
import re
import sys
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import click
import pytest

from bot.entry import settings, setup
from bot.entry.keyfile import KeyFile, KeyFileError
from bot.entry.permissions import EVENTS, PERMISSIONS
from bot.ports import DIRECT, Trouble
from tests.standin.app import Key
from tests.standin.apphost import AppHost, Registration

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")


@pytest.fixture
def github(key: Key) -> Iterator[AppHost]:
    """A host that makes an App with that key."""
    with AppHost(Registration(key.public), made=key.private) as host:
        yield host


def asked(host: AppHost, organization: str = "") -> setup.Asked:
    """What a person asks for."""
    return setup.asked_for(host.address, organization, "", "https://mainstay.example.org", (*PERMISSIONS, *EVENTS))


class Browser:
    """Opens the page that setup tells, presses its button at the host, and goes where it is sent."""

    def __init__(self, what: setup.Asked, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self.code, self.trouble = capsys, -1, ""
        self._running = threading.Thread(target=self._run, args=(what, file))
        self._running.start()
        said = ""
        for _ in range(500):
            said += capsys.readouterr().out
            if found := re.search(r"http://127\.0\.0\.1:\d+/\S+", said):
                self.page = found[0]
                return
            threading.Event().wait(0.01)
        raise AssertionError("setup told no page")

    def _run(self, what: setup.Asked, file: Path) -> None:
        try:
            with KeyFile(file) as keys:
                self.code = setup.run(what, keys, DIRECT, seconds=20)
        except Trouble as trouble:
            self.trouble = trouble.title

    def press(self) -> str:
        """Where the host sends the browser after the button."""
        status, page, _ = ask("GET", self.page)
        assert status == 200
        action = unescape(re.findall(r'action="([^"]+)"', page)[0])
        manifest = unescape(re.findall(r"""name="manifest" value=["']([^"']+)""", page)[0])
        return ask("POST", action, urlencode({"manifest": manifest}))[2]

    def end(self) -> str:
        """What was said once setup has ended."""
        self._running.join(timeout=30)
        assert not self._running.is_alive()
        return self._capsys.readouterr().out


def ask(method: str, address: str, body: str = "", host: str = "") -> tuple[int, str, str]:
    """Status, body, and where the answer leads."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    connection.request(method, f"{parts.path}?{parts.query}", body, {"Host": host} if host else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers.get("Location") or ""


def test_one_button_makes_the_app_and_keeps_its_keys(
    github: AppHost, key: Key, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mainstay.env"
    browser = Browser(asked(github, "shop"), file, capsys)
    back = browser.press()
    manifest = next(iter(github.manifests.values())).told
    status, page, _ = ask("GET", back)
    said = browser.end()

    assert (status, browser.code, github.organisations) == (200, 0, ["shop"])
    assert manifest["hook_attributes"]["url"] == "https://mainstay.example.org/webhook"
    assert manifest["default_permissions"] == {need.name: need.level for need in PERMISSIONS}
    assert manifest["default_events"] == [need.name for need in EVENTS]
    assert file.stat().st_mode & 0o777 == 0o600
    read = settings.read({}, file)
    assert (read.app_id, read.private_key.strip(), read.secrets) == (4711, key.private.strip(), ("of-the-host",))
    assert read.github_url == github.url
    assert "PRIVATE KEY" not in said + page
    assert "of-the-host" not in said + page
    assert f"mainstay doctor --settings {file}" in said


def test_only_the_browser_that_was_shown_the_page_ends_it(
    github: AppHost, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another page cannot plant an App of its own, neither by a state of its own nor by a name that points here."""
    file = tmp_path / "mainstay.env"
    browser = Browser(asked(github), file, capsys)
    back = browser.press()
    code = parse_qs(urlsplit(back).query)["code"][0]
    own = f"{back.partition('?')[0]}?{urlencode({'code': code, 'state': 'guessed'})}"

    assert ask("GET", own)[0] == 403
    assert ask("GET", browser.page, host="evil.example")[0] == 421
    assert ask("GET", browser.page.rpartition("/")[0] + "/")[0] == 404
    assert not file.exists()
    assert ask("GET", back)[0] == 200
    browser.end()
    assert file.exists()


def test_a_code_that_github_does_not_know_is_told(
    github: AppHost, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = Browser(asked(github), tmp_path / "mainstay.env", capsys)
    back = browser.press()
    github.manifests.clear()
    assert ask("GET", back)[0] == 502
    browser.end()
    assert browser.trouble == "the App's keys could not be fetched: GitHub refused (404)"
    assert list(tmp_path.iterdir()) == []


def test_keys_never_take_another_files_place(tmp_path: Path) -> None:
    file = tmp_path / "mainstay.env"
    with KeyFile(file) as keys:
        file.write_text("of somebody else")
        with pytest.raises(KeyFileError, match="cannot be written"):
            keys.write("MAINSTAY_APP_ID=1\n")
    assert file.read_text() == "of somebody else"
    assert [f.read_text() for f in tmp_path.glob(".mainstay.env-*")] == ["MAINSTAY_APP_ID=1\n"]
    with pytest.raises(KeyFileError, match="is there already"), KeyFile(file):
        pass


def test_what_is_asked_for_has_to_be_reachable_by_github() -> None:
    for webhook in ("http://mainstay.example.org", "mainstay.example.org"):
        with pytest.raises(click.UsageError):
            setup.asked_for("https://github.com", "", "", webhook, ())
    assert setup.interface("https://github.com") == "https://api.github.com"
    assert setup.interface("https://ghes.example.org") == "https://ghes.example.org/api/v3"
    assert setup.interface("https://shop.ghe.com") == "https://api.shop.ghe.com"
