"""Durable jobs on DBOS with an SQLite file: what was accepted is done, also when the process ends in the middle of it.

One process with a worker at a time: with several, SQLite lets two reviews of one pull request overlap. What the database
holds of a job is what its function is given and what it answers: ids and counts.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID, error

from ..ports import Trouble

#: What a job is given and answers: plain values that may lie in a database.
Job = Mapping[str, Any]

_QUEUE: Final = "reviews"
#: Pinned: DBOS's own default is a hash of the code, and a deployed new version would leave the old one's jobs behind.
_VERSION: Final = "1"
#: One name for the one worker: after a restart it takes up what it has left.
_EXECUTOR: Final = "worker"
_AT_ONCE: Final = 4
_LOOKS_EVERY: Final = 0.2  # seconds
_ATTEMPTS: Final = 5
_FIRST_PAUSE: Final = 2.0  # seconds; it doubles
_GIVEN_UP: Final = frozenset({"ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
_PRAGMAS: Final = ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL")


class JobsError(Trouble):
    """Jobs cannot be kept or done here."""


class Jobs:
    """The jobs of one data folder, done by `work`, several at once but one at a time for each `key`."""

    def __init__(
        self, folder: Path, work: Callable[[Job], Job], failed: Callable[[Job], None], pause: float = _FIRST_PAUSE
    ) -> None:
        """`work` raises where an attempt has failed, and what it raises is kept: its words must say nothing of anybody's code.

        `failed` is told the job that was given up after its last attempt; `pause` is the first between two, in seconds.
        Raises JobsError.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _alone(folder / "worker.lock")
        logging.getLogger("dbos").setLevel(logging.ERROR)
        self._engine = _engine(folder / "jobs.sqlite")
        DBOS(
            config={
                "name": "mainstay",
                "system_database_engine": self._engine,
                "application_version": _VERSION,
                "executor_id": _EXECUTOR,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "ERROR",
            }
        )

        @DBOS.step(name="work", retries_allowed=True, max_attempts=_ATTEMPTS, interval_seconds=pause)
        def attempt(job: dict[str, Any]) -> dict[str, Any]:
            return dict(work(job))

        @DBOS.step(name="failed")
        def give_up(job: dict[str, Any]) -> None:
            failed(job)

        @DBOS.workflow(name="job")
        def run(job: dict[str, Any]) -> dict[str, Any]:
            try:
                return attempt(job)
            except error.DBOSMaxStepRetriesExceeded:
                give_up(job)
                raise

        self._run = run

    def start(self) -> None:
        """Take up what was left and begin to work."""
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE, partition_concurrency=1, worker_concurrency=_AT_ONCE, polling_interval_sec=_LOOKS_EVERY
        )

    def put(self, name: str, key: str, job: Job) -> None:
        """Keep a job under a name. While one of that name waits, runs or is done, it is the same job, and nothing happens.

        One that was given up is done again.
        """
        with SetWorkflowID(_free(name)), SetEnqueueOptions(queue_partition_key=key):
            DBOS.enqueue_workflow(_QUEUE, self._run, dict(job))

    def answers(self) -> bool:
        """True while the store takes questions."""
        try:
            with self._engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def stop(self, seconds: int) -> None:
        """End what runs, or leave it for the next start after so many seconds."""
        DBOS.destroy(workflow_completion_timeout_sec=seconds)
        self._engine.dispose()
        self._lock.close()


def _free(name: str) -> str:
    """The name, with a number behind it where jobs of that name were given up."""
    names = (f"{name}~{number}" if number else name for number in itertools.count())
    return next(n for n in names if (known := DBOS.get_workflow_status(n)) is None or known.status not in _GIVEN_UP)


def _alone(file: Path) -> IO[str]:
    """The lock of the one process that works, held until it is closed."""
    try:
        import fcntl
    except ImportError as missing:
        raise JobsError("The server does not run on this system", "Run it on Linux or macOS.") from missing
    held = file.open("w", encoding="ascii")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        held.close()
        raise JobsError(
            f"Another process works in {file.parent}", "Stop it, or name another folder in MAINSTAY_DATA."
        ) from taken
    held.write(str(os.getpid()))
    held.flush()
    return held


def _engine(file: Path) -> sa.Engine:
    """SQLite with a log written ahead, and with the times that DBOS asks it for, which older versions lack or round to seconds."""
    engine = sa.create_engine(f"sqlite:///{file}")

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("unixepoch", -1, lambda *_: time.time())
        connection.create_function("strftime", -1, lambda form, *_: time.time() if form == "%s" else None)

    return engine
