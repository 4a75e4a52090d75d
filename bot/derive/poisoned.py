"""Poisoned: a unit of work that has failed and refuses everything until it is rolled back, and code that goes on to use it.

A session after a failed commit, a cursor whose transaction the server has aborted: who only logs and takes the next element fails on
each of them, with an error that speaks of something else.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .calls import method, receiver
from .conventions import is_test_code, words
from .reading import Reading

_CLEARS: Final = frozenset(
    {"rollback", "close", "remove", "dispose", "reset", "reconnect", "invalidate", "abort", "connect"}
)
_UNITS: Final = frozenset({"session"})
_ENDS: Final = frozenset({"commit", "flush"})
_GOES_ON: Final = frozenset({"swallow", "log", "continue", "wait", "other"})


def derive(reading: Reading) -> None:
    """Write `poisoned` onto handlers of a failed unit of work that do not roll it back, where the next turn of the loop uses it again."""
    if is_test_code(reading) or "autocommit" in reading.facts.source.text.lower():
        return
    for handling in reading.facts.of("handling"):
        if handling.get("style") != "catch" or handling.get("outcome") not in _GOES_ON or handling.get("guarded") < 0:
            continue
        attempt = reading.facts.all[reading.facts.all[handling.anchor].parent]
        loop = reading.facts.enclosing(attempt, "loop")
        if loop is None or not handling.get("kinds") & {"base", "broad", "transient", "permanent"}:
            continue
        for call in reading.facts.within(reading.facts.all[handling.get("guarded")], "call"):
            if _can_poison(call) and _is_left(call, loop, reading):
                handling.attributes.update(
                    poisoned=True,
                    callee=call.get("callee"),
                    evidence=(("when this fails", call.id), ("the next turn uses it again", loop.id)),
                )
                break


def _can_poison(call: Fact) -> bool:
    """True for what a library says so of, and for the commit of something named a session."""
    api, owner = call.get("api"), receiver(call)
    if api is not None:
        return bool(api.fields.get("poisons"))
    return owner is not None and method(call) in _ENDS and bool(set(words(owner.path)[-1:]) & _UNITS)


def _is_left(call: Fact, loop: Fact, reading: Reading) -> bool:
    """True when it was made before the loop, and nothing in the loop rolls it back or makes it anew."""
    owner = receiver(call)
    if owner is None or not owner.path or "(" in owner.path:
        return False
    if any(set(words(method(c))) & _CLEARS or "db.rollback" in c.roles for c in reading.facts.within(loop, "call")):
        return False
    for block in reading.facts.ancestors(call):
        if block.anchor == loop.anchor:
            break
        if block.kind == "with" and _guards(block, owner.path, reading):
            return False
    root = owner.path.partition(".")[0]
    made = [m for m in reading.mentions.below(root, loop) if m.how in ("target", "item") and m.path == root]
    return not made and not any(
        reading.facts.inside(reading.facts.all[b.at], loop) for b in reading.names.bindings(root, call)
    )


def _guards(block: Fact, path: str, reading: Reading) -> bool:
    """A block that ends the unit of work by itself: one made for it, a transaction, a savepoint."""
    root = path.partition(".")[0]
    for value, alias in block.get("items", ()):
        roles = reading.facts.all[value.call].roles if value.form == "call" and value.call >= 0 else set()
        if "db.transaction" in roles or root == alias or root in reading.facts.text(value):
            return True
    return False
