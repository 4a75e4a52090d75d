"""Where jobs are kept and looked after: by whoever takes deliveries, and by people at a terminal. It does none of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus
from msgspec import Struct

from . import database
from .database import attempts, chores, insert, newest, now
from .lock import JobsError

#: What a job is given and answers: plain values that may lie in a database.
Job = Mapping[str, Any]
State = Literal["waiting", "running", "done", "dead", "dropped"]

#: The queues: what is done at once when a job is kept, and the job itself, in turn with others of its key.
ARRIVALS: Final = "arrivals"
JOBS: Final = "jobs"
#: What tells how a job ended that cannot tell it itself; it waits among the arrivals.
ENDS: Final = "ends"
#: Pinned: DBOS's own default is a hash of the code, and a deployed new version would leave the old one's jobs behind.
VERSION: Final = "1"
ARRIVED: Final = ".arrived"

_STATES: Final[Mapping[str, State]] = {
    "DELAYED": "waiting",
    "ENQUEUED": "waiting",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "dead",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "dead",
    "CANCELLED": "dropped",
}
_ALIVE: Final = frozenset({"waiting", "running"})
_PAGE: Final = 500


class Wanted(Struct, frozen=True):
    """A job to be kept.

    Of `key` one is done at a time, and only the newest `version` of it is done at all. `kind` says who does it. `settle` are
    the seconds that it waits for a newer one, where the key was asked for before.
    """

    kind: str
    key: str
    version: str
    job: Job
    settle: float = 0.0


class Kept(Struct, frozen=True):
    """A job as it stands. `error` is why it is dead; times are seconds since 1970."""

    id: str
    state: State
    job: Job
    made: float
    changed: float
    error: str = ""


class Desk:
    """The jobs in one database. Raises JobsError where it cannot be reached."""

    def __init__(self, url: str) -> None:
        """Open the database at `sqlite:///FILE` or `postgresql+psycopg://...`, and make its tables where they lack."""
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        try:
            self.engine = database.connect(url)
            database.make_tables(self.engine)
            self.client = DBOSClient(
                system_database_engine=self.engine,
                serializer=DBOSPortableJSONSerializer(),
                application_name="mainstay",
                retry_connection_errors=False,
            )
        except (sa.exc.SQLAlchemyError, OSError) as trouble:
            raise JobsError(
                f"The database does not answer ({type(trouble).__name__})", "Look at DATABASE_URL and the database."
            ) from None

    def put(self, wanted: Wanted) -> str | None:
        """Keep a job, and give its name. None where the newest job of its key has this version already and lives or is done.

        One that is dead or was dropped is done again.
        """
        with self.engine.begin() as connection:
            row = self._row(connection, wanted.key)
            if row.version == wanted.version and self._lives(row.job):
                return None
            number = row.number + 1
            name = f"{wanted.key}@{wanted.version}.{number}"
            self._note(connection, wanted.key, version=wanted.version, number=number, job=name, told=False)
            delay = wanted.settle if row.job else 0.0
            self._enqueue(connection, ARRIVALS, f"{name}{ARRIVED}", self._filled(wanted, name, number, delay))
        return name

    def put_main(self, job: Job, again: int = 0) -> None:
        """Keep the main part of a job whose arrival was dealt with; `again` counts its repetitions after a wait."""
        name = f"{job['id']}{f'+{again}' if again else ''}"
        with self.engine.begin() as connection:
            if again:
                self._note(connection, job["key"], job=name, only=newest.c.number == job["number"])
            self._enqueue(connection, JOBS, name, {**job, "again": again}, delay=float(job["delay"]))

    def put_end(self, job: Job, why: str) -> None:
        """See to it that the world is told of a job that is given up before its steps: once, however often this is asked."""
        with self.engine.begin() as connection:
            self._enqueue(connection, ARRIVALS, f"{job['id']}.{ENDS}", job, why, workflow=ENDS)

    def is_newest(self, job: Job) -> bool:
        """True while nothing newer was asked for of the job's key."""
        with self.engine.connect() as connection:
            asked = connection.execute(sa.select(newest.c.number).where(newest.c.key == job["key"])).scalar()
        return asked is None or int(asked) <= int(job["number"])

    def tell(self, job: Job) -> None:
        """Note that the world was told how a job ended."""
        with self.engine.begin() as connection:
            self._note(connection, job["key"], told=True, only=newest.c.number == job["number"])

    def untold(self, seconds: float) -> tuple[Kept, ...]:
        """The newest jobs of their keys that are no more, and of whose end nobody was told for so long."""
        late = sa.select(newest.c.job).where(newest.c.told.is_(False), newest.c.asked < now(self.engine) - seconds)
        with self.engine.connect() as connection:
            names = [row.job for row in connection.execute(late)]
        found = {kept.id: kept for kept in self._kept(names)}
        arrivals = {kept.id.removesuffix(ARRIVED): kept for kept in self._kept([f"{n}{ARRIVED}" for n in names])}
        ended = (found.get(name) or arrivals.get(name) for name in names)
        return tuple(kept for kept in ended if kept is not None and kept.state not in _ALIVE)

    def knows(self, key: str) -> str | None:
        """The version that was asked for last of a key, None for a key that is new."""
        with self.engine.connect() as connection:
            return connection.execute(sa.select(newest.c.version).where(newest.c.key == key)).scalar()

    def all(self, state: State | None = None, most: int = 50) -> tuple[Kept, ...]:
        """Jobs, the newest first."""
        states = [name for name, meaning in _STATES.items() if state in (None, meaning)]
        rows = self.client.list_workflows(status=states, limit=most, sort_desc=True)
        return tuple(map(_kept, rows))

    def show(self, name: str) -> Kept | None:
        """One job, None where there is none of that name."""
        return next(iter(self._kept([name])), None)

    def steps(self, name: str) -> tuple[tuple[str, Any], ...]:
        """What a job has done so far: each step's name and what came of it."""
        steps = self.client.list_workflow_steps(name)
        return tuple((str(s["function_name"]), s["error"] or s["output"]) for s in steps)

    def retry(self, name: str) -> str:
        """Do a dead or dropped job again, and give its new name. Raises JobsError."""
        kept = self._known(name)
        if kept.state in _ALIVE:
            raise JobsError(f"{name} is {kept.state}", "Only a dead or dropped job can be done again.")
        job = kept.job
        version = self.knows(job["key"]) or job["version"]
        if version != job["version"]:
            raise JobsError(f"{name} is out of date", f"{version} was asked for since.")
        self._forget([name])
        made = self.put(Wanted(job["kind"], job["key"], job["version"], job["job"]))
        if made is None:
            raise JobsError(f"{name} was done since", "There is nothing to do again.")
        return made

    def drop(self, name: str) -> None:
        """Give up a job that waits or runs, or forget one that has ended. Raises JobsError."""
        kept = self._known(name)
        if kept.state in _ALIVE:
            self.client.cancel_workflow(name)
        else:
            self._forget([name])

    def prune(self, seconds: float) -> int:
        """Forget jobs that ended longer ago, and keys that were not asked for since; the number of jobs."""
        with self.engine.connect() as connection:
            until = float(connection.execute(sa.select(now(self.engine))).scalar_one()) - seconds
        ended = [name for name, state in _STATES.items() if state not in _ALIVE]
        rows = self.client.list_workflows(status=ended, limit=_PAGE, load_input=False, load_output=False)
        old = [row.workflow_id for row in rows if (row.updated_at or 0) / 1000 < until]
        self._forget(old)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(newest).where(newest.c.asked < until, newest.c.told.is_(True)))
        return len(old)

    def claim(self, chore: str, every: float) -> bool:
        """True for the one process that is to do a chore now; it is due again after so many seconds."""
        with self.engine.begin() as connection:
            new = insert(self.engine, chores).values(name=chore, due=0.0)
            connection.execute(new.on_conflict_do_nothing())
            due = sa.update(chores).where(chores.c.name == chore, chores.c.due <= now(self.engine))
            return connection.execute(due.values(due=now(self.engine) + every)).rowcount == 1

    def answers(self) -> bool:
        """True while the database takes questions."""
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Let the database go."""
        self.client.destroy()
        self.engine.dispose()

    def _row(self, connection: sa.Connection, key: str) -> Any:
        """The key's row, locked; made where it lacks, with no job."""
        empty = {"key": key, "version": "", "number": 0, "job": "", "asked": now(self.engine), "told": True}
        connection.execute(insert(self.engine, newest).values(empty).on_conflict_do_nothing())
        return connection.execute(sa.select(newest).where(newest.c.key == key).with_for_update()).one()

    def _note(
        self, connection: sa.Connection, key: str, only: sa.ColumnElement[bool] | None = None, **values: object
    ) -> None:
        if "version" in values:
            values["asked"] = now(self.engine)
        connection.execute(
            sa.update(newest).where(newest.c.key == key, *(() if only is None else (only,))).values(**values)
        )

    def _filled(self, wanted: Wanted, name: str, number: int, delay: float) -> Job:
        return {
            "id": name,
            "kind": wanted.kind,
            "key": wanted.key,
            "version": wanted.version,
            "number": number,
            "delay": delay,
            "job": dict(wanted.job),
        }

    def _enqueue(
        self,
        connection: sa.Connection,
        queue: str,
        name: str,
        job: Job,
        *more: str,
        delay: float = 0.0,
        workflow: str = "",
    ) -> None:
        options = EnqueueOptions(
            workflow_name=workflow or queue, queue_name=queue, workflow_id=name, app_version=VERSION
        )
        if queue == JOBS:
            options["queue_partition_key"] = job["key"]
        if delay:
            options["delay_seconds"] = delay
        self.client.enqueue_in_transaction(connection, options, dict(job), *more)

    def _lives(self, name: str) -> bool:
        """True for a job that waits, runs or is done."""
        if not name:
            return False
        found = {kept.id: kept.state for kept in self._kept([name, f"{name}{ARRIVED}"])}
        return found.get(name, "") in (*_ALIVE, "done") or found.get(f"{name}{ARRIVED}", "") in _ALIVE

    def _kept(self, names: Iterable[str]) -> list[Kept]:
        asked = list(names)
        return [_kept(row) for row in self.client.list_workflows(workflow_ids=asked)] if asked else []

    def _known(self, name: str) -> Kept:
        kept = self.show(name)
        if kept is None:
            raise JobsError(f"There is no job {name}", "`mainstay jobs list` shows those that there are.")
        return kept

    def _forget(self, names: Iterable[str]) -> None:
        gone = list(names)
        if gone:
            self.client.delete_workflows(gone)
            with self.engine.begin() as connection:
                connection.execute(sa.delete(attempts).where(attempts.c.job.in_(gone)))


def _kept(row: WorkflowStatus) -> Kept:
    given = row.input["args"][0] if row.input and row.input["args"] else {}
    return Kept(
        id=row.workflow_id,
        state=_STATES[row.status],
        job=given if isinstance(given, Mapping) else {},
        made=(row.created_at or 0) / 1000,
        changed=(row.updated_at or 0) / 1000,
        error=str(row.error) if row.error else "",
    )
