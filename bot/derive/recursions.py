"""Retries by recursion: a function that calls itself again, with what it was given, after a failure or an answer that it does not want.

Nothing counts the attempts, so that a failure that lasts ends in the deepest possible stack, or never.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Argument, Fact, Parameter, Value
from .attempts import COUNTERS
from .calls import receiver
from .conventions import is_test_code, words
from .reading import Reading
from .remote import REMOTE

_ASKS_A_PERSON: Final = frozenset({"input", "readline", "scanln", "prompt"})
_LIMITS: Final = COUNTERS | {"times", "count", "max", "limit", "deadline", "elapsed", "remaining", "depth"}
#: What calls on unknown things are named that ask somebody else.
_ASKS: Final = frozenset(
    ["connect", "reconnect", "send", "fetch", "request", "download", "upload", "publish", "post", "query", "dial", "login", "refresh",
     "authenticate", "ping", "register", "subscribe", "execute", "coordinator", "rpc"]
)  # fmt: skip
#: Another writer was faster: the next attempt begins from what that one left.
_RACES: Final = frozenset({"txn", "transaction", "cas", "compare", "swap", "putifabsent", "setnx"})
_USES_UP: Final = frozenset({"pop", "popleft", "poll", "remove", "next", "shift", "discard", "delete"})


def derive(reading: Reading) -> None:
    """Write `recurs` ("failure" or "answer") and `paused` onto calls by which a function begins anew with the same arguments."""
    if is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        function = reading.facts.function(call)
        if function is None or call.get("target") != function.id or call.get("use") in ("spawned", "deferred"):
            continue
        cause = _cause(call, function, reading)
        if cause and _is_same_again(call, function, reading) and _leaves_the_process(function, reading):
            pauses = any("sleep" in c.roles or c.roles & {"wait", "retry.wait"} for c in _calls(function, reading))
            call.attributes.update(recurs=cause, paused=pauses)


def _cause(call: Fact, function: Fact, reading: Reading) -> str:
    """Says "failure" in a handler or error branch, "answer" in the arm of a test of what a call gave; "" elsewhere."""
    bodies = {h.get("body") for h in reading.facts.of("handling")}
    for above in reading.facts.ancestors(call):
        if above is function or above.kind == "loop":
            return ""
        if above.id in bodies:
            return "failure"
        if above.kind == "branch":
            return "answer" if _tests_an_answer(above, call, function, reading) else ""
    return ""


def _tests_an_answer(branch: Fact, call: Fact, function: Fact, reading: Reading) -> bool:
    """True where the condition asks for what a call of this function gave, and nothing but a pause comes before the next attempt."""
    condition: Value | None = branch.get("condition")
    roots = {v.path.split(".")[0].split("[")[0] for v in condition.walk() if v.path} if condition is not None else set()
    asked = any(
        t.path in roots and any(v.form == "call" for v in a.get("value").walk())
        for a in reading.facts.within(function, "assignment")
        if a.id < branch.id and isinstance(a.get("value"), Value)
        for t in a.get("targets", ())
    )
    others = [
        c
        for c in reading.facts.within(branch, "call", "assignment")
        if c.id < call.id and reading.facts.all[c.parent].kind == "block" and not c.roles & {"log", "sleep"}
    ]
    return asked and not others


def _is_same_again(call: Fact, function: Fact, reading: Reading) -> bool:
    """True when no argument differs from what the function was given, and nothing that it tests is used up on the way."""
    if not _is_own(call, function) or _is_limited(function, reading):
        return False
    parameters: tuple[Parameter, ...] = tuple(
        p for p in function.get("parameters", ()) if p.name not in ("self", "cls")
    )
    given: tuple[Argument, ...] = call.get("arguments", ())
    if len(given) < len(parameters):
        return False
    names = {p.name for p in parameters}
    written = {t.path for a in reading.facts.within(function, "assignment") for t in a.get("targets", ())}
    return not written & names and all(_is_unchanged(a.value, names, call, reading) for a in given)


def _is_own(call: Fact, function: Fact) -> bool:
    """Called on the same object, or on none."""
    owner, own = receiver(call), function.get("receiver")
    if owner is None:
        return True
    return owner.path in ("self", "cls", "this") or (own is not None and owner.path == own.name)


def _is_limited(function: Fact, reading: Reading) -> bool:
    """True when a condition speaks of attempts or of time, something is taken out of what is left to try, or writers race."""
    tests = (b.get("condition") for b in reading.facts.within(function, "branch"))
    if any(set(words(reading.facts.text(t))) & _LIMITS for t in tests if isinstance(t, Value)):
        return True
    said = {w for c in _calls(function, reading) for w in _last_words(c)}
    return bool(said & (_USES_UP | _ASKS_A_PERSON | _RACES))


def _last_words(call: Fact) -> tuple[str, ...]:
    callee: Value | None = call.get("callee")
    return words(callee.path.rsplit(".", 1)[-1]) if callee is not None else ()


def _is_unchanged(value: Value, names: set[str], call: Fact, reading: Reading) -> bool:
    """A parameter handed on, a spread, or the value that a switch of the function had anyway in this arm."""
    inner = value.parts[0] if value.form == "spread" and value.parts else value
    if inner.form == "name":
        return inner.path in names
    if value.constant is True:
        return any(
            isinstance(above.get("condition"), Value) and above.get("condition").path in names
            for above in reading.facts.ancestors(call)
            if above.kind == "branch"
        )
    return False


def _leaves_the_process(function: Fact, reading: Reading) -> bool:
    """True where the function asks somebody else, as far as roles or the names of its calls tell."""
    calls = [c for c in _calls(function, reading) if c.get("target") != function.id]
    return any(c.roles & REMOTE for c in calls) or any(
        not c.roles and c.get("api") is None and set(_last_words(c)) & _ASKS for c in calls
    )


def _calls(function: Fact, reading: Reading) -> Iterator[Fact]:
    return reading.facts.within(function, "call")
