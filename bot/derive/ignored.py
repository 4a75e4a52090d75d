"""Results that tell of a failure and are not looked at, for work whose failure matters: writes, commits, messages, locks.

A result that is assigned to `_` was dropped on purpose and in the open; that is left alone.
"""

from __future__ import annotations

from typing import Final

from ..knowledge import Api
from ..model import Fact
from .aborts import is_a_program
from .calls import argument, method, receiver
from .conventions import lifecycle, words
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
        call.attributes["loses_failure"] = not (
            _raises_instead(call) or _ends_anyway(call, reading) or _cannot_fail(call, reading)
        )
        call.attributes["by_hand"] = _is_by_hand(reading, call)


def _is_by_hand(reading: Reading, call: Fact) -> bool:
    """True in a program that is run by hand, whose user sees what failed: by its folder, at file level, or where it starts itself."""
    return is_a_program(reading) or reading.facts.function(call) is None or b"__main__" in reading.facts.data


def _cannot_fail(call: Fact, reading: Reading) -> bool:
    """A lock and a flush that are waited for without end succeed; an unbounded queue has room, one with a single place rings a bell."""
    if call.roles & {"lock.acquire", "semaphore.acquire"}:
        return not call.get("arguments") and words(method(call))[:1] != ("try",)
    if "queue.publish" in call.roles and words(method(call)) == ("flush",):
        return bool(call.get("deadline") == "none")
    owner = receiver(call)
    if "queue.put" not in call.roles or owner is None:
        return False
    made = [b.value for b in reading.names.bindings_of(owner, call) if b.value is not None and b.value.form == "call"]
    sizes = [reading.facts.all[value.call].get("arguments", ()) for value in made]
    return bool(sizes) and all(not size or size[0].value.constant == 1 for size in sizes)


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
