"""`mainstay baseline`: what a scan finds today and is accepted for now."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from .. import baseline
from ..strict import Mistake
from . import output
from .scan import JOBS, NO_IGNORE, PATHS, Asked, accepted_in, scan


@click.group("baseline")
def command() -> None:
    """Accept what is there today, so that a scan tells only what is new."""


@command.command("write")
@PATHS
@output.CONFIG
@NO_IGNORE
@JOBS
def write(*, paths: tuple[Path, ...], config_file: Path | None, no_ignore: bool, jobs: int | None) -> int:
    """Scan, and write down every finding as accepted."""
    asked = Asked(paths, no_ignore, jobs, config_file)
    result = scan(asked, (), fixes=False)
    if result.verdict == "not reviewed":
        raise Mistake("nothing could be reviewed, so there is nothing to accept", "", "Run `mainstay scan` to see why.")
    accepted = baseline.of(result.findings)
    file = asked.top / baseline.NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(baseline.render(accepted), encoding="utf-8")
    click.echo(f"{file.as_posix()}: {len(accepted)} findings accepted ({result.verdict})")
    return 0


@command.command("show")
@PATHS
@output.CONFIG
@NO_IGNORE
@JOBS
def show(*, paths: tuple[Path, ...], config_file: Path | None, no_ignore: bool, jobs: int | None) -> int:
    """What is accepted, by rule; and what of it is no longer found."""
    asked = Asked(paths, no_ignore, jobs, config_file)
    accepted = accepted_in(asked.top)
    found = {f.fingerprint for f in scan(asked, (), fixes=False).findings}
    gone = [a for a in accepted if a.fingerprint not in found]
    for rule, count in sorted(Counter(a.rule for a in accepted).items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"{count:5}  {rule}")
    click.echo(f"{len(accepted)} accepted, {len(gone)} of them no longer found")
    for one in gone[:20]:
        click.echo(f"  gone: {one.rule} in {click.format_filename(one.path)}")
    return 0
