"""Deferred releases: a `defer` in a loop puts off every release to the end of the function."""

from __future__ import annotations

from ..model import Fact
from .calls import method, receiver
from .closables import CLOSES, lock_pair
from .conventions import is_test_code, words
from .mentions import Mention
from .reading import Reading

_LEAVES = ("return", "break", "raise", "goto")


def derive(reading: Reading) -> None:
    """Write `releases` (it gives something back) and `repeats` (a loop runs it again and again) onto each defer."""
    if is_test_code(reading):
        return
    for fact in reading.facts.of("defer"):
        fact.attributes["releases"] = any(_is_release(c) for c in reading.facts.within(fact, "call", closures=True))
        fact.attributes["repeats"] = _repeats(reading, fact) and _acquired_inside(reading, fact)


def _is_release(call: Fact) -> bool:
    return bool(call.roles & {"resource.close", "lock.release"}) or bool(CLOSES & set(words(method(call))[:1]))


def _acquired_inside(reading: Reading, fact: Fact) -> bool:
    """What is released was made or locked in the same round, and is not collected for later."""
    loop = reading.facts.enclosing(fact, "loop")
    if loop is None:
        return False
    paths = {
        v.path
        for c in reading.facts.within(fact, "call", closures=True)
        for v in (receiver(c), *(a.value for a in c.get("arguments", ())))
        if v is not None and v.path
    }
    for path in paths:
        root = path.split(".", 1)[0]
        uses = reading.mentions.of(root, loop)
        made = any(m.how == "target" and m.fact.kind == "assignment" and m.fact.id < fact.id for m in uses)
        locked = any(
            m.how == "receiver" and lock_pair(m.fact) and m.fact.id < fact.id for m in reading.mentions.of(path, loop)
        )
        collected = any(m.how in ("argument", "element") and _is_appended(m.fact, reading) for m in uses)
        if (made or locked) and not (collected or _meant_to_stay(reading, uses, loop)):
            return True
    return False


def _is_appended(call: Fact, reading: Reading) -> bool:
    """True for an append, and for what is made in one (`append(jobs, job{file})`)."""
    while call.get("constructor") and call.get("use") == "argument":
        call = reading.facts.all[call.get("consumer")]
    return method(call) == "append"


def _meant_to_stay(reading: Reading, uses: list[Mention], loop: Fact) -> bool:
    """A lock taken for the rest of the function, or something that a goroutine of this round goes on to use."""
    for mention in uses:
        if mention.how == "target" and mention.fact.kind == "assignment":
            value = mention.fact.get("value")
            if value is not None and value.call >= 0 and "lock" in words(method(reading.facts.all[value.call])):
                return True
        spawn = reading.facts.enclosing(mention.fact, "spawn", barrier=())
        if spawn is not None and reading.facts.inside(spawn, loop):
            return True
    return False


def _repeats(reading: Reading, fact: Fact) -> bool:
    """True when a loop of the same function comes back to it: no block on the way ends by leaving the loop."""
    for above in reading.facts.ancestors(fact):
        if above.kind == "function":
            return False
        if above.kind == "block":
            last = [c for c in reading.facts.children(above) if c.kind != "comment"][-1]
            if last.kind in _LEAVES:
                return False
        if above.kind == "loop":
            return True
    return False
