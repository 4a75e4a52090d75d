"""A child process that may neither take longer nor print more than it is allowed to."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from msgspec import Struct, field

_CHUNK: Final = 1_000_000  # bytes that are read at once
_LONGEST_COMPLAINT: Final = 10_000  # bytes of standard error that are kept
_ENDING: Final = 1.0  # seconds for what is left of a process that has ended or was killed


class TooSlow(Exception):
    """The process was ended because its time was over."""


class TooMuch(Exception):
    """The process was ended because it printed more than it may."""


class BrokenOff(Exception):
    """What the process printed was lost on the way."""


class Finished(Struct, frozen=True):
    """How a process ended: its exit status, and what it printed on both streams."""

    status: int
    said: bytes
    complaint: bytes


class _Kept(Struct):
    """What a stream gives, up to `most` bytes; what comes then is read and dropped, so that nobody waits to print it."""

    most: int
    over: Callable[[], None]
    chunks: list[bytes] = field(default_factory=list)
    total: int = 0
    whole: bool = False

    def fill(self, stream: IO[bytes]) -> None:
        with suppress(OSError, ValueError):  # it was closed, because nobody waits any more
            while chunk := stream.read(_CHUNK):
                self.chunks.append(chunk[: max(self.most - self.total, 0)])
                self.total += len(chunk)
                if self.total > self.most:
                    self.over()
            self.whole = chunk == b""


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    stdin: bytes,
    *,
    seconds: float,
    most: int,
    group: bool = False,
) -> Finished:
    """Run a command to its end. Raises TooSlow after `seconds`, TooMuch over `most` bytes, BrokenOff, OSError where it can't start.

    A process that the command leaves behind may hold the pipes open: it is not waited for beyond that time. With `group`
    such a process is ended, too, when the command itself has to be (not on Windows).
    """
    if seconds <= 0:
        raise TooSlow
    until = time.monotonic() + seconds
    pipe = subprocess.PIPE
    # Without buffers: the lock of one would let closing the pipe wait for whoever reads it.
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        bufsize=0,
        start_new_session=group,
    )
    said, complaint = _Kept(most, process.kill), _Kept(_LONGEST_COMPLAINT, lambda: None)
    try:
        # In threads, because the process may print on one stream while it waits for, or has filled, another one.
        _start(_feed, process.stdin, stdin)
        reader, keeper = _start(said.fill, process.stdout), _start(complaint.fill, process.stderr)
        reader.join(seconds)
        if said.total > most:
            raise TooMuch
        if reader.is_alive():
            raise TooSlow
        if not said.whole:  # the pipe broke off: what came before is no answer
            raise BrokenOff
        status = process.wait(max(until - time.monotonic(), 0))
        keeper.join(_ENDING)
    except subprocess.TimeoutExpired:
        raise TooSlow from None
    finally:
        _end(process, group=group)
    return Finished(status, b"".join(said.chunks), b"".join(complaint.chunks))


def _start(work: Callable[..., None], *given: Any) -> threading.Thread:
    thread = threading.Thread(target=work, args=given, daemon=True)
    thread.start()
    return thread


def _feed(stream: IO[bytes], data: bytes) -> None:
    """Hand over all of standard input."""
    left = memoryview(data)
    with suppress(OSError, ValueError), stream:  # it may end without reading on
        while left:
            left = left[stream.write(left) :]


def _end(process: subprocess.Popen[bytes], *, group: bool) -> None:
    if (
        group and hasattr(os, "killpg") and process.poll() is None
    ):  # while it is not waited for, its id is nobody else's
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    with suppress(subprocess.TimeoutExpired):  # the system is slow to take it away
        process.wait(_ENDING)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
