"""What GitHub lets be asked: its limits, as its answers tell of them, shared by all that ask in one name.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api,
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from github.Requester import Requester

from ...ports import Clock
from .trouble import RateLimited

_REFUSALS: Final = (403, 429)
#: Seconds after a refusal that names none, doubled with each that follows, and the most that is waited.
_MINUTE: Final = 60.0
_LONGEST: Final = 3_700.0
#: Of a hundred requests so many are kept for writing when reading has used up the rest: what was begun can be ended.
_KEPT: Final = 1
#: What a wait is lengthened by at most, so that those who wait do not all come back at once.
_SPREAD: Final = 0.1
#: The limit that counts whatever is asked: GitHub calls it secondary.
_ALL: Final = "all"


class Budget:
    """The limits of one name. `resource` is what GitHub counts apart from the rest: `core` or `graphql`."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._until: dict[str, float] = {}
        self._reads_until: dict[str, float] = {}
        self._strikes = 0

    def ask(self, resource: str, *, reads: bool) -> None:
        """See that something may be asked now. Raises RateLimited."""
        with self._lock:
            ends = [self._until.get(_ALL, 0.0), self._until.get(resource, 0.0)]
            until = max([*ends, self._reads_until.get(resource, 0.0)] if reads else ends)
            left = until - self._clock()
        if left > 0:
            raise _spread(left)

    def note(self, resource: str, status: int, headers: Mapping[str, str], message: str) -> None:
        """Learn from an answer. Raises RateLimited where it is a refusal for the sake of a limit."""
        remaining, limit = _number(headers, "x-ratelimit-remaining"), _number(headers, "x-ratelimit-limit")
        after = _number(headers, "retry-after")
        over = status == 429 or after is not None or remaining == 0 or Requester.isRateLimitError(message)
        refused = status in _REFUSALS and over
        with self._lock:
            now = self._clock()
            if remaining == 0:
                self._until[resource] = now + _reset(headers)
            elif remaining is not None and remaining <= (limit or 0) * _KEPT // 100:
                self._reads_until[resource] = now + _reset(headers)
            if not refused:
                self._strikes = 0
                return
            if after is not None:
                self._until[_ALL] = now + min(float(after), _LONGEST)
            elif remaining != 0:
                self._until[_ALL] = now + min(_MINUTE * 2**self._strikes, _LONGEST)
                self._strikes += 1
            left = max(self._until.get(_ALL, now), self._until.get(resource, now)) - now
        raise _spread(max(left, 1.0))


def _spread(seconds: float) -> RateLimited:
    return RateLimited(seconds * (1 + random.uniform(0, _SPREAD)))  # noqa: S311 - nothing is kept secret by it


def _reset(headers: Mapping[str, str]) -> float:
    """Seconds until the limit begins anew, by GitHub's own clock."""
    reset = _number(headers, "x-ratelimit-reset")
    if reset is None:
        return _MINUTE
    try:
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (TypeError, ValueError):
        now = time.time()
    return min(max(reset - now, 0.0) + 1.0, _LONGEST)  # it begins at some time within that second


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isdecimal() else None
