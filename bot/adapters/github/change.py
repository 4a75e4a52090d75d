"""A pull request's two sides, read by the interface: whole files, several at once, reckoned up against what GitHub counts itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from github import Github, GithubException
from github.File import File
from github.Repository import Repository
from msgspec import Struct
from msgspec.structs import replace

from ...diff import hunks_between
from ...model import ChangeSet, FileChange, Status
from ...ports import PullRequest
from ...texts import MAX_BYTES, MAX_TOTAL, PassedOver
from .client import in_words
from .trees import REGULAR, Listed, Tree, content
from .trouble import GitHubError

#: Files that are read at once.
_AT_ONCE: Final = 8
#: What GitHub shows of one diff at most; past its lines the list's counts are 0, without a word:
#: https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits#diff-limits
#: https://github.com/orgs/community/discussions/213491
MOST_FILES: Final = 300
MOST_LINES: Final = 20_000
#: Texts that are read one by one: both sides of so many files. Each is a request of the 5,000 an hour.
_MOST_TEXTS: Final = 2 * MOST_FILES
_STATUS: Final[Mapping[str, Status]] = {
    "added": "added",
    "removed": "deleted",
    "renamed": "renamed",
    "copied": "copied",
}
_NOT_TEXT: Final = {"120000": "symbolic link", "160000": "submodule"}
#: Statuses with which GitHub says that there is no such commit: a push has taken its branch away from it.
_GONE: Final = (404, 422)


class Read(Struct, frozen=True):
    """A change as the interface gave it, and in sentences what it fell short of."""

    change: ChangeSet
    short: tuple[str, ...] = ()


def read_pull(client: Github, repository: str, number: int, at_least: str = "") -> PullRequest:
    """What GitHub says of a pull request.

    Its answers may lag behind what it has told already: where its head comes before the commit `at_least`, that is
    refused, and asking again later helps. Raises GitHubError.
    """
    with in_words():
        home = client.get_repo(repository)
        pull = home.get_pull(number)
        if at_least and pull.head.sha != at_least and _is_behind(home, pull.head.sha, at_least):
            raise GitHubError("GitHub still shows an older head", "Ask again in a few seconds.")
        compared = home.compare(pull.base.sha, pull.head.sha)
        return PullRequest(
            repository=pull.base.repo.full_name,  # which another name may have led to
            number=number,
            base=pull.base.sha,
            head=pull.head.sha,
            merge_base=compared.merge_base_commit.sha,
            files=pull.changed_files,
            additions=pull.additions,
            deletions=pull.deletions,
            base_ref=pull.base.ref,
            home=pull.base.repo.id,
        )


def _is_behind(home: Repository, head: str, told: str) -> bool:
    """True where a head comes before the commit that was told; one that was pushed away is behind nothing."""
    try:
        return home.compare(told, head).status == "behind"
    except GithubException as refused:
        if refused.status in _GONE:
            return False
        raise


def beyond(pull: PullRequest) -> str:
    """Why the interface will not give this change whole, "" where it may."""
    if pull.files > MOST_FILES:
        return f"the change has {pull.files} files, and GitHub's interface gives {MOST_FILES}"
    lines = pull.additions + pull.deletions
    return f"the change has {lines} lines, and GitHub's interface gives {MOST_LINES}" if lines > MOST_LINES else ""


def read_change(client: Github, pull: PullRequest) -> Read:
    """The change with both texts of each file; each file that GitHub did not give is named. Raises GitHubError."""
    with in_words():
        home = client.get_repo(pull.repository)
        files = list(home.get_pull(pull.number).get_files())
        sides = _Sides(home, pull)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            changes = [*pool.map(sides.change, files), *sides.unlisted(files)]
        now = client.get_repo(pull.repository).get_pull(pull.number).head.sha
    if now != pull.head:  # GitHub lists the files of the newest head alone
        raise GitHubError(f"The pull request has moved on to {now[:12]}", "Review it again.")
    change = ChangeSet(
        repository=pull.repository,
        base=pull.base,
        head=pull.head,
        merge_base=pull.merge_base,
        files=tuple(sorted(changes, key=lambda c: c.path)),
    )
    return Read(change, (*_missing(pull, files), *sides.short()))


def read_between(client: Github, pull: PullRequest) -> ChangeSet:
    """The change of a merge group, from where its two commits have parted, with both texts of each file. Raises GitHubError."""
    with in_words():
        home = client.get_repo(pull.repository)
        compared = home.compare(pull.base, pull.head)
        found, files = replace(pull, merge_base=compared.merge_base_commit.sha), list(compared.files)
        sides = _Sides(home, found)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            changes = list(pool.map(sides.change, files))
    cut = (f"GitHub compares {MOST_FILES} files at most",) if len(files) >= MOST_FILES else ()
    return ChangeSet(
        repository=pull.repository,
        base=pull.base,
        head=pull.head,
        merge_base=found.merge_base,
        files=tuple(sorted(changes, key=lambda c: c.path)),
        problems=cut,
    )


def _missing(pull: PullRequest, files: Sequence[File]) -> Iterator[str]:
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
        self._home = home
        self._before, self._after = Tree(home, pull.merge_base), Tree(home, pull.head)
        self._read = self._texts = 0
        self._lock = threading.Lock()

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

    def unlisted(self, files: Sequence[File]) -> Iterator[FileChange]:
        """The files that differ between the two commits and that GitHub did not list, by name alone."""
        if self._before.cut or self._after.cut:
            return
        before, after = self._before.files, self._after.files
        listed = {name for f in files for name in (f.filename, f.previous_filename)}
        differing = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        for path in sorted(differing - listed):
            status: Status = "added" if path not in before else "deleted" if path not in after else "modified"
            yield FileChange(path, None, status, None, None, passed_over="left out by GitHub's interface")

    def short(self) -> Iterator[str]:
        """What is not known of the two commits."""
        if self._before.cut or self._after.cut:
            yield "GitHub cut the list of the repository's files"
        if self._texts > _MOST_TEXTS:
            yield "there are too many files to be read one by one"

    def _text(self, tree: Tree, path: str) -> str | PassedOver:
        file = tree.files.get(path)
        if file is None:
            return PassedOver("missing from the commit as GitHub lists it")
        return self._why_not(file) or content(self._home, file)

    def _why_not(self, file: Listed) -> PassedOver | None:
        """Why a file is not read, None where it is."""
        if file.mode not in REGULAR:
            return PassedOver(_NOT_TEXT.get(file.mode, "not a file"))
        if file.size > MAX_BYTES:
            return PassedOver("too large")
        with self._lock:
            self._read, self._texts = self._read + file.size, self._texts + 1
            if self._read > MAX_TOTAL:
                return PassedOver("the change is too large to be read whole")
            return PassedOver("too many files to be read one by one") if self._texts > _MOST_TEXTS else None
