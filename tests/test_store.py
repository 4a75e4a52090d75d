"""What is remembered of reviews, over SQLite and over PostgreSQL: once, in whatever order it comes, and by one version at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.store import Archive, HistoryError, NewerError, schema, tables
from bot.adapters.store.connection import SCHEMA, transaction
from bot.entry.recording import reviewed
from bot.model import FileEntry
from bot.ports import Cost, Dismissed, Entry, Posted, Reviewed, Spent

from .reviews import BEGIN, SHOP, a_finding, a_manifest, a_place, a_review, a_seen, an_entry

pytestmark = pytest.mark.xdist_group("server")
posix = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")
DAY = 86_400.0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=posix)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mainstay.sqlite'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def store(url: str) -> Archive:
    return Archive(url)


# --- what is kept --------------------------------------------------------------------------------------------------


def test_a_review_is_kept_with_all_that_came_of_it(store: Archive) -> None:
    posted = (Posted("thread", 2**40, "aa"), Posted("summary", 9), Posted("check", 8))
    entry = an_entry(a_seen(), a_seen("bb", "folded", 7), posted=posted, lessons=("timeout/x",), fixed=("cc",))
    store.keep(entry)
    store.keep(entry)

    (kept,) = store.reviews(SHOP, 1)
    assert (kept.id, kept.verdict, kept.at, kept.manifest) == (entry.id, "complete", BEGIN, entry.manifest)
    assert kept.fixed == ("cc",)
    assert store.findings(SHOP, 1) == (
        a_seen(first=BEGIN, last=BEGIN),
        a_seen("bb", "folded", 7, first=BEGIN, last=BEGIN),
    )
    assert store.posted(SHOP, 1) == (posted[2], posted[1], posted[0])
    assert store.lessons(SHOP) == {"timeout/x": BEGIN}
    assert not (*store.reviews(SHOP, 2), *store.findings("other/payments", 1), *store.posted(SHOP, 2))


def test_a_finding_goes_its_way(store: Archive) -> None:
    """Shown, moved, answered as fixed; gone where a whole review no longer makes it, and not where one was partial."""
    store.keep(an_entry(a_seen(), a_seen("bb"), a_seen("cc")))
    store.keep(an_entry(a_seen(line=30), at=BEGIN + 1, verdict="partial"))
    assert [f.state for f in store.findings(SHOP, 1)] == ["shown"] * 3
    store.keep(an_entry(a_seen(line=30), fixed=("bb", "not known"), at=BEGIN + 2))
    found = {f.fingerprint: f for f in store.findings(SHOP, 1)}

    assert (found["aa"].line, found["aa"].first, found["aa"].last) == (30, BEGIN, BEGIN + 2)
    assert [(f.state, f.first, f.last) for f in (found["bb"], found["cc"])] == [
        ("fixed", BEGIN, BEGIN),
        ("gone", BEGIN, BEGIN),
    ]
    store.keep(an_entry(a_seen("bb"), at=BEGIN + 3))
    assert {f.fingerprint: f.state for f in store.findings(SHOP, 1)} == {"aa": "gone", "bb": "shown", "cc": "gone"}


_PULLS = count(1)


@st.composite
def histories(draw: st.DrawFn) -> list[Reviewed]:
    """Reviews of one pull request, one after the other."""
    entries = []
    for at in range(draw(st.integers(1, 4))):
        made = draw(st.sets(st.sampled_from("abc")))
        fixed = draw(st.sets(st.sampled_from("abc"))) - made
        findings = (a_seen(f, draw(st.sampled_from(["shown", "folded"])), draw(st.integers(1, 9))) for f in made)
        verdict = draw(st.sampled_from(["complete", "partial"]))
        posted = tuple(Posted("thread", ord(f), f) for f in made)
        entries.append(an_entry(*findings, at=at, verdict=verdict, fixed=tuple(sorted(fixed)), posted=posted))
    return entries


@given(entries=histories(), data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_in_which_entries_come_changes_nothing(
    entries: list[Reviewed], data: st.DataObject, one_store: Archive
) -> None:
    """Nor does one that comes twice: what was caught up late counts as if it had come in time."""
    shuffled = data.draw(st.permutations([*entries, *data.draw(st.lists(st.sampled_from(entries), max_size=2))]))
    in_order, out_of_order = next(_PULLS), next(_PULLS)
    for number, kept in ((in_order, entries), (out_of_order, shuffled)):
        for entry in kept:
            one_store.keep(an_entry(*entry.findings, **_rest(entry), number=number, id=f"{number}-{entry.at}"))

    assert one_store.findings(SHOP, in_order) == one_store.findings(SHOP, out_of_order)
    assert one_store.posted(SHOP, in_order) == one_store.posted(SHOP, out_of_order)
    assert len(one_store.reviews(SHOP, out_of_order)) == len(entries)


def _rest(entry: Reviewed) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("at", "verdict", "fixed", "posted")}


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """For many pull requests; it does not wait for the disk."""
    store = Archive(f"sqlite:///{tmp_path_factory.mktemp('history') / 'mainstay.sqlite'}")

    @sa.event.listens_for(store.engine, "connect")
    def _hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    return store


def test_what_was_spent_is_summed_up_by_review_repository_and_day(store: Archive) -> None:
    """The newest of a review and model counts, and no earlier one besides."""
    store.keep(Spent("one", SHOP, "small", BEGIN, Cost(1, 100, 10, 5)))
    store.keep(Spent("one", SHOP, "small", BEGIN + 1, Cost(2, 200, 20, 10)))
    store.keep(Spent("one", SHOP, "small", BEGIN, Cost(1, 100, 10, 5)))
    store.keep(Spent("one", SHOP, "large", BEGIN, Cost(1, 1, 1, 2**40)))
    store.keep(Spent("two", "shop/other", "small", BEGIN + DAY, Cost(4, 4, 4, 4)))

    assert store.spent(review="one") == Cost(3, 201, 21, 2**40 + 10)
    assert store.spent(repository="shop/other") == store.spent(day="2026-09-22") == Cost(4, 4, 4, 4)
    assert store.spent(repository=SHOP, day="2026-09-21") == store.spent(review="one")
    assert store.spent() == Cost(7, 205, 25, 2**40 + 14)
    assert store.spent(day="2026-09-30") == Cost()


def test_a_dismissal_holds_until_it_ends_or_is_taken_back(store: Archive) -> None:
    for_good = Dismissed(SHOP, "ada", "we retry above", BEGIN, rule="retry/x")
    once = Dismissed(SHOP, "bob", "r" * 2_000, BEGIN, fingerprint="aa", until=BEGIN + DAY)
    store.keep(for_good)
    store.keep(once)
    one, other = store.dismissed(SHOP, BEGIN + 1)
    assert (one.fingerprint, one.until, len(one.reason)) == ("aa", BEGIN + DAY, 1_000)
    assert other == for_good
    assert store.dismissed(SHOP, BEGIN + DAY) == (for_good,)
    assert store.dismissed("shop/other", BEGIN) == ()
    store.keep(Dismissed(SHOP, "ada", "", BEGIN + 2, rule="retry/x", until=BEGIN + 2))
    store.keep(for_good)
    assert store.dismissed(SHOP, BEGIN + DAY) == ()


def test_the_last_settings_that_were_understood_are_kept_by_branch(store: Archive) -> None:
    store.prepare()
    assert store.settings(SHOP, "main") is None
    store.keep_settings(SHOP, "main", "fail-on: error\n", BEGIN)
    store.keep_settings(SHOP, "main", "older\n", BEGIN - 1)
    store.keep_settings(SHOP, "next", "", BEGIN)
    assert store.settings(SHOP, "main") == "fail-on: error\n"
    assert store.settings(SHOP, "next") == ""
    assert store.settings("shop/other", "main") is None


def test_what_is_old_is_forgotten(store: Archive) -> None:
    """And nothing else: a dismissal for good stays."""
    old, new = BEGIN, BEGIN + 10 * DAY
    for at, number in ((old, 1), (new, 2)):
        posted = (Posted("check", number),)
        store.keep(an_entry(a_seen(), at=at, number=number, posted=posted, lessons=(f"timeout/{number}",)))
        store.keep(Spent(f"job-{at}", SHOP, "small", at, Cost(1)))
        store.keep_settings(SHOP, f"branch-{number}", "", at)
        store.keep(Dismissed(SHOP, "ada", "", at, fingerprint=f"{number}", until=at + 1))
        store.keep(Dismissed(SHOP, "ada", "", at, rule=f"rule/{number}"))

    assert store.forget(BEGIN + 5 * DAY) == 7
    assert not (*store.reviews(SHOP, 1), *store.findings(SHOP, 1), *store.posted(SHOP, 1))
    assert (len(store.reviews(SHOP, 2)), len(store.findings(SHOP, 2)), len(store.posted(SHOP, 2))) == (1, 1, 1)
    assert store.lessons(SHOP) == {"timeout/2": new}
    assert store.spent() == Cost(1)
    assert (store.settings(SHOP, "branch-1"), store.settings(SHOP, "branch-2")) == (None, "")
    assert [d.fingerprint or d.rule for d in store.dismissed(SHOP, old)] == ["rule/1", "2", "rule/2"]
    assert store.forget(BEGIN + 5 * DAY) == 0


# --- the tables ----------------------------------------------------------------------------------------------------


def test_the_steps_make_the_tables_that_are_read(store: Archive) -> None:
    store.prepare()
    with transaction(store.engine, 5, writes=False) as connection:
        asked = {"version_table": schema.VERSIONS, "compare_type": True}
        context = MigrationContext.configure(connection, opts=asked)
        assert compare_metadata(context, tables.metadata) == []


def test_the_tables_stand_beside_the_jobs_and_clash_with_nothing(store: Archive, url: str) -> None:
    """Prefixed on SQLite; in a schema of their own on PostgreSQL, and nowhere else."""
    store.prepare()
    names = {*tables.metadata.tables, schema.VERSIONS}
    assert all(name.startswith("history_") for name in names)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    inspector = sa.inspect(engine)
    assert set(inspector.get_table_names(None if "sqlite" in url else SCHEMA)) == names
    assert set(inspector.get_table_names()) == (names if "sqlite" in url else set())


PREPARE = """
import sys
from bot.adapters.store import Archive
print("ready", flush=True)
sys.stdin.readline()
store = Archive(sys.argv[1])
store.prepare()
print(store.look())
"""


@posix
def test_workers_that_start_at_once_make_the_tables_once(url: str) -> None:
    """Processes, as they are: each is told to go as soon as all of them run."""
    command = [sys.executable, "-c", PREPARE, url]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=60) for process in started]
    assert ended == [("step 0001, 0 reviews\n", "")] * 4


def test_a_database_of_a_newer_version_is_refused_in_plain_words(store: Archive, url: str) -> None:
    """By whoever starts, and by the doctor; nothing in it is touched."""
    store.prepare()
    _set_version(store, "0999")
    for ask in (Archive(url).prepare, Archive(url).look, lambda: Archive(url).keep(an_entry())):
        with pytest.raises(NewerError, match=r"of a newer version of Mainstay \(step 0999\)") as raised:
            ask()
        assert "Install that version again" in raised.value.remedy
    assert store.reviews(SHOP, 1) == ()


def test_a_step_that_fails_leaves_nothing_half_made(store: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the disk is full in the middle of it: the next start does it all."""

    def fail(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("CREATE INDEX", {}, Exception("no room"))

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", fail)
        with pytest.raises(HistoryError):
            store.prepare()
    assert store.look() == "not made yet"
    store.prepare()
    assert store.look() == "step 0001, 0 reviews"


def test_looking_makes_nothing(store: Archive, url: str, tmp_path: Path) -> None:
    assert store.look() == "not made yet"
    assert not list(tmp_path.iterdir())
    store.prepare()
    _set_version(store, None)
    assert Archive(url).look() == "not made yet"


def _set_version(store: Archive, version: str | None) -> None:
    with transaction(store.engine, 5, writes=True) as connection:
        table = sa.table(schema.VERSIONS, sa.column("version_num"))
        connection.execute(sa.delete(table))
        if version:
            connection.execute(sa.insert(table).values(version_num=version))


# --- what is wrong with the database itself ------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_is_read_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "mainstay.sqlite"
    Archive(f"sqlite:///{file}").keep(an_entry(a_seen()))
    store = Archive(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(HistoryError, match=r"\(SQLITE_READONLY\)"):
        store.keep(an_entry(at=BEGIN + 1))
    assert len(store.findings(SHOP, 1)) == 1


def test_a_locked_database_is_given_up_in_time(url: str) -> None:
    Archive(url).prepare()
    store = Archive(url, patience=0.3)
    with transaction(Archive(url).engine, 5, writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE history_reviews"))
        begun = time.monotonic()
        store._ready = True
        with pytest.raises(HistoryError, match=r"\((SQLITE_BUSY|57014)\)"):
            store.keep(an_entry())
        assert time.monotonic() - begun < 5
    store.keep(an_entry())


@pytest.mark.parametrize(
    "url",
    ["sqlite:////nowhere/at/all/mainstay.sqlite", "postgresql+psycopg://me:hush@127.0.0.1:9/mainstay"],
)
def test_an_absent_database_is_told_without_its_password(url: str) -> None:
    store = Archive(url)
    asks: list[Callable[[], object]] = [
        store.prepare,
        lambda: store.keep(an_entry()),
        lambda: store.settings(SHOP, "main"),
    ]
    for ask in asks:
        with pytest.raises(HistoryError) as raised:
            ask()
        assert "hush" not in str(raised.value)
        assert raised.value.__suppress_context__


def test_many_write_at_once(store: Archive) -> None:
    """The same lessons in one repository, from several reviews: nobody waits for ever, and nothing is lost."""
    store.prepare()
    rules = tuple(f"rule/{n}" for n in range(30))

    def keep(number: int) -> None:
        store.keep(an_entry(a_seen(), number=number, id=f"job-{number}", lessons=rules[number:] + rules[:number]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(16)))
    assert sum(len(store.reviews(SHOP, number)) for number in range(16)) == 16
    assert len(store.lessons(SHOP)) == 30


def test_every_path_fits_into_every_database(store: Archive) -> None:
    """Also one whose bytes are no characters."""
    finding = a_finding(place=a_place("caf\udce9\0.py"))
    manifest = a_manifest(files=(FileEntry("caf\udce9\0.py", "read"),))
    entry: Entry = reviewed("job", 1, a_review(finding, manifest=manifest), {"check": 1})
    store.keep(entry)
    assert [f.path for f in store.findings(SHOP, 1)] == ["caf\\udce9\\x00.py"]
