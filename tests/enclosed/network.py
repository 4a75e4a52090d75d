"""An enterprise's network on loopback: hosts that speak TLS, and a proxy that asks for a password and alone knows where they are."""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from .authority import Authority

USER, PASSWORD = "mainstay", "p@ss:word"
QUOTED = "mainstay:p%40ss%3Aword"
_PATIENCE = 20


class Enclosed(Struct):
    """The network: the proxy's HOST:PORT, the authorities' file, and whom the proxy has let through to where."""

    proxy: str
    bundle: Path
    passed: list[str]
    refused: list[str]

    @property
    def address(self) -> str:
        """The proxy with its user and password, as a setting names it."""
        return f"http://{QUOTED}@{self.proxy}"


@contextmanager
def enclosed(folder: Path, hosts: dict[str, int]) -> Iterator[Enclosed]:
    """The network while the with-block lasts. `hosts` are what speaks plain HTTP on a port of loopback, by the name behind the proxy."""
    authority = Authority(folder, *hosts)
    with ExitStack() as stack:
        fronts = {f"{name}:443": stack.enter_context(_Front(port, authority.context())) for name, port in hosts.items()}
        proxy = stack.enter_context(_Proxy({name: front.server_address[1] for name, front in fronts.items()}))
        yield Enclosed(f"127.0.0.1:{proxy.server_address[1]}", authority.bundle, proxy.passed, proxy.refused)


class _Server(socketserver.ThreadingTCPServer):
    """A server on a free port of loopback, which serves while the with-block lasts."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(timeout=10)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up, or do not trust us."""


class _Front(_Server):
    """Speaks TLS, and passes on what it is told to a port."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(_ToPort)
        self.port, self.context = port, context


class _ToPort(socketserver.BaseRequestHandler):
    server: _Front

    def handle(self) -> None:
        self.request.settimeout(_PATIENCE)
        with self.server.context.wrap_socket(self.request, server_side=True) as client:
            _join(client, self.server.port)


class _Proxy(_Server):
    """Opens tunnels to the hosts that it knows, for whoever knows the password."""

    def __init__(self, hosts: dict[str, int]) -> None:
        super().__init__(_Connect)
        self.hosts = hosts
        self.passed: list[str] = []
        self.refused: list[str] = []


class _Connect(socketserver.StreamRequestHandler):
    server: _Proxy

    def handle(self) -> None:
        """Take requests for tunnels until one is opened: curl asks once more on the connection that wanted a password."""
        self.connection.settimeout(_PATIENCE)
        while line := self.rfile.readline():
            verb, _, rest = line.decode().partition(" ")
            host = rest.partition(" ")[0]
            headers = dict(line.decode().split(": ", 1) for line in iter(self.rfile.readline, b"\r\n"))
            known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if verb != "CONNECT" or headers.get("Proxy-Authorization", "").strip() != f"Basic {known}":
                self.server.refused.append(host)
                self._say("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=x", "Content-Length: 0")
            elif host not in self.server.hosts:
                self.server.refused.append(host)
                self._say("502 Bad Gateway", "Content-Length: 0")
            else:
                self.server.passed.append(host)
                self._say("200 Connection established")
                _join(self.connection, self.server.hosts[host])
                return

    def _say(self, *lines: str) -> None:
        self.wfile.write(("HTTP/1.1 " + "\r\n".join(lines) + "\r\n\r\n").encode())


def _join(client: socket.socket, port: int) -> None:
    """Pass on all that a client and a port of this machine tell each other, until one of them has done."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as host:
        back = threading.Thread(target=_pass_on, args=(host, client), daemon=True)
        back.start()
        _pass_on(client, host)
        back.join(_PATIENCE)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
