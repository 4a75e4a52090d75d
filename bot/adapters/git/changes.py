"""A change, read out of a repository: which files differ between two states of it, and both texts of each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ...diff import hunks_between
from ...model import ChangeSet, FileChange, Status
from ...texts import PassedOver, decode
from .blobs import read_blobs, read_worktree_file
from .process import Git, GitError
from .repository import Repository, Start, commit_id, find_start, open_repository, resolve

#: Untracked files beyond this number are left out, and the change says so: somebody forgot to ignore a folder.
MAX_UNTRACKED: Final = 2_000
#: How long all git processes of one change may take together, in seconds.
SECONDS: Final = 60.0

# Plumbing commands heed few settings; limits are spelled out, so that every git gives the same list.
_LIST: Final = (
    "--raw",
    "-z",
    "--no-abbrev",
    "-M50%",
    "-C50%",
    "-l1000",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
)
_STATUS: Final[Mapping[str, Status]] = {"A": "added", "D": "deleted", "R": "renamed", "C": "copied"}
_NOT_TEXT: Final = {"160000": "submodule", "120000": "symbolic link"}
_REGULAR: Final = "100644"
_NO_MODE: Final = "000000"


class Entry(Struct, frozen=True):
    """One line of git's raw list. Paths are bytes: on disk a name need not be text.

    An id of zeros stands for a side that does not exist (its mode is zeros too) or that lies in the worktree only.
    """

    status: str
    old_mode: str
    new_mode: str
    old_id: str
    new_id: str
    path: bytes
    old_path: bytes


def read_change(
    folder: Path,
    *,
    base: str | None,
    head: str | None,
    staged: bool,
    paths: Sequence[str],
    seconds: float = SECONDS,
    trusted: bool = True,
) -> ChangeSet:
    """The change in the repository around `folder`.

    - With neither `head` nor `staged`: everything since the merge base of HEAD with `base` (else the default branch:
      see `default_branch`), what is neither committed nor tracked included. On the default branch of a repository
      without remotes that is what is not committed. A bare repository has no worktree: there `head` is HEAD.
    - `head`: what was committed between its merge base with `base` and `head`. The worktree is not looked at.
    - `staged`: the index against HEAD, or against the merge base of HEAD with `base` where that is given.

    `paths` restrict the change to files and folders, relative to `folder`. Neither index nor worktree is touched.
    Nothing comes before a first commit: then `merge_base` is "" and every file is added.
    `trusted` False is for repositories whose settings a stranger may have written: nothing that they name is run.
    A file whose mode alone changed is a modification without hunks. A copy has no text before: its path did not exist.
    Raises GitError, which says what to do.
    """
    repository = open_repository(folder, seconds, trusted=trusted)
    if head and staged:
        raise GitError("--head and --staged exclude each other", "Leave one of them out.")
    if staged:
        change = _staged(repository, base)
    elif head or repository.top is None:
        change = _committed(repository, base, head or "HEAD")
    else:
        change = _in_worktree(repository, base, repository.top)
    return _restricted(repository, change, paths) if paths else change


# --- the three kinds of change -----------------------------------------------------------------------------


def _committed(repository: Repository, base: str | None, head: str) -> ChangeSet:
    head_id = commit_id(repository, head)
    start = find_start(repository, base, head_id)
    return read_range(repository, start, head_id)


def read_range(repository: Repository, start: Start, head: str) -> ChangeSet:
    """The change from `start` to the commit `head`, both by their ids."""
    before = start.merge_base or repository.empty_tree
    said = repository.git.run("diff-tree", "-r", *_LIST, before, head)
    if not said and _differ(repository.git, before, head):
        raise GitError("what git diff-tree said was lost on the way", "Try again.")
    return _change_set(repository, start, head, _files(repository.git, parse_raw(said), None))


def _differ(git: Git, before: str, after: str) -> bool:
    """True for two states with other files: a difference between them that says nothing was lost."""
    trees = resolve(git, f"{before}^{{tree}}", f"{after}^{{tree}}")
    return len(set(trees.values())) > 1


def _staged(repository: Repository, base: str | None) -> ChangeSet:
    head = resolve(repository.git, "HEAD^{commit}").get("HEAD^{commit}", "")
    start = find_start(repository, base, head) if base and head else Start(head, head)
    git = replace(repository.git, variables=_index_of_this_commit(repository))
    said = git.run("diff-index", "--cached", *_LIST, start.merge_base or repository.empty_tree)
    return _change_set(repository, start, "index", _files(git, parse_raw(said), None))


def _index_of_this_commit(repository: Repository) -> dict[str, str]:
    """`git commit --all` and `git commit FILE` give a pre-commit hook an index of their own, beside the usual one."""
    index = os.environ.get("GIT_INDEX_FILE", "")
    beside = bool(index) and Path(index).resolve().parent == repository.git_folder.resolve()
    return {"GIT_INDEX_FILE": str(Path(index).resolve())} if beside else {}


def _in_worktree(repository: Repository, base: str | None, top: Path) -> ChangeSet:
    git = repository.git
    head = resolve(git, "HEAD^{commit}").get("HEAD^{commit}", "")
    start = find_start(repository, base, head) if head else Start("", "")
    said = git.run("diff-index", *_LIST, "--ignore-submodules=dirty", start.merge_base or repository.empty_tree)
    others, conflicted = _untracked_and_conflicted(git)
    untracked = [Entry("A", _NO_MODE, _REGULAR, "0", "0", path, path) for path in others[:MAX_UNTRACKED]]
    tracked = (replace(entry, status="U") if entry.path in conflicted else entry for entry in parse_raw(said))
    files = _files(git, [*tracked, *untracked], top)
    problems: tuple[str, ...] = ()
    if left := len(others) - len(untracked):
        problems = (f"{left} of {len(others)} untracked files were left out: add what is not source to .gitignore",)
    files = _with_moves(files, {_as_text(entry.path) for entry in untracked})
    return _change_set(repository, start, "worktree", files, problems)


def _untracked_and_conflicted(git: Git) -> tuple[list[bytes], set[bytes]]:
    """The paths of both: `diff-index` tells of neither when it compares with the worktree."""
    said = git.run("ls-files", "-z", "-t", "--others", "--unmerged", "--exclude-standard").split(b"\0")
    others = [line[2:] for line in said if line.startswith(b"? ")]
    return others, {line.partition(b"\t")[2] for line in said if line.startswith(b"M ")}


def _change_set(
    repository: Repository, start: Start, head: str, files: Iterable[FileChange], problems: tuple[str, ...] = ()
) -> ChangeSet:
    ordered = tuple(sorted(files, key=lambda file: (file.path, file.status)))
    return ChangeSet(repository.name, start.base, head, start.merge_base, ordered, problems)


# --- the files ---------------------------------------------------------------------------------------------


def parse_raw(said: bytes) -> list[Entry]:
    """The entries of `--raw -z`: https://git-scm.com/docs/diff-format#_raw_output_format."""
    fields = iter(said.split(b"\0"))
    entries = []
    for field in fields:
        if not field.startswith(b":"):
            continue
        old_mode, new_mode, old_id, new_id, status = field[1:].decode("ascii").split(" ")
        old_path = next(fields)
        path = next(fields) if status[0] in "RC" else old_path
        entries.append(Entry(status[0], old_mode, new_mode, old_id, new_id, path, old_path))
    conflicted = {entry.path for entry in entries if entry.status == "U"}
    return [entry for entry in entries if entry.status == "U" or entry.path not in conflicted]


