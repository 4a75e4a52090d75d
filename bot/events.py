"""Deliveries: a webhook's event and body -> what is asked of us. Only the fields that we read are required of a body."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

#: What happened to a pull request so that its change has to be looked at.
_REVIEWED: Final = frozenset({"opened", "reopened", "ready_for_review", "synchronize"})

_CHECK: Final = re.compile(r"pull-(\d{1,12})-([0-9a-f]{40,64})")


class PullAsked(Struct, frozen=True):
    """A review that is asked for: ids alone, so that it may lie in a database.

    `head` is a commit id. `again` tells one request for a review that was done already from the next.
    """

    installation: int
    repository: str
    number: int
    head: str
    draft: bool = False
    again: str = ""


#: The button on our check that asks for a review again, by its name there.
FULL: Final = "full"


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


class _Run(Struct):
    external_id: str | None = None


class _Button(Struct):
    identifier: str = ""


class _RunEvent(Struct):
    action: str
    check_run: _Run
    repository: _Repository
    installation: _Id | None = None
    requested_action: _Button | None = None


def check_id(number: int, head: str) -> str:
    """What our check on a head says in its hidden field: for which pull request it stands there."""
    return f"pull-{number}-{head}"


def read(event: str, body: bytes, delivery: str = "") -> PullAsked | None:
    """What a delivery asks for, None when that is nothing; `delivery` is its id. Raises EventError."""
    reads = _READS.get(event)
    if reads is None:
        return None
    try:
        return reads(body, delivery)
    except (msgspec.DecodeError, UnicodeDecodeError) as mistake:
        raise EventError(f"not a {event} event: {mistake}") from mistake


def _pull(body: bytes, _delivery: str) -> PullAsked | None:
    told = msgspec.json.decode(body, type=_PullEvent)
    if told.action not in _REVIEWED or told.installation is None:
        return None
    pull = told.pull_request
    return PullAsked(told.installation.id, told.repository.full_name, pull.number, pull.head.sha, pull.draft)


def _run(body: bytes, delivery: str) -> PullAsked | None:
    """Somebody has asked for our check again, by GitHub's button or by ours."""
    told = msgspec.json.decode(body, type=_RunEvent)
    match = _CHECK.fullmatch(told.check_run.external_id or "")
    ours = told.action == "requested_action" and told.requested_action == _Button(FULL)
    if not (ours or told.action == "rerequested") or told.installation is None or match is None:
        return None
    return PullAsked(told.installation.id, told.repository.full_name, int(match[1]), match[2], again=delivery)


_READS: Final[Mapping[str, Callable[[bytes, str], PullAsked | None]]] = {"pull_request": _pull, "check_run": _run}
