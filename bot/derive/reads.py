"""Reads that cost more than they seem to: subscripts that insert, streams without end and bodies of any size taken in whole.

Written as `inserts` onto index facts and as `drains` onto calls.
"""

from __future__ import annotations

from typing import Final

from ..model import UNKNOWN, Fact, Value
from .bounds import limit_of
from .calls import argument, method, receiver
from .entries import entry_of
from .reading import Reading

_LISTS: Final = frozenset({"builtins.list", "builtins.tuple", "builtins.set", "builtins.sorted"})


def derive(reading: Reading) -> None:
    """Judge each subscript that reads, and each call that takes everything."""
    for call in reading.facts.of("call"):
        if "stream.read-all" in call.roles or (call.get("name") in _LISTS):
            drained = _drained(call, reading)
            if drained:
                call.attributes["drains"] = drained
    for index in reading.facts.of("index"):
        if index.get("mode") == "read":
            index.attributes["inserts"] = _inserts(index, reading)


def _inserts(index: Fact, reading: Reading) -> bool:
    """True for a subscript that only reads a long-lived map whose reads insert, under a key from outside."""
    held, keys = index.get("object"), index.get("keys", ())
    if held is None or held.form != "member" or not keys or entry_of(index, reading) in ("module", "constructor"):
        return False
    bindings = reading.names.field_bindings(held, index)
    makers = [
        reading.facts.all[b.value.call]
        for b in bindings
        if b.value is not None and b.value.form == "call" and b.value.call >= 0
    ]
    if not makers or not any("collection.default" in m.roles for m in makers) or keys[0].constant is not UNKNOWN:
        return False
    return (
        _only_read(index, reading)
        and not _tested_before(held, index, reading)
        and not _walks(held, keys[0], index, reading)
    )


def _only_read(index: Fact, reading: Reading) -> bool:
    """True when what the subscript gives is looked through, not filled: iterated, searched, counted."""
    above = reading.facts.all[index.parent]
    used = next(
        (
            m
            for m in reading.mentions.of(f"{index.get('object').path}[]")
            if m.fact.id == above.id or m.value.span == index.span
        ),
        None,
    )
    if above.kind == "call":
        owner = receiver(above)
        if owner is not None and owner.span == index.span:
            return method(above) in ("items", "values", "keys", "get", "index", "count", "copy")
        return method(above) in ("len", "any", "all", "sorted", "list", "sum", "max", "min")
    return above.kind == "loop" and used is not None and used.how == "iterated"


def _tested_before(held: Value, index: Fact, reading: Reading) -> bool:
    function = reading.facts.function(index)
    if function is None:
        return False
    if any(m.how == "compared" for m in reading.mentions.of(held.path, function)):
        return True
    return any(
        other.get("mode") == "write" and other.get("object").path.startswith(held.path)
        for other in reading.facts.within(function, "index")
    )


def _walks(held: Value, key: Value, index: Fact, reading: Reading) -> bool:
    """True when the keys come out of the map itself."""
    return any(
        loop.get("iterable") is not None and loop.get("iterable").path.startswith(held.path)
        for loop in reading.facts.ancestors(index)
        if loop.kind == "loop" and any(t.path == key.path for t in loop.get("targets", ()))
    )


def _drained(call: Fact, reading: Reading) -> str:
    """What is taken in whole: "endless" (a stream without end made into a list), "body" (an incoming request's, without limit), or ""."""
    arguments = call.get("arguments", ())
    if "stream.read-all" not in call.roles:
        value = arguments[0].value if len(arguments) == 1 else None
        made = reading.facts.all[value.call] if value is not None and value.form == "call" and value.call >= 0 else None
        api = made.get("api") if made is not None else None
        return "endless" if api is not None and api.fields.get("unbounded_results") else ""
    if entry_of(call, reading) != "handler" or limit_of(call, reading) in ("given", "default"):
        return ""
    source = receiver(call) if reading.language.name != "go" else (arguments[0].value if arguments else None)
    return "body" if _is_body(source, call, reading) else ""


def _is_body(source: Value | None, call: Fact, reading: Reading) -> bool:
    if source is None:
        return False
    kind = reading.knowledge.types.get(reading.names.type_of(source, call))
    if kind is not None and "request.body" in kind.roles:
        return not any(
            argument(c, (), (1,)) is not None and "MaxBytes" in str(c.get("name", "")) for c in reading.facts.of("call")
        )
    return source.form == "call" and source.call >= 0 and "request.body" in reading.facts.all[source.call].roles
