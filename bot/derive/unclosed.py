"""Files put in place of others before they are complete: renamed inside the block that still has them open for writing.

What is written goes through a buffer; until the file is closed the last part of it is not in the file.
"""

from __future__ import annotations

import re
from typing import Final

from ..model import Fact, Value
from .calls import argument, method, receiver
from .conventions import is_test_code
from .reading import Reading
from .replacing import truncates

_SPACE: Final = re.compile(r"\s+")
_COMPLETES: Final = frozenset({"flush", "close", "fsync"})


def derive(reading: Reading) -> None:
    """Write `still_open` and where the file is opened onto calls that rename a file inside its own with-block."""
    if is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        if "file.rename" not in call.roles:
            continue
        source = _spelled(argument(call, ("src", "source"), (0,)), reading)
        for block in (a for a in reading.facts.ancestors(call) if a.kind == "with"):
            opened = _opened(block, source, reading)
            if opened is not None and not _completed(block, call, reading):
                call.attributes.update(still_open=True, evidence=(("still open from here", opened.id),))


def _opened(block: Fact, source: str, reading: Reading) -> Fact | None:
    """The call in the head of a with-block that opens the file of this name for writing."""
    for value, _ in block.get("items", ()):
        made: Fact | None = reading.facts.all[value.call] if value.form == "call" and value.call >= 0 else None
        if made is None or "file.open" not in made.roles or not truncates(reading, made):
            continue
        owner = receiver(made)
        path = argument(made, ("file", "path", "name"), (0,))
        if source and source in (_spelled(path, reading), _spelled(owner, reading)):
            return made
    return None


def _spelled(value: Value | None, reading: Reading) -> str:
    return _SPACE.sub("", reading.facts.text(value)) if value is not None else ""


def _completed(block: Fact, call: Fact, reading: Reading) -> bool:
    """True where the file is flushed or closed by hand between its opening and the rename."""
    return any(method(c) in _COMPLETES and c.id < call.id for c in reading.facts.within(block, "call"))
