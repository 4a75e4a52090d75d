"""`mainstay scan`: whole files and folders, without a change to compare."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import click

from ..adapters.disk import FolderSources, read_files
from ..kit import prepare
from ..service import Options, review
from . import output
from .judging import cores, judging
from .trusted import given


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@output.FORMAT
@output.OUTPUT
@output.FAIL_ON
@output.STRICT
@output.CONFIG
def command(
    *,
    paths: tuple[Path, ...],
    form: str,
    output_: Path | None,
    fail_on: str | None,
    strict: bool,
    config_file: Path | None,
) -> int:
    """Review whole files and folders."""
    top = paths[0] if len(paths) == 1 and paths[0].is_dir() else Path.cwd()
    kit = prepare(FolderSources(top, str(top)), given=given(config_file))
    change = read_files(paths, top)
    options = Options(
        dt.datetime.now(tz=dt.UTC).date().isoformat(),
        time.monotonic,
        whole=True,
        request={"command": "scan"},
    )
    result = review(change, kit, options, judging(kit.engine, fixes=True, jobs=cores()))
    output.show(result, form, output_)
    return output.code(result, fail_on, strict=strict)
