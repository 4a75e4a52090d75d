"""What is remembered of reviews is never in a review's way: it is written now or later, once, and holds none of anybody's code."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from bot.adapters.jobs import Desk
from bot.adapters.store import Archive, HistoryError, NewerError
from bot.entry import settings, work
from bot.entry.recording import PENDING, Recorder, reviewed, waiting
from bot.entry.sweep import Sweep
from bot.model import FileEntry, Note
from bot.ports import Cost, Dismissed, History, Posted, Spent

from .reviews import BEGIN, SHOP, a_finding, a_manifest, a_place, a_review, a_rule, a_seen, an_entry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")


# --- when it is away -----------------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as said:
        yield said


def events(log: list[Any], level: str = "") -> list[str]:
    return [line["event"] for line in log if level in ("", line["log_level"])]


class Broken:
    """A history that does what it is told to be: in `fault`, what it raises; in `hangs`, an event that it waits for."""

    def __init__(self, store: Archive) -> None:
        self.store = store
        self.fault: Exception | None = None
        self.hangs: threading.Event | None = None

    def __getattr__(self, name: str) -> Any:
        if self.hangs is not None:
            self.hangs.wait(20)
        if self.fault is not None:
            raise self.fault
        return getattr(self.store, name)


@pytest.fixture
def broken(tmp_path: Path) -> Any:
    return Broken(Archive(f"sqlite:///{tmp_path / 'mainstay.sqlite'}"))


def patient(history: History, data: Path) -> Recorder:
    """A recorder that a busy machine does not hurry."""
    return Recorder(history, data, seconds=60)


AWAY = HistoryError("the history's database does not answer (SQLITE_FULL)", "Make room.")


def test_what_could_not_be_kept_is_kept_later_and_once(broken: Any, tmp_path: Path, log: list[Any]) -> None:
    recorder = patient(broken, tmp_path)
    broken.fault = AWAY
    for at in (BEGIN, BEGIN + 1, BEGIN + 1):
        recorder.record(an_entry(a_seen(), at=at))
    recorder.record(Spent("one", SHOP, "small", BEGIN, Cost(1)))
    recorder.record(Dismissed(SHOP, "ada", "", BEGIN, rule="retry/x"))
    folder = tmp_path / PENDING
    assert len(waiting(folder)) == 4
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert recorder.catch_up() == 0
    assert events(log) == ["history not written: it is caught up later"]
    assert log[0]["fault"] == AWAY.title

    broken.fault = None
    recorder.record(an_entry(a_seen(), at=BEGIN + 2))
    assert waiting(folder) == ()
    assert [r.at for r in broken.store.reviews(SHOP, 1)] == [BEGIN + 2, BEGIN + 1, BEGIN]
    assert broken.store.spent() == Cost(1)
    assert len(broken.store.dismissed(SHOP, BEGIN)) == 1
    assert events(log, "info") == ["history caught up"]
    broken.fault = AWAY
    recorder.record(an_entry(at=BEGIN + 3))
    assert len(events(log, "warning")) == 2


def test_another_process_catches_up(broken: Any, tmp_path: Path) -> None:
    """What waits outlives the one that wrote it."""
    broken.fault = AWAY
    patient(broken, tmp_path).record(an_entry(a_seen()))
    broken.fault = None
    other = patient(broken, tmp_path)
    assert other.catch_up() == 1
    assert other.catch_up() == 0
    assert len(broken.store.reviews(SHOP, 1)) == 1


def test_a_history_that_hangs_is_not_waited_for(broken: Any, tmp_path: Path, log: list[Any]) -> None:
    """Nor by the next review, while it still hangs; and what it does late in the end does no harm."""
    recorder = Recorder(broken, tmp_path, seconds=0.2)
    broken.hangs = threading.Event()
    begun = time.monotonic()
    recorder.record(an_entry(at=BEGIN))
    recorder.record(an_entry(at=BEGIN + 1))
    assert recorder.known("settings", lambda history: history.settings(SHOP, "main"), None) is None
    recorder.forget(0)
    assert time.monotonic() - begun < 5
    assert len(waiting(tmp_path / PENDING)) == 2
    assert "history not read, so nothing is known" in events(log, "warning")

    broken.hangs.set()
    assert patient(broken, tmp_path).catch_up() == 2
    assert len(broken.store.reviews(SHOP, 1)) == 2


def test_where_there_is_no_room_for_files_memory_serves(
    broken: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: list[Any]
) -> None:
    monkeypatch.setattr("bot.entry.recording._MOST_IN_MEMORY", 3)
    (tmp_path / PENDING).write_text("in the way of a folder")
    recorder = patient(broken, tmp_path)
    broken.fault = AWAY
    for at in range(5):
        recorder.record(an_entry(at=at))
    assert events(log, "error") == ["history entry lost: no more can wait"] * 2
    broken.fault = None
    assert recorder.catch_up() == 3
    assert len(broken.store.reviews(SHOP, 1)) == 3


def test_only_so_many_wait(broken: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: list[Any]) -> None:
    monkeypatch.setattr("bot.entry.recording._MOST", 3)
    monkeypatch.setattr("bot.entry.recording._MOST_IN_MEMORY", 2)
    broken.fault = AWAY
    recorder = patient(broken, tmp_path)
    for at in range(6):
        recorder.record(an_entry(at=at))
    assert len(waiting(tmp_path / PENDING)) == 3
    assert events(log, "error") == ["history entry lost: no more can wait"]


@pytest.mark.parametrize("fault", [ValueError("a value"), KeyError("canary"), sa.exc.DataError("x", {}, Exception())])
def test_an_entry_that_is_at_fault_itself_stands_in_nobodys_way(
    broken: Any, tmp_path: Path, log: list[Any], fault: Exception
) -> None:
    """It is told and dropped: no other time would do."""
    recorder = patient(broken, tmp_path)
    broken.fault = AWAY
    recorder.record(an_entry(at=BEGIN))
    broken.fault = fault
    recorder.record(an_entry(at=BEGIN + 1))
    assert recorder.catch_up() == 1
    assert waiting(tmp_path / PENDING) == ()
    assert events(log, "error") == ["history entry refused"] * 2
    assert "canary" not in str(log)


def test_a_file_that_is_damaged_is_dropped(broken: Any, tmp_path: Path) -> None:
    broken.fault = AWAY
    recorder = patient(broken, tmp_path)
    recorder.record(an_entry(at=BEGIN))
    recorder.record(an_entry(at=BEGIN + 1))
    first, _ = (tmp_path / PENDING).iterdir()
    first.write_bytes(b"torn")
    broken.fault = None
    assert recorder.catch_up() == 2
    assert waiting(tmp_path / PENDING) == ()
    assert len(broken.store.reviews(SHOP, 1)) == 1


def test_what_cannot_be_read_is_not_known_and_said_so(broken: Any, tmp_path: Path, log: list[Any]) -> None:
    recorder = patient(broken, tmp_path)
    broken.store.keep_settings(SHOP, "main", "fail-on: error\n", BEGIN)

    def read(history: History) -> str | None:
        return history.settings(SHOP, "main")

    assert recorder.known("settings", read, None) == "fail-on: error\n"
    broken.fault = AWAY
    assert recorder.known("settings", read, None) is None
    assert [(line["event"], line["what"], line["fault"]) for line in log] == [
        ("history not read, so nothing is known", "settings", AWAY.title)
    ]


def test_a_worker_starts_without_its_history_but_not_over_a_newer_one(broken: Any, log: list[Any]) -> None:
    broken.fault = AWAY
    work._prepare(broken)
    broken.fault = KeyError("canary")
    work._prepare(broken)
    assert [line["fault"] for line in log] == [AWAY.title, "KeyError"]
    broken.fault = NewerError("the history's tables are of a newer version", "Install it.")
    with pytest.raises(NewerError):
        work._prepare(broken)
    broken.fault = None
    work._prepare(broken)
    assert broken.store.look() == "step 0001, 0 reviews"


def test_the_sweep_catches_up_and_forgets(broken: Any, tmp_path: Path) -> None:
    """What is older than MAINSTAY_HISTORY_DAYS."""
    given = settings.read(
        {
            "MAINSTAY_APP_ID": "1",
            "MAINSTAY_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
            "MAINSTAY_WEBHOOK_SECRET": "spice",
            "MAINSTAY_HISTORY_DAYS": "10",
            "MAINSTAY_DATA": str(tmp_path),
        }
    )
    recorder = patient(broken, tmp_path)
    now = time.time()
    broken.store.keep(an_entry(at=now - 11 * 86_400, id="old"))
    broken.fault = AWAY
    recorder.record(an_entry(at=now - 9 * 86_400, id="late"))
    sweep = Sweep(given, Desk(given.database), {}, recorder)
    assert sweep.tidy() == 0
    broken.fault = None
    assert sweep.tidy() == 1
    assert [review.id for review in broken.store.reviews(SHOP, 1)] == ["late"]
    sweep._desk.close()


# --- a disk that is full, a backup that is old ---------------------------------------------------------------------


def test_a_full_disk_is_told_by_its_name_and_caught_up_when_there_is_room(tmp_path: Path, log: list[Any]) -> None:
    store = Archive(f"sqlite:///{tmp_path / 'mainstay.sqlite'}")
    store.prepare()
    most = [_pages(tmp_path)]

    @sa.event.listens_for(store.engine, "connect")
    def _limit(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={most[0]}")

    recorder = patient(store, tmp_path)
    large = a_manifest(files=tuple(FileEntry(f"{n}.py" * 20, "read") for n in range(2_000)))
    recorder.record(an_entry(a_seen(), manifest=large))
    assert [line["fault"] for line in log] == ["the history's database does not answer (SQLITE_FULL)"]
    assert not (*store.reviews(SHOP, 1), *store.findings(SHOP, 1))
    most[0] += 10_000
    assert recorder.catch_up() == 1
    assert len(store.reviews(SHOP, 1)) == 1


def _pages(folder: Path) -> int:
    with sqlite3.connect(folder / "mainstay.sqlite") as connection:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    return int(count)


def test_a_database_that_was_put_back_from_an_empty_backup_is_brought_up_again(tmp_path: Path) -> None:
    store = Archive(f"sqlite:///{tmp_path / 'mainstay.sqlite'}")
    store.keep(an_entry())
    (tmp_path / "mainstay.sqlite").unlink()
    recorder = patient(store, tmp_path)
    recorder.record(an_entry(at=BEGIN + 1))
    recorder.record(an_entry(at=BEGIN + 2))
    assert [r.at for r in store.reviews(SHOP, 1)] == [BEGIN + 2, BEGIN + 1]


# --- what an entry is made of --------------------------------------------------------------------------------------

CANARY = "canary_in_the_changed_file"


def test_an_entry_holds_nothing_of_the_files(broken: Any, tmp_path: Path) -> None:
    """Not what stands in them, not the names in them, not what is said about them: neither as a file nor in the database."""
    finding = a_finding(symbol=CANARY, syntax=CANARY, message=CANARY, place=a_place("caf\udce9\0.py"))
    folded = a_finding(rule=a_rule("retry/x"), fingerprint="bb", shown=False, reason=CANARY)
    manifest = a_manifest(files=(FileEntry("caf\udce9.py", "read"),))
    review = a_review(
        finding,
        folded,
        manifest=manifest,
        problems=(CANARY,),
        sources={"app/client.py": CANARY},
        notes=(Note("timeout/x", CANARY, CANARY),),
    )
    done = {"check": 8, "summary_id": 9, "answered": ["cc"], "threads": {finding.fingerprint: 7}, "told": []}
    entry = reviewed("job", 1, review, done)
    assert entry.posted == (Posted("thread", 7, finding.fingerprint), Posted("summary", 9), Posted("check", 8))
    assert [(f.fingerprint, f.path, f.state) for f in entry.findings] == [
        (finding.fingerprint, "caf\\udce9\\x00.py", "shown"),
        ("bb", folded.place.path, "folded"),
    ]
    assert (entry.fixed, entry.lessons) == (("cc",), ("timeout/x",))

    recorder = patient(broken, tmp_path)
    broken.fault = AWAY
    recorder.review("job", 1, review, done)
    (held,) = (tmp_path / PENDING).iterdir()
    assert CANARY.encode() not in held.read_bytes()
    broken.fault = None
    recorder.review("later", 1, review, {"check": 8})
    assert len(broken.store.reviews(SHOP, 1)) == 2
    assert CANARY.encode() not in (tmp_path / "mainstay.sqlite").read_bytes()


def test_a_review_of_which_no_entry_can_be_made_is_told(broken: Any, tmp_path: Path, log: list[Any]) -> None:
    patient(broken, tmp_path).review("job", 1, a_review(), {})
    assert events(log) == ["history entry not made"]
    assert waiting(tmp_path / PENDING) == ()
