"""Handlers: what a piece of code does with a failure. One fact, `handling`, for `except`, `catch`, `suppress` blocks and `if err != nil`.

What becomes of the exception is judged, not the catch line: a handler rethrows, wraps, returns, goes on with the loop, ends the
process, only logs, or swallows.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import UNKNOWN, Fact, Value
from .calls import method
from .conventions import lifecycle, words
from .reading import Reading

_CLEANUP = ("resource.close", "lock.release", "pool.shutdown", "file.remove", "db.rollback")
_OWNERS = frozenset(
    {"main", "init", "cli", "cmd", "command", "usage", "setup", "bootstrap", "fatal", "die", "abort", "exit"}
)
#: Packages that are a program's own commands, wherever its `main` stands.
_PROGRAMS = frozenset({"main", "cmd", "cli"})
_ENTRY_FILES = frozenset({"__main__", "main", "cli", "manage", "setup", "conftest"})
_ORDER = ("base", "broad", "interrupt", "cancellation", "exit", "timeout", "transient", "permanent")


def derive(reading: Reading) -> None:
    """Add a `handling` fact for each handler, suppress block and error check."""
    for fact in reading.facts.of("handler"):
        _caught(reading, fact)
    for fact in reading.facts.of("with"):
        _suppressed(reading, fact)
    if reading.language.errors == "values":
        for fact in reading.facts.of("branch"):
            _checked(reading, fact)


def kinds_caught(reading: Reading, types: Iterable[str]) -> frozenset[str]:
    """What a list of exception types catches: words of the API files' `exceptions`, "narrow" for types nobody classed."""
    found = set()
    for name in types:
        full = reading.names.qualify(name)
        found.add(reading.knowledge.exceptions.get(full, reading.knowledge.exceptions.get(name, "narrow")))
    return frozenset(found) if found else frozenset({"base"})


def _caught(reading: Reading, handler: Fact) -> None:
    kinds = kinds_caught(reading, handler.get("types", ()))
    guarded = _guarded_body(reading, handler)
    _add(reading, handler, handler, "catch", kinds, str(handler.get("variable", "")), guarded)


def _guarded_body(reading: Reading, handler: Fact) -> Fact | None:
    above = reading.facts.all[handler.parent]
    return next((c for c in reading.facts.children(above) if c.kind == "block" and c.get("arm") == "body"), None)


def _suppressed(reading: Reading, fact: Fact) -> None:
    for value, _ in fact.get("items", ()):
        call = reading.facts.all[value.call] if value.form == "call" else None
        if call is not None and "suppress" in call.roles:
            kinds = kinds_caught(reading, (a.value.path for a in call.get("arguments", ())))
            body = next((c for c in reading.facts.children(fact) if c.kind == "block"), None)
            derived = _add(reading, fact, None, "suppress", kinds, "", body)
            derived.attributes["outcome"] = "swallow"


def _checked(reading: Reading, branch: Fact) -> None:
    """`if err != nil {...}`: the then-block handles the failure of what last gave `err`."""
    condition: Value | None = branch.get("condition")
    variable = error_tested(condition)
    if not variable:
        return
    body = next((c for c in reading.facts.children(branch) if c.kind == "block" and c.get("arm") == "then"), None)
    if body is not None and not (_is_empty(body, reading) and _read_later(variable, branch, reading)):
        _add(reading, branch, body, "check", frozenset({"broad"}), variable, None)


def _is_empty(body: Fact, reading: Reading) -> bool:
    return not any(f.kind not in ("pass", "comment") for f in reading.facts.within(body))


def _read_later(variable: str, branch: Fact, reading: Reading) -> bool:
    """True where the error of an empty check is looked at, or returned, behind it: the check is a leftover and loses nothing."""
    function = reading.facts.function(branch)
    end = reading.facts.ends(branch)
    after = [m for m in reading.mentions.of(variable, function) if m.fact.id > end] if function is not None else []
    return bool(after) and min(after, key=lambda m: m.value.span.start).how != "target"


