"""Markers: what a comment says in its hidden first line about itself, so that it is never written a second time.

A marker counts only in a comment by the account that writes them: whoever reads one must have looked at the author first. It is signed
over the pull request that it stands in, so that one that was copied from another, or made up, says nothing.
"""

from __future__ import annotations

import hmac
import re
from typing import Final, Literal

from msgspec import Struct

Kind = Literal["finding", "summary"]

_MARKER: Final = re.compile(r"<!-- mainstay (finding|summary)(?: ([0-9a-f]{1,64}))? ([0-9a-f]{32}) -->")
_LENGTH: Final = 32  # hexadecimal digits of a signature: 128 bits


class Markers(Struct, frozen=True):
    """The markers of one pull request. `key` signs them; without one, only the author and the pull request speak for a marker."""

    repository: str
    number: int
    key: bytes = b""

    def make(self, kind: Kind, value: str = "") -> str:
        """The hidden line for a comment; `value` is the finding's fingerprint."""
        return f"<!-- mainstay {kind}{f' {value}' if value else ''} {self._signature(kind, value)} -->"

    def read(self, body: str, kind: Kind) -> str | None:
        """What the marker of this kind at the beginning of a comment says, None where there is none that is ours.

        Only the beginning counts: a quoted comment, or a text of somebody else's inside ours, says nothing.
        """
        match = _MARKER.match(body)
        if match is None or match[1] != kind:
            return None
        value = match[2] or ""
        return value if hmac.compare_digest(match[3], self._signature(kind, value)) else None

    def _signature(self, kind: str, value: str) -> str:
        said = "\0".join((self.repository.lower(), str(self.number), kind, value))
        return hmac.digest(self.key, said.encode(), "sha256").hex()[:_LENGTH]


def key_from(private_key: str) -> bytes:
    """The key that signs an App's markers, made from its private key, of which it tells nothing."""
    return hmac.digest(private_key.strip().encode(), b"mainstay markers 1", "sha256")