def _files(git: Git, entries: Sequence[Entry], top: Path | None) -> list[FileChange]:
    """Both texts of each entry; `top` is where the files lie that no object holds."""
    readable = [entry for entry in entries if not _why_not(entry)]
    ids = (i for entry in readable for i in _blob_ids(entry) if i.strip("0"))
    blobs = read_blobs(git, ids)
    files = (_file(entry, blobs, top) for entry in entries)
    return [file for file in files if file is not None]


def _blob_ids(entry: Entry) -> tuple[str, ...]:
    before = (entry.old_id,) if _has_before(entry) else ()
    return (*before, entry.new_id)


def _has_before(entry: Entry) -> bool:
    # What was a link or a submodule has no text before: the file is as good as new.
    return entry.status not in "AC" and entry.old_mode not in _NOT_TEXT


def _why_not(entry: Entry) -> str:
    """Why an entry is not looked into, "" when it is."""
    if entry.status == "U":
        return "conflicted"
    if entry.path.endswith(b"/"):
        return "nested repository"
    return _NOT_TEXT.get(entry.old_mode if entry.status == "D" else entry.new_mode, "")


def _file(entry: Entry, blobs: Mapping[str, bytes | PassedOver], top: Path | None) -> FileChange | None:
    """The entry with its texts, None when only the file's times differ from what git remembers."""
    status = _STATUS.get(entry.status, "modified" if _has_before(entry) else "added")
    file = FileChange(
        path=_as_text(entry.path),
        old_path=_as_text(entry.old_path) if status in ("renamed", "copied") else None,
        status=status,
        before=None,
        after=None,
        passed_over=_why_not(entry),
    )
    if file.passed_over:
        return file
    before = decode(blobs[entry.old_id]) if _has_before(entry) else ""
    after = "" if status == "deleted" else decode(_after(entry, blobs, top))
    if isinstance(after, PassedOver):
        return replace(file, passed_over=after.reason)
    if isinstance(before, PassedOver):
        return replace(file, passed_over=before.reason)
    if top is not None:
        before = _with_line_ends_of(after, before)
        if before == after and status == "modified" and entry.old_mode == entry.new_mode:
            return None
    return replace(
        file,
        before=before if _has_before(entry) else None,
        after=None if status == "deleted" else after,
        hunks=hunks_between(before, after),
    )


