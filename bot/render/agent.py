"""A review for coding agents: the verdict's word first, then one finding a line with its fix, without colour.

Tokens are dear, so a line stays under 120 of them, taking 3.2 bytes for one. What does not fit ends in an ellipsis; the
whole is in the JSON form.
"""

from __future__ import annotations

from textwrap import dedent
from typing import Final

from ..model import Finding, Fix, Review
from . import verdict
from .escape import defused, visible
from .layout import cut_bytes
from .patch import changed_lines
from .places import label

#: Bytes that one line may take: 119 tokens.
LINE: Final = int(119 * 3.2)
# How a line is shared where it is too short: the fix has at least this much, the place and the rule at most this much.
_FIX: Final = 160
_PLACE: Final = 130
_RULE: Final = 60


def render(review: Review) -> str:
    """The verdict's word with the counts, what was left out, a line a finding, then what is folded and the problems."""
    folded = [finding for finding in review.findings if not finding.shown]
    lines = [
        verdict.line(review) if review.verdict == "not reviewed" else f"{review.verdict} {verdict.tally(review)}",
        *(f"reason: {reason}" for reason in review.reasons),
        *map(_finding, review.shown),
        *(f"folded: {_head(finding)}: {finding.reason}" for finding in folded),
        *(f"problem: {problem}" for problem in review.problems),
    ]
    return "".join(cut_bytes(defused(visible(line)), LINE) + "\n" for line in lines)


def _head(finding: Finding) -> str:
    place = label(finding.place)
    if len(place.encode()) > _PLACE:
        place = "…" + place[-(_PLACE // 4) :]
    side = " (deleted line)" if finding.place.side == "before" else ""
    return f"{place}{side} {finding.severity} {cut_bytes(finding.rule.id, _RULE)}"


def _finding(finding: Finding) -> str:
    head = visible(_head(finding))
    tail = f" | fix {_fix(finding.fix)}" if finding.fix else f" | missing: {finding.rule.safeguard}"
    tail = visible(tail)
    if finding.affected is not None:
        where = label(finding.affected)
        head += f" affects {visible(where.removeprefix(f'{finding.place.path}:'))}"
    room = LINE - len(head.encode()) - len(": ")
    message = cut_bytes(visible(finding.message), room - min(len(tail.encode()), _FIX))
    return f"{head}: {message}{cut_bytes(tail, room - len(message.encode()))}"


def _fix(fix: Fix) -> str:
    """The new text of the fix's lines on one line, with their indentation: `42-43: first ⏎     second`."""
    lines = f"{fix.start_line}-{fix.end_line}" if fix.end_line > fix.start_line else f"{fix.start_line}"
    if not any(line.sign == "+" for line in changed_lines(fix.patch)):
        return f"{lines}: delete"
    return f"{lines}: " + " ⏎ ".join(line.rstrip() for line in dedent(fix.replacement).split("\n"))
