"""Owners: one record a class. Which fields hold something that must be ended, who made it, and whether any method ends it.

The class is the unit of shutdown: no look at a single function can tell that nobody stops what a constructor started.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct, field

from ..model import Fact, Value
from .calls import argument, method, receiver, spreads
from .closables import CLOSES, closers, sort
from .conventions import is_test_code, lifecycle, words
from .daemons import asks_for_daemons
from .mentions import Mention
from .reading import Reading
from .scopes import Binding

_DEPTH = 4
_KEEPS = frozenset({"register", "add", "manage", "track", "bind", "hook", "provide", "own", "adopt", "defer"})


class Owner(Struct):
    """A class: its methods, and for each field the calls that make what it holds."""

    name: str
    methods: list[Fact] = field(default_factory=list)
    fields: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))


def derive(reading: Reading) -> None:
    """Add an `owned` fact for each field that holds something to be ended, and an `ending` fact where a pool is shut down."""
    if is_test_code(reading):
        return
    by_last: dict[str, list[str]] = defaultdict(list)
    for owner in _owners(reading):
        if not owner.fields:
            continue
        if not by_last:
            for path in reading.mentions.paths():
                for part in set(path.replace("[]", "").split(".")):
                    by_last[part].append(path)
        for name, calls in owner.fields.items():
            _owned(reading, owner, name, calls, by_last.get(name, []))
    for call in reading.facts.of("call"):
        if "pool.shutdown" in call.roles:
            _ending(reading, call)


def _owners(reading: Reading) -> Iterator[Owner]:
    names = reading.names
    methods: dict[str, list[Fact]] = defaultdict(list)
    for (owner, _), found in names.methods.items():
        methods[owner] += found
    for class_name in names.classes:
        record = Owner(class_name, methods[class_name])
        for field_name, bindings in names.fields.get(class_name, {}).items():
            if not _shared(reading, bindings):
                for binding in bindings:
                    record.fields[field_name] += _makers(
                        reading, binding.value, reading.facts.all[binding.at], binding.index
                    )
        yield _with_literals(reading, _with_bare_names(reading, record))


def _with_bare_names(reading: Reading, owner: Owner) -> Owner:
    """`pool = make()` in a method fills the field of that name where the language needs no `this`, and no local hides it."""
    scopes = reading.names.scopes
    for name, declared in reading.names.fields.get(owner.name, {}).items():
        if not any(b.how == "declared" for b in declared) or _shared(reading, declared):
            continue
        for method_ in owner.methods:
            bindings = scopes[method_.id].get(name, ()) if method_.id in scopes else ()
            if any(b.how != "assigned" or reading.facts.all[b.at].get("declaration") for b in bindings):
                continue
            for binding in bindings:
                owner.fields[name] += _makers(reading, binding.value, reading.facts.all[binding.at], binding.index)
    return owner


def _shared(reading: Reading, bindings: list[Binding]) -> bool:
    """A static field lives as long as the process."""
    facts = [reading.facts.all[b.at] for b in bindings]
    return any(
        "static" in f.get("modifiers", ()) or (f.kind == "assignment" and reading.facts.function(f) is None)
        for f in facts
    )


def _with_literals(reading: Reading, owner: Owner) -> Owner:
    """`&T{pool: NewPool()}` fills a field too."""
    if reading.language.errors == "values":
        for call in reading.facts.of("call"):
            if call.get("constructor") and call.get("name") == owner.name:
                for given in call.get("arguments", ()):
                    if given.name:
                        owner.fields[given.name] += _makers(reading, given.value, call, 0)
    owner.fields = defaultdict(list, {k: list({c.id: c for c in v}.values()) for k, v in owner.fields.items() if v})
    return owner


def _makers(reading: Reading, value: Value | None, at: Fact, index: int, depth: int = 0) -> list[Fact]:
    """The calls that made what a value holds, through local names, literals and `append`."""
    if value is None or depth > _DEPTH:
        return []
    if value.form == "name" and depth:
        binding = reading.names.latest(value, at)
        if binding is None or binding.how != "assigned":
            return []
        return _makers(reading, binding.value, reading.facts.all[binding.at], binding.index, depth + 1)
    if value.form == "name":
        binding = reading.names.latest(value, at)
        return (
            _makers(reading, binding.value, reading.facts.all[binding.at], binding.index, 1)
            if binding is not None and binding.how == "assigned"
            else []
        )
    if value.form == "operation":
        return [m for p in value.parts for m in _makers(reading, p, at, 0, depth + 1)]
    if value.form not in ("call", "await") or value.call < 0:
        return []
    call = reading.facts.all[value.call]
    if closers(call, reading) and sort(call) not in ("cancel", "lock", "response", "rows", "transaction", "process"):
        return [call] if index == 0 else []
    if (method(call) == "append" and receiver(call) is None) or (
        call.get("constructor") and depth and reading.language.errors == "values"
    ):
        return [m for a in call.get("arguments", ()) for m in _makers(reading, a.value, call, 0, depth + 1)]
    return []


# --- who ends it -----------------------------------------------------------------------------------------------------


def _owned(reading: Reading, owner: Owner, name: str, calls: list[Fact], paths: list[str]) -> None:
    bare = reading.language.name == "java"  # where a field needs no `this`
    mentions = [
        m for path in paths if bare or path.split(".")[0].split("[")[0] != name for m in reading.mentions.of(path)
    ]
    released = _released(reading, name, mentions, tuple(c for call in calls for c in closers(call, reading)))
    stop = [m for m in owner.methods if lifecycle(m) == "stop" and not _ends_what_is_given(m)]
    empty = [m for m in stop if _is_empty(reading, m)]
    stops = "empty" if empty else "present" if stop else "none"
    first = calls[0]
    if released == "none" and stops != "empty" and _open_to_others(reading, owner, name):
        released = "unknown"
    place = empty[0] if empty else first
    reading.facts.derive(
        "owned",
        first,
        focus=place.focus,
        sort=sort(first) or "handle",
        released=released,
        stops=stops,
        daemon=any(asks_for_daemons(c, reading) for c in calls),
        excuse=_excuse(reading, owner, calls),
        field=name,
        owner=owner.name,
        place=place.id,
        evidence=(("made here", first.id), *((("the stop function", empty[0].id),) if empty else ())),
        callee=first.get("callee"),
    )


def _ends_what_is_given(function: Fact) -> bool:
    """`closeReader(reader)` ends its parameter, not the owner."""
    return len(words(str(function.get("name", "")))) > 1 and bool(function.get("parameters"))


def _excuse(reading: Reading, owner: Owner, calls: list[Fact]) -> str:
    """What makes it harmless that nobody ends a field: one owner for the process, threads that end when idle, a factory's own threads."""
    makers = [m for m in owner.methods if "constructor" in m.get("modifiers", ())]
    if makers and all("private" in m.get("modifiers", ()) for m in makers):
        return "single"
    if all(_ends_idle(reading, c) for c in calls):
        return "idle"
    return "factory" if any(_has_factory(reading, c) for c in calls) else "none"


