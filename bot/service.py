"""The only file that sees the whole road: from a change to a review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import mentor
from .config import Config
from .derive import derive
from .derive.reading import Reading
from .facts import read
from .fix import propose
from .kit import Kit
from .knowledge import Knowledge
from .languages import Language, language_of, languages
from .match import check
from .model import ChangeSet, FileChange, FileEntry, Finding, Manifest, Review, Rule, RuleEntry, SourceFile, Verdict
from .ports import Clock
from .resources import package_version, version
from .review import Judged, introduced, limit, rank, tell_once
from .rulebook import digest, knowledge_digest
from .screen import is_missed, is_run_by_hand, passed_over
from .suppress import Comment, Known, Silences, Suppression, apply, parse


@dataclass
class _Work:
    """One file on its way through the road."""

    change: FileChange
    language: Language
    rules: tuple[Rule, ...]
    after: Reading | None = None
    found: tuple[Finding, ...] = ()
    before_found: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    before_suppressions: tuple[Suppression, ...] = ()
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Options:
    """How a review is asked for. `expired` tells that the budget is used up; `whole` reviews files, not a change."""

    today: str
    clock: Clock
    expired: Callable[[], bool] = lambda: False
    whole: bool = False
    fixes: bool = True
    request: Mapping[str, Any] = field(default_factory=dict)


def review(change: ChangeSet, kit: Kit, options: Options) -> Review:
    """Review a change. Pure but for the clock that it is given."""
    started = options.clock()
    entries: list[FileEntry] = []
    works: list[_Work] = []
    late = False
    for file in change.files:
        reason, language = passed_over(file, kit.config, whole=options.whole)
        late = late or options.expired()
        if reason or language is None or late:
            entries.append(
                FileEntry(file.path, "passed over", reason or "the time was used up", language.name if language else "")
            )
            continue
        work = _Work(file, language, _rules_for(file.path, kit))
        entries.append(_judge(work, kit, options))
        works.append(work)
    judged_at = options.clock()
    findings, problems = _settle(works, change, kit, options)
    if options.fixes and not late:
        findings = [_with_fix(f, works, kit) for f in findings]
    findings_ranked = limit(tell_once(rank(findings)), *(kit.config.limit(n) for n in ("findings", "per-file", "per-rule")))
    reasons = _reasons(change, entries, late=late)
    return Review(
        verdict=_verdict(entries, reasons),
        reasons=tuple(reasons),
        findings=findings_ranked,
        notes=mentor.notes(findings_ranked),
        problems=(*kit.problems, *problems),
        manifest=_manifest(
            change,
            kit,
            entries,
            works,
            findings_ranked,
            options,
            {"judge": judged_at - started, "total": options.clock() - started},
        ),
        sources=_sources(works),
        threshold=kit.config.fail_on,
        thresholds=_thresholds(findings_ranked, kit.config),
        empty="" if change.files else _nothing(change, options),
    )


def _nothing(change: ChangeSet, options: Options) -> str:
    if options.whole or change.head == "patch":
        return f"nothing to review: {'there is no file' if options.whole else 'the patch is empty'}"
    paths = options.request.get("paths")
    within = f" in {', '.join(paths)}" if paths else ""
    return f"nothing to review: {_short(change.base)}..{_short(change.head)} is empty{within}"


def _short(revision: str) -> str:
    """A commit's id as people write it, anything else as it is."""
    return revision[:12] if len(revision) >= 40 else revision


# --- one file ----------------------------------------------------------------------------------------------


def _rules_for(path: str, kit: Kit) -> tuple[Rule, ...]:
    settings = kit.config.for_path(path)
    return tuple(r for r in kit.book.rules if settings.runs(r.id))


def _judge(work: _Work, kit: Kit, options: Options) -> FileEntry:
    """Read both sides of a file and hold them against the rules; the before side only where there is something to compare."""
    file = work.change
    knowledge = kit.knowledge(work.language.name)
    try:
        work.after = _reading(file.path, file.after or "", work.language, knowledge)
        work.found = tuple(_with_severity(check(work.rules, work.after), file.path, kit))
        work.suppressions = _suppressions(work.after)
        if file.before is not None and (work.found or work.suppressions) and not options.whole:
            before = _reading(file.old_path or file.path, file.before, work.language, knowledge)
            work.before_found = tuple(check(work.rules, before, "before"))
            work.before_suppressions = _suppressions(before)
    except RecursionError:
        work.found = ()
        return FileEntry(file.path, "passed over", "nested too deeply", work.language.name)
    if not file.complete:
        return FileEntry(file.path, "partly read", "only the lines of the patch are known", work.language.name)
    if work.after.facts.problems:
        return FileEntry(file.path, "partly read", work.after.facts.problems[0], work.language.name)
    return FileEntry(file.path, "read", "", work.language.name)


def _reading(path: str, text: str, language: Language, knowledge: Knowledge) -> Reading:
    return derive(read(SourceFile(path, language.name, text)), knowledge)


def _with_severity(findings: list[Finding], path: str, kit: Kit) -> list[Finding]:
    """With the severities that the configuration says; where it says none, what only people run by hand is `info`."""
    settings = kit.config.for_path(path)
    by_hand = is_run_by_hand(path)
    return [replace(f, severity=settings.severity(f.rule.id, "info" if by_hand else f.severity)) for f in findings]


def _suppressions(reading: Reading) -> tuple[Suppression, ...]:
    if b"mainstay:" not in reading.facts.data:
        return ()
    comments = (
        Comment(c.span.line, c.span.end_line, str(c.get("text", "")), bool(c.get("own_line")))
        for c in reading.facts.of("comment")
    )
    return parse(comments)


# --- the whole change --------------------------------------------------------------------------------------


