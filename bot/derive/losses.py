"""Errors that a call gives into a variable and that nobody reads: overwritten, left behind at a return, or asked for one value only.

Where errors are values the compiler is content when the variable is read anywhere in the function; that this very error was not
looked at it can't see. The statements behind the assignment are followed in order; whatever may read it ends the search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ..model import Fact, Value
from .conventions import is_test_code
from .mentions import Mention
from .reading import Reading

_SIMPLE: Final = frozenset({"assignment", "call", "send", "receive", "index"})
_JUMPS: Final = frozenset({"break", "continue", "goto", "raise"})
_TESTS: Final = frozenset({"error.test"})


class _Error(Struct, frozen=True):
    """An error in a local variable: its name, the assignment that gives it, its function, and the block that declares it."""

    name: str
    given: Fact
    function: Fact
    home: int


def derive(reading: Reading) -> None:
    """Write `error_fate` ("lost" or "narrow"), `error_way` and `error_at` onto calls whose error nobody reads."""
    if reading.language.errors != "values" or is_test_code(reading):
        return
    for assignment in reading.facts.of("assignment"):
        call, error = _given(assignment, reading)
        if call is None or error is None or _read_at_a_distance(error, reading):
            continue
        fate, end = _follow(error, reading)
        if fate and end is not None:
            _say(call, error, fate, end, reading)


def _say(call: Fact, error: _Error, fate: str, end: Fact, reading: Reading) -> None:
    line = end.focus.line
    way = f"overwritten in line {line}" if end.kind == "assignment" else f"left behind in line {line}"
    way = "dropped" if end is reading.facts.all[call.get("consumer")] else way
    words = f"is {way} before anybody reads it"
    if fate == "narrow":
        words = "is asked for one value only; any other failure passes for success here"
    call.attributes.update(
        error_fate=fate,
        error_way=f"`{error.name}` {words}",
        error_at=end.id if fate == "narrow" else call.id,
        evidence=(("nobody has read it up to here", end.id),)
        if fate == "lost"
        else (("the error comes from here", call.id),),
    )


def _given(assignment: Fact, reading: Reading) -> tuple[Fact | None, _Error | None]:
    """The call that an assignment takes an error from, and the variable that takes it."""
    value: Value | None = assignment.get("value")
    targets: tuple[Value, ...] = assignment.get("targets", ())
    if value is None or value.form != "call" or value.call < 0 or not targets or targets[-1].form != "name":
        return None, None
    name, function = targets[-1].path, reading.facts.function(assignment)
    call = reading.facts.all[value.call]
    above = reading.facts.all[assignment.parent]
    if (
        not name.lower().endswith("err")
        or function is None
        or above.kind not in ("block", "function")
        or call.get("constructor")
        or call.roles & {"error.create", "error.wrap"}
        or _tested_next(name, assignment, above, reading)
    ):
        return None, None
    return call, _Error(name, assignment, function, _home(name, assignment, function, reading))


def _tested_next(name: str, assignment: Fact, level: Fact, reading: Reading) -> bool:
    """The usual case, told quickly: the next statement compares the error with nil, or returns it."""
    following = next(_behind(assignment, level, reading), None)
    if following is None:
        return False
    thing = (
        following.get("condition") if following.kind == "branch" else following if following.kind == "return" else None
    )
    text = reading.facts.text(thing) if thing is not None else ""
    return name in text and ("nil" in text or following.kind == "return")


def _home(name: str, at: Fact, function: Fact, reading: Reading) -> int:
    """The fact whose scope declares a variable as it stands at a place; the function for parameters and results, -1 for outer names."""
    best = -1
    around = {at.parent, *(a.id for a in reading.facts.ancestors(at))}
    for fact in reading.facts.within(function, "assignment"):
        declares = fact.get("declaration") and any(t.path == name for t in fact.get("targets", ()))
        if declares and fact.id <= at.id and fact.parent in around and fact.parent > best:
            best = fact.parent
    if best >= 0:
        return best
    return function.id if name in _signature(function, reading) else -1


def _read_at_a_distance(error: _Error, reading: Reading) -> bool:
    """True where a closure, a deferred call or a pointer may read the variable later, or a jump makes the order hard to follow."""
    if error.home < 0 or any(reading.facts.within(error.function, "goto")):
        return True
    if f"&{error.name}" in reading.facts.text(error.function):
        return True
    outer = reading.facts.all[error.home]
    for mention in reading.mentions.of(error.name, error.function):
        where = reading.facts.function(mention.fact)
        if mention.fact.kind == "function" or (mention.fact.get("use") == "deferred" and mention.how == "argument"):
            return True
        if where is not error.function and not _is_shadowed(mention, error.name, outer, reading):
            return True
    return False


def _follow(error: _Error, reading: Reading) -> tuple[str, Fact | None]:
    """What becomes of the error, and the statement that ends its life unread; ("", None) where somebody may read it."""
    current, narrow = error.given, False
    while True:
        level = reading.facts.all[current.parent]
        for statement in _behind(current, level, reading):
            verdict = _look(statement, level, error, reading)
            if verdict == "hidden":
                break
            if verdict == "left":
                return _left(statement, narrow=narrow, error=error)
            if verdict in ("overwritten", "read"):
                return ("lost", statement) if verdict == "overwritten" and not narrow else ("", None)
            narrow = narrow or verdict == "narrow"
        if level.kind == "function" or level.id == error.home:
            whole = level.id == error.function.id and error.function.get("result")
            return ("", None) if narrow or whole else ("lost", error.given)
        above = reading.facts.all[level.parent]
        if level.kind != "block" or above.kind not in ("branch", "block"):
            return "", None
        current = above if above.kind == "branch" else level
        if reading.facts.all[current.parent].kind not in ("block", "function"):
            return "", None  # an else-if: what follows stands elsewhere


def _left(statement: Fact, *, narrow: bool, error: _Error) -> tuple[str, Fact | None]:
    """At a return that does not speak of the error: forgotten, or (after a look at one value) taken for success."""
    if not narrow:
        return "lost", statement
    values: tuple[Value, ...] = statement.get("values", ())
    success = bool(values) and values[-1].form == "constant" and values[-1].constant is None
    returns_error = error.function.get("result", ())[-1:] == ("error",)
    return ("narrow", statement) if success and returns_error else ("", None)


def _behind(current: Fact, level: Fact, reading: Reading) -> Iterator[Fact]:
    last = reading.facts.ends(current)
    return (c for c in reading.facts.children(level) if c.id > last)


def _look(statement: Fact, level: Fact, error: _Error, reading: Reading) -> str:
    """What one statement does: "read" it (perhaps), "narrow" (one value), "overwritten", "left", "hidden" (a new variable), "" nothing."""
    found = [m for m in reading.mentions.of(error.name, statement) if not _is_shadowed(m, error.name, level, reading)]
    reads = [m for m in found if m.how != "target"]
    if not reads and statement.kind == "branch" and _asks_in_arms(statement, error.name, reading):
        return "read"
    if reads:
        return "narrow" if statement.kind == "branch" and _is_narrow(reads, statement, reading) else "read"
    if statement.kind == "return":
        return "left"
    if statement.kind in _JUMPS:
        return "read"
    targets = [m for m in found if m.fact is statement]
    if targets and statement.get("declaration") and level.id != error.home:
        return "hidden"
    if targets and statement.get("value") is not None:
        return "overwritten"
    if statement.kind not in _SIMPLE and found:
        return "read"  # one of its arms gives it another value: hard to say which one is read behind it
    return ""


def _asks_in_arms(branch: Fact, name: str, reading: Reading) -> bool:
    """True for a switch whose cases speak of the error (`case err != nil`)."""
    return any(
        name in reading.facts.text(condition)
        for arm in reading.facts.children(branch)
        for condition in arm.get("conditions", ())
    )


def _is_narrow(reads: list[Mention], branch: Fact, reading: Reading) -> bool:
    """True for `if err == ErrNotFound { return ... }` and the like, without an else."""
    blocks = [c for c in reading.facts.children(branch) if c.kind == "block"]
    if len(blocks) != 1 or not any(c.kind == "return" for c in reading.facts.children(blocks[0])):
        return False
    return all(_asks_one(m, branch) for m in reads if m.fact is branch or m.how != "returned") and any(
        _asks_one(m, branch) for m in reads
    )


def _asks_one(mention: Mention, branch: Fact) -> bool:
    condition: Value | None = branch.get("condition")
    if condition is None:
        return False
    if condition.form == "operation" and condition.operator == "==" and mention.fact is branch:
        return not any(p.form == "constant" for p in condition.parts)
    return condition.form == "call" and mention.fact.id == condition.call and bool(mention.fact.roles & _TESTS)


def _is_shadowed(mention: Mention, name: str, level: Fact, reading: Reading) -> bool:
    """True when a scope between `level` and a mention declares the name anew, so that it speaks of another variable."""
    fact = mention.fact
    for above in (fact, *reading.facts.ancestors(fact)):
        if above.id == level.id:
            return False
        if above.kind == "function" and name in _signature(above, reading):
            return True
        for child in reading.facts.children(above) if above.kind in ("block", "branch", "loop", "function") else ():
            if child.id > fact.id and above is not fact:
                break
            mine = mention.how != "target" and (child is fact or reading.facts.inside(fact, child))
            declares = child.kind == "assignment" and child.get("declaration") and not mine
            if declares and any(t.path == name for t in child.get("targets", ())):
                return True
    return False


def _signature(function: Fact, reading: Reading) -> frozenset[str]:
    """The names that a function's head declares: parameters and results."""
    head = reading.facts.text(function).replace("interface{}", "any").replace("struct{}", "any").split("{", 1)[0]
    return frozenset(re.findall(r"\w+", head))