def _ends_idle(reading: Reading, call: Fact) -> bool:
    """True for a pool that keeps no thread without work."""
    api = call.get("api")
    kept = api.fields.get("core") if api is not None else None
    if kept is None or isinstance(kept, bool):
        return bool(kept is False)
    value = argument(call, positions=(int(kept),))
    return value is not None and reading.constant(value, call) == 0


def _has_factory(reading: Reading, call: Fact) -> bool:
    """True for a pool whose threads are made by a class of somebody else: they may end with the process."""
    for given in call.get("arguments", ()):
        made = reading.facts.all[given.value.call] if given.value.form == "call" and given.value.call >= 0 else None
        if (
            made is not None
            and made.get("constructor")
            and made.get("api") is None
            and "factory" in words(method(made))
        ):
            return True
    return False


def _open_to_others(reading: Reading, owner: Owner, name: str) -> bool:
    """A subclass, or the code around the object, can reach the field and end it."""
    declared = [
        reading.facts.all[b.at] for b in reading.names.fields.get(owner.name, {}).get(name, ()) if b.how == "declared"
    ]
    if any({"protected", "public"} & set(f.get("modifiers", ())) for f in declared):
        return True
    return reading.language.errors == "values" and name[:1].isupper()


def _released(reading: Reading, name: str, mentions: list[Mention], given_back: tuple[str, ...]) -> str:
    """Say "here" when something in this file ends what the field holds, "unknown" when it is given away, "none" otherwise."""
    unknown = False
    for mention in mentions:
        direct = mention.path.rsplit(".", 1)[-1].replace("[]", "") == name
        if mention.how == "receiver" and (mention.method in given_back or CLOSES & set(words(mention.method))):
            return "here"
        if mention.how == "receiver" and direct and _names_an_end(reading, mention.fact):
            return "here"
        if mention.how == "item":
            return "here"
        if mention.how == "argument" and CLOSES & set(words(method(mention.fact))):
            return "here"
        if mention.how == "iterated" and _ends_each(reading, mention):
            return "here"
        if direct:
            unknown = unknown or _given_away(mention)
    return "unknown" if unknown else "none"


