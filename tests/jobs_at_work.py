"""A process with jobs of its own, for tests/test_jobs.py: `python -m tests.jobs_at_work FOLDER`, then commands as lines.

`put NAME KEY WHAT` keeps a job, `wait NAME` waits until it has ended, `end` stops. What is done is written to FOLDER/done.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from dbos import DBOS

from bot.adapters.jobs import Job, Jobs

FOLDER = Path(sys.argv[1])


def note(line: str) -> None:
    """One line more in the list of what was done."""
    with (FOLDER / "done").open("a", encoding="utf-8") as done:
        done.write(f"{line}\n")


def work(job: Job) -> Job:
    """Do a job: note it, fail, or take some time with its beginning and end noted."""
    note(f"begin {job['what']}")
    if job["what"].startswith("bad"):
        raise ValueError("this one is bad")
    time.sleep(0.3)
    note(f"end {job['what']}")
    return {"done": job["what"]}


def failed(job: Job) -> None:
    """Note a job that was given up."""
    note(f"gave up {job['what']}")


def say(word: str) -> None:
    """Tell whoever started this process."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Take commands until the end."""
    jobs = Jobs(FOLDER, work, failed, pause=0.01)
    jobs.start()
    say("ready")
    for line in sys.stdin:
        command, *given = line.split()
        if command == "put":
            jobs.put(given[0], given[1], {"what": given[2]})
        elif command == "wait":
            while (status := DBOS.get_workflow_status(given[0])) is None or status.status in ("ENQUEUED", "PENDING"):
                time.sleep(0.05)
        elif command == "end":
            break
        say("ok")
    jobs.stop(5)


if __name__ == "__main__":
    main()
