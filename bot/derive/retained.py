"""Retained exceptions: a caught exception put into a container that outlives the handler keeps every local of every frame alive."""

from __future__ import annotations

from ..model import Fact, Value
from .calls import method, receiver
from .conventions import words
from .mentions import Mention
from .reading import Reading

_PUTS = frozenset(
    {
        "append",
        "appendleft",
        "add",
        "put",
        "put_nowait",
        "push",
        "insert",
        "setdefault",
        "offer",
        "addLast",
        "addFirst",
        "extend",
    }
)


def derive(reading: Reading) -> None:
    """Write `retains` (the fact that stores it, -1 if none) and `retained` onto each handling of a caught exception."""
    for handling in reading.facts.of("handling"):
        handling.attributes["retained"] = False
        variable = handling.get("variable")
        if handling.get("style") != "catch" or not variable or handling.get("body", -1) < 0:
            continue
        body = reading.facts.all[handling.get("body")]
        stored = next((m.fact for m in reading.mentions.of(str(variable), body) if _stores(reading, m)), None)
        if stored is not None:
            handling.attributes.update(retained=True, retains=stored.id)


def _stores(reading: Reading, mention: Mention) -> bool:
    """True when the exception itself goes into a container in a field of this object."""
    fact = mention.fact
    if mention.how in ("element", "argument") and fact.kind == "call" and method(fact) in _PUTS:
        owner = receiver(fact)
        kept = any(_holds(a.value, mention.path) for a in fact.get("arguments", ())) and not _is_handed_on(fact)
        return kept and owner is not None and owner.form == "member" and _of_this(reading, owner.path, fact)
    if mention.how in ("assigned", "element") and fact.kind == "assignment":
        return _holds(fact.get("value"), mention.path) and any(
            t.form == "index" and t.parts and t.parts[0].form == "member" and _of_this(reading, t.parts[0].path, fact)
            for t in fact.get("targets", ())
        )
    return False


def _is_handed_on(call: Fact) -> bool:
    """True for a queue, whose other end takes the exception out and raises or tells it."""
    owner = receiver(call)
    return bool(call.get("awaited")) or (owner is not None and "queue" in words(owner.path.rsplit(".", 1)[-1]))


def _holds(value: Value | None, path: str) -> bool:
    """True when a value is this very object or a collection with it inside; a text made from it holds nothing."""
    if value is None:
        return False
    return value.path == path or (value.form in ("collection", "mapping") and any(_holds(p, path) for p in value.parts))


def _of_this(reading: Reading, path: str, at: Fact) -> bool:
    return bool(reading.names.self_type(path.split(".", 1)[0], at))
