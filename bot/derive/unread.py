"""Unread: timed waits whose answer nobody reads, and whether they stand on the way out, where nothing depends on it.

Written onto calls: `unread`, `ending`, `gathers`.
"""

from __future__ import annotations

from typing import Final

from ..knowledge import Api
from ..model import UNKNOWN, Fact
from .calls import method, receiver
from .conventions import lifecycle, words
from .objects import origin
from .reading import Reading

_TIMED: Final = frozenset({"wait", "lock.acquire", "semaphore.acquire"})
_STATES: Final = frozenset(
    {
        "is_set",
        "isset",
        "is_alive",
        "isalive",
        "getcount",
        "isterminated",
        "isdone",
        "done",
        "exitcode",
        "shutdownnow",
        "ishut",
        "isshutdown",
        "poll",
        "locked",
        "cancel",
        "interrupt",
        "terminate",
        "kill",
    }
)
_ENDINGS: Final = frozenset({"close", "stop", "shutdown", "destroy", "dispose", "release", "exit", "quietly"})
#: Who waits an hour means "for ever".
_GIVEN_UP: Final = 3600


def derive(reading: Reading) -> None:
    """Judge each timed wait."""
    for call in reading.facts.of("call"):
        if call.get("deadline") == "given" and call.roles & _TIMED:
            call.attributes["unread"] = _is_unread(call, reading)
            call.attributes["ending"] = _is_ending(call, reading)
            call.attributes["gathers"] = _gathers(call, reading)


def _is_unread(call: Fact, reading: Reading) -> bool:
    """True when a timed wait tells by its value whether it was met, the value is dropped, and no later question replaces it."""
    api = call.get("api")
    if (
        call.get("use") != "dropped"
        or call.get("awaited")
        or api is None
        or not (api.result == "status" or _timed_overload(api))
    ):
        return False
    if call.get("deadline_seconds", 0) >= _GIVEN_UP:
        return False
    function = reading.facts.function(call)
    if function is None or (
        function.get("use") in ("argument", "returned") and not call.roles & {"lock.acquire", "semaphore.acquire"}
    ):
        return False
    if reading.facts.enclosing(call, "loop") is not None:
        return False
    owner = receiver(call)
    if owner is None or not owner.path:
        return False
    later = (m for m in reading.mentions.of(owner.path, function) if m.fact.id > call.id)
    if any(m.method.lower() in _STATES or (m.how == "argument" and method(m.fact).lower() in _STATES) for m in later):
        return False
    if _asks_later(call, function, reading):
        return False
    return "wait" not in call.roles or bool(_goes_on(call, function, reading))


def _asks_later(call: Fact, function: Fact, reading: Reading) -> bool:
    """True when another question tells what the wait would have told: of the thing itself, or as the function's own answer."""
    owner = receiver(call)
    for asked in reading.facts.within(function, "call"):
        if asked.id <= reading.facts.ends(call):
            continue
        of_it = owner is not None and reading.facts.text(asked.get("callee")).startswith(f"{owner.path}.")
        if of_it and words(method(asked))[:1] in (("is",), ("has",)):
            return True
        if asked.get("use") == "returned":
            given = [method(asked), *(a.value.path.rsplit(".", 1)[-1] for a in asked.get("arguments", ()))]
            if any(words(name)[:1] in (("is",), ("poll",), ("has",)) for name in given):
                return True
    return False


def _is_ending(call: Fact, reading: Reading) -> bool:
    """True for a wait on the way out: in a method that stops things, or where nothing follows but the ending of others."""
    function = reading.facts.function(call)
    if function is None or "wait" not in call.roles:
        return False
    if any(lifecycle(f) == "stop" for f in (function, *reading.facts.functions(function))):
        return True
    if any(b.kind == "block" and b.get("arm") == "finally" for b in reading.facts.ancestors(call)):
        return True
    after = [c for c in reading.facts.within(function, "call") if c.id > reading.facts.ends(call)]
    kept = [c for c in after if not c.roles & {"log", "log.error", "interrupt.restore"}]
    ends = (c for c in kept if set(words(method(c))) & _ENDINGS or "resource.close" in c.roles)
    return len(list(ends)) == len(kept)


def _timed_overload(api: Api) -> bool:
    """True when only the overload with a number and its unit tells by a value whether it was met."""
    return "wait" in api.roles and not api.returns and api.deadline is not None and (api.deadline.arity or 0) >= 2


def _goes_on(call: Fact, function: Fact, reading: Reading) -> bool:
    """True when work follows the wait that a failed wait should prevent: a call after it that is not only a report or a release."""
    after = (
        c
        for c in reading.facts.within(function, "call")
        if c.id > reading.facts.ends(call) and not reading.facts.enclosing(c, "handler", "raise")
    )
    return any(not c.roles & {"log", "log.error", "interrupt.restore"} for c in after)


def _gathers(call: Fact, reading: Reading) -> bool:
    """True for a latch that counts as many as were asked: who has not answered in time is missing from what was gathered."""
    makers = origin(receiver(call), call, reading).makers
    counts = [m.get("arguments")[0].value for m in makers if m.get("constructor") and len(m.get("arguments", ())) == 1]
    return bool(counts) and all(reading.constant(c, call) is UNKNOWN for c in counts)
