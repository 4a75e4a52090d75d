"""Ways: how control leaves a stretch of code: it falls through, or ends in a return, raise, break or continue.

A small walk over statements, not over paths: enough to tell whether success leaves a loop and failure stays in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Fact
from .handlers import error_tested
from .reading import Reading

FALL = "fall"
_JUMPS = frozenset({"return", "raise", "break", "continue"})
_ELSEWHERE = frozenset({"function", "class", "spawn", "defer", "comment"})


def ways(facts: Iterable[Fact], reading: Reading, *, smooth: bool = False) -> set[str]:
    """The ways through statements in order. With `smooth`, nothing among them fails: handlers and error branches are passed over."""
    found: set[str] = set()
    for fact in facts:
        one = _through(fact, reading, smooth=smooth)
        found |= one - {FALL}
        if FALL not in one:
            return found
    return found | {FALL}


def after(fact: Fact, loop: Fact, reading: Reading, *, smooth: bool = False) -> set[str]:
    """The ways from the end of a statement on, to the end of one turn of the loop around it (which is "continue")."""
    found: set[str] = set()
    current = fact
    while current.anchor != loop.anchor and current.parent >= 0:
        parent = reading.facts.all[current.parent]
        if parent.kind == "block" or parent.anchor == loop.anchor:
            one = ways(
                [s for s in reading.facts.children(parent) if s.id > reading.facts.ends(current)]
                if parent.kind == "block"
                else (),
                reading,
                smooth=smooth,
            )
            found |= one - {FALL}
            if FALL not in one:
                return found
        current = parent
    return found | {"continue"}


def _through(fact: Fact, reading: Reading, *, smooth: bool) -> set[str]:
    if fact.kind in _JUMPS:
        return {fact.kind}
    if fact.kind in _ELSEWHERE:
        return {FALL}
    if fact.roles & {"process.exit", "panic"}:
        return {"raise"}
    if fact.kind == "branch":
        return _branched(fact, reading, smooth=smooth)
    if fact.kind == "try":
        return _tried(fact, reading, smooth=smooth)
    if fact.kind == "loop":
        return _looped(fact, reading, smooth=smooth)
    return ways(reading.facts.children(fact), reading, smooth=smooth)


def _branched(fact: Fact, reading: Reading, *, smooth: bool) -> set[str]:
    blocks = [c for c in reading.facts.children(fact) if c.kind == "block"]
    if smooth and error_tested(fact.get("condition")):
        blocks = [b for b in blocks if b.get("arm") != "then"]
    arms = [ways(reading.facts.children(b), reading, smooth=smooth) for b in blocks]
    found = set().union(*arms) if arms else set()
    style = fact.get("style")
    if style != "select" and not any(b.get("arm") in ("else", "default") for b in blocks):
        found.add(FALL)
    if style in ("switch", "select", "type-switch") and "break" in found:
        found = (found - {"break"}) | {FALL}
    return found


def _tried(fact: Fact, reading: Reading, *, smooth: bool) -> set[str]:
    children = list(reading.facts.children(fact))
    body = [c for c in children if c.kind == "block" and c.get("arm") in ("body", "else")]
    found = ways(body, reading, smooth=smooth)
    handlers = [c for c in children if c.kind == "handler"]
    if handlers:
        found -= {"raise"}
    if not smooth:
        found = found.union(*(ways(reading.facts.children(h), reading) for h in handlers))
    last = ways([c for c in children if c.kind == "block" and c.get("arm") == "finally"], reading, smooth=smooth)
    return found if FALL in last else last


def _looped(fact: Fact, reading: Reading, *, smooth: bool) -> set[str]:
    """A loop inside: returns and raises travel out; it ends unless it runs for ever."""
    inner = ways(reading.facts.children(fact), reading, smooth=smooth)
    found = inner & {"return", "raise"}
    return found if fact.get("style") == "forever" and "break" not in inner else found | {FALL}
