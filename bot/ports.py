"""What the outside fulfils, and what crosses to it: protocols that the core is given and never makes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final, Protocol

from msgspec import Struct

from .model import Side

#: Seconds on a clock that only goes forward.
Clock = Callable[[], float]


class Trouble(Exception):
    """The outside could not do what was asked: what is the matter (`title`), and what to do (`remedy`)."""

    def __init__(self, title: str, remedy: str) -> None:
        super().__init__(f"{title}\n{remedy}")
        self.title, self.remedy = title, remedy


class Sources(Protocol):
    """Reads a repository's own settings from one side of a change (the before side, at every door)."""

    origin: str

    def text(self, path: str) -> str | None:
        """The text of a file there, None when it is absent."""

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder there, by path; empty when it is absent."""


class Store(Protocol):
    """Keeps bytes under a key (`NAME-HASH`) between runs; it may forget any of them at any time and never fails."""

    def get(self, key: str) -> bytes | None:
        """The bytes as they were put, None when they are not there whole."""

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes, if that can be done."""


class Network(Struct, frozen=True):
    """How hosts are reached, alike for all that reaches one.

    `ca_bundle` is the path of a PEM file whose authorities count instead of the usual ones, `proxy` what asks for https
    addresses in our place (`http://USER:PASSWORD@HOST:PORT`); each may be empty. `no_proxy` holds what is asked directly:
    hosts (with all below them), HOST:PORT, addresses, networks (`10.0.0.0/8`), or `*` for everything.
    """

    ca_bundle: str = ""
    proxy: str = ""
    no_proxy: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without the proxy, which may hold a password."""
        return (
            f"Network(ca_bundle={self.ca_bundle!r}, proxy={'...' if self.proxy else ''!r}, no_proxy={self.no_proxy!r})"
        )

    def proxy_for(self, scheme: str, host: str, port: int | None = None) -> str:
        """The proxy for an address, empty where it is asked directly."""
        direct = scheme != "https" or any(_covers(entry.strip().lower(), host.lower(), port) for entry in self.no_proxy)
        return "" if direct else self.proxy


#: No proxy, and the usual authorities.
DIRECT: Final = Network()


def _covers(entry: str, host: str, port: int | None) -> bool:
    """True when an entry of NO_PROXY speaks of that host."""
    if entry == "*":
        return True
    try:
        return ip_address(host.strip("[]")) in ip_network(entry, strict=False)
    except ValueError:  # one of the two is a name
        name = entry.removeprefix("*").removeprefix(".")
        return bool(name) and any(
            asked == name or asked.endswith(f".{name}") for asked in (host, f"{host}:{port or 443}")
        )


class PullRequest(Struct, frozen=True):
    """A pull request as its host tells it.

    `repository` is OWNER/NAME. `base`, `head` and `merge_base` are commit ids; the before side is read from `merge_base`.
    `files`, `additions` and `deletions` are the host's own counts, against which what was fetched is reckoned up.
    """

    repository: str
    number: int
    base: str
    head: str
    merge_base: str
    files: int
    additions: int
    deletions: int


class Comment(Struct, frozen=True):
    """What is said of one finding beside its lines: 1-based, both included, on the side that `side` names."""

    path: str
    start_line: int
    line: int
    side: Side
    body: str
    fingerprint: str
