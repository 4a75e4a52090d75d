"""Regions in which a lock is held: with-blocks, synchronized blocks and methods, and the stretch between taking and giving back.

Remote calls, sleeps and waits inside make everybody wait who wants the lock, for as long as the peer likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .calls import method, receiver
from .conventions import lifecycle, words
from .reading import Reading
from .remote import WAITS

_HOLDS: Final = WAITS - {"wait", "socket.write", "socket.read", "queue.ack", "cache.lock"}
#: A lock named after what it guards is there to let one user at a time use exactly that.
_GUARDS: Final = frozenset(
    [
        "db",
        "database",
        "conn",
        "connection",
        "connect",
        "sql",
        "sqlite",
        "session",
        "client",
        "channel",
        "io",
        "file",
        "write",
        "send",
        "read",
        "publish",
        "request",
    ]
)
#: A shorter sleep is a pause between two looks, seconds.
_PAUSE: Final = 0.1
_CONDITIONS: Final = ("branch", "loop", "handler", "try")
_LOCKS: Final = re.compile(r"(?:^|[._])(?:\w*lock|\w*mutex|mu|\w+mu|sem|semaphore)(?:\(\))?$", re.IGNORECASE)
_TAKES: Final = frozenset({"lock", "acquire", "rlock", "lockinterruptibly"})


def derive(reading: Reading) -> None:
    """Write `under_lock` (the lock's path) onto calls that wait for somebody else while a lock is held, one call deep too."""
    for name, held in _regions(reading):
        function = reading.facts.function(held[0]) if held else None
        if function is None or lifecycle(function) not in ("constructor", "start"):
            _mark(name, held, reading)


def _mark(name: str, held: list[Fact], reading: Reading) -> None:
    made = [call for call in held if call.get("use") != "deferred"]
    if len(made) == 1 and made[0].get("use") == "returned":
        return  # the lock is there to let one at a time make just this call
    if _GUARDS & set(words(name.removesuffix("()").rsplit(".", 1)[-1])):
        return
    for call in held:
        if "lock_held" in call.attributes or call.get("use") in ("deferred", "spawned"):
            continue
        inner = _waits(call, reading)
        if inner is not None:
            call.attributes.update(lock_held=True, lock=name)
            if inner is not call:
                call.attributes["evidence"] = (("it waits here", inner.id),)


def _waits(call: Fact, reading: Reading) -> Fact | None:
    """The call itself when it waits for somebody else, or such a call that the same-file function it calls always makes."""
    if _is_remote(call):
        return call
    if call.get("target", -1) < 0:
        return None
    target = reading.facts.all[call.get("target")]
    if target.get("asynchronous") and not call.get("awaited"):
        return None
    return next(
        (c for c in reading.facts.within(target, "call") if _is_remote(c) and _always(c, target, reading)), None
    )


def _is_remote(call: Fact) -> bool:
    if not call.roles & _HOLDS or call.get("use") in ("deferred", "spawned"):
        return False
    if "sleep" in call.roles:
        return float(call.get("deadline_seconds") or 1.0) >= _PAUSE
    api = call.get("api")
    if api is not None and (
        api.blocking is False or (api.result in ("future", "coroutine") and not call.get("awaited"))
    ):
        return False
    return call.get("deadline") != "given" or bool(call.roles & {"http.request", "rpc.call", "process.run"})


def _always(call: Fact, function: Fact, reading: Reading) -> bool:
    """True for a call on the straight path of its function."""
    above = reading.facts.enclosing(call, *_CONDITIONS)
    return above is None or not reading.facts.inside(above, function)


def _regions(reading: Reading) -> Iterator[tuple[str, list[Fact]]]:
    facts = reading.facts
    for block in facts.of("with"):
        for value, _ in block.get("items", ()):
            if _is_lock(value, block, reading):
                body = next((c for c in facts.children(block) if c.kind == "block"), None)
                if body is not None:
                    yield value.path, _calls(body, reading)
    for block in facts.of("lock"):
        held = block.get("object")
        yield (held.path if held is not None else "this"), _calls(block, reading)
    for function in facts.of("function"):
        if "synchronized" in function.get("modifiers", ()):
            yield f"the monitor of {function.get('name')}", _calls(function, reading)
    for call in facts.of("call"):
        if _takes(call):
            yield receiver(call).path, list(_until_given_back(call, reading))  # type: ignore[union-attr]  # _takes asks for a receiver


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
