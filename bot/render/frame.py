"""A code frame: the lines around a place, and a caret under the part that a reader should look at."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from ..model import Place
from .escape import visible
from .layout import ELLIPSIS, width_of

_TAB: Final = 4
_BEFORE: Final = 2
_AFTER: Final = 1
# A place over many lines shows its beginning.
_TALLEST: Final = 4
# Of a longer line only the part around the focus is laid out.
_LONGEST: Final = 2000


class Row(Struct, frozen=True):
    """One row of a frame. `number` is the 1-based line, 0 for a caret row; `text` has no hidden character."""

    kind: Literal["context", "focus", "caret"]
    number: int
    text: str


class _Line(Struct, frozen=True):
    """One line of code, laid out: what each code point shows, and the cell that it starts at (one more for the end)."""

    shown: tuple[str, ...]
    starts: tuple[int, ...]

    def window(self, left: int, width: int) -> str:
        """The cells from `left` on, `width` of them at most, with an ellipsis where something is missing."""
        right = left + width - (1 if self.starts[-1] > left + width else 0)
        begin = left + (1 if left else 0)
        inside = [
            text
            for text, start, end in zip(self.shown, self.starts, self.starts[1:], strict=False)
            if start >= begin and end <= right
        ]
        head = ELLIPSIS if left and self.starts[-1] > left else ""
        tail = ELLIPSIS if self.starts[-1] > left + width else ""
        # A wide character on the window's left edge is dropped whole; blanks take its room, and the caret still fits.
        gap = next((start - begin for start in self.starts if start >= begin), 0)
        return (head + " " * gap + "".join(inside) + tail).rstrip()


def _cells(char: str, cell: int) -> str:
    return " " * (_TAB - cell % _TAB) if char == "\t" else visible(char)


def _laid_out(code: str) -> _Line:
    shown: list[str] = []
    starts = [0]
    for char in code:
        text = _cells(char, starts[-1])
        shown.append(text)
        starts.append(starts[-1] + sum(map(width_of, text)))
    return _Line(tuple(shown), tuple(starts))


def _lines(source: str) -> list[str]:
    # Only line feeds end a line here, as for the parser: `splitlines` would break at form feeds and the like, too.
    return [line.removesuffix("\r") for line in source.split("\n")]


def _around(lines: list[str], place: Place, *, context: bool) -> range:
    """The 1-based lines to show: without blank ones at the edges."""
    last = min(place.end_line, place.line + _TALLEST - 1, len(lines))
    first = max(1, place.line - (_BEFORE if context else 0))
    whole = last >= place.end_line
    stop = min(len(lines), last + (_AFTER if context and whole else 0))
    while first < place.line and not lines[first - 1].strip():
        first += 1
    while stop > max(last, place.line) and not lines[stop - 1].strip():
        stop -= 1
    return range(first, stop + 1)


def _focus(line: _Line, place: Place) -> tuple[int, int]:
    """The cells under which the caret stands: half-open, at least one wide."""
    size = len(line.shown)
    begin = min(max(place.column - 1, 0), size)
    end = min(place.end_column - 1, size) if place.end_line == place.line else size
    left = line.starts[begin]
    return left, max(left + 1, line.starts[max(begin, end)])


def _left_edge(focus: tuple[int, int], total: int, width: int) -> int:
    if total <= width or focus[1] < width:
        return 0
    return max(0, focus[0] - width // 3)


def frame(source: str, place: Place, *, width: int, context: bool = True) -> tuple[Row, ...]:
    """The rows of a frame for a place in `source`, each at most `width` cells; none where the line does not exist.

    With `context`, two lines before and one after are shown. Tabs are expanded to four cells, hidden characters written
    out, and lines wider than the frame show the part around the focus.
    """
    lines = _lines(source)
    if not 1 <= place.line <= len(lines):
        return ()
    shift = max(0, place.column - 1 - _LONGEST // 2) if len(lines[place.line - 1]) > _LONGEST else 0
    here = Place(place.path, place.line, place.column - shift, place.end_line, place.end_column - shift, place.side)
    rows: list[Row] = []
    focus_line = _laid_out(lines[place.line - 1][shift : shift + _LONGEST])
    focus = _focus(focus_line, here)
    left = _left_edge(focus, focus_line.starts[-1], width)
    for number in _around(lines, place, context=context):
        line = focus_line if number == place.line else _laid_out(lines[number - 1][shift : shift + _LONGEST])
        inside = place.line <= number <= place.end_line
        text = line.window(left, width)
        # Scrolled to the right, short neighbours would be blank rows.
        if text or inside or not left:
            rows.append(Row("focus" if inside else "context", number, text))
        if number == place.line:
            start = focus[0] - left
            rows.append(Row("caret", 0, " " * start + "^" * max(1, min(focus[1] - left, width) - start)))
    return tuple(rows)


def excerpt(source: str, place: Place, *, most: int = 6) -> str:
    """The place's own lines as they stand, at most `most`; "" where they do not exist."""
    lines = _lines(source)
    return "\n".join(lines[max(0, place.line - 1) : min(place.end_line, place.line + most - 1)])
