"""Calls: the qualified name, the roles and the library knowledge of each."""

from __future__ import annotations

from ..model import Argument, Fact, Value
from .reading import Reading


def derive(reading: Reading) -> None:
    """Write `name`, `receiver`, `target` and `api` onto every call, and its roles."""
    for call in reading.facts.of("call"):
        if "api" not in call.attributes:
            reading.names.name_call(call)


def argument(call: Fact, names: tuple[str, ...] = (), positions: tuple[int, ...] = ()) -> Value | None:
    """The value given for a parameter by name or 0-based position (among positional arguments), None when absent."""
    arguments: tuple[Argument, ...] = call.get("arguments", ())
    for given in arguments:
        if given.name and given.name in names:
            return given.value
    positional = [a.value for a in arguments if not a.name]
    return next((positional[p] for p in positions if p < len(positional) and positional[p].form != "spread"), None)


def spreads(call: Fact) -> bool:
    """True when arguments of unknown content are passed on (`**kwargs`, `args...`)."""
    return any(a.value.form == "spread" for a in call.get("arguments", ()))


def receiver(call: Fact) -> Value | None:
    """The object that a method is called on, None for a plain function."""
    callee: Value | None = call.get("callee")
    return callee.parts[0] if callee is not None and callee.form == "member" and callee.parts else None


def method(call: Fact) -> str:
    """The last part of the called path."""
    callee: Value | None = call.get("callee")
    return callee.path.rsplit(".", 1)[-1] if callee is not None else ""


_UNIT_NAMES = {
    "NANOSECONDS": "ns",
    "MICROSECONDS": "us",
    "MILLISECONDS": "ms",
    "SECONDS": "s",
    "MINUTES": "m",
    "HOURS": "h",
    "DAYS": "d",
}


def given_unit(call: Fact) -> str:
    """The unit that an argument beside a number, or the receiver, names (`TimeUnit.SECONDS`): "s", "ms" ..., "" when none does."""
    owner_of = receiver(call)
    beside = [a.value.path for a in call.get("arguments", ())]
    paths = (path.rpartition(".") for path in ([owner_of.path] if owner_of is not None else []) + beside)
    return next(
        (
            _UNIT_NAMES[name]
            for owner, _, name in paths
            if name in _UNIT_NAMES and (not owner or owner.endswith("Unit"))
        ),
        "",
    )
