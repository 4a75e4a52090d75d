"""Two texts -> hunks; lines of one side -> lines of the other.

A line ends at a line feed and nowhere else, as git sees it: a carriage return, a form feed or U+2028 is part of its
line (`str.splitlines` would cut there). So a last line without a line break differs from the same line with one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from ..model import Hunk


def split_lines(text: str) -> list[str]:
    """The lines of `text` with their line feeds; the last one may lack it."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


# --- lines through hunks -----------------------------------------------------------------------------------


def added_lines(hunks: Iterable[Hunk]) -> frozenset[int]:
    """The 1-based lines of the after text that the hunks added or changed."""
    return frozenset(line for hunk in hunks for line in range(hunk.new_start, hunk.new_start + hunk.new_count))


class LineMap:
    """Where an unchanged line of one side stands on the other. The hunks come in the order of their lines."""

    def __init__(self, hunks: Sequence[Hunk]) -> None:
        self._hunks = tuple(hunks)
        # Ends are exclusive. A side without lines names the line before the gap, so the gap ends after that line.
        self._old_ends = [hunk.old_start + (hunk.old_count or 1) for hunk in hunks]
        self._new_ends = [hunk.new_start + (hunk.new_count or 1) for hunk in hunks]

    def to_after(self, line: int) -> int | Hunk:
        """The after line of an unchanged before line, else the hunk that changed or deleted it."""
        passed = bisect_right(self._old_ends, line)
        if passed < len(self._hunks):
            hunk = self._hunks[passed]
            if hunk.old_count and line >= hunk.old_start:
                return hunk
        return line + (self._new_ends[passed - 1] - self._old_ends[passed - 1] if passed else 0)

    def to_before(self, line: int) -> int | Hunk:
        """The before line of an unchanged after line, else the hunk that changed or added it."""
        passed = bisect_right(self._new_ends, line)
        if passed < len(self._hunks):
            hunk = self._hunks[passed]
            if hunk.new_count and line >= hunk.new_start:
                return hunk
        return line + (self._old_ends[passed - 1] - self._new_ends[passed - 1] if passed else 0)


# --- two texts -> hunks ------------------------------------------------------------------------------------

#: Two stretches without a common unique line that are more edits apart count as one changed region.
_MOST_EDITS: Final = 200

_Region = tuple[int, int, int, int]  # old[a:b] became new[c:d]
_Pairs = list[tuple[int, int]]  # positions of equal lines, rising on both sides


def hunks_between(before: str, after: str) -> tuple[Hunk, ...]:
    """The changed regions between two texts, in order: the same ones whatever the version or settings of git.

    Lines that occur once on both sides hold the texts together (patience diff, as its author tells it in
    https://bramcohen.livejournal.com/73318.html); what lies between them is compared by Myers' greedy algorithm
    (https://doi.org/10.1007/BF01840446) up to a number of edits.
    """
    if before == after:
        return ()
    old, new = split_lines(before), split_lines(after)
    regions = list(_joined(sorted(_regions(old, new))))
    for index in range(len(regions)):
        _settle(regions, index, old, new)
    return tuple(as_hunk(*region) for region in regions)


def as_hunk(a: int, b: int, c: int, d: int) -> Hunk:
    """The hunk that says that the lines a:b of the before side became c:d (counted from 0, ends exclusive)."""
    return Hunk(a + 1 if b > a else a, b - a, c + 1 if d > c else c, d - c)


def _regions(old: list[str], new: list[str]) -> Iterator[_Region]:
    waiting = [(0, len(old), 0, len(new))]
    while waiting:
        a, b, c, d = _trimmed(waiting.pop(), old, new)
        if a == b and c == d:
            continue
        pairs = [] if a == b or c == d else _anchors(old[a:b], new[c:d]) or _common(old[a:b], new[c:d])
        if not pairs:
            yield a, b, c, d
            continue
        edges = [(a - 1, c - 1), *((a + i, c + j) for i, j in pairs), (b, d)]
        waiting.extend((i + 1, k, j + 1, m) for (i, j), (k, m) in pairwise(edges))


