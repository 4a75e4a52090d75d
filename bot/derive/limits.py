"""Limits: what ends a loop that tries again: a number of attempts, a time, or somebody who asks it to stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import ORDERINGS, Fact, Value
from .attempts import COUNTERS
from .conventions import words
from .reading import Reading
from .ways import ways

_COMPARES: Final = frozenset({"<", "<=", ">", ">=", "==", "!="})
_TIMES: Final = COUNTERS | frozenset(
    [
        "deadline",
        "timeout",
        "elapsed",
        "time",
        "max",
        "maximum",
        "limit",
        "remaining",
        "left",
        "count",
        "times",
        "budget",
        "expired",
        "expires",
        "until",
        "start",
        "began",
        "now",
        "before",
        "after",
        "until",
        "since",
        "ttl",
        "exhausted",
        "exceeded",
    ]
)
_STOPS: Final = frozenset(
    [
        "running",
        "run",
        "stop",
        "stopped",
        "stopping",
        "stopper",
        "close",
        "closed",
        "closing",
        "shutdown",
        "shutting",
        "down",
        "done",
        "cancel",
        "cancelled",
        "canceled",
        "quit",
        "exit",
        "exiting",
        "alive",
        "active",
        "interrupted",
        "terminated",
        "terminate",
        "terminating",
        "finished",
        "finish",
        "disposed",
        "ctx",
        "destroyed",
        "aborted",
        "abort",
        "started",
        "enabled",
        "halt",
        "killed",
        "dead",
        "kill",
        "leaving",
        "ended",
    ]
)
_EXITS: Final = frozenset({"return", "raise", "break"})


def attempts_of(loop: Fact, reading: Reading) -> str:
    """Says "bounded", "unbounded", or "unknown" where somebody else decides."""
    condition = loop.get("condition")
    if loop.get("style") in ("each", "count") and (loop.get("iterable") is not None or isinstance(condition, Value)):
        return "unbounded" if _endless(loop) else "bounded"
    counted = counted_in(loop, reading)
    tests = [condition] if isinstance(condition, Value) else []
    tests += [b.get("condition") for b in _ending(loop, reading) if isinstance(b.get("condition"), Value)]
    if any(_limits(t, counted, reading) for t in [*tests, *_going_on(loop, reading)]):
        return "bounded"
    return "unknown" if any(_asks(t) for t in tests) or _keeps_time(loop, reading) else "unbounded"


def _endless(loop: Fact) -> bool:
    value = loop.get("iterable")
    return isinstance(value, Value) and value.form == "call" and "count" in value.path.rsplit(".", 1)[-1]


def counted_in(loop: Fact, reading: Reading) -> set[str]:
    """The paths that the loop counts up or down, or sets from the clock."""
    found = set()
    for fact in reading.facts.within(loop, "assignment", closures=True):
        if fact.get("operator") in ("+=", "-=", "++", "--"):
            found |= {t.path for t in fact.get("targets", ())}
    for call in reading.facts.within(loop, "call"):
        callee = call.get("callee")
        if (
            callee is not None
            and callee.path.rsplit(".", 1)[-1]
            in ("incrementAndGet", "getAndIncrement", "decrementAndGet", "increment", "addAndGet", "Add")
            and callee.parts
        ):
            found.add(callee.parts[0].path)
    return found


def _going_on(loop: Fact, reading: Reading) -> Iterator[Value]:
    """The conditions under which the next turn is begun early, where the loop is not left without them."""
    for jump in reading.facts.within(loop, "continue"):
        branch = reading.facts.enclosing(jump, "branch")
        condition = branch.get("condition") if branch is not None else None
        if isinstance(condition, Value) and condition.operator == "&&":
            yield condition


def _ending(loop: Fact, reading: Reading) -> Iterator[Fact]:
    """The branches of the loop of which one arm leaves it."""
    for branch in reading.facts.within(loop, "branch"):
        arms = [c for c in reading.facts.children(branch) if c.kind == "block"]
        if any(ways(reading.facts.children(a), reading) & _EXITS for a in arms):
            yield branch


def _limits(test: Value, counted: set[str], reading: Reading) -> bool:
    """True for a comparison that counting or time will decide one day."""
    for part in test.walk():
        if part.path in counted and part.path:
            return True
        said = set(words(reading.facts.text(part)))
        if part.operator in ORDERINGS and (said & _TIMES or any(p.path in counted for p in part.walk() if p.path)):
            return True
        if part.operator in _COMPARES and said & COUNTERS:
            return True
    return False


def _asks(test: Value) -> bool:
    """True for a question whose name speaks of attempts or time (`canRetry()`, `timer.expired()`)."""
    return any(
        p.form in ("call", "name", "member") and set(words(p.path)) & _TIMES - {"time", "start", "count"}
        for p in test.walk()
    )


def _keeps_time(loop: Fact, reading: Reading) -> bool:
    """True where a helper that may give up is told about each failure (`retrier.failed(e)`)."""
    for call in reading.facts.within(loop, "call"):
        callee = call.get("callee")
        if callee is not None and call.roles & {"retry.stop", "retry.policy", "deadline.scope"}:
            return True
        if (
            callee is not None
            and callee.form == "member"
            and callee.parts
            and {"retry", "retrier", "retries", "attempt", "attempts"}
            & set(words(callee.parts[0].path.rsplit(".", 1)[-1]))
        ):
            return True
    return False


def asks_to_stop(test: Value) -> bool:
    """True for a condition whose names speak of running and stopping."""
    return any(p.path and set(words(p.path)) & _STOPS for p in test.walk())


def stoppable(loop: Fact, reading: Reading) -> bool:
    """True when somebody can end the loop from outside: a flag or context is looked at, or the task can be cancelled."""
    function = reading.facts.function(loop)
    if function is not None and function.get("asynchronous"):
        return True
    if any(c.roles & {"interrupt.test", "context.done", "context.error"} for c in reading.facts.within(loop, "call")):
        return True
    tests = [loop.get("condition"), *(b.get("condition") for b in reading.facts.within(loop, "branch"))]
    for test in tests:
        if isinstance(test, Value) and asks_to_stop(test):
            return True
    channels = [r.get("channel") for r in reading.facts.within(loop, "receive") if r.get("channel") is not None]
    return any(
        {w.removesuffix("h").removesuffix("c") for w in words(reading.facts.text(c))} & _STOPS
        or _is_timer(c, loop, reading)
        for c in channels
    )


def _is_timer(channel: Value, loop: Fact, reading: Reading) -> bool:
    """True for a variable that holds a timer's channel which was made before the loop: it ends the loop at its time."""
    if channel.form != "name":
        return False
    makers = [b.value for b in reading.names.bindings(channel.path, loop) if b.value is not None and b.at < loop.id]
    return any(v.form == "call" and v.call >= 0 and "timer.create" in reading.facts.all[v.call].roles for v in makers)
