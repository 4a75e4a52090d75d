"""Breakers: whether a circuit breaker lives longer than the one call that it should guard."""

from __future__ import annotations

from ..model import Fact
from .conventions import lifecycle, words
from .objects import holder
from .reading import Reading

_FACTORIES = frozenset(
    {
        "new",
        "make",
        "create",
        "build",
        "provide",
        "provides",
        "get",
        "setup",
        "init",
        "configure",
        "factory",
        "breaker",
        "bean",
    }
)


def derive(reading: Reading) -> None:
    """Add a `breaker` fact for each call that makes a circuit breaker."""
    for call in reading.facts.of("call"):
        if "breaker.create" in call.roles and call.get("use") != "item":
            reading.facts.derive("breaker", call, lifetime=_lifetime(call, reading), callee=call.get("callee"))


def _lifetime(call: Fact, reading: Reading) -> str:
    """Says "call" for a local of a function that also calls through it, "kept" for what is stored or handed out, "unknown" else."""
    function = reading.facts.function(call)
    if function is None:
        return "kept"
    if (
        lifecycle(function) in ("constructor", "start")
        or set(words(str(function.get("name", "")))) & _FACTORIES
        or function.get("decorators")
    ):
        return "kept"
    if call.get("use") == "receiver":
        return "call"
    path, scope = holder(call, reading)
    if not path or "." in path or scope is None or scope.kind != "function":
        return "kept" if path else "unknown"
    mentions = [m for m in reading.mentions.of(path, scope) if m.fact.id > call.id]
    if any(m.how in ("returned", "argument", "assigned", "element", "yielded", "operand") for m in mentions):
        return "kept"
    return "call" if any(m.how == "receiver" for m in mentions) else "unknown"
