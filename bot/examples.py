"""A rule's examples are its tests: each is read, derived and held against that rule alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from .derive import derive
from .facts import read
from .knowledge import Knowledge
from .match import check
from .matchtree import ALWAYS
from .model import Example, Rule, SourceFile
from .tree import Facts

#: The marks are taken out before reading, so that a rule can't mistake one for a comment that gives a reason.
_MARK = re.compile(r"[ \t]*(?:#|//)\s*(?:finding|info)[ \t]*$", re.MULTILINE)
Disagreement = Literal["MISSING", "NOISY", "SEVERITY"]
_ENDINGS = {"python": "py", "java": "java", "go": "go"}


class Outcome(Struct, frozen=True):
    """One disagreement between an example and its rule: `line` is in the example.

    `verdict` is MISSING, NOISY, or SEVERITY for a finding that should be `info` and is not, or the other way round.
    """

    rule: str
    example: int
    language: str
    sort: str
    verdict: Disagreement
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.rule} · {self.language} {self.sort} #{self.example} · line {self.line} {self.verdict}"


def prove(rule: Rule, knowledge: Callable[[str], Knowledge]) -> list[Outcome]:
    """Hold every example against its rule; an empty list means that all agree."""
    found: list[Outcome] = []
    counts: dict[tuple[str, bool], int] = {}
    for example in rule.examples:
        key = (example.language, example.good)
        counts[key] = counts.get(key, -1) + 1
        said = findings_in(rule, example, knowledge)
        for line, verdict in sorted(_disagreements(example.lines, said)):
            sort = "good" if example.good else "bad"
            found.append(Outcome(rule.id, counts[key], example.language, sort, verdict, line, example.text))
    return found


def _disagreements(wanted: Mapping[int, str], said: Mapping[int, str]) -> Iterator[tuple[int, Disagreement]]:
    for line in wanted.keys() | said.keys():
        if line not in said:
            yield line, "MISSING"
        elif line not in wanted:
            yield line, "NOISY"
        elif wanted[line] != said[line]:
            yield line, "SEVERITY"


def findings_in(rule: Rule, example: Example, knowledge: Callable[[str], Knowledge]) -> dict[int, str]:
    """The lines of an example on which the rule speaks: "finding" for its own severity, "info" for a milder one."""
    reading = derive(facts_of(example), knowledge(example.language))
    return {f.place.line: "finding" if f.severity == rule.severity else f.severity for f in check((rule,), reading)}


def facts_of(example: Example) -> Facts:
    """The facts of an example's text."""
    path = f"example.{_ENDINGS.get(example.language, example.language)}"
    return read(SourceFile(path, example.language, _MARK.sub("", example.text)))


def mutants(rule: Rule) -> list[tuple[str, Rule]]:
    """The rule with one key of its trees dropped, for each key in turn (but `fact`, which names the candidates)."""
    found = [(path, replace(rule, match=tree)) for path, tree in _dropped(rule.match, "match") if "fact" in tree]
    if rule.info_when:
        milder = _dropped(rule.info_when, "info_when") if rule.info_when != ALWAYS else []
        found += [(path, replace(rule, info_when=tree or ALWAYS)) for path, tree in milder]
        found.append(("info_when", replace(rule, info_when={})))
    return found


def _dropped(tree: Mapping[str, Any], path: str) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for key, value in tree.items():
        rest = {k: v for k, v in tree.items() if k != key}
        if key != "fact":
            found.append((f"{path}.{key}", rest))
        if isinstance(value, Mapping):
            found += [(p, {**tree, key: inner}) for p, inner in _dropped(value, f"{path}.{key}")]
        elif key in ("all", "any"):
            for index, part in enumerate(value):
                others = [v for i, v in enumerate(value) if i != index]
                if others or key == "all":
                    found.append((f"{path}.{key}[{index}]", {**tree, key: others}))
                found += [
                    (p, {**tree, key: [*value[:index], inner, *value[index + 1 :]]})
                    for p, inner in _dropped(part, f"{path}.{key}[{index}]")
                    if inner
                ]
    return found
