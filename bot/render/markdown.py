"""A review as the text of a pull request comment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import dedent
from typing import Final

from ..model import Finding, Note, Place, Review
from . import verdict
from .escape import has_hidden
from .frame import excerpt
from .markup import code, fence, inline, links, prose, text
from .patch import is_one_stretch
from .places import by_file, fixed_path, label, source_of
from .words import plural

#: GitHub takes 65,536 characters a comment; the rest is for what a door adds.
MOST: Final = 60_000
# Room kept for what follows the findings, each part of which has its own bound below.
_AFTER_FINDINGS: Final = 20_000
_MOST_ITEMS: Final = 50
_LONGEST_ITEM: Final = 300
_MOST_EVIDENCE: Final = 3
_LONGEST_NOTE: Final = 2_000


def render(review: Review) -> str:
    """The review as GitHub Markdown of at most `MOST` characters: summary, findings by file, notes, verdict.

    Everything from code and from the model of others is escaped. Findings that do not fit are counted, never dropped
    in silence.
    """
    head = "\n".join(_summary(review))
    tail = "\n".join([*_after(review), f"**{_line(review)}**"])
    findings = "\n".join(_within(_findings(review), MOST - _AFTER_FINDINGS))
    return "\n\n".join(part for part in (head, findings, tail) if part) + "\n"


def _line(review: Review) -> str:
    return text(verdict.line(review))


def _summary(review: Review) -> Iterator[str]:
    titles = {"complete": "Mainstay", "partial": "Mainstay: a partial review", "not reviewed": "Mainstay: not reviewed"}
    yield f"## {titles[review.verdict]}"
    yield ""
    if review.verdict != "not reviewed":
        yield text(verdict.tally(review)) + "." * (not review.empty)
    if review.verdict != "complete":
        alert = "WARNING" if review.verdict == "partial" else "CAUTION"
        said = "Some of this change was left out:" if review.verdict == "partial" else "This change was not reviewed:"
        yield ""
        yield f"> [!{alert}]"
        yield f"> {said}"
        yield from (f"> {item}" for item in _said(review.reasons or ("no reason was given",)))


def _said(sentences: Iterable[str]) -> list[str]:
    """A bounded list of other people's sentences."""
    return _bulleted([inline(_short(sentence)) for sentence in sentences])


def _bulleted(items: list[str]) -> list[str]:
    more = [f"- … and {len(items) - _MOST_ITEMS} more"] if len(items) > _MOST_ITEMS else []
    return [f"- {item}" for item in items[:_MOST_ITEMS]] + more


def _short(said: str, most: int = _LONGEST_ITEM) -> str:
    return said if len(said) <= most else said[: most - 1] + "…"


def _details(summary: str, lines: Iterable[str]) -> list[str]:
    """Lines behind a summary, which is Markdown of ours. The blank lines let GitHub read Markdown inside."""
    return ["<details>", f"<summary>{summary}</summary>", "", *lines, "", "</details>", ""]


def _lesson(summary: str, said: str, references: Iterable[str]) -> list[str]:
    read_more = links(references)
    return _details(summary, [*prose(said), *(["", "Read more:", "", *read_more] if read_more else [])])


# --- findings ----------------------------------------------------------------------------------------------


def _findings(review: Review) -> Iterator[tuple[int, list[str]]]:
    """Blocks of lines, each with the number of findings in it."""
    taught: set[str] = set()
    for path, findings in by_file(review.shown).items():
        yield 0, [f"### {code(path)}", ""]
        for finding in findings:
            yield 1, list(_finding(review, finding, teach=finding.rule.id not in taught))
            taught.add(finding.rule.id)


def _within(blocks: Iterable[tuple[int, list[str]]], most: int) -> Iterator[str]:
    """The lines of the blocks that fit into `most` characters, and how many findings do not."""
    left_out = 0
    for count, lines in blocks:
        size = sum(map(len, lines)) + len(lines)
        if left_out or size > most:
            left_out += count
            # Once one does not fit, none follows: the order is the rank.
            most = 0
        else:
            most -= size
            yield from lines
    if left_out:
        yield f"{plural(left_out, 'more finding')} would not fit into this comment; `mainstay check` shows all."


def _finding(review: Review, finding: Finding, *, teach: bool) -> Iterator[str]:
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
    yield from _fix(review, finding)
    if teach:
        yield from _lesson("Why, and what to do", finding.rule.mentoring, finding.rule.references)


def _code(review: Review, place: Place, language: str) -> Iterator[str]:
    source = source_of(review, place)
    if source is not None and (lines := excerpt(source, place)):
        yield from fence(dedent(lines), language)
        yield ""


def _fix(review: Review, finding: Finding) -> Iterator[str]:
    """A suggestion where GitHub can apply one faithfully, else the patch."""
    fix = finding.fix
    if fix is None:
        return
    source = review.sources.get(fixed_path(finding))
    stretch = source is None or is_one_stretch(fix, source)
    suggested = stretch and not has_hidden(fix.replacement)
    lines = f"line {fix.start_line}" if fix.end_line == fix.start_line else f"lines {fix.start_line}-{fix.end_line}"
    yield f"Fix for {lines}: {inline(fix.title)}"
    yield ""
    yield from fence(fix.replacement, "suggestion") if suggested else fence(fix.patch.rstrip("\n"), "diff")
    yield ""


# --- what stands after the findings ------------------------------------------------------------------------


def _after(review: Review) -> Iterator[str]:
    for note in review.notes[: _MOST_ITEMS // 10]:
        yield from _note(note)
    if problems := _said(review.problems):
        yield from ["**To look at**", "", *problems, ""]
    folded = [finding for finding in review.findings if not finding.shown]
    if folded:
        yield from _details(f"Folded away: {plural(len(folded), 'finding')}", _bulleted(list(map(_folded, folded))))
    passed = [file for file in review.manifest.files if file.state == "passed over"]
    if passed:
        items = [f"{code(_short(file.path))}: {inline(_short(file.reason))}" for file in passed]
        yield from _details(f"Passed over: {plural(len(passed), 'file')}", _bulleted(items))


def _note(note: Note) -> list[str]:
    return _lesson(f"Worth knowing: {text(_short(note.title))}", _short(note.text, _LONGEST_NOTE), note.references)


def _folded(finding: Finding) -> str:
    counts = " (it still counts)" if finding.counts else ""
    where = f"{code(_short(label(finding.place)))} {finding.severity} {code(finding.rule.id)}"
    return f"{where}: {inline(_short(finding.reason))}{counts}"
