"""Counts: groups of tasks that somebody waits for, announced too late or not always signed off."""

from __future__ import annotations

from ..model import Fact
from .calls import receiver
from .conventions import is_test_code
from .reading import Reading


def derive(reading: Reading) -> None:
    """Write `miscounted` onto calls that add to a group, or sign a task off."""
    if is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        if "group.add" in call.roles and _late(call, reading):
            call.attributes["miscounted"] = "late"
        elif "group.add" in call.roles and _unstarted(call, reading):
            call.attributes["miscounted"] = "unstarted"
        elif "group.done" in call.roles and _skipped(call, reading):
            call.attributes["miscounted"] = "skipped"


def _late(call: Fact, reading: Reading) -> bool:
    """Announced inside the task itself: whoever waits may find nothing to wait for."""
    task, owner = reading.facts.function(call), receiver(call)
    if task is None or owner is None or not task.get("closure") or not _runs_beside(task, reading):
        return False
    outer = reading.facts.function(task)
    if outer is None or (
        owner.form == "name"
        and any(
            reading.facts.function(reading.facts.all[b.at]) is task for b in reading.names.bindings(owner.path, call)
        )
    ):
        return False
    if any(c.get("use") == "spawned" and c.id > call.id for c in reading.facts.within(task, "call")) or _feeds(
        call, task, reading
    ):
        return False  # it announces tasks that it starts itself
    others = [
        m.fact for m in reading.mentions.of(owner.path, outer) if m.how == "receiver" and "group.add" in m.fact.roles
    ]
    return all(reading.facts.function(o) is task for o in others)


def _unstarted(call: Fact, reading: Reading) -> bool:
    """Announced before the round decides whether it starts the task: a continue in between leaves it announced for good."""
    owner, loop = receiver(call), reading.facts.enclosing(call, "loop")
    if owner is None or loop is None or reading.facts.all[call.parent].parent != loop.id:
        return False
    behind = [f for f in reading.facts.within(loop, closures=True) if f.id > call.id]
    start = next((f for f in behind if f.kind == "spawn" or f.get("use") == "spawned"), None)
    done = [m.fact.id for m in reading.mentions.of(owner.path, loop) if "group.done" in m.fact.roles]
    if start is None or not done or min(done) < start.id:
        return False
    return any(
        f.kind == "continue" and not f.get("label") and f.id < start.id and reading.facts.enclosing(f, "loop") is loop
        for f in behind
    )


def _feeds(call: Fact, task: Fact, reading: Reading) -> bool:
    """True when a task without a sign-off of its own announces others."""
    owner = receiver(call)
    done = (
        [m.fact for m in reading.mentions.of(owner.path, task) if "group.done" in m.fact.roles]
        if owner is not None
        else []
    )
    return not any(
        reading.facts.function(d) is task and (d.get("use") == "deferred" or d.parent == task.id) for d in done
    )


def _runs_beside(task: Fact, reading: Reading) -> bool:
    consumer = task.get("consumer", -1)
    call = reading.facts.all[consumer] if isinstance(consumer, int) and consumer >= 0 else None
    if call is None or call.kind != "call":
        return False
    api = call.get("api")
    return call.get("use") == "spawned" or (api is not None and api.callback in ("thread", "pool"))


def _skipped(call: Fact, reading: Reading) -> bool:
    """Signed off as the last step of the task (or of a round), which a return or continue before it leaves out."""
    task, owner = reading.facts.function(call), receiver(call)
    around = reading.facts.all[call.parent]
    loop = reading.facts.all[around.parent] if around.kind == "block" else None
    if (
        task is None
        or owner is None
        or call.get("use") == "deferred"
        or not (around is task or (loop is not None and loop.kind == "loop"))
    ):
        return False
    done = [
        m.fact for m in reading.mentions.of(owner.path, task) if m.how == "receiver" and "group.done" in m.fact.roles
    ]
    if any(d.get("use") == "deferred" or reading.facts.enclosing(d, "try") is not None for d in done):
        return False
    started = _taken_at(owner.path, call, around, reading)
    if started == around.id and loop is not None and loop.kind == "loop" and loop.get("style") == "forever":
        return False  # which statement of a round takes its work on is not known: what leaves may come before it
    for leaving in reading.facts.within(around, "return", "continue"):
        if not started < leaving.id < call.id or (
            leaving.kind == "continue" and reading.facts.enclosing(leaving, "loop") is not loop
        ):
            continue
        if not any(reading.facts.inside(d, reading.facts.all[leaving.parent]) for d in done):
            return True
    return False


def _taken_at(path: str, call: Fact, around: Fact, reading: Reading) -> int:
    """Where the task that is signed off was taken on or announced: the last such use of the object, the beginning where there is none."""
    return max(
        (
            m.fact.id
            for m in reading.mentions.of(path, around)
            if m.how == "receiver" and m.fact.roles & {"queue.get", "group.add"} and m.fact.id < call.id
        ),
        default=around.id,
    )
