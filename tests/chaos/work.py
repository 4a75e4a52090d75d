"""A worker that dies when it is told to: `python -m tests.chaos.work worker`, with FOLDER named in CHAOS_FOLDER.

It is `mainstay worker` with ears. Whoever wants a worker to die writes a file into FOLDER/orders, named `NUMBER.STEP.PLACE`, or
`NUMBER.any.time`; the process that gets there first takes it and kills itself, unless a process has died already under one of the jobs
that it has in hand: a job whose process dies twice is given up, which is meant for the one alone that FOLDER/poison names.
What it does is noted in FOLDER/notes, a line each: nanoseconds, process, what, job.
"""

from __future__ import annotations

import functools
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import requests

from bot.adapters import jobs
from bot.adapters.jobs import Job, Kind, Worker
from bot.adapters.jobs.worker import Attempt
from bot.entry.cli import main
from bot.entry.reviewing import Reviewing

#: Places of a step: before it, after it, while it asks or writes (of those whose answers came), and at any time in between.
PLACES: Final = ("before", "asking", "writing", "after")
#: Seconds after which a silent worker counts as dead, here.
SILENT: Final = 6.0
_LOOKS_EVERY: Final = 0.02
_here = threading.local()


class Ears:
    """What this process has in hand, and what it was told."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._in_hand: set[str] = set()
        threading.Thread(target=self._listen, daemon=True).start()

    def begin(self, job: str) -> None:
        """A job is taken in hand."""
        with self._lock:
            self._in_hand.add(job)
        self.note("begin", job)

    def end(self, job: str) -> None:
        """It is done with."""
        self.note("end", job)
        with self._lock:
            self._in_hand.discard(job)

    def note(self, what: str, job: str = "-") -> None:
        """One line more, in one write."""
        line = f"{time.monotonic_ns()} {os.getpid()} {what} {job}\n"
        with (self._folder / "notes").open("ab", buffering=0) as notes:
            notes.write(line.encode())

    def at(self, step: str, place: str) -> None:
        """Die where that was ordered for this place."""
        for order in sorted((self._folder / "orders").glob(f"*.{step}.{place}")):
            self._die(order)

    def soon(self, step: str) -> None:
        """Die within a tenth of a second, where that was ordered for the middle of a step that asks nothing."""
        time.sleep(random.random() / 10)  # noqa: S311 - of the tests alone
        self.at(step, "asking")

    def poisoned(self, key: str) -> None:
        """Die over the one pull request that is poison, as soon as the others in hand allow it."""
        file = self._folder / "poison"
        while file.exists() and file.read_text() == key:
            self._die(None, key)
            time.sleep(_LOOKS_EVERY)

    def _listen(self) -> None:
        while True:
            time.sleep(_LOOKS_EVERY * (1 + random.random()))  # noqa: S311 - of the tests alone
            self.at("any", "time")

    def _die(self, order: Path | None, poison: str = "") -> None:
        with self._lock:
            others = [job for job in self._in_hand if not poison or not job.startswith(f"{poison}@")]
            if any(self._mark(job).exists() for job in others):
                return
            if order is not None:
                try:
                    order.rename(self._folder / "done" / order.name)
                except FileNotFoundError:
                    return  # another was there first
            for job in self._in_hand:
                self._mark(job).touch()
                self.note("hit", job)
            self.note("killed")
            os.kill(os.getpid(), signal.SIGKILL)

    def _mark(self, job: str) -> Path:
        return self._folder / "hit" / quote(job, safe="")


def _with_ears(ears: Ears, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """A step that may die before, in the middle of and after what it does."""

    @functools.wraps(work)
    def step(job: Job, *so_far: Any) -> Any:
        ears.at(name, "before")
        if name == "judge":
            ears.poisoned(job["key"])
            threading.Thread(target=ears.soon, args=(name,), daemon=True).start()
        _here.step = name
        try:
            answer = work(job, *so_far)
        finally:
            _here.step = ""
        ears.at(name, "after")
        return answer

    return step


def put_on(ears: Ears) -> None:
    """Put ears on the worker of this process: its count of attempts, its steps, and what it asks."""
    begin, end, kind, send = Worker.begin, Worker.end, Reviewing.kind, requests.Session.send

    def begins(worker: Worker, job: str) -> Attempt:
        ears.begin(job)
        return begin(worker, job)

    def ends(worker: Worker, job: str) -> None:
        end(worker, job)
        ears.end(job)

    def kinds(reviewing: Reviewing) -> Kind:
        made = kind(reviewing)
        steps = tuple((name, _with_ears(ears, name, work)) for name, work in made.steps)
        return Kind(_with_ears(ears, "arrive", made.arrive), steps, made.replaced, made.failed)

    def sends(session: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        answer = send(session, request, **how)
        if step := getattr(_here, "step", ""):
            ears.at(step, "asking" if request.method == "GET" else "writing")
        return answer

    for owner, name, instead in (
        (Worker, "begin", begins),
        (Worker, "end", ends),
        (Reviewing, "kind", kinds),
        (requests.Session, "send", sends),
        (jobs, "Worker", functools.partial(Worker, silent=SILENT)),
        (os, "nice", lambda _: 0),  # nobody waits for answers here, and a busy machine would make it long
    ):
        setattr(owner, name, instead)


if __name__ == "__main__":
    put_on(Ears(Path(os.environ["CHAOS_FOLDER"])))
    main()
