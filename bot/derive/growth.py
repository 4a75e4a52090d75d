"""Growth: lasting containers that take in keys from outside and never let one go.

A `growth` fact for each container, memoised function or cache that can grow without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model import UNKNOWN, Fact, Value
from .bounds import limit_of
from .calls import method, receiver
from .conventions import words
from .domains import FEW_OWNERS, keys_are_open, outlives_requests
from .entries import decorator_roles, entry_of
from .mentions import Mention
from .objects import settings_on
from .reading import Reading
from .scopes import Binding

_CACHES: Final = frozenset({"cache", "caches", "cached", "memo", "memoized", "memoised"})
_PLAIN: Final = frozenset({"dict", "OrderedDict", "HashMap", "ConcurrentHashMap", "LinkedHashMap", "make", "Map"})
_JAVA_MAP: Final = re.compile(r"Map<\s*([\w.]+)(?:<[^,]*>)?\s*,\s*(.*?)>\s+\w+\s*[=;]")
#: Keys as they come from outside; other types are a program's own.
_OPEN_KEYS: Final = frozenset(
    {
        "String",
        "Object",
        "Long",
        "Integer",
        "URI",
        "URL",
        "UUID",
        "InetAddress",
        "InetSocketAddress",
        "K",
        "ByteBuffer",
        "CharSequence",
    }
)
_OWNED: Final = re.compile(r"Cache\b|Factory\b|Class\b|Method\b|Executor\b|Lock\b|Pattern\b|Provider\b")
#: Words of classes whose entries age.
_AGES: Final = re.compile(r"ttl|timestamp|expir|max_?age", re.IGNORECASE)
_PUTS: Final = frozenset(
    {"put", "putifabsent", "computeifabsent", "compute", "merge", "setdefault", "store", "loadorstore", "__setitem__"}
)
_TAKES: Final = frozenset(
    [
        "pop",
        "popitem",
        "remove",
        "clear",
        "evict",
        "removeif",
        "retainall",
        "delete",
        "loadanddelete",
        "rangedelete",
        "poll",
        "pollfirst",
        "pollfirstentry",
        "polllastentry",
        "discard",
        "drain",
        "expire",
        "popleft",
        "iterator",
        "keyset",
        "entryset",
        "values",
        "compute",
        "computeifpresent",
    ]
)
_SIZES: Final = frozenset({"size", "length", "__len__", "mappingcount"})
_BY_HAND: Final = frozenset({"remove", "delete", "clear", "pop", "invalidate", "discard", "reset", "flush", "evict"})
#: Keys and kinds of which a program has only so many, and maps that forget by themselves.
_FINITE: Final = re.compile(
    r"Map<\s*(?:Class|Method|Field|Type|Thread|Enum|Boolean|Character|Locale|TimeUnit|Constructor|Byte|Short)\b|EnumMap|Weak|LRU|Lru|\blru\.|Expir|Bounded|TTL|Soft|map\[reflect\.|ThreadLocal|ClassValue"
)


def derive(reading: Reading) -> None:
    """Find what grows."""
    for owner, name, bindings in _containers(reading):
        _judge_container(owner, name, bindings, reading)
    for function in reading.facts.of("function"):
        _judge_memo(function, reading)
    for call in reading.facts.of("call"):
        if "cache.create" in call.roles and call.get("use") != "item":
            _judge_cache(call, reading)


# --- containers --------------------------------------------------------------------------------------------


def _containers(reading: Reading) -> Iterator[tuple[str, str, list[Binding]]]:
    """Fields and module variables that hold a plain map: the class ("" for the module), the name and the bindings."""
    for owner, fields in list(reading.names.fields.items()):
        for name, bindings in list(fields.items()):
            if any(_is_map(b, reading) for b in bindings):
                yield owner, name, bindings
    for name, bindings in list(reading.names.scopes.get(-1, {}).items()):
        if any(_is_map(b, reading) for b in bindings):
            yield "", name, bindings


def _is_other(binding: Binding, reading: Reading) -> bool:
    """True for a binding that makes something else than a plain map, or declares a map of few keys."""
    if binding.value is None:
        return _is_finite(reading.facts.all[binding.at], reading)
    made = binding.value.form == "call" and binding.value.call >= 0
    return made and not _is_map(binding, reading)


def _is_map(binding: Binding, reading: Reading) -> bool:
    """True for a binding that makes a plain map, or declares one where the declaration is all there is to say (Go)."""
    at = reading.facts.all[binding.at]
    value = binding.value
    if value is None:
        return (
            reading.language.name == "go"
            and (binding.type.startswith("map ") or binding.type == "sync.Map")
            and not _is_finite(at, reading)
        )
    if value.form == "mapping":
        return not value.parts and not _is_finite(at, reading)
    if value.form != "call" or value.call < 0 or _is_finite(at, reading):
        return False
    made = reading.facts.all[value.call]
    kind = str(made.get("name", "")).rsplit(".", 1)[-1]
    return kind == "defaultdict" or (
        kind in _PLAIN and not any(a.value.form in ("function", "name", "member") for a in made.get("arguments", ()))
    )


def _is_finite(at: Fact, reading: Reading) -> bool:
    """True for a map whose declaration says that it forgets by itself, or whose keys or values a program has only so many of."""
    text = reading.facts.text(at)
    keyed = _JAVA_MAP.search(text)
    return bool(_FINITE.search(text)) or (
        keyed is not None and (keyed[1] not in _OPEN_KEYS or bool(_OWNED.search(keyed[2])))
    )


def _judge_container(owner: str, name: str, bindings: list[Binding], reading: Reading) -> None:
    if any(_is_other(b, reading) for b in bindings):
        return
    owner_fact = reading.names.classes.get(owner)
    if FEW_OWNERS & set(words(name)):
        return
    named = bool(_CACHES & set(words(name)))
    class_named = bool(_CACHES & set(words(owner)[-2:])) and words(owner)[-1] in _CACHES | {"table", "store", "map"}
    by_age = class_named and owner_fact is not None and bool(_AGES.search(reading.facts.text(owner_fact)))
    mentions = _mentions(owner, name, owner_fact, reading)
    grown = next((m for m in mentions if _grows(m, reading, named=named or by_age)), None)
    if grown is None or any(_bounds(m, reading, by_age=by_age) for m in mentions):
        return
    if not by_age and not keys_are_open(_key(grown), grown.fact, reading):
        return
    if any(
        m.how in ("argument", "returned", "assigned", "yielded") and not _is_size(m) and not m.path.endswith("]")
        for m in mentions
    ):
        return
    declared = reading.facts.all[bindings[0].at]
    lasts = by_age or outlives_requests(owner, bindings, reading) or entry_of(grown.fact, reading) == "handler"
    reading.facts.derive(
        "growth", declared, sort="map", container=name, lasts=lasts, evidence=(("it grows here", grown.fact.id),)
    )


def _mentions(owner: str, name: str, owner_fact: Fact | None, reading: Reading) -> list[Mention]:
    if owner_fact is None:
        return reading.mentions.below(name)
    by_class = reading.mentions.below(f"{owner}.{name}")
    if reading.language.name == "python":
        return (
            by_class
            + reading.mentions.below(f"self.{name}", owner_fact)
            + reading.mentions.below(f"cls.{name}", owner_fact)
        )
    found = by_class + reading.mentions.below(f"this.{name}", owner_fact) + reading.mentions.below(name, owner_fact)
    if reading.language.name == "go":
        receivers = {
            f.get("receiver").name
            for (kind, _), methods in reading.names.methods.items()
            if kind == owner
            for f in methods
            if f.get("receiver") is not None
        }
        found = [m for r in receivers for m in reading.mentions.below(f"{r}.{name}")]
    return found


def _key(mention: Mention) -> Value | None:
    """The key under which a mention of a map writes, None for other mentions."""
    fact, key = mention.fact, None
    if mention.path.endswith("]"):
        return None
    if (fact.kind == "index" and fact.get("mode") == "write" and mention.how in ("index", "operand")) or (
        mention.how == "index" and fact.kind == "assignment"
    ):
        target = fact.get("object") if fact.kind == "index" else None
        keys = (
            fact.get("keys", ())
            if fact.kind == "index"
            else tuple(p for t in fact.get("targets", ()) if t.form == "index" for p in t.parts[1:])
        )
        key = keys[0] if keys and (target is None or target.path == mention.path) else None
    elif mention.how == "receiver" and mention.method.lower() in _PUTS and fact.get("arguments"):
        key = fact.get("arguments")[0].value
    return key


def _grows(mention: Mention, reading: Reading, *, named: bool) -> bool:
    """True for a write under a key that comes in from outside, where a request or message does it or the name says cache."""
    fact, key = mention.fact, _key(mention)
    if key is None or _names_file(key, fact, reading):
        return False
    entry = entry_of(fact, reading)
    if entry in ("module", "constructor", "start", "main") or not (named or entry in ("handler", "consumer")):
        return False
    return _from_outside(key, fact, reading, own=not named)


def _names_file(key: Value, at: Fact, reading: Reading) -> bool:
    """True for a key that is the path of a file which this function looks at: there are as many as files."""
    function = reading.facts.function(at)
    return bool(key.path) and any(
        m.how == "argument" and m.fact.roles & {"path.exists", "file.open"}
        for m in reading.mentions.of(key.path, function)
    )


def _from_outside(key: Value, at: Fact, reading: Reading, depth: int = 0, *, own: bool = False) -> bool:
    """True for a key made of what the caller gave: a parameter, or a local computed from one.

    With `own` it must be the innermost function's parameter: what an outer function was given is fixed for a closure.
    """
    if key.constant is not UNKNOWN or depth > 3:
        return False
    if key.form in ("name", "member", "index") and key.path:
        root = key.path.split(".", 1)[0].split("[", 1)[0]
        for binding in reading.names.bindings(root, at):
            if binding.how == "parameter":
                function = reading.facts.function(at)
                outer = own and function is not None and binding.at != function.id
                return root not in ("self", "cls", "this") and not _is_finite_type(binding.type) and not outer
            if (
                binding.how == "assigned"
                and binding.value is not None
                and reading.facts.function(reading.facts.all[binding.at]) is not None
            ):
                return _from_outside(binding.value, at, reading, depth + 1, own=own)
        return False
    if key.form == "call" and key.call >= 0:
        made = reading.facts.all[key.call]
        parts = [a.value for a in made.get("arguments", ())] + ([receiver(made)] if receiver(made) is not None else [])
        return any(_from_outside(p, at, reading, depth + 1, own=own) for p in parts if p is not None)
    return any(_from_outside(p, at, reading, depth + 1, own=own) for p in key.parts)


def _is_finite_type(name: str) -> bool:
    last = name.rsplit(".", 1)[-1]
    return (
        last in ("bool", "boolean", "type", "Type", "Class", "Method", "Field", "byte", "Locale")
        or last.startswith(("Class", "reflect", "type["))
        or "Enum" in last
    )


def _bounds(mention: Mention, reading: Reading, *, by_age: bool) -> bool:
    """True for a use that may take something out, look at the size, or start afresh.

    Where entries are meant to age (`by_age`), taking one out on demand does not count: what nobody asks for again stays.
    """
    fact = mention.fact
    if mention.path.endswith("]"):
        return mention.how == "deleted"
    function = reading.facts.function(fact)
    name = words(str(function.get("name", ""))) if function is not None else ()
    if (
        (mention.how == "receiver" and mention.method.lower() in _TAKES)
        or mention.how == "deleted"
        or _is_delete(mention)
        or (mention.how == "index" and fact.kind == "delete")
    ):
        return not (by_age and name and name[0] in _BY_HAND)
    if _is_size(mention):
        return True
    if (
        mention.how == "target"
        and fact.kind == "assignment"
        and not any(t.form == "index" for t in fact.get("targets", ()))
    ):
        value = fact.get("value")
        return entry_of(fact, reading) not in ("constructor", "module", "start") and not (
            value is not None and value.form == "constant"
        )
    return (
        mention.how == "iterated"
        and not by_age
        and bool(name)
        and name[0] in ("purge", "expire", "cleanup", "evict", "prune")
    )


def _is_delete(mention: Mention) -> bool:
    return (
        mention.how == "argument"
        and mention.fact.kind == "call"
        and method(mention.fact) in ("delete", "clear")
        and mention.position == 0
    )


def _is_size(mention: Mention) -> bool:
    if mention.how == "receiver":
        return mention.method.lower() in _SIZES
    return mention.how == "argument" and mention.fact.kind == "call" and method(mention.fact) == "len"


# --- memoised functions and library caches ---------------------------------------------------------------------


def _judge_memo(function: Fact, reading: Reading) -> None:
    """A method memoised without a limit: its key holds the object, so nothing that was ever asked is forgotten."""
    if not function.get("decorators") or "cache.create" not in decorator_roles(function, reading):
        return
    names = [p.name for p in function.get("parameters", ())]
    if names[:1] != ["self"] or len(names) < 2:
        return
    for decorator in function.get("decorators", ()):
        if decorator.form == "call" and decorator.call >= 0:
            unlimited = limit_of(reading.facts.all[decorator.call], reading) == "none"
        else:
            api = reading.knowledge.call(reading.names.qualify(decorator.path))
            unlimited = api is not None and api.bound is not None and api.bound.default == "none"
        if unlimited:
            reading.facts.derive(
                "growth",
                function,
                focus=decorator.span,
                sort="memo",
                container=str(function.get("name", "")),
                lasts=True,
            )


def _judge_cache(call: Fact, reading: Reading) -> None:
    if limit_of(call, reading) != "none":
        return
    settings = settings_on(call, reading)
    api = call.get("api")
    if set(settings) & {"expiry", "bound", "pool-size", "size"} or (
        api is not None and api.fields.get("expiry") is not None
    ):
        return
    if (
        api is not None
        and api.bound is not None
        and api.bound.default == "none"
        and call.get("name", "").endswith((".build", ".buildAsync", "lru_cache", "cache"))
    ):
        reading.facts.derive("growth", call, sort="cache", container=method(call), lasts=True)
