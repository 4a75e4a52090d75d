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
#: What becomes of a row that is there: its new values, by the columns of the new one and of the old.
Change = Callable[[Any, Any], dict[str, Any]]


class Archive:
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
        return f"step {at}{', which the next start brings up' if behind else ''}, {count} review{'' if count == 1 else 's'}"

    # --- entries ---------------------------------------------------------------------------------------------------

    def keep(self, entry: Entry) -> None:
        """Keep an entry, whole or not at all."""
        self.prepare()
        with self._transaction(writes=True) as connection:
            _KEEPS[type(entry)](connection, entry)

    def reviews(self, repository: str, number: int) -> tuple[Reviewed, ...]:
        """The reviews of a pull request, the newest first."""
        rows = self._rows(_of(tables.reviews, repository, number).order_by(tables.reviews.c.at.desc()))
        return tuple(map(_review, rows))

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
        rows = self._rows(
            sa.select(tables.dismissed).where(c.repository == repository, holds).order_by(c.at, c.rule, c.fingerprint)
        )
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
    connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]], changed: Change | None = None
) -> None:
    """Write rows; one that is there is changed as is said, or else replaced by one that is not older.

    In the order of their keys, so that two who write some of the same never wait for each other.
    """
    keys = [column.name for column in table.primary_key]
    given = sorted(rows, key=lambda row: [row[key] for key in keys])
    if not given:
        return
    insert: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    new, old = insert.excluded, table.c
    values = changed(new, old) if changed else {c.name: new[c.name] for c in old if c.name not in keys}
    newer = None if changed else old.at <= new.at
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values, where=newer), given)


def _keep_review(connection: sa.Connection, entry: Reviewed) -> None:
    where = {"repository": entry.manifest.repository, "number": entry.number}
    kept = {"verdict": entry.verdict, "at": entry.at, "fixed": _json(entry.fixed), "manifest": _json(entry.manifest)}
    _put(connection, tables.reviews, [{"id": entry.id, **where, **kept}])
    _keep_findings(connection, entry, where)
    posted = {(p.kind, p.id): msgspec.structs.asdict(p) for p in entry.posted}
    _put(connection, tables.posted, [{**where, **row, "at": entry.at} for row in posted.values()])
    given = [{"repository": where["repository"], "rule": rule, "at": entry.at} for rule in dict.fromkeys(entry.lessons)]
    _put(connection, tables.lessons, given)


def _keep_findings(connection: sa.Connection, entry: Reviewed, where: dict[str, Any]) -> None:
    """Write the findings of a review; where newer ones are known already, these have the last word."""
    made = {f.fingerprint: msgspec.structs.asdict(f) for f in entry.findings}
    times = {"first": entry.at, "last": entry.at, "at": entry.at}
    _end(connection, where, entry)
    _put(connection, tables.findings, [{**where, **finding, **times} for finding in made.values()], _changed)
    reviews = tables.reviews
    newer = _of(reviews, **where).where(reviews.c.at > entry.at).order_by(reviews.c.at)
    for later in connection.execute(newer).all():
        _end(connection, where, _review(later))


def _end(connection: sa.Connection, where: dict[str, Any], review: Reviewed) -> None:
    """Note what a review says of the findings that it does not make."""
    c = tables.findings.c
    known = sa.update(tables.findings).where(
        c.repository == where["repository"], c.number == where["number"], c.at < review.at
    )
    if review.fixed:
        connection.execute(known.where(c.fingerprint.in_(review.fixed)).values(state="fixed", at=review.at))
    if review.verdict == "complete":
        connection.execute(known.where(c.state.in_(_NEW)).values(state="gone", at=review.at))


def _changed(new: Any, old: Any) -> dict[str, Any]:
    """How a finding that is known changes: place, state and times each have an age of their own."""
    is_later = new.last >= old.last
    place = {name: sa.case((is_later, new[name]), else_=old[name]) for name in ("rule", "path", "line", "last")}
    state = {name: sa.case((new.at >= old.at, new[name]), else_=old[name]) for name in ("state", "at")}
    return {**place, **state, "first": sa.case((new.first < old.first, new.first), else_=old.first)}


def _review(row: Any) -> Reviewed:
    manifest = msgspec.json.decode(row.manifest, type=Manifest)
    fixed = msgspec.json.decode(row.fixed, type=tuple[str, ...])
    return Reviewed(row.id, row.number, row.verdict, row.at, manifest, fixed=fixed)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


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
