"""Whether a worker of this machine lives, by what it wrote last into the database: the same that other workers go by."""

from __future__ import annotations

import socket
from pathlib import Path

import sqlalchemy as sa

from . import database
from .database import executors, is_file, now
from .lock import JobsError
from .worker import SILENT, host_of


def lives(url: str, within: float = SILENT) -> bool:
    """True where a worker of this host has said within so many seconds that it lives. Raises JobsError.

    It stops saying so when its process has ended or hangs, or when it does not get at its database; a step may take long.
    """
    engine = database.connect(url)
    if is_file(engine) and not Path(engine.url.database or "").is_file():
        return False  # asking would make it
    heard = sa.select(executors.c.id).where(executors.c.seen >= now(engine) - within)
    try:
        with engine.connect() as connection:
            return socket.gethostname() in map(host_of, connection.execute(heard).scalars())
    except (sa.exc.SQLAlchemyError, OSError) as trouble:
        raise JobsError(
            f"The database does not answer ({type(trouble).__name__})", "Look at DATABASE_URL and the database."
        ) from None
    finally:
        engine.dispose()
