"""Findings counted by rule and by folder, for reviews that are too long to be read from end to end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ..model import Review
from .places import label

_MANY = 10  # findings from which a table helps
_MOST = 15  # rows of a table


def is_wanted(review: Review) -> bool:
    """True for whole files and folders with many findings."""
    return review.manifest.request.get("command") == "scan" and len(review.shown) >= _MANY


def by_rule(review: Review) -> list[str]:
    """`  12  timeout/subprocess`, the most frequent first."""
    return _table(Counter(finding.rule.id for finding in review.shown))


def by_folder(review: Review) -> list[str]:
    """`   7  app/clients/`, the most frequent first."""
    return _table(Counter(_folder(label(finding.place)) for finding in review.shown))


def _folder(place: str) -> str:
    return f"{place.rpartition('/')[0] or '.'}/"


def _table(counts: Counter[str]) -> list[str]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return list(_rows(ordered[:_MOST], len(ordered) - _MOST))


def _rows(ordered: Iterable[tuple[str, int]], left: int) -> Iterator[str]:
    for name, count in ordered:
        yield f"{count:5}  {name}"
    if left > 0:
        yield f"       and {left} more"
