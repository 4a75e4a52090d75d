"""What must hold whatever comes in: targets for property tests (tests/test_properties.py) and for fuzzing (tests/fuzz.py)."""

from __future__ import annotations

from functools import cache

from bot import apifile
from bot import config as configuration
from bot.diff import PatchError, hunks_between, split_lines
from bot.diff.patch import parse_patch
from bot.judge import Judgement, decode, decode_source, encode, encode_source, judge
from bot.kit import Engine, Kit, engine_of, prepare
from bot.languages import languages
from bot.model import ChangeSet, FileChange, Finding, Review, SourceFile
from bot.rulebook import built_in, load_rule
from bot.screen import is_risky
from bot.service import Options, review
from bot.strict import Mistake

ENDINGS = {"python": "py", "java": "java", "go": "go"}
LANGUAGES = sorted(ENDINGS)
assert set(LANGUAGES) == set(languages())


@cache
def engine() -> Engine:
    """The built-in rules."""
    return engine_of({}, {})


@cache
def kit() -> Kit:
    """The built-in rules and the default configuration."""
    return prepare(None)


def any_file(language: str, text: str) -> Judgement | None:
    """A text of any content is judged, twice the same, and it crosses a pipe; None where it is left to another process."""
    source = SourceFile(f"app/module.{ENDINGS[language]}", language, text)
    assert decode_source(encode_source(source)) == source
    if is_risky(text):
        return None
    judgement = judge(source, engine())
    assert judge(source, engine()) == judgement
    assert decode(encode(judgement), engine()) == judgement
    for finding in judgement.findings:
        _stands_in(finding, text)
    return judgement


def any_change(language: str, before: str, after: str) -> Review | None:
    """A change of any two texts gets a review whose findings stand on lines that exist; None as above."""
    if is_risky(before) or is_risky(after):
        return None
    path = f"app/module.{ENDINGS[language]}"
    file = FileChange(path, path, "modified", before, after, hunks_between(before, after))
    change = ChangeSet("r", "b", "h", "m", (file,))
    result = review(change, kit(), Options("2026-11-25", lambda: 0.0))
    assert review(change, kit(), Options("2026-11-25", lambda: 0.0)) == result
    for finding in result.findings:
        _stands_in(finding, after if finding.place.side == "after" else before)
    if before == after:
        assert not result.findings
    return result


def any_patch(text: str) -> int:
    """A patch is read or refused with the line, never anything else: that line, 0 for one that was read."""
    try:
        parse_patch(text)
    except PatchError as refused:
        assert refused.line > 0  # noqa: PT017 - what is raised is a part of the promise
        return refused.line
    return 0


def any_yaml(text: str) -> list[str]:
    """A configuration, a rule or an API file is read or refused politely, never anything else: the refusals."""
    words = built_in().vocabulary
    readers = (
        lambda: configuration.read(text, ".mainstay.yaml"),
        lambda: load_rule(text, "rules/a/b.yaml", words),
        lambda: apifile.load(text, "rules/apis/python/a.yaml", words),
    )
    refusals = []
    for read in readers:
        try:
            read()
        except Mistake as mistake:
            assert mistake.title  # noqa: PT017 - as above
            refusals.append(str(mistake))
    return refusals


def _stands_in(finding: Finding, text: str) -> None:
    rows = text.split("\n")
    place = finding.place
    assert 1 <= place.line <= place.end_line <= len(rows), (finding.rule.id, place, len(rows))
    assert 1 <= place.column <= len(rows[place.line - 1]) + 1, (finding.rule.id, place)
    assert len(split_lines(text)) <= len(rows)
