"""Domains: how many different keys a map may be given, and how long the map lives.

A program has only so many types, drivers and tenants; hosts, users and texts come from outside without end. A field that nobody guards
against others is, where threads share what lasts, most often that of one request or one piece of work.
"""

from __future__ import annotations

import re
from typing import Final

from ..model import UNKNOWN, Fact, Value
from .calls import receiver
from .conventions import words
from .reading import Reading
from .scopes import Binding

#: What keys without end are called.
_OPEN_TEXT: Final = (
    "url uri host hostname hosts ip ips address addr user username userid token session sid "
    "cookie query queries sql statement email phone request req message msg text content body "
    "prompt uuid guid id ids key path remote client peer account fingerprint digest ref sha "
    "commit expression expr article customer order title link target"
)
_OPEN: Final = frozenset(_OPEN_TEXT.split())
#: What there are only so many of, though their names may hold an open word (`type_id`, `config_key`, `table_name`).
_FEW_TEXT: Final = (
    "type types kind class backend driver db dialect engine provider format locale lang "
    "language encoding charset plugin pack module table column schema field property level "
    "status state mode action method perms permission role tenant region zone cluster shard "
    "partition topic version feature flag setting config template category metric"
)
_FEW: Final = frozenset(_FEW_TEXT.split())
#: What maps of such things are called.
_FEW_OWNERS_TEXT: Final = (
    "class classes type types method methods field fields reflect serializer serializers "
    "schema schemas constructor converter wrapper codec module modules locale plugin plugins "
    "regex pattern patterns template templates property properties xpath validator validators "
    "xpaths cfg config configs page pages descriptor annotation function functions"
)
FEW_OWNERS: Final = frozenset(_FEW_OWNERS_TEXT.split())
_GUARDED: Final = re.compile(r"Mutex|\bLock\b|RLock|ReentrantLock|ReadWriteLock|StampedLock|\bsynchronized\b|Semaphore")
_SAFE: Final = re.compile(r"ConcurrentHashMap|ConcurrentMap|sync\.Map|ConcurrentSkipList|synchronizedMap")


def keys_are_open(key: Value | None, at: Fact, reading: Reading) -> bool:
    """True for a key whose names say that there is no end to what it may be."""
    found = set(_names(key, at, reading, 0)) if key is not None else set()
    said = [set(words(name)) for name in found]
    return any(_OPEN & w and not _FEW & w for w in said)


def _names(value: Value, at: Fact, reading: Reading, depth: int) -> list[str]:
    """The names that a value is made of, followed through locals to where they come from."""
    if value.constant is not UNKNOWN or depth > 3:
        return []
    if value.form in ("name", "member", "index") and value.path:
        found = [value.path.rsplit(".", 1)[-1]]
        for binding in reading.names.bindings(value.path.split(".", 1)[0].split("[", 1)[0], at):
            if binding.how == "assigned" and binding.value is not None:
                found += _names(binding.value, at, reading, depth + 1)
        return found
    parts = list(value.parts)
    if value.form == "call" and value.call >= 0:
        made = reading.facts.all[value.call]
        owner = receiver(made)
        parts = [a.value for a in made.get("arguments", ())] + ([owner] if owner is not None else [])
    return [name for part in parts for name in _names(part, at, reading, depth + 1)]


def outlives_requests(owner: str, bindings: list[Binding], reading: Reading) -> bool:
    """True for what belongs to the process, or to an object that is guarded against those who share it."""
    home = reading.names.classes.get(owner)
    if home is None:
        return True
    declared = [reading.facts.all[b.at] for b in bindings]
    if any(d.kind == "field" and "static" in d.get("modifiers", ()) for d in declared):
        return True
    if reading.language.name == "python" and any(
        d.parent == home.id or reading.facts.function(d) is None for d in declared
    ):
        return True
    if any(_SAFE.search(reading.facts.text(d)) for d in declared):
        return True
    return bool(_GUARDED.search(reading.facts.text(home)))
