"""One git process: what it may see of the environment, how long it may take, and what its refusals mean."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_SETTINGS: Final = (
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.quotepath=off",
    "-c",
    "core.fsmonitor=false",  # it may name a program to run
)
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


class GitError(Exception):
    """git could not do what was asked: what is the matter (`title`), and what to do (`remedy`)."""

    def __init__(self, title: str, remedy: str) -> None:
        super().__init__(f"{title}\n{remedy}")
        self.title, self.remedy = title, remedy


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that would lead git elsewhere."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_") or name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    return kept | _FORCED


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in one folder until `until` (on the clock of `time.monotonic`), with `variables` on top."""

    folder: Path
    until: float
    variables: Mapping[str, str] = field(default_factory=dict)

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
        command = ["git", *_SETTINGS, *arguments]
        environment = {**clean_environment(os.environ), **self.variables}
        left = self.until - time.monotonic()
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=environment, input=stdin, capture_output=True, timeout=left, check=False
            )
        except subprocess.TimeoutExpired:
            raise GitError(
                f"git {arguments[0]} did not end in time", "Try again when the machine is less busy, or review less."
            ) from None
        except (FileNotFoundError, NotADirectoryError):
            if not self.folder.is_dir():
                raise GitError(f"There is no folder {self.folder}", "Name a repository with --repo DIR.") from None
            raise GitError("git is not installed", "Install git, or review a patch with --patch FILE.") from None
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "backslashreplace")

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
        said = complaint.strip().split("\n")[0].removeprefix("fatal: ") or "it says nothing"
        return GitError(
            f"git {command} failed: {said}", "See what `git status` and `git fsck` say about the repository."
        )
