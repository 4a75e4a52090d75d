"""A review in each of its forms: pure functions from a Review to text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..model import Review
from . import agent, json, markdown, sarif, terminal
from .annotations import (
    render as render_annotations,
)  # the module's own name is taken: `from __future__ import annotations`

_Render = Callable[[Review, bool, int], str]


def _terminal(review: Review, colour: bool, width: int) -> str:  # noqa: FBT001 - the one signature of all formats
    return terminal.render(review, colour=colour, width=width)


def _as_is(plain: Callable[[Review], str]) -> _Render:
    """A format to which colour and width mean nothing."""
    return lambda review, _colour, _width: plain(review)


#: The formats by name.
FORMATS: Final[dict[str, _Render]] = {
    "terminal": _terminal,
    "json": _as_is(json.render),
    "agent": _as_is(agent.render),
    "sarif": _as_is(sarif.render),
    "markdown": _as_is(markdown.render),
    "annotations": _as_is(render_annotations),
}


def render(name: str, review: Review, *, colour: bool = False, width: int = 80) -> str:
    """The review in the format of that name, ending in one line feed: the same bytes for the same review, always.

    Colour (ANSI codes) and width (cells) matter to the terminal alone. Raises KeyError for a name that is not in
    FORMATS. The text may hold letters beyond ASCII: write it as UTF-8.
    """
    return FORMATS[name](review, colour, width)
