"""Isolation: loops in which the failure of one element takes the others with it, where they have nothing to do with one another.

Written onto calls: `lone` is "cleanup" for a release of each element with no guard around the single one, "lookup" for a question that
fails on mere absence.
"""

from __future__ import annotations

import re
from typing import Final

from ..model import Fact, Value
from .calls import method, receiver
from .conventions import words
from .entries import entry_of
from .handlers import error_tested
from .reading import Reading

_CLOSES: Final = frozenset(
    {"close", "stop", "shutdown", "dispose", "destroy", "terminate", "disconnect", "shutdownnow", "aclose"}
)
_LOOKUPS: Final = frozenset({"dns.lookup", "http.request", "rpc.call", "storage.read", "cloud.call"})
#: What cannot fail in practice, or is safe by contract.
_HARMLESS: Final = frozenset(
    {
        "event",
        "timer",
        "ticker",
        "thread",
        "task",
        "future",
        "stopwatch",
        "latch",
        "executor",
        "process",
        "processes",
        "proc",
        "procs",
        "pool",
        "scheduler",
        "span",
        "scope",
        "widget",
        "channel",
        "iterator",
        "iterators",
        "iter",
        "it",
        "cursor",
        "queue",
        "conn",
        "conns",
        "connection",
        "connections",
        "socket",
        "sock",
        "file",
        "writer",
        "stream",
        "proto",
        "protocol",
        "transport",
    }
)
_ADVERBS: Final = frozenset({"now", "gracefully", "all", "async"})


def derive(reading: Reading) -> None:
    """Judge each call in a loop over elements."""
    for loop in reading.facts.of("loop"):
        if loop.get("style") != "each" or loop.get("iterable") is None:
            continue
        names = {t.path for t in loop.get("targets", ()) if t.form == "name"}
        for call in reading.facts.within(loop, "call"):
            if _released_alone(call, loop, names, reading):
                call.attributes["lone"] = "cleanup"
            elif _asked_alone(call, loop, reading):
                call.attributes["lone"] = "lookup"


def _released_alone(call: Fact, loop: Fact, names: set[str], reading: Reading) -> bool:
    owner = receiver(call)
    name = words(method(call))
    if (
        owner is None
        or owner.path not in names
        or call.get("arguments")
        or not name
        or name[0] not in _CLOSES
        or set(name[1:]) - _ADVERBS
    ):
        return False
    if (
        entry_of(call, reading) != "stop"
        or loop.get("iterable").form in ("collection", "constant")
        or reading.facts.enclosing(call, "loop") is not loop
    ):
        return False
    if (
        set(words(owner.path.rsplit(".", 1)[-1])) & _HARMLESS
        or set(words(str(call.get("receiver", "")).rsplit(".", 1)[-1])) & _HARMLESS
    ):
        return False
    api = call.get("api")
    if api is not None and "pool.shutdown" in api.roles:
        return False
    if reading.language.errors == "values":
        return _returns_at_failure(call, loop, reading)
    if call.get("awaited") or call.get("use") == "yielded" or _guarded(call, loop, reading):
        return False
    return not _guards_itself(method(call), reading)


def _guards_itself(name: str, reading: Reading) -> bool:
    """True when this file defines methods of that name, and all that they call is under a try already."""
    named = [f for f in reading.facts.of("function") if f.get("name") == name]
    return bool(named) and all(
        reading.facts.enclosing(c, "try") for f in named for c in reading.facts.within(f, "call")
    )


def _asked_alone(call: Fact, loop: Fact, reading: Reading) -> bool:
    """A look-up of each element that raises where there is nothing to find, in a loop that gathers what it finds."""
    api = call.get("api")
    if (
        api is None
        or not api.fields.get("absent_error")
        or not call.roles & _LOOKUPS
        or reading.facts.enclosing(call, "loop") is not loop
        or not _asks_of_element(call, loop, reading)
    ):
        return False
    if reading.language.errors == "values":
        return _returns_at_failure(call, loop, reading) and _gathers(loop, reading)
    return not _guarded(call, loop, reading) and _gathers(loop, reading)


def _asks_of_element(call: Fact, loop: Fact, reading: Reading) -> bool:
    """True where the question has the element in it, or something that the loop got from the element."""
    known = {t.path for t in loop.get("targets", ()) if t.form == "name"}
    for assignment in reading.facts.within(loop, "assignment"):
        value: Value | None = assignment.get("value")
        if value is not None and assignment.id < call.id and roots(value, reading) & known:
            known |= {t.path for t in assignment.get("targets", ()) if t.form == "name"}
    asked = [a.value for a in call.get("arguments", ())]
    owner = receiver(call)
    return any(roots(v, reading) & known for v in (*asked, *((owner,) if owner is not None else ())))


def roots(value: Value, reading: Reading) -> set[str]:
    """The names that an expression begins from, in calls' arguments too."""
    found = {re.split(r"[.\[(]", value.path, maxsplit=1)[0]} if value.path else set()
    parts = list(value.parts)
    if value.form == "call" and value.call >= 0:
        parts += [a.value for a in reading.facts.all[value.call].get("arguments", ())]
    return found.union(*(roots(p, reading) for p in parts))


def _gathers(loop: Fact, reading: Reading) -> bool:
    return any(method(c) in ("append", "add", "put", "extend") for c in reading.facts.within(loop, "call"))


def _guarded(call: Fact, loop: Fact, reading: Reading) -> bool:
    """True when a try inside the loop stands around the call."""
    for above in reading.facts.ancestors(call):
        if above.id == loop.id:
            return False
        if above.kind in ("try", "with", "function"):
            return True
    return False


def _returns_at_failure(call: Fact, loop: Fact, reading: Reading) -> bool:
    """`if err := x.Close(); err != nil { return err }`: the first failure leaves the loop, whatever it is."""
    for branch in reading.facts.within(loop, "branch"):
        if reading.facts.enclosing(branch, "loop") is not loop or not error_tested(branch.get("condition")):
            continue
        near = reading.facts.inside(call, branch) or branch.id - reading.facts.ends(call) in (1, 2)
        body = next((b for b in reading.facts.children(branch) if b.kind == "block" and b.get("arm") == "then"), None)
        if (
            near
            and body is not None
            and not reading.facts.inside(call, body)
            and any(f.kind == "return" for f in reading.facts.within(body))
            and not any(f.kind == "continue" for f in reading.facts.within(body))
        ):
            return True
    return False
