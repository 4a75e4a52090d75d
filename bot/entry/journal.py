"""The server's log: one JSON object a line on standard error. It names ids, commits and kinds of faults, never anybody's code."""

from __future__ import annotations

import sys

import structlog

from ..ports import Trouble


def start() -> None:
    """Set the log up for this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def word(fault: Exception) -> str:
    """What is the matter, without what an exception's own text may quote."""
    return fault.title if isinstance(fault, Trouble) else type(fault).__name__
