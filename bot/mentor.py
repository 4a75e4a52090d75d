"""Findings -> Notes: a lesson about each pattern that a review shows, once however often it occurs."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Finding, Note


def notes(findings: Iterable[Finding]) -> tuple[Note, ...]:
    """One note for each rule among the shown findings, in the order in which they are shown."""
    rules = {f.rule.id: f.rule for f in findings if f.shown}
    return tuple(Note(rule.id, title(rule.id), rule.mentoring, rule.references) for rule in rules.values())


def title(rule_id: str) -> str:
    """A rule's id as a heading: "retry/no-backoff" -> "Retry: no backoff"."""
    family, _, name = rule_id.partition("/")
    return f"{family.replace('-', ' ').capitalize()}: {name.replace('-', ' ')}"