def error_tested(condition: Value | None) -> str:
    """The path of the error that a condition finds to be set (`err != nil`, alone or joined with and), "" for others."""
    if condition is None or condition.form != "operation":
        return ""
    if condition.operator == "&&":
        return next((e for p in condition.parts if (e := error_tested(p))), "")
    if condition.operator != "!=" or len(condition.parts) != 2:
        return ""
    left, right = condition.parts
    if right.form == "constant" and right.constant is None and left.path.rsplit(".", 1)[-1].lower().endswith("err"):
        return left.path
    return ""


def _add(
    reading: Reading,
    anchor: Fact,
    body: Fact | None,
    style: str,
    kinds: frozenset[str],
    variable: str,
    guarded: Fact | None,
) -> Fact:
    inside = list(reading.facts.within(body)) if body is not None else []
    catches = next((k for k in _ORDER if k in kinds), "narrow")
    return reading.facts.derive(
        "handling",
        anchor,
        style=style,
        catches=catches,
        kinds=kinds,
        variable=variable,
        outcome=outcome(reading, body, inside, variable) if body is not None else "swallow",
        empty=not [f for f in inside if f.kind not in ("pass", "comment")],
        commented=any(f.kind == "comment" for f in inside) or _comment_above(reading, body),
        logs=any("log" in f.roles or "log.error" in f.roles for f in inside),
        logs_trace=any(_gives_trace(f) for f in inside),
        uses_error=bool(variable) and body is not None and bool(reading.mentions.below(variable, body)),
        restores=any("interrupt.restore" in f.roles for f in inside),
        body=body.id if body is not None else -1,
        log_call=next((f.id for f in inside if f.kind == "call" and f.roles & {"log", "log.error"}), -1),
        guarded=guarded.id if guarded is not None else -1,
        cleanup=guarded is not None and _only_cleans_up(reading, guarded),
        entry=_owns_the_process(reading, anchor),
    )


def _comment_above(reading: Reading, body: Fact | None) -> bool:
    """A comment on the handler's own line counts as its reason."""
    if body is None:
        return False
    return any(
        c.span.line in (body.focus.line, body.span.end_line)
        for c in reading.facts.of("comment")
        if abs(c.span.line - body.focus.line) <= 3
    )


def _only_cleans_up(reading: Reading, guarded: Fact) -> bool:
    """True when all that the guarded body calls is a release."""
    calls = list(reading.facts.within(guarded, "call"))
    return bool(calls) and all(any(r in c.roles for r in _CLEANUP) or _is_close(c) for c in calls)


def _gives_trace(fact: Fact) -> bool:
    """A log call that takes the current exception along without naming it (`log.exception(...)`, `print_exc()`, `exc_info=True`)."""
    if fact.kind != "call" or not fact.roles & {"log", "log.error"}:
        return False
    return method(fact) in ("exception", "print_exc") or any(
        a.name in ("exc_info", "stack_info") for a in fact.get("arguments", ())
    )


def _owns_the_process(reading: Reading, fact: Fact) -> bool:
    """True where ending the process is this function's business: at file level, in main, start-up code, and `Must...` helpers."""
    functions = [f for f in reading.facts.functions(fact) if f.get("name")]
    if not functions or _rests_on_constants(reading, fact) or reading.facts.all[0].get("package") in _PROGRAMS:
        return True
    for function in functions:
        parts = words(str(function.get("name")))
        if not parts or set(parts) & _OWNERS or parts[0] == "must" or lifecycle(function) in ("constructor", "start"):
            return True
    *folders, name = reading.facts.source.path.split("/")
    return name.split(".")[0].lower() in _ENTRY_FILES or "cmd" in folders


