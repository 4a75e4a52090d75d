"""Channels: sends that can wait for ever, and breaks that leave a select but not the loop around it.

A send without a select is stuck once its only receiver has left by another arm. A break inside a select ends the select alone,
so an endless loop around it asks the same, by now closed, channel again at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .calls import argument, method, receiver
from .conventions import is_test_code, words
from .leavings import left_before
from .objects import scope_of
from .reading import Reading

_DEPTH: Final = 4
_LEAVES: Final = ("return", "goto", "raise")
_BREAKABLE: Final = ("loop", "branch")
_HANDS_OVER: Final = frozenset({"returned", "element", "assigned", "sent"})
_LOOKS: Final = frozenset({"close", "len", "cap"})


def derive(reading: Reading) -> None:
    """Write `stuck` onto sends and `only_select` onto breaks."""
    for send in reading.facts.of("send"):
        if not is_test_code(reading):
            _send(send, reading)
    for jump in reading.facts.of("break"):
        _break(jump, reading)


# --- sends -----------------------------------------------------------------------------------------------------------


def _send(send: Fact, reading: Reading) -> None:
    channel: Value = send.get("channel")
    sender = reading.facts.function(send)
    if sender is None or channel.form != "name" or is_arm(send, reading):
        return
    if _watchable(channel, sender, send, reading):
        often = _beside_a_watch(send, sender, reading)
        send.attributes.update(unwatched=True, often=often, channel_name=channel.path)
    owner = scope_of(channel.path, send, reading)
    if owner is sender or owner.kind != "function" or owner.get("name") == "main" or _room(channel, send, reading) != 0:
        return
    leaving = _left_by(send, channel.path, owner, reading)
    if leaving is not None:
        send.attributes.update(
            stuck=True,
            often=not _serves(send, owner, reading),
            channel_name=channel.path,
            evidence=(("the receiver can leave here", leaving.id),),
        )


def _serves(send: Fact, owner: Fact, reading: Reading) -> bool:
    """True for the end of a server that runs as long as the process: one goroutine is left, right before the exit."""
    sender = reading.facts.function(send)
    before = [c for c in reading.facts.within(sender, "call") if c.id <= send.id + 1] if sender is not None else []
    value: Value | None = send.get("value")
    made = [reading.facts.all[value.call]] if value is not None and value.form == "call" and value.call >= 0 else []
    return any(_runs_a_server(c) for c in (*before, *made)) or any(
        "signal.handler" in c.roles for c in reading.facts.within(owner, "call")
    )


def _runs_a_server(call: Fact) -> bool:
    """True for `http.Serve`, `startServer`, `app.Run`: by its name, it works as long as the server does."""
    said, owner = words(method(call)), receiver(call)
    if {"serve", "server"} & set(said):
        return True
    return (
        said[:1] == ("run",) and owner is not None and words(owner.path)[-1:] in (("app",), ("server",), ("service",))
    )


def _beside_a_watch(send: Fact, sender: Fact, reading: Reading) -> bool:
    """True in a loop that looks at a context each time, but not while it sends."""
    loop = reading.facts.enclosing(send, "loop")
    return (
        loop is not None
        and reading.facts.inside(loop, sender)
        and any("context.done" in c.roles for c in reading.facts.within(loop, "call"))
    )


def _watchable(channel: Value, sender: Fact, send: Fact, reading: Reading) -> bool:
    """True for a channel that the caller gave, where a context that says when to give up is in reach and watched elsewhere."""
    if (
        all(p.name != channel.path for p in sender.get("parameters", ()))
        or reading.facts.all[0].get("package") == "main"
    ):
        return False
    closed = any(m.how == "argument" and method(m.fact) == "close" for m in reading.mentions.of(channel.path, sender))
    if closed or any(
        a.get("style") == "select" for a in reading.facts.ancestors(send) if reading.facts.inside(a, sender)
    ):
        return False
    return bool(_context(sender, reading)) and not _given_room(channel.path, sender, reading)


def _given_room(path: str, sender: Fact, reading: Reading, depth: int = 0) -> bool:
    """True when a caller in this file, or a caller of that one, gives a channel that has room."""
    position = [p.name for p in sender.get("parameters", ())].index(path)
    for call in reading.facts.of("call"):
        if call.get("target") != sender.id:
            continue
        given = argument(call, positions=(position,))
        if given is None or given.form != "name":
            continue
        caller = scope_of(given.path, call, reading)
        handed_on = depth < _DEPTH and any(p.name == given.path for p in caller.get("parameters", ()))
        if _has_room(given, call, reading) or (handed_on and _given_room(given.path, caller, reading, depth + 1)):
            return True
    return False


def _has_room(channel: Value, at: Fact, reading: Reading) -> bool:
    """True for a channel that is made with room, be the size a number or a setting."""
    made = [b.value for b in reading.names.bindings(channel.path, at)]
    if len(made) != 1 or made[0] is None or made[0].form != "call":
        return False
    arguments = reading.facts.all[made[0].call].get("arguments", ())
    return len(arguments) == 2 and _room(channel, at, reading) != 0


def _context(sender: Fact, reading: Reading) -> str:
    """The context of a function: a parameter, or a field of the object that its methods watch in this file."""
    given = next((p.name for p in sender.get("parameters", ()) if _can_end(reading.names.qualify(p.type), reading)), "")
    receiver = sender.get("receiver")
    if given or receiver is None:
        return given
    fields = reading.names.fields[str(receiver.type)]
    held = [
        n for n, bindings in fields.items() if any(_can_end(reading.names.binding_type(b), reading) for b in bindings)
    ]
    return next(
        (n for n in held if any("context.done" in m.fact.roles for m in reading.mentions.of(f"{receiver.name}.{n}"))),
        "",
    )


def _can_end(type_name: str, reading: Reading) -> bool:
    """True for a type that tells when to give up."""
    return any(
        "context.done" in api.roles for known in reading.knowledge.lineage(type_name) for api in known.methods.values()
    )


def is_arm(fact: Fact, reading: Reading) -> bool:
    """True for a send or receive that is the head of an arm of a select with several arms."""
    arm = arm_of(fact, reading)
    if arm.kind != "block" or arm.get("arm") not in ("case", "default"):
        return False
    select = reading.facts.all[arm.parent]
    if select.get("style") != "select" or len(list(reading.facts.children(select))) < 2:
        return False
    return (
        fact.span.start - arm.span.start < len("case ") + len(str(arm.get("label", "")).encode())
        and fact.span.line == arm.span.line
    )


def arm_of(fact: Fact, reading: Reading) -> Fact:
    """The block that a send or receive stands in, seen through `v, ok := <-channel`."""
    above = reading.facts.all[fact.parent]
    return reading.facts.all[above.parent] if above.kind == "assignment" else above


def _room(channel: Value, at: Fact, reading: Reading) -> int | None:
    """For how many values a channel has room, None when that can't be told."""
    bindings = reading.names.bindings(channel.path, at)
    if len(bindings) != 1 or bindings[0].value is None or bindings[0].value.form != "call":
        return None
    made = reading.facts.all[bindings[0].value.call]
    if method(made) != "make":
        return None
    arguments = made.get("arguments", ())
    if len(arguments) < 2:
        return 0
    room = reading.constant(arguments[1].value, made)
    return room if isinstance(room, int) else None


