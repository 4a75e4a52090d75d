"""A repository's own settings as they lie in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


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
