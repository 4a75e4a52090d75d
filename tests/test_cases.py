"""Whole changes with the review expected: each folder of `tests/cases` holds `before`, `after` and `expected.txt`.

The expectation has a line a finding, ranked: severity, rule, path, line and side, symbol; then what it affects or why it is folded; and the
verdict in the last line.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.git import read_change
from bot.entry.trusted import kit_for
from bot.model import Finding, Place, Review
from bot.render.verdict import line as verdict_line
from bot.service import Options, review
from tests.repository import Repository

CASES = sorted(p for p in (Path(__file__).parent / "cases").iterdir() if p.is_dir())


def _lay_out(repository: Repository, folder: Path, message: str) -> str:
    kept = {
        f.relative_to(folder).as_posix(): f.read_text(encoding="utf-8")
        for f in sorted(folder.rglob("*"))
        if f.is_file()
    }
    gone = {name: None for name in repository.run("ls-files").split("\n") if name and name not in kept}
    return repository.commit({**kept, **gone}, message)


def _said(place: Place) -> str:
    return f"{place.path}:{place.line}{' (deleted)' if place.side == 'before' else ''}"


def told(finding: Finding) -> str:
    """A finding on one line."""
    affected = f" affects {_said(finding.affected)}" if finding.affected else ""
    folded = f" folded: {finding.reason}" if not finding.shown else ""
    return f"{finding.severity} {finding.rule.id} {_said(finding.place)} in {finding.symbol or 'the file'}{affected}{folded}"


def judged(repository: Repository, base: str, head: str) -> Review:
    """The review of a committed range, as `mainstay check` makes it."""
    change = read_change(repository.path, base=base, head=head, staged=False, paths=())
    return review(change, kit_for(repository.path, None, change, None), Options("2026-11-24", lambda: 0.0))


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_a_change_gets_the_review_expected(case: Path, repo: Repository) -> None:
    """The review of a whole change, finding by finding."""
    base = _lay_out(repo, case / "before", "before")
    head = _lay_out(repo, case / "after", "after")
    result = judged(repo, base, head)
    text = "\n".join([*(told(f) for f in result.findings), *result.problems, verdict_line(result)]) + "\n"
    assert text == (case / "expected.txt").read_text(encoding="utf-8"), f"got:\n{text}"
