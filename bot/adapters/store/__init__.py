"""What is remembered of reviews (`ports.History`), in the database that the jobs lie in: SQLite or PostgreSQL."""

from __future__ import annotations

from .connection import HistoryError
from .history import Archive
from .schema import NewerError

__all__ = ["Archive", "HistoryError", "NewerError"]
