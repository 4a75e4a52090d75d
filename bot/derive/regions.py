"""Regions in which a lock is held: with-blocks, synchronized blocks and methods, and the stretch between taking and giving back.

Remote calls, sleeps and waits inside make everybody wait who wants the lock, for as long as the peer likes. Who that is decides how
much it hurts: others, who want the lock for something quick, or only those who came for this very call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact
from .conventions import lifecycle, words
from .lockregions import Region, regions_of
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
#: A store in a file of this process's own.
_LOCAL: Final = frozenset({"file.open", "file.read", "file.write"})
#: A shorter sleep is a pause between two looks, seconds.
_PAUSE: Final = 0.1
_CONDITIONS: Final = ("branch", "loop", "handler", "try")


def derive(reading: Reading) -> None:
    """Write `lock_held` and `lock` onto calls that wait for somebody else while a lock is held, one call deep too."""
    for region in regions_of(reading):
        if _wanted_for_that(region, reading):
            continue
        for call, inner in _waiting(region, reading):
            if "lock_held" in call.attributes:
                continue
            call.attributes.update(lock_held=True, lock=_spoken(region))
            if inner is not call:
                call.attributes["evidence"] = (("it waits here", inner.id),)


def _wanted_for_that(region: Region, reading: Reading) -> bool:
    """True where the lock is there to let one at a time do just this: a start, one returned call, a lock named after what it guards."""
    function = reading.facts.function(region.held[0]) if region.held else None
    if function is not None and lifecycle(function) in ("constructor", "start", "stop"):
        return True
    made = [call for call in region.held if call.get("use") != "deferred"]
    if len(made) == 1 and made[0].get("use") == "returned":
        return True
    return bool(_GUARDS & set(words(region.lock.removesuffix("()").rsplit(".", 1)[-1])))


def _spoken(region: Region) -> str:
    return f"the monitor of {region.at.get('name')}" if region.at.kind == "function" else region.lock


# --- what waits ------------------------------------------------------------------------------------------------------


def _waiting(region: Region, reading: Reading) -> Iterator[tuple[Fact, Fact]]:
    """Each call inside that waits for somebody else, with the call that does so (itself, or one in the function it calls)."""
    for call in region.held:
        inner = _waits(call, reading) if call.get("use") not in ("deferred", "spawned") else None
        if inner is not None:
            yield call, inner


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
    if not call.roles & _HOLDS or call.roles & _LOCAL or call.get("use") in ("deferred", "spawned"):
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
