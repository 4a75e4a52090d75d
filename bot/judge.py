"""One text held against all rules: what can be said of a file without knowing any change. It can be kept, and cross a pipe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from .derive import derive
from .derive.reading import Reading
from .facts import read
from .fix import propose
from .kit import Engine
from .match import check
from .model import Evidence, Finding, Fix, Place, Severity, SourceFile
from .suppress import Comment, Suppression, parse


class Judgement(Struct, frozen=True):
    """What every rule says about one text; severities are the rules' own.

    `starts` maps a finding's line to the line on which its statement begins. `problem` says what of the text was not
    read, "" when all of it was. `fault` says why the text could not be judged at all ("parser crashed"): then the rest is empty.
    """

    findings: tuple[Finding, ...] = ()
    starts: Mapping[int, int] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    problem: str = ""
    fault: str = ""


def judge(source: SourceFile, engine: Engine, *, fixes: bool = False) -> Judgement:
    """Judge a text, in this process. With `fixes`, each finding carries its proved fix."""
    try:
        reading = reading_of(source, engine)
        found = check(engine.book.rules, reading)
    except RecursionError:
        return Judgement(fault="nested too deeply")
    facts = reading.facts
    starts = {f.place.line: facts.all[f.fact].span.line for f in found}
    if fixes:
        found = [with_fix(f, found, reading, engine) for f in found]
    return Judgement(tuple(found), starts, _suppressions(reading), facts.problems[0] if facts.problems else "")


def judge_each(sources: Sequence[SourceFile], engine: Engine, *, fixes: bool = False) -> Iterator[Judgement]:
    """Judge texts one after the other, in this process."""
    return (judge(source, engine, fixes=fixes) for source in sources)


def reading_of(source: SourceFile, engine: Engine) -> Reading:
    """The facts of a text, derived ones included. Raises RecursionError for one that nests too deeply."""
    return derive(read(source), engine.knowledge(source.language))


def with_fix(finding: Finding, found: Sequence[Finding], reading: Reading, engine: Engine) -> Finding:
    """The finding with its mechanical fix, if it has one and the proof holds. `found` is all that is said of the text."""
    fix = propose(finding, reading, engine.book.rules, engine.knowledge(reading.language.name), found)
    return replace(finding, fix=fix) if fix is not None else finding


def _suppressions(reading: Reading) -> tuple[Suppression, ...]:
    if b"mainstay:" not in reading.facts.data:
        return ()
    comments = (
        Comment(c.span.line, c.span.end_line, str(c.get("text", "")), bool(c.get("own_line")))
        for c in reading.facts.of("comment")
    )
    return parse(comments)


# --- as bytes ----------------------------------------------------------------------------------------------
#
# JSON by the standard library: a path or a text may hold lone surrogates, which msgspec's own JSON refuses.


class _Said(msgspec.Struct, array_like=True):
    """A finding without its rule, which both ends know by its id."""

    rule: str
    severity: Severity
    message: str
    place: Place
    symbol: str
    syntax: str
    fingerprint: str
    ordinal: int
    evidence: tuple[Evidence, ...]
    language: str
    fact: int
    fix: Fix | None


class _Judged(msgspec.Struct, array_like=True):
    findings: tuple[_Said, ...]
    starts: dict[int, int]
    suppressions: tuple[Suppression, ...]
    problem: str
    fault: str


#: What crosses pipes and lies in stores.
CROSSING: Final = (_Judged, SourceFile)


def encode(judgement: Judgement) -> bytes:
    """A judgement as JSON in ASCII."""
    said = tuple(_said(f) for f in judgement.findings)
    kept = _Judged(said, dict(judgement.starts), judgement.suppressions, judgement.problem, judgement.fault)
    return _json(kept)


def decode(data: bytes, engine: Engine) -> Judgement | None:
    """The judgement that `encode` wrote with the same rules; None for anything else."""
    try:
        kept = msgspec.convert(json.loads(data), _Judged, strict=False)
        findings = tuple(_finding(said, engine) for said in kept.findings)
    except (msgspec.MsgspecError, ValueError, RecursionError, KeyError):
        return None
    return Judgement(findings, kept.starts, kept.suppressions, kept.problem, kept.fault)


def encode_source(source: SourceFile) -> bytes:
    """A text as JSON in ASCII."""
    return _json(source)


def decode_source(data: bytes) -> SourceFile:
    """The text that `encode_source` wrote. Raises ValueError."""
    return msgspec.convert(json.loads(data), SourceFile)


def _json(value: object) -> bytes:
    return json.dumps(msgspec.to_builtins(value, str_keys=True), separators=(",", ":")).encode("ascii")


def _said(f: Finding) -> _Said:
    return _Said(
        f.rule.id, f.severity, f.message, f.place, f.symbol, f.syntax, f.fingerprint, f.ordinal, f.evidence,
        f.language, f.fact, f.fix,
    )  # fmt: skip


def _finding(said: _Said, engine: Engine) -> Finding:
    return Finding(
        rule=engine.rules[said.rule],
        severity=said.severity,
        message=said.message,
        place=said.place,
        symbol=said.symbol,
        syntax=said.syntax,
        fingerprint=said.fingerprint,
        ordinal=said.ordinal,
        evidence=said.evidence,
        language=said.language,
        fact=said.fact,
        fix=said.fix,
    )
