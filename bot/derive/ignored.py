"""Results that tell of a failure and are not looked at, for work whose failure matters: writes, commits, messages, locks.

A result that is assigned to `_` was dropped on purpose and in the open; that is left alone.
"""

from __future__ import annotations

from typing import Final

from ..knowledge import Api
from ..model import Fact
from .calls import argument
from .conventions import lifecycle
from .reading import Reading

_MATTERS: Final = frozenset(
    {
        "db.write",
        "db.commit",
        "queue.publish",
        "queue.ack",
        "storage.write",
        "storage.read",
        "file.sync",
        "file.rename",
        "cache.set",
        "cache.lock",
        "lock.acquire",
        "semaphore.acquire",
        "process.run",
        "queue.put",
        "mail.send",
    }
)


def derive(reading: Reading) -> None:
    """Write `loses_failure` onto calls whose result says whether the work was done, and nobody reads it."""
    for call in reading.facts.of("call"):
        api: Api | None = call.get("api")
        if (
            api is None
            or call.get("use") != "dropped"
            or api.result not in ("error", "status")
            or not api.roles & _MATTERS
        ):
            continue
        call.attributes["loses_failure"] = not _raises_instead(call) and not _ends_anyway(call, reading)


def _raises_instead(call: Fact) -> bool:
    """`check=True` turns the status into an exception."""
    value = argument(call, ("check", "raise_on_error"))
    return value is not None and value.constant is not False


def _ends_anyway(call: Fact, reading: Reading) -> bool:
    """In a stop function, a handler or a deferred closure the work is being given up already."""
    if reading.facts.enclosing(call, "handler", "defer") is not None:
        return True
    return any(
        lifecycle(f) == "stop" or f.get("use") == "deferred" for f in reading.facts.functions(call)
    ) or _in_error_branch(call, reading)


def _in_error_branch(call: Fact, reading: Reading) -> bool:
    bodies = {h.get("body") for h in reading.facts.of("handling") if h.get("style") == "check"}
    return any(above.id in bodies for above in reading.facts.ancestors(call))
