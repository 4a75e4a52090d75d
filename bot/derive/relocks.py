"""Locks taken again by who holds them: in its lock, a method calls another of the same object that takes that lock too.

Only locks that wait for their own holder count (the API files say which); the inner taking must be the first thing that
the called function does with the lock, and stand on its straight path.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .calls import method, receiver
from .conventions import is_test_code
from .lockregions import Region, regions_of
from .reading import Reading

_FORKS: Final = ("branch", "loop", "handler", "try")
_TAKES: Final = frozenset({"lock", "rlock", "acquire"})
_GIVES: Final = frozenset({"unlock", "runlock", "release"})


def derive(reading: Reading) -> None:
    """Write `relocks`, the lock and where it is taken the first and the second time onto calls made under a lock."""
    if is_test_code(reading):
        return
    for region in regions_of(reading):
        if not _waits_for_itself(region, reading):
            continue
        for call in region.held:
            again = _taken_again(call, region, reading)
            if again is not None:
                evidence = (("the lock is taken here", region.at.id), ("and here again", again.id))
                call.attributes.update(relocks=True, lock=region.lock, evidence=evidence)


def _waits_for_itself(region: Region, reading: Reading) -> bool:
    """True for a lock of a type that is known to be no reentrant one."""
    if region.at.kind == "call":
        api = region.at.get("api")
        return api is not None and bool(api.fields.get("waits_for_itself"))
    if region.at.kind != "with":
        return False
    value = next((v for v, _ in region.at.get("items", ()) if v.path == region.lock), None)
    full = reading.names.type_of(value, region.at)
    api = reading.knowledge.method((full,), "acquire") if full else None
    return api is not None and bool(api.fields.get("waits_for_itself"))


def _taken_again(call: Fact, region: Region, reading: Reading) -> Fact | None:
    """Where the same-file function that a call runs takes the region's lock, as the first thing that it does with it."""
    target = call.get("target", -1)
    if target < 0 or call.get("use") in ("spawned", "deferred"):
        return None
    called = reading.facts.all[target]
    if called.get("asynchronous") and not call.get("awaited"):
        return None
    path = _path_inside(call, region, called, reading)
    if not path:
        return None
    first = next((f for f in reading.facts.within(called, "call", "with") if _touches(f, path)), None)
    if first is None or (first.kind == "call" and not _takes(first)):
        return None
    fork = reading.facts.enclosing(first, *_FORKS)
    return first if fork is None or not reading.facts.inside(fork, called) else None


def _path_inside(call: Fact, region: Region, called: Fact, reading: Reading) -> str:
    """How the called function names the lock of this region, "" where it belongs to another object."""
    owner = receiver(call)
    home, _, field = region.lock.rpartition(".")
    own = called.get("receiver")
    inner = own.name if own is not None else home if home in ("self", "cls") else ""
    if owner is None:
        shared = not home and not _is_local(region, reading)
        return region.lock if shared and own is None else ""
    if not inner:
        return ""
    if owner.path == home:
        return f"{inner}.{field}"
    return str(inner) if owner.path == region.lock and own is not None else ""


def _is_local(region: Region, reading: Reading) -> bool:
    scopes = reading.names.scopes
    return any(region.lock in scopes.get(f.id, {}) for f in reading.facts.functions(region.at))


def _touches(fact: Fact, path: str) -> bool:
    if fact.kind == "with":
        return any(value.path == path for value, _ in fact.get("items", ()))
    owner = receiver(fact)
    return owner is not None and owner.path == path and method(fact).lower() in _TAKES | _GIVES


def _takes(call: Fact) -> bool:
    return method(call).lower() in _TAKES and call.get("use") in ("dropped", "item")
