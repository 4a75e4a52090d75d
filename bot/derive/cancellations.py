"""Cancellations: handlers that lose a request to stop, and error checks that answer success.

Written onto `handling` facts: `drops_cancellation` with what is `lost`, `returns_success` with the statement that `leaves`.
"""

from __future__ import annotations

from ..model import Fact, Value
from .calls import method
from .conventions import lifecycle, words
from .reading import Reading

_GOES_ON = frozenset({"swallow", "log", "wait", "continue", "other", "some-wrap", "return-other", "return-default"})
_STOPPING = frozenset({"interrupt", "cancellation"})
#: Folders of programs whose threads nobody but the end of the process stops.
_AT_A_TERMINAL = frozenset(
    [
        "cli",
        "console",
        "contrib",
        "tool",
        "tools",
        "bench",
        "benchmark",
        "benchmarks",
        "jmh",
        "example",
        "examples",
        "install",
        "installer",
        "migrate",
        "migration",
    ]
)
#: Words of a comment that says what the code says already.
_IGNORES = frozenset(
    [
        "ignore",
        "ignored",
        "ignoring",
        "do",
        "nothing",
        "noop",
        "no",
        "op",
        "nop",
        "pass",
        "nosonar",
        "empty",
        "swallow",
        "it",
        "this",
        "just",
    ]
)
#: A session at the keyboard goes on after an interrupt, as everybody expects.
_ASKS = frozenset({"input", "prompt", "readline", "interact", "cmdloop", "getpass"})
_STARTS = frozenset({"start", "init", "initialize", "setup", "launch"})


def derive(reading: Reading) -> None:
    """Judge each handling fact."""
    for fact in reading.facts.of("handling"):
        if fact.get("style") == "check":
            _judge_check(fact, reading)
        else:
            lost = "" if _is_kept_for_later(fact, reading) else _lost(fact, reading)
            fact.attributes["drops_cancellation"] = bool(lost)
            fact.attributes["explained"] = bool(fact.get("commented")) and _gives_a_reason(fact, reading)
            fact.attributes["lost"] = lost


def _is_kept_for_later(fact: Fact, reading: Reading) -> bool:
    """True where the handler puts the exception into a variable that is raised further down."""
    function, variable, body = reading.facts.function(fact), fact.get("variable"), fact.get("body", -1)
    if function is None or not variable or body < 0:
        return False
    kept = {
        target.path
        for assignment in reading.facts.within(reading.facts.all[body], "assignment")
        if assignment.get("value") is not None and assignment.get("value").path == variable
        for target in assignment.get("targets", ())
    }
    raised = (r for r in reading.facts.within(function, "raise") if r.id > body and r.get("value") is not None)
    return any(r.get("value").path in kept for r in raised)


def _gives_a_reason(fact: Fact, reading: Reading) -> bool:
    """True for a comment that says more than that the failure is ignored."""
    comments = (
        list(reading.facts.within(reading.facts.all[fact.get("body")], "comment")) if fact.get("body") >= 0 else []
    )
    return not comments or any(set(words(reading.facts.text(c))) - _IGNORES for c in comments)


def _lost(fact: Fact, reading: Reading) -> str:
    """What a handler loses: "the cancellation", "the interrupt", or "" when nothing."""
    kinds = fact.get("kinds", frozenset())
    if fact.get("restores") or fact.get("outcome") in ("rethrow", "some-rethrow", "exit"):
        return ""
    if "exit" in kinds:
        return "the interrupt" if _restarts(fact, reading) else ""
    if "interrupt" in kinds:
        return "the interrupt" if _loses_interrupt(fact, reading) else ""
    if "cancellation" in kinds:
        goes_on = fact.get("outcome") in _GOES_ON
        return (
            "the cancellation"
            if goes_on
            and not _ends_coroutine(fact, reading)
            and not _own_canceller(fact, reading)
            and not _earlier_catches(fact, reading)
            and not _runs_the_loop(fact, reading)
            and (reading.language.name != "python" or _guards_await(fact, reading))
            else ""
        )
    if "base" in kinds and not fact.get("uses_error") and _guards_await(fact, reading):
        return "" if _earlier_catches(fact, reading) or _own_canceller(fact, reading) else "the cancellation"
    return ""


def _restarts(fact: Fact, reading: Reading) -> bool:
    """True where an endless loop takes the interrupt from the keyboard for one more failure and begins anew; not where it asks a person."""
    loop = reading.facts.enclosing(fact, "loop")
    types: tuple[str, ...] = reading.facts.all[fact.anchor].get("types", ())
    if loop is None or loop.get("style") != "forever" or fact.get("outcome") not in _GOES_ON:
        return False
    asks = any(_ASKS & set(words(method(c))) for c in reading.facts.within(loop, "call"))
    return not asks and any(t in ("KeyboardInterrupt", "SystemExit") for t in types)


def _loses_interrupt(fact: Fact, reading: Reading) -> bool:
    outcome = fact.get("outcome")
    function = reading.facts.function(fact)
    name = str(function.get("name", "")) if function is not None else ""
    if name == "done" or _runs_at_a_terminal(reading):
        return False  # the work is over when its `done` is called; nobody interrupts a command
    if function is not None and lifecycle(function) == "stop":
        return False  # everything ends here anyway
    if outcome == "wrap":
        starts = words(name)[:1] != () and words(name)[0] in _STARTS  # a start that fails ends the process
        return not (
            starts or name == "call" or _raises_interrupt(fact, reading) or _is_a_threads_work(function, reading)
        )
    if outcome not in _GOES_ON:
        return False
    if name == "run" or (function is not None and function.get("closure")):
        return reading.facts.enclosing(fact, "loop") is not None and _somebody_interrupts(reading)
    return not _ends_thread(fact, reading)


