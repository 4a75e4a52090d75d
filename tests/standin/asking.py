"""Plain requests to the stand-in, for tests that look at its answers themselves."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from .server import StandIn


class Answered(Struct):
    """One answer: its status, its body as it is, and its headers by their lower-case names."""

    status: int
    body: Any
    headers: dict[str, str]


def ask(
    github: StandIn,
    verb: str,
    path: str,
    body: Any = None,
    token: str = "token-of-mainstay",  # noqa: S107 - the stand-in knows it
    **headers: str,
) -> Answered:
    """The answer to one request; a `path` without a slash before it lies below the repository. Bytes are sent as they are.

    Raises OSError or HTTPException where there is none, or only a part of one.
    """
    split = urlsplit(github.url)
    below = path if path.startswith("/") else f"/repos/{github.hub.repository}/{path}"
    whole = path if path.startswith("/api/") else f"{split.path}{below}"
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection(split.hostname or "", split.port, timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(verb, whole, data, {"Authorization": f"Bearer {token}"} | named)
        answer = connection.getresponse()
        text = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        plain = "json" not in found.get("content-type", "")
        return Answered(answer.status, text.decode() if plain or not text else json.loads(text), found)
    finally:
        connection.close()
