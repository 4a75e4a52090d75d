"""The files of a commit, as the interface lists them, and settings among them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, NamedTuple

from github import Github
from github.GitTree import GitTree
from github.Repository import Repository

from ...ports import PullRequest
from ...texts import MAX_BYTES, PassedOver, decode
from .client import in_words

REGULAR: Final = ("100644", "100755")
_FOLDER: Final = "040000"


class Listed(NamedTuple):
    """One file of a commit: its mode, its blob and that one's size."""

    mode: str
    sha: str
    size: int


class Tree:
    """The files of one commit, by path.

    GitHub lists 100,000 entries at most and says that it has cut the list (https://docs.github.com/en/rest/git/trees#get-a-tree): then
    `cut` is true, and a file that lacks in `files` may be there all the same. `find` looks for it folder by folder.
    """

    def __init__(self, home: Repository, commit: str) -> None:
        self._home, self._commit = home, commit
        told = home.get_git_tree(commit, recursive=True)
        self.cut, self.files = bool(told.raw_data.get("truncated")), _files(told, "")

    def find(self, path: str) -> Listed | None:
        """A file, also where the list was cut; None where there is none."""
        if path in self.files or not self.cut:
            return self.files.get(path)
        folder, _, name = path.rpartition("/")
        tree = self._tree_of(folder)
        return None if tree is None else _files(self._home.get_git_tree(tree), "").get(name)

    def below(self, folder: str) -> dict[str, Listed]:
        """The files below a folder, by path, also where the list was cut."""
        if self.cut:
            tree = self._tree_of(folder)
            return {} if tree is None else _files(self._home.get_git_tree(tree, recursive=True), f"{folder}/")
        return {path: file for path, file in self.files.items() if path.startswith(f"{folder}/")}

    def _tree_of(self, folder: str) -> str | None:
        """The id of a folder's tree."""
        tree = self._commit
        for part in folder.split("/") if folder else ():
            inner = {e.path: e.sha for e in self._home.get_git_tree(tree).tree if e.mode == _FOLDER}
            if part not in inner:
                return None
            tree = inner[part]
        return tree


def content(home: Repository, file: Listed) -> str | PassedOver:
    """The text of a file, or why it has none."""
    return decode(base64.b64decode(home.get_git_blob(file.sha).content))


def _files(told: GitTree, prefix: str) -> dict[str, Listed]:
    return {f"{prefix}{e.path}": Listed(e.mode, e.sha, e.size or 0) for e in told.tree if e.type != "tree"}


class BaseSources:
    """Configuration, rules and API files as the merge base has them: `ports.Sources` for a pull request."""

    def __init__(self, client: Github, pull: PullRequest) -> None:
        self.origin = pull.merge_base[:12]
        with in_words():
            self._home = client.get_repo(pull.repository)
            self._tree = Tree(self._home, pull.merge_base)

    def text(self, path: str) -> str | None:
        """The text of a file, None when it is absent or no text."""
        with in_words():
            file = self._tree.find(path)
            return None if file is None else self._text(file)

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder, by path."""
        with in_words():
            found = sorted((name, file) for name, file in self._tree.below(path).items() if name.endswith(".yaml"))
            return {name: text for name, file in found if (text := self._text(file)) is not None}

    def _text(self, file: Listed) -> str | None:
        if file.mode not in REGULAR or file.size > MAX_BYTES:
            return None
        text = content(self._home, file)
        return text if isinstance(text, str) else None
