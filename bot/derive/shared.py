"""Shared: objects that two threads must not use at once, kept where all threads find them."""

from __future__ import annotations

from ..model import Fact
from .calls import argument, spreads
from .conventions import is_test_code
from .mentions import Mention
from .reading import Reading


def derive(reading: Reading) -> None:
    """Write `shared_unsafely` onto fields, file-level assignments, and decorators that keep such an object behind a function."""
    if is_test_code(reading):
        return
    for fact in reading.facts.of("field", "assignment"):
        if _is_global(fact, reading) and _is_unsafe(fact, reading):
            used = [
                m.fact
                for name in _names(fact)
                for m in reading.mentions.of(name)
                if m.how == "receiver" and _unguarded(m, reading)
            ]
            if used:
                fact.attributes.update(
                    shared_unsafely=True, held=_names(fact)[0], evidence=(("used without a lock", used[0].id),)
                )

    for call in reading.facts.of("call"):
        if _decorates_unlocked(call, reading):
            call.attributes.update(shared_unsafely=True, held=reading.facts.text(call.get("callee")))


def _decorates_unlocked(call: Fact, reading: Reading) -> bool:
    """A decorator that keeps an unsafe object for all callers of a function, and was given no lock for it."""
    api = call.get("api")
    lock = api.fields.get("lock_argument") if api is not None else None
    consumer = call.get("consumer", -1)
    if not lock or call.get("use") != "item" or consumer < 0 or spreads(call):
        return False
    function = reading.facts.all[consumer]
    return function.kind == "function" and not function.get("asynchronous") and argument(call, (str(lock),)) is None


def _names(fact: Fact) -> tuple[str, ...]:
    if fact.kind == "field":
        return (str(fact.get("name")),)
    return tuple(t.path for t in fact.get("targets", ()) if t.form == "name")


def _is_global(fact: Fact, reading: Reading) -> bool:
    """True for what exists once for all threads: a static field, or a variable of the file."""
    if reading.facts.function(fact) is not None:
        return False
    return "static" in fact.get("modifiers", ()) or reading.facts.class_of(fact) is None


def _is_unsafe(fact: Fact, reading: Reading) -> bool:
    value = fact.get("value")
    if value is not None and value.form == "call":
        return "thread.unsafe" in reading.facts.all[value.call].roles
    declared = reading.names.qualify(str(fact.get("type", ""))) if fact.get("type") else ""
    return any("thread.unsafe" in t.roles for t in reading.knowledge.lineage(declared))


def _unguarded(mention: Mention, reading: Reading) -> bool:
    """True for a use in a function that takes no lock."""
    function = reading.facts.function(mention.fact)
    if (
        function is None
        or "synchronized" in function.get("modifiers", ())
        or reading.facts.enclosing(mention.fact, "lock", "with") is not None
    ):
        return False
    if str(function.get("name", "")) in ("main", "init") or "lock" in str(function.get("name", "")).lower():
        return False
    return not any("lock.acquire" in c.roles for c in reading.facts.within(function, "call"))
