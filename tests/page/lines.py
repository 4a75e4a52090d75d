"""What git says of two states, as the lines that a pull request's page shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, Protocol

from msgspec import Struct

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)")
_STATUS = {"A": "added", "D": "deleted", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}

Kind = Literal["same", "gone", "new"]


class Asked(Protocol):
    """One repository."""

    def ask(self, *arguments: str) -> str:
        """The answer of one git process."""


class Row(Struct, frozen=True):
    """One line: its numbers on both sides (0 where it is on one alone), and its text in parts, of which the changed are marked."""

    kind: Kind
    old: int
    new: int
    parts: tuple[tuple[bool, str], ...]


class Hunk(Struct, frozen=True):
    """Lines that stand together; `heading` is what git says above them."""

    heading: str
    rows: tuple[Row, ...]


class File(Struct, frozen=True):
    """One changed file; `old_path` differs from `path` where it was renamed."""

    path: str
    old_path: str
    status: str
    hunks: tuple[Hunk, ...]

    @property
    def added(self) -> int:
        """How many lines are new."""
        return sum(row.kind == "new" for hunk in self.hunks for row in hunk.rows)

    @property
    def deleted(self) -> int:
        """How many lines are gone."""
        return sum(row.kind == "gone" for hunk in self.hunks for row in hunk.rows)


def files(git: Asked, base: str, head: str) -> list[File]:
    """The changed files with their hunks, in git's order."""
    fields = iter(git.ask("diff", "--name-status", "-z", "-M", base, head).split("\0"))
    found = []
    for code in fields:
        if not code:
            break
        old = next(fields)
        path = next(fields) if code[0] in "RC" else old
        patch = _diff(git, "-U3", base, head, old, path)
        found.append(File(path, old, _STATUS.get(code[0], "changed"), tuple(hunks(patch))))
    return found


def hunks(patch: str) -> Iterator[Hunk]:
    """The hunks of one file's patch; what stands before the first is left out."""
    lines = patch.split("\n")
    begins = [number for number, line in enumerate(lines) if _HUNK.match(line)]
    for begin, end in pairwise([*begins, len(lines)]):
        match = _HUNK.match(lines[begin])
        if match is not None:
            yield Hunk(match[5].strip(), tuple(_rows(int(match[1]), int(match[3]), lines[begin + 1 : end])))


def replaced(old: Sequence[str], new: Sequence[str], start: int) -> tuple[Row, ...]:
    """Lines from `start` on that others take the place of; those that both begin or end with stay as they are."""
    head = _common(old, new)
    tail = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - head)
    middle = [f"-{line}" for line in old[head : len(old) - tail]] + [f"+{line}" for line in new[head : len(new) - tail]]
    lines = [*(f" {line}" for line in old[:head]), *middle, *(f" {line}" for line in old[len(old) - tail :])]
    return tuple(_rows(start, start, lines))


def moved(git: Asked, path: str, since: str, head: str, line: int) -> int | None:
    """The number that a line of one commit has in another, None where it is gone or edited."""
    shift = 0
    for match in _HUNK.finditer(_diff(git, "-U0", since, head, path, path)):
        old, old_count, _, new_count = (int(n) if n is not None else 1 for n in match.groups()[:4])
        if old_count and old <= line < old + old_count:
            return None
        if line >= old + max(old_count, 1):
            shift += new_count - old_count
    return line + shift


def _diff(git: Asked, around: str, base: str, head: str, *paths: str) -> str:
    return git.ask("diff", "--no-color", "--no-ext-diff", "-M", around, base, head, "--", *dict.fromkeys(paths))


def _rows(old: int, new: int, lines: Iterable[str]) -> Iterator[Row]:
    """Rows for a hunk's lines; deleted ones and the new ones in their place are held against each other."""
    gone: list[tuple[int, str]] = []
    come: list[tuple[int, str]] = []
    for line in lines:
        sign, text = line[:1], line[1:]
        if sign == "-":
            if come:
                yield from _compared(gone, come)
                gone, come = [], []
            gone.append((old, text))
            old += 1
        elif sign == "+":
            come.append((new, text))
            new += 1
        elif sign == " ":
            yield from _compared(gone, come)
            gone, come = [], []
            yield Row("same", old, new, ((False, text),))
            old, new = old + 1, new + 1
    yield from _compared(gone, come)


def _compared(gone: list[tuple[int, str]], come: list[tuple[int, str]]) -> Iterator[Row]:
    alike = len(gone) == len(come)
    for number, (line, text) in enumerate(gone):
        yield Row("gone", line, 0, _parts(text, come[number][1] if alike else None))
    for number, (line, text) in enumerate(come):
        yield Row("new", 0, line, _parts(text, gone[number][1] if alike else None))


def _parts(text: str, other: str | None) -> tuple[tuple[bool, str], ...]:
    """The text, with the middle marked in which it differs from the other; whole where they have little in common."""
    if other is None or text == other:
        return ((False, text),)
    head = _common(text, other)
    tail = min(_common(text[::-1], other[::-1]), min(len(text), len(other)) - head)
    if len(text[:head].strip()) + len(text[len(text) - tail :].strip()) < len(text.strip()) / 3:
        return ((False, text),)
    middle = text[head : len(text) - tail]
    return tuple(p for p in ((False, text[:head]), (True, middle), (False, text[len(text) - tail :])) if p[1])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many of the first entries are the same."""
    alike = (a == b for a, b in zip(one, other, strict=False))
    return next((n for n, same in enumerate(alike) if not same), min(len(one), len(other)))
