"""Go's literals as constants (https://go.dev/ref/spec#Lexical_elements)."""

from __future__ import annotations

from typing import Any

from ...model import UNKNOWN, Duration

#: the length of the longest integer literal that is worth a number
_LONGEST = 80


def read_int(text: str) -> Any:
    """An integer literal as an int, UNKNOWN for what is none."""
    digits = text.replace("_", "")
    if len(digits) > _LONGEST:
        return UNKNOWN
    try:
        return int(digits, 8) if digits.isdigit() and digits[0] == "0" else int(digits, 0)
    except ValueError:
        return UNKNOWN


def read_float(text: str) -> Any:
    """A floating-point literal as a float, UNKNOWN for what is none or too large for one."""
    digits = text.replace("_", "")
    try:
        return float.fromhex(digits) if digits[:2] in ("0x", "0X") else float(digits)
    except (ValueError, OverflowError):
        return UNKNOWN


def fold_durations(operator: str, a: Any, b: Any) -> Any:
    """The constant of an operator with at least one duration among its two operands, UNKNOWN where it can't be told."""
    left, right = _seconds(a), _seconds(b)
    if left is None or right is None:
        return UNKNOWN
    both = isinstance(a, Duration) and isinstance(b, Duration)
    if operator in ("+", "-") and both:
        return Duration(left + right if operator == "+" else left - right)
    if operator == "*" and not both:
        return Duration(left * right)
    if operator == "/" and isinstance(a, Duration) and right:
        return left / right if both else Duration(left / right)
    return UNKNOWN


def _seconds(constant: Any) -> float | None:
    if isinstance(constant, Duration):
        return constant.seconds
    known = isinstance(constant, int | float) and not isinstance(constant, bool) and abs(constant) < 1e18
    return float(constant) if known else None
