"""A process with jobs of its own, for tests/test_jobs.py: `python -m tests.jobs_at_work FOLDER [DATABASE]`, then commands as lines.

`put KEY VERSION WHAT [SETTLE]` keeps a job and answers its name, `wait NAME` waits until it has ended, `show NAME` tells its
state and error, `who NAME` who runs it, `retry NAME` does it again, `end` stops. What is done is written to FOLDER/done. A job
named `deadly` kills this process in its first step.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from bot.adapters.jobs import Desk, Job, JobsError, Kind, Later, Useless, Wanted, Worker

FOLDER = Path(sys.argv[1])
DATABASE = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{FOLDER / 'jobs.sqlite'}"


def note(line: str) -> None:
    """One line more in the list of what was done."""
    with (FOLDER / "done").open("a", encoding="utf-8") as done:
        done.write(f"{line}\n")


def arrive(job: Job) -> Job:
    """Note that a job was kept."""
    note(f"arrived {job['job']['what']}")
    return {"told": job["attempt"]}


def first(job: Job, _so_far: Job) -> Job:
    """The first step: note it, fail, be late or die where the job's name says so."""
    what = job["job"]["what"]
    note(f"begin {what}")
    if job["arrived"] != {"told": 1}:
        raise Useless("its arrival's answer is missing")
    if what.startswith("bad"):
        raise ValueError("this one is bad")
    if what.startswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    if what.startswith("late") and not job["again"]:
        raise Later(0.1)
    time.sleep(0.3)
    return {"begun": what}


def second(job: Job, so_far: Job) -> Job:
    """The second step: it takes some time, too."""
    note(f"middle {so_far['begun']}")
    time.sleep(1.0 if job["job"]["what"].startswith("long") else 0.1)
    note(f"end {so_far['begun']}")
    return {"outcome": "well"}


def replaced(job: Job) -> None:
    """Note a job that a newer one has replaced; the world may have to wait for that."""
    what = job["job"]["what"]
    if what.startswith("unheard") and f"waits {what}" not in (FOLDER / "done").read_text():
        note(f"waits {what}")
        raise Later(0.1)
    note(f"replaced {what}")


def failed(job: Job, why: str) -> None:
    """Note a job that was given up; of one that has died nobody can be told at first."""
    if job["job"]["what"].startswith("deadly") and "cannot give up deadly" not in (FOLDER / "done").read_text():
        note("cannot give up deadly")
        raise ConnectionError("away")
    note(f"gave up {job['job']['what']}: {why}")


def say(word: str) -> None:
    """Tell whoever started this process."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def answer(desk: Desk, command: str, given: list[str]) -> str:
    """Do what a line asks for."""
    if command == "put":
        settle = float(given[3]) if len(given) > 3 else 0.0
        return desk.put(Wanted("test", given[0], given[1], {"what": given[2]}, settle)) or "known"
    if command == "retry":
        return desk.retry(given[0])
    if command == "who":
        rows = desk.client.list_workflows(workflow_ids=given)
        return rows[0].executor_id or ""
    kept = desk.show(given[0])
    while command == "wait" and (kept is None or kept.state in ("waiting", "running")):
        time.sleep(0.05)
        kept = desk.show(given[0])
    return f"{kept.state} {kept.error}".strip() if kept is not None else "unknown"


def main() -> None:
    """Take commands until the end."""
    desk = Desk(DATABASE)
    kinds = {"test": Kind(arrive, (("first", first), ("second", second)), replaced, failed)}
    try:
        worker = Worker(desk, kinds, at_once=4, pause=0.01, silent=1.5)
    except JobsError as taken:
        say(taken.title)
        return
    worker.start()
    say("ready")
    for line in sys.stdin:
        command, *given = line.split()
        if command == "end":
            break
        say(answer(desk, command, given))
    worker.stop(5)
    os._exit(0)


if __name__ == "__main__":
    main()
