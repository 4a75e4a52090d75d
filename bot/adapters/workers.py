"""Judging in other processes: for text that might take the parser down, and to use every core.

A worker speaks in frames: four bytes of length (big endian), then that many bytes. The first frame sets it up and is
answered by an empty one; each further frame is a text and is answered by a judgement. A worker has one text at a time,
so when it dies or is too slow, the culprit is known; another worker takes its place and the rest goes on.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct, field

HEADER: Final = 4  # bytes that say how long a frame is
_START: Final = 60.0  # seconds for a worker to be ready on a busy machine
_MOST_TEXTS: Final = 500  # for one worker
_ENDING: Final = 10.0  # seconds for a process that has closed its pipe, or was killed, to be gone
_PACKAGE: Final = Path(__file__).resolve().parents[2]


class WorkerError(Exception):
    """A worker did not even start."""


class Fault(Struct, frozen=True):
    """Why a text got no judgement: "parser crashed" or "parser too slow"."""

    reason: str


CRASHED: Final = Fault("parser crashed")
SLOW: Final = Fault("parser too slow")


class Team(Struct, frozen=True):
    """How workers are run: their command, the frame that sets each up, how many at once, and seconds on the wall for a text.

    `ended_itself` tells by its exit status whether a worker has been ended by a limit of its own. With a `reserve`, workers that are
    well wait there for the next texts.
    """

    command: Sequence[str]
    setup: bytes
    count: int
    seconds: float
    ended_itself: Callable[[int], bool] = lambda _: False
    reserve: Reserve | None = None


class Reserve:
    """Workers that wait for the next texts, at most `most` of them, so that not every review starts its own."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: deque[_Worker] = deque()
        self._lock = threading.Lock()

    def take(self, team: Team) -> _Worker | None:
        """One that was set up as the team's are, None where none waits."""
        with self._lock:
            found = next((w for w in self._idle if w.setup == team.setup), None)
            if found is not None:
                self._idle.remove(found)
        return found

    def give(self, worker: _Worker) -> None:
        """Take back one that is well; the one that has waited longest goes where there are too many."""
        with self._lock:
            self._idle.append(worker)
            gone = self._idle.popleft() if len(self._idle) > self._most else None
        if gone is not None:
            gone.end()

    def close(self) -> None:
        """End all that wait."""
        with self._lock:
            gone = tuple(self._idle)
            self._idle.clear()
        for worker in gone:
            worker.end()


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, None at the end of the stream."""
    header = stream.read(HEADER)
    if len(header) < HEADER:
        return None
    length = int.from_bytes(header, "big")
    data = stream.read(length)
    return data if len(data) == length else None


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Send a frame. Raises OSError when nobody is there."""
    stream.write(len(data).to_bytes(HEADER, "big") + data)
    stream.flush()


def judge_all(team: Team, texts: Sequence[bytes]) -> Iterator[bytes | Fault]:
    """The answers to `texts` in their order, as soon as each is there. Raises WorkerError.

    The workers end with the iterator, whether it is read to its end or closed before.
    """
    desk = _Desk(deque(enumerate(texts)))
    threads = [
        threading.Thread(target=_serve, args=(team, desk), daemon=True) for _ in range(min(team.count, len(texts)))
    ]
    for thread in threads:
        thread.start()
    try:
        for index in range(len(texts)):
            yield desk.answer(index)
    finally:
        desk.close()
        for thread in threads:
            thread.join()


