"""Collections that are emptied beside what still needs them: copied and cleared in two steps, or cleared before the walk that closes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .calls import method, receiver
from .closables import CLOSES
from .conventions import is_test_code, words
from .lockregions import regions_of
from .reading import Reading

_VIEWS: Final = frozenset({"values", "items", "entrySet", "keySet", "stream", "forEach"})
_COPIES: Final = frozenset({"list", "tuple", "set", "dict", "sorted"})


def derive(reading: Reading) -> None:
    """Write `empties` ("copied" or "walked") and the other step as `evidence` onto calls that clear a collection."""
    if reading.language.name not in ("java", "python") or is_test_code(reading):
        return
    regions = [r.reach for r in regions_of(reading)]
    for call in reading.facts.of("call"):
        owner = receiver(call)
        if method(call) != "clear" or call.get("arguments") or call.get("use") != "dropped" or owner is None:
            continue
        other, how = _step(call, owner, reading)
        if other is not None and (how == "walked" or not any(a <= call.id <= b for a, b in regions)):
            call.attributes.update(empties=how, evidence=((f"it is {how} here", other.id),))


def _step(clear: Fact, owner: Value, reading: Reading) -> tuple[Fact | None, str]:
    """The copy in the statements before the clearing, or the closing walk in those after it."""
    block = reading.facts.all[clear.parent]
    siblings = [s for s in reading.facts.children(block) if s.id != clear.id]
    before = [s for s in siblings if s.id < clear.id]
    copied = _copy(before[-1], owner, reading) if before and _is_concurrent(owner, clear, reading) else None
    if copied is not None:
        return copied, "copied"
    for after in (s for s in siblings if s.id > clear.id):
        if _fills(after, owner, reading):
            return None, ""
        if _closes_each(after, owner, reading):
            return after, "walked"
    return None, ""


def _copy(before: Fact, owner: Value, reading: Reading) -> Fact | None:
    """The call in the statement before that makes a collection of what is in this one."""
    calls = ([before] if before.kind == "call" else []) + list(reading.facts.within(before, "call"))
    for call in calls:
        given = [a.value for a in call.get("arguments", ())]
        makes = bool(call.get("constructor")) or method(call) in _COPIES
        if makes and len(given) == 1 and given[0].path == owner.path:
            return call
    return None


def _is_concurrent(owner: Value, at: Fact, reading: Reading) -> bool:
    """True for a field that is made as a collection which several threads may use at once."""
    return any(
        name.startswith("java.util.concurrent.") and not name.endswith("Sync")
        for binding in reading.names.bindings_of(owner, at)
        if binding.value is not None and binding.value.form == "call"
        for name in (str(reading.facts.all[binding.value.call].get("name")),)
    )


def _uses(statement: Fact, owner: Value, reading: Reading) -> Iterator[Fact]:
    yield from (
        m.fact
        for m in reading.mentions.of(owner.path)
        if m.fact is statement or reading.facts.inside(m.fact, statement)
    )


def _fills(statement: Fact, owner: Value, reading: Reading) -> bool:
    """True where something may be put in again."""
    return any(
        m.how in ("argument", "target", "index") or (m.how == "receiver" and m.method not in _VIEWS)
        for m in reading.mentions.of(owner.path)
        if m.fact is statement or reading.facts.inside(m.fact, statement)
        if not _is_copied(m.fact, owner)
    )


def _is_copied(call: Fact, owner: Value) -> bool:
    given = [a.value for a in call.get("arguments", ())] if call.kind == "call" else []
    return (
        (bool(call.get("constructor")) or method(call) in _COPIES) and len(given) == 1 and given[0].path == owner.path
    )


def _closes_each(statement: Fact, owner: Value, reading: Reading) -> bool:
    """True for a loop or stream over the collection that closes what it finds."""
    if not any(True for _ in _uses(statement, owner, reading)):
        return False
    text = reading.facts.text(statement)
    return bool(CLOSES & set(words(text))) and (statement.kind == "loop" or any(f".{v}(" in text for v in _VIEWS))
