"""Event loops: one that another thread runs must be stopped before it is closed."""

from __future__ import annotations

from ..model import Fact, Value
from .calls import argument, receiver
from .reading import Reading


def derive(reading: Reading) -> None:
    """Write `running` onto calls that close an event loop: the same function reaches that loop from another thread and never stops it."""
    for call in reading.facts.of("call"):
        owner = receiver(call)
        if "loop.close" not in call.roles and not (
            owner is not None and call.get("callee").path.endswith("loop.close")
        ):
            continue
        function = reading.facts.function(call)
        if owner is None or function is None or not owner.path:
            continue
        before = [c for c in reading.facts.within(function, "call") if c.id < call.id]
        from_outside = [c for c in before if _crosses(c) and _about(c, owner.path)]
        stopped = any(m.method == "stop" for m in reading.mentions.of(owner.path, function)) or any(
            "loop.run" in c.roles for c in before
        )
        call.attributes["running"] = bool(from_outside) and not stopped
        if from_outside:
            call.attributes["evidence"] = (("reached from another thread here", from_outside[-1].id),)


def _crosses(call: Fact) -> bool:
    """Handed to a loop in a way that is safe from another thread, which only another thread needs."""
    callee: Value | None = call.get("callee")
    return callee is not None and callee.path.endswith("_threadsafe")


def _about(call: Fact, path: str) -> bool:
    owner, loop = receiver(call), argument(call, ("loop",), (1,))
    return (owner is not None and owner.path == path) or (loop is not None and loop.path == path)
