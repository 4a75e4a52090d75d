"""Deliveries: a webhook's event and body -> what is asked of us. Only the fields that we read are required of a body."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

#: What happened to a pull request so that its change has to be looked at.
_REVIEWED: Final = frozenset({"opened", "reopened", "ready_for_review", "synchronize"})


class PullAsked(Struct, frozen=True):
    """A review that is asked for: ids alone, so that it may lie in a database. `head` is a commit id."""

    installation: int
    repository: str
    number: int
    head: str
    draft: bool = False


class EventError(ValueError):
    """A body lacks what its event always has."""


class _Id(Struct):
    id: int


class _Repository(Struct):
    full_name: str


class _Side(Struct):
    sha: str


class _Pull(Struct):
    number: int
    head: _Side
    draft: bool = False


class _PullEvent(Struct):
    action: str
    pull_request: _Pull
    repository: _Repository
    installation: _Id | None = None


def read(event: str, body: bytes) -> PullAsked | None:
    """What a delivery asks for, None when that is nothing. Raises EventError."""
    if event != "pull_request":
        return None
    try:
        told = msgspec.json.decode(body, type=_PullEvent)
    except (msgspec.DecodeError, UnicodeDecodeError) as mistake:
        raise EventError(f"not a {event} event: {mistake}") from mistake
    if told.action not in _REVIEWED or told.installation is None:
        return None
    pull = told.pull_request
    return PullAsked(told.installation.id, told.repository.full_name, pull.number, pull.head.sha, pull.draft)
