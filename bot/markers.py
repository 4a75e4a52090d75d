"""Markers: what a comment says in its hidden first line about itself, so that it is never written a second time.

A marker counts only in a comment by the account that writes them: whoever reads one must have looked at the author first. It is signed
over the pull request that it stands in, what it speaks of and in which state that is, so that one that was copied from another pull
request, edited or made up says nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final, Literal

from msgspec import Struct

#: `finding`: it is told here; `suggestion`: its fix is suggested here; `fixed` and `replaced`: the answer in its thread that it is gone,
#: or that another comment tells what became of it; `summary`: the one comment that sums up.
Kind = Literal["finding", "suggestion", "fixed", "replaced", "summary"]

_MARKER: Final = re.compile(
    r"<!-- mainstay (finding|suggestion|fixed|replaced|summary)(?: ([0-9a-f]{1,64}) ([0-9a-f]{1,64}))? ([0-9a-f]{32}) -->"
)
_LENGTH: Final = 32  # hexadecimal digits of a signature: 128 bits


class Mark(Struct, frozen=True):
    """What a marker says: which finding, and its state (of a `finding` or `suggestion` its rule's word, of an answer the commit)."""

    fingerprint: str = ""
    state: str = ""


class Markers(Struct, frozen=True):
    """The markers of one pull request. `key` signs them; without one, only the author and the pull request speak for a marker."""

    repository: str
    number: int
    key: bytes = b""

    def make(self, kind: Kind, fingerprint: str = "", state: str = "") -> str:
        """The hidden line for a comment; a finding's fingerprint and state are hexadecimal, and come together."""
        said = f" {fingerprint} {state}" if fingerprint else ""
        return f"<!-- mainstay {kind}{said} {self._signature(kind, fingerprint, state)} -->"

    def read(self, body: str, kind: Kind) -> Mark | None:
        """What the marker of this kind at the beginning of a comment says, None where there is none that is ours.

        Only the beginning counts: a quoted comment, or a text of somebody else's inside ours, says nothing.
        """
        match = _MARKER.match(body)
        if match is None or match[1] != kind:
            return None
        fingerprint, state = match[2] or "", match[3] or ""
        right = hmac.compare_digest(match[4], self._signature(kind, fingerprint, state))
        return Mark(fingerprint, state) if right else None

    def _signature(self, kind: str, fingerprint: str, state: str) -> str:
        said = "\0".join((self.repository.lower(), str(self.number), kind, fingerprint, state))
        return hmac.digest(self.key, said.encode(), "sha256").hex()[:_LENGTH]


def word_of(rule: str) -> str:
    """A rule's id as the state of a `finding`: ids are paths, which may hold what ends a hidden line."""
    return hashlib.sha256(rule.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def key_from(private_key: str) -> bytes:
    """The key that signs an App's markers, made from its private key, of which it tells nothing."""
    return hmac.digest(private_key.strip().encode(), b"mainstay markers 1", "sha256")
