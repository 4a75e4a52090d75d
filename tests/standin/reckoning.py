"""What git says of a pull request: files, counts and the lines that its page shows. Asked once for each pair of commits."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

T = TypeVar("T")

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: Nobody's own settings: a page is the same for all.
_ENV = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
_KEPT = 20_000


class Shown(NamedTuple):
    """One hunk of the page: first and last line of each side, a side without lines ends before it begins."""

    left: tuple[int, int]
    right: tuple[int, int]


class Changed(Struct, frozen=True):
    """One changed file between two commits: `sha` is the blob of the side that is left, `patch` what the page shows of it."""

    path: str
    old: str
    status: str
    sha: str
    added: int
    deleted: int
    patch: str
    hunks: tuple[Shown, ...]


class Git:
    """Questions to one repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._refs = folder if (folder / "refs").is_dir() else folder / ".git"
        self._kept: dict[tuple[Any, ...], Future[Any]] = {}
        self._lock, self._pipe_lock = threading.Lock(), threading.Lock()
        self._pipe: subprocess.Popen[bytes] | None = None

    def ask(self, *arguments: str) -> str:
        """The answer of one git process."""
        command = ["git", "-c", "core.quotepath=off", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, timeout=60, env=os.environ | _ENV
        )
        return done.stdout.decode("utf-8", "replace")

    def commit(self, name: str) -> str | None:
        """The commit that a branch stands at or a commit id names; None where there is none."""
        try:
            if _COMMIT.fullmatch(name):
                return self._once(("commit", name), lambda: self._resolved(name))
            loose = self._refs / "refs" / "heads" / name
            return (loose.read_text().strip() if loose.is_file() else "") or self._resolved(name)
        except (OSError, subprocess.CalledProcessError):
            return None

    def _resolved(self, name: str) -> str:
        return self.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()

    def bytes_of(self, blob: str) -> bytes | None:
        """A blob's content, by the one process that is kept for that; None where there is no such blob."""
        with self._pipe_lock:
            if self._pipe is None:
                self._pipe = subprocess.Popen(
                    ["git", "cat-file", "--batch"], cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            asks, tells = self._pipe.stdin, self._pipe.stdout
            assert asks is not None
            assert tells is not None
            asks.write(f"{blob}\n".encode())
            asks.flush()
            head = tells.readline().split()
            if len(head) != 3:
                return None
            content = tells.read(int(head[2]) + 1)[:-1]
            return content if head[1] == b"blob" else None

    def close(self) -> None:
        """End the process that is kept."""
        with self._pipe_lock:
            if self._pipe is not None:
                self._pipe.communicate(timeout=10)
                self._pipe = None

    def merge_base(self, base: str, head: str) -> str:
        """Where two commits have parted; empty where they have nothing in common."""

        def parted() -> str:
            try:
                return self.ask("merge-base", base, head).strip()
            except subprocess.CalledProcessError:
                return ""

        return self._once(("merge-base", base, head), parted)

    def between(self, base: str, head: str) -> tuple[str, ...]:
        """The commits that `head` has and `base` lacks, oldest first."""
        return self._once(
            ("between", base, head), lambda: tuple(self.ask("rev-list", "--reverse", f"{base}..{head}").split())
        )

    def about(self, commit: str) -> tuple[str, str, str, str, tuple[str, ...]]:
        """A commit's tree, time, author and message, and its parents."""

        def asked() -> tuple[str, str, str, str, tuple[str, ...]]:
            text = self.ask("show", "--no-patch", "--format=%T%x00%cI%x00%an%x00%P%x00%B", commit)
            tree, when, who, parents, message = text.split("\0", 4)
            return tree, when, who, message.strip(), tuple(parents.split())

        return self._once(("about", commit), asked)

    def files(self, base: str, head: str) -> tuple[Changed, ...]:
        """The changed files between two commits."""
        return self._once(("files", base, head), lambda: tuple(self._files(base, head)))

    def _files(self, base: str, head: str) -> Iterator[Changed]:
        diff = ("diff", "--no-ext-diff", "--no-textconv", "-M", "--no-abbrev")
        counts = self._counts(self.ask(*diff, "--numstat", "-z", base, head))
        text = self.ask(*diff, "-U3", "--src-prefix=a/", "--dst-prefix=b/", base, head)
        patches = iter(re.split(r"^diff --git ", text, flags=re.MULTILINE)[1:])
        fields = iter(self.ask(*diff, "--raw", "-z", base, head).split("\0"))
        for meta in fields:
            if not meta:
                return
            code, old = meta.split()[4], next(fields)
            path = next(fields) if code[0] in "RC" else old
            status = _STATUS[code[0]]
            sha = meta.split()[2 if status == "removed" else 3]
            patch = next(patches)
            if status == "changed":  # shown as one file that goes and one that comes
                patch += next(patches)
            start = _HUNK.search(patch)
            shown = patch[start.start() :].removesuffix("\n") if start else ""
            yield Changed(path, old, status, sha, *counts[path], shown, tuple(_hunks(shown)))

    @staticmethod
    def _counts(numbers: str) -> dict[str, tuple[int, int]]:
        counts, rows = {}, iter(numbers.split("\0"))
        for row in rows:
            if row:
                added, deleted, path = row.split("\t", 2)
                if not path:
                    next(rows)
                    path = next(rows)
                counts[path] = (int(added) if added != "-" else 0, int(deleted) if deleted != "-" else 0)
        return counts

    def tree(self, commit: str) -> tuple[dict[str, Any], ...]:
        """Every entry below a commit or tree, folders too."""
        return self._once(("tree", commit), lambda: tuple(self._entries(self.ask("ls-tree", "-rtlz", commit))))

    @staticmethod
    def _entries(text: str) -> Iterator[dict[str, Any]]:
        for row in text.split("\0"):
            if row:
                meta, path = row.split("\t", 1)
                mode, kind, sha, size = meta.split()
                entry = {"path": path, "mode": mode, "type": kind, "sha": sha}
                yield entry | ({"size": int(size)} if size != "-" else {})

    def _once(self, key: tuple[Any, ...], work: Callable[[], T]) -> T:
        """What is known by its commits is asked for once, by whoever comes first."""
        mine: Future[T] = Future()
        with self._lock:
            waiting = self._kept.setdefault(key, mine)
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        if waiting is not mine:
            known: T = waiting.result(timeout=60)
            return known
        try:
            mine.set_result(work())
        except BaseException as fault:
            with self._lock:
                self._kept.pop(key, None)
            mine.set_exception(fault)
            raise
        return mine.result()


def _hunks(patch: str) -> Iterator[Shown]:
    for match in _HUNK.finditer(patch):
        old, old_count, new, new_count = (int(n) if n is not None else 1 for n in match.groups())
        yield Shown((old, old + old_count - 1), (new, new + new_count - 1))
