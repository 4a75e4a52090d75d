"""The App at work for a measurement: the stand-in, a database, the server and its workers."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres
from tests.standin import StandIn
from tests.standin.app import Key, Server, told

from .quick import QuickHub
from .shop import opened


class Plant:
    """The processes, and what the host has seen of them."""

    def __init__(self, hub: QuickHub, server: Server, workers: list[subprocess.Popen[bytes]]) -> None:
        self.hub, self.server, self.workers = hub, server, workers

    def head(self, number: int) -> str:
        """The head of a pull request."""
        return self.hub.commit(f"pull-{number}")

    def deliver(self, number: int) -> None:
        """Tell of a new pull request."""
        assert self.server.deliver(told(self.hub, number=number, head={"sha": self.head(number)})) == 202

    def reviewed(self) -> set[int]:
        """The pull requests whose check has ended."""
        with self.hub.lock:
            return {int(c["external_id"].split("-")[1]) for c in self.hub.checks if c["status"] == "completed"}

    def wait(self, true: Callable[[], bool], seconds: float) -> None:
        """Wait until something holds. Raises AssertionError with the end of the log."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, self.server.log.read_text()[-3_000:]
            time.sleep(0.01)


@contextmanager
def plant(database: str, pulls: int, files: int, workers: int) -> Iterator[Plant]:
    """All of it while the with-block lasts, in a folder that is thrown away: `sqlite` or `postgresql`, so many pull requests and files."""
    with tempfile.TemporaryDirectory(prefix="mainstay-load-") as name, _address(database) as address:
        folder, key = Path(name), Key()
        hub = opened(folder / "shop", pulls, files)
        hub.public_key = key.public
        more = {"DATABASE_URL": address} if address else {}
        with StandIn(hub) as github:
            server = Server(github, key, folder / "data", "--no-worker", **more)
            started: list[subprocess.Popen[bytes]] = []
            try:
                server.start()
                started += [server.worker() for _ in range(workers)]
                made = Plant(hub, server, started)
                made.wait(lambda: server.log.read_text().count("working") >= workers, 60)
                yield made
            finally:
                for worker in started:
                    worker.kill()
                    worker.wait(timeout=10)
                server.end()


@contextmanager
def _address(database: str) -> Iterator[str]:
    """The address of a new database, empty for a file in the data folder."""
    if database == "sqlite":
        yield ""
        return
    with postgres.server() as address:
        yield postgres.new_database(address)
