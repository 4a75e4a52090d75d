"""The history's tables as this version reads and writes them. The steps in `migrations` make them; a test compares the two."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData()

reviews = sa.Table(
    "history_reviews",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # of its job
    sa.Column("repository", sa.String, nullable=False),  # OWNER/NAME, here and below
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("fixed", sa.Text, nullable=False),  # JSON: fingerprints that stood answered as fixed
    sa.Column("manifest", sa.Text, nullable=False),  # JSON of model.Manifest
    sa.Column("at", sa.Double, nullable=False),  # seconds since 1970, here and below: when it was so
    sa.Index("history_reviews_of", "repository", "number", "at"),
    sa.Index("history_reviews_at", "at"),
)
findings = sa.Table(
    "history_findings",
    metadata,
    sa.Column("repository", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("fingerprint", sa.String, primary_key=True),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("first", sa.Double, nullable=False),
    sa.Column("last", sa.Double, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Index("history_findings_at", "at"),
)
posted = sa.Table(
    "history_posted",
    metadata,
    sa.Column("repository", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Index("history_posted_at", "at"),
)
spent = sa.Table(
    "history_spent",
    metadata,
    sa.Column("review", sa.String, primary_key=True),
    sa.Column("model", sa.String, primary_key=True),
    sa.Column("repository", sa.String, nullable=False),
    sa.Column("day", sa.String(10), nullable=False),  # ISO, UTC
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("tokens_in", sa.BigInteger, nullable=False),
    sa.Column("tokens_out", sa.BigInteger, nullable=False),
    sa.Column("micros", sa.BigInteger, nullable=False),  # millionths of a dollar
    sa.Column("at", sa.Double, nullable=False),
    sa.Index("history_spent_of", "repository", "day"),
    sa.Index("history_spent_at", "at"),
)
dismissed = sa.Table(
    "history_dismissed",
    metadata,
    sa.Column("repository", sa.String, primary_key=True),
    sa.Column("rule", sa.String, primary_key=True),  # one of these two is empty
    sa.Column("fingerprint", sa.String, primary_key=True),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("until", sa.Double, nullable=False),  # 0: for good
    sa.Column("at", sa.Double, nullable=False),
)
lessons = sa.Table(
    "history_lessons",
    metadata,
    sa.Column("repository", sa.String, primary_key=True),
    sa.Column("rule", sa.String, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
)
settings = sa.Table(
    "history_settings",
    metadata,
    sa.Column("repository", sa.String, primary_key=True),
    sa.Column("ref", sa.String, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)
