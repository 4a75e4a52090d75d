"""Releases put off too early: deferred between the call that gives a thing with an error and the test of that error.

After a failure there is no thing. The release runs all the same, on nothing.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact, Value
from .calls import method, receiver
from .conventions import is_test_code, words
from .reading import Reading

_RELEASES: Final = frozenset({"close", "stop", "shutdown"})


def derive(reading: Reading) -> None:
    """Write `before_check`, the `error` and where it is looked at onto deferred releases."""
    if reading.language.errors != "values" or is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        if call.get("use") != "deferred":
            continue
        before, behind = _neighbours(reading.facts.all[call.parent], reading)
        if before is None or behind is None or before.kind != "assignment" or behind.kind != "branch":
            continue
        error = _error_of(before, behind)
        things = {t.path for t in before.get("targets", ())[:-1] if t.form == "name"}
        if error and _releases_one(call, things, reading) and not _bears_nothing(call):
            call.attributes.update(before_check=True, error=error, evidence=(("looked at here", behind.id),))


def _neighbours(put_off: Fact, reading: Reading) -> tuple[Fact | None, Fact | None]:
    """The statements directly before and behind a defer statement."""
    before: Fact | None = None
    siblings = (c for c in reading.facts.children(reading.facts.all[put_off.parent]) if c.kind != "comment")
    for sibling in siblings:
        if sibling.id == put_off.id:
            return before, next(siblings, None)
        before = sibling
    return None, None


def _error_of(assignment: Fact, branch: Fact) -> str:
    """The error that an assignment takes from a call beside something else, when the branch asks whether it is set."""
    targets: tuple[Value, ...] = assignment.get("targets", ())
    value: Value | None = assignment.get("value")
    condition: Value | None = branch.get("condition")
    if len(targets) < 2 or value is None or value.form != "call" or condition is None or condition.operator != "!=":
        return ""
    error = targets[-1].path
    return error if any(p.path == error for p in condition.parts) else ""


def _releases_one(call: Fact, things: set[str], reading: Reading) -> bool:
    """`x.Close()`, or a helper that closes one of these and takes the error along: both use what they get without a look."""
    owner = receiver(call)
    if not set(words(method(call))) & _RELEASES:
        return False
    if owner is not None and owner.path in things:
        return True
    takes_error = "(&" in reading.facts.text(call)
    return takes_error and any(a.value.path in things for a in call.get("arguments", ()))


def _bears_nothing(call: Fact) -> bool:
    """True for a release that is known to do nothing on nothing, or one that another rule speaks of (a response without a body)."""
    owner = receiver(call)
    api = call.get("api")
    return (api is not None and bool(api.fields.get("nil_safe"))) or (
        owner is not None and owner.path.endswith(".Body")
    )
