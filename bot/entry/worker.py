"""A process that judges texts for another one: `python -P -m bot.entry.worker`, speaking over its pipes.

It is set up with a repository's own rules and API files, and has little memory and no other task, so that a parser
that crashes or runs wild takes nothing with it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

import msgspec

from .. import bundle
from ..adapters.cache import user_cache
from ..adapters.limits import end_after, limit_memory
from ..adapters.workers import read_frame, write_frame
from ..judge import Judgement, decode_source, encode, judge
from ..kit import Engine, engine_of

COMMAND: Final = (sys.executable, "-P", "-m", "bot.entry.worker")


class Setup(msgspec.Struct):
    """The first frame: a repository's own texts by name, bytes of memory, seconds of computing for a text, and whether fixes are wanted."""

    rules: dict[str, str]
    apis: dict[str, str]
    memory: int
    seconds: float
    fixes: bool


def main() -> None:
    """Judge until the other side closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us, and ends us through the pipe
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    first = read_frame(stdin)
    if first is None:
        return
    setup = msgspec.json.decode(first, type=Setup)
    limit_memory(setup.memory)
    bundle.keep_in(user_cache(os.environ))
    engine = engine_of(setup.rules, setup.apis)
    write_frame(stdout, b"")
    while (frame := read_frame(stdin)) is not None:
        end_after(setup.seconds)
        answer = encode(_judged(frame, engine, fixes=setup.fixes))
        end_after(0)
        write_frame(stdout, answer)


def _judged(frame: bytes, engine: Engine, *, fixes: bool) -> Judgement:
    source = decode_source(frame)
    try:
        return judge(source, engine, fixes=fixes)
    except MemoryError:
        return Judgement(fault="out of memory")


if __name__ == "__main__":
    main()
