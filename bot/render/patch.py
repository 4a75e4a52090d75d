"""What a fix changes, in the shapes that the formats need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from ..model import Fix
from .escape import scalar

_HUNK: Final = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


class ChangedLine(Struct, frozen=True):
    """One line of a patch: taken away ("-", numbered in the old text) or put in ("+", numbered in the new one)."""

    sign: Literal["-", "+"]
    number: int
    text: str


class Replacement(Struct, frozen=True):
    """New text for a stretch of the old one. Lines and columns are 1-based code points, the end column exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def changed_lines(patch: str) -> Iterator[ChangedLine]:
    """The lines that a unified diff of one file takes away and puts in, in its order, without their line ends."""
    old = new = 0
    inside = False
    for line in patch.split("\n"):
        if header := _HUNK.match(line):
            old, new, inside = int(header[1]), int(header[2]), True
        elif not inside or line.startswith("\\"):
            continue
        elif line.startswith("-"):
            yield ChangedLine("-", old, line[1:].removesuffix("\r"))
            old += 1
        elif line.startswith("+"):
            yield ChangedLine("+", new, line[1:].removesuffix("\r"))
            new += 1
        else:
            old, new = old + 1, new + 1


def is_one_stretch(fix: Fix, source: str) -> bool:
    """Whether `replacement` in the place of the fix's lines does all that its edits do to `source`."""
    lines = scalar(source).split("\n")
    if not 1 <= fix.start_line <= fix.end_line <= len(lines):
        return False
    replaced = [*lines[: fix.start_line - 1], scalar(fix.replacement), *lines[fix.end_line :]]
    return _same_lines("\n".join(replaced), _edited(fix, source))


def _same_lines(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n") == other.replace("\r\n", "\n")


def _edited(fix: Fix, source: str) -> str:
    data = scalar(source).encode()
    for edit in sorted(fix.edits, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + scalar(edit.text).encode() + data[edit.end :]
    return data.decode(errors="replace")


def replacements(fix: Fix, source: str) -> tuple[Replacement, ...]:
    """The fix's edits of `source` by line and column."""
    data = scalar(source).encode()
    return tuple(
        Replacement(*_position(data, edit.start), *_position(data, edit.end), edit.text)
        for edit in sorted(fix.edits, key=lambda edit: edit.start)
    )


def _position(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset]
    begin = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[begin:].decode(errors="replace")) + 1
