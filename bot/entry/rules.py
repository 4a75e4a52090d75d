"""`mainstay rules`: list, show and test rules."""

from __future__ import annotations

from pathlib import Path

import click

from ..examples import prove
from ..languages import languages
from ..model import Rule
from ..render.catalogue import render
from ..rulebook import Rulebook, built_in, built_in_knowledge, load_rule
from ..strict import Mistake, suggest


@click.group("rules")
def command() -> None:
    """List, show and test rules."""


@command.command("list")
@click.option("--language", help="Only rules that speak in this language.")
def list_rules(language: str | None) -> None:
    """One line a rule: severity, id, languages, what is missing."""
    if language is not None and language not in languages():
        raise Mistake(f"there is no language {language!r}", "", f"Languages: {', '.join(languages())}.")
    for rule in built_in().rules:
        if language is None or language in rule.languages:
            click.echo(f"{rule.severity:8} {rule.id:44} {','.join(rule.languages)}")


@command.command("show")
@click.argument("rule_id", metavar="ID")
def show_rule(rule_id: str) -> None:
    """A rule's page: what it says, why, and its examples."""
    book = built_in()
    rule = book.rule(rule_id)
    if rule is None:
        remedy = f"{suggest(rule_id, [r.id for r in book.rules])}`mainstay rules list` names them all."
        raise Mistake(f"there is no rule {rule_id!r}", "", remedy)
    click.echo(page(rule))


def page(rule: Rule) -> str:
    """A rule as Markdown."""
    parts = [
        f"# {rule.id}",
        f"{rule.severity} · {', '.join(rule.languages)} · missing: {rule.safeguard}",
        rule.message,
        rule.mentoring,
    ]
    parts += ["\n".join(f"- {r}" for r in rule.references)]
    for example in rule.examples:
        heading = f"{'Good' if example.good else 'Bad'} ({example.language})"
        parts.append(f"{heading}\n\n```{example.language}\n{example.text.rstrip()}\n```")
    return "\n\n".join(parts)


@command.command("test")
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
def test_rules(path: Path | None) -> int:
    """Hold the examples of rules against the rules: the built-in ones, or those in a file or folder."""
    book = built_in()
    rules = book.rules if path is None else tuple(_own(path, book))
    wrong = [outcome for rule in rules for outcome in prove(rule, built_in_knowledge)]
    for outcome in wrong:
        click.echo(f"{outcome}\n{outcome.text}")
    examples = sum(len(rule.examples) for rule in rules)
    click.echo(f"{len(rules)} rules, {examples} examples, {len(wrong)} wrong")
    return 1 if wrong or not rules else 0


def _own(path: Path, book: Rulebook) -> list[Rule]:
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    return [
        load_rule(f.read_text(encoding="utf-8"), f.as_posix(), book.vocabulary, least=1)
        for f in files
        if f.parent.name != "apis"
    ]


@command.command("catalogue", hidden=True)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def write_catalogue(file: Path) -> None:
    """Write the page that lists the built-in rules (`make catalogue`)."""
    file.write_text(render(built_in().rules), encoding="utf-8")
