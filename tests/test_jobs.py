"""Durable jobs: each is done, one at a time for its key, once, and one that always fails is given up in words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")


class Process:
    """A process with jobs over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs_at_work", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def say(self, command: str) -> None:
        """Give a command and wait until it is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def end(self, *, kill: bool = False) -> None:
        """Stop it, or end it as a crash would."""
        if kill:
            self.process.kill()
        elif self.process.poll() is None and self.process.stdin is not None:
            self.process.stdin.write("end\n")
            self.process.stdin.flush()
        self.process.wait(timeout=30)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def done(self) -> list[str]:
        """What was noted so far."""
        file = self.folder / "done"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """A process over a new folder."""
    process = Process(tmp_path / "data")
    yield process
    if process.process.poll() is None:
        process.end()


def test_jobs_of_one_key_follow_each_other_and_others_run_beside(process: Process) -> None:
    """Two reviews of one pull request never overlap."""
    for name, key in (("one", "a"), ("two", "a"), ("three", "b")):
        process.say(f"put {name} {key} {name}")
    for name in ("one", "two", "three"):
        process.say(f"wait {name}")
    done = process.done()

    assert done.index("end one") < done.index("begin two")
    assert done.index("begin three") < done.index("end two")


def test_a_name_is_done_once(process: Process) -> None:
    """A delivery that comes again, before or after its job has ended, does nothing."""
    process.say("put one a one")
    process.say("put one a one")
    process.say("wait one")
    process.say("put one a one")
    process.say("put two b two")
    process.say("wait two")
    assert process.done().count("begin one") == 1


def test_a_job_that_always_fails_is_given_up_and_can_be_asked_for_again(process: Process) -> None:
    """Five attempts, then whoever waits is told; a later delivery of the same name is a new job."""
    process.say("put bad a bad")
    process.say("wait bad")
    assert process.done() == ["begin bad"] * 5 + ["gave up bad"]

    process.say("put bad a bad")
    process.say("wait bad~1")
    assert process.done().count("gave up bad") == 2


def test_what_was_kept_outlives_a_crash(process: Process) -> None:
    """The next process does what the last one has left, and not what it has done."""
    process.say("put one a one")
    process.say("wait one")
    process.say("put two a two")
    process.say("put three a three")
    process.end(kill=True)
    later = Process(process.folder)
    later.say("wait two")
    later.say("wait three")
    later.end()

    assert [line for line in later.done() if line.startswith("end")] == ["end one", "end two", "end three"]


def test_the_folder_is_for_its_owner_alone(process: Process) -> None:
    """Ids of private repositories are nobody else's affair."""
    assert process.folder.stat().st_mode & 0o077 == 0
    assert (process.folder / "jobs.sqlite").exists()
