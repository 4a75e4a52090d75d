"""Whom an address or a connection reaches: a file of this machine, somebody unknown, or a peer who is only knocked at."""

from __future__ import annotations

from typing import Final

from ..model import Fact, Value
from .calls import argument, method, receiver
from .mentions import Mention
from .objects import chain, holder, origin
from .reading import Reading

_URL: Final = "java.net.URL"
_RESOURCES: Final = frozenset({"getResource", "getSystemResource", "findResource"})
_FILES: Final = frozenset({"toUri", "toURI"})
#: What is done with a connection without a question to the other side.
_QUIET: Final = frozenset(
    "close connect bind isconnected isclosed isbound getlocaladdress getlocalport getlocalsocketaddress getport "  # noqa: SIM905 - a list of words reads better as text
    "getinetaddress getremotesocketaddress settcpnodelay setreuseaddress setsolinger setkeepalive setsotimeout "
    "shutdowninput shutdownoutput".split()
)


def stays_local(call: Fact, reading: Reading) -> bool:
    """True for a read of an address that was made from a path of this machine or found on the class path."""
    value = _address(call, reading)
    made = origin(value, call, reading)
    return bool(made.makers) and made.complete and all(_is_local(m, reading) for m in made.makers)


def is_unseen(call: Fact, reading: Reading) -> bool:
    """True for a read of an address that was made elsewhere: it may as well name a file."""
    value = _address(call, reading)
    return value is not None and not origin(value, call, reading).complete


def only_knocks(call: Fact, reading: Reading) -> bool:
    """True for a connection that is opened to see whether it can be: nothing is ever asked of the other side."""
    if "socket.connect" not in call.roles:
        return False
    path, scope = holder(call, reading)
    owner = receiver(call)
    if not path and owner is not None and owner.form == "name":
        path, scope = owner.path, reading.facts.function(call)
    if not path or scope is None or scope.kind != "function":
        return False
    return asks_nothing(reading.mentions.of(path, scope))


def asks_nothing(uses: list[Mention]) -> bool:
    """True where all that is done with a connection is to open it, to look at its own ends and to close it."""
    later = [m for m in uses if m.how not in ("target", "item")]
    return bool(later) and all(m.how == "receiver" and m.method.lower() in _QUIET for m in later)


def _address(call: Fact, reading: Reading) -> Value | None:
    """The address that a call reads from as a whole, None for other calls."""
    if "http.request" not in call.roles:
        return None
    if call.get("receiver") == _URL:
        return receiver(call)
    first = argument(call, positions=(0,))
    named = "URL" in method(call)
    return first if named or (first is not None and reading.names.type_of(first, call) == _URL) else None


def _is_local(maker: Fact, reading: Reading) -> bool:
    steps = [maker, *chain(maker, reading)]
    if any(method(step) in _RESOURCES | _FILES for step in steps):
        return True
    first = receiver(steps[-1])
    made = origin(first, maker, reading) if first is not None and first.form == "name" else None
    return method(maker) == "toURL" and made is not None and any(method(m) in _FILES for m in made.makers)
