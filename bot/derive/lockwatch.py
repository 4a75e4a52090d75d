"""Locks: how to follow one through the function that takes it, and when that says nothing because others release it."""

from __future__ import annotations

from ..knowledge import Api
from ..model import Fact, Value
from .calls import receiver
from .closables import PAIRS
from .conditions import Test
from .effects import can_fail
from .hosts import ends_of, host_of, is_deferred
from .paths import Watch
from .reading import Reading


def watch_lock(reading: Reading, function: Fact, path: str, pair: tuple[str, ...], calls: list[Fact]) -> Watch | None:
    """How to follow a lock; None when this function does not itself release what it takes."""
    effects: dict[int, str] = {c.id: "acquire" for c in calls}
    takes = {name for name, undo in PAIRS.items() if undo == pair}
    for mention in (m for p in _spellings(path) for m in reading.mentions.of(p, function)):
        if mention.how != "receiver" or (mention.method not in pair and mention.method not in takes):
            continue
        host = host_of(reading, mention.fact, function)
        if mention.method in pair:
            effects[host.id] = "release" if host is mention.fact or is_deferred(reading, host) else "lose"
    releases = [i for i, e in effects.items() if e == "release"]
    if not releases or min(releases) < min(c.id for c in calls):
        return None
    if any(_at_the_end(reading, i) and any(c.id > i for c in calls) for i in releases):
        return None
    if any(_one_of_many(reading, c, releases) for c in calls):
        return None
    if _released_for_others(reading, function, path, pair, takes) or _given_to_others(reading, function, path):
        return None
    flags = {
        t.path
        for c in calls
        if c.get("use") == "assigned"
        for t in reading.facts.all[c.get("consumer")].get("targets", ())[:1]
        if t.form == "name"
    }
    tests = frozenset(c.id for c in calls if c.get("use") != "dropped")
    test = Test(frozenset(), flags=frozenset(flags), calls=tests)
    if reading.language.errors == "values" and all(_fails_by_error(c, reading) for c in calls) and len(flags) == 1:
        test = Test(frozenset(), error=next(iter(flags)), calls=tests)
    return Watch(
        effects,
        test,
        ends=ends_of(reading, function),
        fails=lambda call: can_fail(call, reading) and not _on_lock(call, path) and not _asks_whether(call, calls),
    )


def _asks_whether(call: Fact, calls: list[Fact]) -> bool:
    """True for a step behind the acquisition in one expression, which fails where nothing was taken (`lock(name).orElseThrow()`)."""
    return any(c.get("use") == "receiver" and c.get("consumer") == call.id for c in calls)


def _fails_by_error(call: Fact, reading: Reading) -> bool:
    """True for an acquisition whose only result is an error, set when nothing was taken; of an unknown lock, where the name says so."""
    api: Api | None = call.get("api")
    if api is not None:
        return api.returns == ("error",)
    if call.get("use") != "assigned":
        return False
    targets: tuple[Value, ...] = reading.facts.all[call.get("consumer")].get("targets", ())
    return len(targets) == 1 and str(targets[0].path).lower().endswith("err")


def _spellings(path: str) -> tuple[str, ...]:
    """A field with and without `this`."""
    bare = path.removeprefix("this.")
    return (bare, f"this.{bare}") if bare.split(".", 1)[0] not in ("self", "cls") else (path,)


def _on_lock(call: Fact, path: str) -> bool:
    """Waiting on, or notifying, the very lock that is held."""
    owner = receiver(call)
    return owner is not None and owner.path in _spellings(path)


def _released_for_others(reading: Reading, function: Fact, path: str, pair: tuple[str, ...], takes: set[str]) -> bool:
    """Another function of the class releases without taking: the lock is held across functions on purpose."""
    home = reading.facts.class_of(function)
    elsewhere: dict[int, set[str]] = {}
    for mention in (m for p in _spellings(path) for m in reading.mentions.of(p)):
        where = reading.facts.function(mention.fact)
        if (
            mention.how == "receiver"
            and where is not None
            and where is not function
            and reading.facts.class_of(where) is home
            and where.get("closure") is not True
        ):
            elsewhere.setdefault(where.id, set()).add(mention.method)
    return any(set(pair) & methods and not takes & methods for methods in elsewhere.values())


def _given_to_others(reading: Reading, function: Fact, path: str) -> bool:
    """A local lock that the function hands to somebody else, who may release it: work that it starts, an object that it fills."""
    uses = reading.mentions.of(path, function)
    undo = [
        m
        for end in ("Unlock", "RUnlock", "unlock", "release", "Release")
        for m in reading.mentions.of(f"{path}.{end}", function)
    ]
    if any(m.how in ("argument", "element", "returned", "assigned") for m in undo):
        return True  # who gets it, releases
    return any(m.how == "target" for m in uses) and any(
        m.how in ("argument", "element", "returned", "sent") for m in uses
    )


def _one_of_many(reading: Reading, call: Fact, releases: list[int]) -> bool:
    """True where a loop takes the lock of each element and another one gives them back."""
    owner, loop = receiver(call), reading.facts.enclosing(call, "loop")
    if loop is None or owner is None:
        return False
    root, text = owner.path.split(".", 1)[0], reading.facts.text(owner)
    if not any(t.path == root or (t.path and f"[{t.path}]" in text) for t in loop.get("targets", ())):
        return False
    return not any(reading.facts.inside(reading.facts.all[i], loop) for i in releases)


def _at_the_end(reading: Reading, index: int) -> bool:
    """A release that is put off to the end of the function: for an acquisition behind it nothing is left to follow."""
    fact = reading.facts.all[index]
    return fact.get("use") == "deferred" or (
        fact.kind == "function" and is_deferred(reading, fact) and reading.language.errors == "values"
    )
