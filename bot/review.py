"""What a change introduces: findings of both sides matched as multisets, then anchored, ranked and limited.

A finding is introduced when it is on the after side and nothing on the before side is it. Three passes over the whole
change, each over what the one before left: exact (rule, path followed through renames, symbol, syntax), edited in place
(same rule, place mapped through the hunks), moved (same rule and syntax anywhere in the change). A line number is never identity.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from .diff import LineMap
from .model import SEVERITIES, Evidence, FileChange, Finding, Place

_ALIKE: Final = 0.6  # how much of an edited statement must stay for it to be the same one
_KIN: Final = 0.5  # the same for one line whose safeguard may be most of it: a narrow catch and a wide one
_LONGEST: Final = 400  # characters of two statements that are compared


class Judged(Struct, frozen=True):
    """One file of a change with what the rules say about each side."""

    change: FileChange
    after: tuple[Finding, ...] = ()
    before: tuple[Finding, ...] = ()


class _File(Struct):
    """A judged file while its findings are being matched."""

    judged: Judged
    lines: LineMap
    after: list[Finding] = field(default_factory=list)
    before: list[Finding] = field(default_factory=list)


def introduced(files: Iterable[Judged]) -> list[Finding]:
    """The findings that a change introduces, each anchored on a line that the change touches."""
    open_files = [_File(j, LineMap(j.change.hunks), list(j.after), list(j.before)) for j in files]
    for file in open_files:
        _match_exactly(file)
    for file in open_files:
        _match_edited(file)
    _match_moved(open_files)
    return [_in_full(_anchor(finding, file), file) for file in open_files for finding in file.after]


def is_touched(place: Place, change: FileChange) -> bool:
    """True when the place's first line is one that the change adds."""
    return any(h.new_start <= place.line < h.new_start + h.new_count for h in change.hunks)


# --- matching ----------------------------------------------------------------------------------------------


def _exact_key(finding: Finding) -> Hashable:
    return (finding.rule.id, finding.symbol, finding.syntax)


def _moved_key(finding: Finding) -> Hashable:
    return (finding.rule.id, finding.syntax)


def _match_exactly(file: _File) -> None:
    """Pair equal findings of one file. Those on untouched lines pair first, so a copy stands where it was added."""
    file.after, file.before = _pair(
        file.after, file.before, _exact_key, lambda f: is_touched(f.place, file.judged.change)
    )


def _pair(
    after: Sequence[Finding],
    before: Sequence[Finding],
    key: Callable[[Finding], Hashable],
    last: Callable[[Finding], bool],
) -> tuple[list[Finding], list[Finding]]:
    """What is left of both sides when equals cancel out; `last` ones on the after side cancel last."""
    there = Counter(key(f) for f in before)
    gone: Counter[Hashable] = Counter()
    paired: set[int] = set()
    for index in sorted(range(len(after)), key=lambda i: (last(after[i]), i)):
        wanted = key(after[index])
        if there[wanted]:
            there[wanted] -= 1
            gone[wanted] += 1
            paired.add(index)
    left_before = []
    for finding in before:
        if gone[key(finding)]:
            gone[key(finding)] -= 1
        else:
            left_before.append(finding)
    return [f for i, f in enumerate(after) if i not in paired], left_before


def _match_edited(file: _File) -> None:
    """Pair findings of one rule whose place only moved with the lines, or was edited within one hunk."""
    left: list[Finding] = []
    for finding in file.after:
        other = next((b for b in file.before if b.rule.id == finding.rule.id and _goes_on(b, finding, file)), None)
        if other is None:
            left.append(finding)
        else:
            file.before.remove(other)
    file.after = left


def _goes_on(before: Finding, after: Finding, file: _File) -> bool:
    mapped = file.lines.to_after(before.place.line)
    if isinstance(mapped, int):
        return mapped == after.place.line
    if not mapped.new_start <= after.place.line < mapped.new_start + mapped.new_count:
        return False
    return before.symbol == after.symbol or _alike(before.syntax, after.syntax)


def _alike(a: str, b: str, least: float = _ALIKE) -> bool:
    return SequenceMatcher(None, a[:_LONGEST], b[:_LONGEST], autojunk=False).ratio() >= least


def _match_moved(files: Sequence[_File]) -> None:
    """Pair findings whose code went elsewhere in the change: another function, another file."""
    after = [f for file in files for f in file.after]
    before = [f for file in files for f in file.before]
    kept, _ = _pair(after, before, _moved_key, lambda _: False)
    remaining = defaultdict(int, Counter(id(f) for f in kept))
    for file in files:
        file.after = [f for f in file.after if remaining[id(f)]]


# --- anchoring ---------------------------------------------------------------------------------------------


def _anchor(finding: Finding, file: _File) -> Finding:
    """Put a finding that lies outside the hunks on the changed or deleted line that caused it."""
    change = file.judged.change
    if is_touched(finding.place, change) or not change.hunks:
        return finding
    cause = _cause(finding, file)
    return replace(finding, place=cause, affected=finding.place) if cause is not None else finding


