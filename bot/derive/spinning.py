"""Spinning: endless loops that begin their next turn at once after a failure.

A loop that reads a queue, accepts connections or looks after something is not a retry: success does not leave it. It spins all the same
when what it asks for fails at once, again and again, and nothing on that way waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .attempts import by_design, failed, giver
from .calls import method
from .conventions import is_test_code, words
from .handlers import error_tested, kinds_caught
from .limits import asks_to_stop
from .pauses import waits
from .reading import Reading
from .remote import REMOTE
from .ways import after, ways

_FED: Final = (REMOTE | {"queue.consume", "socket.accept"}) - {"queue.ack", "socket.write"}
#: What a handler may call that takes no time.
_LIGHT: Final = frozenset(
    "rollback close inc increment incr record capture count append add set print put ack nack str format error "  # noqa: SIM905 - a list of words reads better as text
    "clear discard remove update mark expunge getlogger get".split()
)


def derive(reading: Reading) -> None:
    """Add a `spinning` fact for each handler or error branch of an endless loop that leads to the next turn without a pause."""
    if is_test_code(reading):
        return
    tried_again = {f.anchor for f in reading.facts.of("retry")}
    for loop in reading.facts.of("loop"):
        if loop.anchor in tried_again or not _for_ever(loop) or _goes_through(loop, reading):
            continue
        found = _checked(loop, reading) if reading.language.errors == "values" else _caught(loop, reading)
        for place, call, pause in found:
            reading.facts.derive(
                "spinning",
                place,
                pause="skipped" if pause is not None else "none",
                callee=call.get("callee"),
                evidence=(
                    ("this fails", call.id),
                    *((("only success waits here", pause.id),) if pause is not None else ()),
                ),
            )


def _for_ever(loop: Fact) -> bool:
    condition = loop.get("condition")
    if loop.get("asynchronous") or loop.get("iterable") is not None:
        return False
    return loop.get("style") == "forever" or (
        loop.get("style") == "while" and isinstance(condition, Value) and asks_to_stop(condition)
    )


def _goes_through(loop: Fact, reading: Reading) -> bool:
    """True for a loop that asks at each turn whether there is a next element."""
    condition: Value | None = loop.get("condition")
    return condition is not None and "next" in words(reading.facts.text(condition))


def _caught(loop: Fact, reading: Reading) -> Iterator[tuple[Fact, Fact, Fact | None]]:
    """Handlers that lead to the next turn: the handler, the call that fails, and the pause that only success comes to."""
    facts = reading.facts
    for attempt in facts.within(loop, "try"):
        if facts.enclosing(attempt, "loop") is not loop:
            continue
        parts = list(facts.children(attempt))
        tried = [b for b in parts if b.kind == "block" and b.get("arm") in ("body", "else")]
        handlers = [h for h in parts if h.kind == "handler"]
        inner, outer = _sorted(loop, tried, reading)
        for handler in handlers:
            paced = [w for w in outer if not any(facts.inside(w, h) for h in handlers if h is not handler)]
            if paced or not tried or not _stays(handler, attempt, loop, reading):
                continue
            call = _culprit(tried[0], inner, reading)
            if call is not None:
                yield handler, call, next((w for w in inner if w.id > call.id), None)


def _sorted(loop: Fact, tried: list[Fact], reading: Reading) -> tuple[list[Fact], list[Fact]]:
    """The waits of a turn: those that only success comes to, and the others. Asking the other side is no pause."""
    found = [w for w in waits(loop, reading) if not w.roles & _FED]
    inner = [w for w in found if any(reading.facts.inside(w, b) for b in tried)]
    return inner, [w for w in found if w not in inner]


def _stays(handler: Fact, attempt: Fact, loop: Fact, reading: Reading) -> bool:
    """True for a handler of real failures that goes on with the loop and does nothing that takes time."""
    kinds = kinds_caught(reading, handler.get("types", ()))
    if not kinds & {"base", "broad", "transient"} or by_design(handler, reading):
        return False
    heavy = [c for c in reading.facts.within(handler, "call") if not _light(c, reading)]
    own = ways(reading.facts.children(handler), reading)
    return not heavy and own <= {"fall", "continue"} and "continue" in failed(handler, attempt, loop, reading)


def _light(call: Fact, reading: Reading) -> bool:
    if call.roles & {"log", "log.error"} or reading.facts.enclosing(call, "call") is not None:
        return True
    return bool(set(words(method(call))) & _LIGHT)


def _culprit(body: Fact, inner: list[Fact], reading: Reading) -> Fact | None:
    """The call of the guarded body that fails at once: one that asks somebody else, or, where success waits afterwards, any."""
    first_wait = inner[0].id if inner else -1
    for call in reading.facts.within(body, "call"):
        if inner and call.id >= first_wait:
            return None
        if call.roles & _FED and not _slow(call):
            return call
        if inner and _plain_sleep(inner[0]) and not call.roles and _acts(call):
            return call
    return None


def _slow(call: Fact) -> bool:
    """True where the library itself waits before it gives up."""
    api = call.get("api")
    return api is not None and (
        bool(api.fields.get("paces")) or api.retries == "forever" or (isinstance(api.retries, int) and api.retries >= 2)
    )


def _plain_sleep(wait: Fact) -> bool:
    return "sleep" in wait.roles


def _acts(call: Fact) -> bool:
    """True for work: a call of its own, not a question about a clock or a setting."""
    return call.get("use") in ("dropped", "assigned") and not call.get("constructor")


def _checked(loop: Fact, reading: Reading) -> Iterator[tuple[Fact, Fact, Fact | None]]:
    """The same with error values: `if err != nil { log; continue }`."""
    facts = reading.facts
    found = [w for w in waits(loop, reading) if not w.roles & _FED]
    for branch in facts.within(loop, "branch"):
        path = error_tested(branch.get("condition"))
        arm = next((b for b in facts.children(branch) if b.kind == "block" and b.get("arm") == "then"), None)
        if not path or arm is None or facts.enclosing(branch, "loop") is not loop:
            continue
        own = ways(facts.children(arm), reading)
        if branch.get("condition").operator != "!=" or not own <= {"fall", "continue"}:
            continue
        call, jumps = giver(path, branch, loop, reading), "continue" in own
        if not jumps and "continue" not in after(branch, loop, reading):
            continue
        paced = [w for w in found if not jumps or w.id < facts.ends(branch)]
        heavy = [c for c in facts.within(arm, "call") if not _light(c, reading)]
        if call is None or paced or heavy or _slow(call):
            continue
        later = next((w for w in found if w.id > facts.ends(branch)), None)
        if call.roles & _FED or (later is not None and _plain_sleep(later) and not call.roles):
            yield branch, call, later
