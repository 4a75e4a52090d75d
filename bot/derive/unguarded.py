"""Collections that one lock guards wherever the object's methods use them, but for a method or two that go without it.

Only what breaks then counts: any use of a Go map (the runtime ends the process when it sees one read and written at once), a walk
through a Java or Python collection (it fails when somebody else changes it), a change of a Java one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ..model import Fact, Value
from .calls import method
from .conventions import is_test_code, lifecycle, words
from .lockregions import regions_of
from .mentions import Mention
from .reading import Reading
from .walks import CHANGES, FAIL_FAST, PLAIN, VIEWS

_ADDS: Final = frozenset(
    {"put", "computeIfAbsent", "poll", "offer", "push", "append", "extend", "insert", "appendleft"}
)
_COPIES: Final = frozenset({"stream", "parallelStream", "iterator", "listIterator", "forEach"})
#: A function with such a word in its name expects its caller to hold the lock.
_HELD: Final = frozenset(
    {"locked", "unlocked", "unsafe", "lock", "nolock", "lockless", "internal", "unprotected", "synced"}
)
_TOLD: Final = re.compile(r"\block|mutex|concurren|thread|goroutine|\brac[ey]", re.IGNORECASE)
_PRIVATE: Final = {"python": re.compile(r"^_"), "go": re.compile(r"^[a-z_]")}
#: A comment about locks stands in the function or at most so many lines above it.
_ABOVE: Final = 8
_MOST: Final = 2


class _Use(Struct, frozen=True):
    """One use of the collection: where, in which method, under which locks of the object."""

    fact: Fact
    function: Fact
    locks: frozenset[str]
    changes: bool
    breaks: bool


class _Locks:
    """Which locks of its object a fact stands under, by name ("this" for the object's own)."""

    def __init__(self, reading: Reading) -> None:
        self._spans = [(*region.reach, region.lock) for region in regions_of(reading)]
        #: The functions that are called under some lock, directly or by one of these.
        self.under: set[int] = set()
        calls = [c for c in reading.facts.of("call") if c.get("target", -1) >= 0]
        new = {c.get("target") for c in calls if any(first <= c.id <= last for first, last, _ in self._spans)}
        while new - self.under:
            self.under |= new
            new = {c.get("target") for c in calls if any(f.id in self.under for f in reading.facts.functions(c))}

    def __bool__(self) -> bool:
        return bool(self._spans)

    def at(self, fact: Fact, owner: str) -> frozenset[str]:
        """The locks held at a fact, as the object `owner` names them."""
        return frozenset(_own_name(lock, owner) for first, last, lock in self._spans if first <= fact.id <= last)


def derive(reading: Reading) -> None:
    """Add an `unguarded` fact for the first use, in each such method, of a collection without the lock that guards it elsewhere."""
    if (reading.language.name not in CHANGES and reading.language.name != "go") or is_test_code(reading):
        return
    locks = _Locks(reading)
    if not locks:
        return
    methods = _methods(reading)
    for owner, field in _collections(methods, reading):
        uses = [u for f, name in methods[owner] for u in _uses(field, f, name, locks, reading)]
        _judge(field, uses, locks, reading)


def _own_name(lock: str, owner: str) -> str:
    if lock == owner:
        return "this"  # an embedded or inherited lock
    return lock.removeprefix(f"{owner}.").removeprefix("this.")


# --- what there is ---------------------------------------------------------------------------------------------------


def _methods(reading: Reading) -> dict[str, list[tuple[Fact, str]]]:
    """The methods of each class, with the name under which each knows its object."""
    found: dict[str, list[tuple[Fact, str]]] = defaultdict(list)
    for function in reading.facts.of("function"):
        if function.get("closure"):
            continue
        receiver = function.get("receiver")
        home = reading.facts.class_of(function)
        if receiver is not None:
            found[str(receiver.type).lstrip("*")].append((function, receiver.name))
        elif home is not None and "static" not in function.get("modifiers", ()):
            found[str(home.get("name"))].append((function, "self" if reading.language.name == "python" else "this"))
    return found


def _collections(methods: dict[str, list[tuple[Fact, str]]], reading: Reading) -> Iterator[tuple[str, str]]:
    """The classes' fields that hold a collection which nothing protects by itself."""
    if reading.language.name == "python":
        for owner, own in methods.items():
            made: dict[str, list[bool]] = defaultdict(list)
            for function, _ in own:
                for assignment in reading.facts.within(function, "assignment"):
                    for target in assignment.get("targets", ()):
                        if target.path.startswith("self.") and target.form == "member" and target.path.count(".") == 1:
                            made[target.path[5:]].append(_is_plain(assignment.get("value"), reading))
            yield from ((owner, field) for field, plain in made.items() if all(plain))
        return
    for field in reading.facts.of("field"):
        home = reading.facts.class_of(field)
        if home is None or str(home.get("name")) not in methods:
            continue
        go = reading.language.name == "go"
        if (
            str(field.get("type")).startswith("map")
            if go
            else _all_plain(field, methods[str(home.get("name"))], reading)
        ):
            yield str(home.get("name")), str(field.get("name"))


def _is_plain(value: Value | None, reading: Reading) -> bool:
    if value is None:
        return False
    if value.form == "mapping":
        return True
    name = str(reading.facts.all[value.call].get("name")) if value.form == "call" else ""
    return name.removeprefix("builtins.") in FAIL_FAST | PLAIN


def _all_plain(field: Fact, own: list[tuple[Fact, str]], reading: Reading) -> bool:
    """True for a Java field that is given plain collections, or what a caller passed, where it is declared and in the class's methods."""
    name = str(field.get("name"))
    given = [field.get("value")] if field.get("value") is not None else []
    for function, _ in own:
        given += [
            a.get("value")
            for a in reading.facts.within(function, "assignment")
            if any(
                t.path == f"this.{name}" or (t.path == name and not _shadows(name, function, reading))
                for t in a.get("targets", ())
            )
        ]
    plain = [_is_plain(v, reading) for v in given]
    return any(plain) and all(p or (v is not None and v.form == "name") for p, v in zip(plain, given, strict=True))


def _shadows(name: str, function: Fact, reading: Reading) -> bool:
    return name in reading.names.scopes.get(function.id, {})


# --- how it is used --------------------------------------------------------------------------------------------------


def _uses(field: str, function: Fact, owner: str, locks: _Locks, reading: Reading) -> Iterator[_Use]:
    if lifecycle(function) == "constructor":
        return
    paths = [f"{owner}.{field}"]
    if reading.language.name == "java" and not _shadows(field, function, reading):
        paths.append(field)
    kind = reading.language.name
    found = [(m.fact, _changes(m), _walks(m), m.how) for p in paths for m in reading.mentions.of(p, function)]
    found += [(i, i.get("mode") == "write", False, "key") for i in _indexed(paths, function, reading)]
    for fact, changes, walks, how in sorted(found, key=lambda f: f[0].id):
        breaks = walks or (changes and kind != "python") or (how == "key" and kind == "go")
        if changes or breaks or how == "receiver":
            yield _Use(fact, function, locks.at(fact, owner), changes, breaks)


def _indexed(paths: list[str], function: Fact, reading: Reading) -> Iterator[Fact]:
    """Where an element is read or set by its key."""
    for index in reading.facts.within(function, "index", closures=True):
        held: Value | None = index.get("object")
        if held is not None and held.path in paths:
            yield index


def _changes(mention: Mention) -> bool:
    fact = mention.fact
    if mention.how == "receiver":
        return mention.method in _ADDS or any(mention.method in names for names in CHANGES.values())
    if mention.how == "argument":
        return method(fact) == "delete" and mention.position == 0 and "." not in str(fact.get("name"))
    return mention.how == "deleted"


def _walks(mention: Mention) -> bool:
    if mention.how == "receiver":
        return mention.method in _COPIES or (mention.method in VIEWS and mention.fact.get("use") == "iterated")
    return mention.how == "iterated"


# --- what that says --------------------------------------------------------------------------------------------------


def _judge(field: str, uses: list[_Use], locks: _Locks, reading: Reading) -> None:
    """Say of each use that breaks that it stands without the one lock under which the others stand."""
    guarded = [u for u in uses if u.locks]
    common = frozenset.intersection(*(u.locks for u in guarded)) if guarded else frozenset()
    bare: dict[int, _Use] = {}
    for use in uses:
        if not use.locks & common and use.breaks and not _is_excused(use, locks, reading):
            bare.setdefault(use.function.id, use)
    safe = {u.function.id for u in guarded}
    if (
        not common
        or not any(u.changes for u in guarded)
        or len(safe) < _MOST
        or not 0 < len(bare) <= min(_MOST, len(safe) - 1)
    ):
        return
    lock = min(common)
    change = next(u for u in guarded if u.changes)
    for use in bare.values():
        reading.facts.derive(
            "unguarded",
            use.fact,
            field=field,
            lock=_spoken(lock),
            evidence=(("changed under the lock here", change.fact.id),),
        )


def _is_excused(use: _Use, locks: _Locks, reading: Reading) -> bool:
    """True in a beginning, where nobody else is there yet; where the caller holds the lock, or may; and where a comment speaks of it."""
    function = use.function
    if lifecycle(function) == "start" or _HELD & set(words(str(function.get("name")))) or _is_told(function, reading):
        return True
    if function.id in locks.under:
        return True
    callers = [c for c in reading.facts.of("call") if c.get("target", -1) == function.id]
    private = _PRIVATE.get(reading.language.name)
    hidden = bool(private.match(str(function.get("name")))) if private else "private" in function.get("modifiers", ())
    return hidden and not any(c.get("use") == "spawned" or _is_open(c, reading) for c in callers)


def _spoken(lock: str) -> str:
    return "the object's own lock" if lock == "this" else f"`{lock}`"


def _is_open(call: Fact, reading: Reading) -> bool:
    """True for a call in a method that anybody may call."""
    caller = next(iter(list(reading.facts.functions(call))[-1:]), None)
    private = _PRIVATE.get(reading.language.name)
    if caller is None or lifecycle(caller) in ("start", "constructor") or _makes(caller):
        return False
    return (
        "private" not in caller.get("modifiers", ()) if private is None else not private.match(str(caller.get("name")))
    )


def _makes(function: Fact) -> bool:
    """True for a Go function that makes such an object: it has no receiver."""
    return function.get("receiver") is None and words(str(function.get("name")))[:1] in (
        ("new",),
        ("open",),
        ("load",),
        ("make",),
        ("create",),
    )


def _is_told(function: Fact, reading: Reading) -> bool:
    """True where a comment in or above the function speaks of locks or threads: somebody has thought of it."""
    first, last = function.span.line - _ABOVE, function.span.end_line
    return any(first <= c.span.line <= last and _TOLD.search(str(c.get("text"))) for c in reading.facts.of("comment"))
