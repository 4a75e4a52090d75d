"""What this process may use, where the platform can limit it: the one place that needs modules which not every platform has."""

from __future__ import annotations

import importlib
import signal
from typing import Any


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