def _settle(works: list[_Work], change: ChangeSet, kit: Kit, options: Options) -> tuple[list[Finding], tuple[str, ...]]:
    """What is introduced, with suppressions applied."""
    every = [f for w in works for f in w.found]
    new = every if options.whole else _introduced(works, change, kit)
    prints = {f.fingerprint for f in new}
    silences = {w.change.path: _silences(w, kit, options) for w in works if w.suppressions}
    known = Known([r.id for r in kit.book.rules], [r.id for r in kit.book.rules], options.today)
    settled, problems = apply(new, silences, known, [f for f in every if f.fingerprint not in prints])
    return list(settled), problems


def _introduced(works: list[_Work], change: ChangeSet, kit: Kit) -> list[Finding]:
    """What the change introduces. Only when something seems new are the other files' before sides read: it may come from there."""
    judged = {w.change.path: Judged(w.change, w.found, w.before_found) for w in works}
    new = introduced(judged.values())
    if not new:
        return new
    wanted = {f.language for f in new}
    for file in change.files:
        language = language_of(file.old_path or file.path)
        known = judged.get(file.path)
        if (
            file.before is None
            or language is None
            or language.name not in wanted
            or (known is not None and known.after)
        ):
            continue
        before = _reading(file.old_path or file.path, file.before, language, kit.knowledge(language.name))
        judged[file.path] = Judged(file, (), tuple(check(_rules_for(file.path, kit), before, "before")))
    return introduced(judged.values())


def _silences(work: _Work, kit: Kit, options: Options) -> Silences:
    facts = work.after.facts if work.after else None
    starts = {f.place.line: facts.all[f.fact].span.line for f in work.found} if facts else {}
    return Silences(
        after=work.suppressions,
        before=work.suppressions if options.whole else work.before_suppressions,
        hunks=() if options.whole else work.change.hunks,
        starts=starts,
        mode=kit.config.for_path(work.change.path).suppressions,
        complete=work.change.complete,
        off=[r.id for r in kit.book.rules if r not in work.rules],
    )


def _with_fix(finding: Finding, works: list[_Work], kit: Kit) -> Finding:
    work = next((w for w in works if w.change.path == (finding.affected or finding.place).path), None)
    if work is None or work.after is None or not finding.shown or not work.change.complete:
        return finding
    fix = propose(finding, work.after, work.rules, kit.knowledge(work.language.name), work.found)
    return replace(finding, fix=fix) if fix is not None else finding


def _thresholds(findings: tuple[Finding, ...], config: Config) -> dict[str, str]:
    """The thresholds of the paths with findings, where an override gives them one of their own."""
    paths = {(f.affected or f.place).path for f in findings}
    own = {path: config.for_path(path).fail_on for path in sorted(paths)}
    return {path: threshold for path, threshold in own.items() if threshold != config.fail_on}


def _reasons(change: ChangeSet, entries: list[FileEntry], *, late: bool) -> list[str]:
    """Why the review is not complete, one sentence each."""
    reasons = list(change.problems)
    if late:
        reasons.append("the time was used up before every file was read")
        entries = [e for e in entries if e.state == "partly read"]
    lacking = (e for e in entries if e.state == "partly read" or is_missed(e))
    return [*reasons, *(f"{e.path}: {e.state}, {e.reason}" for e in lacking)]


def _verdict(entries: list[FileEntry], reasons: list[str]) -> Verdict:
    read_any = any(e.state != "passed over" for e in entries)
    if not read_any and any(is_missed(e) for e in entries):
        return "not reviewed"
    return "partial" if reasons else "complete"


def _sources(works: list[_Work]) -> dict[str, str]:
    sources: dict[str, str] = {}
    for work in works:
        if work.found and work.change.after is not None:
            sources[work.change.path] = work.change.after
            if work.change.before is not None:
                sources[f"before:{work.change.old_path or work.change.path}"] = work.change.before
    return sources


def _manifest(
    change: ChangeSet,
    kit: Kit,
    entries: list[FileEntry],
    works: list[_Work],
    findings: tuple[Finding, ...],
    options: Options,
    timings: Mapping[str, float],
) -> Manifest:
    used = sorted({w.language.name for w in works})
    on = {r.id for w in works for r in w.rules}
    counts = {
        "files": len(entries),
        "files read": sum(e.state == "read" for e in entries),
        "files partly read": sum(e.state == "partly read" for e in entries),
        "files passed over": sum(e.state == "passed over" for e in entries),
        "findings": sum(f.shown for f in findings),
        "findings folded": sum(not f.shown for f in findings),
        "rules": len(kit.book.rules),
    }
    return Manifest(
        repository=change.repository,
        base=change.base,
        head=change.head,
        merge_base=change.merge_base,
        hashes=_hashes(kit, used),
        origins=kit.origins,
        files=tuple(entries),
        rules=tuple(RuleEntry(r.id, *_rule_state(r, on, used)) for r in kit.book.rules),
        counts=counts,
        fingerprints=tuple(sorted(f.fingerprint for f in findings)),
        request=options.request,
        timings=timings,
    )


def _rule_state(rule: Rule, on: set[str], used: list[str]) -> Any:
    if not set(rule.languages) & set(used):
        return ("off", "no file in its languages")
    return ("ran", "") if rule.id in on else ("off", "switched off by the configuration")


def _hashes(kit: Kit, used: list[str]) -> dict[str, str]:
    said = repr((kit.config.sayings, kit.config.overrides))
    return {
        "version": version(),
        "configuration": digest({"": said}),
        "rules": kit.book.digest,
        "apis": digest({**kit.own_apis, **{f"built-in {name}": knowledge_digest(name) for name in used}}),
        "grammars": digest({name: package_version(languages()[name].grammar) for name in used}),
    }
