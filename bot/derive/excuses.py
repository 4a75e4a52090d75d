"""Excuses: reasons for which a failure may well be swallowed on purpose, or cannot cost much where it happens.

Written onto `handling` facts as `excuse`: "expected" (the exception is named so), "telling" (a signal, a metric, telemetry), "fallback"
(the code has another answer ready), "raised" (the next statement raises), "ending" (the process or the component ends, or a handler
has failed already), "once" (at the beginning of the process), "open" (a suppress block or a word to a linter says so), "terminal"
(a program that is run by hand), "none".
"""

from __future__ import annotations

from typing import Final

from ..model import Fact, Value
from .aborts import is_a_program
from .calls import method
from .conventions import lifecycle, words
from .reading import Reading
from .sequels import statements_after
from .stakes import is_plain

_EXPECTED: Final = frozenset({"ignore", "ignored", "ignorable", "expected", "unused", "swallow", "swallowed"})
_BEGINS: Final = frozenset({"install", "setup", "init", "initialize", "bootstrap", "configure"})
_WAITS: Final = frozenset({"wait", "join", "run", "serve"})
#: What is told to whoever wants to know: nobody's work rests on it.
_TELLS: Final = frozenset(
    [
        "ping",
        "telemetry",
        "analytics",
        "metric",
        "metrics",
        "stats",
        "statistics",
        "trace",
        "tracing",
        "emit",
        "signal",
        "progress",
        "debug",
        "print",
        "log",
        "logger",
        "usage",
    ]
)
#: Those among them whose whole function, file or folder is about measuring.
_MEASURES: Final = frozenset({"telemetry", "analytics", "metrics", "stats", "statistics", "usage", "trace", "tracing"})


def derive(reading: Reading) -> None:
    """Judge each handling fact with a guarded body."""
    called = _called_at_file_level(reading)
    for fact in reading.facts.of("handling"):
        if fact.get("style") != "check":
            fact.attributes["excuse"] = _excuse(fact, called, reading)


def _called_at_file_level(reading: Reading) -> set[int]:
    return {
        c.get("target", -1)
        for c in reading.facts.of("call")
        if c.get("target", -1) >= 0 and reading.facts.function(c) is None
    }


def _excuse(fact: Fact, called: set[int], reading: Reading) -> str:
    functions = list(reading.facts.functions(fact))
    if is_a_program(reading):
        return "terminal"
    if _EXPECTED & set(words(str(fact.get("variable", "")))):
        return "expected"
    if any(lifecycle(f) == "stop" for f in functions) or _within_a_handler(fact, reading):
        return "ending"
    if not functions or any(f.id in called or _BEGINS & set(words(str(f.get("name", "")))[:1]) for f in functions):
        return "once"
    if (fact.get("style") == "suppress" and not _waits(fact, reading)) or _is_waved_through(fact, reading):
        return "open"
    if _tells(fact, functions, reading):
        return "telling"
    if _is_raised_all_the_same(fact, reading):
        return "raised"
    return "fallback" if _has_another_answer(fact, reading) else "none"


def _is_waved_through(fact: Fact, reading: Reading) -> bool:
    """True when the handler's own line tells a linter to let it pass."""
    line = fact.focus.line
    return any(
        c.span.line == line and any(word in reading.facts.text(c) for word in ("noqa", "disable", "NOSONAR", "nolint"))
        for c in reading.facts.of("comment")
    )


def _waits(fact: Fact, reading: Reading) -> bool:
    """True when the block is there to wait for somebody or to run something to its end."""
    guarded = _guarded(fact, reading)
    return guarded is not None and any(
        f.kind == "await" or _WAITS & set(words(method(f))[:1]) for f in reading.facts.within(guarded, "await", "call")
    )


def _within_a_handler(fact: Fact, reading: Reading) -> bool:
    above = reading.facts.all[fact.parent] if fact.get("style") == "catch" else reading.facts.all[fact.anchor]
    return reading.facts.enclosing(above, "handler") is not None


def _guarded(fact: Fact, reading: Reading) -> Fact | None:
    guarded = fact.get("guarded", -1)
    return reading.facts.all[guarded] if guarded >= 0 else None


def _tells(fact: Fact, functions: list[Fact], reading: Reading) -> bool:
    """True when all that could fail is a signal to others, or the whole function or folder is about them."""
    *folders, name = reading.facts.source.path.split("/")
    around = [*folders[-2:], name.split(".")[0], *(str(f.get("name", "")) for f in functions)]
    if any(_MEASURES & set(words(a)) for a in around):
        return True
    guarded = _guarded(fact, reading)
    calls = [c for c in reading.facts.within(guarded, "call") if not is_plain(c)] if guarded is not None else []
    return bool(calls) and all(_TELLS & set(words(_text(c))) for c in calls)


def _text(call: Fact) -> str:
    callee: Value | None = call.get("callee")
    return callee.path if callee is not None and callee.path else method(call)


def _is_raised_all_the_same(fact: Fact, reading: Reading) -> bool:
    """True when the statement behind the block raises: nobody takes the failure for a success."""
    after = next(statements_after(fact, reading.facts.enclosing(fact, "loop"), reading), None)
    return after is not None and after.kind == "raise"


def _has_another_answer(fact: Fact, reading: Reading) -> bool:
    """True when the guarded body ends by returning what it found, and more than a constant follows: the next way is tried."""
    guarded = _guarded(fact, reading)
    if guarded is None or not any(f.get("values") for f in reading.facts.within(guarded, "return")):
        return False
    after = next(statements_after(fact, reading.facts.enclosing(fact, "loop"), reading), None)
    if after is None:
        return False
    values = after.get("values", ()) if after.kind == "return" else ()
    return after.kind != "return" or any(v.form not in ("constant", "collection", "mapping") for v in values)
