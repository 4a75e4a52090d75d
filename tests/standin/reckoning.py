"""What git says of a pull request: files, counts and the lines that its page shows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


class Shown(NamedTuple):
    """One hunk of the page: first and last line of each side, 0 and -1 for a side without lines."""

    left: tuple[int, int]
    right: tuple[int, int]


class Git:
    """Questions to one repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ask(self, *arguments: str) -> str:
        """The answer of one git process."""
        done = subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=30)
        return done.stdout.decode("utf-8", "replace")

    def bytes_of(self, blob: str) -> bytes:
        """A blob's content."""
        return subprocess.run(
            ["git", "cat-file", "blob", blob], cwd=self.folder, check=True, capture_output=True, timeout=30
        ).stdout

    def has(self, commit: str) -> bool:
        """True for a commit that is there."""
        asked = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
        return subprocess.run(asked, cwd=self.folder, check=False, capture_output=True, timeout=30).returncode == 0

    def merge_base(self, base: str, head: str) -> str:
        """Where the two have parted."""
        return self.ask("merge-base", base, head).strip()

    def files(self, base: str, head: str) -> list[dict[str, Any]]:
        """The changed files, as the interface lists them."""
        between = (base, head)
        counts = {}
        for row in self.ask("diff", "--numstat", "-z", "--no-renames", *between).split("\0"):
            if row:
                added, deleted, path = row.split("\t", 2)
                counts[path] = (int(added) if added != "-" else 0, int(deleted) if deleted != "-" else 0)
        fields = iter(self.ask("diff", "--name-status", "-z", "-M", *between).split("\0"))
        found = []
        for code in fields:
            if not code:
                break
            old = next(fields)
            path = next(fields) if code[0] in "RC" else old
            found.append(self._file(_STATUS[code[0]], old, path, between, counts))
        return found

    def _file(
        self, status: str, old: str, path: str, between: tuple[str, str], counts: dict[str, tuple[int, int]]
    ) -> dict[str, Any]:
        if old != path:
            numbers = self.ask("diff", "--numstat", "-M", *between, "--", old, path).split("\t")
            added, deleted = int(numbers[0]), int(numbers[1])
        else:
            added, deleted = counts[path]
        side = between[0] if status == "removed" else between[1]
        file = {
            "sha": self.ask("rev-parse", f"{side}:{path}").strip(),
            "filename": path,
            "status": status,
            "additions": added,
            "deletions": deleted,
            "changes": added + deleted,
        }
        return file | ({"previous_filename": old} if old != path else {})

    def tree(self, commit: str, *, deep: bool = True) -> list[dict[str, Any]]:
        """Every entry below a commit or a folder, or with `deep` False those in it."""
        rows = self.ask("ls-tree", *(["-r"] if deep else []), "-l", "-z", commit).split("\0")
        entries = []
        for row in rows:
            if row:
                meta, path = row.split("\t", 1)
                mode, kind, sha, size = meta.split()
                entry = {"path": path, "mode": mode, "type": kind, "sha": sha}
                entries.append(entry | ({"size": int(size)} if size != "-" else {}))
        return entries

    def shown(self, base: str, head: str, path: str) -> list[Shown]:
        """The hunks of a file with the three lines around them that the page shows."""
        hunks = []
        for match in _HUNK.finditer(self.ask("diff", "-U3", "-M", base, head, "--", path)):
            old, old_count, new, new_count = (int(n) if n is not None else 1 for n in match.groups())
            hunks.append(Shown((old, old + old_count - 1), (new, new + new_count - 1)))
        return hunks
