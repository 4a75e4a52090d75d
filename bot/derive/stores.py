"""Stores: what is put into caches and lock tables, and for how long.

Written onto calls: `lock_lasts`, `keeps_for_ever`, `keeps_failure`, `unpacks`; onto assignments `keeps_failure`; onto the fact that reads
a stored value, `skips_expiry`; onto functions `keeps_failure`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..model import UNKNOWN, Fact, Value
from .bounds import limit_of
from .calls import argument, method, receiver, spreads
from .conventions import words
from .entries import decorator_roles, entry_of
from .objects import holder
from .reading import Reading
from .remote import REMOTE

_LOCKS: Final = frozenset({"lock", "locks", "locked", "mutex", "lease", "leader", "semaphore"})
_CACHES: Final = frozenset({"cache", "caches", "cached", "memo"})
_ASKS: Final = REMOTE | {"process.run"}
_EXPIRES: Final = frozenset({"expire", "pexpire", "expireat", "pexpireat"})
_EMPTY: Final = frozenset({"empty", "emptyList", "emptyMap", "emptySet", "none"})
_WRITES: Final = re.compile(r"\b(?:INSERT|REPLACE)\b[^;]*expir", re.IGNORECASE | re.DOTALL)
_READS: Final = re.compile(r"\bSELECT\b[^;]*\bWHERE\b", re.IGNORECASE | re.DOTALL)
_FIRST_TEXT: Final = re.compile(r'"""(?:(?!""").)*"""', re.DOTALL)
_GETS: Final = frozenset({"get", "fetch", "load", "lookup", "read", "find"})
_LIMITS: Final = frozenset({"LimitReader", "CopyN", "LimitedReader", "MaxBytesReader"})


def derive(reading: Reading) -> None:
    """Judge what is stored."""
    for call in reading.facts.of("call"):
        if call.roles & {"cache.lock", "cache.set"}:
            call.attributes["lock_lasts"] = _lock_lasts(call, reading)
            call.attributes["keeps_for_ever"] = _keeps_for_ever(call, reading)
        if "archive.extract" in call.roles:
            call.attributes["unpacks"] = _unpacks(call, reading)
    for handling in reading.facts.of("handling"):
        _judge_failure(handling, reading)
    for owner in reading.facts.of("class"):
        if _CACHES & set(words(str(owner.get("name", "")))):
            _judge_expiry(owner, reading)


# --- locks and expiry ------------------------------------------------------------------------------------------


def _lock_lasts(call: Fact, reading: Reading) -> bool:
    """True for a lock in a remote store that stays for ever when its owner dies."""
    api = call.get("api")
    if api is None or "lock.acquire" in call.roles or spreads(call):
        return False
    told = api.fields.get("lock_expiry")
    if told is None or not _is_lock(call, reading):
        return False
    return told == "none" or not _given(call, told, reading) if not _expires_later(call, reading) else False


def _is_lock(call: Fact, reading: Reading) -> bool:
    if "cache.lock" in call.roles and "cache.set" not in call.roles:
        return _is_taken(call, reading)
    only_new = argument(call, ("nx",))
    if "cache.lock" not in call.roles and (only_new is None or reading.constant(only_new, call) is not True):
        return False
    function = reading.facts.function(call)
    said = set(words(reading.facts.text(call))) | set(words(function.symbol if function is not None else ""))
    return bool(said & _LOCKS)


def _is_taken(call: Fact, reading: Reading) -> bool:
    """False for a lock object that is kept under a local name and only asked or given back there."""
    path, scope = holder(call, reading)
    if call.get("use") != "assigned" or not path or "." in path or scope is None:
        return True
    uses = reading.mentions.of(path, scope)
    asked = {m.method for m in uses if m.how == "receiver"}
    return any(m.how not in ("receiver", "target") for m in uses) or bool(asked & {"acquire", "__enter__"}) or not asked


def _given(call: Fact, told: Any, reading: Reading) -> bool:
    names = tuple(str(t) for t in (told if isinstance(told, list | tuple) else (told,)) if not isinstance(t, int))
    positions = tuple(t for t in (told if isinstance(told, list | tuple) else (told,)) if isinstance(t, int))
    value = argument(call, names, positions)
    return value is not None and reading.constant(value, call) not in (None, 0)


def _expires_later(call: Fact, reading: Reading) -> bool:
    function = reading.facts.function(call)
    return function is not None and any(method(c).lower() in _EXPIRES for c in reading.facts.within(function, "call"))


def _keeps_for_ever(call: Fact, reading: Reading) -> bool:
    """True for an entry of something called a cache that is stored without an expiry, where one could be given."""
    api = call.get("api")
    told = api.fields.get("expiry") if api is not None else None
    if told is None or "cache.lock" in call.roles or spreads(call) or argument(call, ("nx", "keepttl")) is not None:
        return False
    function = reading.facts.function(call)
    owner = receiver(call)
    said = set(words(owner.path if owner is not None else "")) | set(
        words(function.symbol if function is not None else "")
    )
    arguments = call.get("arguments", ())
    said |= set(words(reading.facts.text(arguments[0].value))) if arguments else set()
    return (
        bool(said & _CACHES)
        and not _given(call, told, reading)
        and not _expires_later(call, reading)
        and api is not None
        and api.fields.get("default_expiry") is None
    )


# --- failures that are kept ------------------------------------------------------------------------------------


def _judge_failure(handling: Fact, reading: Reading) -> None:
    """A failure whose substitute is stored, so that it is answered again long after it has passed."""
    if (
        handling.get("catches") in ("narrow", "permanent")
        or handling.get("outcome") in ("rethrow", "wrap", "exit")
        or handling.get("body", -1) < 0
    ):
        return
    body = reading.facts.all[handling.get("body")]
    for fact in reading.facts.within(body, "call", "assignment"):
        if _stores_nothing(fact, reading):
            fact.attributes["keeps_failure"] = True
            return
    function = reading.facts.function(handling)
    if (
        function is None
        or handling.get("style") != "catch"
        or handling.get("outcome") != "return-default"
        or not function.get("decorators")
    ):
        return
    guarded = handling.get("guarded", -1)
    if guarded >= 0 and "cache.create" in decorator_roles(function, reading):
        asks = any(c.roles & _ASKS for c in reading.facts.within(reading.facts.all[guarded], "call"))
        leaves = next((r for r in reading.facts.within(body, "return")), None)
        if asks and leaves is not None:
            leaves.attributes["keeps_failure"] = True


def _stores_nothing(fact: Fact, reading: Reading) -> bool:
    """`cache[key] = None`, `cache.put(key, null)`: something called a cache is given an empty value, with no expiry of its own."""
    if fact.kind == "assignment":
        target = fact.get("targets", ())[:1]
        return (
            bool(target)
            and target[0].form == "index"
            and _is_cache(target[0].parts[0].path)
            and _is_nothing(fact.get("value"), fact, reading)
        )
    owner = receiver(fact)
    arguments = fact.get("arguments", ())
    if (
        owner is None
        or len(arguments) != 2
        or not _is_cache(owner.path)
        or words(method(fact))[:1] not in (("put",), ("set",), ("add",), ("store",))
    ):
        return False
    return _is_nothing(arguments[1].value, fact, reading)


def _is_cache(path: str) -> bool:
    return bool(_CACHES & set(words(path.rsplit(".", 1)[-1])))


def _is_nothing(value: Value | None, at: Fact, reading: Reading) -> bool:
    if value is None:
        return False
    if value.form in ("collection", "mapping"):
        return not value.parts
    if value.form == "call" and value.call >= 0:
        made = reading.facts.all[value.call]
        return method(made) in _EMPTY and not made.get("arguments")
    constant = reading.constant(value, at)
    return constant is not UNKNOWN and constant in (None, "", False, 0)


# --- expiry that nobody looks at ---------------------------------------------------------------------------------


def _judge_expiry(owner: Fact, reading: Reading) -> None:
    """A cache that writes an expiry beside each value, and a getter whose query neither reads nor compares it."""
    methods = [f for (name, _), found in reading.names.methods.items() if name == owner.get("name") for f in found]
    if not any(_WRITES.search(reading.facts.text(f)) for f in methods):
        return
    for function in methods:
        name = words(str(function.get("name", "")))
        if not name or name[0] not in _GETS or len(name) > 1 or _looks(function, reading):
            continue
        for fact in reading.facts.within(function, "assignment", "call"):
            if _READS.search(reading.facts.text(fact)):
                fact.attributes["skips_expiry"] = True
                break


def _looks(function: Fact, reading: Reading) -> bool:
    """True when the function's code, its first text aside, speaks of expiry."""
    text = reading.facts.text(function)
    if reading.language.name == "python":
        text = _FIRST_TEXT.sub("", text, count=1)
    return "expir" in text.lower()


# --- archives ---------------------------------------------------------------------------------------------------


def _unpacks(call: Fact, reading: Reading) -> bool:
    """True where what a request or message brought is unpacked, however large it becomes."""
    if entry_of(call, reading) not in ("handler", "consumer") or limit_of(call, reading) == "given":
        return False
    function = reading.facts.function(call)
    given = call.get("arguments", ())
    if function is None or (given and _is_stored(given[0].value, call, reading)):
        return False
    return not any(
        method(c) in _LIMITS or "size" in words(method(c)) for c in reading.facts.within(function, "call")
    ) and not _measures(function, reading)


def _is_stored(value: Value, at: Fact, reading: Reading, depth: int = 0) -> bool:
    """True for what something that the object itself holds gave, such as its own storage: no stranger packed that."""
    if depth > 4:
        return False
    made = reading.facts.all[value.call] if value.form == "call" and value.call >= 0 else None
    if made is not None:
        owner = receiver(made)
        if owner is not None and owner.form == "member" and reading.names.self_type(owner.path.split(".", 1)[0], made):
            return True
        if words(method(made))[:1] == ("open",) and made.get("arguments"):
            return True  # by its name, from a file system
        return any(_is_stored(a.value, made, reading, depth + 1) for a in made.get("arguments", ()))
    if value.form != "name":
        return any(_is_stored(p, at, reading, depth + 1) for p in value.parts)
    return any(
        b.how == "assigned"
        and b.value is not None
        and b.at < at.id
        and _is_stored(b.value, reading.facts.all[b.at], reading, depth + 1)
        for b in reading.names.bindings(value.path, at)
    )


def _measures(function: Fact, reading: Reading) -> bool:
    """True when the function compares a size."""
    for branch in reading.facts.within(function, "branch"):
        condition = branch.get("condition")
        if condition is not None and {"size", "bytes", "length", "limit", "max", "total"} & set(
            words(reading.facts.text(condition))
        ):
            return True
    return False
