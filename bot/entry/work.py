"""`mainstay worker`: reviews what deliveries have asked for. One beside an SQLite file, as many as you like over PostgreSQL."""

from __future__ import annotations

import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from . import journal
from .settings import OPTION, Settings, read

if TYPE_CHECKING:
    from ..adapters.jobs import Desk, Worker

#: Seconds for what runs when a worker is asked to stop.
GRACE: Final = 20
#: What a worker says on its output as soon as it works.
READY: Final = "working"
_DAY: Final = 86_400.0
_HOUR: Final = 3_600.0
#: Lower than whoever takes deliveries, so that these are answered in time on a busy machine.
_NICE: Final = 10


@click.command("worker")
@OPTION
@click.option("--with-server", is_flag=True, hidden=True, help="Stop when standard input ends: the server has gone.")
def command(*, file: Path | None, with_server: bool) -> int:
    """Review what deliveries have asked for, with the settings of `mainstay serve`.

    Over PostgreSQL (DATABASE_URL) several may run, on several machines, beside `mainstay serve --no-worker`.
    """
    settings = read(os.environ, file)
    journal.start()
    os.nice(_NICE)
    desk, worker = make(settings)
    asked_to_stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: asked_to_stop.set())
    if with_server:
        threading.Thread(target=_watch, args=(asked_to_stop,), daemon=True).start()
    worker.start()
    click.echo(READY)
    asked_to_stop.wait()
    worker.stop(GRACE)
    desk.close()
    sys.stdout.flush()
    os._exit(0)  # what still runs was handed back, and must not go on beside whoever takes it


def make(settings: Settings) -> tuple[Desk, Worker]:
    """A worker over the jobs that the settings name. Raises UsageError, JobsError."""
    try:
        from ..adapters.jobs import Desk, Worker
        from . import learned
        from .judging import crew
        from .reviewing import REVIEW, Reviewing
        from .sweep import Sweep
    except ModuleNotFoundError as missing:
        raise click.UsageError("Install what the server needs: pip install 'mainstay-review[server]'.") from missing
    learned.learn()
    make_folder(settings.data)
    desk = Desk(settings.database)
    reviewing = Reviewing(settings, desk.put, crew(settings.reviews))
    sweep = Sweep(settings, desk, {REVIEW: reviewing.kind()})
    chores: tuple[tuple[str, float, Any], ...] = (
        ("prune", _HOUR, partial(desk.prune, settings.keep_days * _DAY)),
        ("sweep", sweep.every, sweep),
    )
    return desk, Worker(desk, {REVIEW: reviewing.kind()}, at_once=settings.reviews, chores=chores)


def make_folder(data: Path) -> None:
    """The data folder, for its owner alone."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)


def _watch(asked_to_stop: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    asked_to_stop.set()
