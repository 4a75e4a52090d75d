"""What is remembered of reviews, so that remembering never keeps a review from being posted.

The history has a short time for each thing. An entry that it does not take is kept as a small file in the data folder (where that is full,
too, in memory) and written later, by the next review or the sweep. What cannot be read counts as not known, and the log says so.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import structlog
from msgspec.structs import replace

from ..adapters.cache import BoundedCache
from ..model import Finding, Review
from ..ports import Dismissed, Entry, History, Posted, Reviewed, Seen, SettingsTexts, Spent, Trouble
from . import journal

#: The folder of what waits to be written, in the data folder.
PENDING: Final = "pending"
#: Seconds for each thing that is asked of the history.
_SECONDS: Final = 3.0
#: Entries that wait at most: as files, and in memory where there can be none; and bytes of files, of which an entry has some thousand.
_MOST: Final = 1_000
_MOST_IN_MEMORY: Final = 100
_MOST_BYTES: Final = 1_000_000_000
#: What passes without an entry being changed; everything else is the entry's own fault, or ours.
_PASSES: Final = (Trouble, TimeoutError, OSError, RuntimeError, MemoryError)
_KEYS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    Reviewed: ("id",),
    Spent: ("review", "model"),
    Dismissed: ("repository", "rule", "fingerprint"),
}
_log = structlog.get_logger("mainstay")
_Known = TypeVar("_Known")


class Recorder:
    """Writes to a history and reads from it. None of its methods raises, and each ends in time."""

    def __init__(self, history: History, data: Path, seconds: float = _SECONDS) -> None:
        self._history, self._seconds = history, seconds
        self._folder = data / PENDING
        self._files = BoundedCache(self._folder, _MOST_BYTES)
        self._memory: dict[str, bytes] = {}
        self._turn = threading.Lock()  # of the one thing that is asked of the history
        self._ill = False

    def review(self, job: str, number: int, review: Review, done: Mapping[str, Any]) -> None:
        """Keep a review that has ended, as `reviewed` makes an entry of it."""
        try:
            entry = reviewed(job, number, review, done)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the review goes on
            _log.error("history entry not made", job=job, fault=journal.word(fault))
        else:
            self.record(entry)

    def record(self, entry: Entry) -> None:
        """Keep an entry, now or later."""
        data = b""
        try:
            data = msgspec.json.encode(entry)
            self._within(lambda: self._history.keep(entry))
        except Exception as fault:  # noqa: BLE001 - as above
            self._put_off(entry, data, fault)
        else:
            self._ill = False
            self.catch_up()

    def catch_up(self) -> int:
        """Write what waits, until that fails or the time is over; how many entries were written."""
        end, written = time.monotonic() + self._seconds, 0
        for key in waiting(self._folder) + tuple(self._memory):
            if time.monotonic() > end or not self._written(key):
                break
            written += 1
        if written:
            _log.info("history caught up", entries=written, waiting=len(waiting(self._folder)) + len(self._memory))
        return written

    def known(self, what: str, read: Callable[[History], _Known], none: _Known) -> _Known:
        """What the history says, or `none` where it does not answer, which the log tells."""
        try:
            return self._within(lambda: read(self._history))
        except Exception as fault:  # noqa: BLE001 - as above
            _log.warning("history not read, so nothing is known", what=what, fault=journal.word(fault))
            return none

    def keep_settings(self, repository: str, ref: str, text: str) -> None:
        """Keep the text of settings that were understood; while the history takes nothing, that is left to a later review."""
        if self._ill:
            return
        try:
            self._within(lambda: self._history.keep_settings(repository, ref, text, time.time()))
        except Exception as fault:  # noqa: BLE001 - as above
            self._fell_ill(fault)

    def forget(self, seconds: float) -> None:
        """Forget what nothing was heard of for so long."""
        try:
            forgotten = self._within(lambda: self._history.forget(time.time() - seconds))
        except Exception as fault:  # noqa: BLE001 - as above
            self._fell_ill(fault)
        else:
            if forgotten:
                _log.info("history pruned", rows=forgotten)

    # --- what waits ------------------------------------------------------------------------------------------------

    def _put_off(self, entry: Entry, data: bytes, fault: Exception) -> None:
        """Keep an entry for later, unless no other time would do."""
        key = _key(entry)
        if not isinstance(fault, _PASSES):
            _log.error("history entry refused", key=key, fault=journal.word(fault))
            return
        if len(waiting(self._folder)) < _MOST:
            self._files.put(key, data)
        if self._files.get(key) != data and len(self._memory) < _MOST_IN_MEMORY:
            self._memory[key] = data
        if data in (self._memory.get(key), self._files.get(key)):
            self._fell_ill(fault)
        else:
            _log.error("history entry lost: no more can wait", key=key, fault=journal.word(fault))

    def _written(self, key: str) -> bool:
        """Write what waits under a key; False where the history does not take it now."""
        data = self._memory.get(key) or self._files.get(key)
        try:
            if data is not None:
                entry: Entry = msgspec.json.decode(data, type=Entry)
                self._within(lambda: self._history.keep(entry))
                self._ill = False
        except _PASSES as fault:
            self._fell_ill(fault)
            return False
        except Exception as fault:  # noqa: BLE001 - as above
            _log.error("history entry refused", key=key, fault=journal.word(fault))
        if self._memory.get(key) == data:
            self._memory.pop(key, None)
        if self._files.get(key) in (data, None):  # and not a newer one, which was put there meanwhile
            self._files.drop(key)
        return True

    def _fell_ill(self, fault: Exception) -> None:
        """Tell that the history takes nothing, once until it does again."""
        if not self._ill:
            self._ill = True
            _log.warning("history not written: it is caught up later", fault=journal.word(fault))

    # --- in time ---------------------------------------------------------------------------------------------------

    def _within(self, work: Callable[[], _Known]) -> _Known:
        """Do one thing with the history, in a thread of its own that is waited for so long and no longer. Raises anything."""
        end = time.monotonic() + self._seconds
        if not self._turn.acquire(timeout=self._seconds):
            raise TimeoutError
        done: Future[_Known] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as fault:  # noqa: BLE001 - handed to who waits
                done.set_exception(fault)
            finally:
                self._turn.release()

        try:
            threading.Thread(target=run, name="history", daemon=True).start()
        except RuntimeError:  # no more threads
            self._turn.release()
            raise
        return done.result(timeout=max(0.0, end - time.monotonic()))


class LastGoodSettings:
    """The settings of each base branch that were understood last (`ports.LastGood`), in the history that all workers share."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def get(self, repository: str, branch: str) -> SettingsTexts | None:
        """The settings that were understood last, None where none are known."""
        name = repository.lower()
        kept = self._recorder.known("settings", lambda history: history.settings(name, branch), None)
        try:
            return msgspec.json.decode(kept, type=SettingsTexts) if kept else None
        except msgspec.DecodeError:  # of another version
            return None

    def put(self, repository: str, branch: str, settings: SettingsTexts) -> None:
        """Keep settings instead of those before, if that can be done."""
        with suppress(UnicodeEncodeError):  # a text that no database takes
            text = msgspec.json.encode(settings).decode()
            self._recorder.keep_settings(repository.lower(), branch, text)


