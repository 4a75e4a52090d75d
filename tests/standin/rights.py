"""Who asks the stand-in, what they may, and how it says no."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Refusal(Exception):
    """An answer that is no success: its status, message, errors and headers."""

    def __init__(self, status: int, message: str, *errors: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.errors, self.headers = status, message, errors, headers or {}


class Token(Struct, frozen=True):
    """Who asks: a person by a plain token (`installation` 0), the App's installation, or the App itself (`user` 0).

    `ends` is in seconds on the hub's clock. `permissions` and `repositories` (ids) count for an installation alone.
    """

    user: int
    installation: int = 0
    ends: float = float("inf")
    permissions: dict[str, str] = {}
    repositories: frozenset[int] | None = None


class Budget(Struct):
    """The calls of an hour: `ends` is in seconds since 1970."""

    limit: int
    ends: float
    used: int = 0

    def spend(self) -> None:
        """Count one call. Raises Refusal where none is left."""
        if self.used >= self.limit:
            raise Refusal(403, "API rate limit exceeded. Authenticated requests get a higher rate limit.")
        self.used += 1

    def as_told(self) -> dict[str, int]:
        """The numbers as the interface tells them."""
        return {"limit": self.limit, "used": self.used, "remaining": self.limit - self.used, "reset": int(self.ends)}


class Installation(Struct):
    """The App in an account: all of its repositories, or those named by id.

    `permissions` are those that its owner has granted, None for all that the App asks for.
    """

    id: int
    account: str
    repositories: frozenset[int] | None = None
    permissions: dict[str, str] | None = None


class Manifest(Struct):
    """What an App is to be made from, until somebody brings its code; and the private key that it gets."""

    told: dict[str, Any]
    private_key: str
