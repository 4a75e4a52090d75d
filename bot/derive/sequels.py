"""Sequels: what happens after a handler has lost a request to stop: the loop goes round again, more work is done, or it all ends anyway.

Written onto `handling` facts that drop a cancellation as `sequel`: "loop", "work", "hides" (the function promises its callers to tell
them of an interruption, and a closure inside turns it into something else), "once" (only a flag is lost, and the work goes on to its
near end), "ends".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import ORDERINGS, Fact, Value
from .calls import method, receiver
from .conventions import words
from .reading import Reading

#: Outcomes with which a handler leaves its function or its loop.
_LEAVES: Final = frozenset(
    {"return", "return-default", "return-other", "return-error", "break", "exit", "rethrow", "wrap"}
)
#: Words for a state that somebody else sets to end a loop.
STATES: Final = frozenset(
    [
        "running",
        "run",
        "stop",
        "stopped",
        "stopping",
        "shutdown",
        "close",
        "closed",
        "closing",
        "started",
        "alive",
        "terminated",
        "exit",
        "exiting",
        "quit",
        "cancelled",
        "canceled",
        "interrupted",
        "destroyed",
    ]
)
#: What joins conditions to one; a smaller-than is a count or a deadline, never a state.
_JOINS: Final = frozenset({"!", "not", "&&", "||", "and", "or", "==", "!=", "is", "is not"})
#: Words of exceptions that tell no failure of an operation: programming errors, interruptions, ends, what only wraps.
_PLAIN: Final = frozenset(
    {
        *("interrupt", "interrupted", "cancel", "cancelled", "cancellation", "canceled", "abort", "aborted"),
        *("shutdown", "closed", "stopped", "runtime", "illegal", "io", "assertion", "error", "unchecked"),
        *("wrapper", "completion", "execution"),
    }
)
_IDLE: Final = frozenset({"log", "log.error", "clock.wall", "clock.monotonic", "collection.create", "error.create"})


def derive(reading: Reading) -> None:
    """Judge each handling fact that drops a cancellation."""
    for fact in reading.facts.of("handling"):
        if fact.get("drops_cancellation"):
            fact.attributes["sequel"] = sequel_of(fact, reading)


def sequel_of(fact: Fact, reading: Reading, *, flags: bool = True) -> str:
    """What follows a handler that goes on (see above). Without `flags` no state is taken to end a loop that does not name a stop."""
    if fact.get("outcome") == "wrap":
        return "hides" if _hides(fact, reading) else "disguised" if _disguises(fact, reading) else "ends"
    if fact.get("outcome") in _LEAVES:
        return "ends"
    loops = [a for a in reading.facts.ancestors(fact) if a.kind in ("loop", "function")]
    loops = loops[: next((i for i, a in enumerate(loops) if a.kind == "function"), len(loops))]
    after = list(statements_after(fact, loops[0] if loops else None, reading))
    leaving = next((i for i, f in enumerate(after) if f.kind in ("raise", "return", "break")), None)
    if leaving is None and loops:
        flagged = flags and any(_has_a_flag(loop, reading) for loop in loops)
        return "ends" if flagged else _turns(fact, loops[0], reading)
    if any(_works(f, reading) for f in after[:leaving]):
        return "once" if fact.get("lost") == "the interrupt" else "work"
    return "ends"


def _turns(fact: Fact, loop: Fact, reading: Reading) -> str:
    """What a loop without a flag does with a lost request: a bounded one that only pauses or locks ends soon all the same."""
    return "once" if is_bounded(loop) and only_pauses(fact, reading) else "loop"


def is_bounded(loop: Fact) -> bool:
    """True for a loop over elements, and for one that counts or looks at the clock."""
    condition: Value | None = loop.get("condition")
    return loop.get("style") == "each" or (
        condition is not None and any(o.operator in ORDERINGS for o in condition.operations())
    )


def _hides(fact: Fact, reading: Reading) -> bool:
    """True where the function, or one around it, declares to its callers that it tells them of an interruption."""
    return any(
        {"interrupt", "interrupted"} & set(words(name.rsplit(".", 1)[-1]))
        for function in reading.facts.functions(fact)
        for name in function.get("throws", ())
    )


def _disguises(fact: Fact, reading: Reading) -> bool:
    """True where an interrupt becomes an exception that the program has made for its own failures.

    A general one (`RuntimeException`, `IllegalStateException`, `IOException`) or one that speaks of the interruption ends the work.
    """
    if fact.get("lost") != "the interrupt":
        return False
    raised = [r.get("value") for r in reading.facts.within(reading.facts.all[fact.get("body")], "raise")]
    made = [reading.facts.all[v.call] for v in raised if v is not None and v.form == "call" and v.call >= 0]
    return any(
        call.get("constructor") and not call.roles and not _PLAIN & set(words(str(call.get("name")).rsplit(".", 1)[-1]))
        for call in made
    )


def statements_after(fact: Fact, loop: Fact | None, reading: Reading) -> Iterator[Fact]:
    """The statements that follow the try on its straight way to the end of the loop or the function, in order."""
    current = reading.facts.all[fact.parent] if fact.get("style") == "catch" else reading.facts.all[fact.anchor]
    while current.parent >= 0 and current.kind not in ("function", "class") and current is not loop:
        above = reading.facts.all[current.parent]
        if above.kind in ("block", "function"):
            end = reading.facts.ends(current)
            yield from (s for s in reading.facts.children(above) if s.id > end and s.kind != "comment")
        current = above


def _has_a_flag(loop: Fact, reading: Reading) -> bool:
    """True for a loop that asks at each turn for a state which somebody else sets: that ends it, whatever became of the interrupt."""
    condition: Value | None = loop.get("condition")
    return (condition is not None and any(_is_flag(v, loop, reading) for v in _operands(condition))) or any(
        _leaves_on_a_stop(branch, loop, reading) for branch in reading.facts.within(loop, "branch")
    )


def _leaves_on_a_stop(branch: Fact, loop: Fact, reading: Reading) -> bool:
    """True for `if (!running && queue.isEmpty()) break`."""
    condition: Value | None = branch.get("condition")
    if condition is None or reading.facts.enclosing(branch, "loop") is not loop:
        return False
    named = any(v.form in ("name", "member") and STATES & set(words(v.path)) for v in _operands(condition))
    return named and any(
        s.kind in ("break", "return") and reading.facts.enclosing(s, "loop") is loop
        for s in reading.facts.within(branch, "break", "return")
    )


def asks_for_stop(condition: Value) -> bool:
    """True for a condition that names a state which a stop sets, by itself or compared with others."""
    return any(STATES & set(words(v.path.rsplit(".", 1)[-1])) for v in _operands(condition))


def _operands(value: Value) -> Iterator[Value]:
    if value.form == "operation":
        for part in value.parts if value.operator in _JOINS else ():
            yield from _operands(part)
    else:
        yield value


def _is_flag(value: Value, loop: Fact, reading: Reading) -> bool:
    if value.form == "call":
        call = reading.facts.all[value.call]
        owner = receiver(call)
        if "interrupt.test" in call.roles:
            return False  # the flag that it asks for was cleared by the exception
        if STATES & set(words(method(call))):
            return True
        if owner is None or owner.path in ("this", "self", ""):
            return not call.get("arguments")
        return method(call) == "get" and not _is_local(owner.path, loop, reading)
    if value.form not in ("name", "member"):
        return False
    last = value.path.rsplit(".", 1)[-1]
    return bool(STATES & set(words(last))) or value.form == "member" or not _is_local(value.path, loop, reading)


def _is_local(name: str, at: Fact, reading: Reading) -> bool:
    """True for a variable or parameter of the functions around: nobody else sets it."""
    return any(name in reading.names.scopes.get(f.id, {}) for f in reading.facts.functions(at))


def only_pauses(fact: Fact, reading: Reading) -> bool:
    """True when all that was cut short is a pause or the wait for a lock: nobody's answer could now be missing."""
    guarded = fact.get("guarded", -1)
    calls = list(reading.facts.within(reading.facts.all[guarded], "call")) if guarded >= 0 else []
    if any("lock.acquire" in c.roles for c in calls):
        return True
    return any("sleep" in c.roles for c in calls) and all(c.roles <= {"sleep"} | _IDLE for c in calls)


def _works(statement: Fact, reading: Reading) -> bool:
    """A statement that does something for its own sake, unconditionally."""
    if statement.kind in ("branch", "raise", "loop", "try", "function", "class"):
        return False
    found = [statement] if statement.kind == "call" else list(reading.facts.within(statement, "call", "await", "send"))
    return statement.kind != "return" and any(
        f.kind != "call" or not (f.roles & _IDLE or f.get("constructor")) for f in found
    )
