"""Flags: a loop that asks for a plain field at each turn, which another thread sets to end it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .conventions import is_test_code, lifecycle
from .reading import Reading

_SEEN_BY_ALL: Final = frozenset({"volatile", "final"})
_THREADS: Final = frozenset({"thread", "pool", "later"})


def derive(reading: Reading) -> None:
    """Write `unseen_flag` with the name of the flag, and where it is set as `evidence`, onto loops of a thread."""
    if reading.language.name != "java" or is_test_code(reading):
        return
    for loop in reading.facts.of("loop"):
        condition: Value | None = loop.get("condition")
        function = reading.facts.function(loop)
        if condition is None or function is None or not _of_a_thread(function, reading) or _locks(loop, reading):
            continue
        for name in _asked(condition):
            setter = _set_elsewhere(name, loop, function, reading)
            if setter is not None:
                loop.attributes.update(unseen_flag=True, flag=name, evidence=(("set by another thread", setter.id),))
                break


def _asked(condition: Value) -> Iterator[str]:
    """The plain names that alone, negated or joined with others make up a condition."""
    if condition.form == "operation" and condition.operator in ("!", "&&", "||"):
        for part in condition.parts:
            yield from _asked(part)
    elif condition.form in ("name", "member"):
        yield condition.path.removeprefix("this.")


def _of_a_thread(function: Fact, reading: Reading) -> bool:
    """True for the body of a thread or task."""
    if "synchronized" in function.get("modifiers", ()):
        return False
    if function.get("closure"):
        consumer = function.get("consumer", -1)
        call = reading.facts.all[consumer] if isinstance(consumer, int) and consumer >= 0 else None
        api = call.get("api") if call is not None and call.kind == "call" else None
        return api is not None and api.callback in _THREADS
    return function.get("name") in ("run", "call") and not function.get("parameters")


def _locks(loop: Fact, reading: Reading) -> bool:
    """True where the loop stands in a lock, or takes one at its turns: then what others write is seen."""
    return (
        reading.facts.enclosing(loop, "lock") is not None
        or any(True for _ in reading.facts.within(loop, "lock"))
        or any("lock.acquire" in c.roles for c in reading.facts.within(loop, "call"))
    )


def _set_elsewhere(name: str, loop: Fact, function: Fact, reading: Reading) -> Fact | None:
    """The assignment in a stop or setter that ends the loop, where the name is a plain field."""
    owner = reading.facts.class_of(loop)
    declared: list[Fact] = []
    while owner is not None and not declared:
        declared = [f for f in reading.facts.children(owner) if f.kind == "field" and f.get("name") == name]
        owner = owner if declared else reading.facts.class_of(owner)
    if not declared:
        return None
    field = declared[0]
    if field.get("type") != "boolean" or _SEEN_BY_ALL & set(field.get("modifiers", ())):
        return None
    written = [m.fact for path in (name, f"this.{name}") for m in reading.mentions.of(path, owner) if m.how == "target"]
    return next((w for w in written if _ends_it(w, function, reading)), None)


def _ends_it(written: Fact, function: Fact, reading: Reading) -> bool:
    setter = reading.facts.function(written)
    if setter is None or setter is function or reading.facts.inside(written, function):
        return False
    return lifecycle(setter) == "stop" or str(setter.get("name", "")).startswith("set")
