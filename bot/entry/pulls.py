"""One pull request on its way through the road: read, reviewed and, where that is asked for, written to. Imports PyGithub."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from functools import partial
from typing import Final

from msgspec import Struct

from ..adapters import github
from ..kit import Kit
from ..markers import Markers
from ..model import ChangeSet, Review
from ..ports import Plan, PullRequest, Shown
from ..render import checks, comments, verdict
from ..render.markup import fence
from ..service import Options, review
from ..strict import Mistake
from .judging import Judging

#: Comments beside lines at most, the most severe first; the rest stands in the summary.
MOST_BESIDE: Final = 10
#: What a check says where the review could not be whole. GitHub counts `neutral` as passing.
_SHORT_OF_WHOLE: Final = "neutral"


class Made(Struct, frozen=True):
    """A review of a pull request, and what is said of it there."""

    pull: PullRequest
    review: Review
    markers: Markers
    plan: Plan


def make(pull: PullRequest, change: ChangeSet, kit: Kit, markers: Markers, judging: Judging) -> Made:
    """Review the change of a pull request."""
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    request = {"command": "review", "repository": pull.repository, "number": pull.number, "today": today}
    result = review(change, kit, Options(today, time.monotonic, request=request), judging)
    return Made(pull, result, markers, comments.plan(result, change, MOST_BESIDE, markers))


class Posted(Struct, frozen=True):
    """What the steps of writing a review have done, in the order in which they are taken: ids, fingerprints and addresses alone."""

    beside: github.Written
    on_files: github.Written
    answered: github.Answered
    summary: github.SummedUp

    @property
    def written(self) -> tuple[str, ...]:
        """The findings that got comments now."""
        return (*self.beside.written, *self.on_files.written)


def write(client: github.Client, me: github.Author, made: Made, lag: float = 0.0) -> Posted:
    """Bring a pull request up to this review; called again, with a `lag` as `Desk` has it, it goes on where it was. Raises GitHubError."""
    desk = github.Desk(client, me, made.pull, made.markers, lag)
    beside = github.write_beside(desk, made.plan.comments)
    on_files = github.write_on_files(desk, made.plan.comments, beside.refused)
    answered = answer(desk, made)
    told = (*beside.there, *beside.written, *on_files.there, *on_files.written)
    return Posted(beside, on_files, answered, sum_up(desk, made, told, len(answered.fixed)))


def answer(desk: github.Desk, made: Made) -> github.Answered:
    """Answer what is fixed, after the comments are written. Raises GitHubError."""
    return github.answer_fixed(desk, partial(comments.answer, made.review, made.markers))


def sum_up(desk: github.Desk, made: Made, told: Iterable[str], fixed: int) -> github.SummedUp:
    """Write the summary: what is `told` in comments of its own, and how many were `fixed`. Raises GitHubError."""
    return github.sum_up(desk, comments.summary(made.review, made.markers, frozenset(told), made.plan.over, fixed))


def conclusion(result: Review) -> str:
    """What the check says: failure at the repository's threshold, never success for what was not read whole."""
    if verdict.exit_code(result, None, strict=False) == 1:
        return "failure"
    return "success" if result.verdict == "complete" else _SHORT_OF_WHOLE


def words(result: Review, address: str) -> tuple[str, str, Shown]:
    """The check's title and text, and what it shows besides; the review is summed up at `address`."""
    return checks.words(result, address)


def told(mistake: Mistake) -> str:
    """A mistake in the settings of the base branch, for those who can mend it."""
    return "\n".join(["The base branch has settings that are not understood:", "", *fence(str(mistake))])
