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
    conditions: set[str] = set()
    for above in reading.facts.ancestors(fact):
        if above.kind == "block" and above.get("arm") == "finally":
            return not conditions & _set_by_success(above, reading)
        if above.kind == "block" and above.get("arm") == "then":
            condition = reading.facts.all[above.parent].get("condition")
            if condition is not None and condition.form == "name":
                conditions.add(condition.path)
        if above.kind in ("function", "class"):
            return False
        if above.kind == "loop" and fact.kind in ("break", "continue"):
            return False
        if above.kind == "branch" and fact.kind == "break" and above.get("style") == "switch" and not fact.get("label"):
            return False
        if above.kind == "try" and fact.kind == "raise":
            return False  # handled, or replaced, within the finally block itself
    return False


def _set_by_success(finally_: Fact, reading: Reading) -> set[str]:
    """The flags that the try's body sets to true as its last step: under them no failure is on its way."""
    body = next(reading.facts.children(reading.facts.all[finally_.parent]), None)
    steps = [f for f in reading.facts.children(body) if f.kind != "comment"] if body is not None else []
    if not steps or steps[-1].kind != "assignment":
        return set()
    value = steps[-1].get("value")
    targets = steps[-1].get("targets", ())
    return {t.path for t in targets} if value is not None and value.constant is True else set()
