"""What GitHub and the settings have to be asked first, before it is known whether there is anything to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import structlog

from .. import events, triggers
from ..adapters import github
from ..adapters.jobs import Job, Kind, Wanted
from ..config import PullRequests
from ..events import LookAsked, PullAsked, SuiteAsked
from ..ports import Circumstances
from ..strict import Mistake
from .asking import LOOK, SUITE, wanted
from .deciding import Grounds
from .steps import guarded, nothing

_log = structlog.get_logger("mainstay")


class Looking:
    """Two kinds of jobs, which only ask for others. `put` keeps a job."""

    def __init__(self, app: github.App, grounds: Grounds, put: Callable[[Wanted], str | None]) -> None:
        self._app, self._grounds, self._put = app, grounds, put

    def kinds(self) -> Mapping[str, Kind]:
        """Both, by their names in the database."""
        return {
            LOOK: guarded(nothing, (("look", self.look),), nothing, _given_up),
            SUITE: guarded(nothing, (("find", self.find),), nothing, _given_up),
        }

    def look(self, job: Job, _so_far: Job) -> Job:
        """Ask for the review, or its end, if it is wanted."""
        asked = msgspec.convert(dict(job["job"]), LookAsked)
        if not self._is_wanted(asked, self._app.client(asked.pull.installation)):
            _log.info("nothing to do", job=job["id"], on=asked.on)
            return {"outcome": "nothing"}
        self._put(wanted(asked.pull))
        return {"outcome": "asked"}

    def find(self, job: Job, _so_far: Job) -> Job:
        """Ask again for whatever our checks on a commit stand for."""
        asked = msgspec.convert(dict(job["job"]), SuiteAsked)
        client = self._app.client(asked.installation)
        found = 0
        for check in github.standing(client, asked.repository, asked.head, self._app.author(client).app):
            again = events.again(asked.installation, asked.repository, check.stands_for, asked.again)
            if again is not None:
                self._put(wanted(again))
                found += 1
        return {"outcome": "asked", "found": found}

    def _is_wanted(self, asked: LookAsked, client: github.Client) -> bool:
        pull = asked.pull
        if asked.on == "sender":
            may = github.may_write(client, pull.repository, asked.about)
            if not may:
                _log.warning("not permitted: the role write or more is needed", sender=asked.about, pull=_name(pull))
            return may
        if asked.on == "reviewer":
            return str(self._app.author(client).account) == asked.about
        about = github.circumstances(client, pull.repository, pull.number)
        try:
            seen = github.read_pull(client, pull.repository, pull.number)
            settings = self._grounds.read(client, seen, about).kit().config.pull_requests
        except Mistake:  # which the check of the head tells already
            return False
        if asked.on == "draft":
            return settings.drafts == "skip"
        if pull.why not in settings.triggers:
            return False
        if asked.on == "label":
            return triggers.label_matters(settings, asked.about)
        return bool(settings.skip_title_words) and self._has_turned(client, pull, about, settings)

    def _has_turned(self, client: github.Client, pull: PullAsked, about: Circumstances, settings: PullRequests) -> bool:
        """True where the check on the head says that it was reviewed, and now it is not to be, or the other way; or has not ended."""
        stands = github.standing(client, pull.repository, about.head, self._app.author(client).app)
        own = [check for check in stands if check.stands_for == events.check_id(pull.number, about.head)]
        if not own or not own[-1].conclusion:
            return True
        return (own[-1].conclusion == "skipped") != (triggers.skip(settings, about, pull, 0) is not None)


def _given_up(job: Job, why: str) -> None:
    _log.error("what was told could not be looked at", job=job["id"], why=why)


def _name(pull: PullAsked) -> str:
    return f"{pull.repository}#{pull.number}"
