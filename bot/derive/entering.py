"""Entering: a context manager whose enter function fails is never left, so its exit function gives nothing back."""

from __future__ import annotations

from collections import defaultdict

from ..model import Fact, Value
from .calls import method, receiver
from .closables import CLOSES
from .conventions import is_test_code, words
from .effects import can_fail
from .reading import Reading

_ENTERS = {"__enter__": "__exit__", "__aenter__": "__aexit__"}


def derive(reading: Reading) -> None:
    """Add an `entering` fact for each step of an enter function that may fail while the object already holds what exit releases."""
    if is_test_code(reading):
        return
    names = reading.names
    for (owner, name), found in list(names.methods.items()):
        leave = names.methods.get((owner, _ENTERS.get(name, "")))
        if leave:
            _entering(reading, owner, found[0], leave[0])


def _entering(reading: Reading, owner: str, enter: Fact, leave: Fact) -> None:
    released = {path: call for call in reading.facts.within(leave, "call") if (path := _released(call))}
    if not released:
        return
    made: dict[str, list[int]] = defaultdict(list)
    for path in released:
        for binding in reading.names.fields.get(owner, {}).get(path.split(".", 1)[1], ()):
            if not (binding.value is not None and binding.value.form == "constant") and binding.how == "assigned":
                made[path].append(binding.at)
    for step in _steps(reading, enter):
        held = [p for p, at in made.items() if any(_before(reading, i, step, enter) for i in at)]
        if held:
            first, guarded = released[held[0]], _guarded(reading, step, enter)
            reading.facts.derive(
                "entering", step, guarded=guarded, holds=held[0], evidence=(("given back only here", first.id),)
            )
            if not guarded:
                return


def _released(call: Fact) -> str:
    owner = receiver(call)
    if owner is None or owner.form != "member" or owner.path.split(".", 1)[0] != "self" or owner.path.count(".") != 1:
        return ""
    return owner.path if CLOSES & set(words(method(call))) else ""


def _before(reading: Reading, index: int, step: Fact, enter: Fact) -> bool:
    """Held before the step: made outside the enter function (the constructor), or in it and earlier."""
    at = reading.facts.all[index]
    return reading.facts.ends(at) < step.id if reading.facts.inside(at, enter) else True


def _steps(reading: Reading, enter: Fact) -> list[Fact]:
    """What may fail on entering, on another object than the one that exit releases first."""
    found = []
    for fact in reading.facts.within(enter, "await", "call"):
        value: Value | None = fact.get("value")
        waits = fact.kind == "await" and value is not None and value.form in ("name", "member")
        if waits or (fact.kind == "call" and fact.get("awaited") and can_fail(fact, reading) and not _own(fact)):
            found.append(fact)
    return found


def _own(call: Fact) -> bool:
    """Entering or opening what the object is made of."""
    return method(call) in (
        *_ENTERS,
        "open",
        "connect",
        "start",
        "acquire",
        "enter_async_context",
        "enter_context",
        "sleep",
    )


def _guarded(reading: Reading, step: Fact, enter: Fact) -> bool:
    above = reading.facts.enclosing(step, "try")
    return above is not None and reading.facts.inside(above, enter)
