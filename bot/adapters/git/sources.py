"""A repository's own settings as one commit has them: `ports.Sources` for the before side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .trees import read_tree


class CommitSources:
    """Reads configuration, rules and API files of one commit, in as few git processes as the configuration allows."""

    def __init__(self, repository: Path, commit: str, usual: tuple[str, ...]) -> None:
        """`usual` are the paths and folders that are read at once, because nearly every configuration uses them."""
        self.origin = commit[:12] or "nothing"
        self._repository, self._commit, self._usual = repository, commit, usual
        self._texts = read_tree(repository, commit, usual)

    def text(self, path: str) -> str | None:
        """The text of a file, None when it is absent."""
        return (
            self._texts.get(path)
            if path in self._usual
            else read_tree(self._repository, self._commit, [path]).get(path)
        )

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder, by path."""
        covered = any(path == usual or path.startswith(f"{usual}/") for usual in self._usual)
        texts = self._texts if covered else read_tree(self._repository, self._commit, [path])
        return {name: text for name, text in texts.items() if name.startswith(f"{path}/") and name.endswith(".yaml")}
