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
    """A stretch of a function in which a lock is held: the lock's path ("this" for a monitor), where it is taken, the ids of the facts
    inside (first and last, closures too), and the calls among them. `reach` also has what stands behind a release on some path.
    """

    lock: str
    at: Fact
    spans: tuple[tuple[int, int], ...]
    held: list[Fact]
    reach: tuple[int, int]


def regions_of(reading: Reading) -> Iterator[Region]:
    """The lock regions of a file: with-blocks, synchronized blocks and methods, and what follows a call that takes a lock."""
    facts = reading.facts
    for block in facts.of("with"):
        for value, _ in block.get("items", ()):
            if _is_lock(value, block, reading):
                body = next((c for c in facts.children(block) if c.kind == "block"), None)
                if body is not None:
                    yield _whole(value.path, block, body, reading)
    for block in facts.of("lock"):
        held = block.get("object")
        yield _whole(held.path if held is not None else "this", block, block, reading)
    for function in facts.of("function"):
        if "synchronized" in function.get("modifiers", ()):
            lock = "class" if "static" in function.get("modifiers", ()) else "this"
            yield _whole(lock, function, function, reading)
    for call in facts.of("call"):
        if _takes(call):
            path = receiver(call).path  # type: ignore[union-attr]  # _takes asks for a receiver
            spans = tuple(_until_given_back(call, reading))
            yield Region(path, call, spans, list(_calls(call, spans, reading)), (call.id, _last(call, path, reading)))


def _whole(lock: str, at: Fact, block: Fact, reading: Reading) -> Region:
    """The region of a lock that is held from the beginning of a block to its end."""
    whole = (block.id, reading.facts.ends(block))
    return Region(lock, at, (whole,), list(reading.facts.within(block, "call")), whole)


def _calls(taken: Fact, spans: tuple[tuple[int, int], ...], reading: Reading) -> Iterator[Fact]:
    """The calls behind the one that takes the lock, in its block, up to where it is given back; those of closures run elsewhere."""
    for sibling in reading.facts.children(reading.facts.all[taken.parent]):
        for inner in _candidates(sibling, reading):
            if any(first <= inner.id <= last for first, last in spans):
                yield inner


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


def _until_given_back(call: Fact, reading: Reading) -> Iterator[tuple[int, int]]:
    """The ids behind the call that takes a lock, in its block, up to where it is given back (a deferred release holds to the end)."""
    facts = reading.facts
    path = receiver(call).path  # type: ignore[union-attr]  # _takes asks for a receiver
    for sibling in facts.children(facts.all[call.parent]):
        if sibling.id <= call.id:
            continue
        released = next((c for c in _candidates(sibling, reading) if _gives_back(c, path)), None)
        if released is None:
            yield sibling.id, facts.ends(sibling)
            continue
        yield sibling.id, released.id - 1
        if released.parent == call.parent or sibling.kind == "try":
            return  # else it is given back on one path: what follows on it is free


def _last(call: Fact, path: str, reading: Reading) -> int:
    """The id of the last fact before the lock is given back on the straight path, or of the last in the block."""
    block = reading.facts.all[call.parent]
    straight = (
        c for c in reading.facts.children(block) if c.id > call.id and c.kind == "call" and _gives_back(c, path)
    )
    return next((c.id for c in straight), reading.facts.ends(block))


def _candidates(sibling: Fact, reading: Reading) -> list[Fact]:
    return ([sibling] if sibling.kind == "call" else []) + list(reading.facts.within(sibling, "call"))


def _gives_back(call: Fact, path: str) -> bool:
    owner = receiver(call)
    return owner is not None and owner.path == path and "lock" in method(call).lower() and call.get("use") != "deferred"
