"""Daemons: threads that end with the process, whether somebody stops them or not."""

from __future__ import annotations

from ..model import Fact, Value
from .reading import Reading


def asks_for_daemons(call: Fact, reading: Reading) -> bool:
    """True for a pool whose threads end with the process: its words say so, or its factory is made with a bare `true`."""
    if "daemon" in reading.facts.text(call).lower():
        return True
    factories = [m for a in call.get("arguments", ()) for m in _makers(a.value, call, reading)]
    return any(
        "threadfactory" in reading.facts.text(f).lower()
        and any(a.value.constant is True for a in f.get("arguments", ()))
        for f in factories
    )


def _makers(value: Value, at: Fact, reading: Reading) -> list[Fact]:
    """The calls that give an argument, directly or through a local name."""
    if value.form == "call":
        return [reading.facts.all[value.call]]
    bound = reading.names.bindings(value.path, at) if value.form == "name" else ()
    return [reading.facts.all[b.value.call] for b in bound if b.value is not None and b.value.form == "call"]
