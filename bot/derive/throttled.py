"""Throttled: branches that answer "too many requests" or "unavailable" with a delay, and whether they ask the server how long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .conventions import words
from .pauses import pause_in
from .reading import Reading

_STATUS: Final = re.compile(
    r"\b(?:429|503)\b|TOO_?MANY_?REQUESTS|SERVICE_?UNAVAILABLE|/\s*100\s*==\s*5|>=\s*500|toomanyrequests|ratelimit",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(r"status|code|\.errno|response|resp", re.IGNORECASE)
_HEADER: Final = re.compile(r"retry[-_ ]?after", re.IGNORECASE)
_DELAYS: Final = frozenset({"backoff", "delay", "wait", "interval"})


def derive(reading: Reading) -> None:
    """Add a `throttled` fact for each branch on such a status that delays by a length of its own."""
    if _STATUS.search(reading.facts.source.text) is None:
        return
    for branch in reading.facts.of("branch"):
        condition = branch.get("condition")
        if not isinstance(condition, Value) or branch.get("style") != "if":
            continue
        text = reading.facts.text(condition)
        if _STATUS.search(text) and _ABOUT.search(text) and not re.search(r"!=|not in", text):
            _judge(branch, reading)


def _judge(branch: Fact, reading: Reading) -> None:
    block = next((c for c in reading.facts.children(branch) if c.kind == "block" and c.get("arm") == "then"), None)
    if block is None:
        return
    place = next(_delays(block, reading), None)
    if place is None:
        return
    function = reading.facts.function(branch)
    own = bool(_HEADER.search(reading.facts.text(block)))
    around = _HEADER.search(reading.facts.text(function if function is not None else branch))
    honours = (
        "header"
        if own
        else "sibling"
        if around
        else "elsewhere"
        if _HEADER.search(reading.facts.source.text)
        else "none"
    )
    reading.facts.derive("throttled", branch, honours=honours, place=place.id)


def _delays(block: Fact, reading: Reading) -> Iterator[Fact]:
    """The sleeps of a fixed or growing length in the block, and the constant delays that it returns."""
    pause = pause_in(block, reading)
    if pause.plain and pause.call >= 0 and reading.facts.inside(reading.facts.all[pause.call], block):
        yield reading.facts.all[pause.call]
    for result in reading.facts.within(block, "return"):
        for value in result.get("values", ()):
            given = [value] + (
                [a.value for a in reading.facts.all[value.call].get("arguments", ())] if value.form == "call" else []
            )
            if any(g.form in ("name", "member") and set(words(g.path.rsplit(".", 1)[-1])) & _DELAYS for g in given):
                yield result
