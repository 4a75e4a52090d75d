"""Walks: rows of libraries that nobody described, told by how they are walked: `for rows.Next() { rows.Scan(...) }` and a close.

Such a loop ends alike at the last row and at a failure; only the rows know which it was.
"""

from __future__ import annotations

from ..model import Fact, Value
from .closables import result_index, sort
from .conventions import is_test_code
from .reading import Reading


def derive(reading: Reading) -> None:
    """Add a `holding` fact (sort "rows", `checked` false) for each walk behind which nobody asks how it ended."""
    if reading.language.errors != "values" or is_test_code(reading):
        return
    for loop in reading.facts.of("loop"):
        condition: Value | None = loop.get("condition")
        call = reading.facts.all[condition.call] if condition is not None and condition.form == "call" else None
        path = condition.path if condition is not None else ""
        if call is None or call.get("api") is not None or not path.endswith(".Next()") or call.get("arguments"):
            continue
        made = _made(path.removesuffix(".Next()"), loop, reading)
        if made is not None:
            _say(made, path.removesuffix(".Next()"), loop, reading)


def _made(name: str, loop: Fact, reading: Reading) -> Fact | None:
    """The call that gave the rows, where they are a local of this function that is scanned, closed and never asked or handed on."""
    function = reading.facts.function(loop)
    bindings = reading.names.bindings(name, loop) if "." not in name else []
    if function is None or len(bindings) != 1 or bindings[0].value is None or bindings[0].value.form != "call":
        return None
    uses = [m for m in reading.mentions.of(name, function) if m.how != "target"]
    methods = {m.method for m in uses if m.how == "receiver"}
    if any(m.how not in ("receiver", "compared", "condition") for m in uses) or "Err" in methods:
        return None
    closes = [m for m in uses if m.method == "Close"]
    answered = any(m.fact.get("use") not in ("deferred", "dropped") for m in closes)
    scanned = any(m.method == "Scan" and reading.facts.inside(m.fact, loop) for m in uses)
    return reading.facts.all[bindings[0].value.call] if scanned and closes and not answered else None


def _say(made: Fact, name: str, loop: Fact, reading: Reading) -> None:
    callee: Value | None = made.get("callee")
    reading.facts.derive(
        "holding",
        made,
        sort="rows",
        leak="none",
        place=loop.id,
        cost="lasting",
        fate="not given back on every way out of",
        way="",
        evidence=(("they come from here", made.id), ("nobody asks how this walk ended", loop.id)),
        callee=callee,
        acquired=reading.facts.text(callee) if callee is not None else name,
        closer="Close",
        checked=False,
    )


def error_read(reading: Reading, function: Fact, call: Fact) -> bool:
    """Where rows are walked by a loop that ends alike at the end and at a failure: whether anybody asks which it was."""
    if reading.language.errors != "values" or sort(call) != "rows" or call.get("use") != "assigned":
        return True
    name = reading.facts.all[call.get("consumer")].get("targets", ())[result_index(call, reading)].path
    used = reading.mentions.of(name, function)
    walked = any(
        m.how == "receiver" and m.method == "Next" and reading.facts.enclosing(m.fact, "loop") is not None for m in used
    )
    return not walked or any(
        (m.how == "receiver" and m.method == "Err") or m.how in ("argument", "returned") for m in used
    )
