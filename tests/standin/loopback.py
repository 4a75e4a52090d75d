"""A server of the tests' own on loopback."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Loopback:
    """Serves while the with-block lasts. `handler` answers, with `known` as attributes; `address` is what a browser opens."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], **known: Any) -> None:
        # Headers and body are two writes: with Nagle's algorithm the second waits 40 ms for the client's word on the first.
        bound = type("Bound", (handler,), {"disable_nagle_algorithm": True} | known)
        self._server = _Quiet(("127.0.0.1", 0), bound)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.port = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)


class _Quiet(ThreadingHTTPServer):
    """A server that many may ask at once, and that says nothing of clients that have gone."""

    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
