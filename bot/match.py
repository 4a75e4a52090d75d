"""Rule x Facts -> Findings."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from .derive.reading import Reading
from .matchtree import Predicate, compile_tree, conditions_of, kinds_of, text_of
from .model import Duration, Evidence, Fact, Finding, Place, Rule, Span, Value
from .tree import Facts

_SPACE: Final = re.compile(r"\s+")
_LONGEST: Final = 60
_CONTINUING: Final = bytes(range(0x80, 0xC0))  # the second and later bytes of a code point in UTF-8
_compiled: dict[int, _Compiled] = {}
_asked: set[str] = set()  # the attributes that any tree asks for so far: others need no table


class _Compiled(NamedTuple):
    """A tree of a rule made ready: its predicate, the kinds that it asks for, and its plain conditions.

    The tree is kept with it, so that its identity, under which it is remembered, is not given to another one.
    """

    tree: Mapping[str, Any]
    fits: Predicate
    kinds: tuple[str, ...]
    asked: tuple[tuple[str, tuple[str, ...]], ...]


def check(rules: Iterable[Rule], reading: Reading) -> list[Finding]:
    """What these rules say about one file, in the order of places. Rules for other languages are passed over."""
    facts = reading.facts
    candidates = _Candidates(facts)
    trees = [(rule, _ready(rule.match)) for rule in rules if facts.source.language in rule.languages]
    found: dict[tuple[str, int, int], Finding] = {}
    for rule, compiled in trees:
        for fact in candidates.of(compiled):
            if compiled.fits(fact, facts):
                finding = _finding(rule, fact, reading)
                found.setdefault((rule.id, finding.place.line, finding.place.column), finding)
    ordered = sorted(found.values(), key=lambda f: (f.place.line, f.place.column, f.rule.id))
    return _number(ordered)


class _Candidates:
    """Facts by what they are said to be, so that a rule looks only at those that hold its rarest condition."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._by_kind: dict[str, dict[tuple[str, str], list[Fact]]] = {}

    def of(self, compiled: _Compiled) -> list[Fact]:
        """The facts among which those that fit a tree are, in order."""
        found: list[Fact] = []
        for kind in compiled.kinds:
            if self.facts.of(kind):
                found += self._fewest(kind, self._table(kind), compiled.asked)
        return sorted({fact.id: fact for fact in found}.values(), key=lambda f: f.id) if found else found

    def _fewest(
        self,
        kind: str,
        table: Mapping[tuple[str, str], list[Fact]],
        asked: Iterable[tuple[str, tuple[str, ...]]],
    ) -> list[Fact]:
        best: list[Fact] | None = None
        for key, values in asked:
            option = [fact for value in values for fact in table.get((key, value), ())]
            if not option:
                return []
            if best is None or len(option) < len(best):
                best = option
        return self.facts.of(kind) if best is None else best

    def _table(self, kind: str) -> dict[tuple[str, str], list[Fact]]:
        table = self._by_kind.get(kind)
        if table is None:
            table = self._by_kind[kind] = {}
            for fact in self.facts.of(kind):
                for role in fact.roles:
                    table.setdefault(("role", role), []).append(fact)
                for key, value in fact.attributes.items():
                    if key in _asked and isinstance(value, str | bool):
                        table.setdefault((key, text_of(value)), []).append(fact)
        return table


def _ready(tree: Mapping[str, Any]) -> _Compiled:
    """A tree made ready, once for each (by identity, since mappings have no hash)."""
    kept = _compiled.get(id(tree))
    if kept is None:
        kinds = kinds_of(tree) if "fact" in tree else ()
        _asked.update(key for key, _ in conditions_of(tree))
        kept = _compiled[id(tree)] = _Compiled(tree, compile_tree(tree), kinds, tuple(conditions_of(tree)))
    return kept


def _number(findings: list[Finding]) -> list[Finding]:
    """Tell equal findings of one symbol apart by ordinal, and fingerprint them."""
    seen: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for finding in findings:
        key = (finding.rule.id, finding.symbol, finding.syntax)
        ordinal = seen[key]
        seen[key] += 1
        numbered.append(replace(finding, ordinal=ordinal, fingerprint=fingerprint(finding, ordinal)))
    return numbered


def fingerprint(finding: Finding, ordinal: int) -> str:
    """An identity without line numbers: rule, path, symbol, normalised syntax, ordinal."""
    parts = (finding.rule.id, finding.place.path, finding.symbol, finding.syntax, str(ordinal))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _finding(rule: Rule, fact: Fact, reading: Reading) -> Finding:
    facts = reading.facts
    at = fact.get(rule.at) if rule.at else None
    shown = facts.all[at] if isinstance(at, int) and at >= 0 else fact
    return Finding(
        rule=rule,
        severity="info" if rule.info_when and _ready(rule.info_when).fits(fact, facts) else rule.severity,
        message=say(rule.message, fact, facts),
        place=place(shown.focus, facts),
        symbol=fact.symbol,
        syntax=_SPACE.sub(" ", facts.text(fact)).strip(),
        fingerprint="",
        evidence=tuple(_evidence(fact, facts)),
        language=facts.source.language,
        fact=fact.id,
    )


def _evidence(fact: Fact, facts: Facts) -> Iterable[Evidence]:
    """The facts that a derived attribute `evidence` names: (label, fact id) pairs."""
    for label, index in fact.get("evidence", ()):
        yield Evidence(label, place(facts.all[index].focus, facts))


def place(span: Span, facts: Facts) -> Place:
    """A span as people see it: its first line when it covers several, columns in code points."""
    rows = facts.rows
    end_line, end_column = (span.end_line, span.end_column)
    if span.end_line > span.line:
        end_line, end_column = span.line, len(rows[span.line - 1].rstrip(b"\r"))
    start = _points(rows[span.line - 1], span.column)
    end = _points(rows[end_line - 1], end_column)
    return Place(facts.source.path, span.line, start + 1, end_line, max(end, start) + 1)


def _points(row: bytes, column: int) -> int:
    """How many code points the first `column` bytes hold: all bytes but those that continue one (lone surrogates too)."""
    return len(row[:column].translate(None, _CONTINUING))


def say(message: str, fact: Fact, facts: Facts) -> str:
    """The message with its placeholders filled from the fact; code is shortened, never cut inside a name."""

    def fill(found: re.Match[str]) -> str:
        key = found[1]
        if key == "callee":
            callee = fact.get("callee")
            return short(facts.text(callee) if isinstance(callee, Value) else facts.text(fact.focus))
        if key == "text":
            return short(facts.text(fact.focus))
        if key == "function":
            return fact.symbol.rsplit(".", 1)[-1] or "this file"
        return short(_word(fact.get(key, "")))

    return re.sub(r"{(\w+)}", fill, message)


def _word(value: Any) -> str:
    if isinstance(value, Duration):
        return f"{value.seconds:g} s"
    return value.path if isinstance(value, Value) else str(value)


def short(text: str) -> str:
    """Code on one line, at most 60 characters, with an ellipsis in front where its beginning was left out."""
    text = _SPACE.sub(" ", text).strip().replace(" .", ".")
    return text if len(text) <= _LONGEST else "…" + text[-_LONGEST + 1 :]
