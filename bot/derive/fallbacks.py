"""Fallbacks: a handler that calls what just failed once more in another way, and tells nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..knowledge import Api
from ..model import Argument, Fact, Value
from .reading import Reading

#: A narrow type is an expected miss; a programming error (permanent) that is answered by another way to call is not.
_WIDE = frozenset({"base", "broad", "permanent"})


def derive(reading: Reading) -> None:
    """Write `falls_back` onto handlings, with the callee that is tried `again`."""
    for fact in reading.facts.of("handling"):
        fact.attributes["falls_back"] = False
        if fact.get("catches") in _WIDE and not fact.get("logs") and fact.get("body", -1) >= 0:
            _judge(fact, reading)


def _judge(fact: Fact, reading: Reading) -> None:
    body = reading.facts.all[fact.get("body")]
    if reading.facts.enclosing(fact, "loop") is not None or any(
        f.kind == "raise" or (f.kind == "loop" and f.get("style") != "comprehension")
        for f in reading.facts.within(body)
    ):
        return
    tried = {_path(c): c for c in _tried(fact, reading)}
    for again in reading.facts.within(body, "call"):
        first = tried.get(_path(again))
        if first is None or not _path(again) or again.get("constructor") or again.roles:
            continue
        variable = str(fact.get("variable", ""))
        if _computes(again) or _expected(again, body, variable, reading) or _is_told(again, variable, reading):
            continue
        if _gives(first) and _gives(again) and _differs(first, again, reading):
            fact.attributes.update(falls_back=True, again=_path(again), fallback=again.id)
            return


def _computes(call: Fact) -> bool:
    """True for what a library only computes: another reading of the same data, not another way to reach somebody."""
    api: Api | None = call.get("api")
    return api is not None and not api.roles


def _is_told(again: Fact, variable: str, reading: Reading) -> bool:
    """True when the call takes the failure itself along: whoever gets its answer hears of it."""
    return bool(variable) and bool(reading.mentions.below(variable, again))


def _expected(again: Fact, body: Fact, variable: str, reading: Reading) -> bool:
    """True behind a test of the failure itself: one kind of it is expected and has its answer."""
    if variable and _is_sorted_out(again, body, variable, reading):
        return True
    above = reading.facts.enclosing(again, "branch")
    while variable and above is not None and reading.facts.inside(above, body):
        condition = above.get("condition")
        if condition is not None and re.search(rf"\b{re.escape(variable)}\b", reading.facts.text(condition)):
            return True
        above = reading.facts.enclosing(above, "branch")
    return False


def _is_sorted_out(again: Fact, body: Fact, variable: str, reading: Reading) -> bool:
    """True when a branch before it asks which failure it is and leaves for the others."""
    for branch in reading.facts.children(body):
        condition = branch.get("condition") if branch.kind == "branch" else None
        if condition is None or reading.facts.ends(branch) > again.id:
            continue
        named = re.search(rf"\b{re.escape(variable)}\b", reading.facts.text(condition))
        if named and any(f.kind in ("return", "raise") for f in reading.facts.within(branch)):
            return True
    return False


def _tried(fact: Fact, reading: Reading) -> Iterable[Fact]:
    """The calls that the handler guards: a try's body, or what last gave the tested error."""
    if fact.get("guarded", -1) >= 0:
        return reading.facts.within(reading.facts.all[fact.get("guarded")], "call")
    function = reading.facts.function(fact)
    if function is None:
        return ()
    givers = [b for b in reading.names.scopes.get(function.id, {}).get(fact.get("variable"), []) if b.at < fact.anchor]
    if not givers or givers[-1].value is None or givers[-1].value.form != "call":
        return ()
    return (reading.facts.all[givers[-1].value.call],)


def _path(call: Fact) -> str:
    callee: Value | None = call.get("callee")
    return callee.path if callee is not None else ""


def _gives(call: Fact) -> bool:
    """A fallback gives what the first way did not; a report or a callback gives nothing."""
    return call.get("use") in ("returned", "assigned")


def _differs(first: Fact, again: Fact, reading: Reading) -> bool:
    """The same callee on the same first argument, with other arguments after it: the same work in another way."""
    a, b = first.get("arguments", ()), again.get("arguments", ())
    if not a or not b:
        return False
    texts_a, texts_b = [reading.facts.text(x.value) for x in a], [reading.facts.text(x.value) for x in b]
    if texts_a[0] in ("ctx", "context") and texts_a[0] == texts_b[0] and min(len(a), len(b)) > 1:
        a, b, texts_a, texts_b = a[1:], b[1:], texts_a[1:], texts_b[1:]
    return texts_a[0] == texts_b[0] and texts_a != texts_b and not _takes_a_default(a, b)


def _takes_a_default(first: tuple[Argument, ...], again: tuple[Argument, ...]) -> bool:
    """True when all that differs is a constant where a variable did not fit: an answer in the default way is what was meant."""
    if len(first) != len(again):
        return False
    changed = [
        (x.value, y.value)
        for x, y in zip(first, again, strict=True)
        if x.value.path != y.value.path or not x.value.path
    ]
    return bool(changed) and all(x.form in ("name", "member") and _is_fixed(y) for x, y in changed)


def _is_fixed(value: Value) -> bool:
    """A literal, or a choice between literals."""
    return value.form == "constant" or (value.operator == "?:" and all(_is_fixed(p) for p in value.parts[-2:]))
