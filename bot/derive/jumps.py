"""Jumps: statements that leave a `finally` block while a failure may be on its way out."""

from __future__ import annotations

from ..model import Fact
from .reading import Reading


def derive(reading: Reading) -> None:
    """Write `leaves_finally` onto what ends a finally block early, with `answered`: whether a handler has seen to the failures before."""
    for fact in reading.facts.of("return", "break", "continue", "raise"):
        if _leaves(fact, reading):
            chained = fact.kind == "raise" and reading.language.name == "python"  # the first failure stays its context
            answered = chained or _answered(fact, reading) or _hands_on(fact, reading)
            fact.attributes.update(leaves_finally=True, answered=answered)


def _answered(fact: Fact, reading: Reading) -> bool:
    """True when the same try has a handler that takes every ordinary failure and does not raise: nothing but an exit is on its way."""
    finally_ = next(a for a in reading.facts.ancestors(fact) if a.kind == "block" and a.get("arm") == "finally")
    return any(
        h.parent == finally_.parent
        and h.get("catches") in ("base", "broad")
        and h.get("outcome") not in ("rethrow", "some-rethrow", "wrap", "some-wrap")
        for h in reading.facts.of("handling")
        if h.get("style") == "catch"
    )


def _hands_on(fact: Fact, reading: Reading) -> bool:
    """True for a raise of a failure that was kept and has just been asked for (`if (kept != null) throw kept`)."""
    value = fact.get("value")
    above = reading.facts.enclosing(fact, "branch")
    if fact.kind != "raise" or value is None or above is None or above.get("condition") is None:
        return False
    tested = above.get("condition")
    names = {p.path for p in (tested, *tested.parts) if p.form == "name"}
    raised = (
        [value, *(a.value for a in reading.facts.all[value.call].get("arguments", ()))] if value.call >= 0 else [value]
    )
    return any(v.form == "name" and v.path in names for v in raised)


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
