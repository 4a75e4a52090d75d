"""Locks given back in the wrong way: a read lock by the writers' method (or the other way round), or one that was not taken at all.

Only pairs that stand directly behind one another are looked at: the taking and the release that is put off to the function's end.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .calls import method, receiver
from .reading import Reading

#: What was called first -> the releases that do not belong to it, and what is wrong.
_WRONG: Final = {
    "RLock": {"Unlock": "a read lock is taken and the write lock is given back"},
    "Lock": {"RUnlock": "the write lock is taken and a read lock is given back"},
    "Unlock": {"Unlock": "the lock is given back twice and never taken"},
    "RUnlock": {"RUnlock": "the lock is given back twice and never taken"},
}


def derive(reading: Reading) -> None:
    """Write `mislocked` onto a deferred release that does not fit the line before it."""
    text = reading.facts.source.text
    if reading.language.errors != "values" or not ("RUnlock(" in text or "sync." in text):
        return
    previous: dict[int, Fact] = {}
    for call in reading.facts.of("call"):
        owner = receiver(call)
        if owner is None or not owner.path or call.get("use") not in ("dropped", "deferred"):
            continue
        place = _statement(call, reading)
        before, previous[place.parent] = previous.get(place.parent), call
        if call.get("use") != "deferred" or before is None or before.get("use") != "dropped":
            continue
        first = receiver(before)
        wrong = _WRONG.get(method(before), {}).get(method(call), "")
        adjacent = call.span.line - before.span.end_line <= 1
        if (
            wrong
            and adjacent
            and first is not None
            and first.path == owner.path
            and _has_readers(method(call), reading)
        ):
            call.attributes.update(mislocked=True, mislock=wrong, evidence=(("the call before it", before.id),))


def _statement(call: Fact, reading: Reading) -> Fact:
    above = reading.facts.all[call.parent]
    return above if above.kind == "defer" else call


def _has_readers(name: str, reading: Reading) -> bool:
    """File locks and the like give back readers and writers by one method; where the file knows two, the lock has both."""
    return name == "RUnlock" or "RUnlock(" in reading.facts.source.text or "sync.RWMutex" in reading.facts.source.text
