"""Walks: loops over a collection that is changed while they run, by their own body or by another thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .calls import method, receiver
from .conventions import is_test_code
from .reading import Reading

#: Collections whose iterators fail at the first step after a change (the JDK's documentation calls them fail-fast).
FAIL_FAST: Final = frozenset(
    [
        "java.util.HashMap",
        "java.util.LinkedHashMap",
        "java.util.TreeMap",
        "java.util.WeakHashMap",
        "java.util.ArrayList",
        "java.util.LinkedList",
        "java.util.HashSet",
        "java.util.LinkedHashSet",
        "java.util.TreeSet",
        "java.util.ArrayDeque",
        "java.util.PriorityQueue",
        "com.google.common.collect.Maps.newHashMap",
        "com.google.common.collect.Lists.newArrayList",
        "com.google.common.collect.Sets.newHashSet",
    ]
)
PLAIN: Final = frozenset({"dict", "set", "collections.defaultdict", "collections.OrderedDict", "collections.Counter"})
VIEWS: Final = frozenset({"keySet", "entrySet", "values", "keys", "items"})
#: Methods that add or take away elements, whatever the collection.
CHANGES: Final = {
    "java": frozenset(
        {"remove", "clear", "removeAll", "retainAll", "removeIf", "add", "addAll", "putAll", "addFirst", "addLast"}
    ),
    "python": frozenset({"pop", "popitem", "clear", "discard", "remove", "add", "update", "setdefault"}),
}
#: What goes through a collection step by step, and does not hold its lock meanwhile.
_WALKERS: Final = frozenset({"stream", "parallelStream", "iterator", "listIterator"})
_LEAVES: Final = ("break", "return", "raise")
_SYNCHRONIZED: Final = "java.util.Collections.synchronized"


def derive(reading: Reading) -> None:
    """Write `changes_walked` onto calls and deletions, and `walks_unlocked` onto loops and calls."""
    if reading.language.name not in CHANGES or is_test_code(reading):
        return
    for loop in reading.facts.of("loop"):
        iterable: Value | None = loop.get("iterable")
        if loop.get("style") != "each" or iterable is None:
            continue
        walked, view = _walked(iterable, reading)
        kinds = set(_kinds(walked, loop, reading))
        if walked is not None and kinds and kinds <= {"fail-fast", "synchronized"}:
            _changed(loop, walked, reading)
        if walked is not None and kinds == {"synchronized"} and not _locked(loop, walked, view, reading):
            loop.attributes["walks_unlocked"] = True
    for call in reading.facts.of("call"):
        owner = receiver(call) if method(call) in _WALKERS and call.get("use") != "returned" else None
        walked, view = _walked(owner, reading) if owner is not None else (None, None)
        if walked is None or set(_kinds(walked, call, reading)) != {"synchronized"}:
            continue
        if not _locked(call, walked, view, reading):
            call.attributes["walks_unlocked"] = True


def _kinds(walked: Value | None, at: Fact, reading: Reading) -> Iterator[str]:
    """What each value that the name is given makes: "fail-fast", "synchronized", or "unknown"."""
    if walked is None or walked.form not in ("name", "member"):
        return
    for binding in reading.names.bindings_of(walked, at):
        value = binding.value
        if (value.form == "constant") if value is not None else binding.how == "declared":
            continue  # not given anything yet
        if value is not None and value.form in ("mapping", "collection") and reading.language.name == "python":
            yield "fail-fast" if value.form == "mapping" else "unknown"
            continue
        name = str(reading.facts.all[value.call].get("name")) if value is not None and value.form == "call" else ""
        known = "synchronized" if name.startswith(_SYNCHRONIZED) else "fail-fast"
        yield (
            known
            if name.startswith(_SYNCHRONIZED) or name.removeprefix("builtins.") in FAIL_FAST | PLAIN
            else "unknown"
        )


def _walked(iterable: Value, reading: Reading) -> tuple[Value | None, Value | None]:
    """The collection that a loop goes through, and the view of it (`map.keySet()`) if it goes through one."""
    if iterable.form != "call":
        return iterable, None
    call = reading.facts.all[iterable.call]
    return (receiver(call), iterable) if method(call) in VIEWS and not call.get("arguments") else (None, None)


def _changed(loop: Fact, walked: Value, reading: Reading) -> None:
    for change in _changes(loop, walked, reading):
        if not _left(change, loop, reading) and not _rebound(loop, walked, reading):
            change.attributes["changes_walked"] = True


def _changes(loop: Fact, walked: Value, reading: Reading) -> Iterator[Fact]:
    """What adds to the walked collection or takes from it, at each turn of the loop."""
    same = {walked.path, walked.path.removeprefix("this."), f"this.{walked.path}"}
    for fact in reading.facts.within(loop, "call", "delete"):
        if reading.facts.enclosing(fact, "loop") is not loop:
            continue
        if fact.kind == "delete":
            targets = (t for t in fact.get("targets", ()) if t.form == "index" and t.parts)
            if any(t.parts[0].path == walked.path for t in targets):
                yield fact
            continue
        owner = receiver(fact)
        direct = owner is not None and owner.path in same and method(fact) in CHANGES[reading.language.name]
        if direct and _keeps_keys(fact, loop):
            continue
        if direct or _changes_within(fact, walked, loop, reading):
            yield fact


def _keeps_keys(call: Fact, loop: Fact) -> bool:
    """True for a new value under the key of this turn (`names.update({name: value})`): nothing comes or goes."""
    given = [a.value for a in call.get("arguments", ())]
    turn = {t.path for t in loop.get("targets", ()) if t.path}
    keys = [v.parts[0].path for v in given if v.form == "mapping" and len(v.parts) == 2]
    return method(call) == "update" and len(given) == 1 and bool(keys) and keys[0] in turn


def _changes_within(call: Fact, walked: Value, loop: Fact, reading: Reading) -> bool:
    """True for a method of the same object, called in the loop, that changes the field which the loop goes through."""
    target = reading.facts.all[call.get("target", -1)] if call.get("target", -1) >= 0 else None
    owner = receiver(call)
    if target is None or (owner is not None and owner.path not in ("this", "self")):
        return False
    if reading.facts.class_of(target) is not reading.facts.class_of(loop) or not _is_field(walked, loop, reading):
        return False
    name = walked.path.rsplit(".", 1)[-1]
    if reading.language.name != "python" and any(p.name == name for p in target.get("parameters", ())):
        return False
    same = {walked.path, name, f"this.{name}"} if reading.language.name == "java" else {walked.path}
    return any(
        (owned := receiver(c)) is not None
        and owned.path in same
        and method(c) in CHANGES[reading.language.name]
        and reading.facts.enclosing(c, "branch") is None  # else it may seldom happen, or not in a walk
        for c in reading.facts.within(target, "call")
    )


def _is_field(walked: Value, at: Fact, reading: Reading) -> bool:
    if walked.form == "member":
        return True
    scopes = reading.names.scopes
    return not any(walked.path in scopes.get(f.id, {}) for f in reading.facts.functions(at))


def _left(change: Fact, loop: Fact, reading: Reading) -> bool:
    """True when the loop is left on the straight way from the change to the end of the turn."""
    current = change
    while current.id != loop.id and current.parent >= 0:
        above = reading.facts.all[current.parent]
        end = reading.facts.ends(current)
        later = [s for s in reading.facts.children(above) if s.id > end] if above.kind in ("block", "loop") else []
        if any(s.kind in _LEAVES for s in later):
            return True
        if above.kind == "return":
            return True
        current = above
    return False


def _rebound(loop: Fact, walked: Value, reading: Reading) -> bool:
    """True when the name stands for another collection from somewhere in the loop on."""
    return any(m.how == "target" and m.path == walked.path for m in reading.mentions.of(walked.path, loop))


def _locked(loop: Fact, walked: Value, view: Value | None, reading: Reading) -> bool:
    """True inside any lock, and where only one thread can have the collection yet or still: in the function that made it."""
    function = reading.facts.function(loop)
    if function is None or "synchronized" in function.get("modifiers", ()):
        return True
    if reading.facts.enclosing(loop, "lock", "with", barrier=()) is not None:
        return True
    return view is None and walked.form == "name" and walked.path in reading.names.scopes.get(function.id, {})