class _Desk(Struct):
    """Where threads fetch texts and leave answers."""

    waiting: deque[tuple[int, bytes]]
    answers: dict[int, bytes | Fault] = field(default_factory=dict)
    trouble: WorkerError | None = None
    closed: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)
    workers: set[_Worker] = field(default_factory=set)

    def next(self) -> tuple[int, bytes] | None:
        with self.changed:
            going = self.waiting and not self.closed and self.trouble is None
            return self.waiting.popleft() if going else None

    def hire(self, worker: _Worker) -> bool:
        """Note a worker, which `close` will end; False when it is too late and it was ended at once."""
        with self.changed:
            if not self.closed:
                self.workers.add(worker)
                return True
        worker.end()
        return False

    def dismiss(self, worker: _Worker, reserve: Reserve | None = None) -> None:
        with self.changed:
            self.workers.discard(worker)
            kept = reserve if not self.closed and worker.is_well() else None
        if kept is not None:
            kept.give(worker)
        else:
            worker.end()

    def leave(self, index: int, answer: bytes | Fault) -> None:
        with self.changed:
            self.answers[index] = answer
            self.changed.notify_all()

    def fail(self, trouble: WorkerError) -> None:
        with self.changed:
            self.trouble = trouble
            self.changed.notify_all()

    def answer(self, index: int) -> bytes | Fault:
        with self.changed:
            self.changed.wait_for(lambda: index in self.answers or self.trouble is not None)
            if index in self.answers:
                return self.answers.pop(index)
            raise self.trouble or WorkerError

    def close(self) -> None:
        """Nobody waits any more: no further text is given out, and the workers end now."""
        with self.changed:
            self.closed = True
            hired = list(self.workers)
        for worker in hired:
            worker.end()


def _serve(team: Team, desk: _Desk) -> None:
    """One thread's life: keep a worker, give it one text after the other."""
    worker: _Worker | None = None
    trouble: WorkerError | None = WorkerError("a thread that waits for the parser has failed")
    try:
        while (task := desk.next()) is not None:
            if worker is None:
                worker = team.reserve.take(team) if team.reserve is not None else None
                worker = worker or _Worker(team)
                if not desk.hire(worker):
                    break
                worker.ready()
            index, text = task
            answer = worker.judge(text)
            desk.leave(index, answer)
            if isinstance(answer, Fault):
                desk.dismiss(worker)
                worker = None
        trouble = None
    except WorkerError as told:
        trouble = told
    finally:
        if worker is not None:
            desk.dismiss(worker, team.reserve)
        if trouble is not None:  # also for a fault of ours: whoever waits for an answer must not wait for ever
            desk.fail(trouble)


class _Worker:
    """One child process."""

    def __init__(self, team: Team) -> None:
        self._team, self.setup = team, team.setup
        self._is_ready = self._is_spoilt = False
        self._judged = 0
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(
                team.command, stdin=pipe, stdout=pipe, stderr=nowhere, env=_environment(os.environ)
            )
        except OSError as trouble:
            raise WorkerError(f"a process for the parser could not be started: {trouble.strerror}") from None

    def ready(self) -> None:
        """Wait until it is set up. Raises WorkerError."""
        if self._is_ready:
            return
        if self._ask(self._team.setup, _START) != b"":
            raise WorkerError("a process for the parser did not get ready")
        self._is_ready = True

    def is_well(self) -> bool:
        """True while it may be given more texts: what it has read adds up in its memory."""
        return self._is_ready and not self._is_spoilt and self._judged < _MOST_TEXTS

    def judge(self, text: bytes) -> bytes | Fault:
        """The worker's answer; after a fault it is of no more use."""
        self._judged += 1
        answer = self._ask(text, self._team.seconds)
        self._is_spoilt = isinstance(answer, Fault)
        return answer

    def _ask(self, data: bytes, seconds: float) -> bytes | Fault:
        late = threading.Event()
        timer = threading.Timer(seconds, self._kill, (late,))
        timer.start()
        try:
            answer = self._exchange(data)
        finally:
            timer.cancel()
        if answer is None or late.is_set():
            return SLOW if late.is_set() or self._team.ended_itself(self._status()) else CRASHED
        return answer

    def _exchange(self, data: bytes) -> bytes | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return None
        try:
            write_frame(stdin, data)  # type: ignore[arg-type]  # a pipe of bytes is a BinaryIO in all but name
            return read_frame(stdout)  # type: ignore[arg-type]  # as above
        except (OSError, ValueError):  # it is gone, or was ended from another thread
            return None

    def _kill(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _status(self) -> int:
        """The exit status of a process that is ending; one that is not even then counts as ended without any."""
        try:
            return self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            return 0

    def end(self) -> None:
        """End the process at once: it holds nothing that could be lost."""
        self._process.kill()
        self._status()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError, ValueError):
                    stream.close()


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, with this very package found first: the command says `-P`, so the current folder is not searched."""
    paths = [str(_PACKAGE), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(p for p in paths if p)}
