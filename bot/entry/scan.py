"""`mainstay scan`: whole files and folders, without a change to compare."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from .. import baseline
from ..adapters.disk import read_files
from ..adapters.folder import FolderSources
from ..judge import Judgement
from ..kit import prepare
from ..model import Review, SourceFile
from ..service import Judge, Options, review
from . import output
from .judging import cores, judging
from .trusted import given

PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
NO_IGNORE = click.option("--no-ignore", is_flag=True, help="Also read what .gitignore files leave out.")
JOBS = click.option(
    "--jobs", type=click.IntRange(1, 256), default=None, help="How many processes judge at once (default: one a core)."
)


class Asked(Struct, frozen=True):
    """Which files are scanned, and how."""

    paths: tuple[Path, ...]
    no_ignore: bool
    jobs: int | None
    config_file: Path | None

    @property
    def top(self) -> Path:
        """The folder that paths are relative to, and whose settings hold."""
        return self.paths[0] if len(self.paths) == 1 and self.paths[0].is_dir() else Path.cwd()


@click.command("scan")
@PATHS
@output.FORMAT
@output.OUTPUT
@output.FAIL_ON
@output.STRICT
@output.CONFIG
@NO_IGNORE
@JOBS
@click.option("--no-baseline", is_flag=True, help=f"Tell also what {baseline.NAME} accepts.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    paths: tuple[Path, ...],
    form: str,
    output_: Path | None,
    fail_on: str | None,
    strict: bool,
    config_file: Path | None,
    no_ignore: bool,
    jobs: int | None,
    no_baseline: bool,
) -> int:
    """Review whole files and folders."""
    asked = Asked(paths, no_ignore, jobs, config_file)
    result = scan(asked, () if no_baseline else accepted_in(asked.top))
    output.show(result, form, output_)
    return output.code(result, fail_on, strict=strict)


def scan(asked: Asked, accepted: Sequence[baseline.Accepted], *, fixes: bool = True) -> Review:
    """Review files and folders, what is accepted folded away. Raises Mistake, WorkerError."""
    top = asked.top
    kit = prepare(FolderSources(top, str(top)), given=given(asked.config_file))
    change = read_files(asked.paths, top, ignores=not asked.no_ignore)
    request: dict[str, Any] = {"command": "scan", **({"baseline": len(accepted)} if accepted else {})}
    options = Options(
        dt.datetime.now(tz=dt.UTC).date().isoformat(),
        time.monotonic,
        whole=True,
        fixes=fixes,
        accepted=frozenset(a.fingerprint for a in accepted),
        request=request,
    )
    return review(change, kit, options, _with_progress(judging(kit.engine, fixes=fixes, jobs=asked.jobs or cores())))


def _with_progress(judge: Judge) -> Judge:
    """The judge, with a bar on the terminal while it works."""
    if not sys.stderr.isatty():
        return judge

    def judged(sources: Sequence[SourceFile]) -> Iterator[Judgement]:
        with click.progressbar(length=len(sources), label="Reading", file=sys.stderr) as bar:
            for judgement in judge(sources):
                bar.update(1)
                yield judgement

    return judged


def accepted_in(top: Path) -> tuple[baseline.Accepted, ...]:
    """What the baseline in a folder accepts, nothing when there is none. Raises Mistake."""
    file = top / baseline.NAME
    if not file.is_file():
        return ()
    return baseline.read(file.read_text(encoding="utf-8", errors="replace"), file.as_posix())
