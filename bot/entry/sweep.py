"""What is done from time to time, for what no delivery told: pull requests whose delivery never came, and checks that nobody ended.

And for what is remembered: what waits is written, what is old is forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import structlog

from ..adapters import github
from ..adapters.jobs import Desk, Kind
from ..events import PullAsked
from ..ports import Trouble
from .asking import wanted
from .recording import Recorder
from .settings import Settings
from .steps import StepFailed

#: Seconds within which a job has ended, or somebody is told that it has not.
_DEADLINE: Final = 1_800.0
#: Seconds back to which deliveries and pull requests are looked at: as far as GitHub keeps deliveries that can be sent again is three days.
_BACK: Final = 86_400.0
_DAY: Final = 86_400.0
_log = structlog.get_logger("mainstay")


class Sweep:
    """Looks at the App's deliveries, at the open pull requests of its installations, and at its own jobs."""

    every: Final = 300.0

    def __init__(self, settings: Settings, desk: Desk, kinds: Mapping[str, Kind], recorder: Recorder) -> None:
        self._desk, self._kinds, self._recorder, self._days = desk, kinds, recorder, settings.history_days
        self._app = github.App(settings.github_url, settings.app_id, settings.private_key, settings.network)

    def __call__(self) -> None:
        """Do it all; what cannot be done now is told, and done the next time."""
        for part in (self.end_late, self.redeliver, self.find, self.tidy):
            try:
                part()
            except Trouble as trouble:
                _log.warning("sweep failed", part=part.__name__, fault=trouble.title)

    def end_late(self) -> int:
        """Tell how the jobs ended of whose end nobody was told; their number. Raises Trouble."""
        late = self._desk.untold(_DEADLINE)
        for kept in late:
            try:
                self._kinds[kept.job["kind"]].failed(kept.job, kept.error or "lost")
            except StepFailed as fault:  # one that cannot be told keeps no other from it
                _log.warning("not told", job=kept.id, fault=str(fault))
            else:
                self._desk.tell(kept.job)
        return len(late)

    def redeliver(self) -> int:
        """Ask GitHub for the deliveries again that did not arrive; their number. Raises Trouble."""
        return github.redeliver(self._app.itself(), dt.datetime.now(tz=dt.UTC) - dt.timedelta(seconds=_BACK))

    def find(self) -> int:
        """Ask for a review of each open pull request whose head was never asked for; their number. Raises Trouble."""
        found = 0
        since = dt.datetime.now(tz=dt.UTC) - dt.timedelta(seconds=_BACK)
        for installation in github.installations(self._app.itself()):
            if installation.suspended:
                continue
            try:
                found += self._find(installation.id, since)
            except Trouble as trouble:  # such as a limit that is used up: that of this one alone
                _log.warning("sweep failed", part="find", installation=installation.id, fault=trouble.title)
        return found

    def _find(self, installation: int, since: dt.datetime) -> int:
        found = 0
        for seen in github.open_pulls(self._app.client(installation), since):
            version = self._desk.knows(f"{seen.repository}#{seen.number}")
            if version is None or version.partition("~")[0] != seen.head:
                asked = PullAsked(installation, seen.repository, seen.number, seen.head, seen.draft)
                found += self._desk.put(wanted(asked)) is not None
        return found

    def tidy(self) -> int:
        """Write what waits to be remembered, and forget what is old; how much was written."""
        written = self._recorder.catch_up()
        self._recorder.forget(self._days * _DAY)
        return written
