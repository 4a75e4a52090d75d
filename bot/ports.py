"""What the outside fulfils: protocols that the core is given and never makes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

#: Seconds on a clock that only goes forward.
Clock = Callable[[], float]


class Sources(Protocol):
    """Reads a repository's own settings from one side of a change (the before side, at every door)."""

    origin: str

    def text(self, path: str) -> str | None:
        """The text of a file there, None when it is absent."""

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder there, by path; empty when it is absent."""


class Store(Protocol):
    """Keeps bytes under a key (`NAME-HASH`) between runs; it may forget any of them at any time and never fails."""

    def get(self, key: str) -> bytes | None:
        """The bytes as they were put, None when they are not there whole."""

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes, if that can be done."""
