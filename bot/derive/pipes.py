"""Pipes: a child whose output nobody reads stops when the pipe is full, and a parent that waits for it waits for ever."""

from __future__ import annotations

from ..model import Fact
from .calls import argument
from .conventions import is_test_code
from .mentions import Mention
from .objects import chain
from .reading import Reading


def derive(reading: Reading) -> None:
    """Write `piped` ("unread" where the function waits for the child and never reads a pipe that it made) onto calls that start one."""
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
        waits = next((m.fact for m in uses if "process.wait" in m.fact.roles and m.how == "receiver"), None)
        if waits is not None and not any(_reads(m, name) for m in uses):
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
        return any(v is not None and v.path.rsplit(".", 1)[-1] == "PIPE" for v in given)
    elsewhere = {
        c.id for c in reading.facts.within(function, "call") if (a := c.get("api")) is not None and "output" in a.sets
    }
    return not elsewhere and all(
        "output" not in (c.get("api").sets if c.get("api") is not None else ()) for c in chain(call, reading)
    )


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
