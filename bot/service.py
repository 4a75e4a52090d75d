"""The only file that sees the whole road: from a change to a review."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from . import baseline, mentor
from .config import Config, Settings
from .derive.reading import Reading
from .judge import Judgement, judge_each, reading_of, with_fix
from .kit import Kit
from .languages import Language, language_of, languages
from .model import ChangeSet, FileChange, FileEntry, Finding, Manifest, Review, Rule, RuleEntry, SourceFile, Verdict
from .ports import Clock
from .resources import package_version, version
from .review import Judged, introduced, is_touched, limit, rank, tell_once
from .rulebook import digest
from .screen import is_missed, is_run_by_hand, passed_over
from .suppress import Known, Silences, apply

_LATE: Final = "the time was used up"

#: Judges texts, in their order; one that cannot be judged gets a judgement with a `fault`. Where it does so (in this
#: process, in others, from a cache) is not the review's affair.
Judge = Callable[[Sequence[SourceFile]], Iterator[Judgement]]


class _Work(Struct):
    """One file on its way through the road."""

    change: FileChange
    language: Language
    settings: Settings
    after: Judgement
    before: Judgement = field(default_factory=Judgement)

    @property
    def found(self) -> tuple[Finding, ...]:
        """What the rules that are on here say of the after side."""
        return _ruled(self.after, self.settings)


class Options(Struct, frozen=True):
    """How a review is asked for. `expired` tells that the budget is used up; `whole` reviews files, not a change.

    `accepted` are the fingerprints of a baseline: findings that have one are folded away.
    """

    today: str
    clock: Clock
    expired: Callable[[], bool] = lambda: False
    whole: bool = False
    fixes: bool = True
    accepted: Collection[str] = ()
    request: Mapping[str, Any] = field(default_factory=dict)


def review(change: ChangeSet, kit: Kit, options: Options, judge: Judge | None = None) -> Review:
    """Review a change. Pure but for the clock and the judge that it is given; without one, it judges by itself."""
    started = options.clock()
    judge = judge or partial(judge_each, engine=kit.engine)
    entries, works = _judge_after(change, kit, options, judge)
    late = any(e.reason == _LATE for e in entries)
    if not options.whole:
        entries = _judge_before(works, entries, judge)
    judged_at = options.clock()
    findings, problems = _settle(works, change, kit, options, judge)
    if options.fixes and not late:
        findings = _with_fixes(findings, works, kit)
    findings_ranked = limit(
        tell_once(rank(findings)), *(kit.config.limit(n) for n in ("findings", "per-file", "per-rule"))
    )
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


def _judge_after(change: ChangeSet, kit: Kit, options: Options, judge: Judge) -> tuple[list[FileEntry], list[_Work]]:
    """Hold the after side of every file against the rules while there is time; what is passed over is told with its reason."""
    entries: dict[int, FileEntry] = {}
    asked: list[tuple[int, FileChange, Language]] = []
    for index, file in enumerate(change.files):
        reason, language = passed_over(file, kit.config, whole=options.whole)
        if reason or language is None:
            entries[index] = FileEntry(file.path, "passed over", reason, language.name if language else "")
        else:
            asked.append((index, file, language))
    works: list[_Work] = []
    judged = judge([_after(file, language) for _, file, language in asked])
    for index, file, language in asked:
        judgement = None if options.expired() else next(judged)
        entries[index] = _entry(file, language, judgement)
        if judgement is not None and not judgement.fault:
            works.append(_Work(file, language, kit.config.for_path(file.path), judgement))
    return [entries[i] for i in sorted(entries)], works


def _entry(file: FileChange, language: Language, judgement: Judgement | None) -> FileEntry:
    if judgement is None or judgement.fault:
        return FileEntry(file.path, "passed over", judgement.fault if judgement else _LATE, language.name)
    problem = judgement.problem if file.complete else "only the lines of the patch are known"
    return FileEntry(file.path, "partly read" if problem else "read", problem, language.name)


def _judge_before(works: Sequence[_Work], entries: list[FileEntry], judge: Judge) -> list[FileEntry]:
    """Judge the before side of each file in which there is something to compare; the entries, with what went wrong."""
    asked = [w for w in works if w.change.before is not None and (w.found or w.after.suppressions)]
    faults = {}
    for work, judgement in zip(asked, judge([_before(w.change, w.language) for w in asked]), strict=True):
        work.before = judgement
        if judgement.fault:  # what stood there is not known, so only what stands on lines of the change is told
            faults[work.change.path] = f"its before side: {judgement.fault}"
            touched = tuple(f for f in work.after.findings if is_touched(f.place, work.change))
            work.after = replace(work.after, findings=touched)
    return [replace(e, state="partly read", reason=faults[e.path]) if e.path in faults else e for e in entries]


def _after(file: FileChange, language: Language) -> SourceFile:
    return SourceFile(file.path, language.name, file.after or "")


def _before(file: FileChange, language: Language) -> SourceFile:
    return SourceFile(file.old_path or file.path, language.name, file.before or "")


def _ruled(judgement: Judgement, settings: Settings) -> tuple[Finding, ...]:
    """What the rules say that are on for a path."""
    return tuple(f for f in judgement.findings if settings.runs(f.rule.id))


def _with_severities(findings: Sequence[Finding], works: Sequence[_Work]) -> list[Finding]:
    """With the severities that the configuration says; where it says none, what only people run by hand is `info`."""
    settings = {w.change.path: w.settings for w in works}
    paths = [(f.affected or f.place).path for f in findings]
    by_hand = {path: is_run_by_hand(path) for path in set(paths)}
    return [
        replace(f, severity=settings[path].severity(f.rule.id, "info" if by_hand[path] else f.severity))
        for f, path in zip(findings, paths, strict=True)
    ]


# --- the whole change --------------------------------------------------------------------------------------


def _settle(
    works: list[_Work], change: ChangeSet, kit: Kit, options: Options, judge: Judge
) -> tuple[list[Finding], tuple[str, ...]]:
    """What is introduced, with suppressions applied."""
    every = [f for w in works for f in w.found]
    new = every if options.whole else _introduced(works, change, kit, judge)
    prints = {f.fingerprint for f in new}
    rules = [r.id for r in kit.engine.book.rules]
    silences = {w.change.path: _silences(w, rules, options) for w in works if w.after.suppressions}
    known = Known(rules, rules, options.today)
    present = [f for f in every if f.fingerprint not in prints]
    settled, problems = apply(_with_severities(new, works), silences, known, present)
    return baseline.fold(settled, options.accepted), problems


def _introduced(works: list[_Work], change: ChangeSet, kit: Kit, judge: Judge) -> list[Finding]:
    """What the change introduces. Only when something seems new are the other files' before sides read: it may come from there."""
    judged = {w.change.path: Judged(w.change, w.found, _ruled(w.before, w.settings)) for w in works}
    new = introduced(judged.values())
    if not new:
        return new
    wanted = {f.language for f in new}
    asked: list[tuple[FileChange, Language]] = []
    for file in change.files:
        language = language_of(file.old_path or file.path)
        known = judged.get(file.path)
        if file.before is not None and language and language.name in wanted and not (known and known.after):
            asked.append((file, language))
    for (file, _), before in zip(asked, judge([_before(*a) for a in asked]), strict=True):
        judged[file.path] = Judged(file, (), _ruled(before, kit.config.for_path(file.path)))
    return introduced(judged.values())


