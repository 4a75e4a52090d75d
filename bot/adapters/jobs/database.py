"""The database that jobs lie in: DBOS's own tables, and the few of ours beside them.

Ours say which head of a pull request was asked for last, which processes work, how often a job was begun, and when a chore is due.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS
from sqlalchemy.dialects import postgresql, sqlite

from .lock import held

_PRAGMAS: Final = ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL")
_CONNECTIONS: Final = 20
#: Any number: the lock under which one process at a time makes tables.
_MAKING: Final = 7_205_119

_metadata = sa.MetaData()

newest = sa.Table(
    "jobs_newest",
    _metadata,
    sa.Column("key", sa.String, primary_key=True),  # what is worked on: OWNER/NAME#NUMBER
    sa.Column(
        "version", sa.String, nullable=False
    ),  # what was asked for last: a commit id, and why it is asked for again
    sa.Column("number", sa.Integer, nullable=False),  # counts what was asked for
    sa.Column("job", sa.String, nullable=False),  # the job that was made of it
    sa.Column("asked", sa.Float, nullable=False),  # seconds since 1970, by the database's clock
    sa.Column("told", sa.Boolean, nullable=False),  # the world has been told how it ended
)
attempts = sa.Table(
    "jobs_attempts",
    _metadata,
    sa.Column("job", sa.String, primary_key=True),
    sa.Column("begun", sa.Integer, nullable=False),
    sa.Column("returned", sa.Integer, nullable=False),  # handed back by a process that was stopped in good order
)
executors = sa.Table(
    "jobs_executors",
    _metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)
chores = sa.Table(
    "jobs_chores",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("due", sa.Float, nullable=False),
)


def connect(url: str) -> sa.Engine:
    """An engine for `sqlite:///FILE` or `postgresql+psycopg://...`."""
    if sa.engine.make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return sa.create_engine(url, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS, pool_pre_ping=True)


def make_tables(engine: sa.Engine) -> None:
    """Bring the database up to what this version needs, one process at a time."""
    with _alone(engine):
        DBOS.migrate(engine.url.render_as_string(hide_password=False))
        _metadata.create_all(engine)


def insert(engine: sa.Engine, table: sa.Table) -> Any:
    """An INSERT that can say what happens where the row is there already."""
    return (sqlite if is_file(engine) else postgresql).insert(table)


def is_file(engine: sa.Engine) -> bool:
    """True for SQLite."""
    return engine.dialect.name == "sqlite"


def now(engine: sa.Engine) -> Any:
    """The time in seconds since 1970, by one clock for all processes."""
    if is_file(engine):
        return sa.literal(time.time(), sa.Float)
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[None]:
    if is_file(engine):
        with held(Path(engine.url.database or "").with_suffix(".making")):
            yield
        return
    # Without a transaction: what DBOS makes waits for every one that is open.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(_MAKING)))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_MAKING)))


def _sqlite(url: str) -> sa.Engine:
    """SQLite with a log written ahead, and with the times that DBOS asks it for, which older versions lack or round to seconds."""
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("unixepoch", -1, lambda *_: time.time())
        connection.create_function("strftime", -1, lambda form, *_: time.time() if form == "%s" else None)

    return engine
