"""`mainstay facts FILE`: what the engine sees, for people who write rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..adapters.disk import read_file
from ..derive import derive
from ..facts import read
from ..languages import language_of, languages
from ..model import Argument, Duration, Fact, Parameter, SourceFile, Value
from ..rulebook import built_in_knowledge
from ..strict import Mistake
from ..tree import Facts

_WIDEST = 60


@click.command("facts")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--kind", "kinds", multiple=True, help="Only facts of this kind (may be given several times).")
def command(file: Path, kinds: tuple[str, ...]) -> None:
    """One line a fact: line, kind, roles, attributes; indented by what encloses it."""
    language = language_of(file.name)
    if language is None:
        raise Mistake(f"{file.name} is in no language that Mainstay reads", "", f"Languages: {', '.join(languages())}.")
    text = read_file(file, file.name)
    if text.after is None:
        raise Mistake(f"{file.name} can't be read: {text.passed_over}")
    reading = derive(read(SourceFile(file.name, language.name, text.after)), built_in_knowledge(language.name))
    for fact in sorted(reading.facts.all, key=lambda f: (f.anchor, f.id)):
        if not kinds or fact.kind in kinds:
            click.echo(line(fact, reading.facts))


def line(fact: Fact, facts: Facts) -> str:
    """A fact on one line."""
    depth = 0 if fact.parent < 0 else sum(1 for _ in facts.ancestors(fact))
    mark = "  " if fact.id == fact.anchor else "+ "
    words = [
        f"{k}={_word(v, facts)}"
        for k, v in fact.attributes.items()
        if k != "api" and v not in ((), "", None, -1, frozenset())
    ]
    roles = f" [{' '.join(sorted(fact.roles))}]" if fact.roles else ""
    return f"{fact.focus.line:5} {mark}{'  ' * depth}{fact.kind}{roles} {' '.join(words)}".rstrip()


def _word(value: Any, facts: Facts) -> str:
    if isinstance(value, Value):
        text = " ".join(facts.text(value).split())
        return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
    if isinstance(value, Duration):
        return f"{value.seconds:g}s"
    if isinstance(value, Argument):
        return f"{value.name}={_word(value.value, facts)}" if value.name else _word(value.value, facts)
    if isinstance(value, Parameter):
        return f"{value.name}: {value.type}" if value.type else value.name
    if isinstance(value, tuple | frozenset):
        return (
            "("
            + ", ".join(sorted(map(str, value)) if isinstance(value, frozenset) else [_word(v, facts) for v in value])
            + ")"
        )
    return str(value)
