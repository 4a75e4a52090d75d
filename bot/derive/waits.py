"""Waits: threads that stand still without end, children that are waited for, and what goes on after a time-out.

Written onto calls: `endless`, `child`; onto handling facts: `abandons`.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact, Value
from .calls import method, receiver
from .conventions import words
from .entries import entry_of
from .objects import chain, origin, scope_of
from .ownwork import does_at_once
from .reading import Reading

_WAITS: Final = frozenset({"wait", "wait.future", "queue.get", "thread.join"})
#: Roles that make a wait another kind of thing: its own rule speaks of it, or nothing does.
_OTHER: Final = frozenset(
    {
        "http.request",
        "rpc.call",
        "db.query",
        "process.wait",
        "process.run",
        "queue.consume",
        "loop.run",
        "limiter.wait",
        "sleep",
        "cache.lock",
    }
)
_LOOPS: Final = frozenset({"run", "serve", "loop", "main", "forever", "await", "wait", "join"})
_DONE: Final = frozenset(
    {
        "done",
        "isdone",
        "is_set",
        "is_alive",
        "isalive",
        "getcount",
        "iscompleted",
        "empty",
        "isempty",
        "poll",
        "wait",
        "allof",
        "isterminated",
        "await",
    }
)
_CHILDREN: Final = frozenset({"process.run", "process.wait"})
_TOOLS: Final = frozenset(
    [
        "cli",
        "cmd",
        "command",
        "commands",
        "script",
        "scripts",
        "tool",
        "tools",
        "bin",
        "build",
        "release",
        "hack",
        "contrib",
        "setup",
        "dev",
        "ci",
        "management",
        "tasks",
        "examples",
        "example",
        "docs",
        "bench",
        "benchmark",
        "maven",
        "gradle",
    ]
)
_COMMAND_LINES: Final = frozenset(
    {"argparse", "click", "optparse", "typer", "setuptools", "distutils", "invoke", "nox", "fire"}
)
_FREES: Final = frozenset(
    {
        "kill",
        "terminate",
        "destroy",
        "destroyforcibly",
        "cancel",
        "killpg",
        "send_signal",
        "shutdownnow",
        "abort",
        "close",
        "stop",
        "interrupt",
    }
)


def derive(reading: Reading) -> None:
    """Judge each call that waits."""
    tool = _is_tool(reading)
    for call in reading.facts.of("call"):
        if call.roles & _CHILDREN and call.get("deadline") in ("none", "disabled"):
            call.attributes["child"] = "unbounded" if not tool and _serves(call, reading) else "in a tool"
        if call.roles & _WAITS and not call.roles & _OTHER and call.get("deadline") in ("none", "disabled"):
            call.attributes["endless"] = _is_endless(call, reading)
    for receive in reading.facts.of("receive"):
        receive.attributes["endless"] = _receives_without_end(receive, reading)
    for handling in reading.facts.of("handling"):
        if "timeout" in handling.get("kinds", ()) and handling.get("style") == "catch":
            _judge_abandoned(handling, reading)


# --- child processes ---------------------------------------------------------------------------------------


def _is_tool(reading: Reading) -> bool:
    """True for a file that somebody starts and watches: a command, a build step, a script."""
    parts = {w for part in reading.facts.source.path.split("/")[:-1] for w in words(part)}
    if (
        parts & _TOOLS
        or reading.facts.all[0].get("package") == "main"
        or any(f.get("entry") == "main" for f in reading.facts.of("function"))
    ):
        return True
    imports = {str(i.get("module", "")).split(".", 1)[0] for i in reading.facts.of("import")}
    return bool(imports & _COMMAND_LINES) or any(
        "__main__" in reading.facts.text(b.get("condition"))
        for b in reading.facts.children(reading.facts.all[0])
        if b.kind == "branch" and b.get("condition") is not None
    )


def _serves(call: Fact, reading: Reading) -> bool:
    """True in a method, a handler or a consumer: code that runs on behalf of others, again and again."""
    function = reading.facts.function(call)
    if function is None or call.get("awaited") or set(words(str(function.get("name", "")))) & _LOOPS:
        return False
    return (
        entry_of(call, reading) in ("handler", "consumer")
        or reading.facts.class_of(call) is not None
        or function.get("receiver") is not None
    )


# --- endless -----------------------------------------------------------------------------------------------


def _is_endless(call: Fact, reading: Reading) -> bool:
    """True where somebody who asked, or a component that starts or stops, stands still with this call."""
    api = call.get("api")
    if call.get("awaited") or (api is not None and api.result == "coroutine"):
        return False
    if any(method(step).lower() in ("bind", "listen", "start") for step in chain(call, reading)):
        return False  # what starts here, on this machine, answers at once
    if _for_debugging(call, reading):
        return False
    entry = entry_of(call, reading)
    function = reading.facts.function(call)
    if (
        function is None
        or entry not in ("handler", "start", "stop", "constructor")
        or set(words(str(function.get("name", "")))) & _LOOPS
    ):
        return False
    name = words(str(function.get("name", "")))
    if (
        entry in ("start", "stop")
        and len(name) > 1
        and any(p.name not in ("self", "cls") for p in function.get("parameters", ()))
    ):
        return False  # it starts or stops something else, at somebody's request
    if entry != "handler" and (
        _is_group(call, reading)
        or "wait.condition" in call.roles
        or not call.roles & {"wait", "wait.future"}
        or reading.facts.enclosing(call, "loop") is not None
    ):
        return False
    if "wait.future" in call.roles and entry == "handler" and _from_unknown(call, reading):
        return False  # who made it may have bounded it
    if "wait.future" in call.roles and _ends_in_time(call, reading):
        return False
    if "wait.future" in call.roles and does_at_once(call, reading):
        return False
    return not _known_done(call, function, reading) and not _waits_for_own(call, function, reading)


def _for_debugging(call: Fact, reading: Reading) -> bool:
    """True for a wait on something that by its name is there for debugging or tests, or only while that is set."""
    owner = receiver(call)
    named = [owner.path if owner is not None else ""]
    around = (f for f in reading.facts.ancestors(call) if f.kind == "branch")
    named += [reading.facts.text(f.get("condition")) for f in around if f.get("condition") is not None]
    return any({"debug", "test", "testing"} & set(words(name)) for name in named)


def _ends_in_time(call: Fact, reading: Reading) -> bool:
    """True for the future of a shutdown that was told how long it may take."""
    makers = origin(receiver(call), call, reading).makers
    return any(words(method(m))[:1] == ("shutdown",) and m.get("arguments") for m in makers)


def _from_unknown(call: Fact, reading: Reading) -> bool:
    """True for a future that a call gave of which neither the library nor the body is known."""
    makers = origin(receiver(call), call, reading).makers
    return any(m.get("api") is None and m.get("target", -1) < 0 for m in makers)


def _receives_without_end(receive: Fact, reading: Reading) -> bool:
    """True where a handler waits for a channel alone that somebody else fills: no select, no timer, no goroutine of its own."""
    function, channel = reading.facts.function(receive), receive.get("channel")
    if function is None or channel is None or entry_of(receive, reading) != "handler":
        return False
    above = reading.facts.enclosing(receive, "branch")
    if (
        (above is not None and above.get("style") == "select")
        or channel.form == "call"
        or channel.path.endswith((".C", "Done", "ctx"))
    ):
        return False
    sent = (m.how == "channel" and m.fact.kind == "send" for m in reading.mentions.of(channel.path))
    if reading.facts.enclosing(receive, "defer", barrier=()) is not None and any(sent):
        return False  # a slot of a semaphore is given back, which never waits
    return reading.facts.enclosing(receive, "loop") is None and not any(
        True for _ in reading.facts.within(function, "spawn")
    )


def _known_done(call: Fact, function: Fact, reading: Reading) -> bool:
    """True when the same thing was asked before whether it is done, or something timed waited for it."""
    awaited = receiver(call)
    for other in reading.facts.within(function, "call"):
        if other.id >= call.id:
            return False
        name = method(other).lower()
        owner = receiver(other)
        if (
            name in _DONE
            and other.get("deadline") != "none"
            and (
                owner is None
                or awaited is None
                or owner.path in (awaited.path, "")
                or name in ("wait", "allof", "poll")
            )
        ):
            return True
        if "task.gather" in other.roles:
            return True
    return False


def _is_group(call: Fact, reading: Reading) -> bool:
    """True for a group that counts this component's own tasks: who stops has to wait for them, and they are told to end elsewhere."""
    owner = receiver(call)
    kinds = reading.knowledge.lineage(reading.names.type_of(owner, call)) if owner is not None else ()
    return any("group.add" in api.roles for kind in kinds for api in kind.methods.values())


