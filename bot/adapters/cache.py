"""What is kept on disk between runs: bytes under a key, in a folder that nobody else can write.

A cache may forget anything at any time, and nothing that goes wrong here is an error: what is damaged, foreign or
cannot be read counts as absent, and what cannot be written is not kept.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from ..ports import SettingsTexts

_LARGEST: Final = 64_000_000  # bytes; no entry of ours comes near
_KEPT: Final = 8  # entries of one name: a few versions and checkouts side by side
_MOST_SETTINGS: Final = 100_000_000  # bytes
_KEPT_A_SHARD: Final = 400  # small entries in one of 256 folders: the files of a few large repositories


class DiskCache:
    """Entries as files `NAME-HASH` in one folder: the digest of the content on the first line, then the content."""

    def __init__(self, folder: Path, kept: int = _KEPT) -> None:
        self.folder = folder
        self._kept = kept  # entries of one name; 0 to forget none

    def get(self, key: str) -> bytes | None:
        """The bytes under a key, None when there are none that can be trusted."""
        try:
            if not _is_ours(self.folder) or (self.folder / key).stat().st_size > _LARGEST:
                return None
            digest, _, data = (self.folder / key).read_bytes().partition(b"\n")
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest().encode() == digest else None

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key (`NAME-HASH`), whole or not at all; the oldest entries of that name go."""
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_ours(self.folder):
                self._write(key, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
                if self._kept:
                    self._forget(key.rpartition("-")[0])

    def _write(self, key: str, data: bytes) -> None:
        import tempfile  # here, because most runs only read

        handle, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(self.folder / key)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _forget(self, name: str) -> None:
        entries = [entry for entry in os.scandir(self.folder) if entry.name.rpartition("-")[0] == name]
        for entry in sorted(entries, key=lambda e: e.stat().st_mtime_ns, reverse=True)[self._kept :]:
            Path(entry).unlink(missing_ok=True)


class BoundedCache(DiskCache):
    """Entries that are dropped when they are done with; when all of them grow over `most` bytes, the oldest go."""

    def __init__(self, folder: Path, most: int) -> None:
        super().__init__(folder, kept=0)
        self._most = most

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, whole or not at all."""
        super().put(key, data)
        with suppress(OSError):
            entries = sorted((e.stat().st_mtime_ns, e.stat().st_size, e.path) for e in os.scandir(self.folder))
            over = sum(size for _, size, _ in entries) - self._most
            for _, size, path in entries:
                if over <= 0:
                    break
                Path(path).unlink(missing_ok=True)
                over -= size

    def drop(self, key: str) -> None:
        """Forget an entry."""
        with suppress(OSError):
            (self.folder / key).unlink(missing_ok=True)


class KeptSettings:
    """The last good settings of base branches (`ports.LastGood`) as small files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._cache = BoundedCache(folder, _MOST_SETTINGS)

    def get(self, repository: str, branch: str) -> SettingsTexts | None:
        """The settings that were understood last, None where none are kept."""
        kept = self._cache.get(_settings_key(repository, branch))
        try:
            return msgspec.msgpack.decode(kept, type=SettingsTexts) if kept is not None else None
        except msgspec.DecodeError:  # of another version
            return None

    def put(self, repository: str, branch: str, settings: SettingsTexts) -> None:
        """Keep settings instead of those before, if that can be done."""
        self._cache.put(_settings_key(repository, branch), msgspec.msgpack.encode(settings))


def _settings_key(repository: str, branch: str) -> str:
    named = f"{repository.lower()}\0{branch}".encode("utf-8", "surrogatepass")
    return f"settings-{hashlib.sha256(named).hexdigest()}"


class ShardedCache:
    """Many small entries under hexadecimal keys, in 256 folders; each folder forgets its oldest from time to time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> bytes | None:
        """The bytes under a key, None when there are none that can be trusted."""
        return DiskCache(self.folder / key[:2]).get(key)

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, whole or not at all."""
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One put in sixteen looks for what to forget: listing a folder costs more than all the rest of a put.
        DiskCache(self.folder / key[:2], _KEPT_A_SHARD if key[2:3] == "0" else 0).put(key, data)


def user_cache(environment: Mapping[str, str], platform: str = sys.platform) -> DiskCache | None:
    """The cache of whoever runs this: `MAINSTAY_CACHE`, else the platform's folder for caches; None without a home."""
    named = environment.get("MAINSTAY_CACHE")
    if named:
        return DiskCache(Path(named))
    base = environment.get("LOCALAPPDATA" if platform == "win32" else "XDG_CACHE_HOME", "")
    if not Path(base).is_absolute() and platform != "win32" and environment.get("HOME"):
        base = str(Path(environment["HOME"]) / ".cache")
    return DiskCache(Path(base) / "mainstay") if Path(base).is_absolute() else None


def _is_ours(folder: Path) -> bool:
    """True for a folder of ours that nobody else can write to. Raises OSError."""
    seen = folder.stat()
    if not stat.S_ISDIR(seen.st_mode):
        return False
    return sys.platform == "win32" or (seen.st_uid == os.geteuid() and not seen.st_mode & 0o022)
