"""Beginnings: initialisers that are called again after a failure and then add to what the failed attempt has left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .calls import argument, method, receiver
from .conventions import is_test_code, lifecycle, words
from .reading import Reading

_ADDS: Final = frozenset({"add", "append", "add_all", "extend", "push"})
_EMPTIES: Final = frozenset({"clear", "remove_all", "pop", "retain_all"})
_DEPTH: Final = 2


def derive(reading: Reading) -> None:
    """Write `repeats` onto calls that grow a field inside an initialiser that runs until it has succeeded once."""
    if is_test_code(reading):
        return
    for function in reading.facts.of("function"):
        guard = _guard(function, reading)
        if guard is not None and lifecycle(function) != "constructor":
            _grown(function, guard[0], guard[1], reading)


def _guard(function: Fact, reading: Reading) -> tuple[str, Fact] | None:
    """The field that says "done already" (tested first, with a return) and the last assignment that sets it."""
    for branch in reading.facts.children(function):
        if branch.kind == "branch" and branch.get("style") == "if":
            condition: Value | None = branch.get("condition")
            if condition is None or condition.form not in ("name", "member") or not _returns(branch, reading):
                return None
            return _set_last(condition, function, reading)
        if branch.kind in ("loop", "try"):
            return None
    return None


def _returns(branch: Fact, reading: Reading) -> bool:
    return any(True for _ in reading.facts.within(branch, "return"))


def _set_last(flag: Value, function: Fact, reading: Reading) -> tuple[str, Fact] | None:
    if not _is_field(flag, function, reading):
        return None
    statements = [f for f in reading.facts.children(function) if f.kind == "assignment"]
    for fact in reversed(statements):
        if any(t.path == flag.path for t in fact.get("targets", ())):
            value = fact.get("value")
            return (flag.path, fact) if value is not None and value.constant is True else None
    return None


def _is_field(value: Value, at: Fact, reading: Reading) -> bool:
    inside = next(reading.facts.children(at), at)
    if value.form == "member":
        return bool(value.parts) and bool(reading.names.self_type(value.parts[0].path, inside))
    bound = [reading.facts.all[b.at] for b in reading.names.bindings(value.path, inside)]
    return any(f.kind == "field" and reading.facts.class_of(f) is not None for f in bound)


def _grown(function: Fact, flag: str, done: Fact, reading: Reading) -> None:
    """Growth of another field on the way to the flag, where something between can still fail and nothing empties the field first."""
    steps = list(_steps(function, done, reading, 0))
    for index, call in enumerate(steps):
        owner = _grows(call, reading)
        if owner is None or owner.path == flag or not _field_of_class(owner, call, reading):
            continue
        emptied = any(_verb(c) in _EMPTIES and _same(receiver(c), owner) for c in steps[:index]) or _assigned(
            owner, call, function, reading
        )
        fails = any(_verb(c) not in _ADDS | _EMPTIES and not c.roles & {"log", "log.error"} for c in steps[index + 1 :])
        if not emptied and fails:
            call.attributes.update(
                repeats=True, flag=flag, grown=owner.path, evidence=(("only here the work counts as done", done.id),)
            )


def _steps(function: Fact, done: Fact | None, reading: Reading, depth: int) -> Iterator[Fact]:
    """The calls up to where the flag is set, those of same-file functions included."""
    for call in reading.facts.within(function, "call"):
        if done is not None and call.id > done.id:
            return
        yield call
        target = call.get("target", -1)
        if target >= 0 and depth < _DEPTH and target != function.id:
            yield from _steps(reading.facts.all[target], None, reading, depth + 1)


def _grows(call: Fact, reading: Reading) -> Value | None:
    """The list that a call adds to: its object, or in `x = append(x, ...)` the first argument."""
    if _verb(call) not in _ADDS:
        return None
    if receiver(call) is not None:
        return receiver(call)
    first, consumer = argument(call, positions=(0,)), call.get("consumer", -1)
    if first is None or call.get("use") != "assigned" or consumer < 0:
        return None
    return first if any(t.path == first.path for t in reading.facts.all[consumer].get("targets", ())) else None


def _verb(call: Fact) -> str:
    return "_".join(words(method(call)))


def _same(one: Value | None, other: Value) -> bool:
    return one is not None and one.path == other.path


def _field_of_class(value: Value, at: Fact, reading: Reading) -> bool:
    """True for a field that keeps its elements in order and twice (a list)."""
    bindings = reading.names.bindings_of(value, at)
    fields = [b for b in bindings if reading.facts.all[b.at].kind == "field" or "." in value.path]
    if not fields or any(b.how == "parameter" for b in bindings):
        return False
    values = [b.value.path for b in bindings if b.value is not None]
    if any("set" in words(v.rsplit(".", 1)[-1]) for v in values):
        return False  # adding the same thing twice to a set changes nothing
    types = " ".join(b.type for b in bindings) + " ".join(values)
    made = any(b.value is not None and b.value.form == "collection" for b in bindings)
    return made or "List" in types or "list" in types or "[]" in types


def _assigned(value: Value, at: Fact, function: Fact, reading: Reading) -> bool:
    inner = reading.facts.function(at)
    scopes = [f for f in (function, inner) if f is not None]
    own = at.get("consumer", -1)
    return any(
        m.how == "target" and m.fact.id != own for scope in scopes for m in reading.mentions.of(value.path, scope)
    )
