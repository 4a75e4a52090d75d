"""Guards: locks that guard nothing (made per call, copied, pooled, exchanged), and tests outside a lock."""

from __future__ import annotations

import re
from typing import Final

from ..model import Fact, Value
from .calls import receiver
from .handlers import error_tested
from .objects import scope_of
from .reading import Reading

_POOLED: Final = frozenset(
    f"{prefix}{name}"
    for name in ("String", "Integer", "Long", "Boolean", "Short", "Byte", "Character", "Double", "Float")
    for prefix in ("", "java.lang.")
)
_HANDS_OVER: Final = frozenset({"argument", "returned", "element", "assigned", "sent", "yielded"})
_EMPTY: Final = frozenset({None, False})


def derive(reading: Reading) -> None:
    """Write `guards_nothing` onto locks, with-blocks and calls that take a lock, and `unsafe_test` onto branches."""
    for fact in reading.facts.of("lock"):
        _say(fact, _object(fact.get("object"), fact, reading))
    for fact in reading.facts.of("with"):
        for value, _ in fact.get("items", ()):
            _say(fact, _own(value, fact, reading))
    for call in reading.facts.of("call"):
        if "lock.acquire" in call.roles and receiver(call) is not None:
            _say(call, _own(receiver(call), call, reading) or _copied(receiver(call), call, reading))
    for branch in reading.facts.of("branch"):
        if branch.get("style") == "if":
            _double_checked(branch, reading)


def _say(fact: Fact, why: str) -> None:
    if why:
        fact.attributes["guards_nothing"] = why


def _object(value: Value | None, at: Fact, reading: Reading) -> str:
    """Why the monitor of this object does not do what a lock is for."""
    if value is None:
        return ""
    if value.form == "constant" and isinstance(value.constant, str):
        return "pooled"
    if value.form == "call":
        return (
            "class"
            if value.path.rsplit(".", 1)[-1] == "getClass()"
            else "own"
            if reading.facts.all[value.call].get("constructor")
            else ""
        )
    if value.form not in ("name", "member"):
        return ""
    if reading.names.type_of(value, at) in _POOLED:
        return "" if _given(value, at, reading) else "pooled"
    return _own(value, at, reading) or ("exchanged" if _exchanged(value, at, reading) else "")


def _given(value: Value, at: Fact, reading: Reading) -> bool:
    """True for a text or number that comes from elsewhere: a caller or a called function may well give the same one for the same key."""
    best = reading.names.latest(value, at)
    if best is None or best.how == "parameter":
        return True
    return best.value is not None and best.value.form == "call" and not _formats(reading.facts.all[best.value.call])


def _formats(call: Fact) -> bool:
    """True for a call that makes a new text or number each time."""
    return bool(call.get("constructor")) or str(call.get("name")) in ("java.lang.String.format", "String.format")


def _own(value: Value | None, at: Fact, reading: Reading) -> str:
    """Answer "own" for a lock that this very call of the function made and shows to nobody."""
    if value is None:
        return ""
    if value.form == "call":
        return "own" if "lock.create" in reading.facts.all[value.call].roles else ""
    if value.form != "name":
        return ""
    function = reading.facts.function(at)
    bindings = (
        reading.names.scopes[function.id].get(value.path, ())
        if function is not None and function.id in reading.names.scopes
        else ()
    )
    if (
        function is None
        or f"global {value.path}" in reading.facts.text(function)
        or len(bindings) != 1
        or bindings[0].how != "assigned"
        or not _makes_lock(bindings[0].value, bindings[0].type, reading)
    ):
        return ""
    mentions = reading.mentions.of(value.path, function)
    shown = any(m.how in _HANDS_OVER or reading.facts.function(m.fact) is not function for m in mentions)
    return "" if shown or _in_class_below(value.path, function, reading) else "own"


def _makes_lock(made: Value | None, declared: str, reading: Reading) -> bool:
    if made is None:
        return bool(declared) and any(
            "lock.create" in t.roles for t in reading.knowledge.lineage(reading.names.qualify(declared))
        )
    if made.form != "call":
        return False
    call = reading.facts.all[made.call]
    return "lock.create" in call.roles or (
        bool(call.get("constructor")) and str(call.get("name")) in ("java.lang.Object", "Object")
    )


def _in_class_below(path: str, function: Fact, reading: Reading) -> bool:
    return any(reading.facts.function(m.fact) is not function for m in reading.mentions.below(path, function))


