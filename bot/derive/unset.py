"""Values left unset: a handler that only logs, and a variable that keeps the nothing it was given before the try."""

from __future__ import annotations

from ..model import Fact, Value
from .conventions import words
from .reading import Reading

#: Names of an exception that is dropped on purpose.
_MEANT = frozenset({"ignore", "ignored", "expected", "unused"})
_USES = frozenset({"receiver", "member", "index", "iterated"})


def derive(reading: Reading) -> None:
    """Write `leaves_unset` onto handlings, with the variable `unset` and its `unset_value` as written."""
    for fact in reading.facts.of("handling"):
        fact.attributes["leaves_unset"] = False
        if (
            fact.get("style") == "catch"
            and fact.get("outcome") in ("log", "swallow")
            and fact.get("catches") in ("broad", "base")
        ):
            _judge(fact, reading)


def _judge(fact: Fact, reading: Reading) -> None:
    function = reading.facts.function(fact)
    guarded = reading.facts.all[fact.get("guarded")] if fact.get("guarded", -1) >= 0 else None
    if function is None or guarded is None:
        return
    for assignment in reading.facts.within(guarded, "assignment"):
        for target in assignment.get("targets", ()):
            before = _nothing_before(target, fact, function, reading)
            if before is not None and _is_used_after(target.path, fact, function, reading):
                fact.attributes.update(leaves_unset=True, unset=target.path, unset_value=reading.facts.text(before))
                return


def _nothing_before(target: Value, handling: Fact, function: Fact, reading: Reading) -> Value | None:
    """The null that a local was given before the try, None when it was given anything else."""
    if target.form != "name":
        return None
    bindings = [b for b in reading.names.scopes.get(function.id, {}).get(target.path, []) if b.at < handling.parent]
    if not bindings or bindings[-1].how != "assigned":
        return None
    value = bindings[-1].value
    return value if value is not None and value.form == "constant" and value.constant is None else None


def _is_used_after(path: str, handling: Fact, function: Fact, reading: Reading) -> bool:
    """True when the first use after the try takes the value for something, with no test of it and no new value before."""
    end = reading.facts.ends(reading.facts.all[handling.parent])
    later = [m for m in reading.mentions.of(path, function) if m.fact.id > end]
    if not later:
        return False
    first = later[0]
    if first.how in _USES:
        return True
    # A null that is returned may be the documented answer; where the handler does not even mention its exception it is not.
    variable = str(handling.get("variable", ""))
    return (
        first.how == "returned"
        and bool(variable)
        and not _MEANT & set(words(variable))
        and not handling.get("uses_error")
    )
