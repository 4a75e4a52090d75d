"""Whether the database of the settings answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from ..ports import Trouble

_SECONDS: Final = 5


class DatabaseError(Trouble):
    """The database does not answer."""


def ask(url: str) -> str:
    """Which database answers at an address for SQLAlchemy, in words without the address. Raises DatabaseError."""
    try:
        address = sa.engine.make_url(url)
        if address.get_backend_name() == "sqlite":
            return _file(address)
        waits: dict[str, Any] = {"connect_timeout": _SECONDS, "options": f"-c statement_timeout={_SECONDS * 1000}"}
        engine = sa.create_engine(address, connect_args=waits, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return f"PostgreSQL {connection.execute(sa.text('SHOW server_version')).scalar_one()}"
    except (sa.exc.SQLAlchemyError, ValueError) as trouble:  # their texts quote addresses, and some of them passwords
        kind = type(getattr(trouble, "orig", None) or trouble).__name__
        raise DatabaseError(
            f"the database does not answer ({kind})",
            "Look at DATABASE_URL: its host, port, name, user and password, and whether the database runs.",
        ) from None


def _file(address: sa.URL) -> str:
    """An SQLite file; one that is not there yet is made by the server, not here."""
    if address.database and not Path(address.database).exists():
        return "an SQLite file, which the server makes when it starts"
    with sa.create_engine(address, poolclass=sa.NullPool).connect() as connection:
        version = connection.execute(sa.text("SELECT sqlite_version() FROM sqlite_master")).scalar() or "file"
        return f"SQLite {version}"
