"""Files and folders as they lie on disk: what `scan` reads, and settings read from a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from ..model import ChangeSet, FileChange, Hunk

#: Larger files are passed over by name: no hand-written source is so long.
LARGEST: Final = 1_000_000
_SKIPPED: Final = frozenset(
    {".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".ruff_cache"}
)


class FolderSources:
    """A repository's own settings as they lie in a folder (used where no before side has any)."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.folder_path = folder
        self.origin = origin

    def text(self, path: str) -> str | None:
        """The text of a file below the folder, None when it is absent or not a plain file."""
        file = self.folder_path / path
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() and not file.is_symlink() else None

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder, by their path from the top."""
        found = sorted((self.folder_path / path).rglob("*.yaml")) if (self.folder_path / path).is_dir() else []
        texts = {
            f.relative_to(self.folder_path).as_posix(): self.text(f.relative_to(self.folder_path).as_posix())
            for f in found
        }
        return {name: text for name, text in texts.items() if text is not None}


def read_files(paths: Iterable[Path], top: Path) -> ChangeSet:
    """Whole files and folders as a change that adds them all. Paths in it are relative to `top`, with forward slashes."""
    files = tuple(read_file(file, _name(file, top)) for path in paths for file in walk(path))
    return ChangeSet(top.name or ".", "nothing", "disk", "", files)


def walk(path: Path) -> Iterator[Path]:
    """A file itself, or every file below a folder in order; links and the folders of tools are not followed."""
    if not path.is_dir():
        yield path
        return
    for folder, names, files in os.walk(path):
        names[:] = sorted(n for n in names if n not in _SKIPPED and not (Path(folder) / n).is_symlink())
        yield from (Path(folder) / name for name in sorted(files))


def read_file(file: Path, name: str) -> FileChange:
    """One file, or the reason why it is passed over."""
    text, reason = "", ""
    if file.is_symlink():
        reason = "symbolic link"
    elif file.stat().st_size > LARGEST:
        reason = "too large"
    else:
        data = file.read_bytes()
        reason = "binary" if b"\0" in data[:8192] else ""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            reason = reason or "undecodable"
    count = text.count("\n") + 1
    return FileChange(name, None, "added", None, None if reason else text, (Hunk(0, 0, 1, count),), passed_over=reason)


def _name(file: Path, top: Path) -> str:
    try:
        return file.resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        return file.as_posix()