def _names_an_end(reading: Reading, call: Fact) -> bool:
    """`pools.forEach(Pool::shutdown)`, `pools.values().forEach(p -> p.close())`; what a pool is given to do ends other things."""
    return not call.roles & {"pool.submit", "pool.schedule"} and any(
        CLOSES & set(words(reading.facts.text(a.value)))
        for a in call.get("arguments", ())
        if a.value.form in ("function", "member", "unknown", "name")
    )


def _ends_each(reading: Reading, mention: Mention) -> bool:
    loop = mention.fact
    inside = reading.facts.within(loop, "call", closures=True)
    return any(CLOSES & set(words(method(c))) for c in inside)


def _given_away(mention: Mention) -> bool:
    if mention.how in ("returned", "yielded", "sent", "element", "raised"):
        return True
    if mention.how == "assigned":
        return mention.fact.kind == "assignment"
    if mention.how != "argument":
        return False
    api, call = mention.fact.get("api"), mention.fact
    if api is not None:
        return mention.position in api.keeps
    return bool(call.get("constructor")) or bool(_KEEPS & set(words(method(call))))


def _is_empty(reading: Reading, function: Fact) -> bool:
    """A body that does nothing, or does nothing but log, or answer with a constant."""
    if "abstract" in function.get("modifiers", ()) or _without_body(reading, function):
        return False
    for fact in reading.facts.within(function, closures=True):
        if fact.kind in ("pass", "comment") or (
            fact.kind == "return" and all(v.form == "constant" or v.path == "nil" for v in fact.get("values", ()))
        ):
            continue
        above = reading.facts.enclosing(fact, "call")
        if not (
            fact.kind == "call"
            and ({"log", "log.error"} & fact.roles or (above is not None and {"log", "log.error"} & above.roles))
        ):
            return False
    return True


def _without_body(reading: Reading, function: Fact) -> bool:
    """Declared in an interface."""
    text = reading.facts.text(function).rstrip()
    return reading.language.errors != "values" and reading.language.name != "python" and not text.endswith("}")


# --- how a pool is ended ---------------------------------------------------------------------------------------------


def _ending(reading: Reading, call: Fact) -> None:
    """A pool is shut down in a stop function: what becomes of the work in its queue."""
    function, owner, api = reading.facts.function(call), receiver(call), call.get("api")
    if function is None or owner is None or api is None or not api.fields.get("cancel_argument"):
        return
    given = argument(call, (str(api.fields["cancel_argument"]),))
    waits = argument(call, (str(api.fields.get("block_argument", "")),), (0,))
    queued = "unknown" if spreads(call) else "kept" if given is None or given.constant is False else "cancelled"
    name = owner.path.rsplit(".", 1)[-1]
    fed = [
        m
        for m in reading.mentions.of(owner.path)
        if m.how == "receiver" and "pool.submit" in m.fact.roles and reading.facts.function(m.fact) is not function
    ]
    reading.facts.derive(
        "ending",
        call,
        queued=queued,
        stops=lifecycle(function) == "stop" or bool(CLOSES & set(words(str(function.get("name", ""))))),
        fed=bool(fed),
        waits=waits is None or waits.constant is not False,
        owned=owner.form == "member",
        callee=call.get("callee"),
        field=name,
    )
