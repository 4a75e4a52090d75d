"""Pipes: a child whose output nobody reads stops when the pipe is full, and a parent that waits for it waits for ever."""

from __future__ import annotations

from typing import Final

from ..model import Fact, Value
from .calls import argument
from .conventions import is_test_code
from .mentions import Mention
from .objects import chain
from .reading import Reading

_ENDS: Final = frozenset({"kill", "terminate", "send_signal", "poll", "destroy"})


def derive(reading: Reading) -> None:
    """Write `piped` onto calls that start a child: "unread" where the function waits for its end and reads the pipe never, or only then."""
    if is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        api = call.get("api")
        if api is None or "process.start" not in call.roles or not api.fields.get("pipes"):
            continue
        call.attributes["piped"] = "unknown"
        function = reading.facts.function(call)
        name = _name(reading, call)
        if function is None or not name or not _makes_pipe(reading, call, function):
            continue
        uses = [m for m in reading.mentions.below(name, function) if m.how != "target"]
        waits = next(
            (m.fact for m in uses if "process.wait" in m.fact.roles and m.how == "receiver" and not _reads(m, name)),
            None,
        )
        if waits is not None and not any(_reads(m, name) and not _too_late(m, waits, reading) for m in uses):
            call.attributes.update(piped="unread", waits_at=waits.id, evidence=(("started here", call.id),))


def _name(reading: Reading, call: Fact) -> str:
    if call.get("use") not in ("assigned", "item"):
        return ""
    holder = reading.facts.all[call.get("consumer")]
    if holder.kind == "with":
        return next((str(alias) for value, alias in holder.get("items", ()) if value.call == call.id), "")
    targets = holder.get("targets", ())
    return str(targets[0].path) if len(targets) == 1 and targets[0].form == "name" else ""


def _makes_pipe(reading: Reading, call: Fact, function: Fact) -> bool:
    """A pipe asked for by argument, or one that is there unless something else was said to the builder."""
    pipes = call.get("api").fields["pipes"]
    if isinstance(pipes, list):
        given = [argument(call, (str(name),)) for name in pipes]
        return any(v is not None and _is_pipe(v, call, reading) for v in given)
    elsewhere = {
        c.id for c in reading.facts.within(function, "call") if (a := c.get("api")) is not None and "output" in a.sets
    }
    return not elsewhere and all(
        "output" not in (c.get("api").sets if c.get("api") is not None else ()) for c in chain(call, reading)
    )


def _too_late(mention: Mention, waits: Fact, reading: Reading) -> bool:
    """True for a read that every way comes to through the wait for the child's end, with nobody having ended the child before."""
    around = next(
        a
        for a in reading.facts.ancestors(waits)
        if a.kind in ("function", "handler") or (a.kind == "block" and reading.facts.all[a.parent].kind != "try")
    )
    if mention.fact.id < waits.id or not reading.facts.inside(mention.fact, around):
        return False
    if reading.facts.enclosing(waits, "loop", "handler") is not None:
        return False
    owner = waits.get("callee").parts[0].path
    ended = (m.fact.id for m in reading.mentions.of(owner, reading.facts.function(waits)) if m.method in _ENDS)
    return not any(i < waits.id for i in ended)


def _is_pipe(value: Value, call: Fact, reading: Reading) -> bool:
    """The constant itself, or a parameter whose default it is."""
    if value.path.rsplit(".", 1)[-1] == "PIPE":
        return True
    function = reading.facts.function(call)
    defaults = (p.default for p in function.get("parameters", ()) if p.name == value.path) if function else ()
    return any(d is not None and d.path.rsplit(".", 1)[-1] == "PIPE" for d in defaults)


def _reads(mention: Mention, name: str) -> bool:
    """Anything but waiting, asking and killing: reading a pipe, communicating, or giving the child away."""
    if mention.path != name:
        return True
    if mention.how == "receiver":
        return (
            mention.method == "communicate" or "stream" in mention.method.lower() or "reader" in mention.method.lower()
        )
    return (mention.how == "member" and mention.method in ("stdout", "stderr")) or mention.how in (
        "argument",
        "assigned",
        "returned",
        "element",
        "yielded",
    )
