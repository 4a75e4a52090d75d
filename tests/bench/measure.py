"""A command as a whole process: seconds on the wall, peak memory, what it printed (POSIX, as the peers)."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run: wall seconds, peak memory of the largest process in MB, standard output."""

    seconds: float
    memory: float
    out: bytes


# Runs the command as its only child, so that the peak is the command's own.
_WATCHER = """
import json, resource, subprocess, sys, time
t = time.perf_counter()
done = subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], "wb"), stderr=subprocess.DEVNULL)
took = time.perf_counter() - t
print(json.dumps([took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, done.returncode]))
"""


def run(command: Sequence[str], folder: Path, out: Path, env: dict[str, str]) -> Run:
    """Run a command to its end. Raises RuntimeError when it could not do its work."""
    done = subprocess.run(
        [sys.executable, "-c", _WATCHER, str(out), *command],
        cwd=folder, env={**os.environ, **env}, capture_output=True, check=True,
    )  # fmt: skip
    seconds, memory, status = json.loads(done.stdout)
    if status not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {status}")
    return Run(seconds, memory, out.read_bytes())


def in_turn(
    commands: dict[str, Callable[[], Run]], times: int, before: Callable[[], None] = lambda: None
) -> dict[str, list[Run]]:
    """Run each in turn, `times` times over; `before` comes before every single run."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(times):
        for name, command in commands.items():
            before()
            found[name].append(command())
    return found


def median(runs: Sequence[Run]) -> float:
    """The median of wall seconds."""
    return statistics.median(r.seconds for r in runs)


def peak(runs: Sequence[Run]) -> float:
    """The largest peak memory, in MB."""
    return max(r.memory for r in runs)