def _waits_for_own(call: Fact, function: Fact, reading: Reading) -> bool:
    """True for a group of tasks that this very function counts and starts: they end when their work does."""
    owner = receiver(call)
    if owner is None:
        return False
    return any(
        m.how == "receiver" and m.method in ("Add", "Go", "go") for m in reading.mentions.of(owner.path, function)
    )


# --- abandoned ---------------------------------------------------------------------------------------------


def _judge_abandoned(handling: Fact, reading: Reading) -> None:
    """A time-out that is caught while what was waited for goes on: a child process nobody ends, a task nobody cancels."""
    guarded = handling.get("guarded", -1)
    function = reading.facts.function(handling)
    if (
        guarded < 0
        or function is None
        or (
            handling.get("outcome") in ("rethrow", "some-rethrow")
            and "process" not in str(handling.get("variable", ""))
        )
    ):
        return
    for call in reading.facts.within(reading.facts.all[guarded], "call"):
        if call.get("deadline") not in ("given", "client") or not call.roles & {"process.wait", "wait.future"}:
            continue
        owner = receiver(call)
        if owner is None or not owner.path or "(" in owner.path:
            continue
        scope = scope_of(owner.path, call, reading)
        released = any(m.method.lower() in _FREES for m in reading.mentions.of(owner.path, scope)) or _given_to_release(
            owner.path, function, reading
        )
        if not released and not reading.facts.enclosing(handling, "loop") and _made_here(owner, call, reading):
            handling.attributes.update(abandons=True, waited=call.id)
            return


def _given_to_release(path: str, function: Fact, reading: Reading) -> bool:
    """True when the thing, or its number, is handed to somebody who may end it, or leaves the function."""
    return any(
        m.how in ("argument", "returned", "assigned", "element")
        or (m.how == "member" and m.method.lower() in ("pid", *_FREES))
        for m in reading.mentions.of(path, function)
    )


def _made_here(owner: Value, call: Fact, reading: Reading) -> bool:
    """True when the process or task was started in this function, so that nobody else is left to end it."""
    function = reading.facts.function(call)
    bindings = reading.names.bindings(owner.path, call) if owner.form == "name" else []
    here = bool(bindings) and all(
        b.how in ("assigned", "item", "declared")
        and function is not None
        and reading.facts.inside(reading.facts.all[b.at], function)
        for b in bindings
    )
    return here and any(
        m.roles & {"process.start", "pool.submit", "task.create"} for m in origin(owner, call, reading).makers
    )
