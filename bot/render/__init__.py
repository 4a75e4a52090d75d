"""A review in each of its forms: pure functions from a Review to text.

Each form is imported when it is asked for: a check at a terminal should not wait for the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..model import Review

_Render = Callable[[Review, bool, int], str]


def _terminal(review: Review, colour: bool, width: int) -> str:  # noqa: FBT001 - the one signature of all formats
    from . import terminal

    return terminal.render(review, colour=colour, width=width)


def _json(review: Review, _colour: bool, _width: int) -> str:  # noqa: FBT001 - the one signature of all formats
    from . import json

    return json.render(review)


def _agent(review: Review, _colour: bool, _width: int) -> str:  # noqa: FBT001 - the one signature of all formats
    from . import agent

    return agent.render(review)


def _sarif(review: Review, _colour: bool, _width: int) -> str:  # noqa: FBT001 - the one signature of all formats
    from . import sarif

    return sarif.render(review)


def _markdown(review: Review, _colour: bool, _width: int) -> str:  # noqa: FBT001 - the one signature of all formats
    from . import markdown

    return markdown.render(review)


def _annotations(review: Review, _colour: bool, _width: int) -> str:  # noqa: FBT001 - the one signature of all formats
    from .annotations import render as annotated

    return annotated(review)


#: The formats by name.
FORMATS: Final[dict[str, _Render]] = {
    "terminal": _terminal,
    "json": _json,
    "agent": _agent,
    "sarif": _sarif,
    "markdown": _markdown,
    "annotations": _annotations,
}


def render(name: str, review: Review, *, colour: bool = False, width: int = 80) -> str:
    """The review in the format of that name, ending in one line feed: the same bytes for the same review, always.

    Colour (ANSI codes) and width (cells) matter to the terminal alone. Raises KeyError for a name that is not in
    FORMATS. The text may hold letters beyond ASCII: write it as UTF-8.
    """
    return FORMATS[name](review, colour, width)
