"""Which repository a folder is in, what its revisions are, and which commit a change is measured from."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from .process import Git, GitError

_EMPTY_TREES: Final = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_QUESTIONS: Final = (
    "--is-inside-work-tree",
    "--is-shallow-repository",
    "--show-object-format",
    "--absolute-git-dir",
    "--show-prefix",
    "--show-cdup",
)
_DEEPEN: Final = "Fetch more of it: `git fetch --deepen=200`, or all of it: `git fetch --unshallow`."


class Repository(Struct, frozen=True):
    """A repository as one run sees it.

    `top` is the worktree's top folder, None where there is none (a bare repository, or a folder inside `.git`).
    `prefix` is the folder that was asked about, below `top`: "" or ending in a slash. `empty_tree` is the id of a tree
    without files.
    """

    git: Git
    git_folder: Path
    top: Path | None
    prefix: str
    shallow: bool
    empty_tree: str

    @property
    def name(self) -> str:
        """The name of its folder: nothing about remotes, whose addresses may hold secrets."""
        if self.top is not None:
            return self.top.name
        folder = self.git_folder
        return folder.parent.name if folder.name == ".git" else folder.name.removesuffix(".git")


def open_repository(folder: Path, seconds: float, *, trusted: bool = True) -> Repository:
    """The repository around `folder`; all git processes of this run together may take `seconds`.

    With `trusted` False, as on a server, its settings are a stranger's, and nothing that they name is run.
    Raises GitError where there is none.
    """
    folder = Path(folder).resolve()
    git = Git(folder, time.monotonic() + seconds, trusted=trusted)
    inside, shallow, hashes, git_folder, prefix, up, *_ = _answers(git)
    top = Path(os.path.normpath(folder / up)) if inside == "true" else None
    return Repository(
        git=replace(git, folder=top or folder),
        git_folder=Path(git_folder),
        top=top,
        prefix=prefix if top else "",
        shallow=shallow == "true",
        empty_tree=_EMPTY_TREES.get(hashes, _EMPTY_TREES["sha1"]),
    )


def _answers(git: Git) -> list[str]:
    """What git says to the questions, a line each. On a busy machine an answer can be lost: then it is asked once more."""
    for _ in range(2):
        lines = os.fsdecode(git.run("rev-parse", *_QUESTIONS)).split("\n")
        if len(lines) >= len(_QUESTIONS):
            return lines
    raise GitError("what git rev-parse said was lost on the way", "Try again.")


def resolve(git: Git, *names: str) -> Mapping[str, str]:
    """The ids of those `names` that are objects of the repository (`main^{commit}`, `HEAD:file`), in one process."""
    names = tuple(name for name in names if name and "\n" not in name)
    answers = git.run("cat-file", "--batch-check=%(objectname)", stdin=os.fsencode("".join(f"{n}\n" for n in names)))
    found = zip(names, os.fsdecode(answers).split("\n"), strict=False)
    return {name: answer for name, answer in found if answer.isalnum()}


# --- what a change is measured from ------------------------------------------------------------------------


class Start(Struct, frozen=True):
    """`base` is what a change is measured against, `merge_base` the commit it left it at. "" stands for nothing."""

    base: str
    merge_base: str


def find_start(repository: Repository, base: str | None, head: str) -> Start:
    """Where the change that ends in the commit `head` starts: at the merge base with `base`, or the default branch.

    A base that is the empty tree, and one that has no commit in common with `head`, mean that everything is new.
    Raises GitError when there is no such base, or a shallow clone does not reach back to the merge base.
    """
    base_id = _named(repository, base) if base else _default(repository)
    if base_id == repository.empty_tree:
        return Start("", "")
    merge_base = repository.git.ask("merge-base", base_id, head)
    if merge_base is None and repository.shallow:
        raise GitError(f"This shallow clone does not reach back to where the change left {base or 'the base'}", _DEEPEN)
    return Start(base_id, merge_base or "")


def commit_id(repository: Repository, name: str) -> str:
    """The id of the commit that `name` means. Raises GitError when it means none."""
    found = resolve(repository.git, f"{name}^{{commit}}")
    if not found:
        raise GitError(f"There is no commit {name!r} here", _how_to_get(repository, name))
    return found[f"{name}^{{commit}}"]


def _named(repository: Repository, base: str) -> str:
    commit, tree = f"{base}^{{commit}}", f"{base}^{{tree}}"
    found = resolve(repository.git, commit, tree)
    if commit not in found and found.get(tree) == repository.empty_tree:
        return repository.empty_tree
    if commit not in found:
        raise GitError(f"There is no commit {base!r} to measure the change from", _how_to_get(repository, base))
    return found[commit]


def _how_to_get(repository: Repository, name: str) -> str:
    if repository.shallow:
        return f"This is a shallow clone. {_DEEPEN}"
    return f"Check how it is written, or fetch it: `git fetch REMOTE {name}`."


def _default(repository: Repository) -> str:
    default = default_branch(repository.git)
    if default is None:
        remedy = f"This is a shallow clone. {_DEEPEN}" if repository.shallow else "Name one: --base REV."
        raise GitError("No default branch is known to measure from (no remote's HEAD, main or master)", remedy)
    return default


def default_branch(git: Git, remote: str | None = None) -> str | None:
    """The commit of the default branch, None where none is known.

    Of the remote that is named, else of `origin` or the only remote: its HEAD, its main or its master. Where no remote
    was named and none helps, the local main or master. A branch's own upstream is never asked.
    """
    heads = [f"refs/remotes/{remote or '*'}/{name}" for name in ("HEAD", "main", "master")]
    locals_ = [] if remote else ["refs/heads/main", "refs/heads/master"]
    said = git.run("for-each-ref", "--format=%(refname) %(objectname)", *heads, *locals_)
    known = dict(line.split(" ") for line in os.fsdecode(said).split("\n") if line)
    remotes = {name.split("/")[2] for name in known if name.startswith("refs/remotes/")}
    chosen = remote or ("origin" if "origin" in remotes else remotes.pop() if len(remotes) == 1 else None)
    candidates = [f"refs/remotes/{chosen}/{name}" for name in ("HEAD", "main", "master")] if chosen else []
    return next((known[name] for name in (*candidates, *locals_) if name in known), None)


def worktree_of(folder: Path, seconds: float = 20.0) -> Path | None:
    """The top of the worktree around `folder`, None in a bare repository. Raises GitError outside any repository."""
    return open_repository(folder, seconds).top
