"""Objects: where a value comes from, and what is called or set on it over its life in this file.

"Unknown" is an answer of its own: a parameter's object was made elsewhere, and nothing is said about how.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ..model import Fact, Value
from .calls import receiver
from .reading import Reading

_DEPTH = 6


class Origin(Struct, frozen=True):
    """The calls that made an object. `complete` is False when it may also come from somewhere that was not seen."""

    makers: tuple[Fact, ...]
    complete: bool


def origin(value: Value | None, at: Fact, reading: Reading, depth: int = 0) -> Origin:
    """Where the object that a value stands for was made."""
    if value is None or depth > _DEPTH:
        return Origin((), complete=False)
    if value.form == "call" or (value.form == "await" and value.call >= 0):
        return _made(reading.facts.all[value.call], reading, depth)
    if value.form == "operation" and value.operator in ("&", "?:", "or", "||"):
        parts = value.parts[1:] if value.operator == "?:" else value.parts
        return _together([origin(p, at, reading, depth + 1) for p in parts])
    if value.form in ("name", "member"):
        bindings = reading.names.bindings_of(value, at)
        real = [b for b in bindings if not (b.how == "declared" and b.value is None)]
        real = [
            b for b in real if not (b.value is not None and b.value.form == "constant" and b.value.constant is None)
        ]
        found = [] if real else _read_like_a_field(value, at, reading, depth)
        for binding in real:
            if binding.how in ("assigned", "declared", "item") and binding.value is not None and binding.index == 0:
                found.append(origin(binding.value, reading.facts.all[binding.at], reading, depth + 1))
            else:
                found.append(Origin((), complete=False))
        return _together(found)
    return Origin((), complete=False)


def _read_like_a_field(value: Value, at: Fact, reading: Reading, depth: int) -> list[Origin]:
    """Where a property's object was made: by what its function returns."""
    owner = reading.names.type_of(value.parts[0], at) if value.form == "member" and value.parts else ""
    function = reading.names.property_of(owner, value.path.rsplit(".", 1)[-1])
    returns = [r for r in reading.facts.within(function, "return") if r.get("values")] if function is not None else []
    return [origin(r.get("values")[0], r, reading, depth + 1) for r in returns]


def _made(call: Fact, reading: Reading, depth: int) -> Origin:
    """A call makes an object itself, hands its receiver on (a builder step), or asks a same-file function."""
    api = call.get("api")
    if api is not None and api.fields.get("pass_through"):
        return origin(receiver(call), call, reading, depth + 1)
    target = call.get("target", -1)
    if target >= 0 and api is None:
        returns = [r for r in reading.facts.within(reading.facts.all[target], "return") if r.get("values")]
        return _together([origin(r.get("values")[0], r, reading, depth + 1) for r in returns])
    return Origin((call,), complete=True)


def _together(origins: list[Origin]) -> Origin:
    makers = tuple(dict.fromkeys(m.id for o in origins for m in o.makers))
    facts = {m.id: m for o in origins for m in o.makers}
    return Origin(tuple(facts[i] for i in makers), complete=bool(origins) and all(o.complete for o in origins))


def chain(call: Fact, reading: Reading) -> Iterator[Fact]:
    """The calls on whose result this one is made, nearest first: `a().b().c()` gives b, then a."""
    current = receiver(call)
    while current is not None and current.form in ("call", "await") and current.call >= 0:
        fact = reading.facts.all[current.call]
        yield fact
        current = receiver(fact)


def holder(call: Fact, reading: Reading) -> tuple[str, Fact | None]:
    """The path that a call's result is kept under, and the fact in which it means that object ("" when not kept).

    A local is looked at within its function, a field within its class, anything else within the file.
    """
    consumer = call.get("consumer", -1)
    if call.get("use") not in ("assigned", "item") or consumer < 0:
        return "", None
    fact = reading.facts.all[consumer]
    if fact.kind == "with":
        alias = next((a for v, a in fact.get("items", ()) if v.call == call.id), "")
        return alias, reading.facts.function(fact)
    if fact.kind == "field":
        owner = reading.facts.class_of(fact)
        return str(fact.get("name", "")), owner or reading.facts.all[0]
    targets: tuple[Value, ...] = fact.get("targets", ())
    if not targets:
        return "", None
    path = targets[0].path
    return path, scope_of(path, fact, reading)


def scope_of(path: str, at: Fact, reading: Reading) -> Fact:
    """The fact inside which a path means the same object as at a place."""
    if "." in path:
        return reading.facts.class_of(at) or reading.facts.all[0]
    for function in reading.facts.functions(at):
        if path in reading.names.scopes.get(function.id, {}):
            return function
    return reading.facts.class_of(at) or reading.facts.all[0]


def settings_on(call: Fact, reading: Reading) -> dict[str, Fact]:
    """The settings that other calls make on the object that this call makes: in its chain, through its builder, on its name.

    Maps a setting ("deadline", "connect-deadline", "retries" ...) to the call or assignment that makes it.
    """
    found: dict[str, Fact] = {}
    for step in chain(call, reading):
        _note(step, found)
        found.update({k: v for k, v in _on_name(step, reading).items() if k not in found})
    first = receiver(call)
    if first is not None and first.form in ("name", "member"):
        for mention in reading.mentions.of(first.path, scope_of(first.path, call, reading)):
            if mention.how == "receiver":
                _note(mention.fact, found)
                for step in _later(mention.fact, reading):
                    _note(step, found)
        for maker in origin(first, call, reading).makers:
            for step in (maker, *chain(maker, reading)):
                _note(step, found)
    for key, fact in _on_name(call, reading).items():
        found.setdefault(key, fact)
    return found


def _on_name(call: Fact, reading: Reading) -> dict[str, Fact]:
    path, scope = holder(call, reading)
    found: dict[str, Fact] = {}
    if not path:
        return found
    for mention in reading.mentions.of(path, scope):
        if mention.how == "receiver":
            _note(mention.fact, found)
            for step in _later(mention.fact, reading):
                _note(step, found)
    for longer in reading.mentions.below(path, scope):
        if longer.how == "target" and longer.path != path:
            name = longer.path.rsplit(".", 1)[-1].lower()
            if "timeout" in name or "deadline" in name:
                found.setdefault("deadline", longer.fact)
            found.setdefault(f"field:{name}", longer.fact)
    return found


def _later(call: Fact, reading: Reading) -> Iterator[Fact]:
    """The calls made on this one's result: in `x.a().b()` the later call b of a."""
    current = call
    while current.get("use") == "receiver":
        above = reading.facts.enclosing(current, "call")
        if above is None:
            return
        yield above
        current = above


def _note(call: Fact, found: dict[str, Fact]) -> None:
    api = call.get("api")
    if api is not None and api.deadline is not None and len(call.get("arguments", ())) < (api.deadline.arity or 0):
        return  # the overload that sets nothing
    for setting in api.sets if api is not None else ():
        found.setdefault(setting, call)
