"""Throw-away git repositories for tests: the `repo` and `make_repo` fixtures of tests/conftest.py hand them out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_START = 1_767_225_600  # 2026-01-01T00:00:00Z; each commit is a minute later, so object ids never change
_IDENTITY = {
    "GIT_AUTHOR_NAME": "A. Developer",
    "GIT_AUTHOR_EMAIL": "developer@example.org",
    "GIT_COMMITTER_NAME": "A. Developer",
    "GIT_COMMITTER_EMAIL": "developer@example.org",
}


@dataclass
class Repository:
    """A git repository on disk. `path` is its top folder (the git folder itself for a bare one)."""

    path: Path
    _commits: int = field(default=0, repr=False)

    @classmethod
    def create(cls, path: Path, *, bare: bool = False) -> Repository:
        """Make an empty repository at `path`, on an unborn branch `main`."""
        path.mkdir(parents=True)
        repository = cls(path)
        repository.run("init", "--quiet", "--initial-branch=main", *(["--bare"] if bare else []))
        return repository

    def run(self, *arguments: str, stdin: str | bytes = "", env: Mapping[str, str] | None = None) -> str:
        """Run `git ARGUMENTS` in the repository and return what it prints, without the last line break.

        Raises AssertionError with git's own words when it fails.
        """
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            env={**os.environ, **_IDENTITY, **self._dates(), **(env or {})},
            capture_output=True,
            check=False,
        )
        said = done.stderr.decode("utf-8", "replace")
        assert done.returncode == 0, f"git {' '.join(arguments)} ended with {done.returncode}: {said}"
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file of the working tree and its folders; a text goes out as UTF-8, its line ends as they are."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, files: Mapping[str, str | bytes | None] | None = None, message: str = "Change something") -> str:
        """Write `files` (None removes one), commit the whole working tree, and return the commit's id."""
        for path, content in (files or {}).items():
            if content is None:
                (self.path / path).unlink()
            else:
                self.write(path, content)
        self._commits += 1
        self.run("add", "--all")
        self.run("commit", "--quiet", "--allow-empty", "--no-verify", "--message", message)
        return self.head

    def switch(self, branch: str, *, create: bool = False) -> None:
        """Check `branch` out; with `create`, start it here."""
        self.run("switch", "--quiet", *(["--create"] if create else []), branch)

    @property
    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.run("rev-parse", "HEAD")

    def _dates(self) -> dict[str, str]:
        date = f"{_START + 60 * self._commits} +0000"
        return {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