def _after(entry: Entry, blobs: Mapping[str, bytes | PassedOver], top: Path | None) -> bytes | PassedOver:
    if top is not None and not entry.new_id.strip("0"):
        return read_worktree_file(top, entry.path)
    return blobs[entry.new_id]


def _with_line_ends_of(after: str, before: str) -> str:
    """Git turns line ends into CR LF on checkout where it is told to: then the before text gets them too.

    The after text stays what lies on disk, so that an edit of it fits.
    """
    converted = "\r\n" in after and after.count("\r\n") == after.count("\n") and "\r" not in before
    return before.replace("\n", "\r\n") if converted else before


def _with_moves(files: list[FileChange], untracked: set[str]) -> list[FileChange]:
    """A deleted file whose text turns up in an untracked one was moved: git sees only moves among tracked files."""
    gone = {file.before: file for file in files if file.status == "deleted" and file.before}
    moved: list[FileChange] = []
    for file in files:
        if file.path in untracked and file.after in gone:
            old = gone.pop(file.after)
            moved.append(replace(file, old_path=old.path, status="renamed", before=old.before, hunks=()))
    paths = {path for file in moved for path in (file.path, file.old_path)}
    return [file for file in files if file.path not in paths] + moved


def _as_text(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")


# --- paths -------------------------------------------------------------------------------------------------


def _restricted(repository: Repository, change: ChangeSet, paths: Sequence[str]) -> ChangeSet:
    """The files at or below `paths`. The list is cut afterwards, so that a rename into a path stays a rename.

    Raises GitError for a path outside the repository, and for one that neither the change nor either side knows.
    """
    inner = [_inside(repository, path) for path in paths]
    chosen = tuple(file for file in change.files if any(_lies_in(file.path, path) for path in inner))
    for given, path in zip(paths, inner, strict=True):
        if not any(_lies_in(file.path, path) for file in change.files) and not _exists(repository, change, path):
            raise GitError(f"There is no {given} in this repository", "Paths are relative to the folder of the check.")
    return replace(change, files=chosen)


def _inside(repository: Repository, path: str) -> str:
    root = repository.top or Path("/")
    asked = root / repository.prefix / path
    if Path(path).is_absolute():
        asked = asked.parent.resolve() / asked.name  # `top` has no links in it
    inner = os.path.relpath(os.path.normpath(asked), root)
    if inner == ".." or inner.startswith(f"..{os.sep}") or Path(inner).is_absolute():
        raise GitError(f"{path} lies outside of the repository", f"Name paths below {root}.")
    return Path(inner).as_posix()


def _lies_in(file: str, path: str) -> bool:
    return path in (".", file) or file.startswith(f"{path}/")


def _exists(repository: Repository, change: ChangeSet, path: str) -> bool:
    if change.head == "worktree" and repository.top is not None and os.path.lexists(repository.top / path):
        return True
    if path == ".":
        return True
    sides = [change.merge_base, "" if change.head == "index" else change.head]
    return bool(resolve(repository.git, *(f"{side}:{path}" for side in sides)))
