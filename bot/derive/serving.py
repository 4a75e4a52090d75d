"""Serving: servers that a function starts beside itself, and whether it ever stops them."""

from __future__ import annotations

from ..model import Fact
from .calls import method, receiver
from .closables import CLOSES
from .conventions import is_test_code, words
from .reading import Reading

_SERVES = frozenset({"ListenAndServe", "ListenAndServeTLS", "serve_forever"})

_KEEPS = frozenset({"add", "register", "append", "manage", "run", "start", "wait", "watch", "handle"})


def derive(reading: Reading) -> None:
    """Add a `serving` fact for each local server that runs beside the function which made it."""
    if is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        if method(call) in _SERVES or "http.server" in call.roles:
            _spawned(reading, call)
        if "thread.create" in call.roles:
            _threaded(reading, call)


def _spawned(reading: Reading, call: Fact) -> None:
    spawn = reading.facts.enclosing(call, "spawn", barrier=())
    owner = receiver(call)
    if spawn is None or owner is None or owner.form != "name" or method(call) not in _SERVES:
        return
    function = reading.facts.function(spawn)
    if function is not None:
        _say(reading, call, owner.path, function, spawn)


def _threaded(reading: Reading, call: Fact) -> None:
    """`Thread(target=server.serve_forever)`."""
    function = reading.facts.function(call)
    for given in call.get("arguments", ()):
        owner, _, last = given.value.path.rpartition(".")
        if function is not None and last in _SERVES and owner and "." not in owner:
            _say(reading, call, owner, function, call)


def _say(reading: Reading, call: Fact, name: str, function: Fact, start: Fact) -> None:
    uses = [m for m in reading.mentions.of(name, function) if m.fact.id != call.id]
    local = any(
        b.how == "assigned" and reading.facts.function(reading.facts.all[b.at]) is function
        for b in reading.names.bindings(name, start)
    )
    stopped = any(m.how == "receiver" and CLOSES & set(words(m.method)) for m in uses) or any(
        (m.how == "member" and CLOSES & set(words(m.method)))
        or (m.how == "argument" and CLOSES & set(words(method(m.fact))))
        for m in uses
    )
    away = any(
        m.how in ("returned", "assigned", "element", "yielded", "sent")
        or (m.how == "argument" and _KEEPS & set(words(method(m.fact))))
        for m in uses
    )
    reading.facts.derive(
        "serving",
        call,
        stopped="here" if stopped else "unknown" if away or not local else "none",
        waits=_waits_behind(reading, function, start),
        callee=call.get("callee"),
        evidence=(("started here", start.id),),
    )


def _waits_behind(reading: Reading, function: Fact, start: Fact) -> bool:
    """True when the function waits for something afterwards and then goes on: it has a moment in which to stop what it started."""
    for fact in reading.facts.within(function, "receive", "call", "branch"):
        if fact.id <= reading.facts.ends(start):
            continue
        if fact.kind == "receive" or (fact.kind == "branch" and fact.get("style") == "select"):
            return True
        if fact.kind == "call" and fact.roles & {"wait", "wait.future", "thread.join", "sleep"}:
            return True
    return False
