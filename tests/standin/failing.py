"""What the stand-in is told to do wrong: the next request of a kind, or a share of all by chance."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct


class Failure(Struct):
    """What goes wrong with the next request of this method whose path ends so: before the work is done, or after.

    An empty `method` or `ending` means any; with `holding`, only a request whose body holds that text is meant, so that one comment is
    refused wherever it is written. `status` 0 cuts the connection, -1 cuts it in the middle of a good answer, 200 lets the answer be
    (`slow` seconds late, half of it at once). `times` counts down. `headers`, `message` and `errors` are the answer's own; without them
    it is a plain error of its status.
    """

    method: str
    ending: str
    status: int
    after: bool = False
    times: int = 1
    message: str = ""
    errors: tuple[Any, ...] = ()
    headers: dict[str, str] = {}
    slow: float = 0.0
    holding: str = ""

    def is_due(self, *, after: bool) -> bool:
        """True for what happens then: a good answer is cut or slowed down when there is one."""
        return after if self.status in (-1, 200) else after == self.after

    def means(self, method: str, path: str, body: bytes) -> bool:
        """True for a request that this is about."""
        return self.method in ("", method) and path.endswith(self.ending) and self.holding.encode() in body


#: GitHub's words: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
SECONDARY: Final = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
MESSAGES: Final = {
    401: "Bad credentials",
    403: "Resource not accessible by integration",
    404: "Not Found",
    406: "Sorry, the diff exceeded the maximum number of lines (20000)",
    422: "Validation Failed",
    429: SECONDARY,
    500: "Server Error",
    502: "Server Error",
    503: "No server is currently available to service your request.",
}


def secondary(method: str, ending: str, retry_after: int | None, times: int = 1, status: int = 403) -> Failure:
    """The secondary rate limit, which is told as 403 or 429: with the seconds to wait, or without a word of them."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Failure(method, ending, status, times=times, message=SECONDARY, headers=headers)


#: Kinds of failures that chance chooses from: status, after the work, headers, seconds. All pass by themselves when asked again.
KINDS: Final[dict[str, tuple[int, bool, dict[str, str], float]]] = {
    "500 before": (500, False, {}, 0.0),
    "502 before": (502, False, {}, 0.0),
    "500 after": (500, True, {}, 0.0),
    "502 after": (502, True, {}, 0.0),
    "cut before": (0, False, {}, 0.0),
    "cut after": (0, True, {}, 0.0),
    "cut within": (-1, True, {}, 0.0),
    "secondary limit": (403, False, {"Retry-After": "1"}, 0.0),
    "slow": (200, True, {}, 0.5),
}


class Chaos:
    """A `share` of all calls (0.1 is one in ten) goes wrong in one of `kinds`, chosen by a generator that begins with `seed`.

    `told` counts what went wrong, by kind.
    """

    def __init__(self, seed: int, share: float, kinds: Iterable[str] = KINDS) -> None:
        self._chance, self._share = random.Random(seed), share  # noqa: S311 - chance that can be had again, no secret
        self._kinds = tuple(kinds)
        self._lock = threading.Lock()
        self.told: dict[str, int] = {}

    def draw(self, method: str, path: str, *, after: bool) -> Failure | None:
        """What goes wrong with this call before its work is done, or after it; None when nothing does."""
        kinds = [kind for kind in self._kinds if KINDS[kind][1] == after]
        with self._lock:
            if self._chance.random() * len(self._kinds) >= self._share * len(kinds):
                return None
            kind = self._chance.choice(kinds)
            self.told[kind] = self.told.get(kind, 0) + 1
        status, after, headers, slow = KINDS[kind]
        message = SECONDARY if status == 403 else ""
        return Failure(method, path, status, after=after, message=message, headers=headers, slow=slow)
