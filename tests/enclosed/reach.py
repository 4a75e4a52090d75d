"""Which sockets stay on this machine, by what Python tells of each: https://docs.python.org/3/library/audit_events.html."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

_NAMED: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_ADDRESSED: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


def leaves(event: str, arguments: tuple[Any, ...]) -> str | None:
    """The host beyond this machine that an audited event would reach, None where there is none."""
    if event in _NAMED:
        host = arguments[0]
    elif event in _ADDRESSED and isinstance(arguments[1], tuple):  # a path, or nothing, is a socket of this machine
        host = arguments[1][0]
    else:
        return None
    return None if host is None or is_loopback(host) else str(host)


def is_loopback(host: str | bytes) -> bool:
    """True for this machine by its usual names and addresses."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
