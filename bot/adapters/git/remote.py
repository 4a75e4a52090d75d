"""A change that its host keeps: two commits, and the files that differ between them, fetched by the git protocol.

They are fetched into a bare repository of their own, which is gone when the change has been read: nobody's code stays behind. What a
process has left there that was killed goes with the next one. Only this module's git reaches the network, and only to the address given.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from ...model import ChangeSet
from ...ports import Network
from ..limits import NotOnThisPlatform, hold
from .changes import parse_raw, read_range
from .network import UNREACHED, reached_by
from .process import Git, GitError
from .repository import Repository, Start, open_repository, resolve

#: Seconds for all of it.
SECONDS: Final = 120.0
#: The most bytes of what is sent in one go, and how many changes are fetched at once in a process: a gigabyte at most lies there.
LARGEST: Final = 256_000_000
_AT_ONCE: Final = 2
_slots = threading.BoundedSemaphore(_AT_ONCE)

# Nothing but what is named; neither tags nor submodules; and nothing is tidied up in a repository that is dropped.
# A redirection is not followed: the token would follow it. What is told to nobody, at less than 1 kB/s for 20 s, is given up.
_SETTINGS: Final[Mapping[str, str]] = {
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "20",
    "fetch.unpackLimit": "1",
    "fetch.negotiationAlgorithm": "noop",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
_FETCH: Final = (
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--recurse-submodules=no",
    "--filter=blob:none",
)
#: What git says of a refusal, in its own words, where an address may stand between them.
_REFUSALS: Final = (
    "askpass",
    "could not read Username",
    "Authentication failed",
    "not found",
    "error: 401",
    "error: 403",
    "error: 404",
)
_REFUSED: Final = "the host refused to give it by git"
_CHECK: Final = (
    "Look whether this machine reaches the host by git over https, and whether the token may read the repository."
)


class Wanted(Struct, frozen=True):
    """What is fetched from the repository at `url`: the commits `merge_base` and `head`.

    Where the host does not give the head by its id, it is asked for `ref`, which must still stand there (`refs/pull/7/head`).
    """

    url: str
    base: str
    merge_base: str
    head: str
    ref: str


def read_remote(cache: Path, wanted: Wanted, network: Network, token: str, seconds: float = SECONDS) -> ChangeSet:
    """The change between two commits of a host, with both texts of each file; `cache` is a folder of ours. Raises GitError.

    No error quotes what the host or git says.
    """
    if not _slots.acquire(timeout=seconds):
        raise GitError("git was busy with other changes for too long", "Try again later.")
    try:
        with _place(cache) as folder:
            repository = _made(folder, seconds)
            outward = replace(repository.git, variables=_variables(wanted.url, network, token), largest=LARGEST)
            _fetch_commits(outward, wanted)
            start = Start(wanted.base, wanted.merge_base)
            _fetch(outward, "origin", "--stdin", stdin="".join(f"{i}\n" for i in _differing(repository, wanted)))
            return read_range(repository, start, wanted.head)
    finally:
        _slots.release()


def clear(cache: Path) -> None:
    """Drop what processes have left that are no more. Raises GitError."""
    if cache.is_dir():
        with _locked(cache / "lock"):
            _clear(cache)


# --- fetching ------------------------------------------------------------------------------------------------------


def _made(folder: Path, seconds: float) -> Repository:
    """An empty repository, without hooks or anything else that a template holds."""
    folder.mkdir()
    opened = Git(folder, time.monotonic() + seconds, trusted=False)
    opened.run("init", "--quiet", "--bare", "--template=", ".")
    return open_repository(folder, seconds, trusted=False)


def _fetch_commits(git: Git, wanted: Wanted) -> None:
    try:
        _fetch(git, "--depth=1", "origin", wanted.merge_base, wanted.head)
    except GitError as trouble:
        if trouble.title == _REFUSED:
            raise
        # The host may give what its refs hold alone.
        _fetch(git, "--depth=1", "origin", wanted.merge_base, f"+{wanted.ref}:refs/fetched/head")
    needed = [f"{commit}^{{tree}}" for commit in (wanted.merge_base, wanted.head)]
    if len(resolve(git, *needed)) < len(set(needed)):
        raise GitError("the pull request has moved on while it was fetched", "Review it again.")


def _fetch(git: Git, *arguments: str, stdin: str = "") -> None:
    try:
        git.run(*_FETCH, *arguments, stdin=stdin.encode("ascii"))
    except GitError as trouble:
        raise _in_our_words(trouble) from None


def _in_our_words(trouble: GitError) -> GitError:
    """A failure without the words of the host, which anybody may have chosen; a host that was not reached has said nothing."""
    said = trouble.title
    if said.startswith(UNREACHED):
        return trouble
    if "in time" in said:
        return GitError("git did not fetch it in time", "Try again when the network is less busy.")
    if any(words in said for words in _REFUSALS):
        return GitError(_REFUSED, _CHECK)
    return GitError("git could not fetch it", _CHECK)


def _differing(repository: Repository, wanted: Wanted) -> list[str]:
    """The ids of the files on both sides that differ between the two commits."""
    said = repository.git.run(
        "diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", wanted.merge_base, wanted.head
    )
    sides = [side for e in parse_raw(said) for side in ((e.old_mode, e.old_id), (e.new_mode, e.new_id))]
    return list(dict.fromkeys(blob for mode, blob in sides if mode.startswith("10") and blob.strip("0")))


def _variables(url: str, network: Network, token: str) -> dict[str, str]:
    """What git is told of the host: the token stands here alone, in the environment, and goes to this address only.

    https://git-scm.com/docs/git-config (GIT_CONFIG_COUNT, http.<url>.extraHeader);
    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
    """
    secret = base64.b64encode(f"x-access-token:{token}".encode()).decode("ascii")
    settings = {
        **_SETTINGS,
        "remote.origin.url": url,
        f"http.{url}.extraHeader": f"Authorization: Basic {secret}",
    }
    told = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        told |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return {**reached_by(network, url), **told, "GIT_ALLOW_PROTOCOL": _protocol(url)}


def _protocol(url: str) -> str:
    """The one protocol that git may speak. Raises GitError."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        return parts.scheme
    raise GitError("git fetches by https alone", "Give an https address in MAINSTAY_GITHUB_URL.")


# --- where it lies -------------------------------------------------------------------------------------------------


@contextmanager
def _place(cache: Path) -> Iterator[Path]:
    """A folder that is ours while the with-block lasts."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(cache / "lock"):
        _clear(cache)
        folder = Path(tempfile.mkdtemp(dir=cache))
        held = _lock(folder / "held", wait=True)
    try:
        yield folder / "repository"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        held.close()


def _clear(cache: Path) -> None:
    for entry in os.scandir(cache):
        if entry.is_dir(follow_symlinks=False):
            with suppress(OSError):  # somebody is at work there
                _lock(Path(entry.path) / "held", wait=False).close()
                shutil.rmtree(entry.path, ignore_errors=True)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    held = _lock(file, wait=True)
    try:
        yield
    finally:
        held.close()


def _lock(file: Path, *, wait: bool) -> IO[str]:
    """A lock that ends with its process. Raises GitError, BlockingIOError."""
    try:
        return hold(file, wait=wait)
    except NotOnThisPlatform as missing:
        raise GitError("changes are not fetched by git on this system", "Use Linux or macOS.") from missing
