"""Durable jobs: each is done, one at a time for its key, once, whoever dies; and one that always fails is given up in words."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from bot.adapters.jobs import Useless, Worker

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS"),
    pytest.mark.xdist_group("server"),
]


class Process:
    """A process with jobs over one folder, in an SQLite file there or in the database that is named."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs_at_work", str(folder), *filter(None, [database])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.first = self._line()

    def say(self, command: str) -> str:
        """Give a command and wait for its answer; empty when the process has died."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def end(self, *, kill: bool = False) -> int:
        """Stop it, or end it as a crash would; its exit code."""
        if kill:
            self.process.kill()
        elif self.process.poll() is None and self.process.stdin is not None:
            self.process.stdin.write("end\n")
            self.process.stdin.flush()
        code = self.process.wait(timeout=30)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def died(self) -> None:
        """Wait until it has died of what it did."""
        assert self.process.wait(timeout=30) == -9
        self.end()

    def done(self) -> list[str]:
        """What was noted so far."""
        file = self.folder / "done"
        return file.read_text().splitlines() if file.exists() else []

    def until(self, line: str) -> None:
        """Wait until something was noted."""
        _until(lambda: line in self.done())


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of a database, empty for a file in the folder."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@pytest.fixture
def start(tmp_path: Path, database: str) -> Iterator[Callable[[], Process]]:
    """Starts processes over one folder and database, which are all ended."""
    started: list[Process] = []

    def one() -> Process:
        started.append(Process(tmp_path / "data", database))
        return started[-1]

    yield one
    for process in started:
        process.end(kill=True)


Start = Callable[[], Process]


def test_jobs_of_one_key_follow_each_other_and_others_run_beside(start: Start) -> None:
    """Two reviews of one pull request never overlap. The first was replaced while it ran, and stops between two steps."""
    process = start()
    one = process.say("put a 1 one")
    process.until("begin one")
    two, three = process.say("put a 2 two"), process.say("put b 1 three")
    assert [process.say(f"wait {name}") for name in (one, two, three)] == ["done"] * 3
    done = process.done()

    assert "middle one" not in done
    assert done.index("begin three") < done.index("end two")
    assert done.count("end two") == 1


def test_a_version_is_done_once(start: Start) -> None:
    """A delivery that comes again while its job lives or after its verdict does nothing; going back to an older head does."""
    process = start()
    one = process.say("put a 1 one")
    assert process.say("put a 1 one") == "known"
    assert process.say(f"wait {one}") == "done"
    assert process.say("put a 1 one") == "known"
    two = process.say("put a 2 two")
    assert process.say(f"wait {two}") == "done"
    back = process.say("put a 1 one")
    assert process.say(f"wait {back}") == "done"
    assert [line for line in process.done() if line.startswith("end")] == ["end one", "end two", "end one"]


def test_a_burst_settles_to_its_newest(start: Start) -> None:
    """The first head is not waited with; of those that follow in quick succession the newest alone is begun."""
    process = start()
    began = time.monotonic()
    assert process.say(f"wait {process.say('put a 1 one 1.5')}") == "done"
    assert time.monotonic() - began < 5
    names = [process.say(f"put a {number} push{number} 1.5") for number in range(2, 6)]
    assert [process.say(f"wait {name}") for name in names] == ["done"] * 4
    assert [line for line in process.done() if line.startswith("begin")] == ["begin one", "begin push5"]


def test_a_job_that_always_fails_is_given_up_and_can_be_done_again(start: Start) -> None:
    """Seven attempts, then whoever waits is told, and the last reason is kept; a later delivery is a new job, and so is a retry."""
    process = start()
    bad = process.say("put a 1 bad")
    assert process.say(f"wait {bad}") == "dead this one is bad"
    assert process.done() == ["arrived bad", *["begin bad"] * 7, "gave up bad: this one is bad"]

    again = process.say("put a 1 bad")
    process.say(f"wait {again}")
    third = process.say(f"retry {again}")
    process.say(f"wait {third}")
    assert len({bad, again, third}) == 3
    assert process.done().count("gave up bad: this one is bad") == 3


def test_what_must_wait_is_begun_anew(start: Start) -> None:
    """A rate limit is waited for outside the worker."""
    process = start()
    late = process.say("put a 1 late")
    assert process.say(f"wait {late}+1") == "done"
    assert process.done() == ["arrived late", "begin late", "begin late", "middle late", "end late"]


def test_who_is_replaced_may_have_to_wait_for_telling_it(start: Start) -> None:
    """That is put off, too, and the job is not given up for it."""
    process = start()
    one = process.say("put a 1 unheard")
    process.until("begin unheard")
    two = process.say("put a 2 two")
    assert process.say(f"wait {one}+1") == "done"
    assert process.say(f"wait {two}") == "done"
    done = process.done()
    assert done.index("waits unheard") < done.index("replaced unheard")
    assert not [line for line in done if line.startswith("gave up")]


def test_what_must_wait_too_often_is_given_up() -> None:
    """Its next step would lack what this one did not answer."""
    put_off: list[int] = []
    worker = SimpleNamespace(
        _steps={"test": (lambda *_: {"later": 1.0}, lambda *_: {"outcome": "never"})},
        _pass_on=lambda _, again: put_off.append(again),
    )
    assert Worker._in_steps(worker, {"kind": "test", "again": 19}) == {"outcome": "later"}  # type: ignore[arg-type]  # as much of one as is used
    assert put_off == [20]
    with pytest.raises(Useless, match="too often"):
        Worker._in_steps(worker, {"kind": "test", "again": 20})  # type: ignore[arg-type]  # likewise


def test_what_was_kept_outlives_a_crash(start: Start) -> None:
    """Whoever comes next does what was left, and no finished step again."""
    process = start()
    long = process.say("put a 1 long")
    process.until("middle long")
    process.say("put b 1 two")
    process.end(kill=True)
    later = start()
    assert later.say(f"wait {long}") == "done"
    assert later.say("wait b@1.1") == "done"
    done = later.done()

    assert done.count("begin long") == 1
    assert (done.count("middle long"), done.count("end long")) == (2, 1)
    assert done.count("end two") == 1


def test_what_a_version_with_other_steps_has_begun_is_begun_anew(start: Start, database: str) -> None:
    """An upgrade strands nothing: what the old version noted of a job says nothing to the new one."""
    process = start()
    name = process.say("put a 1 long")
    process.until("middle long")
    process.end(kill=True)
    note = "SET function_name = 'of before' WHERE function_name = 'test first'"
    engine = sa.create_engine(database or f"sqlite:///{process.folder / 'jobs.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {'dbos.' if database else ''}operation_outputs {note}"))
    engine.dispose()
    later = start()
    assert later.say(f"wait {name}") == "done"
    assert later.say(f"wait {name}+1") == "done"
    assert later.done().count("end long") == 1
    assert later.say("put a 1 long") == "known"


def test_a_job_that_kills_its_process_twice_is_poison(start: Start) -> None:
    """It is not begun a third time, whoever waits is told, and what lies behind it is done."""
    process = start()
    process.say("put a 1 deadly")
    process.died()
    start().died()
    last = start()
    assert last.say("wait a@1.1") == "dead poison: the process has died under it 2 times"
    last.until("gave up deadly: poison")
    assert last.done() == [
        "arrived deadly",
        *["begin deadly"] * 2,
        "cannot give up deadly",  # whoever is to be told is away at first
        "gave up deadly: poison",
    ]
    assert last.say(f"wait {last.say('put a 2 good')}") == "done"


def test_a_process_that_stops_hands_back_what_it_does(start: Start) -> None:
    """Stopping in good order counts against no job."""
    process = start()
    name = process.say("put a 1 long")
    for _ in range(3):
        process.until("middle long")
        assert process.end() == 0
        process = start()
    assert process.say(f"wait {name}") == "done"


def test_workers_over_postgresql_take_over_from_each_other(tmp_path: Path, postgres: str) -> None:
    """Three workers, one of which dies in the middle of its job: another finishes it."""
    workers = [Process(tmp_path / "data", postgres) for _ in range(3)]
    try:
        name = workers[0].say("put a 1 long")
        workers[0].until("middle long")
        running = next(w for w in workers if str(w.process.pid) in w.say(f"who {name}"))
        running.end(kill=True)
        left = next(w for w in workers if w is not running)
        assert left.say(f"wait {name}") == "done"
        assert left.done().count("end long") == 1
    finally:
        for worker in workers:
            worker.end(kill=True)


def test_one_process_works_on_a_file(tmp_path: Path) -> None:
    """With two, SQLite would let two reviews of one pull request overlap."""
    first = Process(tmp_path / "data")
    try:
        assert first.first == "ready"
        second = Process(tmp_path / "data")
        assert second.first == f"Another process works in {tmp_path / 'data'}"
        second.end(kill=True)
    finally:
        first.end(kill=True)
