"""A pull request's two sides, read by the interface: whole files, several at once."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from github import Github
from github.File import File
from github.Repository import Repository
from msgspec.structs import replace

from ...diff import hunks_between
from ...model import ChangeSet, FileChange, Status
from ...ports import PullRequest
from ...texts import MAX_BYTES, MAX_TOTAL, PassedOver, decode
from .client import GitHubError, in_words

#: Files that are read at once.
_AT_ONCE: Final = 8
#: https://docs.github.com/en/rest/commits/commits#compare-two-commits
_MOST_COMPARED: Final = 300
_STATUS: Final[Mapping[str, Status]] = {
    "added": "added",
    "removed": "deleted",
    "renamed": "renamed",
    "copied": "copied",
}
_REGULAR: Final = ("100644", "100755")
_NOT_TEXT: Final = {"120000": "symbolic link", "160000": "submodule"}


def read_pull(client: Github, repository: str, number: int, at_least: str = "") -> PullRequest:
    """What GitHub says of a pull request.

    Its answers may lag behind what it has told already: where its head comes before the commit `at_least`, that is
    refused, and asking again later helps. Raises GitHubError.
    """
    with in_words():
        home = client.get_repo(repository)
        pull = home.get_pull(number)
        if at_least and pull.head.sha != at_least and home.compare(at_least, pull.head.sha).status == "behind":
            raise GitHubError("GitHub still shows an older head", "Ask again in a few seconds.")
        compared = home.compare(pull.base.sha, pull.head.sha)
        return PullRequest(
            repository=home.full_name,
            number=number,
            base=pull.base.sha,
            head=pull.head.sha,
            merge_base=compared.merge_base_commit.sha,
            files=pull.changed_files,
            additions=pull.additions,
            deletions=pull.deletions,
        )


def read_change(client: Github, pull: PullRequest) -> ChangeSet:
    """The change with both texts of each file. What GitHub did not give whole is named. Raises GitHubError."""
    with in_words():
        home = client.get_repo(pull.repository)
        now = home.get_pull(pull.number)
        files = list(now.get_files())
        sides = _Sides(home, pull)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            changes = list(pool.map(sides.change, files))
    return ChangeSet(
        repository=pull.repository,
        base=pull.base,
        head=pull.head,
        merge_base=pull.merge_base,
        files=tuple(sorted(changes, key=lambda c: c.path)),
        problems=(*_moved(pull, now.head.sha), *_missing(pull, files)),
    )


def read_between(client: Github, pull: PullRequest) -> ChangeSet:
    """The change of a merge group, from where its two commits have parted, with both texts of each file. Raises GitHubError."""
    with in_words():
        home = client.get_repo(pull.repository)
        compared = home.compare(pull.base, pull.head)
        found, files = replace(pull, merge_base=compared.merge_base_commit.sha), list(compared.files)
        sides = _Sides(home, found)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            changes = list(pool.map(sides.change, files))
    cut = (f"GitHub compares {_MOST_COMPARED} files at most",) if len(files) >= _MOST_COMPARED else ()
    return ChangeSet(
        repository=pull.repository,
        base=pull.base,
        head=pull.head,
        merge_base=found.merge_base,
        files=tuple(sorted(changes, key=lambda c: c.path)),
        problems=cut,
    )


def _moved(pull: PullRequest, head: str) -> Iterable[str]:
    if head != pull.head:
        yield f"the pull request has moved on to {head[:12]} while it was read"


def _missing(pull: PullRequest, files: Sequence[File]) -> Iterable[str]:
    """What GitHub's list lacks of what it says of the pull request itself: past its limits it leaves things out in silence."""
    if len(files) != pull.files:
        yield f"GitHub listed {len(files)} of {pull.files} changed files"
        return
    added, deleted = sum(f.additions for f in files), sum(f.deletions for f in files)
    if (added, deleted) != (pull.additions, pull.deletions):
        yield (
            f"GitHub's list counts {added} added and {deleted} deleted lines, "
            f"the pull request {pull.additions} and {pull.deletions}"
        )


class _Sides:
    """Reads the texts of both sides of a pull request, within the limits of a review."""

    def __init__(self, home: Repository, pull: PullRequest) -> None:
        self._home, self._pull = home, pull
        self._before, self._after = _tree(home, pull.merge_base), _tree(home, pull.head)
        self._read = 0

    def change(self, file: File) -> FileChange:
        """One file with its texts, or with the reason why they were not read."""
        status = _STATUS.get(file.status, "modified")
        old = file.previous_filename if status in ("renamed", "copied") else file.filename
        change = FileChange(
            path=file.filename, old_path=old if old != file.filename else None, status=status, before=None, after=None
        )
        before = "" if status == "added" else self._text(self._before, old)
        after = "" if status == "deleted" else self._text(self._after, file.filename)
        for side in (after, before):
            if isinstance(side, PassedOver):
                return replace(change, passed_over=side.reason)
        return replace(
            change,
            before=None if status == "added" else str(before),
            after=None if status == "deleted" else str(after),
            hunks=hunks_between(str(before), str(after)),
        )

    def _text(self, tree: Mapping[str, tuple[str, str, int]], path: str) -> str | PassedOver:
        if path not in tree:
            return PassedOver("missing from the commit as GitHub lists it")
        mode, sha, size = tree[path]
        if mode not in _REGULAR:
            return PassedOver(_NOT_TEXT.get(mode, "not a file"))
        if size > MAX_BYTES:
            return PassedOver("too large")
        self._read += size
        if self._read > MAX_TOTAL:
            return PassedOver("the change is too large to be read whole")
        return decode(base64.b64decode(self._home.get_git_blob(sha).content))


def _tree(home: Repository, commit: str) -> dict[str, tuple[str, str, int]]:
    """The files of a commit: mode, blob and size by path; where GitHub cuts the list, what it left out is missing."""
    return {
        e.path: (e.mode, e.sha, e.size or 0) for e in home.get_git_tree(commit, recursive=True).tree if e.type != "tree"
    }


class BaseSources:
    """Configuration, rules and API files as the merge base has them: `ports.Sources` for a pull request."""

    def __init__(self, client: Github, pull: PullRequest) -> None:
        self.origin = pull.merge_base[:12]
        self._commit = pull.merge_base
        with in_words():
            self._home = client.get_repo(pull.repository)
            self._tree = _tree(self._home, pull.merge_base)

    def text(self, path: str) -> str | None:
        """The text of a file, None when it is absent or no text."""
        if path not in self._tree:
            return None
        mode, sha, size = self._tree[path]
        if mode not in _REGULAR or size > MAX_BYTES:
            return None
        with in_words():
            text = decode(base64.b64decode(self._home.get_git_blob(sha).content))
        return text if isinstance(text, str) else None

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder, by path."""
        names = sorted(n for n in self._tree if n.startswith(f"{path}/") and n.endswith(".yaml"))
        return {name: text for name in names if (text := self.text(name)) is not None}
