"""A review as the text of a pull request comment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from textwrap import dedent
from typing import Final

from msgspec import Struct

from ..model import Finding, Note, Place, Review
from . import verdict
from .escape import has_hidden
from .frame import excerpt
from .markup import code, fence, inline, links, prose, text
from .patch import is_one_stretch
from .places import by_file, fixed_path, label, source_of
from .words import first_sentence, plural

#: GitHub takes 65,536 characters a comment; the rest is for what a door adds.
MOST: Final = 60_000
# Characters for each list and for the notes; the findings have what these leave.
_LIST: Final = 4_000
_NOTES: Final = 14_000
_LONGEST_ITEM: Final = 300
_MOST_EVIDENCE: Final = 3
_MORE: Final = "{} would not fit into this comment; `mainstay check` shows all."

_TITLES: Final = {
    "complete": "Mainstay",
    "partial": "Mainstay: a partial review",
    "not reviewed": "Mainstay: not reviewed",
}


class Elsewhere(Struct, frozen=True):
    """What of a review stands in comments of its own: fingerprints of the findings `told` there, and of those `over` the most of them.

    `fixed` is how many that were told before are gone.
    """

    told: Collection[str] = ()
    over: Collection[str] = ()
    fixed: int = 0


def render(review: Review, elsewhere: Elsewhere | None = None) -> str:
    """The review as GitHub Markdown of at most `MOST` characters: summary, findings by file, notes, verdict.

    What stands elsewhere is only counted, what is over the most of that is folded, and fixes come as patches, since a suggestion can be
    applied beside its lines alone. All that others wrote is escaped, and does nothing. What does not fit is counted, never dropped in
    silence.
    """
    head = "\n".join(_summary(review, whole=elsewhere is None))
    last = [f"**{text(short(verdict.line(review)))}**"] if elsewhere is None else []
    tail = "\n".join([*_lessons(review, folded=elsewhere is not None), *_after(review), *last]).rstrip("\n")
    room = MOST - len(head) - len(tail) - 2 * _LONGEST_ITEM
    told = frozenset(elsewhere.told if elsewhere else ())
    later = frozenset(elsewhere.over if elsewhere else ()) - told
    over = [f for f in review.shown if f.fingerprint in later]
    here = [f for f in review.shown if f.fingerprint not in told | later]
    blocks = (*_counted(review, elsewhere), *_findings(review, here, suggest=elsewhere is None))
    findings = "\n".join(_fitting(blocks, room, "more finding", _MORE)).rstrip("\n")
    folded = "\n".join(_over(review, over, room - len(findings)))
    return "\n\n".join(part for part in (head, findings, folded, tail) if part) + "\n"


def _summary(review: Review, *, whole: bool) -> Iterator[str]:
    """The beginning; where the text is not the `whole` review, it has the verdict too, which ends the whole one."""
    yield f"## {_TITLES[review.verdict]}"
    if review.verdict != "not reviewed":
        complete = review.verdict == "complete" and not whole and not review.empty
        yield ""
        yield "Complete: " * complete + text(short(verdict.tally(review))) + "." * (not review.empty)
    if review.verdict != "complete":
        yield ""
        yield f"> [!{'WARNING' if review.verdict == 'partial' else 'CAUTION'}]"
        yield "> " + ("This was left out:" if review.verdict == "partial" else "This change was not reviewed:")
        yield from (f"> {item}" for item in _said(review.reasons or ("no reason was given",)))


# --- lists and details, each of a bounded size -------------------------------------------------------------


def short(said: str, most: int = _LONGEST_ITEM) -> str:
    """The text, cut with an ellipsis where it is longer than that."""
    return said if len(said) <= most else said[: most - 1] + "…"


def _fitting(blocks: Iterable[list[str]], most: int, noun: str, more: str = "- … and {}") -> Iterator[str]:
    """The lines of the first blocks that fit into `most` characters, and how many blocks do not."""
    left_out = 0
    for lines in blocks:
        size = sum(map(len, lines)) + len(lines)
        if left_out or size > most:
            # Once one does not fit none follows, because their order is their rank.
            left_out += 1
        else:
            most -= size
            yield from lines
    if left_out:
        yield more.format(plural(left_out, noun))


def _bulleted(items: Iterable[str]) -> list[str]:
    return list(_fitting(([f"- {item}"] for item in items), _LIST, "more item"))


def _said(sentences: Iterable[str]) -> list[str]:
    """A list of other people's sentences."""
    return _bulleted(inline(short(sentence)) for sentence in sentences)


def _details(summary: str, lines: Iterable[str]) -> list[str]:
    """Lines behind a summary, which is Markdown of ours. The blank lines let GitHub read Markdown inside."""
    return ["<details>", f"<summary>{summary}</summary>", "", *lines, "", "</details>", ""]


def _taught(summary: str, said: str, references: Iterable[str]) -> list[str]:
    read_more = links(references)
    return _details(summary, [*prose(said), *(["", "Read more:", "", *read_more] if read_more else [])])


# --- findings ----------------------------------------------------------------------------------------------


def _counted(review: Review, elsewhere: Elsewhere | None) -> Iterator[list[str]]:
    """How many findings are told elsewhere, how many of those are fixed, and why the others stand here."""
    if elsewhere is None:
        return
    told = [f for f in review.shown if f.fingerprint in elsewhere.told]
    if told:
        yield [f"{plural(len(told), 'finding')} beside {'its line' if len(told) == 1 else 'their lines'}.", ""]
    if elsewhere.fixed:
        yield [f"{plural(elsewhere.fixed, 'finding')} told before {'is' if elsewhere.fixed == 1 else 'are'} fixed.", ""]
    somewhere = frozenset((*elsewhere.told, *elsewhere.over))
    if any(f.fingerprint not in somewhere for f in review.shown):
        yield ["GitHub takes no comment at the places of these:", ""]


