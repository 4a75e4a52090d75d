"""Where findings stand: by file, and for the readers that know the after side alone, on that side."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from ..model import Finding, Place, Review


def source_of(review: Review, place: Place) -> str | None:
    """The text that a place stands in, None where the review does not carry it."""
    return review.sources.get(f"before:{place.path}" if place.side == "before" else place.path)


def by_file(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings by path; files and findings keep the order in which they come."""
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.place.path, []).append(finding)
    return files


def label(place: Place) -> str:
    """`path:line:column`, as editors and terminals understand it."""
    return f"{place.path}:{place.line}:{place.column}"


def fixed_path(finding: Finding) -> str:
    """The file that the finding's fix edits."""
    return finding.affected.path if finding.place.side == "before" and finding.affected else finding.place.path


def on_after_side(review: Review, finding: Finding) -> tuple[Place, str]:
    """The finding's place, and "". For a deleted line: the nearest place that is left, and a sentence that says so.

    Nearest is the line that follows the deletion in the after text, else the affected call, else the file's first line.
    """
    place = finding.place
    if place.side == "after":
        return place, ""
    said = (
        f"It stands on line {place.line} before the change, which is deleted; this is the nearest place that is left."
    )
    before, after = source_of(review, place), review.sources.get(place.path)
    if before is not None and after:
        line = _line_left(before, after, place.line)
        return Place(place.path, line, 1, line, 1), said
    if finding.affected is not None and finding.affected.side == "after":
        return finding.affected, said
    return replace(place, line=1, column=1, end_line=1, end_column=1, side="after"), said


def _line_left(before: str, after: str, line: int) -> int:
    """The 1-based line of `after` that is `line` of `before`, or that follows the place where it was."""
    from difflib import SequenceMatcher  # here, because most runs need none of its milliseconds

    old, new = before.split("\n"), after.split("\n")
    last = len(new) - 1 if len(new) > 1 and not new[-1] else len(new)
    # What both texts begin and end with needs no search: most of a large file, mostly.
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    wanted = line - 1 - head
    blocks = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail]).get_matching_blocks()
    for old_start, new_start, size in blocks:
        if wanted < old_start + size or size == 0:
            return min(max(head + new_start + max(0, wanted - old_start), 0) + 1, last)
    return last


def _common(one: list[str], other: list[str]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
