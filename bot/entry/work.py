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
import structlog

from . import health, journal
from .health import CHECK_OPTION
from .settings import OPTION, Settings, read

if TYPE_CHECKING:
    from ..adapters.jobs import Desk, Worker
    from ..adapters.store import Archive

#: Seconds for what runs when a worker is asked to stop.
GRACE: Final = 20
#: What a worker says on its output as soon as it works.
READY: Final = "working"
_DAY: Final = 86_400.0
_HOUR: Final = 3_600.0
#: Lower than whoever takes deliveries, so that these are answered in time on a busy machine.
_NICE: Final = 10
_log = structlog.get_logger("mainstay")


@click.command("worker")
@OPTION
@click.option("--with-server", is_flag=True, hidden=True, help="Stop when standard input ends: the server has gone.")
@CHECK_OPTION
def command(*, file: Path | None, with_server: bool, check: bool) -> int:
    """Review what deliveries have asked for, with the settings of `mainstay serve`.

    Over PostgreSQL (DATABASE_URL) several may run, on several machines, beside `mainstay serve --no-worker`.
    """
    settings = read(os.environ, file)
    if check:
        return health.check(settings, server=False, worker=True)
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
    """A worker over the jobs that the settings name. Raises UsageError, JobsError, NewerError."""
    try:
        from ..adapters.jobs import Desk, Worker
        from ..adapters.store import Archive
        from . import learned
        from .asking import GROUP, REVIEW
        from .grouping import Grouping
        from .judging import crew
        from .looking import Looking
        from .recording import Recorder
        from .reviewing import Reviewing
        from .sweep import Sweep
    except ModuleNotFoundError as missing:
        raise click.UsageError("Install what the server needs: pip install 'mainstay-review[server]'.") from missing
    learned.learn()
    make_folder(settings.data)
    desk, history = Desk(settings.database), Archive(settings.database)
    _prepare(history)
    recorder, judging = Recorder(history, settings.data), crew(settings.reviews)
    reviewing = Reviewing(settings, desk.put, judging, recorder, desk.knows)
    kinds = {
        REVIEW: reviewing.kind(),
        GROUP: Grouping(reviewing.app, reviewing.grounds, judging).kind(),
        **Looking(reviewing.app, reviewing.grounds, desk.put).kinds(),
    }
    sweep = Sweep(settings, desk, kinds, recorder)
    chores: tuple[tuple[str, float, Any], ...] = (
        ("prune", _HOUR, partial(desk.prune, settings.keep_days * _DAY)),
        ("sweep", sweep.every, sweep),
    )
    return desk, Worker(desk, kinds, at_once=settings.reviews, chores=chores)


def _prepare(history: Archive) -> None:
    """Bring the history's tables up to this version. Raises NewerError; whatever else keeps it from that is told, and tried again later."""
    from ..adapters.store import NewerError

    try:
        history.prepare()
    except NewerError:
        raise
    except Exception as fault:  # noqa: BLE001 - reviews are posted without a history, too
        _log.warning("history not ready", fault=journal.word(fault))


def make_folder(data: Path) -> None:
    """The data folder, for its owner alone."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)


def _watch(asked_to_stop: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    asked_to_stop.set()
