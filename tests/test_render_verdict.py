from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from bot.model import FileEntry, Finding, Review, Severity
from bot.render.verdict import exit_code, line

from .reviews import a_finding, a_manifest, a_review

FIVE = a_manifest(files=tuple(FileEntry(f"{n}.py", "read") for n in range(5)))
FOUR_OF_FIVE = a_manifest(files=(*FIVE.files[:4], FileEntry("big.py", "passed over", "too large")))


def folded(severity: Severity, *, counts: bool) -> Finding:
    return a_finding(severity, shown=False, reason="silenced in this change", counts=counts)


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        (
            a_review(a_finding("error"), a_finding(), a_finding(), manifest=FIVE),
            "complete: 3 findings (1 error, 2 warnings) in 5 files",
        ),
        (a_review(a_finding("info"), a_finding("info")), "complete: 2 findings (2 info) in 1 file"),
        (a_review(manifest=FOUR_OF_FIVE), "complete: no findings in 4 of 5 files"),
        (a_review(folded("error", counts=True)), "complete: no findings in 1 file, 1 folded"),
        (
            a_review(a_finding(), verdict="partial", reasons=("big.py is too large",), manifest=FOUR_OF_FIVE),
            "PARTIAL: 1 finding (1 warning) in 4 of 5 files; left out: big.py is too large",
        ),
        (
            a_review(verdict="partial", reasons=("one", "two", "three"), manifest=FIVE),
            "PARTIAL: no findings in 5 files; left out: one (and 2 more reasons)",
        ),
        (a_review(verdict="not reviewed", reasons=("git is missing",)), "not reviewed: git is missing"),
        (a_review(verdict="not reviewed"), "not reviewed: no reason was given"),
        (a_review(empty="nothing to review: A..B is empty"), "nothing to review: A..B is empty"),
        (
            a_review(empty="nothing to review: A..B is empty", verdict="partial", reasons=("shallow",)),
            "PARTIAL: nothing to review: A..B is empty; left out: shallow",
        ),
        (a_review(verdict="not reviewed", reasons=("a\x1b[2Jb\nc",)), r"not reviewed: a\x1b[2Jb\nc"),
    ],
)
def test_the_verdict_in_one_line(review: Review, expected: str) -> None:
    assert line(review) == expected


ERROR, WARNING, INFO = a_finding("error"), a_finding(), a_finding("info")
PARTIAL: dict[str, Any] = {"verdict": "partial", "reasons": ("big.py is too large",)}
FAILED: dict[str, Any] = {"verdict": "not reviewed", "reasons": ("git is missing",)}


@pytest.mark.parametrize(
    ("review", "fail_on", "strict", "code"),
    [
        (a_review(), "info", False, 0),
        (a_review(WARNING), "error", False, 0),
        (a_review(WARNING), "warning", False, 1),
        (a_review(WARNING), "info", False, 1),
        (a_review(INFO), "warning", False, 0),
        (a_review(ERROR), "never", False, 0),
        (a_review(ERROR), "never", True, 0),
        (a_review(folded("error", counts=True)), "warning", False, 1),
        (a_review(folded("error", counts=False)), "warning", False, 0),
        (a_review(**PARTIAL), "warning", False, 0),
        (a_review(WARNING, **PARTIAL), "warning", False, 1),
        (a_review(WARNING, **PARTIAL), "warning", True, 3),
        (a_review(**PARTIAL), "never", True, 3),
        (a_review(**FAILED), "never", False, 3),
        (a_review(WARNING, **FAILED), "warning", False, 3),
        (a_review(empty="nothing to review: A..B is empty"), "info", True, 0),
    ],
)
def test_the_exit_code(review: Review, fail_on: str, strict: bool, code: int) -> None:
    assert exit_code(review, fail_on, strict) == code


def test_an_unknown_threshold_is_refused() -> None:
    with pytest.raises(ValueError, match="fail_on is one of error, warning, info, never, not 'fatal'"):
        exit_code(a_review(), "fatal", strict=False)


def test_each_finding_is_held_against_the_threshold_of_its_own_path() -> None:
    """An override for a folder decides there; an option of the command line decides everywhere."""
    review = a_review(a_finding("warning"))
    lenient = replace(review, thresholds={review.findings[0].place.path: "error"})
    assert exit_code(review, None, strict=False) == 1
    assert exit_code(lenient, None, strict=False) == 0
    assert exit_code(lenient, "warning", strict=False) == 1
