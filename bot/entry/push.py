"""The door that git opens before a push: judges the commits that are pushed, never the working tree.

Two processes. `run` is the hook's: it reads what git hands over, watches the clock and prints. `work` is its child: it
reads the change and judges it. So the time limit holds even while the parser sits in a long call that no Python code
can interrupt, a crash of the parser is the child's alone, and an answer that is remembered needs no engine at all.
They speak in lines of JSON: a task to the child, an answer back, in order.

Whatever goes wrong on our side is told in one line, and the push goes through.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Final, TextIO

from msgspec import Struct, field
from msgspec.structs import asdict

from ..adapters.git import GitError
from ..adapters.git.changes import read_range
from ..adapters.git.process import clean_environment
from ..adapters.git.pushes import Pushed, git_path, pushed_ranges
from ..adapters.git.repository import Repository, Start, open_repository
from ..adapters.hook import Answer, Memory
from ..model import ChangeSet, Review
from ..render.escape import visible
from ..render.verdict import exit_code

#: Judges a change; the second value is when it should be back with what it has, on the clock of `time.monotonic`.
Judge = Callable[[ChangeSet, float], Review]
Render = Callable[[Review], str]

BUDGET: Final = 5.0  # seconds
#: `-P`: the folder that is pushed from must not be imported from, whatever packages it holds.
WORKER: Final = (sys.executable, "-P", "-m", "bot", "hook", "work")
_PROGRESS_AFTER: Final = 1.0
_RESERVE: Final = 0.1  # the part of the budget that is kept for rendering and printing
_PATIENCE: Final = 1.0  # seconds for a process that is ending
_END: Final = b""
_THROUGH: Final = "this push goes through"


class Push(Struct, frozen=True):
    """How a push is judged. `engine` stands for all that shapes an answer but is not in the trees: version and rules.

    `worker` is the command of the child, which calls `work`; it runs in `folder`, whose repository is pushed from.
    """

    folder: Path
    remote: str
    engine: str
    budget: float = BUDGET
    worker: Sequence[str] = WORKER
    progress_after: float = _PROGRESS_AFTER
    said: TextIO = field(default_factory=lambda: sys.stderr)
    started: float = field(default_factory=time.monotonic)

    @property
    def until(self) -> float:
        """When the budget is used up, on the clock of `time.monotonic`."""
        return self.started + self.budget

    def say(self, text: str) -> None:
        """Tell the person who pushes. Standard output is git's."""
        with suppress(OSError):  # nobody listens any more
            print(text, file=self.said, flush=True)


class _Outcome(Struct):
    """What became of the refs: which were judged, which stop the push, which still wait, and what was in the way."""

    judged: list[str] = field(default_factory=list)
    stopping: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


def run(lines: str, push: Push) -> int:
    """Judge a push, given what git writes to the hook's standard input; 1 stops it, 0 lets it through."""
    try:
        return _conclude(_judge(lines, push), push)
    except GitError as trouble:
        push.say(f"mainstay: not reviewed: {trouble.title}; {_THROUGH}. {trouble.remedy}")
        return 0
    except Exception as fault:  # noqa: BLE001 - a fault of ours must not block anybody's push
        push.say(f"mainstay: not reviewed: a fault of Mainstay ({_named(fault)}); {_THROUGH}")
        return 0


def _judge(lines: str, push: Push) -> _Outcome:
    repository = open_repository(push.folder, push.until - time.monotonic())
    memory = Memory(git_path(repository, "mainstay") / "judged")
    outcome, asked = _Outcome(), list[Pushed]()
    for pushed in _ranges(repository, lines, push, outcome):
        if known := memory.recall(_key(pushed, push)):
            _show(pushed, known, push, outcome, ", remembered")
        else:
            asked.append(pushed)
    outcome.waiting = [pushed.ref for pushed in asked]
    answers = _Child(push, asked).answers() if asked else iter(())
    for pushed, answer in zip(asked, answers, strict=False):
        outcome.waiting.remove(pushed.ref)
        if isinstance(answer, str):
            outcome.trouble.append(f"{visible(pushed.ref)}: {answer}")
            continue
        _show(pushed, answer, push, outcome)
        if answer.verdict == "complete":  # anything else may come out better the next time
            _remember(memory, _key(pushed, push), answer, push)
    return outcome


def _ranges(repository: Repository, lines: str, push: Push, outcome: _Outcome) -> Iterator[Pushed]:
    """The ranges to judge; what is skipped is said, and where git fails the refs after it are left out."""
    try:
        for pushed in pushed_ranges(repository, push.remote, lines):
            if not pushed.skipped:
                yield pushed
            elif pushed.skipped != "deleted":
                push.say(f"mainstay: {visible(pushed.ref)}: skipped: {pushed.skipped}")
    except GitError as trouble:
        outcome.trouble.append(f"{trouble.title}. {trouble.remedy}")


def _key(pushed: Pushed, push: Push) -> str:
    # The day is in it, because suppressions end on a day.
    parts = ("1", *pushed.trees, push.engine, datetime.now(UTC).date().isoformat())
    return sha256("\0".join(parts).encode()).hexdigest()


