"""Units: numbers that stand where a length of time is expected, in a unit that their own name or the type denies.

A `quantity` fact for each: `mismatch` is "bare" (a small whole number where the type counts nanoseconds), "squared" (a length
multiplied by a length) or "suffix" (a name that ends in one unit, given where another is taken).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import UNKNOWN, Argument, Duration, Fact, Value
from .calls import given_unit, receiver
from .conventions import words
from .reading import Reading

_SMALL: Final = 100_000
_SUFFIXES: Final = {
    "ns": "ns",
    "nanos": "ns",
    "nanoseconds": "ns",
    "us": "us",
    "micros": "us",
    "microseconds": "us",
    "ms": "ms",
    "millis": "ms",
    "milliseconds": "ms",
    "msec": "ms",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "minutes": "m",
    "mins": "m",
    "hours": "h",
    "days": "d",
}
_LONG: Final = {
    "ns": "nanoseconds",
    "us": "microseconds",
    "ms": "milliseconds",
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
}
_TELLING: Final = frozenset(
    {"timeout", "interval", "deadline", "delay", "backoff", "ttl", "period", "wait", "duration", "expiry"}
)


def derive(reading: Reading) -> None:
    """Add a `quantity` fact for each number whose unit is in doubt."""
    lengths = "duration" in {t.rsplit(".", 1)[-1].lower() for t in _length_types(reading)}
    for call in reading.facts.of("call"):
        for argument, unit in _expected(call):
            _judge(argument, unit, call, reading)
        if lengths and call.get("constructor"):
            _judge_literal(call, reading)
    if lengths:
        for declared in reading.facts.of("field"):
            value = declared.get("value")
            if (
                declared.get("type") == "time.Duration"
                and value is not None
                and _is_small(reading.constant(value, declared))
            ):
                _add(reading, declared, value, "bare", f"{reading.constant(value, declared)}", "nanoseconds")
        for assignment in reading.facts.of("assignment"):
            _judge_assignment(assignment, reading)


def _length_types(reading: Reading) -> Iterator[str]:
    """The types of this language whose bare numbers count nanoseconds."""
    return (
        n.rsplit(".", 1)[0].rsplit("/", 1)[-1] + ".Duration"
        for n, v in reading.knowledge.constants.items()
        if isinstance(v, Duration) and v.seconds == 1e-9
    )


def _expected(call: Fact) -> Iterator[tuple[Argument, str]]:
    """The arguments that a call takes as a length of time, with the unit of a bare number."""
    api = call.get("api")
    arguments: tuple[Argument, ...] = call.get("arguments", ())
    if api is None or api.deadline is None or not arguments:
        return
    spec = api.deadline
    if spec.arity is not None and len(arguments) < spec.arity:
        return
    owner = receiver(call)
    beside = [a.value for a in arguments] + ([owner] if owner is not None else [])
    named = any("unit" in value.path.rsplit(".", 1)[-1].lower() for value in beside)
    unit = given_unit(call) or ("" if named else spec.unit)
    positional = [a for a in arguments if not a.name]
    for index, argument in enumerate(positional):
        if index in spec.positions:
            yield argument, unit
    yield from ((a, unit) for a in arguments if a.name and a.name in spec.arguments)


def _judge(argument: Argument, unit: str, call: Fact, reading: Reading) -> None:
    value = argument.value
    constant = reading.constant(value, call)
    if unit == "ns" and _is_small(constant) and not _has_call(value):
        _add(reading, call, value, "bare", f"{constant}", "nanoseconds")
        return
    said = _suffix(value)
    if said and unit and said != unit:
        _add(reading, call, value, "suffix", _LONG[said], _LONG[unit])
    if value.form == "operation" and value.operator == "*":
        _judge_product(value, call, reading)


def _judge_literal(call: Fact, reading: Reading) -> None:
    """A struct literal: a field whose declared type is a length of time, or a wrapper around one."""
    callee = call.get("callee")
    name = callee.path.rsplit(".", 1)[-1] if callee is not None else ""
    fields = (
        reading.names.fields.get(callee.path, {}) if callee is not None and callee.path in reading.names.classes else {}
    )
    for argument in call.get("arguments", ()):
        constant = reading.constant(argument.value, call)
        if not _is_small(constant) or argument.value.form == "call":
            continue
        declared = next((b.type for b in fields.get(argument.name, ()) if b.type), "")
        wraps = name == "Duration" and argument.name == "Duration"
        if declared == "time.Duration" or wraps:
            _add(reading, call, argument.value, "bare", f"{constant}", "nanoseconds")


def _judge_assignment(assignment: Fact, reading: Reading) -> None:
    value = assignment.get("value")
    if value is None or not assignment.get("targets"):
        return
    target = assignment.get("targets")[0]
    if value.form == "operation" and value.operator == "*":
        _judge_product(value, assignment, reading)
    if value.form == "call" and value.call >= 0 and set(words(target.path.rsplit(".", 1)[-1])) & _TELLING:
        made = reading.facts.all[value.call]
        arguments = made.get("arguments", ())
        if (
            "duration.create" in made.roles
            and made.get("name", "").endswith(".Duration")
            and len(arguments) == 1
            and _is_small(reading.constant(arguments[0].value, made))
        ):
            _add(reading, assignment, value, "bare", f"{reading.constant(arguments[0].value, made)}", "nanoseconds")


def _judge_product(value: Value, at: Fact, reading: Reading) -> None:
    """A length multiplied by a unit: `timeout * time.Second` where `timeout` is already a length."""
    if len(value.parts) != 2:
        return
    for one, other in (value.parts, value.parts[::-1]):
        length = reading.constant(other, at)
        if (
            isinstance(length, Duration)
            and length.seconds > 1e-9
            and one.form in ("name", "member")
            and reading.constant(one, at) is UNKNOWN
            and reading.names.type_of(one, at) == "time.Duration"
            and not _is_given_to_closure(one, at, reading)
            and not _is_a_plain_number(one, at, reading)
        ):
            _add(
                reading,
                at,
                value,
                "squared",
                f"the product of two lengths of time (`{one.path}` is one already)",
                "plain numbers",
            )
            return


def _is_a_plain_number(value: Value, at: Fact, reading: Reading) -> bool:
    """True for a variable that is a length by its type alone and is given a small bare number (`pause := time.Duration(128)`)."""
    return any(
        b.value is not None and _is_small(reading.constant(b.value, reading.facts.all[b.at]))
        for b in reading.names.bindings_of(value, at)
    )


def _is_given_to_closure(value: Value, at: Fact, reading: Reading) -> bool:
    """True for a parameter of a function literal: the plain number that it stands for is given a few lines away."""
    function = reading.facts.function(at)
    return (
        function is not None
        and bool(function.get("closure"))
        and value.path in {p.name for p in function.get("parameters", ())}
    )


def _is_small(constant: object) -> bool:
    return isinstance(constant, int) and not isinstance(constant, bool) and 0 < constant < _SMALL


def _has_call(value: Value) -> bool:
    return value.form == "call"


def _suffix(value: Value) -> str:
    """The unit in which a name says that it counts; nothing for anything computed."""
    if value.form not in ("name", "member"):
        return ""
    parts = words(value.path.rsplit(".", 1)[-1])
    if parts[-2:-1] in (("m",), ("n",), ("u",)) and parts[-1] in ("sec", "secs", "second", "seconds"):
        parts = (*parts[:-2], {"m": "ms", "n": "ns", "u": "us"}[parts[-2]])  # `expirationMSec`
    return (
        _SUFFIXES.get(parts[-1], "")
        if len(parts) > 1
        else _SUFFIXES.get(parts[0], "")
        if parts and parts[0] in ("seconds", "millis", "milliseconds")
        else ""
    )


def _add(reading: Reading, anchor: Fact, value: Value, mismatch: str, given: str, expected: str) -> None:
    reading.facts.derive("quantity", anchor, focus=value.span, mismatch=mismatch, given=given, expected=expected)
