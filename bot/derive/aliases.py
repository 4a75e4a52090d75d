"""Aliases: the other local names under which a function holds the same thing, and the objects of its own that it puts it in."""

from __future__ import annotations

from typing import Final, NamedTuple

from ..model import Fact, Value
from .calls import method
from .closables import CLOSES
from .conventions import words
from .mentions import Mention
from .reading import Reading

#: A part of the thing that is as good as itself: who closes it closes the thing.
_VIEWS: Final = frozenset(
    [
        "fs",
        "body",
        "stream",
        "reader",
        "writer",
        "channel",
        "input",
        "output",
        "generator",
        "makefile",
        "content",
        "raw",
    ]
)
#: How many calls deep a method is followed.
_DEEP: Final = 3


class Wrapper(NamedTuple):
    """A local object that has the thing in a field: its name, and the path of the field."""

    name: str
    field: str


def aliases(known: str, function: Fact, reading: Reading) -> list[str]:
    """The local names for the same thing: plain copies, and wrappers that own it."""
    found = [known]
    for name in found:
        for mention in reading.mentions.of(name, function):
            assignment = copied_to(reading, mention)
            targets: tuple[Value, ...] = assignment.get("targets", ()) if assignment is not None else ()
            if len(targets) >= 1 and targets[0].form == "name" and targets[0].path not in found and len(found) < 6:
                found.append(targets[0].path)
    return found


def copied_to(reading: Reading, mention: Mention) -> Fact | None:
    """The assignment that gives the thing another name."""
    if mention.how == "assigned" and mention.fact.kind == "assignment":
        value = mention.fact.get("value")
        return (
            mention.fact
            if value is not None and value.path == mention.path and len(mention.fact.get("targets", ())) == 1
            else None
        )
    if mention.how == "receiver" and is_view(mention) and mention.fact.get("use") == "assigned":
        view: Fact = reading.facts.all[mention.fact.get("consumer")]
        return view
    if mention.how != "argument":
        return None
    call = mention.fact
    while True:  # new BufferedReader(new InputStreamReader(in))
        api = call.get("api")
        if api is None or not api.keeps or not isinstance(call.get("consumer"), int) or call.get("consumer") < 0:
            return None
        consumer = reading.facts.all[call.get("consumer")]
        if consumer.kind == "assignment":
            found: Fact = consumer
            return found
        if consumer.kind != "call":
            return None
        call = consumer


def is_view(mention: Mention) -> bool:
    """True for a call that gives a part which is as good as the thing (`connection.makefile()`)."""
    return bool(_VIEWS & set(words(mention.method)[-1:]) or _VIEWS & set(words(mention.method)[1:])) and words(
        mention.method
    )[0] not in ("read", "write")


def wrappers_of(known: str, made: Fact, function: Fact, reading: Reading) -> list[Wrapper]:
    """The literal of this package's own types that takes the thing into a field and gets a local name: `c := &Conn{conn: conn}`.

    Who closes it closes the thing; where it is dropped, the thing is lost. None when there are several, each with a life of its own.
    Go only: elsewhere a constructor is code that may do anything.
    """
    if reading.language.name != "go":
        return []
    mentions = [m for m in reading.mentions.of(known, function) if m.fact.id > made.id]
    found = {w for m in mentions for w in _wrappers(m, reading) if reading.facts.function(m.fact) is function}
    return sorted(found) if len({w.name for w in found}) == 1 else []


def wrapped_in(mention: Mention, reading: Reading) -> str:
    """The local variable that takes the literal in whose named field the thing is put, "" where there is none."""
    return next((w.name for w in _wrappers(mention, reading)), "")


def _wrappers(mention: Mention, reading: Reading) -> list[Wrapper]:
    """What one mention puts the thing in, directly or within something that keeps it (`r: bufio.NewReader(conn)`)."""
    call, name = mention.fact, mention.name
    while mention.how == "argument" and (_keeps(call) or "stream.view" in call.roles):
        outer = reading.facts.all[call.get("consumer")] if call.get("use") == "argument" else None
        if outer is None or outer.kind != "call":
            return []
        name = next((a.name for a in outer.get("arguments", ()) if a.value.call == call.id), "")
        call = outer
    if mention.how != "argument" or not name or not call.get("constructor") or call.get("use") != "assigned":
        return []
    assignment = reading.facts.all[call.get("consumer")]
    targets: tuple[Value, ...] = assignment.get("targets", ()) if assignment.kind == "assignment" else ()
    if len(targets) != 1 or targets[0].form != "name" or "." in str(call.get("name", ".")):
        return []
    alone = len(reading.names.bindings(targets[0].path, call)) == 1
    return [Wrapper(targets[0].path, f"{targets[0].path}.{name}")] if alone else []


def _keeps(call: Fact) -> bool:
    api = call.get("api")
    return api is not None and bool(api.keeps)


def may_keep(call: Fact, reading: Reading, depth: int = 0) -> bool:
    """True for a method of a wrapper that is not seen whole, goes on by itself, or closes something: its caller may rely on that."""
    target = call.get("target", -1)
    if target < 0 or call.get("use") in ("spawned", "deferred") or depth > _DEEP:
        return True
    body = reading.facts.all[target]
    if next(iter(reading.facts.within(body, "spawn")), None) is not None:
        return True
    return any(
        CLOSES & set(words(method(inner))) or (_is_own(inner, body) and may_keep(inner, reading, depth + 1))
        for inner in reading.facts.within(body, "call")
    )


def _is_own(call: Fact, body: Fact) -> bool:
    """True for a call of another method on the same object."""
    callee: Value | None = call.get("callee")
    own = body.get("receiver")
    return callee is not None and own is not None and callee.path.rpartition(".")[0] == own.name
