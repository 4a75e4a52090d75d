"""`mainstay check`: the change that is about to be pushed, held against what was there before."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from ..adapters.git import GitError, read_change, worktree_of
from ..fix import applied
from ..kit import Kit, prepare
from ..model import ChangeSet, Fix, Review
from ..service import Options, review
from . import output
from .judging import judging
from .trusted import given, kit_for

_HELP = {
    "repo": "The repository, or a folder in it (default: here).",
    "base": "Measure the change from its merge base with this revision (default: the remote's HEAD, main or master).",
    "head": "Review what was committed up to this revision; the working tree is not looked at.",
    "staged": "Review what is staged.",
    "patch": "Review a bare patch from a file, or - for standard input.",
    "fix": "Apply the proved fixes to the working tree.",
}


class Asked(Struct, frozen=True):
    """What the command line asks for."""

    repo: Path
    base: str | None
    head: str | None
    staged: bool
    patch: str | None
    config_file: Path | None
    paths: tuple[str, ...]

    def request(self) -> dict[str, Any]:
        """What a replay needs, without paths of this machine."""
        return {
            "command": "check",
            "head": self.head or "",
            "staged": self.staged,
            "patch": bool(self.patch),
            "paths": list(self.paths),
            "config": text[1] if (text := given(self.config_file)) else "",
            "today": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        }


@click.command("check")
@click.option(
    "--repo", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path(), help=_HELP["repo"]
)
@click.option("--base", metavar="REV", help=_HELP["base"])
@click.option("--head", metavar="REV", help=_HELP["head"])
@click.option("--staged", is_flag=True, help=_HELP["staged"])
@click.option(
    "--patch", type=click.Path(exists=True, dir_okay=False, allow_dash=True), metavar="FILE", help=_HELP["patch"]
)
@output.FORMAT
@output.OUTPUT
@output.FAIL_ON
@output.STRICT
@output.CONFIG
@click.option("--fix", "wants_fix", is_flag=True, help=_HELP["fix"])
@click.argument("paths", nargs=-1)
def command(  # noqa: PLR0913 - one parameter an option, as click passes them
    *,
    repo: Path,
    base: str | None,
    head: str | None,
    staged: bool,
    patch: str | None,
    form: str,
    output_: Path | None,
    fail_on: str | None,
    strict: bool,
    config_file: Path | None,
    wants_fix: bool,
    paths: tuple[str, ...],
) -> int:
    """Review what you are about to push: everything since the merge base with the default branch.

    Uncommitted and untracked work is included. PATHS restrict the review to files and folders.
    """
    asked = Asked(repo, base, head, staged, patch, config_file, paths)
    if wants_fix and (head or staged or patch):
        raise click.UsageError("--fix changes the working tree: leave out --head, --staged and --patch.")
    if patch and (base or head or staged):
        raise click.UsageError("--patch brings its own two sides: leave out --base, --head and --staged.")
    result = judge(asked)
    output.show(result, form, output_)
    if wants_fix:
        apply_fixes(result, repo)
    return output.code(result, fail_on, strict=strict)


def judge(asked: Asked) -> Review:
    """Read the change and review it. Raises GitError, PatchError or Mistake."""
    change, kit = _patched(asked) if asked.patch else _from_git(asked)
    request = asked.request()
    return review(change, kit, Options(request["today"], time.monotonic, request=request), judging(kit.engine))


def _from_git(asked: Asked) -> tuple[ChangeSet, Kit]:
    change = read_change(asked.repo, base=asked.base, head=asked.head, staged=asked.staged, paths=asked.paths)
    top = None if asked.head else worktree_of(asked.repo)
    return change, kit_for(asked.repo, top, change, asked.config_file)


def _patched(asked: Asked) -> tuple[ChangeSet, Kit]:
    from ..diff.patch import parse_patch

    data = sys.stdin.buffer.read() if asked.patch == "-" else Path(str(asked.patch)).read_bytes()
    text = data.decode("utf-8", "surrogateescape")
    said = "a bare patch: only its own lines are known, so what stands around them was not seen"
    return ChangeSet("patch", "patch", "patch", "", parse_patch(text), (said,)), prepare(
        None, given=given(asked.config_file)
    )


def apply_fixes(result: Review, repo: Path) -> None:
    """Write every proved fix that does not overlap another one into the working tree, and say what was done."""
    top = worktree_of(repo)
    if top is None:
        raise GitError("There is no working tree to fix", "Run it in a checkout.")
    by_path: dict[str, list[Fix]] = {}
    for finding in result.findings:
        if finding.fix is not None:
            by_path.setdefault((finding.affected or finding.place).path, []).append(finding.fix)
    proved = sum(map(len, by_path.values()))
    fixed = sum(_write_fixed(top / path, fixes) for path, fixes in sorted(by_path.items()))
    again = f"applied {fixed} of {proved} proved fixes; run the check again"
    click.echo(again if proved else "there is no proved fix to apply", err=True)


def _write_fixed(file: Path, fixes: Sequence[Fix]) -> int:
    data = file.read_bytes()
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    try:
        before = data[len(mark) :].decode("utf-8")
    except UnicodeDecodeError:
        return 0  # the offsets of a fix count UTF-8; another encoding is left to people
    text, count = applied(before, fixes)
    file.write_bytes(mark + text.encode("utf-8"))
    return count
