"""Brings the history's tables up to this version, step by step (Alembic); one process at a time, and whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from .connection import SCHEMA, HistoryError, transaction

#: Where the database says at which step it is.
VERSIONS: Final = "history_version"
_STEPS: Final = Path(__file__).parent / "migrations"
#: Any number: the lock under which one process at a time makes tables; another one than the jobs'.
_MAKING: Final = 7_205_120
_PATIENCE: Final = 30.0  # seconds, for others who are at it


class NewerError(HistoryError):
    """The database was brought up by a newer version of the program."""


def upgrade(engine: sa.Engine) -> None:
    """Make the tables, or bring them up to this version. Raises HistoryError; NewerError, which waiting does not mend."""
    with transaction(engine, _PATIENCE, writes=True) as connection:  # on SQLite nobody else writes from here on
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))
            if not sa.inspect(connection).has_schema(SCHEMA):
                connection.execute(sa.schema.CreateSchema(SCHEMA))
        steps = _config()
        if is_behind(connection):
            steps.attributes["connection"] = connection
            command.upgrade(steps, "head")


def is_behind(connection: sa.Connection) -> bool:
    """True where steps are to be taken. Raises NewerError where a step was taken that this version does not know."""
    known = ScriptDirectory.from_config(_config())
    at = version(connection)
    if at and at not in {step.revision for step in known.walk_revisions()}:
        raise NewerError(
            f"the history's tables are of a newer version of Mainstay (step {at})",
            "Install that version again; an older one can only work with the backup from before the upgrade.",
        )
    return at != known.get_current_head()


def version(connection: sa.Connection) -> str:
    """The step at which the database is, empty for one without our tables."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSIONS})
    return ", ".join(context.get_current_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    return config
