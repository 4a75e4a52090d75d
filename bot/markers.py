"""Markers: what a comment says in its hidden first line about itself, so that it is never written a second time.

A marker counts only in a comment by the account that writes them; whoever reads one must have looked at the author first.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Kind = Literal["finding", "summary"]

_MARKER: Final = re.compile(r"<!-- mainstay (?P<kind>finding|summary)(?: (?P<value>[0-9a-f]{1,64}))? -->")


def marker(kind: Kind, value: str = "") -> str:
    """The hidden line for a comment; `value` is the finding's fingerprint."""
    return f"<!-- mainstay {kind}{f' {value}' if value else ''} -->"


def marked(body: str, kind: Kind) -> str | None:
    """What the marker of this kind at the beginning of a comment says, None where there is none.

    Only the beginning counts: a quoted comment, or a text of somebody else's inside ours, says nothing.
    """
    match = _MARKER.match(body)
    return (match["value"] or "") if match and match["kind"] == kind else None
