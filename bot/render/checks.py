"""A review as the check on a commit: its title and text, annotations beside lines of the head, and buttons."""

from __future__ import annotations

from typing import Final, Literal

from ..events import FIXES, FULL
from ..model import Finding, Review, Severity
from ..ports import Annotation, Button, Shown
from . import verdict
from .annotations import said
from .escape import scalar, visible
from .markdown import short
from .places import on_after_side

#: Characters of an annotation: far under the 64 KB that GitHub takes (https://docs.github.com/en/rest/checks/runs#create-a-check-run).
_MOST: Final = 4_000
_LONGEST_TITLE: Final = 250
_LEVELS: Final[dict[Severity, Literal["failure", "warning", "notice"]]] = {
    "error": "failure",
    "warning": "warning",
    "info": "notice",
}

_GROUP: Final = "This is the review of a merge group: what it brings stands beside its lines here, and nowhere else."

#: What a person can ask for at the check; its name comes back to us.
_AGAIN: Final = Button(FULL, "Full review", "Review the whole change again")
_SUGGEST: Final = Button(FIXES, "Suggest the fixes", "Apply fixes as suggestions")
#: What a check shows where nothing was reviewed, but can be.
OFFERED: Final = Shown((), (_AGAIN,))


def words(review: Review, address: str, offers: int = 0) -> tuple[str, str, Shown]:
    """The title and text of a review that stands at this address, "" for none; one annotation for each shown finding, most severe first.

    `offers` is how many fixes can be suggested that are not yet.
    """
    buttons = (_AGAIN, _SUGGEST) if offers else (_AGAIN,)
    shown = Shown(tuple(_annotation(review, finding) for finding in review.shown), buttons if address else ())
    said = f"The review stands in the pull request: {address}" if address else _GROUP
    return verdict.line(review), said, shown


def _annotation(review: Review, finding: Finding) -> Annotation:
    place, moved = on_after_side(review, finding)
    lines = (visible(line.replace("\t", "    ")) for line in said(finding, moved))
    return Annotation(
        scalar(place.path),
        place.line,
        max(place.line, place.end_line),
        _LEVELS[finding.severity],
        short(visible(finding.rule.id), _LONGEST_TITLE),
        short("\n".join(lines), _MOST),
    )
