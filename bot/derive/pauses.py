"""Pauses: how a piece of code waits before it goes on: not at all, always as long, or longer each time; and whether by chance.

A same-file function that is called counts, one call deep.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ..model import UNKNOWN, Duration, Fact, Value
from .calls import method, receiver
from .conventions import words
from .reading import Reading

_ROLES: Final = frozenset(
    {
        "sleep",
        "wait",
        "wait.future",
        "timer.create",
        "limiter.wait",
        "queue.get",
        "semaphore.acquire",
        "retry.wait",
        "pool.schedule",
        "thread.join",
    }
)
_WORDS: Final = frozenset(
    [
        "sleep",
        "wait",
        "waits",
        "backoff",
        "delay",
        "pause",
        "await",
        "awaits",
        "throttle",
        "cooldown",
        "park",
        "poll",
        "tick",
        "sleeper",
        "waiter",
        "debounce",
        "retry",
        "retrier",
        "propagate",
    ]
)
_GROWTH: Final = frozenset({"*", "**", "<<", "*=", "<<=", "**="})


class Pause(Struct, frozen=True):
    """`delay`: "none", "constant", "growing" or "unknown"; `jitter`: "none", "random" or "unknown"; `call` is what waits, -1 for none.

    `plain` is True when every wait is a sleep that nothing can cut short.
    """

    delay: str
    jitter: str
    call: int
    seconds: float | None
    plain: bool


def pause_in(region: Fact, reading: Reading) -> Pause:
    """How the code below `region` waits."""
    found = list(waits(region, reading))
    if not found:
        return Pause("none", "none", -1, None, plain=False)
    jitter = "random" if any(_random(f) for f in _reached(region, reading)) else "none"
    known = [w for w in found if w.kind == "call" and w.roles & {"sleep"}]
    plain = bool(known) and len(known) == len(found)
    delays = {_delay(w, region, reading) for w in known}
    delay = (
        "growing" if "growing" in delays else "unknown" if not known or not plain or "unknown" in delays else "constant"
    )
    seconds = next((s for w in known if (s := w.get("deadline_seconds")) is not None), None)
    if jitter == "none" and delay == "unknown":
        jitter = "unknown"
    return Pause(delay, jitter, found[0].id, seconds if isinstance(seconds, float) else None, plain)


def _reached(region: Fact, reading: Reading) -> Iterator[Fact]:
    """The calls and receives of a region, and those of the same-file functions that it calls."""
    for fact in reading.facts.within(region, "call", "receive", closures=True):
        yield fact
        target = fact.get("target", -1) if fact.kind == "call" else -1
        if target >= 0:
            yield from reading.facts.within(reading.facts.all[target], "call", "receive")


def waits(region: Fact, reading: Reading) -> Iterator[Fact]:
    """What waits below `region`, one call deep into the functions of this file."""
    for fact in _reached(region, reading):
        if fact.kind == "receive" or fact.roles & _ROLES or _sounds(fact):
            yield fact


def _sounds(call: Fact) -> bool:
    """A call that nobody knows, named like a wait (`self._backoff(n)`, `retryPolicy.sleep()`, `backoff.Next()`)."""
    if call.roles & {"log", "log.error", "random", "least", "exponent"} or call.get("constructor"):
        return False
    owner = receiver(call)
    said = {*words(method(call)), *(words(owner.path.rsplit(".", 1)[-1]) if owner is not None else ())}
    return (bool(said & _WORDS) and not said & {"set", "get"}) or {"back", "off"} <= said


def _random(fact: Fact) -> bool:
    return fact.kind == "call" and (
        "random" in fact.roles or bool({"jitter", "random", "rand", "jittered"} & set(words(method(fact))))
    )


def _delay(call: Fact, region: Fact, reading: Reading) -> str:
    """Says "growing" when the length changes by a factor from turn to turn, "constant" when it can't change."""
    arguments = call.get("arguments", ())
    if not arguments:
        return "constant" if reading.facts.inside(call, region) else "unknown"
    return _grows([a.value for a in arguments], call, region, reading, 0)


def _grows(values: list[Value], at: Fact, region: Fact, reading: Reading, depth: int) -> str:
    answers = set()
    for value in values:
        answers.add(_grows_one(value, at, region, reading, depth))
    return next((a for a in ("growing", "unknown") if a in answers), "constant")


def _grows_one(value: Value, at: Fact, region: Fact, reading: Reading, depth: int) -> str:
    if value.constant is not UNKNOWN or isinstance(reading.constant(value, at), int | float | Duration):
        return "constant"
    if value.form == "operation":
        inner = _grows(list(value.parts), at, region, reading, depth)
        return "growing" if value.operator in ("**", "<<", "*") and _changes(value, region, reading) else inner
    if value.form == "call":
        call = reading.facts.all[value.call]
        if "exponent" in call.roles:
            return "growing"
        return (
            _grows([a.value for a in call.get("arguments", ())], at, region, reading, depth)
            if call.roles or call.get("arguments")
            else "unknown"
        )
    if value.form in ("name", "member") and depth < 3:
        made = [
            m.fact for m in reading.mentions.of(value.path, region) if m.how == "target" and m.fact.kind == "assignment"
        ]
        if not made:
            return "constant"
        if any(m.get("operator") in _GROWTH for m in made):
            return "growing"
        return _grows([m.get("value") for m in made if m.get("value") is not None], at, region, reading, depth + 1)
    return "unknown"


def _changes(value: Value, region: Fact, reading: Reading) -> bool:
    """True when an operand is set anew in each turn, or counts them."""
    for part in value.parts:
        if part.path and any(m.how == "target" for m in reading.mentions.of(part.path, region)):
            return True
        if part.path and any(m.how == "target" and m.fact is region for m in reading.mentions.of(part.path)):
            return True
        if part.parts and _changes(part, region, reading):
            return True
    return False
