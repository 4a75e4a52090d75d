"""`--check`, as a container's health check asks: of a server that is not ready, and of a worker that has ended or hangs."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.adapters.jobs import Desk, JobsError, health
from bot.adapters.jobs.database import executors, now
from bot.adapters.jobs.worker import host_of
from bot.entry import health as entry
from bot.entry import serve, work
from bot.entry.work import make_folder
from tests.repository import Repository
from tests.standin import Hub, StandIn
from tests.standin.app import Key, Server, until

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS"),
    pytest.mark.xdist_group("server"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server over an empty repository, not started."""
    key, hub = Key(), Hub(Repository.create(tmp_path / "shop").path)
    hub.public_key = key.public
    with StandIn(hub) as standin:
        server = Server(standin, key, tmp_path / "data")
        yield server
        server.end()


def asked(server: Server, *command: str) -> tuple[int, str]:
    """What a check of it ends with, and what it says."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bot", *command, "--check"],
        env=server._env | {"MAINSTAY_HOST": "0.0.0.0"},  # noqa: S104 - as in a container; nothing listens there
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def worker_of(server: Server) -> int:
    """The worker's process, by what it has written last; 0 where there is none."""
    with closing(sqlite3.connect(server.data / "mainstay.sqlite")) as database:
        names = [name for (name,) in database.execute("SELECT id FROM jobs_executors")]
    return int(names[0].rsplit("-", 2)[1]) if names else 0


def test_a_check_says_whether_server_and_worker_are_well(server: Server) -> None:
    """And before there is anything, that there is nothing; it makes no database either."""
    silent = "no worker of this machine says that it lives\n"
    assert asked(server, "serve") == (1, f"the server does not answer (ConnectionRefusedError)\n{silent}")
    assert not server.data.exists()
    server.start()
    until(lambda: health.lives(address(server)))
    assert asked(server, "serve") == (0, "")
    assert asked(server, "worker") == (0, "")
    assert server.stop() == 0
    assert asked(server, "worker") == (1, silent)


def test_a_worker_that_hangs_is_noticed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """And started anew by the server beside it. It speaks every five seconds, so it is silent after a little more than that."""
    for name, value in server._env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(entry, "HUNG", 6.0)
    monkeypatch.setattr(entry, "LOOKS_EVERY", 0.5)
    monkeypatch.setattr(work, "GRACE", -4)  # it has a second to end
    make_folder(server.data)
    Desk(address(server)).close()  # as the server does, which makes the tables
    with serve._Beside(None, address(server), wanted=True):
        until(lambda: health.lives(address(server)))
        first = worker_of(server)
        os.kill(first, signal.SIGSTOP)
        until(lambda: worker_of(server) not in (0, first))
        assert health.lives(address(server))
        monkeypatch.setattr(work, "GRACE", 20)


def test_a_database_without_workers_or_without_an_answer(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(JobsError, match="The database does not answer"):
        health.lives(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    assert not health.lives(f"sqlite:///{tmp_path / 'none.sqlite'}")


@pytest.mark.parametrize(
    ("host", "seconds", "lives"),
    [("", 0, True), ("", 14, True), ("", 16, False), ("another-host", 0, False)],
)
def test_over_postgresql_the_worker_of_this_host_is_asked_for(
    host: str, seconds: float, lives: bool, postgres: str
) -> None:
    """By the database's clock; workers of other hosts say nothing of ours."""
    desk = Desk(postgres)
    with desk.engine.begin() as connection:
        name = f"{host or socket.gethostname()}-4711-0a1b2c3d"
        connection.execute(sa.insert(executors).values(id=name, seen=now(desk.engine) - seconds))
    desk.close()
    assert health.lives(postgres) is lives


def test_a_worker_is_known_by_its_host() -> None:
    """Whose name may hold dashes: another worker's of a longer name is not taken for ours."""
    assert host_of("worker-1-4711-0a1b2c3d") == "worker-1"
    assert host_of("worker-1-2-4711-0a1b2c3d") == "worker-1-2"


def address(server: Server) -> str:
    """The database's."""
    return f"sqlite:///{server.data / 'mainstay.sqlite'}"
