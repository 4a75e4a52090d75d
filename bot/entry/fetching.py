"""How a change comes from its host: by the interface, and where that gives no more than a part of it, by git. Imports PyGithub."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog
from msgspec import Struct
from msgspec.structs import replace

from ..adapters import github
from ..adapters.git import GitError
from ..adapters.git.remote import Wanted, clear, read_remote
from ..model import ChangeSet
from ..ports import Network, PullRequest

_ENTERPRISE: Final = "/api/v3"
_log = structlog.get_logger("mainstay")


class Reach(Struct, frozen=True):
    """Where a host is asked: the address of its interface, the network, and the folder for what git fetches."""

    interface: str
    network: Network
    folder: Path


def change(client: github.Client, pull: PullRequest, reach: Reach) -> ChangeSet:
    """The change of a pull request. Where neither the interface nor git gives it whole, it says what lacks. Raises GitHubError."""
    beyond = github.beyond(pull)
    read = None if beyond else github.read_change(client, pull)
    if read is not None and not read.short:
        return read.change
    try:
        return _by_git(client, pull, reach)
    except GitError as trouble:
        _log.warning("not fetched by git", pull=f"{pull.repository}#{pull.number}", fault=trouble.title)
        read = read or github.read_change(client, pull)
        return replace(read.change, problems=(*read.short, trouble.title) if read.short else ())


def tidy(reach: Reach) -> None:
    """Drop what a process has left that was killed while git was fetching."""
    try:
        clear(reach.folder)
    except (GitError, OSError) as trouble:
        _log.warning("leftovers of git were not dropped", fault=type(trouble).__name__)


def address(interface: str, repository: str) -> str:
    """Where git finds a repository: at the host of the interface.

    https://docs.github.com/en/enterprise-server/rest/quickstart,
    https://docs.github.com/en/enterprise-cloud@latest/rest/quickstart (`api.` before the host).
    """
    parts = urlsplit(interface)
    host = parts.netloc.removeprefix("api.")
    return f"{parts.scheme}://{host}{parts.path.removesuffix(_ENTERPRISE)}/{repository}.git"


def _by_git(client: github.Client, pull: PullRequest, reach: Reach) -> ChangeSet:
    where = address(reach.interface, pull.repository)
    wanted = Wanted(where, pull.base, pull.merge_base, pull.head, f"refs/pull/{pull.number}/head")
    read = read_remote(reach.folder, wanted, reach.network, github.token_of(client))
    return replace(read, repository=pull.repository)
