"""Go's literals as constants. https://go.dev/ref/spec#Lexical_elements"""

from __future__ import annotations

import re
from typing import Any

from ...model import UNKNOWN, Duration

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
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


def unescape(text: str) -> str:
    """The inside of an interpreted string or rune literal as the text that it stands for."""
    return _ESCAPE.sub(_escaped, text) if "\\" in text else text


def _escaped(match: re.Match[str]) -> str:
    hexadecimal, octal, letter = match[1] or match[2] or match[3], match[4], match[5]
    if letter is not None:
        return _LETTERS.get(letter, letter)
    code = int(hexadecimal, 16) if hexadecimal else int(octal, 8)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd"


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
