"""A review for people at a terminal: grouped by file, each finding with its code, the verdict in the last line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from ..model import Finding, Fix, Note, Place, Review
from . import summary, verdict
from .escape import defused, visible
from .frame import Row, frame
from .layout import ELLIPSIS, columns, cut, fold, wrap
from .patch import changed_lines
from .places import by_file, label, source_of
from .words import first_paragraph, first_sentence, plural

_CODES: Final = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "heading": "1",
    "quiet": "2",
    "removed": "31",
    "added": "32",
    "complete": "1;32",
    "alarm": "1;30;43",
    "failed": "1;37;41",
}
_INDENT: Final = "  "
# Line numbers stand at least this wide, so that the frames of most files line up.
_GUTTER: Final = 5
_MOST_FOLDED: Final = 10
# A longer fix is shown by `check --fix`; evidence beyond this is in the JSON form.
_LONGEST_FIX: Final = 12
_MOST_EVIDENCE: Final = 3
_LONGEST_NOTE: Final = 3
_NARROWEST: Final = 40

_Ink = Callable[[str, str], str]


class _Page(Struct, frozen=True):
    """What the parts of the output need to know: the review, its width in cells and how to colour a text."""

    review: Review
    width: int
    ink: _Ink

    def wrapped(self, text: str, first: str = _INDENT, rest: str | None = None) -> list[str]:
        """A text of anybody's, escaped and wrapped."""
        return wrap(visible(" ".join(text.split())), self.width, first=first, rest=first if rest is None else rest)


