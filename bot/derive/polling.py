"""Polling: loops that ask the same flag over and over, and waits for a condition that nobody tests again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .calls import argument, method
from .conventions import is_test_code, words
from .reading import Reading

_ASKS: Final = frozenset({"is", "has", "get", "load", "done", "cancelled", "locked"})
_YIELDS: Final = frozenset({"yield", "on_spin_wait", "onspinwait", "gosched"})
#: A longer pause between two looks is a schedule, not a wait for something that happens in this process; seconds.
_LONG: Final = 1.0


def derive(reading: Reading) -> None:
    """Write `busy` onto loops and `once` onto calls that wait for a condition outside a loop."""
    if is_test_code(reading):
        return
    for loop in reading.facts.of("loop"):
        found = _busy(loop, reading)
        if found:
            loop.attributes["busy"] = found
    for call in reading.facts.of("call"):
        if (
            "wait.condition" in call.roles
            and reading.facts.enclosing(call, "loop") is None
            and not _has_predicate(call)
            and not _only_waits(call, reading)
        ):
            call.attributes["once"] = True


def _only_waits(call: Fact, reading: Reading) -> bool:
    """True for a function that is this very wait under another name: its caller has the condition, and the loop."""
    function = reading.facts.function(call)
    inside = reading.facts.within(function, closures=True) if function is not None else ()
    return all(f is call or f.kind in ("block", "comment") for f in inside)


def _has_predicate(call: Fact) -> bool:
    """A wait with a time limit that is used as a pause that can be interrupted tests nothing."""
    return bool(call.get("arguments", ())) and argument(call, positions=(0,)) is not None


def _busy(loop: Fact, reading: Reading) -> str:
    """Answer "spin" for a loop that only asks, "sleep" for one that sleeps a moment between, "select" for an idle default arm."""
    body = [f for f in reading.facts.within(loop, closures=True) if f.kind not in ("block", "pass", "comment", "await")]
    if loop.get("style") == "forever":
        return "select" if _empty_default(loop, reading) else ""
    condition: Value | None = loop.get("condition")
    if (
        loop.get("style") != "while"
        or condition is None
        or condition.form == "constant"
        or not any(True for _ in _flags(condition))
    ):
        return ""
    if any(not _asks(v, reading) for v in _leaves(condition)):
        return ""
    acts = [f for f in body if not _in_condition(f, condition)]
    if all(f.kind == "call" and words(method(f))[:1] in (("yield",), ("gosched",), ("on",)) for f in acts):
        return "spin"
    if all(f.kind == "call" and f.roles & {"sleep", "log"} for f in acts) and any("sleep" in f.roles for f in acts):
        longest = max((float(f.get("deadline_seconds") or _LONG) for f in acts if "sleep" in f.roles), default=_LONG)
        return "sleep" if longest < _LONG else ""
    return ""


def _in_condition(fact: Fact, condition: Value) -> bool:
    return condition.span.start <= fact.span.start and fact.span.end <= condition.span.end


def _leaves(value: Value) -> Iterator[Value]:
    """The plain parts of a condition."""
    if value.form in ("operation", "await") and value.parts:
        for part in value.parts:
            yield from _leaves(part)
    else:
        yield value


def _flags(condition: Value) -> Iterator[Value]:
    return (v for v in _leaves(condition) if v.form in ("name", "member", "call"))


def _asks(value: Value, reading: Reading) -> bool:
    """True for a constant, a name, a field, or a call without arguments that only asks for a state."""
    if value.form in ("constant", "name", "member"):
        return True
    if value.form != "call":
        return False
    call = reading.facts.all[value.call]
    return (
        words(method(call))[0:1] != ()
        and words(method(call))[0] in _ASKS
        and not call.get("arguments")
        and "queue.get" not in call.roles
    )


def _empty_default(loop: Fact, reading: Reading) -> bool:
    """An endless loop whose select has a default arm that does nothing, with nothing else that could wait."""
    facts = reading.facts
    block = next((c for c in facts.children(loop) if c.kind == "block"), None)
    inner = list(facts.children(block)) if block is not None else []
    if len(inner) != 1 or inner[0].get("style") != "select":
        return False
    default = next((c for c in facts.children(inner[0]) if c.get("arm") == "default"), None)
    return default is not None and not [f for f in facts.within(default) if f.kind not in ("comment", "continue")]
