"""Bytes by object id or from the worktree."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...texts import MAX_BYTES, MAX_TOTAL, PassedOver
from .process import Git, GitError


def read_blobs(git: Git, ids: Iterable[str]) -> Mapping[str, bytes | PassedOver]:
    """The blobs with these ids, in two processes. What is too large is passed over and never crosses the pipe."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, bytes | PassedOver] = {}
    total = 0
    for object_id, size in zip(wanted, _sizes(git, wanted), strict=True):
        total += size if 0 <= size <= MAX_BYTES else 0
        if size < 0:
            found[object_id] = PassedOver("missing from the object store")
        elif size > MAX_BYTES:
            found[object_id] = PassedOver("too large")
        elif total > MAX_TOTAL:
            found[object_id] = PassedOver("beyond what is read of one change")
    to_read = [object_id for object_id in wanted if object_id not in found]
    return found | dict(zip(to_read, _contents(git, to_read), strict=True))


def _sizes(git: Git, ids: list[str]) -> list[int]:
    """The size of each object, -1 for a missing one."""
    if not ids:
        return []
    said = git.run("cat-file", "--batch-check=%(objectsize)", stdin=_lines(ids)).decode("ascii", "replace")
    return [int(line) if line.isdigit() else -1 for line in said.split("\n")[: len(ids)]]


def _contents(git: Git, ids: list[str]) -> list[bytes]:
    if not ids:
        return []
    said = git.run("cat-file", "--batch=%(objectsize)", stdin=_lines(ids))
    contents, at = [], 0
    for _ in ids:
        end_of_size = said.find(b"\n", at)
        if end_of_size < 0 or not said[at:end_of_size].isdigit():
            raise GitError("git cat-file broke off", "See what `git fsck` says about the repository.")
        start, size = end_of_size + 1, int(said[at:end_of_size])
        contents.append(said[start : start + size])
        at = start + size + 1
    return contents


def _lines(ids: list[str]) -> bytes:
    return "".join(f"{object_id}\n" for object_id in ids).encode("ascii")


def read_worktree_file(top: Path, path: bytes) -> bytes | PassedOver:
    """A regular file of the worktree. No link is followed, not even one among its folders."""
    file = os.path.join(os.fsencode(top), path)  # noqa: PTH118 - the name may be no text, and pathlib takes texts only
    folder = os.path.dirname(file)  # noqa: PTH120 - likewise
    try:
        if os.path.realpath(folder) != os.path.normpath(folder):
            return PassedOver("behind a symbolic link")
        status = os.lstat(file)
        if stat.S_ISLNK(status.st_mode):
            return PassedOver("symbolic link")
        if not stat.S_ISREG(status.st_mode):
            return PassedOver("not a regular file")
        if status.st_size > MAX_BYTES:
            return PassedOver("too large")
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(file, flags), "rb") as opened:  # noqa: PTH123 - pathlib cannot refuse links
            return opened.read(MAX_BYTES)
    except OSError as trouble:
        return PassedOver(f"unreadable ({trouble.strerror})")
