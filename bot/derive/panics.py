"""Panics: goroutines below a recover that can't reach them, assertions on events that may be errors, loops over closed-only channels."""

from __future__ import annotations

from collections import defaultdict

from ..model import Fact
from .aborts import is_a_program
from .conventions import lifecycle
from .reading import Reading


def derive(reading: Reading) -> None:
    """Write `unrecovered` onto spawns, `event` onto assertions, `over_done` onto loops."""
    if reading.language.errors != "values":
        return
    helpers = {f.get("name") for f in reading.facts.of("function") if f.get("name") and _recovers(f, reading)}
    callers = _callers(reading)
    for spawn in reading.facts.of("spawn"):
        caller = (
            ""
            if is_a_program(reading)
            or _starts_once(spawn, reading)
            or (not helpers and not reading.facts.data.count(b"recover()"))
            else _protected_by(spawn, helpers, callers, reading)
        )
        spawn.attributes["unrecovered"] = bool(caller) and not _guards_itself(spawn, helpers, reading)
        spawn.attributes["caller"] = caller
    for assertion in reading.facts.of("assertion"):
        value = assertion.get("value")
        owner = (
            reading.names.type_of(value.parts[0], assertion)
            if value is not None and value.form == "member" and value.parts
            else ""
        )
        assertion.attributes["event"] = any(
            value.path.rsplit(".", 1)[-1] in t.fallible for t in reading.knowledge.lineage(owner)
        )
    for loop in reading.facts.of("loop"):
        iterable = loop.get("iterable")
        if iterable is not None and iterable.form == "call":
            loop.attributes["over_done"] = "context.done" in reading.facts.all[iterable.call].roles


def _recovers(function: Fact, reading: Reading) -> bool:
    return any("panic.recover" in c.roles or c.get("name") == "recover" for c in reading.facts.within(function, "call"))


def _starts_once(spawn: Fact, reading: Reading) -> bool:
    """True in a start function, outside any loop: what it starts lives as long as the component, and so does nobody without it."""
    function = reading.facts.function(spawn)
    return (
        function is not None
        and lifecycle(function) == "start"
        and not function.get("closure")
        and reading.facts.enclosing(spawn, "loop") is None
    )


def _callers(reading: Reading) -> dict[int, list[Fact]]:
    """Which functions call which, within the file."""
    found: dict[int, list[Fact]] = defaultdict(list)
    for call in reading.facts.of("call"):
        above = reading.facts.function(call)
        if call.get("target", -1) >= 0 and above is not None and call.get("use") != "spawned":
            found[call.get("target")].append(above)
    return found


def _defers_recover(function: Fact, helpers: set[str], reading: Reading) -> bool:
    for deferred in reading.facts.within(function, "defer"):
        for call in reading.facts.within(deferred, "call", closures=True):
            target = call.get("callee").path.rsplit(".", 1)[-1] if call.get("callee") is not None else ""
            if target == "recover" or target in helpers:
                return True
    return False


def _protected_by(spawn: Fact, helpers: set[str], callers: dict[int, list[Fact]], reading: Reading) -> str:
    """The function around the spawn, or one that calls it in this file, that defers a recover: it looks protected."""
    function = reading.facts.function(spawn)
    seen: set[int] = set()
    waiting = [function] if function is not None else []
    while waiting:
        current = waiting.pop(0)
        if current.id in seen:
            continue
        seen.add(current.id)
        if _defers_recover(current, helpers, reading):
            return str(current.get("name") or "the function around it")
        outer = reading.facts.function(current) if current.get("closure") and current.get("use") != "spawned" else None
        waiting += [*callers.get(current.id, ()), *([outer] if outer is not None else [])]
    return ""


def _guards_itself(spawn: Fact, helpers: set[str], reading: Reading) -> bool:
    for call in reading.facts.within(spawn, "call"):
        callee = call.get("callee")
        index = callee.call if callee is not None and callee.form == "function" else call.get("target", -1)
        if index >= 0:
            return _defers_recover(reading.facts.all[index], helpers, reading)
        return True  # a function of another file: nobody can tell
    return True
