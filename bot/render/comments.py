"""A review as comments beside the lines of a pull request, and as the one comment that sums it up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from ..markers import Markers
from ..model import Finding, Hunk, Review
from ..ports import Comment
from . import markdown
from .markup import code, inline
from .places import label

#: Lines around a hunk that a pull request's page shows, and takes comments on.
_CONTEXT: Final = 3
_MOST_EVIDENCE: Final = 3

Hunks = dict[str, tuple[Hunk, ...]]


def beside(review: Review, hunks: Hunks, most: int, markers: Markers) -> tuple[Comment, ...]:
    """At most `most` comments, in the review's order, for the findings whose lines the page shows."""
    made = (_comment(review, finding, hunks.get(finding.place.path, ()), markers) for finding in review.shown)
    return tuple(comment for comment in made if comment is not None)[:most]


def summary(review: Review, markers: Markers, told: Collection[str]) -> str:
    """The comment that sums the review up; `told` are the fingerprints of the findings that stand beside their lines."""
    return f"{markers.make('summary')}\n{markdown.render(review, told)}"


def _comment(review: Review, finding: Finding, hunks: Iterable[Hunk], markers: Markers) -> Comment | None:
    """The comment for one finding, None where its line is not on the page."""
    place, fix = finding.place, finding.fix
    if not _is_shown(place.line, place.line, place.side, hunks):
        return None
    suggest = (
        fix is not None
        and finding.affected is None
        and place.side == "after"
        and markdown.is_suggestion(review, finding)
        and _is_shown(fix.start_line, fix.end_line, "after", hunks)
    )
    start, end = (fix.start_line, fix.end_line) if fix is not None and suggest else (place.line, place.line)
    return Comment(
        place.path,
        start,
        end,
        place.side,
        "\n".join(_lines(review, finding, markers, suggest=suggest)).rstrip("\n"),
        finding.fingerprint,
    )


def _is_shown(first: int, last: int, side: str, hunks: Iterable[Hunk]) -> bool:
    """True when one hunk, with the lines around it, has all of these lines."""
    for hunk in hunks:
        start, count = (hunk.new_start, hunk.new_count) if side == "after" else (hunk.old_start, hunk.old_count)
        begin = start if count else start + 1  # where nothing stands, the place is behind the line before
        if (
            begin - _CONTEXT <= first
            and last < begin + count + _CONTEXT
            and (side == "after" or begin <= first < begin + count)
        ):
            return True
    return False


def _lines(review: Review, finding: Finding, markers: Markers, *, suggest: bool) -> Iterable[str]:
    yield markers.make("finding", finding.fingerprint)
    yield f"**{finding.severity}** {code(finding.rule.id)}"
    yield ""
    yield inline(finding.message)
    yield ""
    yield f"Missing: {inline(finding.rule.safeguard)}."
    yield ""
    if finding.affected is not None:
        yield f"It is the call at {code(label(finding.affected))} that now lacks it."
        yield ""
    others = [e for e in finding.evidence if e.place.line != finding.place.line][:_MOST_EVIDENCE]
    yield from (f"- {code(label(e.place))} {inline(e.label)}" for e in others)
    if others:
        yield ""
    yield from markdown.fix_lines(review, finding, suggest=suggest)
    yield from markdown.why_lines(review, finding)
