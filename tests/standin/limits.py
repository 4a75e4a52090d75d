"""What the stand-in lets be asked: a rate limit with GitHub's headers, refusals for its sake, answers known by their tag, and versions.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import hashlib
import time
from email.message import Message

from .state import Refusal

VERSIONS = ("2022-11-28", "2026-03-10")
_PRIMARY = "API rate limit exceeded for installation ID 77."
_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


class Limits:
    """One limit for all who ask. `refusals` are given to those who ask next: a status, and Retry-After where there is one."""

    def __init__(self) -> None:
        self.limit = self.left = 5_000
        self.ends = int(time.time()) + 3_600
        self.refusals: list[tuple[int, str]] = []
        self.versions: set[str] = set()
        self.spared = 0

    def ask(self, headers: Message) -> None:
        """Count one request. Raises Refusal."""
        version = headers.get("X-GitHub-Api-Version") or ""
        self.versions.add(version)
        if version and version not in VERSIONS:
            raise Refusal(400, "API version not supported")
        if self.refusals:
            status, after = self.refusals.pop(0)
            raise Refusal(status, _SECONDARY, headers={"Retry-After": after} if after else {})
        if self.left <= 0:
            raise Refusal(403, _PRIMARY)
        self.left -= 1

    def headers(self) -> dict[str, str]:
        """What each answer says of the limit."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.left, 0)),
            "X-RateLimit-Used": str(self.limit - max(self.left, 0)),
            "X-RateLimit-Reset": str(self.ends),
            "X-RateLimit-Resource": "core",
        }

    def is_known(self, headers: Message, tag: str) -> bool:
        """True for who has this very answer already, which costs nothing then."""
        known = headers.get("If-None-Match") == tag
        self.left, self.spared = self.left + known, self.spared + known
        return known


def tag_of(data: bytes) -> str:
    """What an answer is known by."""
    return f'W/"{hashlib.sha256(data).hexdigest()}"'