def _show(pushed: Pushed, answer: Answer, push: Push, outcome: _Outcome, how: str = "") -> None:
    against = f"against {pushed.start.merge_base[:10]}" if pushed.start.merge_base else "all of it"
    push.say(f"mainstay: {visible(pushed.ref)} ({pushed.head[:10]}, {against}{how})\n{answer.text.rstrip()}")
    if answer.verdict != "not reviewed":
        outcome.judged.append(pushed.ref)
    if answer.stops:
        outcome.stopping.append(pushed.ref)
    if answer.verdict != "complete":
        outcome.trouble.append(f"{visible(pushed.ref)}: {answer.verdict}")


def _remember(memory: Memory, key: str, answer: Answer, push: Push) -> None:
    try:
        memory.keep(key, answer)
    except OSError as trouble:
        push.say(f"mainstay: this answer could not be remembered: {trouble.strerror}")


def _conclude(outcome: _Outcome, push: Push) -> int:
    left = []
    if outcome.waiting:
        left.append(f"its {push.budget:g} s are over, not judged: {', '.join(map(visible, outcome.waiting))}")
    left += outcome.trouble
    if left:
        end = "" if outcome.stopping else f"; {_THROUGH}"
        push.say(f"mainstay: {'partial' if outcome.judged else 'not reviewed'}: {'; '.join(left)}{end}")
    if outcome.stopping:
        push.say("mainstay: this push was stopped. To push in spite of it: git push --no-verify")
    return int(bool(outcome.stopping))


def _named(fault: BaseException) -> str:
    return visible(f"{type(fault).__name__}: {fault}".split("\n")[0])


# --- the child, as the hook sees it ------------------------------------------------------------------------


class _Child:
    """Runs the worker over some ranges and hands out its answers until the time is over."""

    def __init__(self, push: Push, asked: Sequence[Pushed]) -> None:
        self._push, self._asked = push, asked
        self._lines: queue.Queue[bytes] = queue.Queue()

    def answers(self) -> Iterator[Answer | str]:
        """The answers in the order of the ranges, a text for what went wrong; fewer when the time is over."""
        with tempfile.TemporaryFile() as complaints:
            process = self._start(complaints)
            # In a thread, because neither a full pipe nor an empty one may keep the hook from watching the clock.
            reader = threading.Thread(target=self._converse, args=(process,), daemon=True)
            reader.start()
            try:
                lines = self._until(self._push.started + self._push.progress_after)
                for line in islice(lines, len(self._asked)):
                    yield _last_words(process, complaints) if line == _END else _answer(line)
            finally:
                process.kill()
                with suppress(
                    subprocess.TimeoutExpired
                ):  # the system is slow to take it away: it is none of ours any more
                    process.wait(_PATIENCE)
                reader.join(_PATIENCE)

    def _start(self, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        environment = clean_environment(os.environ)
        return subprocess.Popen(
            self._push.worker, cwd=self._push.folder, env=environment, stdin=pipe, stdout=pipe, stderr=complaints
        )

    def _until(self, quiet_until: float) -> Iterator[bytes]:
        """The child's lines while there is time, _END after its last; tells once that it takes longer."""
        while True:
            try:
                yield self._lines.get(timeout=max(min(quiet_until, self._push.until) - time.monotonic(), 0))
            except queue.Empty:
                if quiet_until >= self._push.until:
                    return
                self._push.say(f"mainstay: judging what you push, for at most {self._push.budget:g} s ...")
                quiet_until = self._push.until

    def _converse(self, process: subprocess.Popen[bytes]) -> None:
        stdin, stdout = process.stdin, process.stdout
        with suppress(OSError):  # the child is gone: its last words say more than a broken pipe
            if stdin and stdout:
                with stdout, stdin:
                    stdin.write(self._tasks())
                    stdin.close()
                    for line in stdout:
                        self._lines.put(line)
        for _ in self._asked:
            self._lines.put(_END)

    def _tasks(self) -> bytes:
        back = self._push.until - self._push.budget * _RESERVE
        tasks = ({"start": asdict(pushed.start), "head": pushed.head, "back": back} for pushed in self._asked)
        return "".join(f"{json.dumps(task)}\n" for task in tasks).encode()


def _last_words(process: subprocess.Popen[bytes], complaints: IO[bytes]) -> str:
    status = process.wait(_PATIENCE)
    complaints.seek(0)
    last = complaints.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    return visible(f"Mainstay ended with status {status} {last}".strip())


def _answer(line: bytes) -> Answer | str:
    try:
        said = json.loads(line)
        return visible(said["fault"]) if "fault" in said else Answer(**said)
    except (ValueError, TypeError):
        return "Mainstay gave no readable answer"


# --- the child ---------------------------------------------------------------------------------------------


def work(tasks: TextIO, answers: TextIO, judge: Judge, render: Render) -> None:
    """Judge one range a line, in the repository around the current folder, and write one answer a line.

    A review stops the push when its own threshold says so. What goes wrong with a range is its answer.
    """
    for line in tasks:
        answers.write(f"{json.dumps(_worked(line, judge, render))}\n")
        answers.flush()


def _worked(line: str, judge: Judge, render: Render) -> dict[str, object]:
    try:
        task = json.loads(line)
        repository = open_repository(Path.cwd(), task["back"] - time.monotonic())
        change = read_range(repository, Start(**task["start"]), task["head"])
        review = judge(change, task["back"])
        stops = exit_code(review, None, strict=False) == 1
        return asdict(Answer(review.verdict, stops, render(review)))
    except GitError as trouble:
        return {"fault": trouble.title}
    except Exception as fault:  # noqa: BLE001 - it is told, and the other ranges are judged all the same
        return {"fault": _named(fault)}
