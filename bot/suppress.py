"""Suppression comments: `mainstay: allow RULE [until 2027-03-31] because REASON`.

RULE is an id (`timeout/http-call-without-deadline`) or a family (`timeout/*`). A comment behind code holds for its own
line, one that begins its line for the line after it and after the comments that follow it directly. Only comments are
read, so a string that looks like one never counts.

A suppression that the change itself adds is honoured openly (or not at all, as the configuration says); one that the
before side has already is silent. Nothing is dropped: a silenced finding is folded away with the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple, get_args

from msgspec import Struct, field
from msgspec.structs import replace

from .model import Finding, Hunk
from .strict import quote, suggest

Mode = Literal["trust", "show", "ignore"]

MODES: Final[tuple[Mode, ...]] = get_args(Mode)
GRAMMAR: Final = "mainstay: allow RULE [until YYYY-MM-DD] because REASON"
_MARK: Final = "mainstay:"
_OPENINGS: Final = " \t/*#-;!<"  # what may stand before the mark: a comment's opening, the star that begins its line
_CLOSING: Final = re.compile(r"\s*(?:\*+/|-->)\s*$")
_VERBS: Final = ("allow", "disable", "ignore", "off", "silence", "skip", "suppress")
_RULE: Final = re.compile(r"[a-z0-9][a-z0-9-]*/(?:[a-z0-9][a-z0-9-]*|\*)")
_DATE: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_LONGEST: Final = 500  # characters of one suppression that are read


class Comment(NamedTuple):
    """A comment of a file: its first and last line (1-based), its text with or without the marks that make it a
    comment, and whether nothing but blanks stands before it on its first line.
    """

    line: int
    end_line: int
    text: str
    own_line: bool


class Suppression(Struct, frozen=True):
    """One suppression. It stands in the comment on `line`..`end_line` and holds for the lines in `covers` (1-based).

    `until` is the last day on which it holds ("2027-03-31", "" for always). `problem` says in a few words why it does
    not count, "" when it does. What could not be read is "".
    """

    rule: str
    until: str
    reason: str
    line: int
    end_line: int
    covers: tuple[int, ...]
    problem: str = ""

    def holds_for(self, rule: str) -> bool:
        """Whether it speaks of the rule with this id."""
        return self.rule in (rule, _family(rule))


class Silences(Struct, frozen=True):
    """All that decides about suppressions in one file.

    `after` and `before` are the suppressions of the two sides, `hunks` what the change does to the file: a scan, which
    has one side only, gives it twice. `starts` maps a line to the line on which its statement begins, where
    that is another one. With `complete` False the file was read in part, and nothing in it is called unused. `off` are
    the ids of the rules that are off for this file: their suppressions are not unused either.
    """

    after: tuple[Suppression, ...]
    before: tuple[Suppression, ...] = ()
    hunks: tuple[Hunk, ...] = ()
    starts: Mapping[int, int] = field(default_factory=dict)
    mode: Mode = "show"
    complete: bool = True
    off: Collection[str] = ()


class Known(Struct, frozen=True):
    """What a suppression is held against: the ids of all rules, those that did not fail, the day ("2027-03-31")."""

    rules: Collection[str]
    ran: Collection[str]
    today: str


def parse(comments: Iterable[Comment]) -> tuple[Suppression, ...]:
    """The suppressions among all the comments of one file, in order; bad ones too, with their `problem`."""
    comments = list(comments)
    following = _following(comments)
    found = []
    for comment in comments:
        if _MARK in comment.text:
            for line in comment.text.splitlines():
                suppression = _parse_line(line, comment, following)
                if suppression is not None:
                    found.append(suppression)
    return tuple(found)


def apply(
    findings: Sequence[Finding], silences: Mapping[str, Silences], known: Known, present: Sequence[Finding] = ()
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings, silenced ones folded away, and sentences about suppressions that do not hold or help.

    `findings` are those that the change introduces, `silences` all the files read, by path. `present` are the other
    findings of the after side: a suppression that silences one of those is not unused.
    """
    judges = {path: _Judge(path, silence, known) for path, silence in silences.items()}
    judged = []
    for finding in findings:
        judge = judges.get(_path(finding))
        judged.append(judge.judge(finding) if judge else finding)
    for finding in present:
        if judge := judges.get(_path(finding)):
            judge.matching(finding)
    problems = [problem for path in sorted(judges) for problem in judges[path].problems()]
    return tuple(judged), tuple(problems)