def _exchanged(value: Value, at: Fact, reading: Reading) -> bool:
    """True for a field that methods give another object: two threads may then hold two locks."""
    found = reading.names.field_bindings(value, at) or reading.names.bindings_of(value, at)
    fields = [b for b in found if reading.facts.all[b.at].kind == "field"]
    if not fields or "final" in reading.facts.all[fields[0].at].get("modifiers", ()):
        return False
    owner = reading.facts.class_of(reading.facts.all[fields[0].at])
    name = value.path.rsplit(".", 1)[-1]
    written = [m.fact for path in (name, f"this.{name}") for m in reading.mentions.of(path, owner) if m.how == "target"]
    return any(
        f.kind == "assignment" and not _in_constructor(f, reading) and reading.facts.inside(f, at) for f in written
    )


def _in_constructor(fact: Fact, reading: Reading) -> bool:
    function = reading.facts.function(fact)
    return function is None or "constructor" in function.get("modifiers", ())


def _copied(value: Value | None, call: Fact, reading: Reading) -> str:
    """Answer "copied" for a lock held by value in an object that the method got by value: each call locks its own copy."""
    function = reading.facts.function(call)
    taken = function.get("receiver") if function is not None else None
    if (
        value is None
        or function is None
        or taken is None
        or value.form != "member"
        or value.parts[0].path != taken.name
    ):
        return ""
    if re.match(rb"func\s*\(\s*\w+\s+\*", reading.facts.data[function.span.start : function.span.start + 200]):
        return ""
    fields = [
        reading.facts.all[b.at]
        for b in reading.names.field_bindings(value, call)
        if reading.facts.all[b.at].kind == "field"
    ]
    return (
        "copied"
        if fields and not any("*" in reading.facts.text(f) for f in fields) and _is_struct(str(taken.type), reading)
        else ""
    )


def _is_struct(name: str, reading: Reading) -> bool:
    return name in reading.names.classes


# --- a test, a lock, the test again -------------------------------------------------------------------------------------


def _double_checked(branch: Fact, reading: Reading) -> None:
    """`if x is unset: lock: if x is unset: x = made`, where nothing makes the first look at x see a finished object."""
    path = _unset(branch.get("condition"))
    if not path or reading.language.name == "python":  # the interpreter's lock orders the two
        return
    inner = next(
        (
            b
            for b in reading.facts.within(branch, "branch")
            if b.get("style") == "if" and _unset(b.get("condition")) == path
        ),
        None,
    )
    if inner is None or not _locked_between(branch, inner, reading) or _under_lock(branch, reading):
        return
    if not any(m.how == "target" for m in reading.mentions.of(path, inner)) or not _shared_plainly(
        path, branch, reading
    ):
        return
    branch.attributes.update(unsafe_test=True, tested=path, evidence=(("tested again here, under the lock", inner.id),))


def _unset(condition: Value | None) -> str:
    if condition is None or condition.form != "operation":
        return ""
    if condition.operator == "!" and condition.parts[0].form in ("name", "member"):
        return condition.parts[0].path
    if (
        condition.operator == "=="
        and len(condition.parts) == 2
        and condition.parts[1].form == "constant"
        and condition.parts[1].constant in _EMPTY
    ):
        return condition.parts[0].path if not error_tested(condition) else ""
    return ""


def _locked_between(outer: Fact, inner: Fact, reading: Reading) -> bool:
    if any(a.kind == "lock" and reading.facts.inside(a, outer) for a in reading.facts.ancestors(inner)):
        return True
    return any(c.id < inner.id and "lock.acquire" in c.roles for c in reading.facts.within(outer, "call"))


def _under_lock(branch: Fact, reading: Reading) -> bool:
    """True when the first test is made under a lock too (a read lock)."""
    function = reading.facts.function(branch)
    if (
        function is None
        or "synchronized" in function.get("modifiers", ())
        or reading.facts.enclosing(branch, "lock") is not None
    ):
        return True
    return any(c.id < branch.id and "lock.acquire" in c.roles for c in reading.facts.within(function, "call"))


def _shared_plainly(path: str, at: Fact, reading: Reading) -> bool:
    """True for a field or file-level variable that is not volatile."""
    value = next((m.value for m in reading.mentions.of(path, at)), None)
    if value is None or scope_of(path, at, reading).kind == "function":
        return False
    bindings = reading.names.bindings_of(value, at)
    declared = [reading.facts.all[b.at] for b in bindings if reading.facts.all[b.at].kind == "field"]
    return bool(declared) and "volatile" not in declared[0].get("modifiers", ())