def _coloured(style: str, text: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def _plain(_style: str, text: str) -> str:
    return text


def render(review: Review, *, colour: bool, width: int = 80) -> str:
    """The review as lines of at most `width` cells, addresses and `path:line:column` excepted; the verdict is the last.

    With `colour`, ANSI colour codes are the only control characters besides line feeds; without it there are none.
    """
    page = _Page(review, max(width, _NARROWEST), _coloured if colour else _plain)
    sections = [
        *_files(page),
        *_summary(page),
        _folded(page),
        _notes(page),
        _problems(page),
        _passed_over(page),
        _left_out(page),
    ]
    lines = [line for section in sections if section for line in [*section, ""]]
    return "\n".join(map(defused, [*lines, _last_line(page)])) + "\n"


def _last_line(page: _Page) -> str:
    review = page.review
    text = verdict.line(review)
    if review.verdict == "complete":
        return page.ink("heading" if review.shown or review.empty else "complete", text)
    if review.verdict == "partial" and columns(text) > page.width:
        text = f"{verdict.partial(review)}; see above"
    return page.ink("alarm" if review.verdict == "partial" else "failed", cut(text, page.width))


# --- findings ----------------------------------------------------------------------------------------------


def _files(page: _Page) -> Iterator[list[str]]:
    taught: set[str] = set()
    for path, findings in by_file(page.review.shown).items():
        lines = [page.ink("heading", line) for line in page.wrapped(path, first="")]
        if len(findings) > 1:
            lines[-1] += page.ink("quiet", f" ({plural(len(findings), 'finding')})")
        for finding in findings:
            lines += ["", *_finding(page, finding, teach=finding.rule.id not in taught)]
            taught.add(finding.rule.id)
        yield lines


def _finding(page: _Page, finding: Finding, *, teach: bool) -> list[str]:
    head = f"{_INDENT}{page.ink(finding.severity, finding.severity)}  {visible(finding.rule.id)}"
    lines = [head, *page.wrapped(finding.message), "", *_code(page, finding)]
    if teach and (why := first_sentence(finding.rule.mentoring)):
        lines += page.wrapped(why, f"{_INDENT}why  ", f"{_INDENT}     ")
    if finding.fix is not None:
        lines += _fix(page, finding.fix)
    return lines


def _code(page: _Page, finding: Finding) -> Iterator[str]:
    """The frame of the place, of the call that now lacks its safeguard, and where the other evidence stands."""
    place, missing = finding.place, f"missing: {visible(finding.rule.safeguard)}"
    inside = f" in {visible(finding.symbol)}" if finding.symbol else ""
    if place.side == "before":
        yield from _framed(page, place, f"{inside} (deleted line)", finding.severity, sign="-")
        if finding.affected is None:
            yield from page.wrapped(missing)
    else:
        yield from _framed(page, place, inside, finding.severity, said=missing)
    if finding.affected is not None:
        yield from _framed(page, finding.affected, " now lacks it", finding.severity, said=missing, context=False)
    seen = {(shown.path, shown.line) for shown in (place, finding.affected) if shown}
    room = len(seen) + _MOST_EVIDENCE
    for evidence in finding.evidence:
        key = (evidence.place.path, evidence.place.line)
        if key not in seen and len(seen) < room:
            seen.add(key)
            yield page.ink("quiet", f"{_INDENT}see  {visible(label(evidence.place))}  {visible(evidence.label)}")


def _framed(
    page: _Page, place: Place, about: str, style: str, *, said: str = "", sign: str = "|", context: bool = True
) -> Iterator[str]:
    yield page.ink("quiet", f"{_INDENT}--> {visible(label(place))}{about}")
    source = source_of(page.review, place)
    gutter = max(_GUTTER, len(str(place.end_line + 1)) + 1)
    rows = () if source is None else frame(source, place, width=page.width - gutter - 3, context=context)
    for row in rows:
        yield from _row(page, row, gutter, style, said, sign)
    if not rows and said:
        yield from page.wrapped(said)


def _row(page: _Page, row: Row, gutter: int, style: str, said: str, sign: str) -> Iterator[str]:
    mark = sign if row.kind == "focus" else "|"
    head = page.ink("quiet", f"{row.number or '':>{gutter}} {mark} ")
    if row.kind != "caret":
        yield (head + (page.ink("removed", row.text) if mark == "-" else row.text)).rstrip()
        return
    beside = gutter + 3 + len(row.text) + 1 + columns(said) <= page.width
    yield head + page.ink(style, f"{row.text} {said}".rstrip() if beside else row.text)
    if said and not beside:
        # Under the caret where it fits there, else against the right edge.
        start = min(len(row.text) - len(row.text.lstrip()), max(0, page.width - gutter - 3 - columns(said)))
        yield from (head + page.ink(style, line) for line in wrap(said, page.width - gutter - 3, first=" " * start))


def _fix(page: _Page, fix: Fix) -> Iterator[str]:
    yield from page.wrapped(fix.title, f"{_INDENT}fix  ", f"{_INDENT}     ")
    lines = [(line.sign, line.number, line.text.expandtabs(4)) for line in changed_lines(fix.patch)]
    for sign, number, code in lines[:_LONGEST_FIX]:
        for index, piece in enumerate(fold(visible(code), page.width - _GUTTER - 3)):
            line = f"{'' if index else number:>{_GUTTER}} {sign} {piece}".rstrip()
            yield page.ink("added" if sign == "+" else "removed", line)
    if len(lines) > _LONGEST_FIX:
        rest = f"{plural(len(lines) - _LONGEST_FIX, 'more line')}: mainstay check --fix shows them"
        yield page.ink("quiet", f"{'':{_GUTTER}} … {rest}")


# --- what stands after the findings ------------------------------------------------------------------------


def _titled(page: _Page, style: str, title: str, items: Iterable[list[str]]) -> list[str]:
    lines = [line for item in items for line in item]
    return [page.ink(style, title), *lines] if lines else []


def _item(page: _Page, text: str) -> list[str]:
    return page.wrapped(text, f"{_INDENT}- ", f"{_INDENT}  ")


def _folded(page: _Page) -> list[str]:
    """One by one where few have the same reason, else by their number."""
    folded = [finding for finding in page.review.findings if not finding.shown]
    reasons = Counter(f.reason for f in folded)
    few = (
        f"{label(f.place)} {f.severity} {f.rule.id}: {f.reason}{' (it still counts)' if f.counts else ''}"
        for f in folded
        if reasons[f.reason] <= _MOST_FOLDED
    )
    many = (f"{plural(n, 'finding')}: {reason}" for reason, n in reasons.items() if n > _MOST_FOLDED)
    return _titled(page, "heading", f"Folded away ({len(folded)})", (_item(page, text) for text in [*few, *many]))


def _summary(page: _Page) -> list[list[str]]:
    if not summary.is_wanted(page.review):
        return []
    tables = (("By rule", summary.by_rule), ("By folder", summary.by_folder))
    return [
        _titled(page, "heading", title, ([cut(visible(row), page.width)] for row in rows(page.review)))
        for title, rows in tables
    ]


def _notes(page: _Page) -> list[str]:
    return _titled(page, "heading", "Worth knowing", (_note(page, note) for note in page.review.notes))


def _note(page: _Page, note: Note) -> list[str]:
    """The lesson's beginning, without the sentence that stands with the findings already, and where the rest is."""
    paragraph = first_paragraph(note.text)
    told = [first_sentence(finding.rule.mentoring) for finding in page.review.shown if finding.rule.id == note.rule]
    said = page.wrapped(paragraph.removeprefix(told[0] if told else ""), _INDENT * 2)
    if len(said) > _LONGEST_NOTE:
        last = said[_LONGEST_NOTE - 1]
        fits = columns(last) + 2 <= page.width
        said[_LONGEST_NOTE - 1 :] = [f"{last if fits else last.rpartition(' ')[0]} {ELLIPSIS}"]
    more = [f"mainstay rules show {visible(note.rule)}", *map(visible, note.references[:1])]
    quiet = [page.ink("quiet", f"{_INDENT * 2}{line}") for line in more]
    return [*_item(page, note.title), *(line for line in said if line.strip()), *quiet]


def _problems(page: _Page) -> list[str]:
    return _titled(page, "warning", "To look at", (_item(page, problem) for problem in page.review.problems))


def _passed_over(page: _Page) -> list[str]:
    """By reason: one file by its name, more by their number."""
    reasons: dict[str, list[str]] = {}
    for file in page.review.manifest.files:
        if file.state == "passed over":
            reasons.setdefault(file.reason, []).append(file.path)
    said = [f"{p[0] if len(p) == 1 else plural(len(p), 'file')} ({reason})" for reason, p in reasons.items()]
    if not said:
        return []
    return [page.ink("quiet", line) for line in page.wrapped(f"Passed over: {', '.join(said)}", first="")]


def _left_out(page: _Page) -> list[str]:
    titles = {"complete": "", "partial": "PARTIAL REVIEW: this was left out", "not reviewed": "NOT REVIEWED"}
    if page.review.verdict == "complete":
        return []
    return _titled(page, "alarm", titles[page.review.verdict], (_item(page, reason) for reason in page.review.reasons))
