"""A proposed edit -> a proved edit, or none.

A fix is shown only when it is proved: it applies, the result parses no worse, the finding's rule falls silent there, no other rule
starts to speak, and nothing changes outside the finding's symbol and the imports.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence

from .derive import derive
from .derive.reading import Reading
from .edits import EditError, Text, edits_for
from .facts import read
from .knowledge import Knowledge
from .match import check
from .model import Edit, Fact, Finding, Fix, Rule, SourceFile


def propose(
    finding: Finding, reading: Reading, rules: Sequence[Rule], knowledge: Knowledge, found: Sequence[Finding]
) -> Fix | None:
    """The rule's mechanical fix for a finding, proved; None where it has none or the proof fails.

    `found` is all that the rules say about the file as it is.
    """
    recipe = finding.rule.fix.get(reading.language.name)
    if recipe is None or finding.fact < 0:
        return None
    fact = reading.facts.all[finding.fact]
    try:
        edits = edits_for(recipe, fact, reading)
    except EditError:
        return None
    return prove(str(recipe["title"]), edits, finding, reading, rules, knowledge, found)


def prove(
    title: str,
    edits: Sequence[Edit],
    finding: Finding,
    reading: Reading,
    rules: Sequence[Rule],
    knowledge: Knowledge,
    found: Sequence[Finding],
) -> Fix | None:
    """The edits as a fix when they keep every promise above, else None."""
    text = Text(reading.facts.data)
    if not edits or not _stays_inside(edits, reading.facts.all[finding.fact], reading):
        return None
    patched = text.apply(edits)
    if patched is None:
        return None
    source = reading.facts.source
    after = derive(read(SourceFile(source.path, source.language, patched)), knowledge)
    if len(after.facts.problems) > len(reading.facts.problems) or not _silences(finding, found, check(rules, after)):
        return None
    start, end, replacement = text.lines(edits, patched)
    return Fix(
        title,
        tuple(edits),
        start,
        end,
        replacement,
        patch(reading.facts.source.path, reading.facts.source.text, patched),
    )


def patch(path: str, before: str, after: str) -> str:
    """A unified diff of one file that `git apply` takes."""
    rows = difflib.unified_diff(_rows(before), _rows(after), f"a/{path}", f"b/{path}", lineterm="\n")
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


def _rows(text: str) -> list[str]:
    """Lines with their ends. Only a line feed ends a line: `splitlines` would also break at form feeds."""
    rows = [f"{row}\n" for row in text.split("\n")]
    rows[-1] = rows[-1][:-1]
    return rows if rows[-1] else rows[:-1]


def _stays_inside(edits: Sequence[Edit], fact: Fact, reading: Reading) -> bool:
    """Every edit lies in the outermost function around the finding, or among the file's imports."""
    functions = [*([fact] if fact.kind == "function" else []), *reading.facts.functions(fact)]
    home = functions[-1].span if functions else (reading.facts.class_of(fact) or reading.facts.all[0]).span
    imports = reading.facts.of("import")
    last_import = max((i.span.end for i in imports), default=0)
    return all(
        (home.start <= e.start and e.end <= home.end) or e.end <= last_import + 1 or (not imports and e.start == e.end)
        for e in edits
    )


def _silences(finding: Finding, before: Sequence[Finding], after: Sequence[Finding]) -> bool:
    """The rule says one thing less, and no rule says more."""
    said_before, said_after = _counts(before), _counts(after)
    if said_after[finding.rule.id] >= said_before[finding.rule.id]:
        return False
    return all(count <= said_before[rule] for rule, count in said_after.items())


def _counts(findings: Sequence[Finding]) -> Counter[str]:
    return Counter(f.rule.id for f in findings)


def applied(text: str, fixes: Sequence[Fix]) -> tuple[str, int]:
    """The text with as many of the fixes as do not overlap, in order, and how many those are."""
    taken: list[Edit] = []
    count = 0
    for fix in fixes:
        if all(not _overlap(new, old) for new in fix.edits for old in taken if new != old):
            taken += [e for e in fix.edits if e not in taken]
            count += 1
    return Text(text.encode("utf-8", "surrogatepass")).apply(taken) or text, count


def _overlap(a: Edit, b: Edit) -> bool:
    return (a.start < b.end and b.start < a.end) or a.start == b.start


__all__ = ["applied", "patch", "propose", "prove"]
