"""Files of one revision by name: how configuration, rules and API files are read before anything is judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...texts import decode
from .blobs import read_blobs
from .process import GitError
from .repository import Repository, open_repository

_SECONDS: Final = 20.0
_REGULAR: Final = ("100644", "100755")


def read_tree(folder: Path, rev: str, prefixes: Sequence[str], *, seconds: float = _SECONDS) -> dict[str, str]:
    """The texts of the regular files at and below `prefixes` (paths from the top), by path and in its order.

    `rev` is a revision, or "" for the nothing before a first commit. Binaries are left out, and so is what does not
    exist. Raises GitError for an unknown revision and for a file that is too large or in no known encoding: a rule or
    a setting must not vanish in silence.
    """
    if not rev:
        return {}
    repository = open_repository(folder, seconds)
    listed = _listed(repository, rev, prefixes)
    blobs = read_blobs(repository.git, listed.values())
    texts = {}
    for path, blob in listed.items():
        text = decode(blobs[blob])
        if isinstance(text, str):
            texts[path] = text
        elif text.reason != "binary":
            raise GitError(f"{path} at {rev} cannot be read: {text.reason}", "Write it as UTF-8, in smaller files.")
    return texts


def read_at(folder: Path, rev: str, path: str) -> str | None:
    """The text of one file at a revision, None where there is none. Raises as `read_tree` does."""
    return read_tree(folder, rev, [path]).get(path)


def list_at(folder: Path, rev: str, path: str) -> tuple[str, ...]:
    """The paths of the regular files below a folder at a revision, in order; "" is the top."""
    return tuple(_listed(open_repository(folder, _SECONDS), rev, [path] if path else [])) if rev else ()


def _listed(repository: Repository, rev: str, prefixes: Sequence[str]) -> dict[str, str]:
    """The ids of the regular files at and below `prefixes` (none: everywhere), by path."""
    said = repository.git.run("ls-tree", "-r", "-z", "--full-tree", f"{rev}^{{tree}}", "--", *prefixes)
    listed = {}
    for line in said.split(b"\0"):
        words, _, path = line.partition(b"\t")
        if path:
            mode, _, blob = words.decode("ascii").split(" ")
            if mode in _REGULAR:
                listed[path.decode("utf-8", "backslashreplace")] = blob
    return dict(sorted(listed.items()))
