"""Tasks: coroutines, futures and tasks that nobody awaits or watches, and waiters that a failing function leaves waiting.

What is dropped is judged by what it is: a coroutine never runs, a task can vanish or fail unseen, the future of a shutdown
says when it is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..knowledge import Api
from ..model import Fact, Value
from .calls import method, receiver
from .conventions import lifecycle, words
from .objects import chain, scope_of
from .reading import Reading
from .remote import REMOTE

_PLAIN: Final = frozenset(
    {"staticmethod", "classmethod", "override", "abstractmethod", "typing.override", "abc.abstractmethod"}
)
_HANDS_OVER: Final = frozenset({"argument", "returned", "element", "assigned", "sent"})
_SETTLES: Final = (
    ("set", "exception"),
    ("set", "error"),
    ("set", "failure"),
    ("try", "failure"),
    ("complete", "exceptionally"),
)


def derive(reading: Reading) -> None:
    """Write `unawaited` and `loop_inside` onto calls, `waiters_left` onto handlers."""
    told: set[int] = set()
    for call in reading.facts.of("call"):
        call_is = _dropped(call, reading)
        function = reading.facts.function(call)
        if call_is and not (call_is == "stop" and function is not None and function.id in told):
            call.attributes["unawaited"] = call_is
        if call_is == "stop" and function is not None:
            told.add(function.id)  # one wait at the end serves all groups of a server
        if _waits_inside(call, reading):
            call.attributes["loop_inside"] = True
    for handling in reading.facts.of("handling"):
        if handling.get("style") == "catch" and handling.get("catches") in ("base", "broad"):
            _waiters(handling, reading)


# --- dropped ---------------------------------------------------------------------------------------------------------


def _dropped(call: Fact, reading: Reading) -> str:
    """What a call gives that is thrown away: "coroutine", "task", "stop" or "group", "" when nothing is."""
    if call.get("use") != "dropped" or call.get("awaited"):
        return ""
    api: Api | None = call.get("api")
    if api is None:
        return "coroutine" if _is_coroutine(call, reading) else ""
    if api.result == "coroutine":
        return "coroutine"
    if "task.create" in api.roles and _unwaited_group(call, reading):
        return "group"
    if api.result != "future":
        return ""
    if "task.create" in api.roles:
        return "task"
    function = reading.facts.function(call)
    stops = function is not None and lifecycle(function) == "stop" and not _waits_elsewhere(call, function, reading)
    return "stop" if stops and "pool.shutdown" in api.roles and _ends_server(call, reading) else ""


def _ends_server(call: Fact, reading: Reading) -> bool:
    """True in a server: who closes one wants its port free and its last answers sent. A client's threads may end later."""
    home = reading.facts.class_of(call)
    named = (str(home.get("name", "")), *home.get("bases", ())) if home is not None else ()
    return any("server" in words(str(name).rsplit(".", 1)[-1]) for name in named)


def _is_coroutine(call: Fact, reading: Reading) -> bool:
    """True for a call of an async function of this file that is neither a generator nor made something else by a decorator."""
    if call.get("target", -1) < 0:
        return False
    target = reading.facts.all[call.get("target")]
    if not target.get("asynchronous") or any(True for _ in reading.facts.within(target, "yield")):
        return False
    return all(d.path in _PLAIN for d in target.get("decorators", ()))


def _unwaited_group(call: Fact, reading: Reading) -> bool:
    """True for work given to a group that this function made and never waits for."""
    owner = receiver(call)
    if owner is None or owner.form != "name":
        return False
    full = reading.names.type_of(owner, call)
    waits = {
        name
        for known in reading.knowledge.lineage(full)
        for name, api in known.methods.items()
        if "wait" in api.roles and api.result  # whose wait tells of no failure, it loses none
    }
    made = reading.names.bindings(owner.path, call)
    if not waits or not made or any(b.how not in ("assigned", "declared") for b in made):
        return False
    mentions = reading.mentions.of(owner.path, scope_of(owner.path, call, reading))
    return not any(m.how in _HANDS_OVER or m.method in waits for m in mentions)