def _in_full(finding: Finding, file: _File) -> Finding:
    """A finding that its setting makes milder counts in full where the change took the safeguard away from what was there.

    New code of a minor kind is a matter of taste; code that was right and is so no longer is a step back.
    """
    change = file.judged.change
    if finding.severity == finding.rule.severity:
        return finding
    if finding.affected is not None:
        return replace(finding, severity=finding.rule.severity)
    now, before = _row(change.after, finding.place.line), (change.before or "").split("\n")
    for hunk in change.hunks:
        if hunk.new_start <= finding.place.line < hunk.new_start + hunk.new_count:
            gone = before[hunk.old_start - 1 : hunk.old_start - 1 + hunk.old_count]
            if any(_alike(row.strip(), now.strip(), _KIN) for row in gone if row.strip()):
                return replace(finding, severity=finding.rule.severity)
    return finding


def _row(text: str | None, line: int) -> str:
    rows = (text or "").split("\n")
    return rows[line - 1].rstrip("\r") if 0 < line <= len(rows) else ""


def _cause(finding: Finding, file: _File) -> Place | None:
    """The touched line nearest to what the finding rests on: its evidence first, then its own place."""
    change = file.judged.change
    rests_on = [e.place.line for e in finding.evidence] or [finding.place.line]
    lines = [*rests_on, finding.place.line]
    best: tuple[int, int, Place] | None = None
    for hunk in change.hunks:
        new_end = hunk.new_start + max(hunk.new_count, 1)
        distance = min(max(hunk.new_start - line, line - new_end, 0) for line in lines)
        place = (
            _place_of(hunk.new_start, "after", change)
            if hunk.new_count
            else _place_of(hunk.old_start, "before", change)
        )
        candidate = (distance, hunk.new_start, place)
        if best is None or candidate[:2] < best[:2]:
            best = candidate
    return best[2] if best is not None else None


def _place_of(line: int, side: str, change: FileChange) -> Place:
    row = _row(change.after if side == "after" else change.before, line)
    start = len(row) - len(row.lstrip())
    path = change.path if side == "after" else (change.old_path or change.path)
    return Place(path, line, start + 1, line, len(row) + 1, "after" if side == "after" else "before")


# --- ranking -----------------------------------------------------------------------------------------------


def rank(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Shown before folded, severe before mild, then by path and place: the same order for the same findings, always."""
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[object, ...]:
    place = finding.place
    return (
        not finding.shown,
        SEVERITIES.index(finding.severity),
        place.path,
        place.line,
        place.column,
        finding.rule.id,
        finding.fingerprint,
    )


def tell_once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Ranked findings that say the same of one file told once: the first names the other places, which are folded.

    So is a finding at a line where another rule's, which covers it and is as severe, is told: one cause, one comment. A folded one still
    counts at the threshold, and keeps its fix. A message that names nothing of the code is the same only within one symbol.
    """
    covered = {(f.place.path, f.place.line, rule): f for f in findings if f.shown for rule in f.rule.covers}
    groups: defaultdict[Hashable, list[Finding]] = defaultdict(list)
    told = []
    for finding in findings:
        by = covered.get((finding.place.path, finding.place.line, finding.rule.id)) if finding.shown else None
        if by is not None and SEVERITIES.index(by.severity) <= SEVERITIES.index(finding.severity):
            finding = replace(finding, shown=False, reason=f"told by {by.rule.id} on this line")  # noqa: PLW2901 - the same, folded
        told.append(finding)
    for finding in told:
        if finding.shown:
            groups[_told_key(finding)].append(finding)
    return rank(_with_others(finding, groups) for finding in told)


def _with_others(finding: Finding, groups: Mapping[Hashable, Sequence[Finding]]) -> Finding:
    """The first of a group with the places of the others, another folded away, one that is not shown as it is."""
    if not finding.shown:
        return finding
    first, *others = groups[_told_key(finding)]
    if finding is not first:
        return replace(finding, shown=False, reason=f"told once, at line {first.place.line}")
    also = tuple(Evidence("the same here", other.place) for other in others)
    return replace(finding, evidence=(*finding.evidence, *also)) if also else finding


def _told_key(finding: Finding) -> Hashable:
    within = "" if "{" in finding.rule.message else finding.symbol
    return (finding.rule.id, finding.place.path, finding.severity, finding.message, within)


def limit(findings: Sequence[Finding], most: int, per_file: int, per_rule: int) -> tuple[Finding, ...]:
    """Fold away what goes over the limits, from the end of the ranking; a folded one still counts at the threshold."""
    total = 0
    files: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    kept: list[Finding] = []
    for finding in findings:
        reason = ""
        if finding.shown:
            reason = (
                f"over the limit of {most} findings a review" if total >= most
                else f"over the limit of {per_file} findings a file" if files[finding.place.path] >= per_file
                else f"over the limit of {per_rule} findings a rule" if rules[finding.rule.id] >= per_rule
                else ""
            )  # fmt: skip
            if not reason:
                total += 1
                files[finding.place.path] += 1
                rules[finding.rule.id] += 1
        kept.append(replace(finding, shown=False, reason=reason) if reason else finding)
    return rank(kept)
