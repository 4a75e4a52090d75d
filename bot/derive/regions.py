"""Regions in which a lock is held: with-blocks, synchronized blocks and methods, and the stretch between taking and giving back.

Remote calls, sleeps and waits inside make everybody wait who wants the lock, for as long as the peer likes. Who that is decides how
much it hurts: others, who want the lock for something quick, or only those who came for this very call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from ..knowledge import Api
from ..model import Fact, Value
from .calls import argument, method, receiver
from .conventions import lifecycle, words
from .lockregions import Region, regions_of
from .objects import origin
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
_ASKS: Final = frozenset({"http.request", "rpc.call"})
#: Who writes to one peer writes one thing after the other.
_SERIAL: Final = frozenset({"write", "send", "publish", "emit", "push"})
_CONDITIONS: Final = ("branch", "loop", "handler", "try")


def derive(reading: Reading) -> None:
    """Write `lock_held`, `lock` and `stalls` onto calls that wait for somebody else while a lock is held, one call deep too."""
    regions = list(regions_of(reading))
    quick: dict[tuple[str, str], set[int]] | None = None
    for region in regions:
        if _wanted_for_that(region, reading):
            continue
        for call, inner in _waiting(region, reading):
            if "lock_held" in call.attributes:
                continue
            quick = _quick(regions, reading) if quick is None else quick
            call.attributes.update(
                lock_held=True,
                lock=_spoken(region),
                stalls="others"
                if not _is_made_once(region, call, reading) and _stalls(region, inner, quick, reading)
                else "its own",
            )
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


# --- who else wants the lock -----------------------------------------------------------------------------------------


def _quick(regions: list[Region], reading: Reading) -> dict[tuple[str, str], set[int]]:
    """For each lock the functions, other than starts and stops, that take it for something that waits for nobody."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    slow = _slow(reading)
    for region in regions:
        function = region.at if region.at.kind == "function" else reading.facts.function(region.at)
        if function is not None and not lifecycle(function) and not any(_is_slow(c, slow) for c in region.held):
            found[_identity(region, reading)].add(function.id)
    return found


def _slow(reading: Reading) -> frozenset[str]:
    """The names of this file's functions that wait for somebody else, themselves or by another one."""
    slow: frozenset[str] = frozenset()
    for _ in range(2):
        hit = (c for c in reading.facts.of("call") if _is_slow(c, slow))
        slow |= {str(f.get("name", "")) for c in hit for f in reading.facts.functions(c)}
    return slow - {""}


def _is_slow(call: Fact, slow: frozenset[str]) -> bool:
    return bool(call.roles & (WAITS - _LOCAL)) or method(call) in slow


def _identity(region: Region, reading: Reading) -> tuple[str, str]:
    """One name for the same lock in all functions: its class and its path in there."""
    function = region.at if region.at.kind == "function" else reading.facts.function(region.at)
    home = reading.facts.class_of(region.at)
    root, _, rest = region.lock.partition(".")
    if function is not None and (owner := function.get("receiver")) is not None and owner.name == root:
        return (str(owner.type), rest)
    named = str(home.get("name", "")) if home is not None else ""
    return (named, rest if root in ("this", "self", "cls") and rest else region.lock)


def _stalls(region: Region, wait: Fact, quick: dict[tuple[str, str], set[int]], reading: Reading) -> bool:
    """True when others stand still too: who takes the lock for something quick, who asks for something else, or all and for ever."""
    function = region.at if region.at.kind == "function" else reading.facts.function(region.at)
    if function is None or _is_local(region.lock, function, reading) or _has_key(region.at):
        return False
    if wait.roles & _ASKS and _without_end(wait, reading):
        return True
    if _serves_lifecycle(function, reading) or _fills(region, wait, reading):
        return False
    return bool(quick.get(_identity(region, reading), set()) - {function.id}) or _differs(wait, function, reading)


def _has_key(taken: Fact) -> bool:
    """`locks.Lock(repository)`: one lock of many, for those who want the same thing."""
    given = taken.get("arguments", ()) if taken.kind == "call" else ()
    return any(not a.name and a.value.form in ("name", "member") and a.value.path != "ctx" for a in given)


def _without_end(call: Fact, reading: Reading) -> bool:
    """True for a request that nothing bounds: not its client, and not the request object that was made without a context."""
    if call.get("deadline") in ("none", "disabled"):
        return True
    api: Api | None = call.get("api")
    if call.get("deadline") != "context" or api is None or api.deadline is None or api.deadline.default != "none":
        return False
    if api.deadline.client and any(
        m.get("deadline") not in ("none", "disabled") for m in origin(receiver(call), call, reading).makers or (call,)
    ):
        return False
    made = origin(argument(call, positions=(api.deadline.context or 0,)), call, reading)
    apis = [m.get("api") for m in made.makers]
    return (
        made.complete
        and bool(apis)
        and all(
            a is not None and a.deadline is not None and a.deadline.context is None and a.deadline.default == "none"
            for a in apis
        )
    )


def _serves_lifecycle(function: Fact, reading: Reading) -> bool:
    """True for a helper that only starts, stops and constructors of this file call."""
    callers = [reading.facts.function(c) for c in reading.facts.of("call") if c.get("target") == function.id]
    return bool(callers) and all(f is not None and lifecycle(f) for f in callers)


def _is_local(path: str, function: Fact, reading: Reading) -> bool:
    """True for a lock in a local name or a parameter: one of many, each for its own thing."""
    root = path.split(".", maxsplit=1)[0]
    own = function.get("receiver")
    if root in ("this", "self", "cls") or (own is not None and own.name == root):
        return False
    return bool(reading.names.scopes.get(function.id, {}).get(root))


def _fills(region: Region, wait: Fact, reading: Reading) -> bool:
    """True where what is missing is fetched once: a test of what the region then sets. Everybody who waits needs this very result."""
    around = reading.facts.function(region.at) if region.at.kind != "function" else region.at
    if around is None or reading.facts.function(wait) is not around:
        return False
    tests = [b.get("condition") for b in reading.facts.within(around, "branch") if region.at.id < b.id < wait.id]
    asked = {path for test in tests for path in _paths(test)}
    return any(
        t.form in ("name", "member") and t.path in asked
        for a in reading.facts.within(around, "assignment")
        if reading.facts.ends(a) >= wait.id
        for t in a.get("targets", ())
    )


def _is_made_once(region: Region, call: Fact, reading: Reading) -> bool:
    """True behind `if c.connected { return c.client }`: who comes later finds what this one makes, one call deep."""
    around = reading.facts.function(region.at) if region.at.kind != "function" else region.at
    if around is None or call.get("target", -1) < 0:
        return False
    before = (b for b in reading.facts.within(around, "branch") if region.at.id < b.id < call.id)
    return any(
        any(v.form == "member" for v in b.get("condition").walk())
        and any(True for _ in reading.facts.within(b, "return"))
        for b in before
        if isinstance(b.get("condition"), Value)
    )


def _paths(value: Value | None) -> Iterator[str]:
    return (v.path for v in value.walk() if v.path) if value is not None else iter(())


def _differs(wait: Fact, function: Fact, reading: Reading) -> bool:
    """True for a request without a known limit that carries what the caller gave: the next one asks for something else."""
    if not wait.roles & _ASKS or wait.get("deadline") == "given" or reading.facts.function(wait) is not function:
        return False
    if _SERIAL & set(words(str(function.get("name", "")))):
        return False
    given = {p.name for p in function.get("parameters", ())}
    return any(path.split(".")[0] in given for a in wait.get("arguments", ()) for path in _paths(a.value))


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
