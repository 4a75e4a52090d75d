"""The texts that the bytes of a file are, and why some are passed over: the same wherever the bytes come from."""

from __future__ import annotations

import codecs
import re
from typing import Final

from msgspec import Struct

#: The largest file that is read, in bytes.
MAX_BYTES: Final = 1_000_000
#: The most that is read for one change, in bytes of one side or the other.
MAX_TOTAL: Final = 64_000_000

_CODING: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)


class PassedOver(Struct, frozen=True):
    """Why a side of a file was not read."""

    reason: str


def decode(content: bytes | PassedOver) -> str | PassedOver:
    """The text that the bytes are.

    UTF-8, a byte order mark left out; else what a Python file declares in its first two lines (PEP 263); else
    Windows-1252, which old sources in western languages are in: code is ASCII in all of these, and a comment or a
    literal that was meant otherwise reads oddly and does no harm. Bytes that Windows-1252 lacks, as most texts in
    Shift-JIS or GBK hold, make a file undecodable; a NUL makes it binary.
    """
    if isinstance(content, PassedOver):
        return content
    if b"\0" in content:
        return PassedOver("binary")
    content = content.removeprefix(codecs.BOM_UTF8)
    for encoding in ("utf-8", _declared(content), "cp1252"):
        try:
            return content.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return PassedOver("undecodable")


def _declared(content: bytes) -> str:
    """The encoding that a Python file declares, "utf-8" for none: https://peps.python.org/pep-0263/."""
    for line in content.split(b"\n", 2)[:2]:
        if match := _CODING.match(line):
            return match[1].decode("ascii")
    return "utf-8"
