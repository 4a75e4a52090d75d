"""Hosts: in which closure of a function something stands, whether that runs before the function is left, what ends it for good."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..model import Fact
from .calls import method
from .reading import Reading

_LEAVES: Final = ("process.exit", "panic")
_FATAL: Final = frozenset({"Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "Goexit"})


def host_of(reading: Reading, fact: Fact, function: Fact) -> Fact:
    """The fact itself, or the outermost closure (or anonymous class) of the function that it stands in."""
    host = fact
    for above in reading.facts.ancestors(fact):
        if above.id == function.id:
            return host
        if above.kind in ("function", "class"):
            host = above
    return host


def is_deferred(reading: Reading, closure: Fact) -> bool:
    """A closure that runs when the function ends, or on the spot."""
    if closure.get("use") == "deferred":
        return True
    above = reading.facts.all[closure.parent]
    return above.kind == "call" and (
        above.get("use") == "deferred"
        or (
            above.get("callee") is not None and above.get("callee").call == closure.id and above.get("use") != "spawned"
        )
    )


def ends_of(reading: Reading, function: Fact) -> frozenset[int]:
    """The calls after which nothing of the function runs: they end the process or this thread of control."""
    calls: Iterable[Fact] = reading.facts.within(function, "call")
    return frozenset(c.id for c in calls if c.roles & set(_LEAVES) or method(c) in _FATAL)