def _rests_on_constants(reading: Reading, fact: Fact) -> bool:
    """True for the check of a call that is given constants only: its failure is a mistake in the program, not in its input."""
    variable = error_tested(fact.get("condition")) if fact.kind == "branch" else ""
    function = reading.facts.function(fact)
    if not variable or function is None:
        return False
    givers = [
        m.fact
        for m in reading.mentions.of(variable, function)
        if m.how == "target" and m.fact.id < reading.facts.ends(fact)
    ]
    near = [g for g in givers if g.id < fact.id or g.parent == fact.id]
    value = near[-1].get("value") if near else None
    if value is None or value.form != "call" or value.call < 0:
        return False
    arguments = reading.facts.all[value.call].get("arguments", ())
    return bool(arguments) and all(_is_constant(reading, a.value, fact) for a in arguments)


def _is_constant(reading: Reading, value: Value, at: Fact) -> bool:
    """True for a constant, an exported name of another package, or an empty collection."""
    if value.form == "member" and len(value.parts) == 1 and value.parts[0].form == "name":
        owner = value.parts[0].path
        return value.path.rsplit(".", 1)[-1][:1].isupper() and not reading.names.bindings(owner, at)
    empty = value.form in ("collection", "mapping") and not value.parts
    return empty or value.form == "constant" or reading.constant(value, at) is not UNKNOWN


def _is_close(call: Fact) -> bool:
    callee: Value | None = call.get("callee")
    parts = words(callee.path.rsplit(".", 1)[-1]) if callee is not None else ()
    return bool(parts) and parts[0] in (
        "close",
        "shutdown",
        "stop",
        "dispose",
        "release",
        "unlink",
        "remove",
        "delete",
        "cleanup",
        "aclose",
        "kill",
        "terminate",
    )


def outcome(reading: Reading, body: Fact, inside: list[Fact], variable: str) -> str:
    """What a handler does in the end: the strongest thing on its straight path, else on any."""
    straight = [f for f in inside if not _conditional(reading, f, body)]
    for group in (straight, inside):
        found = _strongest(reading, group, variable)
        if found:
            return found if group is straight else f"some-{found}" if found in ("rethrow", "wrap") else found
    if not [f for f in inside if f.kind not in ("pass", "comment")]:
        return "swallow"
    acts = [f for f in inside if f.kind in ("call", "assignment", "send", "yield", "delete", "index")]
    if acts and all(_is_log(reading, f) for f in acts):
        return "log"
    return "wait" if any("sleep" in f.roles for f in acts) else "other"


def _strongest(reading: Reading, group: list[Fact], variable: str) -> str:
    for fact in group:
        if fact.kind == "raise":
            value = fact.get("value")
            return "rethrow" if value is None or (variable and value.path == variable) else "wrap"
        if "process.exit" in fact.roles:
            return "exit"
        if "panic" in fact.roles:
            return "wrap"
        if fact.kind in ("break", "continue"):
            return fact.kind
        if fact.kind == "return":
            return _returned(reading, fact, variable)
    return ""


def _returned(reading: Reading, fact: Fact, variable: str) -> str:
    values: tuple[Value, ...] = fact.get("values", ())
    if variable and any(reading.mentions.below(variable, fact)):
        return "rethrow" if reading.language.errors == "values" else "return-error"
    if reading.language.errors == "values" and values and values[-1].form == "call":
        return "wrap"
    if not values:
        return "return"
    last = values[-1]
    plain = last.form in ("constant", "collection", "mapping") and not last.parts
    return "return-default" if plain or last.path in ("nil", "undefined") else "return-other"


def _conditional(reading: Reading, fact: Fact, body: Fact) -> bool:
    for above in reading.facts.ancestors(fact):
        if above.id == body.id:
            return False
        if above.kind in ("branch", "loop", "try", "handler"):
            return True
    return False


def _is_log(reading: Reading, fact: Fact) -> bool:
    """A log call, or something written inside the arguments of one."""
    if "log" in fact.roles or "log.error" in fact.roles:
        return True
    above = reading.facts.enclosing(fact, "call")
    return above is not None and _is_log(reading, above)
