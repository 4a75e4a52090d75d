"""Contexts and deadlines in scope: what a function was given to stop in time, and which calls do not pass it on.

The outer function's parameters reach into its closures. A detached context (`Background()` while one is at hand) is the same
omission made openly.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..knowledge import Api
from ..model import Duration, Fact, Parameter, Value
from .calls import method
from .conventions import lifecycle, words
from .objects import holder
from .reading import Reading

_CONTEXTS = frozenset({"context.Context", "Context", "CancellationToken"})
_LENGTHS = frozenset({"Duration", "time.Duration", "java.time.Duration", "timedelta", "datetime.timedelta"})
#: What is told about the work must not be lost with it: metrics, logs, audit records.
_TELLS = frozenset(
    {
        "metrics",
        "metric",
        "monitoring",
        "diag",
        "stats",
        "record",
        "observe",
        "log",
        "logger",
        "audit",
        "trace",
        "telemetry",
    }
)
#: Words with which a comment tells why a context of its own is started.
_SPEAKS = frozenset(
    {"context", "ctx", "cancel", "cancelled", "canceled", "cancellation", "shutdown", "background", "detached"}
)
#: What a component is told when its life begins: it ends by being stopped, not with the context of whoever started it.
_BEGINS = frozenset({"start", "run", "serve", "launch", "listen"})
_WORDS = frozenset({"timeout", "deadline"})


def derive(reading: Reading) -> None:
    """Write `in_scope` and `forwards` onto calls that could pass a context or time-out on, with the parameter's name."""
    for call in reading.facts.of("call"):
        api: Api | None = call.get("api")
        if api is None:
            continue
        if "context.background" in call.roles:
            _detached(call, reading)
        elif api.overload or (api.deadline is not None and (api.deadline.arity is not None or api.deadline.arguments)):
            _forwarded(call, api, reading)


def _detached(call: Fact, reading: Reading) -> None:
    """A fresh context where the function has one: `given` names it."""
    context = next(
        (
            p
            for p in _parameters(call, reading)
            if reading.names.qualify(p.type) in _CONTEXTS and p.name not in ("_", "")
        ),
        None,
    )
    call.attributes["detached"] = (
        context is not None
        and not _on_purpose(call, reading)
        and not _copied_from(context.name, call, reading)
        and not _only_looks_up(call, reading)
    )
    call.attributes["given"] = context.name if context is not None else ""
    call.attributes["decided"] = _explained(call, reading) or _bounded(call, reading)


def _explained(call: Fact, reading: Reading) -> bool:
    """True when a comment right above, or on the same line, speaks of the context: somebody has thought about it."""
    line = call.span.line
    comments = {c.span.end_line: c for c in reading.facts.of("comment") if abs(c.span.line - line) < 20}
    near = [comments[line]] if line in comments else []
    while line - 1 in comments:
        near.append(comments[line - 1])
        line = comments[line - 1].span.line
    return any(_SPEAKS & set(words(reading.facts.text(c))) for c in near)


def _bounded(call: Fact, reading: Reading) -> bool:
    """True when it is given an end of its own."""
    path, scope = holder(call, reading)
    users = [reading.facts.all[call.get("consumer")]] if call.get("use") == "argument" else []
    if path and scope is not None:
        users += [m.fact for m in reading.mentions.of(path, scope) if m.how == "argument"]
    return any(user.kind == "call" and "context.deadline" in user.roles for user in users)


def _copied_from(context: str, call: Fact, reading: Reading) -> bool:
    """True where what the caller's context carries is copied into the fresh one: it is let go of on purpose."""
    path, scope = holder(call, reading)
    users = [reading.facts.all[call.get("consumer")]] if call.get("use") == "argument" else []
    if path and scope is not None:
        users += [m.fact for m in reading.mentions.of(path, scope) if m.how == "argument"]
    return any(a.value.path == context for user in users for a in user.get("arguments", ()))


def _only_looks_up(call: Fact, reading: Reading) -> bool:
    """True for the one argument of a call that gives one thing and cannot fail: it reads what a context holds, and waits for nobody."""
    above = reading.facts.all[call.get("consumer")] if call.get("use") == "argument" else None
    if above is None or above.kind != "call" or len(above.get("arguments", ())) != 1 or above.get("use") != "assigned":
        return False
    targets = reading.facts.all[above.get("consumer")].get("targets", ())
    return len(targets) == 1 and not targets[0].path.lower().endswith("err")


def _is_kept(call: Fact, reading: Reading) -> bool:
    """A context that an object keeps for its own life (`s.ctx, s.stop = WithCancel(Background())`) starts afresh by design."""
    above = reading.facts.all[call.get("consumer")] if call.get("consumer", -1) >= 0 else None
    while above is not None and above.kind == "call":
        if "context.derive" in above.roles and "context.deadline" not in above.roles:
            return True  # who asks for a cancel function of its own ends the work by hand
        if _TELLS & set(words(reading.facts.text(above.get("callee")))) or _BEGINS & set(words(method(above))[:1]):
            return True
        above = reading.facts.all[above.get("consumer")] if above.get("consumer", -1) >= 0 else None
    return above is not None and any("." in t.path for t in above.get("targets", ()))