class _Judge:
    """Decides about one file, and remembers which suppressions were of use."""

    def __init__(self, path: str, silences: Silences, known: Known) -> None:
        self.path = path
        self.silences = silences
        self.known = known
        self.faults = [_fault(suppression, known) for suppression in silences.after]
        self.old = _standing_before(silences)
        self.by_line: dict[int, list[int]] = {}
        for position, suppression in enumerate(silences.after):
            if not self.faults[position]:
                for line in suppression.covers:
                    self.by_line.setdefault(line, []).append(position)
        self.used: set[int] = set()
        self.refused: dict[int, int] = {}  # position of a suppression -> how many findings it did not silence

    def judge(self, finding: Finding) -> Finding:
        """The finding as it is to be shown. One that is folded already keeps its reason."""
        matching = self.matching(finding)
        if not matching or not finding.shown:
            return finding
        position = min(matching, key=lambda at: (at not in self.old, at))
        suppression = self.silences.after[position]
        words = f"{suppression.rule}, {suppression.reason}"
        if position in self.old:
            return replace(finding, shown=False, counts=False, reason=f"silenced before: {words}")
        if self.silences.mode == "ignore":
            self.refused[position] = self.refused.get(position, 0) + 1
            return finding
        counts = self.silences.mode == "show" and finding.severity == "error"
        return replace(finding, shown=False, counts=counts, reason=f"silenced in this change: {words}")

    def matching(self, finding: Finding) -> list[int]:
        """The positions of the good suppressions that hold for the finding; they are of use from now on."""
        near = {position for line in self._lines(finding) for position in self.by_line.get(line, ())}
        found = [at for at in sorted(near) if self.silences.after[at].holds_for(finding.rule.id)]
        self.used.update(found)
        return found

    def _lines(self, finding: Finding) -> set[int]:
        """The lines of the after side on which the finding, or the statement around it, begins."""
        places = [place for place in (finding.place, finding.affected) if place and place.side == "after"]
        lines = {place.line for place in places if place.path == self.path}
        return lines | {self.silences.starts.get(line, line) for line in lines}

    def problems(self) -> list[str]:
        """Sentences about the suppressions of this file, after all findings were judged."""
        told = []
        for position, suppression in enumerate(self.silences.after):
            words = self.faults[position] or self._verdict(position)
            if words:
                told.append(f"{self.path}:{suppression.line}: {words}")
        return told

    def _verdict(self, position: int) -> str:
        rule = self.silences.after[position].rule
        if position in self.refused:
            return f"the suppression of {rule} is not honoured, because this change adds it (`suppressions: ignore`)"
        if position in self.used or not self.silences.complete or not self._ran(rule):
            return ""
        return f"the suppression of {rule} is unused: nothing is found here without it; remove the comment"

    def _ran(self, rule: str) -> bool:
        """Whether all that a suppression speaks of ran here, so that its silence means something."""
        meant = [other for other in self.known.rules if rule in (other, _family(other))]
        return all(other in self.known.ran and other not in self.silences.off for other in meant)


def _path(finding: Finding) -> str:
    """The file in which a suppression of the finding would stand: that of the affected call, if there is one."""
    return (finding.affected or finding.place).path


def _standing_before(silences: Silences) -> set[int]:
    """The positions of the suppressions that the before side has too, on lines that the change leaves alone.

    Both are asked: a line that stays may have been part of a string, and a comment may be moved to other code.
    """
    before = Counter(_identity(suppression) for suppression in silences.before)
    standing = set()
    for position, suppression in enumerate(silences.after):
        if before[_identity(suppression)] and not _is_touched(suppression, silences.hunks):
            before[_identity(suppression)] -= 1
            standing.add(position)
    return standing


def _identity(suppression: Suppression) -> tuple[str, str, str]:
    return suppression.rule, suppression.until, suppression.reason


def _is_touched(suppression: Suppression, hunks: Iterable[Hunk]) -> bool:
    return any(
        hunk.new_start <= suppression.end_line and suppression.line < hunk.new_start + hunk.new_count for hunk in hunks
    )


def _fault(suppression: Suppression, known: Known) -> str:
    """Why a suppression does not count, as a sentence, or ""."""
    if suppression.problem:
        return f"this suppression does not count: {suppression.problem}"
    choices = {*known.rules, *(_family(rule) for rule in known.rules)}
    if suppression.rule not in choices:
        near = suggest(suppression.rule, sorted(choices))
        return f"this suppression does not count: there is no rule {quote(suppression.rule)}. {near}".rstrip()
    if suppression.until and suppression.until < known.today:
        return f"the suppression of {suppression.rule} expired on {suppression.until}"
    return ""


def _family(rule: str) -> str:
    return f"{rule.partition('/')[0]}/*"


def _parse_line(line: str, comment: Comment, following: Mapping[int, int]) -> Suppression | None:
    head, mark, body = line.partition(_MARK)
    before = head.rstrip()
    if not mark or (before.strip(_OPENINGS) and not before.endswith(("#", "//", "/*"))):
        return None
    words = _CLOSING.sub("", body[:_LONGEST]).split()
    if not words or (words[0] not in _VERBS and not get_close_matches(words[0], _VERBS, n=1, cutoff=0.75)):
        return None  # prose that begins with the name
    rule, until, reason, problem = _parse_words(words)
    covers = (comment.end_line, following[comment.line]) if comment.own_line else (comment.line,)
    return Suppression(rule, until, reason, comment.line, comment.end_line, covers, problem)


def _parse_words(words: Sequence[str]) -> tuple[str, str, str, str]:
    """Rule, last day, reason and problem of the words after the mark."""
    end = words.index("because") if "because" in words else len(words)
    reason = " ".join(words[end + 1 :])
    rule, *rest = words[1:end] or [""]
    if words[0] != "allow":
        return "", "", reason, f"{quote(words[0])} is not known; write `{GRAMMAR}`"
    if not _RULE.fullmatch(rule):
        return "", "", reason, f"{quote(rule)} is neither a rule's id nor a family such as timeout/*"
    if rest and (rest[0] != "until" or len(rest) != 2):
        return rule, "", reason, f"{quote(' '.join(rest))} is not understood; write `{GRAMMAR}`"
    until = rest[1] if rest else ""
    if until and not _DATE.fullmatch(until):
        return rule, "", reason, f"{quote(until)} is not a day; write it as 2027-03-31"
    if not any(character.isalnum() for character in reason):
        return rule, until, "", f"it gives no reason; write `{GRAMMAR}`"
    return rule, until, reason, ""


def _following(comments: Iterable[Comment]) -> dict[int, int]:
    """For the first line of each comment that begins its line: the first line after it, and after those right below."""
    following: dict[int, int] = {}
    for comment in sorted((comment for comment in comments if comment.own_line), reverse=True):
        after = comment.end_line + 1
        following[comment.line] = following.get(after, after)
    return following
