"""What is done from time to time, for what no delivery told: pull requests whose delivery never came, and checks that nobody ended."""

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
from .settings import Settings

#: Seconds within which a job has ended, or somebody is told that it has not.
_DEADLINE: Final = 1_800.0
#: Seconds back to which deliveries and pull requests are looked at: as far as GitHub keeps deliveries that can be sent again is three days.
_BACK: Final = 86_400.0
_log = structlog.get_logger("mainstay")


class Sweep:
    """Looks at the App's deliveries, at the open pull requests of its installations, and at its own jobs."""

    every: Final = 300.0

    def __init__(self, settings: Settings, desk: Desk, kinds: Mapping[str, Kind]) -> None:
        self._desk, self._kinds = desk, kinds
        self._app = github.App(settings.github_url, settings.app_id, settings.private_key, settings.network)

    def __call__(self) -> None:
        """Do it all; what cannot be done now is told, and done the next time."""
        for part in (self.end_late, self.redeliver, self.find):
            try:
                part()
            except Trouble as trouble:
                _log.warning("sweep failed", part=part.__name__, fault=trouble.title)

    def end_late(self) -> int:
        """Tell how the jobs ended of whose end nobody was told; their number. Raises Trouble."""
        late = self._desk.untold(_DEADLINE)
        for kept in late:
            self._kinds[kept.job["kind"]].failed(kept.job, kept.error or "lost")
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
            for seen in github.open_pulls(self._app.client(installation.id), since):
                version = self._desk.knows(f"{seen.repository}#{seen.number}")
                if version is None or version.partition("~")[0] != seen.head:
                    asked = PullAsked(installation.id, seen.repository, seen.number, seen.head, seen.draft)
                    found += self._desk.put(wanted(asked)) is not None
        return found
