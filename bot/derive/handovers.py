"""Handovers: what a function opens, tries out and gives to its caller, with nobody to close it if the trial fails.

A constructor gives its caller the object itself: when it fails, there is none, and what its fields hold is lost.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact, Value
from .calls import method
from .closables import CLOSES, closers, sort
from .conventions import is_test_code, words
from .mentions import Mention
from .reading import Reading

_SORTS: Final = frozenset({"pool", "client", "connection", "socket", "server", "handle"})
#: What asks the other side for something, and so fails when that side is away.
_ASKS: Final = frozenset(
    "socket.connect socket.write socket.read db.query db.write db.connect cache.get cache.set queue.publish rpc.call "  # noqa: SIM905 - a list of words reads better as text
    "http.request dns.lookup wait wait.condition".split()
)
_TRIES: Final = frozenset(
    "connect login authenticate auth handshake ping migrate validate verify".split()  # noqa: SIM905 - a list of words reads better as text
)


def derive(reading: Reading) -> None:
    """Write `lost_before_handover`, with the call that may fail as `evidence`, onto calls that make something to be closed."""
    if reading.language.name != "java" or is_test_code(reading):
        return
    told: set[int] = set()
    for call in reading.facts.of("call"):
        if sort(call) not in _SORTS or call.get("use") != "assigned" or not closers(call, reading):
            continue
        function = reading.facts.function(call)
        assignment = reading.facts.all[call.get("consumer")]
        name = _local(assignment, function, reading) or _field(assignment, function)
        if function is None or not name:
            continue
        failing = _tried(call, name, function, reading)
        if failing is None and "constructor" in function.get("modifiers", ()):
            failing = _tried_in_constructor(call, name, function, reading)
        if failing is not None and assignment.id not in told:
            told.add(assignment.id)
            call.attributes.update(
                lost_before_handover=True, evidence=(("if this fails, nobody can close it", failing.id),)
            )


def _local(assignment: Fact, function: Fact | None, reading: Reading) -> str:
    """The local variable that alone holds what was made, given once and never set to anything else."""
    targets: tuple[Value, ...] = assignment.get("targets", ()) if assignment.kind == "assignment" else ()
    if function is None or len(targets) != 1 or targets[0].form != "name":
        return ""
    found = reading.names.scopes[function.id].get(targets[0].path, ()) if function.id in reading.names.scopes else ()
    made = [b for b in found if b.value is not None and not (b.value.form == "constant" and b.value.constant is None)]
    return targets[0].path if len(made) == 1 and all(b.how in ("assigned", "declared") for b in found) else ""


def _field(assignment: Fact, function: Fact | None) -> str:
    """The field that a constructor fills with what was made."""
    targets: tuple[Value, ...] = assignment.get("targets", ()) if assignment.kind == "assignment" else ()
    if function is None or "constructor" not in function.get("modifiers", ()) or len(targets) != 1:
        return ""
    return targets[0].path if targets[0].form in ("name", "member") else ""


def _tried_in_constructor(call: Fact, name: str, function: Fact, reading: Reading) -> Fact | None:
    """The first call on a field's new content that asks the other side for something, in a constructor that closes it nowhere."""
    last = name.removeprefix("this.")
    uses = [m for path in (last, f"this.{last}") for m in reading.mentions.below(path, function) if m.fact.id > call.id]
    if any(_ends(m) or reading.facts.function(m.fact) is not function for m in uses):
        return None
    return next((m.fact for m in uses if _may_fail(m, m.path, reading) and m.path in (last, f"this.{last}")), None)


def _tried(call: Fact, name: str, function: Fact, reading: Reading) -> Fact | None:
    """The first call that asks the other side for something, where the thing is returned later and closed nowhere in between."""
    uses = [m for m in reading.mentions.below(name, function) if m.fact.id > call.id]
    if any(_ends(m) or reading.facts.function(m.fact) is not function for m in uses):
        return None
    handed = next((m for m in uses if m.how == "returned" or _kept(m)), None)
    if handed is None or handed.how != "returned" or handed.path != name:
        return None
    tried = next((m.fact for m in uses if m.fact.id < handed.fact.id and _may_fail(m, name, reading)), None)
    if tried is not None or sort(call) == "pool":  # idle threads: a start that gives up ends the process as a rule
        return tried
    return _gives_up(call, function, handed.fact.id, reading)


def _ends(mention: Mention) -> bool:
    named = mention.method if mention.how == "receiver" else method(mention.fact) if mention.how == "argument" else ""
    return bool(CLOSES & set(words(named))) or mention.how == "item"


def _kept(mention: Mention) -> bool:
    """True where somebody else gets hold of it: a field, a collection, a constructor."""
    if mention.how == "argument":
        return bool(mention.fact.get("constructor")) or bool(
            {"add", "put", "register", "set", "offer"} & set(words(method(mention.fact)))
        )
    return mention.how in ("assigned", "element", "sent", "raised", "yielded")


def _may_fail(mention: Mention, name: str, reading: Reading) -> bool:
    """True for a call on the thing, or one that is given it, that asks the other side: by itself, by its name, or one call deep."""
    called = mention.fact
    if mention.path != name or called.kind != "call":
        return False
    if mention.how == "receiver":
        return bool(called.roles & _ASKS) or bool(_TRIES & set(words(method(called))[:1]))
    if mention.how != "argument":
        return False
    target = called.get("target", -1)
    inside = reading.facts.within(reading.facts.all[target], "call") if target >= 0 else ()
    return bool(_TRIES & set(words(method(called)))) or any(c.roles & _ASKS for c in inside)


def _gives_up(call: Fact, function: Fact, until: int, reading: Reading) -> Fact | None:
    """A failure that the function itself raises while it holds the thing (`if (!connected) throw`)."""
    raised = (r for r in reading.facts.within(function, "raise") if call.id < r.id < until)
    return next((r for r in raised if reading.facts.enclosing(r, "handler") is None), None)
