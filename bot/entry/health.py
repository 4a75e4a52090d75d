"""Whether what runs here is well: `mainstay serve --check`, `mainstay worker --check`, and what a server asks of the worker beside it."""

from __future__ import annotations

import http.client
import ipaddress
import time
from typing import Final

import click

from ..ports import Trouble
from .settings import Settings

CHECK_OPTION: Final = click.option(
    "--check", is_flag=True, help="Start nothing: say whether the one that runs here is well, and end with 1 if not."
)
_SECONDS: Final = 5
#: Seconds of silence after which the worker beside a server counts as hung, and between two looks. Over PostgreSQL others
#: take over sooner; with SQLite there is no other, and a busy machine is no reason to end it.
HUNG: Final = 60.0
LOOKS_EVERY: Final = 10.0


class Pulse:
    """Whether the worker beside a server has fallen silent, which it was not before."""

    def __init__(self, database: str) -> None:
        self._database, self._heard, self._next = database, False, 0.0

    def is_lost(self) -> bool:
        """True as soon as it counts as hung; a database that does not answer says nothing of it."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + LOOKS_EVERY
        from ..adapters.jobs import lives

        try:
            heard = lives(self._database, HUNG)
        except Trouble:
            return False
        lost, self._heard = self._heard and not heard, heard
        return lost


def check(settings: Settings, *, server: bool, worker: bool) -> int:
    """Say what is not well of a server and a worker on this machine; 0 where all that is asked for is, else 1."""
    ill = [*([_server(settings)] if server else ()), *([_worker(settings)] if worker else ())]
    for line in filter(None, ill):
        click.echo(line, err=True)
    return 1 if any(ill) else 0


def _server(settings: Settings) -> str:
    """What is wrong with the server, nothing where it is ready."""
    connection = http.client.HTTPConnection(_asked(settings.host), settings.port, timeout=_SECONDS)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as trouble:
        return f"the server does not answer ({type(trouble).__name__})"
    finally:
        connection.close()
    return "" if status == http.client.OK else f"the server is not ready ({status})"


def _worker(settings: Settings) -> str:
    """What is wrong with the worker, nothing where it says that it lives."""
    from ..adapters.jobs import lives

    try:
        return "" if lives(settings.database) else "no worker of this machine says that it lives"
    except Trouble as trouble:
        return trouble.title


def _asked(host: str) -> str:
    """Where a server that listens at `host` is asked: on this machine where it listens everywhere."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
