"""How the history's database is reached: one connection for each thing that is asked, and never for long.

On PostgreSQL the tables lie in a schema of their own; on SQLite their names tell them from the jobs'. That part has set the file's
journal to be written ahead, which the file remembers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from ...ports import Trouble

#: The schema on PostgreSQL.
SCHEMA: Final = "mainstay"
#: Seconds until PostgreSQL must have taken a connection, or shown that it is still there: libpq takes no fewer than two.
_CONNECTS: Final = 2
#: The fault is in what was given, and not in the database.
_OF_THE_ENTRY: Final = (sa.exc.DataError, sa.exc.IntegrityError)


class HistoryError(Trouble):
    """The history cannot be read or written."""


def connect(url: str) -> sa.Engine:
    """An engine for `sqlite:///FILE` or `postgresql+psycopg://...`, which keeps no connection."""
    if sa.engine.make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    waits: dict[str, Any] = {"connect_timeout": _CONNECTS, "tcp_user_timeout": _CONNECTS * 1000}
    engine = sa.create_engine(url, connect_args=waits, poolclass=sa.NullPool)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # For this transaction alone, and not as options of the connection, which may be the address's own or refused by a pooler.
        most = int(connection.get_execution_options()["patience"] * 1000)
        connection.exec_driver_sql(
            f"SELECT set_config('search_path', '{SCHEMA}', true), set_config('statement_timeout', '{most}', true)"
        )

    return engine


def _sqlite(url: str) -> sa.Engine:
    engine = sa.create_engine(url, poolclass=sa.NullPool)

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        # Python begins no transaction of its own then: https://docs.sqlalchemy.org/en/20/dialects/sqlite.html (transactional DDL)
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        asked = connection.get_execution_options()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(asked['patience'] * 1000)}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if asked["writes"] else "BEGIN")

    return engine


@contextmanager
def transaction(engine: sa.Engine, patience: float, *, writes: bool) -> Iterator[sa.Connection]:
    """A transaction over the history's tables, in which each statement has so many seconds. Raises HistoryError.

    What is wrong with a value itself is raised as it is: no other time will mend it.
    """
    try:
        with engine.execution_options(patience=patience, writes=writes).begin() as connection:
            yield connection
    except _OF_THE_ENTRY:
        raise
    except sa.exc.SQLAlchemyError as trouble:  # its text quotes addresses and values
        raise HistoryError(
            f"the history's database does not answer ({_word(trouble)})",
            "Look at DATABASE_URL, at the database and at the room on its disk.",
        ) from None


def _word(trouble: Exception) -> str:
    """What the database calls it: SQLite's name, PostgreSQL's code, else its class."""
    cause = getattr(trouble, "orig", None) or trouble
    said = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return str(said or type(cause).__name__)
