"""The check on the head of a merge group: the verdict of its pull request where the files are the same, else a review of the group.

A required check that never comes stalls a merge queue: it is begun at the delivery, and always ends. Nothing is written but the check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

from .. import triggers
from ..adapters import github
from ..adapters.jobs import Job, Kind
from ..events import GroupAsked, check_id
from ..markers import Markers
from ..ports import Begun, Circumstances, PullRequest
from ..strict import Mistake
from . import pulls
from .deciding import Grounds
from .judging import Judging
from .steps import begun, guarded, if_anybody, nothing

#: What is taken over from a pull request; what was reviewed only in part is reviewed again.
_TAKEN_OVER: Final = ("success", "failure", "skipped")
_log = structlog.get_logger("mainstay")


class Grouping:
    """The steps; `judging` gives how texts are judged."""

    def __init__(self, app: github.App, grounds: Grounds, judging: Callable[[Any], Judging]) -> None:
        self._app, self._grounds, self._judging = app, grounds, judging

    def kind(self) -> Kind:
        """The steps in their order, with their names in the database."""
        steps = (("begin", self.begin), ("review", self.review))
        return guarded(self.arrive, steps, nothing, self.failed)

    def arrive(self, job: Job) -> Job:
        """Put a queued check on the head."""
        asked = _asked(job)
        again = Begun(0, 0.0 if job["attempt"] == 1 else github.LAG)
        return {"check": github.begin(self._client(asked), _as_pull(asked), "queued", again)}

    def begin(self, job: Job, _so_far: Job) -> Job:
        """End the check with the pull request's verdict where the group has the same files, else say that a review is under way."""
        asked = _asked(job)
        client, pull = self._client(asked), _as_pull(asked)
        check = github.begin(client, pull, begun=begun(job))
        same = self._same(client, asked)
        if same is None:
            return {"check": check}
        text = f"The merge group has the files of pull request #{asked.number}, whose verdict this is.\n\n{same.text}"
        github.end(client, pull, same.conclusion, same.title, text, begun=Begun(check))
        return {"outcome": "as the pull request"}

    def review(self, job: Job, so_far: Job) -> Job:
        """Review what the group brings, and end the check with the verdict."""
        asked = _asked(job)
        client, pull, stands = self._client(asked), _as_pull(asked), Begun(so_far["check"], github.LAG)
        change = github.read_between(client, pull)
        pull = msgspec.structs.replace(pull, merge_base=change.merge_base)
        about = Circumstances(open=True, draft=False, head=asked.head, base=asked.branch)
        try:
            kit = self._grounds.read(client, pull, about).kit()
        except Mistake as mistake:
            title = "Not reviewed: a mistake in the settings"
            github.end(client, pull, "action_required", title, pulls.told(str(mistake)), begun=stands)
            return {"outcome": "mistake"}
        skip = triggers.branch(kit.config.pull_requests, asked.branch)
        if skip is not None:
            github.end(client, pull, "skipped", f"Not reviewed: {skip.why}", skip.how, begun=stands)
            return {"outcome": "skipped"}
        made = pulls.make(pull, change, kit, Markers(pull.home, 0), self._judging(kit.engine))
        github.end(client, pull, pulls.conclusion(made), *pulls.words(made, ""), begun=stands)
        _log.info("merge group reviewed", group=job["key"], verdict=made.review.verdict)
        return {"outcome": made.review.verdict}

    def failed(self, job: Job, why: str) -> None:
        """End the check of a job that is given up."""
        asked = _asked(job)
        _log.error("review of a merge group given up", group=job["key"], why=why)
        conclusion = pulls.unreviewed(self._grounds.last(asked.repository, asked.branch))
        text = f"Mainstay could not review this merge group. Its job is {job['id']}."
        with if_anybody(job):
            github.end(self._client(asked), _as_pull(asked), conclusion, "Not reviewed", text, begun=begun(job))

    def _same(self, client: github.Client, asked: GroupAsked) -> github.Standing | None:
        """How our check on the pull request ended, where that has the group's files; None where they differ, or nothing has ended."""
        if not asked.number:
            return None
        about = github.circumstances(client, asked.repository, asked.number)
        if not github.have_same_tree(client, asked.repository, about.head, asked.head):
            return None
        stands = github.standing(client, asked.repository, about.head, self._app.author(client).app)
        own = (check for check in stands if check.stands_for == check_id(asked.number, about.head))
        return next((check for check in own if check.conclusion in _TAKEN_OVER), None)

    def _client(self, asked: GroupAsked) -> github.Client:
        return self._app.client(asked.installation)


def _asked(job: Job) -> GroupAsked:
    return msgspec.convert(dict(job["job"]), GroupAsked)


def _as_pull(asked: GroupAsked) -> PullRequest:
    return PullRequest(asked.repository, 0, asked.base, asked.head, asked.base, 0, 0, 0)
