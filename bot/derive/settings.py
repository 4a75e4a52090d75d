"""Settings by key: `{"acks": 0}`, `props.put("acks", "0")`, `acks=0`, `config.Producer.RequiredAcks = sarama.NoResponse`.

A `setting` fact holds the key as written and the folded value; what a library makes of it comes from the API files of the modules that
the file imports.
"""

from __future__ import annotations

from typing import Any, Final

from ..model import UNKNOWN, Fact, Value
from .calls import method
from .reading import Reading

_PUTS: Final = frozenset(
    {"put", "set", "setproperty", "setifabsent", "setdefault", "option", "with", "add", "withproperty"}
)
_KEY_AND_VALUE: Final = 2


def derive(reading: Reading) -> None:
    """Add a `setting` fact for each key that is given a value by its name."""
    known = _known(reading)
    for fact in reading.facts.of("call"):
        _from_call(fact, reading, known)
    for fact in reading.facts.of("assignment", "return", "field"):
        for value in _held(fact):
            _from_mapping(value, fact, reading, known)
    for fact in reading.facts.of("assignment"):
        _from_member(fact, reading, known)


def _known(reading: Reading) -> dict[str, dict[str, str]]:
    """What the imported libraries say about keys: key -> value -> meaning."""
    modules = [
        reading.knowledge.canonical(full) for full in (*reading.names.imports.values(), *reading.names.wildcards)
    ]
    found: dict[str, dict[str, str]] = {}
    for library, keys in reading.knowledge.settings.items():
        if any(m == library or m.startswith(f"{library}.") for m in modules):
            found.update(keys)
    return found


def _held(fact: Fact) -> list[Value]:
    held = fact.get("values", ()) if fact.kind == "return" else (fact.get("value"),)
    return [v for v in held if isinstance(v, Value)]


def _from_call(call: Fact, reading: Reading, known: dict[str, dict[str, str]]) -> None:
    arguments = call.get("arguments", ())
    for argument in arguments:
        if argument.name and argument.name in known:
            _add(argument.name, argument.value, call, reading, known)
        _from_mapping(argument.value, call, reading, known)
    if len(arguments) == _KEY_AND_VALUE and method(call).lower() in _PUTS:
        key = reading.constant(arguments[0].value, call)
        if isinstance(key, str):
            _add(key, arguments[1].value, call, reading, known)


def _from_mapping(value: Value, at: Fact, reading: Reading, known: dict[str, dict[str, str]]) -> None:
    if value.form != "mapping":
        return
    for key, given in zip(value.parts[::2], value.parts[1::2], strict=True):
        if isinstance(key.constant, str):
            _add(key.constant, given, at, reading, known)


def _from_member(fact: Fact, reading: Reading, known: dict[str, dict[str, str]]) -> None:
    """`config.Producer.RequiredAcks = ...` and `conf["acks"] = ...`."""
    targets = fact.get("targets", ())
    if len(targets) != 1 or fact.get("value") is None:
        return
    target: Value = targets[0]
    key: Any = target.path.rsplit(".", 1)[-1] if target.form == "member" else UNKNOWN
    if target.form == "index" and len(target.parts) == _KEY_AND_VALUE:
        key = target.parts[1].constant
    if isinstance(key, str) and (target.form == "index" or key in known):
        _add(key, fact.get("value"), fact, reading, known)


def _add(key: str, value: Value, at: Fact, reading: Reading, known: dict[str, dict[str, str]]) -> None:
    constant = reading.constant(value, at)
    said = "" if constant is UNKNOWN else str(constant).lower() if isinstance(constant, bool | str) else str(constant)
    meaning = known.get(key, {}).get(said) or known.get(key, {}).get(reading.names.qualify(value.path), "")
    reading.facts.derive(
        "setting",
        at,
        value.span if value.span.line != at.focus.line else at.focus,
        key=key,
        value=said or value.path,
        meaning=meaning or "none",
    )
