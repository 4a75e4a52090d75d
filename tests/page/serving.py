"""Pages of the demonstration on loopback, for a browser on this machine."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tests.standin.loopback import Loopback


class Pages(Loopback):
    """Serves texts by their names while the with-block lasts; the newest one at `/`."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        super().__init__(_Handler, texts=self.texts)


class _Handler(BaseHTTPRequestHandler):
    texts: ClassVar[dict[str, str]]

    def do_GET(self) -> None:
        """The page, or a word that there is none."""
        name = urlsplit(self.path).path.removeprefix("/")
        text = self.texts.get(name or next(reversed(self.texts), ""))
        self.send_response(404 if text is None else 200)
        body = ("There is no such page." if text is None else text).encode()
        headers = {
            "Content-Type": "text/plain; charset=utf-8" if text is None else "text/html; charset=utf-8",
            "Content-Length": str(len(body)),
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""
