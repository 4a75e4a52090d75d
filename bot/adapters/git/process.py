"""One git process: what it may see of the environment, how long it may take, and what its refusals mean."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from ...ports import Trouble
from . import bounded
from .network import unreached

_SETTINGS: Final = (
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.quotepath=off",
    "-c",
    "core.fsmonitor=false",  # it may name a program to run
)
#: On top of that in a repository whose settings somebody else wrote: each of these may name a program or an address.
_STRANGERS: Final = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.sshCommand=false"),
    *("-c", "core.askPass="),
    *("-c", "core.alternateRefsCommand="),
    *("-c", "credential.helper="),
    *("-c", "diff.external="),
    *("-c", "protocol.allow=never"),
    *("-c", "submodule.recurse=false"),
    *("-c", "uploadpack.packObjectsHook="),
)
_STRANGERS_VARIABLES: Final = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",  # a missing object of a partial clone is fetched by what its settings name
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS": "false",
}
#: The most that one git process may print, in bytes.
QUOTA: Final = 512_000_000
#: Of git's own variables only those that say where its settings are: any other could redirect it to another index,
#: folder or object store (`git rev-parse --local-env-vars`), or make it talk (GIT_TRACE).
_KEPT: Final = frozenset(
    {
        "GIT_ALLOW_PROTOCOL",
        "GIT_CEILING_DIRECTORIES",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "GIT_EXEC_PATH",
    }
)
_KEPT_PREFIXES: Final = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")  # containers set safe.directory with these
_FORCED: Final = {
    "GIT_OPTIONAL_LOCKS": "0",  # nothing refreshes the index
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",  # the refusals are read below
    "LANGUAGE": "",
}


class GitError(Trouble):
    """git could not do what was asked."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that would lead git elsewhere."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_") or name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    return kept | _FORCED


class Git(Struct, frozen=True):
    """Runs git in one folder until `until` (on the clock of `time.monotonic`), with `variables` on top.

    With `trusted` False the repository's settings may be anybody's, and nothing that they name is run or asked; the
    settings of the system and of the user are not read either. With `largest`, no file that git writes may get larger than
    so many bytes (not on Windows), and what git has started ends with it.
    """

    folder: Path
    until: float
    variables: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = True
    quota: int = QUOTA
    largest: int = 0

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What `git ARGUMENTS` prints. Raises GitError when it fails or takes too long."""
        status, said, complaint = self._finished(arguments, stdin)
        if status != 0:
            raise self._refusal(arguments[0], complaint)
        return said

    def ask(self, *arguments: str) -> str | None:
        """What git prints in one line, None when it ends with 1: its way to say that there is none."""
        status, said, complaint = self._finished(arguments, b"")
        if status not in (0, 1):
            raise self._refusal(arguments[0], complaint)
        return os.fsdecode(said).removesuffix("\n") if status == 0 else None

    def _finished(self, arguments: tuple[str, ...], stdin: bytes) -> tuple[int, bytes, str]:
        command = [*self._limit(), "git", *_SETTINGS, *(() if self.trusted else _STRANGERS), *arguments]
        strangers = {} if self.trusted else _STRANGERS_VARIABLES
        environment = {**clean_environment(os.environ), **strangers, **self.variables}
        left = self.until - time.monotonic()
        try:
            group = bool(self.largest)
            done = bounded.run(command, self.folder, environment, stdin, seconds=left, most=self.quota, group=group)
        except bounded.TooSlow:
            raise GitError(
                f"git {arguments[0]} did not end in time", "Try again when the machine is less busy, or review less."
            ) from None
        except bounded.TooMuch:
            raise GitError(
                f"git {arguments[0]} printed more than {self.quota // 1_000_000} MB", "Review less: name a nearer base."
            ) from None
        except bounded.BrokenOff:
            raise GitError(f"what git {arguments[0]} said was lost on the way", "Try again.") from None
        except (FileNotFoundError, NotADirectoryError):
            if not self.folder.is_dir():
                raise GitError(f"There is no folder {self.folder}", "Name a repository with --repo DIR.") from None
            raise GitError("git is not installed", "Install git, or review a patch with --patch FILE.") from None
        return done.status, done.said, done.complaint.decode("utf-8", "backslashreplace")

    def _limit(self) -> tuple[str, ...]:
        """The words before a command by which the shell limits what it may write, in its blocks of 512 bytes."""
        if not self.largest:
            return ()
        return ("/bin/sh", "-c", f'ulimit -f {self.largest // 512} && exec "$@"', "sh")

    def _refusal(self, command: str, complaint: str) -> GitError:
        if "not a git repository" in complaint:
            return GitError(
                f"{self.folder} is not in a git repository",
                "Name a repository with --repo DIR, or review a patch with --patch FILE.",
            )
        if "dubious ownership" in complaint:
            return GitError(
                f"git does not trust {self.folder}, because it belongs to somebody else",
                f"If you trust it: git config --global --add safe.directory {self.folder.resolve()}",
            )
        if network := unreached(complaint):
            return GitError(*network)
        said = complaint.strip().split("\n")[0].removeprefix("fatal: ") or "it says nothing"
        return GitError(
            f"git {command} failed: {said}", "See what `git status` and `git fsck` say about the repository."
        )
