"""The rules as one page: generated, committed, and checked for staleness."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from ..matchtree import ALWAYS
from ..model import Rule

_HEAD = """# The rules

Generated from the rule files by `make catalogue`; do not edit. `mainstay rules show ID` prints a rule's page with its examples.
"""


def render(rules: Iterable[Rule]) -> str:
    """The catalogue as Markdown: a table a family, and how many rules speak in which languages."""
    ordered = sorted(rules, key=lambda r: r.id)
    languages = sorted({x for r in ordered for x in r.languages})
    everywhere = sum(len(r.languages) == len(languages) for r in ordered)
    parts = [_HEAD, f"{len(ordered)} rules; {everywhere} of them speak in all of {', '.join(languages)}.\n"]
    for family, group in groupby(ordered, key=lambda r: r.family):
        parts.append(f"## {family}\n\n| rule | severity | languages | missing | fix |\n|---|---|---|---|---|")
        parts.append("\n".join(_row(rule) for rule in group) + "\n")
    return "\n".join(parts)


def _row(rule: Rule) -> str:
    fix = ", ".join(sorted(rule.fix)) or "-"
    severity = _severity(rule)
    return f"| [{rule.id}]({rule.origin}) | {severity} | {', '.join(rule.languages)} | {rule.safeguard} | {fix} |"


def _severity(rule: Rule) -> str:
    if rule.info_when == ALWAYS:
        return f"info, {rule.severity} where a change takes the safeguard away"
    return f"{rule.severity}, or info" if rule.info_when else rule.severity
