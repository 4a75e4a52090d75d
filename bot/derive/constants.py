"""Constants: what an expression folds to through names, library constants and lengths of time."""

from __future__ import annotations

from typing import Any

from ..languages.reader import fold
from ..model import UNKNOWN, Duration, Fact, Value
from .names import Names

_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DEPTH = 8


def constant_of(value: Value | None, at: Fact, names: Names, depth: int = 0) -> Any:
    """The constant that a value folds to at a place, UNKNOWN when it can't be told.

    A name counts when it has exactly one binding, so that a reassigned variable is never taken for a constant.
    """
    if value is None or depth > _DEPTH:
        return UNKNOWN
    if value.constant is not UNKNOWN:
        return value.constant
    if value.form in ("name", "member"):
        return _named(value, at, names, depth)
    if value.form == "operation":
        return fold_lengths(value.operator, [constant_of(p, at, names, depth + 1) for p in value.parts])
    return _length(value, names, depth) if value.form == "call" else UNKNOWN


def _named(value: Value, at: Fact, names: Names, depth: int) -> Any:
    if value.path in names.counted:
        return UNKNOWN
    bindings = names.bindings_of(value, at)
    if bindings:
        only = bindings[0]
        if len(bindings) > 1 or only.how not in ("assigned", "declared") or only.index:
            return UNKNOWN
        return constant_of(only.value, names.facts.all[only.at], names, depth + 1)
    owner, _, name = value.path.rpartition(".")
    if owner in names.classes:
        fields = names.fields[owner].get(name, [])
        return (
            constant_of(fields[0].value, names.facts.all[fields[0].at], names, depth + 1)
            if len(fields) == 1
            else UNKNOWN
        )
    return names.knowledge.constants.get(names.qualify(value.path), UNKNOWN)


def _length(value: Value, names: Names, depth: int) -> Any:
    """A call that makes a length of time (`Duration.ofSeconds(5)`, `timedelta(minutes=1)`, `time.Duration(5)`)."""
    call = names.facts.all[value.call]
    if "api" not in call.attributes:
        names.name_call(call)
    api, arguments = call.get("api"), call.get("arguments", ())
    if api is None or "duration.create" not in api.roles or not arguments:
        return UNKNOWN
    total = 0.0
    for argument in arguments:
        amount = constant_of(argument.value, call, names, depth + 1)
        unit = _UNITS.get(argument.name[:1] if argument.name not in _LONG else _LONG[argument.name]) or _UNITS.get(
            str(api.fields.get("duration_unit", "s"))
        )
        if isinstance(amount, Duration):
            return amount
        if not isinstance(amount, int | float) or isinstance(amount, bool) or unit is None:
            return UNKNOWN
        total += amount * unit
    return Duration(total)


_LONG = {
    "milliseconds": "ms",
    "microseconds": "us",
    "weeks": "d",
    "": "",
    "seconds": "s",
    "minutes": "m",
    "hours": "h",
    "days": "d",
}


def fold_lengths(operator: str, operands: list[Any]) -> Any:
    """`fold`, also over lengths of time: a sum of two, a multiple of one."""
    lengths = [o for o in operands if isinstance(o, Duration)]
    if not lengths:
        return fold(operator, operands)
    if len(operands) == 1:
        return operands[0] if operator == "+" else UNKNOWN
    if len(operands) != 2:
        return UNKNOWN
    a, b = operands
    if isinstance(a, Duration) and isinstance(b, Duration):
        return (
            Duration(a.seconds + b.seconds)
            if operator == "+"
            else Duration(a.seconds - b.seconds)
            if operator == "-"
            else UNKNOWN
        )
    number = b if isinstance(a, Duration) else a
    if not isinstance(number, int | float) or isinstance(number, bool):
        return UNKNOWN
    if operator == "*":
        return Duration(lengths[0].seconds * number)
    return Duration(lengths[0].seconds / number) if operator == "/" and isinstance(a, Duration) and number else UNKNOWN
