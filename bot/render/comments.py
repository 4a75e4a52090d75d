"""A review as comments of a pull request: beside lines or on files, answers to what is fixed, and the one that sums it up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from ..markers import Markers, word_of
from ..model import ChangeSet, FileChange, Finding, Hunk, Place, Review
from ..ports import Comment, Ending, Plan, Told
from . import markdown
from .markup import code, inline, text
from .places import fixed_path, label

#: Lines around a hunk that a pull request's page shows, and takes comments on.
_CONTEXT: Final = 3
#: Lines of a longer place say no more beside the page than its first one.
_TALLEST: Final = 12
_MOST_EVIDENCE: Final = 3
_LONGEST: Final = 2_000
_NOTE_BEGINS, _NOTE_ENDS = "<!-- mainstay note -->", "<!-- end of note -->"
_NOTE: Final = re.compile(rf"\A{_NOTE_BEGINS}.*?{_NOTE_ENDS}\n*", re.DOTALL)
#: Why a rule did not run that would have found nothing; why a file was not read in which there is nothing left to find.
_IDLE: Final = "no file in its languages"
_UNCHANGED: Final = ("deleted", "unchanged text")


# --- what is to be said --------------------------------------------------------------------------------------------


def plan(review: Review, change: ChangeSet, most: int, markers: Markers, *, fixes: bool = False) -> Plan:
    """At most `most` comments, in the review's order, for the findings in files of the change; which others there are.

    With `fixes`, there is a comment more for each fix that GitHub can commit and that would not be among these.
    """
    files = {path: file for file in change.files for path in (file.old_path, file.path) if path is not None}
    made = [(f, c) for f in review.shown if (c := _comment(review, f, files, markers)) is not None]
    brings = {f.fingerprint for f, _ in made if _lines_for(review, f, files[f.place.path].hunks)[2]}
    committable = [c for f, _ in made if (c := _suggestion(review, f, files, markers)) is not None]
    apart = tuple(c for c in committable if c.fingerprint not in brings)
    first, rest = [c for _, c in made[:most]], [c for _, c in made[most:]]
    later = [c for c in rest if c.fingerprint in brings]
    if not fixes:
        return Plan(tuple(first), tuple(c.fingerprint for c in rest), offers=len(apart) + len(later))
    spare = tuple(c for c in committable if c.fingerprint in brings)
    over = tuple(c.fingerprint for c in rest if c.fingerprint not in brings)
    return Plan((*first, *later), over, apart, spare)


def paused(markers: Markers, standing: str, why: str, how: str) -> str:
    """The comment that sums up, `standing` as it is now ("" for none), with a note on top that no more is reviewed, and why."""
    rest = _NOTE.sub("", standing.partition("\n")[2], count=1)
    note = f"{_NOTE_BEGINS}\n> [!NOTE]\n> No newer commits are reviewed: {text(why)}. {text(how)}\n{_NOTE_ENDS}"
    return f"{markers.make('summary')}\n{note}\n\n{rest}".rstrip("\n") + "\n"


def summary(review: Review, markers: Markers, told: Collection[str], over: Collection[str] = (), fixed: int = 0) -> str:
    """The comment that sums the review up, shorter than GitHub's limit.

    `told` are the fingerprints of the findings that stand in comments of their own, `over` those past the most of these; `fixed` is how
    many that were told before are gone.
    """
    return f"{markers.make('summary')}\n{markdown.render(review, markdown.Elsewhere(told, over, fixed))}"


def _comment(review: Review, finding: Finding, files: Mapping[str, FileChange], markers: Markers) -> Comment | None:
    """The comment for one finding, None where its file is not in the change."""
    place = finding.place
    file = files.get(place.path)
    if file is None:
        return None
    start, line, suggest = _lines_for(review, finding, file.hunks)
    return Comment(
        path=file.path,  # on either side GitHub knows a file by its new name
        start_line=start,
        line=line,
        side=place.side,
        body=_body(review, finding, markers, suggest=suggest),
        fingerprint=finding.fingerprint,
        on_file=_body(review, finding, markers, suggest=False, where=f"At {_spot(finding)}."),
    )


def _suggestion(review: Review, finding: Finding, files: Mapping[str, FileChange], markers: Markers) -> Comment | None:
    """The comment that suggests the fix of a finding, on the lines that it replaces; None where GitHub takes or commits none there."""
    fix, file = finding.fix, files.get(fixed_path(finding))
    if fix is None or file is None or not markdown.is_suggestion(review, finding):
        return None
    if not _is_shown(fix.start_line, fix.end_line, "after", file.hunks):
        return None
    marker = markers.make("suggestion", finding.fingerprint, word_of(finding.rule.id))
    told = f"For {code(finding.rule.id)} at {code(markdown.short(label(finding.place)))}."
    body = "\n".join([marker, told, "", *markdown.fix_lines(review, finding)]).rstrip("\n")
    if len(body) > markdown.MOST:
        return None
    return Comment(file.path, fix.start_line, fix.end_line, "after", body, finding.fingerprint, "")


def _lines_for(review: Review, finding: Finding, hunks: Iterable[Hunk]) -> tuple[int, int, bool]:
    """First and last line of a comment, zeros where the page shows none; whether a suggestion can replace just these."""
    place, fix = finding.place, finding.fix
    if not _is_shown(place.line, place.line, place.side, hunks):
        return 0, 0, False
    if (
        fix is not None
        and finding.affected is None
        and place.side == "after"
        and markdown.is_suggestion(review, finding)
        and _is_shown(fix.start_line, fix.end_line, "after", hunks)
    ):
        return fix.start_line, fix.end_line, True
    tall = place.end_line - place.line >= _TALLEST
    end = place.line if tall or not _is_shown(place.line, place.end_line, place.side, hunks) else place.end_line
    return place.line, end, False


def _is_shown(first: int, last: int, side: str, hunks: Iterable[Hunk]) -> bool:
    """True when one hunk, with the lines around it, has all of these lines; on the left side deleted ones alone."""
    for hunk in hunks:
        start, count = (hunk.new_start, hunk.new_count) if side == "after" else (hunk.old_start, hunk.old_count)
        begin = start if count else start + 1  # where nothing stands, the place is behind the line before
        around = _CONTEXT if side == "after" else 0
        if begin - around <= first <= last < begin + count + around:
            return True
    return False


# --- texts ---------------------------------------------------------------------------------------------------------


def _body(review: Review, finding: Finding, markers: Markers, *, suggest: bool, where: str = "") -> str:
    """What is said of one finding, shorter than GitHub's limit: what does not fit is left out with a word."""
    head = "\n".join(_head(finding, markers, where))
    fix = "\n".join(markdown.fix_lines(review, finding, suggest=suggest))
    why = "\n".join(markdown.why_lines(review, finding))
    if len(head) + len(fix) > markdown.MOST:
        fix = "Its fix is too long for a comment: `mainstay check --format patch` writes it.\n"
    if len(head) + len(fix) + len(why) > markdown.MOST:
        why = f"Why, and what to do: `mainstay rules show` tells it of {code(finding.rule.id)}.\n"
    return "\n".join(part for part in (head, fix, why) if part).rstrip("\n")


