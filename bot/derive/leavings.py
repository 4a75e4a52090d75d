"""Ways out of a function that leave a goroutine of its own behind: returns between its start and the receive that it counts on."""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .reading import Reading

#: Loops that receive once for each of the goroutines that were started.
_COUNTED: Final = frozenset({"count", "each"})


def left_before(send: Fact, owner: Fact, receives: list[Fact], reading: Reading) -> Fact | None:
    """The first return behind the start of a sender from which some of its sends are not received; None where all are.

    One receive on the way to the return is enough for one sender. Of senders that a loop starts, a loop receives: a return in
    the midst of that leaves the rest.
    """
    started = _started(send, owner, reading)
    if started is None:
        return None
    many = reading.facts.enclosing(started, "loop") is not None
    for leaving in reading.facts.within(owner, "return"):
        if leaving.id < reading.facts.ends(started) or _fails_to_start(leaving, started, reading):
            continue
        before = [r for r in receives if r.id < leaving.id or reading.facts.inside(r, leaving)]
        passed = [r for r in before if _is_on_the_way(r, leaving, reading, many=many)]
        if not passed or (many and any(_in_the_same_round(r, leaving, reading) for r in passed)):
            return leaving
    return None


def _started(send: Fact, owner: Fact, reading: Reading) -> Fact | None:
    """The spawn (or call that runs a closure) in the owner that the send belongs to."""
    inner = next((f for f in reading.facts.functions(send) if reading.facts.function(f) is owner), None)
    return reading.facts.enclosing(inner, "spawn", barrier=("function", "block")) if inner is not None else None


def _fails_to_start(leaving: Fact, started: Fact, reading: Reading) -> bool:
    """True for a return in another arm of the branch that starts the sender."""
    around = reading.facts.all[started.parent]
    arms = [a for a in (around, *reading.facts.ancestors(started)) if a.kind == "block" and a.get("arm")]
    return any(
        reading.facts.all[arm.parent].kind == "branch"
        and reading.facts.inside(leaving, reading.facts.all[arm.parent])
        and not reading.facts.inside(leaving, arm)
        for arm in arms
    )


def _is_on_the_way(receive: Fact, leaving: Fact, reading: Reading, *, many: bool) -> bool:
    """True when whoever comes to the return has come by the receive: every fork around the one is around the other."""
    around = {a.id for a in reading.facts.ancestors(leaving)}
    return all(a.id in around or a is leaving for a in _forks(receive, reading, many=many))


def _forks(fact: Fact, reading: Reading, *, many: bool) -> list[Fact]:
    """The arms and loops around a fact. Of many senders a counted loop receives everything: it is no fork."""
    found: list[Fact] = []
    for above in reading.facts.ancestors(fact):
        if above.kind == "function":
            break
        loop = above if above.kind == "loop" else reading.facts.all[above.parent]
        whole = loop.kind == "loop" and (loop.get("style") == "forever" or (many and loop.get("style") in _COUNTED))
        if above.kind in ("block", "loop") and not whole:
            found.append(above)
    return found


def _in_the_same_round(receive: Fact, leaving: Fact, reading: Reading) -> bool:
    loop = reading.facts.enclosing(receive, "loop")
    return loop is not None and loop.get("style") in _COUNTED and reading.facts.inside(leaving, loop)
