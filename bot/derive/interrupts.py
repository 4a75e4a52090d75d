"""Interrupts: loops that can no longer be stopped by one, and loops that one makes spin.

A blocking call that finds the flag of its thread set throws, and clears the flag. A handler for all failures that logs and goes on
has lost it (`drops_cancellation`, `lost`, `sequel` on the `handling` fact); one that sets the flag again and goes on makes each
further wait of the loop throw at once (`spins`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Duration, Fact, Value
from .calls import method, receiver
from .conventions import lifecycle, words
from .reading import Reading
from .sequels import STATES, is_bounded, only_pauses, sequel_of

_INTERRUPT: Final = "java.lang.InterruptedException"
_GOES_ON: Final = frozenset({"swallow", "log", "wait", "continue", "other"})


def derive(reading: Reading) -> None:
    """Judge the handlers of failures that stand in a loop around a call that an interrupt ends."""
    for fact in reading.facts.of("handling"):
        if fact.get("style") != "catch" or fact.get("outcome") not in _GOES_ON:
            continue
        loop = _loop(fact, reading)
        if loop is None:
            continue
        kinds = fact.get("kinds", frozenset())
        if "interrupt" in kinds:
            fact.attributes["spins"] = bool(fact.get("restores")) and _spins(fact, loop, reading)
        elif kinds & {"broad", "base"} and _takes_interrupt(fact, reading) and _must_listen(fact, loop, reading):
            fact.attributes["lost"] = "the interrupt"
            if sequel_of(fact, reading) == "loop":
                fact.attributes.update(drops_cancellation=True, sequel="loop")


def _loop(fact: Fact, reading: Reading) -> Fact | None:
    """The loop of the same function that a handler stands in."""
    above = next((a for a in reading.facts.ancestors(fact) if a.kind in ("loop", "function")), None)
    return above if above is not None and above.kind == "loop" else None


def _spins(fact: Fact, loop: Fact, reading: Reading) -> bool:
    """True where the loop goes round again with the flag set, and no state that a stop sets, nor the flag, ends it."""
    if loop.get("style") == "each" or not any(_waits(fact, reading)) or _asks(loop, reading):
        return False
    if only_pauses(fact, reading) and (is_bounded(loop) or _leaves(loop, reading)):
        return False  # it only works on without its pauses
    condition: Value | None = loop.get("condition")
    named = set(words(reading.facts.text(condition))) if condition is not None else set()
    return not named & STATES and sequel_of(fact, reading, flags=False) != "ends"


def _leaves(loop: Fact, reading: Reading) -> bool:
    return any(True for _ in reading.facts.within(loop, "break", "return", "raise"))


def _asks(loop: Fact, reading: Reading) -> bool:
    return any("interrupt.test" in c.roles for c in reading.facts.within(loop, "call"))


def _takes_interrupt(fact: Fact, reading: Reading) -> bool:
    """True when an interrupt of what is guarded arrives at this handler, which has no answer of its own for it."""
    above = reading.facts.all[fact.parent]
    handlers = [h for h in reading.facts.children(above) if h.kind == "handler" and h.id < fact.anchor]
    body = reading.facts.text(reading.facts.all[fact.get("body")])
    return (
        any(_waits(fact, reading))
        and "nterrupted" not in body
        and not fact.get("restores")
        and not any("nterrupted" in name for h in handlers for name in h.get("types", ()))
    )


def _waits(fact: Fact, reading: Reading) -> Iterator[Fact]:
    """The calls of the guarded body that an interrupt ends, but for those whose own handler takes it."""
    guarded = reading.facts.all[fact.get("guarded", -1)] if fact.get("guarded", -1) >= 0 else None
    for call in reading.facts.within(guarded, "call") if guarded is not None else ():
        api = call.get("api")
        if api is None or _INTERRUPT not in api.raises:
            continue
        deadline = api.deadline
        untimed = deadline is not None and deadline.arity and len(call.get("arguments", ())) < deadline.arity
        if untimed and deadline is not None and isinstance(deadline.default, Duration):
            continue  # the overload that never waits
        if not _taken_inside(call, guarded, reading):
            yield call


def _taken_inside(call: Fact, guarded: Fact | None, reading: Reading) -> bool:
    """True when a try inside the guarded body takes the interrupt first."""
    for above in reading.facts.ancestors(call):
        if above is guarded:
            return False
        if above.kind == "try" and any(h.kind == "handler" for h in reading.facts.children(above)):
            return True
    return False


def _must_listen(fact: Fact, loop: Fact, reading: Reading) -> bool:
    """True for a loop that only an interrupt ends, in a file whose threads are stopped by one."""
    function = reading.facts.function(fact)
    if function is None or lifecycle(function) == "stop" or is_bounded(loop):
        return False
    return _asks(loop, reading) or any(_stops_threads(c) for c in reading.facts.of("call"))


def _stops_threads(call: Fact) -> bool:
    """True for the interrupt of another thread, and for the end of a pool."""
    owner = receiver(call)
    if method(call) == "interrupt":
        return owner is not None and "currentThread" not in owner.path
    return "pool.shutdown" in call.roles or "shutdown" in words(method(call)) or method(call) == "shutdownNow"