def _head(finding: Finding, markers: Markers, where: str) -> Iterable[str]:
    yield markers.make("finding", finding.fingerprint, word_of(finding.rule.id))
    yield f"**{finding.severity}** {code(finding.rule.id)} · missing: {inline(markdown.short(finding.rule.safeguard))}"
    yield ""
    if where:
        yield where
        yield ""
    yield inline(markdown.short(finding.message, _LONGEST))
    yield ""
    if finding.affected is not None:
        yield f"It is the call at {_other_place(finding, finding.affected)} that now lacks it."
        yield ""
    others = [e for e in finding.evidence if e.place.line != finding.place.line][:_MOST_EVIDENCE]
    yield from (f"- {_other_place(finding, e.place)}: {inline(markdown.short(e.label))}" for e in others)
    if others:
        yield ""


def _other_place(finding: Finding, place: Place) -> str:
    """A place besides the finding's own: its line where it is in the same file."""
    if place.path != finding.place.path:
        return code(markdown.short(label(place)))
    before = " before the change" if place.side == "before" else ""
    return f"line {place.line}{before}"


def _spot(finding: Finding) -> str:
    place = finding.place
    before = " before the change" if place.side == "before" else ""
    return f"line {place.line}{before}" + (f" in {code(markdown.short(finding.symbol))}" if finding.symbol else "")


# --- what is fixed -------------------------------------------------------------------------------------------------


def answer(review: Review, markers: Markers, thread: Told, known: Collection[str]) -> Ending | None:
    """The answer to a thread whose finding the rule no longer makes, None for one that goes on or can't be judged.

    `known` are the findings that were told before this head: where another is the same rule's in the same file, the code may have been
    edited or moved and not mended, and nothing is said to be fixed.
    """
    if not _is_gone(review, thread):
        return None
    head = review.manifest.head
    if any(f.fingerprint not in known and _follows(review, f, thread) for f in review.shown):
        said = f"No longer here in {head}, but the same rule has a new finding in this file: it may be this one, moved or edited."
        return Ending("replaced", f"{markers.make('replaced', thread.fingerprint, head)}\n{said}")
    return Ending("fixed", f"{markers.make('fixed', thread.fingerprint, head)}\nFixed in {head}.")


def _follows(review: Review, finding: Finding, thread: Told) -> bool:
    """True where a finding may be what became of the one that a thread tells of."""
    is_there = any(file.path == thread.path for file in review.manifest.files)
    return word_of(finding.rule.id) == thread.rule and (finding.place.path == thread.path or not is_there)


def _is_gone(review: Review, thread: Told) -> bool:
    """True where the rule was held against the file at this head and does not make the finding, shown or folded."""
    told_here = (
        thread.since == review.manifest.head
    )  # the code is the same: it was its base that has changed, or the settings
    if told_here or any(f.fingerprint == thread.fingerprint for f in review.findings):
        return False
    rule = next((r for r in review.manifest.rules if word_of(r.id) == thread.rule), None)
    if rule is None or (rule.state != "ran" and rule.reason != _IDLE):
        return False
    file = next((f for f in review.manifest.files if f.path == thread.path), None)
    if file is None:  # it is as it was before the change again, or not there: known of a whole review alone
        return review.verdict == "complete"
    return file.state == "read" or file.reason in _UNCHANGED
