"""What a repository has accepted for now: the findings of one scan, by fingerprint, so that only later ones are told.

The file is JSON in `.mainstay/baseline.json` and holds no code: for each finding its fingerprint, its rule and its path.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from .model import Finding
from .strict import Mistake

NAME: Final = ".mainstay/baseline.json"
REASON: Final = "in the baseline"
_VERSION: Final = 1


class Accepted(Struct, frozen=True, order=True):
    """One finding that was there when the baseline was written."""

    rule: str
    path: str
    fingerprint: str


def of(findings: Iterable[Finding]) -> tuple[Accepted, ...]:
    """What a baseline of these findings accepts: all that counts at the threshold, silenced ones left out."""
    accepted = (Accepted(f.rule.id, f.place.path, f.fingerprint) for f in findings if f.shown or f.counts)
    return tuple(sorted(accepted))


def render(accepted: Iterable[Accepted]) -> str:
    """The text of the file: a finding a line, so that two people's changes merge."""
    rows = [json.dumps({"rule": a.rule, "path": a.path, "fingerprint": a.fingerprint}) for a in sorted(accepted)]
    body = ",\n    ".join(rows)
    listed = f"[\n    {body}\n  ]" if rows else "[]"
    return f'{{\n  "version": {_VERSION},\n  "accepted": {listed}\n}}\n'


def read(text: str, name: str) -> tuple[Accepted, ...]:
    """What the file accepts. Raises Mistake for a file that `render` did not write."""
    remedy = "Write it again with `mainstay baseline write`."
    try:
        value: Any = json.loads(text)
        if value["version"] != _VERSION:
            raise Mistake(f"a baseline of version {value['version']!r} is not known", name, remedy)
        return tuple(Accepted(str(r["rule"]), str(r["path"]), str(r["fingerprint"])) for r in value["accepted"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Mistake("this is no baseline", name, remedy) from None


def fold(findings: Iterable[Finding], accepted: Collection[str]) -> list[Finding]:
    """The findings, those with an accepted fingerprint folded away: they do not count at the threshold."""
    return [
        replace(f, shown=False, counts=False, reason=REASON) if f.shown and f.fingerprint in accepted else f
        for f in findings
    ]
