"""`mainstay config [FILE]`: what holds, and where each value comes from."""

from __future__ import annotations

from pathlib import Path

import click

from ..adapters.folder import FolderSources
from ..adapters.git import GitError, worktree_of
from ..config import explain
from ..kit import prepare


@click.command("config")
@click.argument("file", required=False)
@click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    help="The repository (default: here).",
)
def command(file: str | None, repo: Path) -> None:
    """What the working tree's configuration says for FILE (else for the repository), and where each value comes from."""
    top = _top(repo)
    kit = prepare(FolderSources(top, "the working tree"))
    for row in explain(kit.config, _relative(file, top)):
        click.echo(f"{row.key:32} {row.value:24} {row.place}")
    for problem in kit.problems:
        click.echo(problem, err=True)


def _top(repo: Path) -> Path:
    try:
        return worktree_of(repo) or repo
    except GitError:
        return repo


def _relative(file: str | None, top: Path) -> str:
    if file is None:
        return ""
    path = Path(file)
    try:
        return (path if path.is_absolute() else Path.cwd() / path).resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
