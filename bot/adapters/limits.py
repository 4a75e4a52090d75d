"""What this process may use and what it alone may hold: the one place that needs modules which not every platform has."""

from __future__ import annotations

import importlib
import signal
from pathlib import Path
from typing import IO, Any


class NotOnThisPlatform(Exception):
    """The platform has no such thing."""


def hold(file: Path, *, wait: bool) -> IO[str]:
    """Hold the lock of a file, made where it is not there, until it is closed or this process ends.

    Raises NotOnThisPlatform, OSError; BlockingIOError where another one holds it and is not waited for.
    """
    try:
        fcntl: Any = importlib.import_module("fcntl")
    except ImportError as missing:  # Windows
        raise NotOnThisPlatform("locks of files") from missing
    opened = file.open("w", encoding="ascii")
    try:
        fcntl.flock(opened, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        opened.close()
        raise
    return opened


def limit_memory(most: int) -> bool:
    """Let this process have at most `most` bytes of address space; False where the platform knows no such limit."""
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:  # Windows
        return False
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (allowed, hard))
    except (ValueError, OSError):  # macOS refuses what is below that which it has mapped already
        return False
    return True


def end_after(seconds: float) -> None:
    """Let the system end this process when it has computed for `seconds` more, whatever it is doing; 0 takes it back.

    The signal's own effect does it: no Python code runs while a parser holds the interpreter. Time in which the
    process only waits for its turn on a busy machine does not count. Nothing where there is no such signal (Windows).
    """
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def was_ended(status: int) -> bool:
    """True for the exit status of a process that `end_after` has ended."""
    return hasattr(signal, "SIGPROF") and status == -signal.SIGPROF
