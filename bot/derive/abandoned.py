"""Abandoned fields: a field is set to null where the same function closes what it holds first on another path."""

from __future__ import annotations

from collections import defaultdict

from ..model import Fact, Value
from .closables import CLOSES
from .conventions import is_test_code, words
from .mentions import Mention
from .reading import Reading

_CLOSE = (("close",), ("disconnect",), ("aclose",), ("shutdown",), ("dispose",), ("quit",))


def derive(reading: Reading) -> None:
    """Add a `holding` fact (leak "abandoned") for each field that loses its object unclosed, against its function's own habit."""
    if is_test_code(reading):
        return
    cleared: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in reading.facts.of("assignment"):
        value, targets = fact.get("value"), fact.get("targets", ())
        if (
            len(targets) == 1
            and targets[0].form == "member"
            and value is not None
            and value.form == "constant"
            and value.constant is None
        ):
            owner = reading.names.self_type(targets[0].path.split(".", 1)[0], fact)
            if owner and targets[0].path.count(".") == 1:
                cleared[owner, targets[0].path.split(".", 1)[1]].append(fact)
    for facts in cleared.values():
        if len(facts) > 1:
            _compare(reading, facts)


def _compare(reading: Reading, facts: list[Fact]) -> None:
    closed = {f.id: _closed_before(reading, f) for f in facts}
    for fact in facts:
        habit = next(
            (f for f in facts if closed[f.id] and reading.facts.function(f) is reading.facts.function(fact)), None
        )
        nothing = _known_closed(reading, fact) or _failed_to_open(reading, fact)
        if habit is not None and not closed[fact.id] and not nothing and _in_use(reading, fact):
            target: Value = fact.get("targets")[0]
            evidence = (("closed first here", habit.id),)
            reading.facts.derive(
                "holding",
                fact,
                sort="handle",
                leak="abandoned",
                place=fact.id,
                cost="lasting",
                fate="not given back on every way out of",
                way="",
                acquired=target.path,
                checked=True,
                evidence=evidence,
            )


def _closes(reading: Reading, fact: Fact) -> list[Mention]:
    function, path = reading.facts.function(fact), str(fact.get("targets")[0].path)
    found = reading.mentions.of(path, function) if function is not None else []
    return [
        m
        for m in found
        if (m.how == "receiver" and words(m.method)[:1] in _CLOSE)
        or (m.how == "argument" and CLOSES & set(words(str(m.fact.get("name", "")).rsplit(".", 1)[-1])))
    ]


def _closed_before(reading: Reading, fact: Fact) -> bool:
    """A close on the way to it: earlier in its own block, or in one around it."""
    blocks = {a.id for a in reading.facts.ancestors(fact)}
    return any(
        m.fact.id < fact.id and any(a.id in blocks for a in _near(reading, m.fact)) for m in _closes(reading, fact)
    )


def _near(reading: Reading, fact: Fact) -> list[Fact]:
    """The block of a close, or the one around the test that guards it."""
    found = []
    for above in reading.facts.ancestors(fact):
        if above.kind in ("block", "function", "handler"):
            found.append(above)
            if len(found) == 2:
                break
    return found[:2]


def _known_closed(reading: Reading, fact: Fact) -> bool:
    """The branch that clears it asks whether the peer is gone, or whether there is anything at all."""
    path = str(fact.get("targets")[0].path)
    for above in reading.facts.ancestors(fact):
        if above.kind == "function":
            return False
        if above.kind == "block" and above.get("arm") == "then":
            condition = reading.facts.all[above.parent].get("condition")
            text = reading.facts.text(condition).lower() if condition is not None else ""
            if "close" in text or "alive" in text or path.lower() in text:
                return True
    return False


def _failed_to_open(reading: Reading, fact: Fact) -> bool:
    """True in the handler of a try that does nothing but open it: there is nothing to close."""
    path = str(fact.get("targets")[0].path)
    handler = reading.facts.enclosing(fact, "handler")
    if handler is None:
        return False
    parts = reading.facts.children(reading.facts.all[handler.parent])
    body = [s for p in parts if p.kind == "block" and p.get("arm") == "body" for s in reading.facts.children(p)]
    steps = [s for s in body if s.kind not in ("call", "await", "comment")]
    return len(steps) == 1 and path in {t.path for t in steps[0].get("targets", ())}


def _in_use(reading: Reading, fact: Fact) -> bool:
    """The function has used it before it gives it up, so there was something to close."""
    function, path = reading.facts.function(fact), str(fact.get("targets")[0].path)
    last = path.split(".", 1)[1]
    stop = function is not None and bool(CLOSES & set(words(str(function.get("name", "")))))
    fresh = function is not None and (
        function.get("name") in ("__init__", last) or "constructor" in function.get("modifiers", ())
    )
    branch = any(
        a.kind in ("block", "handler") and a.get("arm", "then") in ("then", "else")
        for a in reading.facts.ancestors(fact)
    )
    return not fresh and not stop and branch
