"""Proxy, authorities and what is asked directly: one rule for GitHub and git, and nothing that only the environment names."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from bot.adapters import github
from bot.adapters.git import GitError
from bot.adapters.git.network import reached_by
from bot.adapters.git.remote import Wanted, read_remote
from bot.ports import DIRECT, Network
from tests.standin.loopback import Loopback

HOST = "https://ghes.example.org/api/v3"


class Gate(BaseHTTPRequestHandler):
    """A proxy that asks for a password, notes whom it was asked for, and lets nobody through."""

    protocol_version = "HTTP/1.1"  # git sends its password over the connection on which it was asked for
    seen: ClassVar[list[tuple[str, bool]]] = []

    def do_CONNECT(self) -> None:
        """Refuse a tunnel."""
        known = self.headers.get("Proxy-Authorization") == f"Basic {base64.b64encode(b'me:p@ss').decode()}"
        self.seen.append((self.path, known))
        self.send_response(502 if known else 407)
        if not known:
            self.send_header("Proxy-Authenticate", 'Basic realm="gate"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def gate() -> Iterator[str]:
    """The proxy's HOST:PORT."""
    Gate.seen.clear()
    with Loopback(Gate) as server:
        yield f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("no_proxy", "direct"),
    [
        ((), False),
        (("*",), True),
        (("example.org",), True),
        ((".example.org",), True),
        (("ghes.example.org:443",), True),
        (("ghes.example.org:8443",), False),
        (("hes.example.org",), False),
        (("10.0.0.0/8",), False),
    ],
)
def test_what_is_asked_directly(no_proxy: tuple[str, ...], direct: bool) -> None:
    network = Network("", "http://proxy:3128", no_proxy)
    assert network.proxy_for("https", "ghes.example.org") == ("" if direct else "http://proxy:3128")
    assert Network("", "http://proxy:3128", ("10.0.0.0/8",)).proxy_for("https", "10.1.2.3") == ""


def test_github_is_asked_through_the_proxy_with_its_password(gate: str) -> None:
    client = github.connect(HOST, "token", Network("", f"http://me:p%40ss@{gate}"))
    with pytest.raises(github.GitHubError) as raised:
        github.read_pull(client, "shop/shop", 1)
    assert Gate.seen
    assert set(Gate.seen) == {("ghes.example.org:443", True)}
    assert "p%40ss" not in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")
def test_git_asks_the_proxy_with_its_password_and_shows_neither(gate: str, tmp_path: Path) -> None:
    asked = Wanted("https://ghes.example.org/shop/shop.git", "a" * 40, "a" * 40, "b" * 40, "refs/pull/1/head")
    with pytest.raises(GitError) as raised:
        read_remote(tmp_path / "git", asked, Network("", f"http://me:p%40ss@{gate}"), "token")
    assert ("ghes.example.org:443", True) in Gate.seen
    assert "p%40ss" not in str(raised.value)
    assert gate not in str(raised.value)


def test_a_proxy_that_only_the_environment_names_is_not_used(gate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked directly goes to no proxy: here to a port where nobody listens."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{gate}")
    client = github.connect("https://127.0.0.1:1/api/v3", "token", DIRECT)
    with pytest.raises(github.GitHubError):
        github.read_pull(client, "shop/shop", 1)
    assert Gate.seen == []


def test_git_is_told_the_same(gate: str) -> None:
    told = reached_by(Network("/ca.pem", f"http://{gate}", ("10.0.0.0/8",)), "https://ghes.example.org/shop.git")
    assert f"http://{gate}" in str(told)
    assert "/ca.pem" in str(told)
    assert gate not in str(reached_by(Network("", f"http://{gate}", ("*",)), "https://ghes.example.org/shop.git"))
