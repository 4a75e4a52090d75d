"""A rule's examples are its tests: each is read, derived and held against that rule alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from .derive import derive
from .facts import read
from .knowledge import Knowledge
from .match import check
from .model import Example, Rule, SourceFile
from .tree import Facts

#: The marks are taken out before reading, so that a rule can't mistake one for a comment that gives a reason.
_MARK = re.compile(r"[ \t]*(?:#|//)\s*finding\b.*")
_ENDINGS = {"python": "py", "java": "java", "go": "go"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One disagreement between an example and its rule: `verdict` is MISSING or NOISY, `line` is in the example."""

    rule: str
    example: int
    language: str
    sort: str
    verdict: Literal["MISSING", "NOISY"]
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
        for line in sorted(set(example.lines) ^ said):
            verdict: Literal["MISSING", "NOISY"] = "MISSING" if line in example.lines else "NOISY"
            sort = "good" if example.good else "bad"
            found.append(Outcome(rule.id, counts[key], example.language, sort, verdict, line, example.text))
    return found


def findings_in(rule: Rule, example: Example, knowledge: Callable[[str], Knowledge]) -> set[int]:
    """The lines of an example on which the rule speaks."""
    reading = derive(facts_of(example), knowledge(example.language))
    return {f.place.line for f in check((rule,), reading)}


def facts_of(example: Example) -> Facts:
    """The facts of an example's text."""
    path = f"example.{_ENDINGS.get(example.language, example.language)}"
    return read(SourceFile(path, example.language, _MARK.sub("", example.text)))


def mutants(rule: Rule) -> list[tuple[str, Rule]]:
    """The rule with one key of its match dropped, for each key in turn (but `fact`, which names the candidates)."""
    return [(path, replace(rule, match=tree)) for path, tree in _dropped(rule.match, "match") if "fact" in tree]


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
