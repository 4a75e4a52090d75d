"""A child process that may neither take longer nor print more than it is allowed to."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

_CHUNK: Final = 1_000_000


class TooSlow(Exception):
    """The process was ended because its time was over."""


class TooMuch(Exception):
    """The process was ended because it printed more than it may."""


class Finished(Struct, frozen=True):
    """How a process ended: its exit status, and what it printed on both streams."""

    status: int
    said: bytes
    complaint: bytes


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: bytes, *, seconds: float, most: int
) -> Finished:
    """Run a command to its end. Raises TooSlow after `seconds`, TooMuch over `most` bytes, OSError where it can't start."""
    if seconds <= 0:
        raise TooSlow
    pipe = subprocess.PIPE
    late = threading.Event()
    complaints: list[bytes] = []
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        # In threads, because the process may print on one stream while it waits for, or has filled, another one.
        timer = threading.Timer(seconds, _end, (process, late))
        feeder = threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True)
        keeper = threading.Thread(target=_keep, args=(process.stderr, complaints), daemon=True)
        for helper in (timer, feeder, keeper):
            helper.start()
        try:
            said = _read(process.stdout, most)
            status = process.wait()
        finally:
            timer.cancel()
            process.kill()
            for helper in (timer, feeder, keeper):
                helper.join()
    if late.is_set():
        raise TooSlow
    return Finished(status, said, b"".join(complaints))


def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _feed(stream: IO[bytes] | None, data: bytes) -> None:
    """Hand over all of standard input."""
    with suppress(OSError, ValueError):  # it ended without reading on
        if stream is not None:
            with stream:
                stream.write(data)


def _keep(stream: IO[bytes] | None, kept: list[bytes]) -> None:
    """Read standard error to its end, and keep the beginning."""
    while stream is not None and (chunk := stream.read(_CHUNK)):
        if not kept:
            kept.append(chunk)


def _read(stream: IO[bytes] | None, most: int) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while stream is not None and (chunk := stream.read(_CHUNK)):
        total += len(chunk)
        if total > most:
            raise TooMuch
        chunks.append(chunk)
    return b"".join(chunks)