def _over(review: Review, findings: Sequence[Finding], room: int) -> list[str]:
    """The findings past the most that stand in comments of their own, folded."""
    if not findings:
        return []
    said = f"{plural(len(findings), 'more finding')}: only the most severe stand beside their lines"
    more = _fitting(_findings(review, findings, suggest=False), room - len(said) - _LONGEST_ITEM, "more finding", _MORE)
    return _details(said, more)


def _findings(review: Review, findings: Iterable[Finding], *, suggest: bool) -> Iterator[list[str]]:
    """A block of lines for each finding; a file's first one begins with the file's name."""
    taught: set[str] = set()
    for path, those in by_file(findings).items():
        heading = [f"### {code(path)}", ""]
        for finding in those:
            yield [
                *heading,
                *finding_lines(review, finding, suggest=suggest),
                *([] if finding.rule.id in taught else why_lines(review, finding)),
            ]
            heading = []
            taught.add(finding.rule.id)


def finding_lines(review: Review, finding: Finding, *, suggest: bool = True) -> Iterator[str]:
    """What is said of one finding in the text of a whole review."""
    where = f"line {finding.place.line}" + (" before the change" if finding.place.side == "before" else "")
    inside = f" in {code(finding.symbol)}" if finding.symbol else ""
    yield f"**{finding.severity}** {code(finding.rule.id)} · {where}{inside}"
    yield ""
    yield inline(finding.message)
    yield ""
    yield from _code(review, finding.place, finding.language)
    yield f"Missing: {inline(finding.rule.safeguard)}."
    yield ""
    if finding.affected is not None:
        yield f"It is the call at {code(label(finding.affected))} that now lacks it:"
        yield ""
        yield from _code(review, finding.affected, finding.language)
    others = [evidence for evidence in finding.evidence if evidence.place.line != finding.place.line]
    if others:
        yield from [f"- {code(label(e.place))} {inline(e.label)}" for e in others[:_MOST_EVIDENCE]]
        yield ""
    yield from fix_lines(review, finding, suggest=suggest)


def _code(review: Review, place: Place, language: str) -> Iterator[str]:
    source = source_of(review, place)
    if source is not None and (lines := excerpt(source, place)):
        yield from fence("\n".join(map(short, dedent(lines).split("\n"))), language)
        yield ""


def is_suggestion(review: Review, finding: Finding) -> bool:
    """True for a fix that GitHub can apply faithfully from a suggestion: one stretch of lines without hidden characters."""
    fix = finding.fix
    if fix is None:
        return False
    source = review.sources.get(fixed_path(finding))
    return (source is None or is_one_stretch(fix, source)) and not has_hidden(fix.replacement)


def fix_lines(review: Review, finding: Finding, *, suggest: bool = True) -> Iterator[str]:
    """The fix: a suggestion where GitHub can apply one and `suggest` allows it, else the patch."""
    fix = finding.fix
    if fix is None:
        return
    suggested = suggest and is_suggestion(review, finding)
    lines = f"line {fix.start_line}" if fix.end_line == fix.start_line else f"lines {fix.start_line}-{fix.end_line}"
    yield f"Fix for {lines}: {inline(fix.title)}"
    yield ""
    yield from fence(fix.replacement, "suggestion") if suggested else fence(fix.patch.rstrip("\n"), "diff")
    yield ""


def why_lines(review: Review, finding: Finding) -> list[str]:
    """The reason in a sentence, where a note tells the rest, else the whole lesson."""
    rule = finding.rule
    if any(note.rule == rule.id for note in review.notes):
        return [f"Why: {inline(short(first_sentence(rule.mentoring)))}", ""] if rule.mentoring.strip() else []
    return _taught("Why, and what to do", rule.mentoring, rule.references)


# --- what stands after the findings ------------------------------------------------------------------------


def _lessons(review: Review, *, folded: bool) -> Iterator[str]:
    """The notes, each behind its title; `folded` puts several behind one line."""
    more = "{}: `mainstay rules show` tells each.\n"
    together = folded and len(review.notes) > 1
    notes = (_lesson("" if together else "Worth knowing: ", note) for note in review.notes)
    lines = _fitting(notes, _NOTES, "more lesson", more)
    yield from _details(f"Worth knowing: {plural(len(review.notes), 'lesson')}", lines) if together else lines


def _after(review: Review) -> Iterator[str]:
    if problems := _said(review.problems):
        yield from ["**To look at**", "", *problems, ""]
    folded = [finding for finding in review.findings if not finding.shown]
    if folded:
        yield from _details(f"Folded away: {plural(len(folded), 'finding')}", _bulleted(map(_folded, folded)))
    passed = [file for file in review.manifest.files if file.state == "passed over"]
    if passed:
        items = (f"{code(short(file.path))}: {inline(short(file.reason))}" for file in passed)
        yield from _details(f"Passed over: {plural(len(passed), 'file')}", _bulleted(items))


def _lesson(lead: str, note: Note) -> list[str]:
    return _taught(f"{lead}{text(short(note.title))}", note.text, note.references)


def _folded(finding: Finding) -> str:
    counts = " (it still counts)" if finding.counts else ""
    where = f"{code(short(label(finding.place)))} {finding.severity} {code(finding.rule.id)}"
    return f"{where}: {inline(short(finding.reason))}{counts}"
