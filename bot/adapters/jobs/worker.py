"""Does the jobs that lie in a database, with others: what was kept is done, also when a process ends in the middle of it.

DBOS records what each step of a job came to, and fences off whoever has lost the job. It has no heartbeat in its free part, so each
worker says that it lives, and takes over what those had who say it no more.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSPortableJSONSerializer, PortableWorkflowError, error
from msgspec import Struct

from . import lock
from .database import attempts, executors, insert, is_file, now
from .desk import ARRIVALS, ENDS, JOBS, VERSION, Desk, Job

_LOOKS_EVERY: Final = 0.2  # seconds
_ATTEMPTS: Final = 7  # of a step, with pauses that double: about a minute in all
_FIRST_PAUSE: Final = 1.0  # seconds
_ARRIVALS_AT_ONCE: Final = 4
#: Seconds after which a worker that says nothing counts as dead.
SILENT: Final = 15.0
#: A job whose process has died under it so often is not begun again.
_DEATHS: Final = 2
_MOST_AGAIN: Final = 20
_LATER: Final = "later"

#: A step has failed for good: it says so now, or it was recorded by a process that has died since.
_FAILED: Final = (error.DBOSMaxStepRetriesExceeded, PortableWorkflowError)

#: One step of a job: it is given the job and what its steps have answered so far. An answer with an "outcome" ends the job.
Work = Callable[[Job, Job], Job]


class Later(Exception):
    """A step cannot be done now; the job is begun anew after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds:.0f} seconds")
        self.seconds = seconds


class Useless(Exception):
    """A step has failed in a way that trying again does not mend."""


class GivenUp(Exception):
    """A job is dead: its steps have failed as often as they may, or the process has died under it too often."""


class Attempt(Struct, frozen=True):
    """An attempt at a job: which it is, from 1 on, and how many before it have died."""

    number: int
    deaths: int


class Kind(Struct, frozen=True):
    """Who does a kind of job.

    `arrive` is done at once, and whatever comes of it the rest follows, which finds its answer as `arrived` in the job; `steps` are done
    in order, one job of a key at a time. A job says as `attempt` which attempt it is. `replaced` is told a job that ends since a newer
    was asked for, `failed` one that is given up, and why in a word. What these raise is kept: its words must say nothing of anybody's
    code.
    """

    arrive: Callable[[Job], Job]
    steps: Sequence[tuple[str, Work]]
    replaced: Callable[[Job], None]
    failed: Callable[[Job, str], None]


