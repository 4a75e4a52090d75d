"""Nothing that Mainstay runs tells anybody anything: no telemetry, no look for updates. Every socket beyond this machine is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.entry.demo import make_repository
from tests.enclosed.guard import guarded, hosts, python
from tests.standin import Hub, StandIn
from tests.standin.app import Key, Server, told, until

posix = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")
SECONDS = 120
OUT = "192.0.2.1"  # of no network: https://www.rfc-editor.org/rfc/rfc5737
TRIES = {
    "connect": f"socket.create_connection(('{OUT}', 443), timeout=1)",
    "look up": f"socket.getaddrinfo('{OUT}.example.invalid', 443)",
    "datagram": f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('{OUT}', 53))",
    "asyncio": f"asyncio.run(asyncio.open_connection('{OUT}', 443))",
    "a child": f"subprocess.run([sys.executable, '-P', '-c', 'import urllib.request as u; u.urlopen(\"http://{OUT}\")'], check=True)",
}


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of what the processes that are started here were refused."""
    file = tmp_path / "refused"
    for name, value in guarded(file).items():
        monkeypatch.setenv(name, value)
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    return file


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A process of Python, ended; by its kernel, too, it reaches loopback alone, where that can be had."""
    return subprocess.run([*python(), *command], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.mark.parametrize("way", TRIES)
def test_whoever_leaves_this_machine_is_refused_and_noted(way: str, refused: Path, tmp_path: Path) -> None:
    """The guard works: else the tests below say nothing."""
    done = run("-P", "-c", f"import asyncio, socket, subprocess, sys; {TRIES[way]}", cwd=tmp_path)
    assert done.returncode != 0
    assert "is not on this machine" in done.stderr
    assert all(OUT in host for host in hosts(refused))
    assert hosts(refused)


def test_this_machine_itself_is_reached(refused: Path, tmp_path: Path) -> None:
    asked = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    done = run("-P", "-c", f"{asked}; socket.getaddrinfo('localhost', 80)", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert hosts(refused) == []


def test_a_check_asks_nobody(refused: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    make_repository(shop)
    done = run("-P", "-m", "bot", "check", "--base", "main", cwd=shop)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "timeout/" in done.stdout
    assert hosts(refused) == []


@posix
@pytest.mark.xdist_group("server")
def test_the_demo_asks_nobody(refused: Path, tmp_path: Path) -> None:
    """Both halves of `make demo`, the second of which starts the server and its worker."""
    for half in ("bot.entry.demo", "tests.demo"):
        done = run("-P", "-m", half, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    assert hosts(refused) == []


@pytest.fixture
def standin(tmp_path: Path, key: Key) -> Iterator[StandIn]:
    """GitHub with one pull request, and the App installed."""
    shop = tmp_path / "shop"
    make_repository(shop)
    hub = Hub(shop)
    hub.public_key = key.public
    hub.open("main", "simplify-clients")
    with StandIn(hub) as standin:
        yield standin


@posix
@pytest.mark.xdist_group("server")
def test_the_server_asks_its_github_alone(refused: Path, standin: StandIn, key: Key, tmp_path: Path) -> None:
    """From its start over a whole review to its end."""
    server = Server(standin, key, tmp_path / "data")
    server._env |= guarded(refused)
    try:
        server.start()
        assert server.deliver(told(standin.hub)) == 202
        until(lambda: any(check["status"] == "completed" for check in standin.hub.checks))
        assert server.stop() == 0
    finally:
        server.end()
    assert standin.hub.pulls[1].comments
    assert hosts(refused) == []
