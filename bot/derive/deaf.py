"""Sleeps that nobody can wake: in a loop that asks at each turn whether it shall stop, and then sleeps without listening.

Whoever stops the program waits for the rest of the sleep, or the process is killed in it.
"""

from __future__ import annotations

import re
from typing import Final

from ..model import Fact
from .calls import method, receiver
from .conventions import is_test_code
from .reading import Reading

_STOPS: Final = re.compile(
    r"(?:^|[._])\w*(?:stop|exit|shutdown|quit|close|done|cancel|terminat|kill)\w*$", re.IGNORECASE
)
#: A shorter sleep delays nobody, seconds.
_SHORT: Final = 2.0
#: Units of a pause that is computed, and short.
_UNITS: Final = re.compile(r"(?:milli|micro|nano)second|/ *1000", re.IGNORECASE)
_LISTENS: Final = frozenset({"wait", "wait_for", "join"})


def derive(reading: Reading) -> None:
    """Write `deaf` (how long it sleeps: "long" or "unknown") and where the loop asks as `evidence` onto calls that sleep in such a loop."""
    if is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        pause = _pause(call, reading) if "sleep" in call.roles else "short"
        if pause == "short":
            continue
        loop = reading.facts.enclosing(call, "loop")
        asked = _asked(loop, call, reading) if loop is not None else None
        if asked is not None:
            call.attributes.update(deaf=pause, evidence=(("whether to stop is asked here", asked.id),))


def _pause(call: Fact, reading: Reading) -> str:
    """Say "long", "short", or "unknown" for a setting or a computed back-off."""
    seconds = call.get("deadline_seconds")
    if isinstance(seconds, int | float):
        return "long" if seconds >= _SHORT else "short"
    text = "".join(reading.facts.text(a.value) for a in call.get("arguments", ()))
    return "short" if _UNITS.search(text) else "unknown"


def _asked(loop: Fact, sleep: Fact, reading: Reading) -> Fact | None:
    """Where the loop asks whether it shall stop, by an event or a channel that it could wait on instead."""
    if reading.language.name == "python":
        calls = [c for c in reading.facts.within(loop, "call") if reading.facts.enclosing(c, "loop") is loop]
        if any(method(c) in _LISTENS for c in calls):
            return None
        return next((c for c in calls if _asks_event(c)), None)
    if reading.language.name == "go":
        return next((r for r in reading.facts.within(loop, "receive") if _asks_channel(r, loop, sleep, reading)), None)
    return None


def _asks_event(call: Fact) -> bool:
    owner = receiver(call)
    named = method(call) in ("is_set", "isSet") and owner is not None and bool(_STOPS.search(owner.path))
    return call.get("use") == "condition" and named


def _asks_channel(receive: Fact, loop: Fact, sleep: Fact, reading: Reading) -> bool:
    """True for the case of a select with a default that leaves the loop when there is something to receive."""
    arm = reading.facts.all[receive.parent]
    select = reading.facts.all[arm.parent]
    if (
        arm.get("arm") != "case"
        or select.get("style") != "select"
        or reading.facts.enclosing(select, "loop") is not loop
    ):
        return False
    arms = [b.get("arm") for b in reading.facts.children(select)]
    leaves = any(True for _ in reading.facts.within(arm, "return")) or any(
        j.get("label") for j in reading.facts.within(arm, "break")
    )
    return "default" in arms and leaves and not reading.facts.inside(sleep, arm)