def _left_by(send: Fact, path: str, owner: Fact, reading: Reading) -> Fact | None:
    """Where the function that receives from a channel can leave for good; None where it always receives, or others may."""
    mentions = reading.mentions.of(path, owner)
    if any(m.how in _HANDS_OVER or (m.how == "argument" and method(m.fact) not in _LOOKS) for m in mentions):
        return None
    receives = [m.fact for m in mentions if m.how == "channel" and m.fact.kind == "receive"]
    if not receives or any(m.how == "iterated" for m in mentions):
        return None
    if any(reading.facts.function(receive) is not owner for receive in receives):
        return None
    heads = [receive for receive in receives if is_arm(receive, reading)]
    if not heads:
        return left_before(send, owner, receives, reading)
    leaving = [_leaving_arm(head, receives, reading) for head in heads]
    beside = [arm_of(head, reading).parent for head in heads]
    bare = [r for r in receives if r not in heads and not any(a.id in beside for a in reading.facts.ancestors(r))]
    return None if bare or None in leaving else leaving[-1]


def _leaving_arm(receive: Fact, receives: list[Fact], reading: Reading) -> Fact | None:
    """Another arm of the receiver's select after which nobody receives any more."""
    arm = arm_of(receive, reading)
    select = reading.facts.all[arm.parent]
    looped = reading.facts.enclosing(select, "loop") is not None
    for other in reading.facts.children(select):
        if other is arm or any(reading.facts.inside(r, other) for r in receives):
            continue
        if not _ends_with_senders(other, reading) and (not looped or _leaves(other, reading)):
            return other
    return None


