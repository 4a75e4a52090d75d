"""Files and folders as they lie on disk: what `scan` reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

from ..model import ChangeSet, FileChange, Hunk

#: Larger files are passed over by name: no hand-written source is so long.
LARGEST: Final = 1_000_000
_SKIPPED: Final = frozenset(
    {".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".ruff_cache"}
)


def read_files(paths: Iterable[Path], top: Path, *, ignores: bool = True) -> ChangeSet:
    """Whole files and folders as a change that adds them all. Paths in it are relative to `top`, with forward slashes.

    With `ignores`, what .gitignore files say is left out of folders; a file that is named itself is always read.
    """
    found = {_name(file, top): file for path in paths for file in walk(path, ignores=ignores)}
    files = tuple(read_file(file, name) for name, file in found.items())
    return ChangeSet(top.name or ".", "nothing", "disk", "", files)


def walk(path: Path, *, ignores: bool = True) -> Iterator[Path]:
    """A file itself, or every file below a folder in order; links and the folders of tools are not followed."""
    if not path.is_dir():
        yield path
        return
    rules = _Ignores(path.resolve()) if ignores else None
    for folder, names, files in os.walk(path):
        here = Path(folder)
        if rules is not None:
            rules.enter(here.resolve())
        names[:] = sorted(
            n for n in names
            if n not in _SKIPPED and not (here / n).is_symlink() and not (rules and rules.covers((here / n).resolve(), "/"))
        )  # fmt: skip
        yield from (here / n for n in sorted(files) if not (rules and rules.covers(here.resolve() / n)))


class _Ignores:
    """What the .gitignore files say that hold in a folder: its own, those below it and those above it in its repository."""

    def __init__(self, top: Path) -> None:
        self._specs: dict[Path, GitIgnoreSpec] = {}
        above = [top, *top.parents]
        root = next((folder for folder in above if (folder / ".git").exists()), None)
        for folder in above[: above.index(root) + 1] if root else ():
            self.enter(folder)
        if root is not None:
            self._read(root / ".git" / "info" / "exclude", root, self._specs.get(root))

    def enter(self, folder: Path) -> None:
        """Take in what a folder's own file says."""
        if folder not in self._specs:
            self._read(folder / ".gitignore", folder, None)

    def covers(self, path: Path, mark: str = "") -> bool:
        """True when the file that speaks last about a path, the deepest, ignores it; `mark` is "/" for a folder."""
        for folder in path.parents:
            spec = self._specs.get(folder)
            said = spec.check_file(f"{path.relative_to(folder).as_posix()}{mark}").include if spec else None
            if said is not None:
                return said
        return False

    def _read(self, file: Path, folder: Path, more: GitIgnoreSpec | None) -> None:
        with suppress(OSError):
            lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
            self._specs[folder] = GitIgnoreSpec(
                [*GitIgnoreSpec.from_lines(lines).patterns, *(more.patterns if more else ())]
            )


def read_file(file: Path, name: str) -> FileChange:
    """One file, or the reason why it is passed over."""
    try:
        text, reason = _content(file)
    except OSError as trouble:
        text, reason = "", f"unreadable: {trouble.strerror}"
    count = text.count("\n") + 1
    return FileChange(name, None, "added", None, None if reason else text, (Hunk(0, 0, 1, count),), passed_over=reason)


def _content(file: Path) -> tuple[str, str]:
    """The text, or the reason why there is none. Raises OSError."""
    seen = file.lstat()
    if stat.S_ISLNK(seen.st_mode):
        return "", "symbolic link"
    if not stat.S_ISREG(seen.st_mode):  # reading a pipe would wait for ever
        return "", "not a regular file"
    if seen.st_size > LARGEST:
        return "", "too large"
    data = file.read_bytes()
    if b"\0" in data[:8192]:
        return "", "binary"
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return "", "undecodable"


def _name(file: Path, top: Path) -> str:
    here = file.parent.resolve() / file.name  # a link keeps its own name
    try:
        return here.relative_to(top.resolve()).as_posix()
    except ValueError:
        return file.as_posix()
