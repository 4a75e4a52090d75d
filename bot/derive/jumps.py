"""Jumps: statements that leave a `finally` block while a failure may be on its way out."""

from __future__ import annotations

from ..model import Fact
from .reading import Reading


def derive(reading: Reading) -> None:
    """Write `leaves_finally` onto returns, breaks, continues and raises that end a finally block early."""
    for fact in reading.facts.of("return", "break", "continue", "raise"):
        if _leaves(fact, reading):
            fact.attributes["leaves_finally"] = True


def _leaves(fact: Fact, reading: Reading) -> bool:
    if fact.kind == "raise" and fact.get("value") is None:
        return False
    for above in reading.facts.ancestors(fact):
        if above.kind == "block" and above.get("arm") == "finally":
            return True
        if above.kind in ("function", "class"):
            return False
        if above.kind == "loop" and fact.kind in ("break", "continue"):
            return False
        if above.kind == "branch" and fact.kind == "break" and above.get("style") == "switch" and not fact.get("label"):
            return False
        if above.kind == "try" and fact.kind == "raise":
            return False  # handled, or replaced, within the finally block itself
    return False
