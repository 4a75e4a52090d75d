"""Attempts: the shape of a loop that tries one piece of work until it succeeds.

Success leaves the loop and a failure stays in it. A loop over candidates, items or messages has another piece of work in each turn,
a compare-and-set loop fails by design, and a queue's reader never leaves on success: none of these is a retry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ..model import Fact, Value
from .calls import method
from .conventions import words
from .handlers import error_tested, kinds_caught
from .reading import Reading
from .ways import after, ways

COUNTERS: Final = frozenset(
    ["retry", "retries", "retried", "retrying", "attempt", "attempts", "try", "tries", "trial", "trials"]
)
_NEXT: Final = frozenset(
    [
        "next",
        "poll",
        "take",
        "pop",
        "popleft",
        "popitem",
        "recv",
        "accept",
        "dequeue",
        "hasnext",
        "nexttoken",
        "readline",
        "getnowait",
        "cas",
        "compareandset",
        "compareandswap",
        "compareandexchange",
        "nextelement",
        "input",
    ]
)
_CHOOSES: Final = frozenset({"next", "pick", "choose", "select", "elect", "rotate", "shuffle", "pop", "discard"})
_DRAWS: Final = frozenset({"random", "generate", "candidate", "choice", "uuid"})
_FED: Final = frozenset({"queue.get", "queue.consume", "socket.accept"})
_BY_DESIGN: Final = frozenset(
    [
        "conflict",
        "optimistic",
        "watch",
        "stale",
        "concurrent",
        "exists",
        "duplicate",
        "integrity",
        "unique",
        "eintr",
        "unicode",
        "decode",
        "encode",
        "encoding",
        "keyboard",
        "value",
        "index",
        "key",
        "import",
        "module",
        "attribute",
        "stop",
        "illegal",
    ]
)
_TUNES: Final = COUNTERS | {"delay", "wait", "backoff", "sleep", "timeout", "interval"}
_MENDS: Final = frozenset({"create", "make", "mkdir", "mkdirs", "ensure"})
_LEAVING: Final = frozenset({"return", "break"})


class Attempt(Struct, frozen=True):
    """One loop that retries. `work` is what is tried (a try's body, or the call that gave an error); `calls` are its calls.

    `failures` are the handlers, or the error branch's block, from which the next turn is reached; `by` are the other handlers.
    `leaves` are the ways on which success goes.
    """

    loop: Fact
    work: Fact
    calls: tuple[Fact, ...]
    failures: tuple[Fact, ...]
    by: tuple[Fact, ...]
    leaves: frozenset[str]


def attempt_in(loop: Fact, reading: Reading) -> Attempt | None:
    """The attempt that a loop makes in each turn, None when the loop does something else."""
    if not _could_retry(loop, reading):
        return None
    found = next(_tried(loop, reading), None)
    if found is None and reading.language.errors == "values":
        found = next(_checked(loop, reading), None)
    return found if found is not None and not _varies(found, reading) else None


def counts_attempts(loop: Fact, reading: Reading) -> bool:
    """True when names around the loop speak of attempts: its variable, its condition, or what it counts."""
    said: set[str] = set()
    for value in (loop.get("condition"), loop.get("iterable"), *loop.get("targets", ())):
        if isinstance(value, Value):
            said |= set(words(reading.facts.text(value)))
    for fact in reading.facts.within(loop, "assignment"):
        said |= {w for t in fact.get("targets", ()) for w in words(t.path)}
    function = reading.facts.function(loop)
    if function is not None:
        said |= set(words(str(function.get("name", ""))))
    return bool(said & COUNTERS)


def _could_retry(loop: Fact, reading: Reading) -> bool:
    style = loop.get("style")
    if style == "comprehension" or loop.get("asynchronous"):
        return False
    if style == "each" and not _counts(loop, reading):
        return False
    condition = loop.get("condition")
    if isinstance(condition, Value) and re.search(
        r"\.size\(|\.length\b|len\(|hasNext|\.next\(|hasMore|isEmpty", reading.facts.text(condition)
    ):
        return False
    if any(s.get("value") is not None and s.get("value").form == "call" for s in _steps(loop, reading)):
        return False  # `type = type.getSuperclass()`: each turn tries another
    calls = list(reading.facts.within(loop, "call"))
    if any(_name(c) in _NEXT or c.roles & _FED or set(words(method(c))[:1]) & _CHOOSES for c in calls):
        return False
    return not _indexes(loop, reading)


def _steps(loop: Fact, reading: Reading) -> list[Fact]:
    """What the head of a counting loop does at the end of each turn."""
    heads = [f for f in reading.facts.children(loop) if f.kind == "assignment" and not f.get("declaration")]
    return heads if loop.get("style") == "count" else []


def _counts(loop: Fact, reading: Reading) -> bool:
    """True for a loop over numbers (`range(3)`, `range 3`), not over things."""
    value = loop.get("iterable")
    if not isinstance(value, Value):
        return False
    if isinstance(reading.constant(value, loop), int):
        return True
    if value.form != "call" or _name(reading.facts.all[value.call]) not in ("range", "count", "xrange"):
        return False
    return "len(" not in reading.facts.text(value)


def _name(call: Fact) -> str:
    return method(call).lower().replace("_", "").removesuffix("()")


def _indexes(loop: Fact, reading: Reading) -> bool:
    """True when the loop's number chooses an element: the turns are about different things."""
    names = [t.path for t in loop.get("targets", ())]
    names += [t.path for f in reading.facts.children(loop) if f.kind == "assignment" for t in f.get("targets", ())]
    text = reading.facts.text(loop) if names else ""
    return any(
        re.search(rf"(?:\w\[|\.get\(|\.charAt\(|elementAt\()\s*{re.escape(n)}\b", text) for n in names if n and n != "_"
    )


def _tried(loop: Fact, reading: Reading) -> Iterator[Attempt]:
    for attempt in reading.facts.within(loop, "try"):
        if reading.facts.enclosing(attempt, "loop") is not loop:
            continue
        children = list(reading.facts.children(attempt))
        body = next((c for c in children if c.kind == "block" and c.get("arm") == "body"), None)
        handlers = [c for c in children if c.kind == "handler"]
        if body is None or not handlers:
            continue
        calls = tuple(
            c
            for c in reading.facts.within(body, "call")
            if not c.roles & {"log", "log.error", "sleep", "interrupt.test"}
        )
        staying = tuple(
            h for h in handlers if "continue" in failed(h, attempt, loop, reading) and not by_design(h, reading)
        )
        leaves = _succeeded(attempt, loop, reading) | _flagged(attempt, loop, reading)
        if (
            calls
            and staying
            and leaves
            and (leaves <= _LEAVING or ("continue" in leaves and leaves & _LEAVING and counts_attempts(loop, reading)))
        ):
            yield Attempt(loop, body, calls, staying, tuple(h for h in handlers if h not in staying), frozenset(leaves))


def failed(handler: Fact, attempt: Fact, loop: Fact, reading: Reading) -> set[str]:
    """The ways on which a turn of the loop goes on after this handler."""
    found = ways(reading.facts.children(handler), reading)
    return (found - {"fall"}) | after(attempt, loop, reading) if "fall" in found else found


def _succeeded(attempt: Fact, loop: Fact, reading: Reading) -> set[str]:
    """The ways on which success goes, when nothing after it fails either."""
    found = ways((attempt,), reading, smooth=True)
    if "fall" in found:
        found = (found - {"fall"}) | after(attempt, loop, reading, smooth=True)
    return found - {"raise"}


def _flagged(work: Fact, loop: Fact, reading: Reading) -> set[str]:
    """{"break"} when the work sets what the loop's condition asks for."""
    condition = loop.get("condition")
    if loop.get("style") not in ("while", "count") or not isinstance(condition, Value):
        return set()
    asked = set(_paths(condition))
    for fact in reading.facts.within(work, "assignment"):
        handler = reading.facts.enclosing(fact, "handler", barrier=("function", "loop"))
        if (
            handler is None
            and fact.get("operator") in ("=", ":=", None)
            and asked & {t.path for t in fact.get("targets", ())}
        ):
            return {"break"}
    return set()


def _paths(value: Value) -> Iterator[str]:
    return (v.path for v in value.walk() if v.path and v.form in ("name", "member"))


def by_design(handler: Fact, reading: Reading) -> bool:
    """True for a failure that is not a fault of the other side: an interruption alone, a conflict, a taken name, bad input.

    Nor is one a fault that the handler mends before the next turn: it creates what was not there.
    """
    types = handler.get("types", ())
    kinds = kinds_caught(reading, types)
    if types and kinds <= {"interrupt", "cancellation"}:
        return True
    if not kinds & {"base", "broad"} and any(
        c.get("use") == "dropped" and set(words(method(c))[:1]) & _MENDS for c in reading.facts.within(handler, "call")
    ):
        return True
    return any(set(words(t.rsplit(".", 1)[-1])) & _BY_DESIGN for t in types)


def _checked(loop: Fact, reading: Reading) -> Iterator[Attempt]:
    """The same shape with error values: `if err != nil { ...; continue }; return`, or `if err == nil { return }`."""
    for branch in reading.facts.within(loop, "branch"):
        if branch.get("style") != "if" or reading.facts.enclosing(branch, "loop") is not loop:
            continue
        path, failed = _error_of(branch)
        work = giver(path, branch, loop, reading) if path else None
        if work is None:
            continue
        arms = {b.get("arm"): b for b in reading.facts.children(branch) if b.kind == "block"}
        bad, good = (arms.get("then"), arms.get("else")) if failed else (arms.get("else"), arms.get("then"))
        on_failure = _onward(bad, branch, loop, reading, smooth=False)
        leaves = _onward(good, branch, loop, reading, smooth=True) - {"raise"}
        leaves |= _flagged(branch, loop, reading) if not failed else set()
        if "continue" in on_failure and leaves and (leaves <= _LEAVING):
            yield Attempt(loop, work, (work,), (bad or branch,), (), frozenset(leaves))


def _onward(arm: Fact | None, branch: Fact, loop: Fact, reading: Reading, *, smooth: bool) -> set[str]:
    found = ways(reading.facts.children(arm), reading, smooth=smooth) if arm is not None else {"fall"}
    return (found - {"fall"}) | after(branch, loop, reading, smooth=smooth) if "fall" in found else found


def _error_of(branch: Fact) -> tuple[str, bool]:
    """The path of the error that a branch asks about, and whether its then-arm is the failing one."""
    condition = branch.get("condition")
    path = error_tested(condition)
    if path:
        return path, True
    if isinstance(condition, Value) and condition.operator == "==" and len(condition.parts) == 2:
        left, right = condition.parts
        if right.form == "constant" and right.constant is None and left.path.rsplit(".", 1)[-1].lower().endswith("err"):
            return left.path, False
    return "", False


def giver(path: str, branch: Fact, loop: Fact, reading: Reading) -> Fact | None:
    """The call in this turn of the loop that last gave the error."""
    best = None
    for mention in reading.mentions.of(path, loop):
        if (
            mention.how == "target"
            and mention.fact.kind == "assignment"
            and mention.fact.id < reading.facts.ends(branch)
        ):
            value = mention.fact.get("value")
            inside = reading.facts.inside(mention.fact, branch)
            if value is not None and value.call >= 0 and (not inside or mention.fact.parent == branch.id):
                best = reading.facts.all[value.call]
    return best


def _varies(found: Attempt, reading: Reading) -> bool:
    """True when each failure changes what is tried next: another address, encoding or name."""
    used = {p for c in found.calls for a in c.get("arguments", ()) for p in _paths(a.value)}
    used = {p for p in used if not set(words(p)) & _TUNES}
    if not used:
        return False
    return all(_sets(failure, used, reading) for failure in found.failures) or _draws(found.loop, used, reading)


def _draws(loop: Fact, paths: set[str], reading: Reading) -> bool:
    """True when each turn draws another candidate (`port = random_port()`)."""
    for fact in reading.facts.within(loop, "assignment"):
        value = fact.get("value")
        named = words(method(reading.facts.all[value.call])) if isinstance(value, Value) and value.call >= 0 else ()
        if set(named) & _DRAWS and paths & {t.path for t in fact.get("targets", ())}:
            return True
    return False


def _sets(failure: Fact, paths: set[str], reading: Reading) -> bool:
    for fact in reading.facts.within(failure, "assignment"):
        if fact.get("operator") in ("=", ":=", None) and paths & {t.path for t in fact.get("targets", ())}:
            return True
    return False