def _trimmed(region: _Region, old: list[str], new: list[str]) -> _Region:
    a, b, c, d = region
    while a < b and c < d and old[a] == new[c]:
        a, c = a + 1, c + 1
    while a < b and c < d and old[b - 1] == new[d - 1]:
        b, d = b - 1, d - 1
    return a, b, c, d


def _anchors(old: list[str], new: list[str]) -> _Pairs:
    """The longest rising run of the lines that occur exactly once on each side."""
    old_counts, new_counts = Counter(old), Counter(new)
    places = {line: j for j, line in enumerate(new) if new_counts[line] == 1}
    pairs = [(i, places[line]) for i, line in enumerate(old) if old_counts[line] == 1 and line in places]
    lowest: list[int] = []  # the smallest place that ends a run of each length
    ends: list[int] = []  # and the index of its pair
    before: list[int] = []  # for each pair the index of the one before it in its run, -1 for none
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(lowest, place)
        before.append(ends[length - 1] if length else -1)
        lowest[length : length + 1] = [place]
        ends[length : length + 1] = [index]
    run: _Pairs = []
    index = ends[-1] if ends else -1
    while index >= 0:
        run.append(pairs[index])
        index = before[index]
    return run[::-1]


def _common(old: list[str], new: list[str]) -> _Pairs:
    """A longest common subsequence, or nothing when the two are too far apart."""
    furthest = {1: 0}  # by diagonal (old position less new position): the furthest old position reached
    trace: list[dict[int, int]] = []
    for edits in range(_MOST_EDITS + 1):
        trace.append(furthest.copy())
        for diagonal in range(-edits, edits + 1, 2):
            x = _step(furthest, diagonal, edits)
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            furthest[diagonal] = x
            if x >= len(old) and x - diagonal >= len(new):
                return _walked_back(trace, len(old), len(new))
    return []


def _step(furthest: dict[int, int], diagonal: int, edits: int) -> int:
    """The old position where `edits` edits enter the diagonal: by an insertion from above or a deletion from below."""
    if diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1]):
        return furthest[diagonal + 1]
    return furthest[diagonal - 1] + 1


def _walked_back(trace: list[dict[int, int]], x: int, y: int) -> _Pairs:
    pairs: _Pairs = []
    for edits in range(len(trace) - 1, -1, -1):
        diagonal = x - y
        entered = _step(trace[edits], diagonal, edits) if edits else 0
        while x > entered:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        if edits:
            inserted = entered == trace[edits].get(diagonal + 1)
            x, y = (x, y - 1) if inserted else (x - 1, y)
    return pairs[::-1]


def _joined(regions: Iterable[_Region]) -> Iterator[_Region]:
    """Regions that touch become one."""
    last: _Region | None = None
    for a, b, c, d in regions:
        if last and (last[1], last[3]) == (a, c):
            last = (last[0], b, last[2], d)
            continue
        if last:
            yield last
        last = (a, b, c, d)
    if last:
        yield last


def _settle(regions: list[_Region], index: int, old: list[str], new: list[str]) -> None:
    """Slide a pure insertion or deletion to where a reader sees it: it starts at its least indented line.

    A new function between two others can begin at its header or at the blank line or brace before it: all are the
    same change, and only the first makes sense on the page (git's indent heuristic serves the same end).
    """
    a, b, c, d = regions[index]
    if a < b and c < d:
        return
    lines, start, end = (new, c, d) if a == b else (old, a, b)
    above = a - regions[index - 1][1] - 1 if index else a  # one unchanged line stays between two regions
    below = regions[index + 1][0] - b - 1 if index + 1 < len(regions) else len(old) - b
    up = down = 0
    while up < above and lines[start - up - 1] == lines[end - up - 1]:
        up += 1
    while down < below and lines[start + down] == lines[end + down]:
        down += 1
    shift = min(range(down, -up - 1, -1), key=lambda shift: _depth(lines[start + shift]))
    regions[index] = (a + shift, b + shift, c + shift, d + shift)


def _depth(line: str) -> float:
    """How deep a line is indented; a blank one counts as the deepest."""
    bare = line.lstrip(" \t")
    return len(line) - len(bare) if bare.strip() else float("inf")
