"""Deliveries by the clock: `python -m tests.load.deliver`, told on its input what to send where, answers on its output how it went.

It is an open loop: each delivery is sent when its time has come, whether or not earlier ones are answered, and is measured from that
time on. It is a process of its own, so that nothing else holds its interpreter.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import sys
import uuid
from typing import Final

import msgspec
from msgspec import Struct

from bot.adapters.workers import read_frame, write_frame

#: What GitHub's payloads are padded to, in bytes: those of pull requests have about so many.
_SIZE: Final = 20_000
_LATEST: Final = 30.0


class Round(Struct):
    """What is to be sent: so many a second, for so long, `heads` of pull requests by number for every tenth delivery."""

    port: int
    secret: str
    rate: float
    seconds: float
    repository: str
    heads: list[tuple[int, str]]


class Sent(Struct):
    """One delivery: seconds from the beginning to the sending, from its time to the sending, and to the answer; the status, 0 for none."""

    at: float
    late: float
    took: float
    status: int


class Pool:
    """Connections that are kept open, as many as are needed at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: bytes) -> int:
        """Send it over a free connection, or a new one; the status of the answer."""
        while self._free and self._free[-1][0].at_eof():  # the server closes those that were idle for long
            self._free.pop()[1].close()
        pair = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = pair
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        if length:
            await reader.readexactly(int(length))
        self._free.append(pair)
        return int(head.split(" ", 2)[1])


async def send_all(asked: Round) -> list[Sent]:
    """Send them all, each at its time."""
    loop, pool = asyncio.get_running_loop(), Pool(asked.port)
    requests = _requests(asked)
    start = loop.time() + 0.2
    sent: list[Sent] = []

    async def one(request: bytes, due: float) -> None:
        late = loop.time() - due
        try:
            async with asyncio.timeout(_LATEST):
                status = await pool.send(request)
        except (OSError, asyncio.IncompleteReadError):  # a TimeoutError is an OSError
            status = 0
        sent.append(Sent(due - start + late, late, loop.time() - due, status))

    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            due = start + number / asked.rate
            await asyncio.sleep(max(0.0, due - loop.time()))
            group.create_task(one(request, due))
    return sent


def _requests(asked: Round) -> list[bytes]:
    """Nine of ten are not for us: another event, or an action that asks for nothing."""
    requests, heads = [], iter(asked.heads)
    for number in range(round(asked.rate * asked.seconds)):
        if number % 10 == 0:
            pull, head = next(heads)
            requests.append(_request(asked, "pull_request", _event(asked, "opened", pull, head)))
        elif number % 2:
            requests.append(_request(asked, "pull_request", _event(asked, "labeled", number, "0" * 40)))
        else:
            requests.append(_request(asked, "push", {"ref": "refs/heads/main", "padding": "x" * _SIZE}))
    return requests


def _event(asked: Round, action: str, number: int, head: str) -> dict[str, object]:
    pull = {"number": number, "head": {"sha": head}, "draft": False, "body": "x" * _SIZE}
    home = {"full_name": asked.repository}
    return {"action": action, "pull_request": pull, "repository": home, "installation": {"id": 77}}


def _request(asked: Round, event: str, told: dict[str, object]) -> bytes:
    body = json.dumps(told).encode()
    signature = hmac.digest(asked.secret.encode(), body, "sha256").hex()
    head = (
        f"POST /webhook HTTP/1.1\r\nHost: 127.0.0.1:{asked.port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-GitHub-Event: {event}\r\nX-GitHub-Delivery: {uuid.uuid4()}\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    """One round."""
    frame = read_frame(sys.stdin.buffer)
    if frame is not None:
        write_frame(
            sys.stdout.buffer, msgspec.json.encode(asyncio.run(send_all(msgspec.json.decode(frame, type=Round))))
        )


if __name__ == "__main__":
    main()
