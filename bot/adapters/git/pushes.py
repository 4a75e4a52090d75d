"""What a push brings: the lines that git hands to a pre-push hook, as ranges to judge.

The lines are told in https://git-scm.com/docs/githooks#_pre_push.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from .process import GitError
from .repository import Repository, Start, default_branch, resolve

#: So many remote branches, the youngest first, are asked for what the remote already has.
_MOST_BRANCHES: Final = 500
_NOWHERE: Final = Start("", "")


class Pushed(Struct, frozen=True):
    """One ref of a push: the range to judge, or in `skipped` why there is none.

    `trees` are the ids of the trees before and after: equal trees mean equal answers.
    """

    ref: str
    head: str
    start: Start = _NOWHERE
    trees: tuple[str, str] = ("", "")
    skipped: str = ""


class _Line(Struct, frozen=True):
    """`head` and `old` are commits of this repository, "" where there is none (yet)."""

    ref: str
    deleted: bool
    head: str
    old: str


def pushed_from(cwd: Path) -> Path:
    """The folder whose repository is pushed from: git runs a hook with GIT_DIR set where `cwd` does not tell."""
    return cwd / os.environ.get("GIT_DIR", "")


def git_path(repository: Repository, name: str) -> Path:
    """Where git keeps `name` ("hooks", or a folder of our own); core.hooksPath and worktrees are heeded."""
    # A relative core.hooksPath counts from where hooks run: the top of the worktree, or the bare repository's folder.
    folder = repository.top or repository.git_folder
    said = repository.git.run("-C", str(folder), "rev-parse", "--git-path", name)
    return Path(os.path.normpath(folder / os.fsdecode(said).removesuffix("\n")))


def pushed_ranges(repository: Repository, remote: str, lines: str) -> Iterator[Pushed]:
    """The refs of a push in their order; `remote` is the name or address that git gives to the hook.

    Skipped are deletions, notes, tags whose commits come with a branch or are on the remote, refs without new content
    and refs that bring the same as one before. Where the others start: see `_start`.
    Raises GitError for lines that are none, and where a shallow clone does not reach back far enough.
    """
    read = _read(repository, lines)
    branches = [line.head for line in read if line.head and not line.ref.startswith("refs/tags/")]
    seen: dict[tuple[str, str], str] = {}
    for line in read:
        if reason := _why_skipped(repository, remote, line, branches):
            yield Pushed(line.ref, line.head, skipped=reason)
            continue
        start = _start(repository, remote, line)
        trees = _trees(repository, start, line.head)
        earlier = seen.setdefault((start.merge_base, line.head), line.ref)
        skipped = f"the same commits as {earlier}" if earlier != line.ref else ""
        yield Pushed(line.ref, line.head, start, trees, skipped or ("nothing new" if trees[0] == trees[1] else ""))


def _read(repository: Repository, lines: str) -> list[_Line]:
    read = []
    for line in lines.split("\n"):
        # The local ref, which stands first, may be any expression, with blanks too; no other part may.
        words = line.rsplit(" ", 3)
        if len(words) == 4:
            read.append((words[1], words[2], words[3]))
        elif line:
            raise GitError(f"This is no line of a push: {line[:80]!r}", "`mainstay hook run` is for git to call.")
    names = [f"{object_id}^{{commit}}" for local, _, remote in read for object_id in (local, remote)]
    known = resolve(repository.git, *dict.fromkeys(names))
    return [
        _Line(ref, not local.strip("0"), known.get(f"{local}^{{commit}}", ""), known.get(f"{remote}^{{commit}}", ""))
        for local, ref, remote in read
    ]


def _why_skipped(repository: Repository, remote: str, line: _Line, branches: list[str]) -> str:
    if line.deleted:
        return "deleted"
    if line.ref.startswith("refs/notes/"):
        return "notes are no code"
    if not line.head:
        return "not a commit"
    if line.ref.startswith("refs/tags/") and not _brings_commits(repository, remote, line.head, branches):
        return "a tag: its commits are on a branch"
    return ""


def _brings_commits(repository: Repository, remote: str, tag: str, branches: list[str]) -> bool:
    """Whether a tag points to commits that neither the remote has nor a branch of this push brings."""
    known = [*branches, *_remote_heads(repository, remote)]
    return bool(repository.git.run("rev-list", "--max-count=1", tag, "--not", *known))


def _start(repository: Repository, remote: str, line: _Line) -> Start:
    """Where the pushed commits start.

    At the merge base of what the remote's ref was and what it becomes: so a fast-forward is judged by its new commits
    alone. But when the branch has since been rebased onto the default branch, or merged with it, that range holds
    other people's commits; then, and for a new ref, it is the merge base with the remote's default branch.
    Where no default branch is known: the point up to which any remote branch has the history; else everything is new.
    """
    git = repository.git
    left_old = git.ask("merge-base", line.old, line.head) if line.old else None
    default = default_branch(git, remote)
    left_default = git.ask("merge-base", default, line.head) if default else None
    if left_old and (
        not left_default
        or left_default == left_old
        or git.ask("merge-base", "--is-ancestor", left_default, left_old) is not None
    ):
        return Start(line.old, left_old)
    if default and left_default:
        return Start(default, left_default)
    known = _remote_heads(repository, remote)
    left_known = git.ask("merge-base", line.head, *known) if known else None
    if known and left_known is None and repository.shallow:
        raise GitError(
            f"This shallow clone does not reach back to what the remote has of {line.ref}",
            "Fetch more of it: `git fetch --deepen=200`, or all of it: `git fetch --unshallow`.",
        )
    return Start(left_known or "", left_known or "")


def _remote_heads(repository: Repository, remote: str) -> list[str]:
    """The commits of the remote's branches as last seen; those of all remotes when nothing of this one was seen."""
    youngest = ["--sort=-committerdate", f"--count={_MOST_BRANCHES}", "--format=%(objectname)"]
    for place in (f"refs/remotes/{remote}/", "refs/remotes/"):
        if ids := os.fsdecode(repository.git.run("for-each-ref", *youngest, place)).split():
            return list(dict.fromkeys(ids))
    return []


def _trees(repository: Repository, start: Start, head: str) -> tuple[str, str]:
    before, after = f"{start.merge_base}^{{tree}}", f"{head}^{{tree}}"
    found = resolve(repository.git, after, *([before] if start.merge_base else []))
    return found.get(before, repository.empty_tree), found[after]
