"""A host whose own reckoning costs little, so that what is measured is ours: answers of git about commits, which never change, are kept."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from typing import IO, Any, Final

from tests.standin import Hub
from tests.standin.reckoning import Git

_SHA: Final = 40


class QuickGit(Git):
    """Questions to one repository, each asked once; blobs come from one process that stays."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._known: dict[tuple[str, ...], str] = {}
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            ["git", "cat-file", "--batch"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, *arguments: str) -> str:
        """The answer of git, or the one that it gave before."""
        if arguments[0] == "rev-parse":
            return f"{self._object(arguments[1])[0]}\n"
        if arguments not in self._known:
            self._known[arguments] = super().ask(*arguments)
        return self._known[arguments]

    def bytes_of(self, blob: str) -> bytes:
        """A blob's content."""
        return self._object(blob)[1]

    def end(self) -> None:
        """End the process."""
        for pipe in self._pipes():
            pipe.close()
        self._process.wait(timeout=10)

    def _object(self, name: str) -> tuple[str, bytes]:
        stdin, stdout = self._pipes()
        with self._lock:
            stdin.write(f"{name}\n".encode())
            stdin.flush()
            header = stdout.readline().split()
            content = stdout.read(int(header[2]))
            stdout.read(1)
        return header[0].decode(), content

    def _pipes(self) -> tuple[IO[Any], IO[Any]]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        return stdin, stdout


class QuickHub(Hub):
    """A hub over such answers; no branch moves while it serves."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.git = QuickGit(folder)

    def warm(self) -> None:
        """Reckon beforehand what will be asked for of each pull request."""
        for pull in self.pulls.values():
            base, head = self.commit(pull.base), self.commit(pull.head)
            parted = self.git.merge_base(base, head)
            self.git.tree(head)
            for file in self.git.files(parted, head):
                self.git.shown(parted, head, file["filename"])
            self.git.ask("rev-list", f"{base}..{head}")
