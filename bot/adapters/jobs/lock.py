"""Locks between processes on one machine, as files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ...ports import Trouble
from ..limits import NotOnThisPlatform, hold


class JobsError(Trouble):
    """Jobs cannot be kept or done here."""


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Wait for a lock and hold it while the with-block lasts. Raises JobsError."""
    locked = _lock(file, wait=True)
    try:
        yield
    finally:
        locked.close()


def alone(file: Path) -> IO[str]:
    """The lock of the one process that works, held until it is closed. Raises JobsError."""
    try:
        locked = _lock(file, wait=False)
    except BlockingIOError as taken:
        raise JobsError(
            f"Another process works in {file.parent}", "Stop it, or name another folder in MAINSTAY_DATA."
        ) from taken
    locked.write(str(os.getpid()))
    locked.flush()
    return locked


def _lock(file: Path, *, wait: bool) -> IO[str]:
    try:
        return hold(file, wait=wait)
    except NotOnThisPlatform as missing:
        raise JobsError("The server does not run on this system", "Run it on Linux or macOS.") from missing
