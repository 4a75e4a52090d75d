"""One call to the stand-in, and what is answered to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from msgspec import Struct

from .rights import Refusal, Token
from .shapes import Shapes
from .state import Home, PullState
from .writing import Hub

_PAGE, _LARGEST_PAGE = 30, 100


class Answer(Struct, frozen=True):
    """An answer: `rows` where it is a list that comes in pages, under `key` where it is wrapped; `headers` of its own."""

    status: int
    body: Any = None
    rows: list[Any] | None = None
    key: str = ""
    headers: dict[str, str] = {}


class Call(Struct, frozen=True, dict=True):
    """What is asked: by whom, of which route, with which names in its path, query and body."""

    hub: Hub
    shapes: Shapes
    who: Token
    names: dict[str, str]
    query: dict[str, str]
    asked: dict[str, Any]
    accept: str = ""

    @cached_property
    def home(self) -> Home:
        """The repository. Raises Refusal where there is none for who asks."""
        home = self.hub.home(f"{self.names['owner']}/{self.names['repo']}")
        if home is None:
            raise Refusal(404, "Not Found")
        if self.who.repositories is not None and home.id not in self.who.repositories:
            raise Refusal(404, "Not Found")
        return home

    @cached_property
    def pull(self) -> PullState:
        """The pull request. Raises Refusal."""
        number = int(self.names.get("pull_number") or self.names.get("issue_number") or 0)
        if number not in self.home.pulls:
            raise Refusal(404, "Not Found")
        return self.home.pulls[number]

    def number(self, name: str, default: int) -> int:
        """A number of the query; what is none counts for nothing."""
        value = self.query.get(name, "")
        return int(value) if value.isdigit() else default

    @property
    def page_size(self) -> int:
        """Rows of a page: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api."""
        return max(1, min(self.number("per_page", _PAGE), _LARGEST_PAGE))

    def commit(self, name: str) -> str:
        """The commit that a name in the path means. Raises Refusal."""
        found = self.home.git.commit(name)
        if found is None:
            raise Refusal(422, f"No commit found for SHA: {name}")
        return found


class Route(Struct, frozen=True):
    """One call that is answered: its path as GitHub's description writes it, and what it needs.

    `needs` names the permissions of an installation, any of which is enough ("checks:write"); "app" is the App itself, "" anybody
    who has a token, "nobody" whoever asks.
    """

    verb: str
    path: str
    needs: tuple[str, ...]
    work: Callable[[Call], Answer]

    def matches(self, path: str) -> dict[str, str] | None:
        """The names in a path of this route, None for any other path."""
        match = _pattern(self.path).fullmatch(path)
        return match.groupdict() if match else None


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _pattern(path: str) -> re.Pattern[str]:
    """A path of the description as an expression; `{path}` and `{basehead}` may hold slashes."""
    if path not in _PATTERNS:
        text = re.sub(r"\{(path|basehead|ref)\}", r"(?P<\1>.+)", path)
        text = re.sub(r"\{(\w+_(?:id|number))\}", r"(?P<\1>[0-9]+)", text)
        _PATTERNS[path] = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text))
    return _PATTERNS[path]
