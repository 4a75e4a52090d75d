"""Habits: acquisitions of libraries that nobody described, told by how this file treats their results, or by plain verbs.

Where errors are values an acquisition gives the thing and an error. It must be given back when this file puts off its release
elsewhere (`defer c.Release()`), when its name says that a connection was dialled, or when it was opened and is read as a stream.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from ..model import Fact, Value
from .calls import method, receiver
from .closables import CLOSES
from .conventions import words
from .mentions import Mention
from .reading import Reading

#: What may follow a verb of release without changing what is released.
_HOW: Final = frozenset({"with", "error", "now", "quietly", "and", "all", "gracefully", "connection", "conn", "on"})
_STREAMS: Final = frozenset(
    {"object", "blob", "file", "reader", "stream", "range", "content", "body", "archive", "export"}
)
_FETCHES: Final = frozenset({"get", "fetch", "download"})
_READS: Final = frozenset({"stream.read-all", "stream.copy", "stream.view", "file.read"})


def habitual_closers(reading: Reading) -> dict[int, tuple[str, ...]]:
    """For calls that no API file knows: what gives back what they acquired, by call; calls that seem to acquire nothing are left out."""
    if reading.language.errors != "values":
        return {}
    sites: dict[str, list[tuple[Fact, Fact, str]]] = defaultdict(list)
    for call in reading.facts.of("call"):
        function, name = reading.facts.function(call), _taken_as(call, reading)
        if name and function is not None:
            sites[_key(call, function)].append((call, function, name))
    found: dict[int, tuple[str, ...]] = {}
    for places in sites.values():
        closers = {c for call, function, name in places for c in _put_off(call, function, name, reading)}
        for call, function, name in places:
            if closers:
                found[call.id] = tuple(sorted(closers))
            elif _is_dialled(call) or _is_read(call, function, name, reading):
                found[call.id] = ("Close",)
    return found


def _taken_as(call: Fact, reading: Reading) -> str:
    """The local name that takes the first of two results, the second being an error; "" for other calls."""
    if call.get("api") is not None or call.get("use") != "assigned" or call.get("constructor"):
        return ""
    callee: Value | None = call.get("callee")
    bare = callee is not None and callee.form == "name" and call.get("target", -1) < 0
    if bare and reading.names.bindings(callee.path if callee is not None else "", call):
        return ""  # a function in a variable: another one each time
    assignment = reading.facts.all[call.get("consumer")]
    targets: tuple[Value, ...] = assignment.get("targets", ()) if assignment.kind == "assignment" else ()
    if len(targets) != 2 or any(t.form != "name" for t in targets) or not targets[1].path.lower().endswith("err"):
        return ""
    return "" if targets[0].path == "_" else targets[0].path


def _key(call: Fact, function: Fact) -> str:
    """One name for the same callee in all methods of a type, whatever they call their receiver."""
    callee: Value | None = call.get("callee")
    path = callee.path if callee is not None else ""
    own = function.get("receiver")
    root, dot, rest = path.partition(".")
    return f"({own.type}).{rest}" if own is not None and dot and root == own.name else path


def _put_off(call: Fact, function: Fact, name: str, reading: Reading) -> set[str]:
    """The methods by which this function gives the result back at its end."""
    return {
        m.method
        for m in reading.mentions.of(name, function)
        if m.fact.id > call.id and _releases(m) and m.fact.get("use") == "deferred"
    }


def _releases(mention: Mention) -> bool:
    """True for a verb that ends the thing itself, not a part of it (`user.CloseFs()`)."""
    verb, *rest = words(mention.method) or ("",)
    return mention.how == "receiver" and verb in CLOSES and set(rest) <= _HOW


def _is_dialled(call: Fact) -> bool:
    return words(method(call))[:1] == ("dial",) and receiver(call) is not None


def _is_read(call: Fact, function: Fact, name: str, reading: Reading) -> bool:
    """Opened or fetched by its name, and read as a stream from then on."""
    verb = words(method(call))
    if verb[:1] != ("open",) and not (verb and verb[0] in _FETCHES and verb[-1] in _STREAMS):
        return False
    return any(
        m.how == "argument" and m.fact.id > call.id and m.fact.roles & _READS
        for m in reading.mentions.of(name, function)
    )