class Worker:
    """Does jobs until it is stopped. Raises JobsError where another process works on the same file."""

    def __init__(
        self,
        desk: Desk,
        kinds: Mapping[str, Kind],
        *,
        at_once: int,
        pause: float = _FIRST_PAUSE,
        silent: float = SILENT,
        chores: Sequence[tuple[str, float, Callable[[], None]]] = (),
    ) -> None:
        """`chores` are done by one of all workers: a name, the seconds between two times, and what to do."""
        self._desk, self._kinds, self._at_once, self._silent, self._chores = desk, kinds, at_once, silent, chores
        self._id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._lock = lock.alone(_lock_file(desk.engine)) if is_file(desk.engine) else None
        self._running: set[str] = set()
        self._stopping = threading.Event()
        self._beats = threading.Thread(target=self._beat, name="beats", daemon=True)
        self._chore_thread = threading.Thread(target=self._do_chores, name="chores", daemon=True)
        DBOS(
            config={
                "name": "mainstay",
                "system_database_engine": desk.engine,
                "application_version": VERSION,
                "executor_id": self._id,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "CRITICAL",
            }
        )
        self._declare(pause)

    def start(self) -> None:
        """Begin to work, first on what others have left."""
        if self._lock is not None:  # nobody else works on this file, so whoever says so is dead
            with self._desk.engine.begin() as connection:
                connection.execute(sa.delete(executors))
        self._say_alive()
        DBOS.launch()
        DBOS.register_queue(ARRIVALS, worker_concurrency=_ARRIVALS_AT_ONCE, polling_interval_sec=_LOOKS_EVERY)
        DBOS.register_queue(
            JOBS, partition_concurrency=1, worker_concurrency=self._at_once, polling_interval_sec=_LOOKS_EVERY
        )
        self._take_over()
        self._beats.start()
        self._chore_thread.start()

    def stop(self, seconds: int) -> None:
        """End what runs within so many seconds, and hand the rest back. The process must end right after, for threads may still run."""
        self._stopping.set()
        DBOS.destroy(workflow_completion_timeout_sec=seconds)
        with self._desk.engine.begin() as connection:
            for job in tuple(self._running):
                connection.execute(
                    sa.update(attempts).where(attempts.c.job == job).values(returned=attempts.c.returned + 1)
                )
            connection.execute(sa.delete(executors).where(executors.c.id == self._id))
        if self._lock is not None:
            self._lock.close()

    # --- jobs ------------------------------------------------------------------------------------------------------

    def _declare(self, pause: float) -> None:
        """Tell DBOS what there is to do."""

        def step(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
            declared: Callable[..., Any] = DBOS.step(
                name=name,
                retries_allowed=True,
                max_attempts=_ATTEMPTS,
                interval_seconds=pause,
                should_retry=lambda fault: not isinstance(fault, (Useless, Later)),
            )(_function(work))
            return declared

        self._arrive = step("arrive", lambda job: dict(self._kinds[job["kind"]].arrive(job)))
        self._pass_on = step("pass on", self._desk.put_main)
        self._fail = step("failed", self._failed)
        self._steps = {
            kind: tuple(step(f"{kind} {name}", partial(self._one, work)) for name, work in what.steps)
            for kind, what in self._kinds.items()
        }
        DBOS.workflow(name=ARRIVALS)(_function(self._do_arrival))
        DBOS.workflow(name=JOBS)(_function(self._do_job))
        DBOS.workflow(name=ENDS)(_function(self._fail))

    def _do_arrival(self, job: dict[str, Any]) -> None:
        arrived: Job = {}
        with _Counted(self, DBOS.workflow_id or "") as attempt:
            if attempt.deaths < _DEATHS:
                # The main part does without what fails here, and is told of what keeps it from its work itself.
                with suppress(Useless, Later, *_FAILED):
                    arrived = self._arrive({**job, "attempt": attempt.number})
            self._pass_on({**job, "arrived": arrived}, 0)

    def _do_job(self, job: dict[str, Any]) -> Job:
        with _Counted(self, DBOS.workflow_id or "") as attempt:
            if attempt.deaths >= _DEATHS:
                self._desk.put_end(job, "poison")
                raise GivenUp(f"poison: the process has died under it {_DEATHS} times")
            try:
                answer = self._in_steps({**job, "attempt": attempt.number})
            except (Useless, *_FAILED) as fault:
                why = _kind_of(fault)
                with suppress(Later, *_FAILED):  # whoever sweeps tells it then
                    self._fail(job, why)
                raise GivenUp(why) from None
            if answer.get("outcome") != _LATER:
                self._desk.tell(job)
            return answer

    def _in_steps(self, job: dict[str, Any]) -> Job:
        so_far: dict[str, Any] = {}
        for attempt in self._steps[job["kind"]]:
            try:
                answer = attempt(job, so_far)
            except error.DBOSUnexpectedStepError:
                # A version with other steps has begun it: it is begun anew, as soon as all see what that one has done last.
                self._desk.put_main({**job, "delay": self._silent}, job["again"] + 1)
                return {"outcome": _LATER}
            if "later" in answer:
                if job["again"] >= _MOST_AGAIN:
                    raise Useless("it was put off too often")
                self._pass_on({**job, "delay": answer["later"]}, job["again"] + 1)
                return {"outcome": _LATER}
            so_far |= answer
            if "outcome" in answer:
                break
        return so_far

    def _one(self, work: Work, job: Job, so_far: Job) -> Job:
        """One step, while nothing newer was asked for."""
        try:
            if not self._desk.is_newest(job):
                self._kinds[job["kind"]].replaced(job)
                return {"outcome": "superseded"}
            return dict(work(job, so_far))
        except Later as later:
            return {"later": later.seconds}

    def _failed(self, job: Job, why: str) -> None:
        self._kinds[job["kind"]].failed(job, why)
        self._desk.tell(job)

    # --- who lives -------------------------------------------------------------------------------------------------

    def begin(self, job: str) -> Attempt:
        """Count an attempt before it begins."""
        engine = self._desk.engine
        with engine.begin() as connection:
            first = insert(engine, attempts).values(job=job, begun=1, returned=0)
            more = first.on_conflict_do_update(index_elements=["job"], set_={"begun": attempts.c.begun + 1})
            begun, returned = connection.execute(more.returning(attempts.c.begun, attempts.c.returned)).one()
        self._running.add(job)
        return Attempt(begun, begun - returned - 1)

    def end(self, job: str) -> None:
        """An attempt has ended, one way or the other."""
        self._running.discard(job)
        with self._desk.engine.begin() as connection:
            connection.execute(sa.delete(attempts).where(attempts.c.job == job))

    def _beat(self) -> None:
        while not self._stopping.wait(self._silent / 3):
            try:
                self._say_alive()
                self._take_over()
            except sa.exc.SQLAlchemyError:
                continue  # the database is away; whoever comes back first takes over

    def _do_chores(self) -> None:
        while not self._stopping.wait(min([1.0, *(every / 2 for _, every, _ in self._chores)])):
            for name, every, work in self._chores:
                try:
                    if self._desk.claim(name, every):
                        work()
                except sa.exc.SQLAlchemyError:
                    continue  # as above

    def _say_alive(self) -> None:
        engine = self._desk.engine
        with engine.begin() as connection:
            new = insert(engine, executors).values(id=self._id, seen=now(engine))
            connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"seen": now(engine)}))

    def _take_over(self) -> None:
        """Put back what runs in the name of nobody who lives. It is done again and again: a dying process may take more."""
        engine = self._desk.engine
        with engine.begin() as connection:
            connection.execute(sa.delete(executors).where(executors.c.seen < now(engine) - self._silent))
            living = set(connection.execute(sa.select(executors.c.id)).scalars())
        running = self._desk.client.list_workflows(status="PENDING", load_input=False, load_output=False)
        dead = sorted({row.executor_id for row in running if row.executor_id} - living)
        if dead:
            DBOS._recover_pending_workflows(dead)  # noqa: SLF001 - the free part of DBOS offers no other way


class _Counted:
    """An attempt at a job, counted while the with-block lasts."""

    def __init__(self, worker: Worker, job: str) -> None:
        self._worker, self._job = worker, job

    def __enter__(self) -> Attempt:
        return self._worker.begin(self._job)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._worker.end(self._job)


def _function(work: Callable[..., Any]) -> Callable[..., Any]:
    """A plain function that does it: DBOS writes on those that it is given, which methods do not take."""

    def does(*arguments: Any) -> Any:
        return work(*arguments)

    return does


def _kind_of(fault: Exception) -> str:
    """The class of what went wrong the last time, as a word for people."""
    if isinstance(fault, error.DBOSMaxStepRetriesExceeded) and fault.errors:
        return str(fault.errors[-1]) or type(fault.errors[-1]).__name__
    return str(fault) or type(fault).__name__


def host_of(executor: str) -> str:
    """The host of a worker, by the name under which it says that it lives."""
    return executor.rsplit("-", 2)[0]


def _lock_file(engine: sa.Engine) -> Path:
    return Path(engine.url.database or "").with_suffix(".lock")
