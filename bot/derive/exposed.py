"""Exposed: a function that is resumed at the end of a with-block, and whose clean-up stands behind a bare `yield`.

What the block raises is raised at the `yield`: without a try around it nothing that follows is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .calls import method
from .closables import CLOSES
from .conventions import is_test_code, words
from .reading import Reading

_UNDOES: Final = (CLOSES - {"commit", "finalize", "finish", "end", "drain", "join", "recycle"}) | frozenset(
    "restore reset pop disconnect unsubscribe unregister detach deactivate disable unset revert unpatch uninstall "  # noqa: SIM905 - a list of words reads better as text
    "leave remove delete discard clear decrement decr logout".split()
)
_ROLES: Final = frozenset({"resource.close", "lock.release", "semaphore.release", "pool.shutdown", "file.remove"})
#: What the first does before the block, the second undoes behind it.
_INVERSE: Final = {
    "disconnect": "connect",
    "disable": "enable",
    "pause": "resume",
    "stop": "start",
    "suspend": "resume",
    "block": "unblock",
    "lock": "unlock",
    "hide": "show",
    "detach": "attach",
    "freeze": "unfreeze",
}


def derive(reading: Reading) -> None:
    """Add an `exposed` fact for each unguarded `yield` of such a function that is followed by clean-up."""
    if is_test_code(reading):
        return
    for step in reading.facts.of("yield"):
        function = reading.facts.function(step)
        if function is None or not _resumed(function, reading) or reading.facts.enclosing(step, "try", "loop"):
            continue
        before = [f for f in reading.facts.within(function) if f.id < step.id]
        undo = next((f for f in _behind(step, function, reading) if _undoes(f, before)), None)
        if undo is not None:
            callee: Value | None = undo.get("callee")
            reading.facts.derive(
                "exposed",
                step,
                skipped=reading.facts.text(callee) if callee is not None else reading.facts.text(undo).split("\n")[0],
                evidence=(("skipped when the block raises", undo.id),),
            )


def _resumed(function: Fact, reading: Reading) -> bool:
    """True for a function that a with-block enters and leaves (by what decorates it); one that frames the whole program is none."""
    frames = "lifespan" in words(str(function.get("name", ""))) or any(
        p.name == "app" or words(p.type)[-1:] == ("application",) for p in function.get("parameters", ())
    )
    for decorator in () if frames else function.get("decorators", ()):
        api = reading.knowledge.call(reading.names.qualify(decorator.path.removesuffix("()")))
        if api is not None and api.fields.get("resumes"):
            return True
    return False


def _behind(step: Fact, function: Fact, reading: Reading) -> Iterator[Fact]:
    """What is run after the block when it succeeds, up to a return; a branch that raises is no clean-up."""
    facts, current = reading.facts, step
    while current.anchor != function.anchor:
        parent = facts.all[current.parent]
        if parent.kind in ("block", "function"):
            for later in facts.children(parent):
                if later.id <= facts.ends(current):
                    continue
                if later.kind in ("return", "raise"):
                    return
                if any(True for _ in facts.within(later, "raise")):
                    continue
                yield from (f for f in (later, *facts.within(later)) if f.kind in ("call", "assignment", "delete"))
        current = parent


def _undoes(fact: Fact, before: list[Fact]) -> bool:
    if fact.kind == "call":
        return bool(fact.roles & _ROLES) or _reverses(fact, before)
    targets: tuple[Value, ...] = fact.get("targets", ())
    outer = [t.path for t in targets if t.form in ("member", "index")]
    if fact.kind == "delete":
        return bool(outer)
    value: Value | None = fact.get("value")
    changed = {t.path for f in before if f.kind == "assignment" for t in f.get("targets", ())}
    return any(p in changed for p in outer) and value is not None and value.form in ("name", "constant")


def _reverses(call: Fact, before: list[Fact]) -> bool:
    """True for a call named for undoing, and for one that is given back what was kept of the state before."""
    if call.roles & {"log", "log.error"} or call.get("use") != "dropped":
        return False
    said, earlier = set(words(method(call))), [f for f in before if f.kind == "call"]
    if said & _UNDOES or any(_INVERSE.get(w) in said and w not in said for f in earlier for w in words(method(f))):
        return True
    if _turns_off(call) and any(f.get("callee").path == call.get("callee").path and not _turns_off(f) for f in earlier):
        return True
    kept = {
        t.path
        for f in before
        if f.kind == "assignment"
        and (value := f.get("value")) is not None
        and value.form in ("call", "await", "member")
        for t in f.get("targets", ())
        if set(words(t.path)) & {"prev", "previous", "old", "orig", "original", "saved", "backup", "before"}
    }
    return any(a.value.path in kept for a in call.get("arguments", ()))


def _turns_off(call: Fact) -> bool:
    """True for a call that is given nothing, or False, first (`set_handler(None)`)."""
    first: Value | None = next((a.value for a in call.get("arguments", ())), None)
    return first is not None and first.form == "constant" and first.constant in (None, False)
