"""Deferred releases: a `defer` in a loop puts off every release to the end of the function."""

from __future__ import annotations

from ..model import Fact
from .calls import method, receiver
from .closables import CLOSES, closers, lock_pair
from .conventions import is_test_code, words
from .hosts import is_deferred
from .mentions import Mention
from .objects import origin
from .occasions import runs_once
from .reading import Reading

_LEAVES = ("return", "break", "raise", "goto")


def derive(reading: Reading) -> None:
    """Onto each defer: `releases` (it gives something back), `repeats` (a loop runs it again and again), `piles` (what piles up)."""
    if is_test_code(reading):
        return
    for fact in reading.facts.of("defer"):
        fact.attributes["releases"] = any(_is_release(c) for c in reading.facts.within(fact, "call", closures=True))
        fact.attributes["repeats"] = _repeats(reading, fact) and _acquired_inside(reading, fact)
        fact.attributes["piles"] = _piles(reading, fact) if fact.get("repeats") else ""


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


def _piles(reading: Reading, fact: Fact) -> str:
    """What the rounds pile up: "handles", "little" (memory, or some handles of a program that soon ends), "locks" of many things."""
    loop = reading.facts.enclosing(fact, "loop")
    if loop is None or runs_once(loop, reading):
        return "little"
    released = [
        v
        for c in reading.facts.within(fact, "call", closures=True)
        for v in (receiver(c), *(a.value for a in c.get("arguments", ())))
        if v is not None and v.path
    ]
    if any(lock_pair(m.fact) for v in released for m in reading.mentions.of(v.path, loop) if m.how == "receiver"):
        turns = {t.path for t in loop.get("targets", ())}
        own = any(
            turns & {v.path.split(".", 1)[0].split("[", 1)[0], *(p.path for part in v.parts for p in part.walk())}
            for v in released
        )
        return "locks" if own else "handles"
    makers = [m for v in released for m in origin(v, fact, reading).makers]
    if any(v.path.endswith(".Body") and _is_read(v.path, loop, reading) for v in released):
        return "little"
    closes = any("close" in words(method(c)) for c in reading.facts.within(fact, "call", closures=True))
    return "handles" if any(closers(m, reading) or (closes and _can_fail(m, reading)) for m in makers) else "little"


def _can_fail(made: Fact, reading: Reading) -> bool:
    """Made by a call that answers with an error beside it: something was opened, not only allocated."""
    if made.get("api") is not None or made.get("use") != "assigned":
        return False
    targets = reading.facts.all[made.get("consumer")].get("targets", ())
    return len(targets) > 1 and bool(targets[-1].path.lower().endswith("err"))


def _is_read(path: str, loop: Fact, reading: Reading) -> bool:
    """The body is read to its end in each round."""
    return any(
        m.how == "argument" and m.fact.roles & {"stream.read-all", "stream.copy"}
        for m in reading.mentions.of(path, loop)
    )


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
        closure = reading.facts.function(mention.fact)
        if (
            closure is not None
            and closure is not reading.facts.function(loop)
            and closure.get("use") not in ("deferred", "spawned")
            and not is_deferred(reading, closure)
        ):
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