def _is_a_threads_work(function: Fact | None, reading: Reading) -> bool:
    """True for a closure that a thread of its own is made with: it ends with its failure."""
    above = reading.facts.all[function.parent] if function is not None and function.get("closure") else None
    return above is not None and above.kind == "call" and "thread.create" in above.roles


def _somebody_interrupts(reading: Reading) -> bool:
    """True when the file stops threads by an interrupt: then a thread's own loop must listen to it."""
    return any(method(c) in ("interrupt", "shutdownNow") for c in reading.facts.of("call"))


def _runs_at_a_terminal(reading: Reading) -> bool:
    folders = reading.facts.source.path.split("/")[:-1]
    return bool(_AT_A_TERMINAL & {word for folder in folders for word in words(folder)})


def _raises_interrupt(fact: Fact, reading: Reading) -> bool:
    """True when what is raised is itself a sign of interruption (`InterruptedIOException`, an own InterruptException)."""
    body = reading.facts.all[fact.get("body")]
    for raised in reading.facts.within(body, "raise"):
        value = raised.get("value")
        if value is not None and {"interrupt", "interrupted", "cancel", "cancelled", "canceled", "cancellation"} & set(
            words(value.path.rsplit(".", 1)[-1])
        ):
            return True
    return False


def _ends_thread(fact: Fact, reading: Reading) -> bool:
    """True when nothing follows the try in its function, so that the interrupted work ends here anyway, outside any loop."""
    if reading.facts.enclosing(fact, "loop") is not None:
        return False
    above = reading.facts.all[fact.parent]
    later = [
        s
        for s in reading.facts.children(reading.facts.all[above.parent])
        if s.id > reading.facts.ends(above) and s.kind != "comment"
    ]
    return (
        not later and fact.get("outcome") in ("swallow", "log") and reading.facts.all[above.parent].kind == "function"
    )


def _ends_coroutine(fact: Fact, reading: Reading) -> bool:
    """A coroutine that only logs its cancellation and has nothing left to do ends all the same."""
    return fact.get("outcome") == "log" and _ends_thread(fact, reading)


def _guards_await(fact: Fact, reading: Reading) -> bool:
    guarded = fact.get("guarded", -1)
    return guarded >= 0 and any(True for _ in reading.facts.within(reading.facts.all[guarded], "await"))


def _runs_the_loop(fact: Fact, reading: Reading) -> bool:
    """True outside the event loop, where a loop is run to its end: what was cancelled is inside, and this code only hears of it."""
    guarded = fact.get("guarded", -1)
    return guarded >= 0 and any("loop.run" in c.roles for c in reading.facts.within(reading.facts.all[guarded], "call"))


def _own_canceller(fact: Fact, reading: Reading) -> bool:
    """True when this function cancelled the thing itself before it waits for it: then the cancellation is the answer."""
    function = reading.facts.function(fact)
    if function is None:
        return False
    return any(
        c.id < fact.anchor and "cancel" in words(method(c))
        for c in reading.facts.within(function, "call", closures=True)
    )


def _earlier_catches(fact: Fact, reading: Reading) -> bool:
    """True when an earlier handler of the same try takes the cancellation first."""
    above = reading.facts.all[fact.parent]
    for other in reading.facts.of("handling"):
        before = other.anchor < fact.anchor and other.parent == above.id and other.get("style") == "catch"
        if before and other.get("kinds", frozenset()) & _STOPPING and other.get("outcome") in ("rethrow", "wrap"):
            return True
    return False


def _is_empty(value: Value, reading: Reading) -> bool:
    """True for a value that is made of nothing (`Answer{}`)."""
    made = reading.facts.all[value.call]
    return bool(made.get("constructor")) and not made.get("arguments")


def _judge_check(fact: Fact, reading: Reading) -> None:
    """`if err != nil { return nil }`: success is answered although the error is set and nobody looked at it."""
    fact.attributes.update(returns_success=False, drops_cancellation=False)
    function = reading.facts.function(fact)
    results = function.get("result", ()) if function is not None else ()
    branch = reading.facts.all[fact.anchor]
    condition = branch.get("condition")
    if not results or results[-1] != "error" or fact.get("uses_error") or fact.get("commented") or fact.get("logs"):
        return
    if condition is None or condition.operator != "!=":
        return
    body = reading.facts.all[fact.get("body")]
    for returned in reading.facts.children(body):
        values = returned.get("values", ()) if returned.kind == "return" else ()
        useful = any(v.form == "function" or (v.form == "call" and not _is_empty(v, reading)) for v in values[:-1])
        if values and values[-1].form == "constant" and values[-1].constant is None and not useful:
            start, end = returned.span.start, values[-1].span.start
            kept = reading.facts.data[start:end].decode("utf-8", "replace")
            fact.attributes.update(returns_success=True, leaves=returned.id, repaired=f"{kept}{fact.get('variable')}")
