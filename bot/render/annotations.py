"""A review as GitHub workflow commands: annotations beside the lines of a pull request, without any permission.

Syntax and escaping: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands and
https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
"""

from __future__ import annotations

from typing import Final

from ..model import Finding, Review, Severity
from . import verdict
from .escape import visible
from .patch import changed_lines
from .places import on_after_side
from .words import first_sentence

#: GitHub shows this many annotations of a level and step
#: (https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations).
MOST: Final = 10

_LEVELS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "notice"}


def render(review: Review) -> str:
    """A command a line: an alarm where the review is not complete, the shown findings in their order, the verdict.

    Of each level there are at most as many as GitHub shows; the verdict, always the last notice, says how many were
    cut.
    """
    alarm = _alarm(review)
    # The alarm and the verdict must be seen, so each has a place kept for it.
    room = {"error": MOST, "warning": MOST, "notice": MOST - 1}
    if alarm:
        room["error" if review.verdict == "not reviewed" else "warning"] -= 1
    lines, cut = [], 0
    for finding in review.shown:
        level = _LEVELS[finding.severity]
        if room[level]:
            room[level] -= 1
            lines.append(_annotation(review, finding, level))
        else:
            cut += 1
    return "\n".join([*alarm, *lines, _verdict(review, cut)]) + "\n"


def _command(level: str, properties: dict[str, str], lines: list[str]) -> str:
    """One workflow command; every text is escaped, and the message keeps its lines."""
    said = ",".join(f"{key}={_property(visible(value))}" for key, value in properties.items())
    return f"::{level} {said}::" + _data("\n".join(map(visible, lines)))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _annotation(review: Review, finding: Finding, level: str) -> str:
    place, moved = on_after_side(review, finding)
    properties = {"file": place.path, "line": str(place.line), "endLine": str(place.end_line)}
    if place.end_line == place.line:
        # The runner refuses columns over several lines.
        properties["col"] = str(place.column)
    return _command(level, properties | {"title": finding.rule.id}, said(finding, moved))


def said(finding: Finding, moved: str) -> list[str]:
    """What an annotation says of a finding, in lines; `moved` says so where it stands at another place than the finding."""
    lines = [finding.message, moved, f"Missing: {finding.rule.safeguard}.", first_sentence(finding.rule.mentoring)]
    if finding.fix is not None:
        lines += [f"Fix: {finding.fix.title}", *(f"{c.sign} {c.text}" for c in changed_lines(finding.fix.patch))]
    return [line for line in lines if line]


def _alarm(review: Review) -> list[str]:
    if review.verdict == "complete":
        return []
    level = "error" if review.verdict == "not reviewed" else "warning"
    title = "Mainstay did not review this" if level == "error" else "Mainstay reviewed only a part of this"
    return [_command(level, {"title": title}, list(review.reasons) or [verdict.line(review)])]


def _verdict(review: Review, cut: int) -> str:
    said = [verdict.line(review), *review.problems]
    if cut:
        said.insert(1, f"{cut} more are not annotated: GitHub shows {MOST} of each level.")
    return _command("notice", {"title": "Mainstay"}, said)