def _waits_elsewhere(call: Fact, function: Fact, reading: Reading) -> bool:
    """True when the same function waits on the object that it told to stop, or stops it elsewhere in a callback."""
    owner = receiver(call)
    if owner is None or not owner.path:
        return False
    return any(
        "wait" in words(m.method)
        or "await" in words(m.method)
        or (m.method == method(call) and reading.facts.function(m.fact) is not function)
        for m in reading.mentions.of(owner.path, function)
    )


# --- waiting where one must not ----------------------------------------------------------------------------------------


def _waits_inside(call: Fact, reading: Reading) -> bool:
    """True for a loop run inside a running one, and for a result made and waited for inside a callback of asynchronous work."""
    api: Api | None = call.get("api")
    function = reading.facts.function(call)
    if api is None or function is None:
        return False
    if "loop.run" in api.roles:
        return bool(function.get("asynchronous")) and not api.fields.get("pass_through") and not call.get("awaited")
    if "wait.future" not in api.roles or not function.get("closure") or call.get("deadline") == "given":
        return False
    return _is_callback(function, reading) and _made_here(call, function, reading)


def _is_callback(function: Fact, reading: Reading) -> bool:
    """True for a function given to a step of asynchronous work that runs it on the thread of the previous step."""
    consumer = function.get("consumer", -1)
    step = reading.facts.all[consumer] if isinstance(consumer, int) and consumer >= 0 else None
    api = step.get("api") if step is not None and step.kind == "call" else None
    if step is None or api is None or api.callback not in ("loop", "later"):
        return False
    if api.result != "future" and not api.fields.get("pass_through"):
        return False
    return not any(words(method(s))[-1:] == ("on",) or "task.gather" in s.roles for s in chain(step, reading))


def _made_here(call: Fact, function: Fact, reading: Reading) -> bool:
    """True when what is waited for was started in this very function."""
    owner = receiver(call)
    if owner is None:
        return False
    if owner.form == "call":
        return True
    binding = reading.names.latest(owner, call) if owner.form == "name" else None
    if binding is None or binding.how != "assigned" or binding.value is None:
        return False
    return binding.value.form == "call" and reading.facts.function(reading.facts.all[binding.at]) is function


# --- waiters ---------------------------------------------------------------------------------------------------------


def _waiters(handling: Fact, reading: Reading) -> None:
    """A handler that fails everybody who waits, behind work that can fail before its try begins."""
    body = reading.facts.all[handling.get("body")]
    function = reading.facts.function(handling)
    if function is None or not any(_settles(c, function, reading) for c in reading.facts.within(body, "call")):
        return
    guard = reading.facts.all[reading.facts.all[handling.anchor].parent]
    if guard.parent != function.id:
        return
    unguarded = next(_can_fail_before(guard, function, reading), None)
    if unguarded is not None:
        evidence = (("only failures from here on reach the waiters", guard.id),)
        handling.attributes.update(waiters_left=True, unguarded=unguarded.id, evidence=evidence)


def _settles(call: Fact, function: Fact, reading: Reading) -> bool:
    """True when a call fails a future that somebody else holds: a parameter, a field, or an element of one."""
    if words(method(call)) not in _SETTLES:
        return False
    owner = receiver(call)
    given = [a.value for a in call.get("arguments", ())]
    settled: Value | None = (
        owner if owner is not None and owner.path not in ("self", "this", "cls") else next(iter(given), None)
    )
    if settled is None or not settled.path:
        return False
    root = settled.path.split(".")[0].split("[")[0]
    for loop in reading.facts.ancestors(call):
        if loop.kind == "loop" and any(t.path == root for t in loop.get("targets", ())):
            iterable: Value = loop.get("iterable")
            root = iterable.path.split(".")[0].split("[")[0]
    names = {p.name for p in function.get("parameters", ())}
    return root in names or bool(reading.names.self_type(root, call))


def _can_fail_before(guard: Fact, function: Fact, reading: Reading) -> Iterator[Fact]:
    """What may fail on the straight way to the try: something awaited, a remote call, a function of this file that says that it throws."""
    for statement in reading.facts.children(function):
        if statement.id >= guard.id:
            return
        for fact in (statement, *reading.facts.within(statement)):
            if fact.kind == "await":
                yield fact
            elif fact.kind == "call":
                target = reading.facts.all[fact.get("target")] if fact.get("target", -1) >= 0 else None
                if fact.roles & REMOTE or (target is not None and target.get("throws")):
                    yield fact
