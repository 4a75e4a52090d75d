"""Conditions: what a test says about whether something was acquired."""

from __future__ import annotations

from msgspec import Struct

from ..model import Value

KEEP, DROP, DOUBT, STALE = "keep", "drop", "doubt", "stale"
_SWAPPED = {"==": "!=", "is": "is not"}


class Test(Struct, frozen=True):
    """How a thing can be tested: `paths` are null where there is none, `error` is set when it was not acquired, `flags` are true if so.

    `calls` are the acquiring calls, which may themselves be the condition (`if lock.tryLock()`).
    `looks` are calls that look at the error, `signs` what they answer: true only where it is set. `others` are the errors of further
    attempts to acquire it.
    """

    paths: frozenset[str]
    error: str = ""
    flags: frozenset[str] = frozenset()
    calls: frozenset[int] = frozenset()
    looks: frozenset[int] = frozenset()
    signs: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


def judge(condition: Value | None, test: Test) -> tuple[str, str]:
    """What holds where the condition is true, and where it is false: "keep", "drop", "doubt", or "stale" for a test of the error."""
    found = _judge(condition, test) if condition is not None else None
    return found or (KEEP, KEEP)


def _judge(value: Value, test: Test) -> tuple[str, str] | None:
    """None for a condition that says nothing about the thing."""
    if value.form in ("name", "member") and value.path in test.paths | test.flags:
        return (KEEP, DROP)
    if value.form == "name" and value.path in test.signs:
        return (STALE, KEEP)
    if value.form in ("call", "await"):
        return _called(value, test)
    if value.form != "operation":
        return None
    if value.operator in ("not", "!"):
        inner = _judge(value.parts[0], test)
        return (inner[1], inner[0]) if inner is not None else None
    if value.operator in ("and", "&&", "or", "||"):
        return _joined(value, test)
    return _compared(value, test)


def _called(value: Value, test: Test) -> tuple[str, str] | None:
    ids = {value.call, *(p.call for p in value.parts if p.form == "call")}
    if ids & test.calls:
        return (KEEP, DROP)
    return (STALE, KEEP) if ids & test.looks else None


def _compared(value: Value, test: Test) -> tuple[str, str] | None:
    if len(value.parts) != 2:
        return None
    left, right = value.parts
    if left.form == "constant" and right.form != "constant":
        left, right = right, left
    null = right.form == "constant" and right.constant is None
    if left.path and (left.path == test.error or left.path in test.others):
        fine = null or (right.form == "constant" and right.constant == 0)  # an error number
        absent = (KEEP, STALE) if fine else (STALE, KEEP)
    elif null and left.path and any(left.path == p for p in test.paths):
        absent = (DROP, KEEP)
    elif right.form == "constant" and isinstance(right.constant, bool) and left.path in test.flags:
        absent = (KEEP, DROP) if right.constant else (DROP, KEEP)
    else:
        return None
    if value.operator in ("==", "is"):
        return absent
    return (absent[1], absent[0]) if value.operator in ("!=", "is not") else None


def _joined(value: Value, test: Test) -> tuple[str, str] | None:
    """`and`: true where all are true; false where any is, and nobody knows which. `or` the other way round."""
    parts = [_judge(p, test) for p in value.parts]
    known = [p for p in parts if p is not None]
    if not known:
        return None
    both, index = value.operator in ("and", "&&"), 0 if value.operator in ("and", "&&") else 1
    certain = next((p[index] for p in known if p[index] in (DROP, STALE)), KEEP)
    others = {p[1 - index] for p in known}
    about_error = any(STALE in p for p in known)
    open_ = others.pop() if len(others) == 1 and len(known) == len(parts) else KEEP if about_error else DOUBT
    if others == {DROP, STALE} and len(known) == len(parts):
        open_ = STALE  # either says that there is nothing
    return (certain, open_) if both else (open_, certain)
