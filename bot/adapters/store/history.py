"""`ports.History` over a database. Every write says when it was so, and changes only what was so before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ...model import Manifest
from ...ports import Cost, Dismissed, Entry, Posted, Reviewed, Seen, Spent
from . import schema, tables
from .connection import HistoryError, connect, transaction

_PATIENCE: Final = 2.0  # seconds
_LONGEST: Final = 1_000  # characters of a person's reason
_NEW: Final = ("shown", "folded")


class Store:
    """The history in one database, made or brought up when it is first written to. Each method raises HistoryError."""

    def __init__(self, url: str, patience: float = _PATIENCE) -> None:
        """Over `sqlite:///FILE` or `postgresql+psycopg://...`; each question has so many seconds. Nothing is opened yet."""
        self.engine = connect(url)
        self._patience, self._ready = patience, False

    def prepare(self) -> None:
        """Bring the tables up to this version, once. Raises NewerError, too."""
        if not self._ready:
            schema.upgrade(self.engine)
            self._ready = True

    def look(self) -> str:
        """How the history stands, in words for people; nothing is made or changed. Raises NewerError, too."""
        file = self.engine.url.database if self.engine.dialect.name == "sqlite" else None
        if file and not Path(file).exists():
            return "not made yet"
        with self._transaction(writes=False) as connection:
            behind, at = schema.is_behind(connection), schema.version(connection)
            if not at:
                return "not made yet"
            count = connection.execute(sa.select(sa.func.count()).select_from(tables.reviews)).scalar_one()
        return f"step {at}{', which the next start brings up' if behind else ''}, {count} reviews"

    # --- entries ---------------------------------------------------------------------------------------------------

    def keep(self, entry: Entry) -> None:
        """Keep an entry, whole or not at all."""
        self.prepare()
        with self._transaction(writes=True) as connection:
            _KEEPS[type(entry)](connection, entry)

    def reviews(self, repository: str, number: int) -> tuple[Reviewed, ...]:
        """The reviews of a pull request, the newest first."""
        table = tables.reviews
        rows = self._rows(_of(table, repository, number).order_by(table.c.at.desc()))
        return tuple(
            Reviewed(r.id, r.number, r.verdict, r.at, msgspec.json.decode(r.manifest, type=Manifest)) for r in rows
        )

    def findings(self, repository: str, number: int) -> tuple[Seen, ...]:
        """The findings of a pull request, in the order of their places."""
        c = tables.findings.c
        rows = self._rows(_of(tables.findings, repository, number).order_by(c.path, c.line, c.rule, c.fingerprint))
        return tuple(Seen(r.fingerprint, r.rule, r.path, r.line, r.state, r.first, r.last) for r in rows)

    def posted(self, repository: str, number: int) -> tuple[Posted, ...]:
        """What stands in a pull request by us, the oldest first."""
        rows = self._rows(_of(tables.posted, repository, number).order_by(tables.posted.c.id))
        return tuple(Posted(r.kind, r.id, r.fingerprint) for r in rows)

    def spent(self, review: str = "", repository: str = "", day: str = "") -> Cost:
        """What was spent on models, in all, or for one review, one repository, one day (ISO, UTC), or these together."""
        c = tables.spent.c
        sums = [sa.func.coalesce(sa.func.sum(c[name]), 0) for name in Cost.__struct_fields__]
        wanted = {"review": review, "repository": repository, "day": day}
        (row,) = self._rows(sa.select(*sums).where(*(c[name] == value for name, value in wanted.items() if value)))
        return Cost(*map(int, row))  # PostgreSQL sums to decimals

    def dismissed(self, repository: str, at: float) -> tuple[Dismissed, ...]:
        """What a repository does not want to hear of at a time."""
        c = tables.dismissed.c
        holds = sa.or_(c.until == 0, c.until > at)
        rows = self._rows(sa.select(tables.dismissed).where(c.repository == repository, holds).order_by(c.at))
        return tuple(Dismissed(r.repository, r.who, r.reason, r.at, r.rule, r.fingerprint, r.until) for r in rows)

    def lessons(self, repository: str) -> dict[str, float]:
        """The rules whose mentoring notes were given in a repository, and when last."""
        c = tables.lessons.c
        return {r.rule: r.at for r in self._rows(sa.select(tables.lessons).where(c.repository == repository))}

    # --- settings --------------------------------------------------------------------------------------------------

    def keep_settings(self, repository: str, ref: str, text: str, at: float) -> None:
        """Keep the text of settings that were understood (empty where there is none), by the branch that they were read for."""
        self.prepare()
        with self._transaction(writes=True) as connection:
            _put(connection, tables.settings, [{"repository": repository, "ref": ref, "text": text, "at": at}])

    def settings(self, repository: str, ref: str) -> str | None:
        """The last settings that were understood, None where none are known."""
        c = tables.settings.c
        rows = self._rows(sa.select(c.text).where(c.repository == repository, c.ref == ref))
        return rows[0].text if rows else None

    # --- what is old -----------------------------------------------------------------------------------------------

    def forget(self, before: float) -> int:
        """Forget what nothing was heard of since a time, and dismissals that have ended before it; how much that was."""
        self.prepare()
        ended = tables.dismissed.c.until
        old: Mapping[sa.Table, sa.ColumnElement[bool]] = {
            table: table.c.at < before if table is not tables.dismissed else sa.and_(ended > 0, ended < before)
            for table in tables.metadata.sorted_tables
        }
        with self._transaction(writes=True) as connection:
            return sum(connection.execute(sa.delete(table).where(is_old)).rowcount for table, is_old in old.items())

    # --- parts -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[sa.Connection]:
        try:
            with transaction(self.engine, self._patience, writes=writes) as connection:
                yield connection
        except HistoryError:
            self._ready = False  # when it comes back, it may be a backup of an older step
            raise

    def _rows(self, asked: sa.Select[Any]) -> list[Any]:
        with self._transaction(writes=False) as connection:
            return list(connection.execute(asked))


def _of(table: sa.Table, repository: str, number: int) -> sa.Select[Any]:
    return sa.select(table).where(table.c.repository == repository, table.c.number == number)


def _put(
    connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]], once: tuple[str, ...] = ()
) -> None:
    """Write rows; one that is there is changed only by one that is not older, except for what is written `once`.

    In the order of their keys, so that two who write some of the same never wait for each other.
    """
    keys = [column.name for column in table.primary_key]
    given = sorted(rows, key=lambda row: [row[key] for key in keys])
    if given:
        insert: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
        changed = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in (*keys, *once)}
        newer = table.c.at <= insert.excluded.at
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed, where=newer), given)


def _keep_review(connection: sa.Connection, entry: Reviewed) -> None:
    where = {"repository": entry.manifest.repository, "number": entry.number}
    kept = {"verdict": entry.verdict, "manifest": msgspec.json.encode(entry.manifest).decode(), "at": entry.at}
    _put(connection, tables.reviews, [{"id": entry.id, **where, **kept}])
    _keep_findings(connection, entry, where)
    posted = {(p.kind, p.id): msgspec.structs.asdict(p) for p in entry.posted}
    _put(connection, tables.posted, [{**where, **row, "at": entry.at} for row in posted.values()])
    given = [{"repository": where["repository"], "rule": rule, "at": entry.at} for rule in set(entry.lessons)]
    _put(connection, tables.lessons, given)


def _keep_findings(connection: sa.Connection, entry: Reviewed, where: dict[str, Any]) -> None:
    c = tables.findings.c
    here = (c.repository == where["repository"], c.number == where["number"])
    known = sa.update(tables.findings).where(*here, c.at <= entry.at)
    if entry.verdict == "complete":
        connection.execute(known.where(c.state.in_(_NEW)).values(state="gone", at=entry.at))
    if entry.fixed:
        connection.execute(known.where(c.fingerprint.in_(entry.fixed)).values(state="fixed", at=entry.at))
    made = {f.fingerprint: f for f in entry.findings}
    times = {"first": entry.at, "last": entry.at, "at": entry.at}
    rows = [{**where, **msgspec.structs.asdict(f), **times} for f in made.values()]
    _put(connection, tables.findings, rows, once=("first",))
    later = sa.update(tables.findings).where(*here, c.fingerprint.in_(made), c.first > entry.at)
    connection.execute(later.values(first=entry.at))


def _keep_spent(connection: sa.Connection, entry: Spent) -> None:
    day = dt.datetime.fromtimestamp(entry.at, tz=dt.UTC).date().isoformat()
    row = {"review": entry.review, "model": entry.model, "repository": entry.repository, "day": day, "at": entry.at}
    _put(connection, tables.spent, [row | msgspec.structs.asdict(entry.cost)])


def _keep_dismissed(connection: sa.Connection, entry: Dismissed) -> None:
    _put(connection, tables.dismissed, [msgspec.structs.asdict(entry) | {"reason": entry.reason[:_LONGEST]}])


_KEEPS: Final[Mapping[type[Any], Callable[[sa.Connection, Any], None]]] = {
    Reviewed: _keep_review,
    Spent: _keep_spent,
    Dismissed: _keep_dismissed,
}