def _silences(work: _Work, rules: Sequence[str], options: Options) -> Silences:
    return Silences(
        after=work.after.suppressions,
        before=work.after.suppressions if options.whole else work.before.suppressions,
        hunks=() if options.whole else work.change.hunks,
        starts=work.after.starts,
        mode=work.settings.suppressions,
        complete=work.change.complete,
        off=[rule for rule in rules if not work.settings.runs(rule)],
    )


def _with_fixes(findings: Sequence[Finding], works: Sequence[_Work], kit: Kit) -> list[Finding]:
    """The shown findings with their proved fixes; a file is read again only where a rule has one."""
    by_path = {w.change.path: w for w in works}
    readings: dict[str, Reading] = {}
    done = []
    for finding in findings:
        work = by_path.get((finding.affected or finding.place).path)
        fixable = finding.shown and finding.fix is None and finding.language in finding.rule.fix
        if work is not None and fixable and work.change.complete:
            path = work.change.path
            if path not in readings:
                readings[path] = reading_of(_after(work.change, work.language), kit.engine)
            done.append(with_fix(finding, work.after.findings, readings[path], kit.engine))
        else:
            done.append(finding)
    return done


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


def _sources(works: Sequence[_Work]) -> dict[str, str]:
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
    on = {r.id for r in kit.engine.book.rules if any(w.settings.runs(r.id) for w in works)}
    counts = {
        "files": len(entries),
        "files read": sum(e.state == "read" for e in entries),
        "files partly read": sum(e.state == "partly read" for e in entries),
        "files passed over": sum(e.state == "passed over" for e in entries),
        "findings": sum(f.shown for f in findings),
        "findings folded": sum(not f.shown for f in findings),
        "rules": len(kit.engine.book.rules),
    }
    return Manifest(
        repository=change.repository,
        base=change.base,
        head=change.head,
        merge_base=change.merge_base,
        hashes=_hashes(kit, used),
        origins=kit.origins,
        files=tuple(entries),
        rules=tuple(RuleEntry(r.id, *_rule_state(r, on, used)) for r in kit.engine.book.rules),
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
        "rules": kit.engine.book.digest,
        "apis": kit.engine.apis_digest(used),
        "grammars": digest({name: package_version(languages()[name].grammar) for name in used}),
    }
