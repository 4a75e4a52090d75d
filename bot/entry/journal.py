"""The server's log: one JSON object a line on standard error. It names ids, commits and kinds of faults, never anybody's code."""

from __future__ import annotations

import sys

import structlog


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
