"""The verdict in words and as an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..model import SEVERITIES, Finding, Review, Severity
from .escape import visible
from .words import plural

#: What `fail_on` may be: fail on findings of this severity and over, or on none.
THRESHOLDS: Final[tuple[str, ...]] = (*SEVERITIES, "never")


def by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings there are of each severity, the most severe first."""
    severities = [finding.severity for finding in findings]
    return {severity: severities.count(severity) for severity in SEVERITIES}


def tally(review: Review) -> str:
    """What was found and in how much: `3 findings (1 error, 2 warnings) in 4 of 5 files, 1 folded`.

    For a range without changes it is the sentence that says so.
    """
    if review.empty:
        return visible(review.empty)
    return f"{_found(review)} in {_files(review)}{_folded(review)}"


def line(review: Review) -> str:
    """The verdict in one line, with the first reason where it is not complete.

    "Not reviewed" never says what was found: that nothing was found would read like praise.
    """
    if review.verdict == "complete":
        return tally(review) if review.empty else f"complete: {tally(review)}"
    reason = visible(review.reasons[0]) if review.reasons else "no reason was given"
    more = f" (and {plural(len(review.reasons) - 1, 'more reason')})" if len(review.reasons) > 1 else ""
    if review.verdict == "not reviewed":
        return f"not reviewed: {reason}{more}"
    return f"{partial(review)}; left out: {reason}{more}"


def partial(review: Review) -> str:
    """The beginning of the line for a partial verdict, in capitals so that nobody reads it as a pass."""
    return f"PARTIAL: {tally(review)}"


def exit_code(review: Review, fail_on: str | None, strict: bool) -> int:  # noqa: FBT001 - the door passes its option on
    """0: nothing at or over the threshold; 1: findings; 3: not reviewed, or under `strict` only in part.

    Without `fail_on` each finding is held against the threshold of its own path. A folded finding counts when it says
    so. Raises ValueError for a threshold that there is not; 2, wrong usage, is for the door to give.
    """
    if fail_on is not None and fail_on not in THRESHOLDS:
        raise ValueError(f"fail_on is one of {', '.join(THRESHOLDS)}, not {fail_on!r}")
    if review.verdict == "not reviewed" or (strict and review.verdict == "partial"):
        return 3
    counting = [finding for finding in review.findings if finding.shown or finding.counts]
    return int(any(_fails(finding, fail_on or _threshold(finding, review)) for finding in counting))


def _threshold(finding: Finding, review: Review) -> str:
    return review.thresholds.get((finding.affected or finding.place).path, review.threshold)


def _fails(finding: Finding, threshold: str) -> bool:
    return threshold != "never" and SEVERITIES.index(finding.severity) <= THRESHOLDS.index(threshold)


def _found(review: Review) -> str:
    shown = review.shown
    if not shown:
        return "no findings"
    kinds = [
        plural(count, severity) if severity != "info" else f"{count} info"
        for severity, count in by_severity(shown).items()
        if count
    ]
    return f"{plural(len(shown), 'finding')} ({', '.join(kinds)})"


def _files(review: Review) -> str:
    files = review.manifest.files
    read = sum(1 for file in files if file.state != "passed over")
    return plural(read, "file") if read == len(files) else f"{read} of {plural(len(files), 'file')}"


def _folded(review: Review) -> str:
    folded = len(review.findings) - len(review.shown)
    return f", {folded} folded" if folded else ""
