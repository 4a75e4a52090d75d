"""`mainstay apis`: what is known about libraries, and how much of a code base that covers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from ..adapters.disk import read_files
from ..coverage import Coverage, measure
from ..knowledge import Api, Knowledge
from ..languages import languages
from ..model import Duration
from ..rulebook import built_in_knowledge
from ..strict import Mistake, suggest


@click.command("apis")
@click.argument("library", required=False)
@click.option(
    "--coverage",
    "folder",
    type=click.Path(path_type=Path, exists=True),
    help="Count the call sites of a folder by module, described and not.",
)
@click.option("--most", default=25, show_default=True, help="How many modules of each sort to print.")
def command(library: str | None, folder: Path | None, most: int) -> None:
    """What Mainstay knows about libraries: all of them, one LIBRARY, or how much of a folder that covers."""
    if folder is not None:
        _print_coverage(folder, most)
    elif library is None:
        _print_all()
    else:
        _print_library(library)


def _print_all() -> None:
    for language in languages():
        counts = _counts(built_in_knowledge(language))
        click.echo(f"{language}: {len(counts)} libraries, {sum(counts.values())} entries")
        for name, count in sorted(counts.items()):
            click.echo(f"  {name:40} {count:5}")


def entries(knowledge: Knowledge) -> list[Api]:
    """Every call that is known: functions, patterns, methods and constructors."""
    methods = [
        api
        for t in knowledge.types.values()
        for api in (*t.methods.values(), *(a for _, a in t.patterns), *([t.constructor] if t.constructor else []))
    ]
    return [*knowledge.calls.values(), *(api for _, api in knowledge.patterns), *methods]


def _counts(knowledge: Knowledge) -> Counter[str]:
    return Counter(api.library for api in entries(knowledge))


def _print_library(name: str) -> None:
    every = {api.library for language in languages() for api in entries(built_in_knowledge(language))}
    if name not in every:
        raise Mistake(f"no API file describes {name!r}", "", f"{suggest(name, every)}`mainstay apis` names them all.")
    for language in languages():
        for api in sorted(
            (a for a in entries(built_in_knowledge(language)) if a.library == name), key=lambda a: a.name
        ):
            click.echo(f"{api.name:60} {_about(api)}")


def _about(api: Api) -> str:
    words = [" ".join(sorted(api.roles)) or "-"]
    if api.deadline is not None:
        default = api.deadline.default
        words.append(f"deadline by default: {f'{default.seconds:g} s' if isinstance(default, Duration) else default}")
    if api.retries is not None:
        words.append(f"retries: {api.retries}")
    if api.closed_by:
        words.append(f"released by: {', '.join(api.closed_by)}")
    return f"{'; '.join(words)}  ({api.source}{f', {api.version}' if api.version else ''})"


def _print_coverage(folder: Path, most: int) -> None:
    found = measure(read_files([folder], folder).files)
    for language, coverage in sorted(found.items()):
        _print_language(language, coverage, most)


def _print_language(language: str, coverage: Coverage, most: int) -> None:
    click.echo(
        f"{language}: of {coverage.clients} I/O call sites on described libraries "
        f"{coverage.roles} ({coverage.share(coverage.roles):.0%}) have a role, "
        f"{coverage.entries} ({coverage.share(coverage.entries):.0%}) an entry"
    )
    click.echo(f"  {coverage.described} of {coverage.imported} call sites on imported modules are on described ones")
    for title, counts in (
        ("I/O, without an entry", coverage.without_entry),
        ("I/O, with an entry, without a role", coverage.without_role),
        ("modules without an API file", coverage.undescribed),
    ):
        click.echo(f"  {title}:")
        for name, count in counts.most_common(most):
            click.echo(f"    {count:6}  {name}")
