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
    """The markers of one pull request: the number of its repository, which outlives its name, and its own.

    `key` signs them; without one, only the author and the pull request speak for a marker. What one of the `older` keys has signed is
    ours too: comments outlive the key under which they were written.
    """

    home: int
    number: int
    key: bytes = b""
    older: tuple[bytes, ...] = ()

    def make(self, kind: Kind, fingerprint: str = "", state: str = "") -> str:
        """The hidden line for a comment; a finding's fingerprint and state are hexadecimal, and come together."""
        said = f" {fingerprint} {state}" if fingerprint else ""
        return f"<!-- mainstay {kind}{said} {self._signature(self.key, kind, fingerprint, state)} -->"

    def read(self, body: str, kind: Kind) -> Mark | None:
        """What the marker of this kind at the beginning of a comment says, None where there is none that is ours.

        Only the beginning counts: a quoted comment, or a text of somebody else's inside ours, says nothing.
        """
        match = _MARKER.match(body)
        if match is None or match[1] != kind:
            return None
        fingerprint, state = match[2] or "", match[3] or ""
        signatures = [self._signature(key, kind, fingerprint, state) for key in (self.key, *self.older)]
        return Mark(fingerprint, state) if any(hmac.compare_digest(match[4], own) for own in signatures) else None

    def _signature(self, key: bytes, kind: str, fingerprint: str, state: str) -> str:
        said = "\0".join((str(self.home), str(self.number), kind, fingerprint, state))
        return hmac.digest(key, said.encode(), "sha256").hex()[:_LENGTH]


def word_of(rule: str) -> str:
    """A rule's id as the state of a `finding`: ids are paths, which may hold what ends a hidden line."""
    return hashlib.sha256(rule.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def key_from(private_key: str) -> bytes:
    """The key that signs an App's markers, made from its private key, of which it tells nothing; line ends make no difference."""
    lines = "\n".join(line.strip() for line in private_key.strip().splitlines())
    return hmac.digest(lines.encode(), b"mainstay markers 1", "sha256")
