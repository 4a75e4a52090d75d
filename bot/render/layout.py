"""Text on a grid of terminal cells: how wide it is, where to break and where to cut it.

Everything here takes text that `escape.visible` has been over.
"""

from __future__ import annotations

import unicodedata
from typing import Final

ELLIPSIS: Final = "…"


def width_of(char: str) -> int:
    """Cells that one character takes: 2 for wide (Chinese, Japanese, Korean, emoji), 0 for combining marks, else 1."""
    if char.isascii():
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def columns(text: str) -> int:
    """Cells that a text takes."""
    return len(text) if text.isascii() else sum(map(width_of, text))


def cut(text: str, width: int) -> str:
    """The text, or its beginning with an ellipsis where it is wider than `width` cells."""
    if columns(text) <= width:
        return text
    return _beginning(text, max(0, width - 1)) + ELLIPSIS


def cut_bytes(text: str, size: int) -> str:
    """The text, or its beginning with an ellipsis where it takes more than `size` bytes of UTF-8."""
    data = text.encode()
    if len(data) <= size:
        return text
    return data[: max(0, size - len(ELLIPSIS.encode()))].decode(errors="ignore").rstrip() + ELLIPSIS


def _beginning(text: str, width: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += width_of(char)
        if used > width:
            return text[:index]
    return text


def _pieces(word: str, width: int) -> list[str]:
    """A text in pieces that fit."""
    pieces = []
    while columns(word) > width:
        piece = _beginning(word, width) or word[0]
        pieces.append(piece)
        word = word[len(piece) :]
    return [*pieces, word] if word else pieces


def fold(text: str, width: int) -> list[str]:
    """A line of code in pieces of at most `width` cells, with every blank of it."""
    return _pieces(text, max(2, width)) or [""]


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most `width` cells; the first starts with `first`, the others with `rest`. Runs of blanks count once.

    The two beginnings must be of one width.
    """
    room = max(1, width - columns(first))
    lines = [""]
    for word in text.split(" "):
        # An address stays whole: broken, nobody can click it.
        for piece in [word] if "://" in word else _pieces(word, room):
            if lines[-1] and columns(lines[-1]) + 1 + columns(piece) > room:
                lines.append("")
            lines[-1] += f" {piece}" if lines[-1] else piece
    return [(rest if index else first) + line for index, line in enumerate(lines)]