def waiting(folder: Path) -> tuple[str, ...]:
    """The entries in a folder that wait to be written, oldest name first."""
    try:
        return tuple(sorted(file.name for file in folder.iterdir() if not file.name.startswith(".")))
    except OSError:  # there is none, or nothing can be seen of it: who writes to it notices
        return ()


# --- entries -------------------------------------------------------------------------------------------------------


def reviewed(job: str, number: int, review: Review, done: Mapping[str, Any]) -> Reviewed:
    """What is kept of a review that has ended: `done` are its steps' answers, of which those of an older version lack some."""
    manifest = review.manifest
    files = tuple(replace(file, path=_plain(file.path), reason=_plain(file.reason)) for file in manifest.files)
    posted = [Posted("thread", first, fingerprint) for fingerprint, first in done.get("threads", {}).items()]
    if done.get("summary_id"):
        posted.append(Posted("summary", done["summary_id"]))
    return Reviewed(
        id=job,
        number=number,
        verdict=review.verdict,
        at=time.time(),
        manifest=replace(manifest, files=files),
        findings=tuple(map(_seen, review.findings)),
        fixed=tuple(done.get("answered", ())),
        posted=(*posted, Posted("check", done["check"])),
        lessons=tuple(note.rule for note in review.notes),
    )


def _seen(finding: Finding) -> Seen:
    path, line = _plain(finding.place.path), finding.place.line
    return Seen(finding.fingerprint, finding.rule.id, path, line, "shown" if finding.shown else "folded")


def _plain(text: str) -> str:
    """A text that every database takes: a path may have bytes that are no characters, and so may what is said of it."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _key(entry: Entry) -> str:
    """One for each entry that would take the same place in the history."""
    parts = [getattr(entry, name) for name in _KEYS[type(entry)]]
    said = "\0".join(parts).encode("utf-8", "surrogatepass")
    return f"{type(entry).__name__.lower()}-{hashlib.sha256(said).hexdigest()[:32]}"
