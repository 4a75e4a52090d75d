"""Where locks are held: with-blocks, synchronized blocks and methods, and the stretch between taking and giving back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ..model import Fact, Value
from .calls import method, receiver
from .reading import Reading

_LOCKS: Final = re.compile(r"(?:^|[._])(?:\w*lock|\w*mutex|mu|\w+mu|sem|semaphore)(?:\(\))?$", re.IGNORECASE)
_TAKES: Final = frozenset({"lock", "acquire", "rlock", "lockinterruptibly"})


class Region(Struct, frozen=True):
    """A stretch of a function in which a lock is held: the lock's path ("this" for a monitor), where it is taken, and the calls inside."""

    lock: str
    at: Fact
    held: list[Fact]


def regions_of(reading: Reading) -> Iterator[Region]:
    """The lock regions of a file: with-blocks, synchronized blocks and methods, and what follows a call that takes a lock."""
    facts = reading.facts
    for block in facts.of("with"):
        for value, _ in block.get("items", ()):
            if _is_lock(value, block, reading):
                body = next((c for c in facts.children(block) if c.kind == "block"), None)
                if body is not None:
                    yield Region(value.path, block, _calls(body, reading))
    for block in facts.of("lock"):
        held = block.get("object")
        yield Region(held.path if held is not None else "this", block, _calls(block, reading))
    for function in facts.of("function"):
        if "synchronized" in function.get("modifiers", ()):
            lock = "class" if "static" in function.get("modifiers", ()) else "this"
            yield Region(lock, function, _calls(function, reading))
    for call in facts.of("call"):
        if _takes(call):
            path = receiver(call).path  # type: ignore[union-attr]  # _takes asks for a receiver
            yield Region(path, call, list(_until_given_back(call, reading)))


def _calls(block: Fact, reading: Reading) -> list[Fact]:
    return list(reading.facts.within(block, "call"))


def _is_lock(value: Value, at: Fact, reading: Reading) -> bool:
    if value.form == "call":
        return "lock.acquire" in reading.facts.all[value.call].roles
    full = reading.names.type_of(value, at)
    roles = next((t.roles for t in reading.knowledge.lineage(full) if t.roles), frozenset()) if full else frozenset()
    if full and roles:
        return bool(roles & {"lock.create"})
    return bool(_LOCKS.search(value.path)) and "sem" not in value.path.lower()


def _takes(call: Fact) -> bool:
    owner = receiver(call)
    if owner is None or not owner.path or call.get("use") != "dropped":
        return False
    return "lock.acquire" in call.roles or (
        not call.roles and method(call).lower() in _TAKES and bool(_LOCKS.search(owner.path))
    )


def _until_given_back(call: Fact, reading: Reading) -> Iterator[Fact]:
    """The calls after a lock was taken, in its block, up to where it is given back there (a deferred release holds to the end)."""
    facts = reading.facts
    path = receiver(call).path  # type: ignore[union-attr]  # _takes asks for a receiver
    for sibling in facts.children(facts.all[call.parent]):
        if sibling.id <= call.id:
            continue
        for inner in ([sibling] if sibling.kind == "call" else []) + list(facts.within(sibling, "call")):
            owner = receiver(inner)
            released = (
                owner is not None
                and owner.path == path
                and "lock" in method(inner).lower()
                and inner.get("use") != "deferred"
            )
            if released and (inner.parent == call.parent or sibling.kind == "try"):
                return
            if released:
                break  # given back on one path: what follows on it is free
            yield inner