def _on_purpose(call: Fact, reading: Reading) -> bool:
    """Clean-up after the end, work that outlives the caller, and a default for a missing context are detached on purpose."""
    if _is_kept(call, reading):
        return True
    for above in reading.facts.ancestors(call):
        if above.kind in ("defer", "spawn") or (
            above.kind == "function" and above.get("use") in ("deferred", "spawned", "assigned", "argument")
        ):
            return True
        if above.kind == "branch" and above.get("condition") is not None:
            tested = reading.facts.text(above.get("condition"))
            if "nil" in tested or "Err()" in tested or "Done" in tested:
                return True
        if above.kind == "function":
            parts = words(str(above.get("name", "")))
            return lifecycle(above) in ("constructor", "stop", "start") or bool(
                {
                    "close",
                    "stop",
                    "shutdown",
                    "cleanup",
                    "async",
                    "background",
                    "detach",
                    "detached",
                    "start",
                    "starting",
                    "run",
                }
                & set(parts)
            )
    return False


def _forwarded(call: Fact, api: Api, reading: Reading) -> None:
    takes_context = "Context" in api.overload
    if call.get("deadline") in (
        ("given", "scope", "context")
        if takes_context
        else ("given", "disabled", "scope", "client", "unknown", "context")
    ):
        return
    if api.deadline is not None and isinstance(api.deadline.default, Duration) and not takes_context:
        return  # it has a limit of its own, or looks once and never waits
    wanted = next((p for p in _parameters(call, reading) if _fits(p, api, reading)), None)
    call.attributes["unforwarded"] = (
        wanted is not None
        and not _spent_elsewhere(wanted, call, reading)
        and not _has_a_twin(call, reading)
        and not _is_interactive(call, reading)
    )
    call.attributes["given"] = wanted.name if wanted is not None else ""
    call.attributes["overload"] = api.overload


def _has_a_twin(call: Fact, reading: Reading) -> bool:
    """True when the other arm of a branch around it makes the same call with more arguments: which of them runs has been thought about."""
    path, given = reading.facts.text(call.get("callee")), len(call.get("arguments", ()))
    branch = reading.facts.enclosing(call, "branch")
    return branch is not None and any(
        reading.facts.text(other.get("callee")) == path and len(other.get("arguments", ())) > given
        for other in reading.facts.within(branch, "call")
        if other.get("callee") is not None
    )


def _is_interactive(call: Fact, reading: Reading) -> bool:
    """True for a command that is given this process's own input or output (`cmd.Stdin = os.Stdin`): somebody sits in front of it."""
    path, scope = holder(call, reading)
    if not path or scope is None:
        return False
    return any(_gives_its_own(a, path, reading) for a in reading.facts.within(scope, "assignment"))


def _gives_its_own(assignment: Fact, path: str, reading: Reading) -> bool:
    """True for `path.X = package.X`: a field takes the one of the whole process."""
    value: Value | None = assignment.get("value")
    if value is None or value.form != "member" or not value.parts or value.parts[0].path not in reading.names.imports:
        return False
    name = value.path.rsplit(".", 1)[-1]
    return any(t.path == f"{path}.{name}" for t in assignment.get("targets", ()))


def _parameters(call: Fact, reading: Reading) -> Iterator[Parameter]:
    """The parameters in reach, innermost function first. A closure with parameters of its own is called by somebody else."""
    for function in reading.facts.functions(call):
        yield from function.get("parameters", ())
        if function.get("parameters") and function.get("closure"):
            return


def _fits(parameter: Parameter, api: Api, reading: Reading) -> bool:
    full = reading.names.qualify(parameter.type)
    if "Context" in api.overload:
        return full in _CONTEXTS and parameter.name not in ("_", "")
    named = bool(_WORDS & set(words(parameter.name)))
    return named and (full in _LENGTHS or parameter.type in ("long", "int", "float", "double", "Long", "", *_LENGTHS))


def _spent_elsewhere(parameter: Parameter, call: Fact, reading: Reading) -> bool:
    """A time-out that bounds this very call some other way: kept on the object, or the call's result waited for with it."""
    function = next((f for f in reading.facts.functions(call) if parameter in f.get("parameters", ())), None)
    if function is None or "Context" in parameter.type:
        return False
    mentions = reading.mentions.below(parameter.name, function)
    if (
        call.roles & {"lock.acquire", "lock.create", "cache.lock"}
        or _is_alarmed(function, reading)
        or (call.get("use") != "dropped" and reading.facts.function(call) is not function)
    ):
        return True
    tested = (b.get("condition") for b in reading.facts.ancestors(call) if b.kind == "branch")
    if any(parameter.name in reading.facts.text(t) for t in tested if t is not None) or _carried(
        parameter, call, function, reading
    ):
        return True
    if any(m.how == "argument" and m.name and m.fact.get("constructor") for m in mentions):
        return True
    return not mentions or any(
        m.fact.kind == "call" and (reading.facts.inside(call, m.fact) or reading.facts.inside(m.fact, call))
        for m in mentions
    )


def _is_alarmed(function: Fact, reading: Reading) -> bool:
    """True in a function that lets the system interrupt it when its time is up."""
    return any(c.get("name") in ("signal.alarm", "signal.setitimer") for c in reading.facts.within(function, "call"))


def _carried(parameter: Parameter, call: Fact, function: Fact, reading: Reading) -> bool:
    """True when the time-out reaches the call inside something made with it (`command = ["timeout", str(timeout)]`)."""
    carriers = {parameter.name}
    for assignment in reading.facts.within(function, "assignment"):
        if assignment.id < call.id and any(reading.mentions.below(c, assignment) for c in carriers):
            carriers |= {t.path for t in assignment.get("targets", ()) if t.form == "name"}
    return any(
        m.how in ("argument", "element", "operand", "condition") for c in carriers for m in reading.mentions.of(c, call)
    )
