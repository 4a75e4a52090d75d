"""Sends what the stand-in tells to the App, signed as GitHub does and kept among its deliveries; also twice, late or not at all."""

from __future__ import annotations

import hmac
import json
import random
import threading
import urllib.error
import urllib.request
import uuid
from typing import Any, Final, Literal

from .writing import Hub

#: What may become of a delivery: it is never made, it is made twice under one id, or it comes after the one that follows it.
Mishap = Literal["missing", "twice", "late"]
_MISHAPS: Final[tuple[Mishap, ...]] = ("missing", "twice", "late")


class Courier:
    """Sends deliveries to `url`, one after another. `mishaps` are what becomes of the next ones, None where nothing does.

    A delivery that is asked for again by the interface is sent once more under its id. What waits because it is late is sent by `end`.
    """

    def __init__(self, hub: Hub, url: str, secret: str) -> None:
        self.hub, self.url, self._secret = hub, url, secret
        self.mishaps: list[Mishap | None] = []
        self._waiting: list[tuple[str, dict[str, Any], str]] = []
        self._chance: random.Random | None = None
        self._share = 0.0
        self._lock = threading.Lock()
        hub.redeliver = self.again

    def disturb(self, seed: int, share: float) -> None:
        """Let this share of all deliveries be missing, come twice or late, by a generator that begins with `seed`."""
        self._chance, self._share = random.Random(seed), share  # noqa: S311 - chance that can be had again, no secret

    def send(self, event: str, payload: dict[str, Any]) -> int:
        """The status of the answer to the delivery, 0 where it got none or was not made yet."""
        guid, mishap = str(uuid.uuid4()), self._mishap()
        if mishap == "missing":
            self._keep(event, payload, guid, 0)
            return 0
        if mishap == "late":
            with self._lock:
                self._waiting.append((event, payload, guid))
            return 0
        status = self._post(event, payload, guid)
        if mishap == "twice":
            status = self._post(event, payload, guid)
        self.end()
        return status

    def end(self) -> None:
        """Send what waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for late in waiting:
            self._post(*late)

    def again(self, row: dict[str, Any]) -> None:
        """Send a delivery once more, under its id."""
        self._post(row["event"], row["request"]["payload"], row["guid"])

    def _mishap(self) -> Mishap | None:
        with self._lock:
            if self.mishaps:
                return self.mishaps.pop(0)
            if self._chance is None or self._chance.random() >= self._share:
                return None
            return self._chance.choice(_MISHAPS)

    def _post(self, event: str, payload: dict[str, Any], guid: str) -> int:
        status = post(self.url, event, json.dumps(payload).encode(), self._secret, guid)
        self._keep(event, payload, guid, status)
        return status

    def _keep(self, event: str, payload: dict[str, Any], guid: str, status: int) -> None:
        word = "OK" if 200 <= status < 300 else "Invalid HTTP Response" if status else "failed to connect"
        request = {"headers": {"X-GitHub-Event": event, "X-GitHub-Delivery": guid}, "payload": payload}
        self.hub.delivered(event, payload.get("action"), guid, status, word, request=request)


def post(url: str, event: str, body: bytes, secret: str, guid: str = "") -> int:
    """Send one signed delivery, and give the status of the answer, 0 where there is none."""
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid or str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}",
    }
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - the App on loopback
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - likewise
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    except OSError:
        return 0
