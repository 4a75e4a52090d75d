"""The comments of a pull request as threads, and where each of them stands in the lines that are shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Literal

from markupsafe import Markup
from msgspec import Struct

from . import lines
from .words import first_line, words

_LEAD = re.compile(r"(error|warning|info) (\S+)")
#: The account of the App, and the name that it writes under.
_APP, _APPS_NAME = 7, "mainstay"


class Author(Struct, frozen=True):
    """Who wrote: a name, and whether it is a program."""

    name: str
    is_bot: bool


class Said(Struct, frozen=True):
    """One comment as it is shown."""

    id: int
    author: Author
    body: Markup


class Spot(Struct, frozen=True):
    """Where a thread stands: `line` is 0 for a whole file; `side` is `old` or `new`."""

    path: str
    side: Literal["old", "new"]
    start: int
    line: int

    @property
    def named(self) -> str:
        """In words."""
        if not self.line:
            return "on the file"
        before = " before the change" if self.side == "old" else ""
        return f"line {self.line}{before}" if self.start == self.line else f"lines {self.start}-{self.line}{before}"


class Thread(Struct, frozen=True):
    """A comment and what was answered. `severity` and `rule` are empty where it tells of no finding."""

    first: Said
    answers: tuple[Said, ...]
    spot: Spot
    commit: str
    severity: str
    rule: str
    state: Literal["open", "answered", "resolved"]
    last: str


def author(user: dict[str, Any]) -> Author:
    """The name of an account; the App's own is told by its number, as its login says nothing."""
    is_bot = user.get("type") == "Bot" or user["id"] == _APP
    return Author(_APPS_NAME if user["id"] == _APP else str(user["login"]).removesuffix("[bot]"), is_bot)


def said(comment: dict[str, Any]) -> Said:
    """A comment of the conversation."""
    return Said(comment["id"], author(comment["user"]), words(comment["body"]))


def threads(git: lines.Asked, comments: Sequence[dict[str, Any]], resolved: Collection[int]) -> list[Thread]:
    """The threads in the order in which they were begun."""
    roots = [c for c in comments if c.get("in_reply_to_id") is None]
    return [
        _thread(git, root, [c for c in comments if c.get("in_reply_to_id") == root["id"]], resolved) for root in roots
    ]


def _thread(
    git: lines.Asked, root: dict[str, Any], answers: Sequence[dict[str, Any]], resolved: Collection[int]
) -> Thread:
    spot, commit = _spot(root), root["original_commit_id"]
    lead = _LEAD.match(first_line(root["body"]))
    replaced = _lines_of(git, commit, spot) if "```suggestion" in root["body"] else ()
    first = Said(root["id"], author(root["user"]), words(root["body"], replaced, spot.start))
    return Thread(
        first=first,
        answers=tuple(said(a) for a in answers),
        spot=spot,
        commit=commit,
        severity=lead[1] if lead else "",
        rule=lead[2] if lead else "",
        state="resolved" if root["id"] in resolved else "answered" if answers else "open",
        last=first_line(answers[-1]["body"]) if answers else "",
    )


def _spot(root: dict[str, Any]) -> Spot:
    line = root.get("original_line") or root.get("line") or 0
    start = root.get("original_start_line") or root.get("start_line") or line
    return Spot(root["path"], "old" if root.get("side") == "LEFT" else "new", start, line)


def _lines_of(git: lines.Asked, commit: str, spot: Spot) -> tuple[str, ...]:
    text = git.ask("show", f"{commit}:{spot.path}").split("\n")
    return tuple(text[spot.start - 1 : spot.line])


class Shown(Struct, frozen=True):
    """A file with the threads that stand in it: `above` for the whole file, `below` by side and line; `told` are all lines spoken of."""

    file: lines.File
    above: tuple[Thread, ...]
    below: dict[tuple[str, int], list[Thread]]
    told: frozenset[tuple[str, int]]

    @property
    def threads(self) -> list[Thread]:
        """All threads that stand in it."""
        return [*self.above, *(thread for those in self.below.values() for thread in those)]

    def after(self, row: lines.Row) -> list[Thread]:
        """The threads that stand below a line."""
        return [*self._at("old", row.old), *self._at("new", row.new)]

    def is_told(self, row: lines.Row) -> bool:
        """True for a line that a thread speaks of."""
        return ("old", row.old) in self.told or ("new", row.new) in self.told

    def _at(self, side: str, line: int) -> list[Thread]:
        return self.below.get((side, line), []) if line else []


def placed(files: Iterable[lines.File], threads: Iterable[Thread]) -> list[Shown]:
    """The files with those of the threads that have a place in them."""
    given, shown = list(threads), []
    for file in files:
        there = set(_numbers(file))
        here = [t for t in given if t.spot.path == file.path and (not t.spot.line or _key(t.spot) in there)]
        below: dict[tuple[str, int], list[Thread]] = {}
        for thread in (t for t in here if t.spot.line):
            below.setdefault(_key(thread.spot), []).append(thread)
        spots = [t.spot for t in here if t.spot.line]
        told = frozenset((s.side, number) for s in spots for number in range(s.start, s.line + 1))
        shown.append(Shown(file, tuple(t for t in here if not t.spot.line), below, told))
    return shown


def _key(spot: Spot) -> tuple[str, int]:
    return spot.side, spot.line


def _numbers(file: lines.File) -> Iterator[tuple[str, int]]:
    for row in (row for hunk in file.hunks for row in hunk.rows):
        yield "old", row.old
        yield "new", row.new