def _ends_with_senders(arm: Fact, reading: Reading) -> bool:
    """True when the arm's own channel is fed or closed by this function's helpers, or by signals: then they, or the process, are done."""
    head = next(reading.facts.within(arm, "receive", "send"), None)
    channel: Value | None = head.get("channel") if head is not None else None
    if head is None or head.kind == "send" or channel is None:
        return head is not None
    if channel.form != "name":
        return False
    scope = scope_of(channel.path, head, reading)
    given = any(p.name == channel.path for p in scope.get("parameters", ()))  # its caller has it: others may feed it
    fed = [
        m
        for m in reading.mentions.of(channel.path, scope)
        if (m.how == "argument" and not given) or (m.how == "channel" and m.fact.kind == "send")
    ]
    return bool(fed)


def _leaves(arm: Fact, reading: Reading) -> bool:
    return any(f.kind in _LEAVES or (f.kind == "break" and f.get("label")) for f in reading.facts.within(arm))


# --- breaks ----------------------------------------------------------------------------------------------------------


def _break(jump: Fact, reading: Reading) -> None:
    """An unlabelled break in an arm whose channel stays ready for ever, with an endless loop around and nothing behind that leaves it."""
    select = reading.facts.enclosing(jump, *_BREAKABLE) if not jump.get("label") else None
    while select is not None and select.kind == "branch" and select.get("style") == "if":
        select = reading.facts.enclosing(select, *_BREAKABLE)
    if select is None or select.get("style") != "select":
        return
    loop = reading.facts.enclosing(select, "loop")
    if loop is None or loop.get("style") != "forever" or any(_later_exits(select, loop, reading)):
        return
    arm = next(a for a in reading.facts.ancestors(jump) if a.parent == select.id)
    if _stays_ready(jump, arm, reading):
        jump.attributes.update(only_select=True, evidence=(("the loop goes on", loop.id),))


def _later_exits(select: Fact, loop: Fact, reading: Reading) -> Iterator[Fact]:
    """What follows the select (and the selects around it) in the loop and leaves the loop."""
    last = reading.facts.ends(select)
    for fact in reading.facts.within(loop, "return", "break", "goto", "continue"):
        if fact.id > last and not any(
            a.get("style") == "select" for a in reading.facts.ancestors(fact) if reading.facts.inside(a, loop)
        ):
            yield fact


def _stays_ready(jump: Fact, arm: Fact, reading: Reading) -> bool:
    """The arm receives from a channel that has ended: its context is done, or the break stands under `if !ok`."""
    head = next(reading.facts.within(arm, "receive"), None)
    if head is None:
        return False
    if jump.parent == arm.id:
        channel: Value = head.get("channel")
        made = reading.facts.all[channel.call] if channel.form == "call" and channel.call >= 0 else None
        return made is not None and "context.done" in made.roles
    assigned = next((f for f in reading.facts.children(arm) if f.kind == "assignment"), None)
    targets: tuple[Value, ...] = assigned.get("targets", ()) if assigned is not None else ()
    test = reading.facts.enclosing(jump, "branch")
    condition: Value | None = test.get("condition") if test is not None else None
    closed = (
        len(targets) == 2
        and condition is not None
        and condition.operator == "!"
        and condition.parts[0].path == targets[1].path
    )
    if assigned is None or not closed:
        return False
    names = (head.get("channel").path, targets[1].path)
    return not any(
        m.how == "target" and m.fact is not assigned for name in names for m in reading.mentions.of(name, arm)
    )
