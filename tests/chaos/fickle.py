"""A host that fails: one call in so many is lost before or after its work is done, and lists show what was written some seconds late."""

from __future__ import annotations

import random
import time
from itertools import count
from pathlib import Path
from typing import Any

from tests.standin import Failure, Hub, StandIn
from tests.standin.loopback import Loopback
from tests.standin.server import _Handler
from tests.standin.state import PullState, Refusal

#: A file on which this host takes no comment beside a line.
STUBBORN = "stubborn.py"
_BEFORE, _AFTER = (502, 503, 0), (500, 502, 0)
_CHANGES = ("body", "status", "conclusion")


class FickleHub(Hub):
    """A hub of which a share of all calls fails, half of them after the work is done, and whose lists lag by `late` seconds."""

    def __init__(self, folder: Path, share: float, late: float, seed: int) -> None:
        super().__init__(folder)
        self.share, self.late, self._chance = share, late, random.Random(seed)  # noqa: S311 - of the tests alone
        self.failed = 0
        self._written: dict[int, float] = {}
        self._ids = map(self._stamped, count(1))  # type: ignore[assignment]  # an iterator of numbers all the same
        self._older: dict[int, tuple[float, dict[str, Any]]] = {}

    def fails(self, method: str, path: str, *, after: bool) -> Failure | None:
        """Half of the share before the work is done, half after it."""
        if self._chance.random() >= self.share / 2:
            return super().fails(method, path, after=after)
        self.failed += 1
        return Failure(method, path, self._chance.choice(_AFTER if after else _BEFORE), after)

    def edit(self, comment: int, user: int, body: str) -> dict[str, Any]:
        """As ever; the list shows the older text for a while."""
        for pull in self.pulls.values():
            self._keep(next((s for s in pull.conversation if s["id"] == comment), None))
        return super().edit(comment, user, body)

    def check(self, asked: dict[str, Any], number: int = 0) -> dict[str, Any]:
        """As ever; the list shows how it stood before for a while."""
        self._keep(next((c for c in self.checks if c["id"] == number), None))
        return super().check(asked, number)

    def shown(self, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """A list as it stood some seconds ago."""
        now = time.monotonic()
        with self.lock:
            return [self._then(item, now) for item in listed if now - self._written[item["id"]] >= self.late]

    def _stamped(self, number: int) -> int:
        self._written[number] = time.monotonic()
        return number

    def _comment(self, pull: PullState, user: int, asked: dict[str, Any], commit: str) -> dict[str, Any]:
        if asked.get("path") == STUBBORN and asked.get("subject_type") != "file":
            raise Refusal(422, "Validation Failed", "line must be part of the diff")
        return super()._comment(pull, user, asked, commit)

    def _keep(self, item: dict[str, Any] | None) -> None:
        if item is not None:
            self._older[item["id"]] = (time.monotonic(), {k: item[k] for k in _CHANGES if k in item})

    def _then(self, item: dict[str, Any], now: float) -> dict[str, Any]:
        changed, before = self._older.get(item["id"], (0.0, {}))
        return item | before if now - changed < self.late else item


class Fickle(StandIn):
    """Serves such a hub."""

    def __init__(self, hub: FickleHub) -> None:
        Loopback.__init__(self, _Lagging, hub=hub)
        self.hub = hub
        self.url = f"{self.address}/api/v3"


class _Lagging(_Handler):
    def _paged(self, answer: Any, path: str, query: dict[str, int]) -> tuple[Any, dict[str, str]]:
        assert isinstance(self.hub, FickleHub)
        if path.endswith("/comments") and isinstance(answer, list) and self.command == "GET":
            answer = self.hub.shown(answer)
        if path.endswith("/check-runs") and self.command == "GET":
            runs = self.hub.shown(answer["check_runs"])
            answer = {"total_count": len(runs), "check_runs": runs}
        return super()._paged(answer, path, query)
