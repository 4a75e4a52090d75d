"""Durable jobs on DBOS: `Desk` keeps them and looks after them, `Worker` does them. SQLite for one worker process, PostgreSQL for many."""

from __future__ import annotations

from .desk import Desk, Job, Kept, State, Wanted
from .health import lives
from .lock import JobsError
from .worker import GivenUp, Kind, Later, Useless, Worker

__all__ = [
    "Desk",
    "GivenUp",
    "Job",
    "JobsError",
    "Kept",
    "Kind",
    "Later",
    "State",
    "Useless",
    "Wanted",
    "Worker",
    "lives",
]
