"""Remaining time: a waiting time that is a difference and may be exactly nothing, where nothing means "for ever".

Written onto calls as `left` ("may be zero"), with the `guard` that lets the equal case pass.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact, Value
from .calls import argument
from .reading import Reading

_STRICT: Final = frozenset({"<", ">"})


def derive(reading: Reading) -> None:
    """Judge each call that is given a time."""
    for call in reading.facts.of("call"):
        if call.get("deadline") == "given" and "sleep" not in call.roles:
            _judge_left(call, reading)


def _judge_left(call: Fact, reading: Reading) -> None:
    """A waiting time that is a difference, where nothing means "for ever", behind a guard that lets the equal case pass."""
    api = call.get("api")
    spec = api.deadline if api is not None else None
    if spec is None or spec.zero != "forever":
        return
    value = argument(call, spec.arguments, spec.positions)
    if value is None or value.form not in ("operation", "name", "call"):
        return
    left, name = _difference(value, call, reading)
    if left is None:
        return
    guard = _strict_guard(call, left, name, reading)
    if guard is not None:
        call.attributes.update(
            left="may be zero",
            guard=guard.id,
            evidence=(*call.get("evidence", ()), ("this guard lets the equal case pass", guard.id)),
        )


def _difference(value: Value, call: Fact, reading: Reading) -> tuple[Value | None, str]:
    """A waiting time that is what is left of another, and the name that holds it."""
    if value.form != "name":
        return (value, "") if _subtracts(value) else (None, "")
    made = [b.value for b in reading.names.bindings(value.path, call) if b.value is not None and _subtracts(b.value)]
    return (made[0], value.path) if made else (None, "")


def _subtracts(value: Value) -> bool:
    if value.form == "call":
        return value.path.removesuffix("()").rsplit(".", 1)[-1] in ("Sub", "Until", "minus", "minusMillis", "between")
    return value.form == "operation" and value.operator == "-" and len(value.parts) == 2


def _strict_guard(call: Fact, left: Value, name: str, reading: Reading) -> Fact | None:
    """The branch before the call that leaves only when nothing at all is left over."""
    function = reading.facts.function(call)
    if function is None:
        return None
    first, second = (p.path for p in left.parts) if left.form == "operation" else ("", "")
    for branch in reading.facts.within(function, "branch"):
        condition = branch.get("condition")
        if (
            branch.id > call.id
            or reading.facts.inside(call, branch)
            or condition is None
            or condition.operator not in _STRICT
            or len(condition.parts) != 2
        ):
            continue
        if not _leaves(branch, reading):
            continue
        a, b = condition.parts
        low, high = (a, b) if condition.operator == "<" else (b, a)
        if name and low.path == name and high.constant == 0 and not isinstance(high.constant, bool):
            return branch
        if first and second and low.path == first and high.path == second:
            return branch
    return None


def _leaves(branch: Fact, reading: Reading) -> bool:
    then = next((c for c in reading.facts.children(branch) if c.kind == "block" and c.get("arm") == "then"), None)
    return then is not None and any(f.kind in ("raise", "return", "break") for f in reading.facts.children(then))
