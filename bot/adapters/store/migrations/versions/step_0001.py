"""The first tables."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    """Make them."""
    _of_pull_requests()
    _of_models()
    _of_repositories()


def _of_pull_requests() -> None:
    op.create_table(
        "history_reviews",
        sa.Column("id", sa.String, primary_key=True),
        _text("repository"),
        sa.Column("number", sa.Integer, nullable=False),
        _text("verdict"),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("fixed", "manifest")),
        _time("at"),
    )
    op.create_index("history_reviews_of", "history_reviews", ["repository", "number", "at"])
    op.create_index("history_reviews_at", "history_reviews", ["at"])
    op.create_table(
        "history_findings",
        sa.Column("repository", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.String, primary_key=True),
        _text("rule"),
        _text("path"),
        sa.Column("line", sa.Integer, nullable=False),
        _text("state"),
        *map(_time, ("first", "last", "at")),
    )
    op.create_index("history_findings_at", "history_findings", ["at"])
    op.create_table(
        "history_posted",
        sa.Column("repository", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        _text("fingerprint"),
        _time("at"),
    )
    op.create_index("history_posted_at", "history_posted", ["at"])


def _of_models() -> None:
    op.create_table(
        "history_spent",
        sa.Column("review", sa.String, primary_key=True),
        sa.Column("model", sa.String, primary_key=True),
        _text("repository"),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("tokens_in", "tokens_out", "micros")),
        _time("at"),
    )
    op.create_index("history_spent_of", "history_spent", ["repository", "day"])
    op.create_index("history_spent_at", "history_spent", ["at"])


def _of_repositories() -> None:
    op.create_table(
        "history_dismissed",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("repository", "rule", "fingerprint")),
        _text("who"),
        sa.Column("reason", sa.Text, nullable=False),
        *map(_time, ("until", "at")),
    )
    op.create_table(
        "history_lessons",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("repository", "rule")),
        _time("at"),
    )
    op.create_table(
        "history_settings",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("repository", "ref")),
        sa.Column("text", sa.Text, nullable=False),
        _time("at"),
    )


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String, nullable=False)


def _time(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Double, nullable=False)
