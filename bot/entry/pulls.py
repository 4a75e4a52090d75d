"""One pull request on its way through the road: read, reviewed and, where that is asked for, written to. Imports PyGithub."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from functools import partial
from typing import Final

from msgspec import Struct

from ..adapters import github
from ..kit import prepare
from ..markers import Markers
from ..model import Review
from ..ports import Plan, PullRequest, Shown
from ..render import checks, comments, verdict
from ..render.markup import fence
from ..service import Options, review
from ..strict import Mistake
from .judging import judging

#: Comments beside lines at most, the most severe first; the rest stands in the summary.
MOST_BESIDE: Final = 10
#: What a check says where the review could not be whole. GitHub counts `neutral` as passing.
_SHORT_OF_WHOLE: Final = "neutral"


def judge(client: github.Client, pull: PullRequest, markers: Markers, most: int = MOST_BESIDE) -> tuple[Review, Plan]:
    """The review of a pull request, and at most `most` comments of their own for it. Raises GitHubError, Mistake."""
    change = github.read_change(client, pull)
    kit = prepare(github.BaseSources(client, pull))
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    request = {"command": "review", "repository": pull.repository, "number": pull.number, "today": today}
    result = review(change, kit, Options(today, time.monotonic, request=request), judging(kit.engine))
    return result, comments.plan(result, change, most, markers)


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


def write(
    client: github.Client,
    me: github.Author,
    pull: PullRequest,
    markers: Markers,
    result: Review,
    plan: Plan,
    lag: float = 0.0,
) -> Posted:
    """Bring a pull request up to this review; called again, with a `lag` as `Desk` has it, it goes on where it was. Raises GitHubError."""
    desk = github.Desk(client, me, pull, markers, lag)
    beside = github.write_beside(desk, plan.comments)
    on_files = github.write_on_files(desk, plan.comments, beside.refused)
    answered = answer(desk, result, beside)
    return Posted(beside, on_files, answered, sum_up(desk, result, plan, (beside, on_files), answered))


def answer(desk: github.Desk, result: Review, beside: github.Written) -> github.Answered:
    """Answer what is fixed, after the comments are written. Raises GitHubError."""
    fresh = frozenset(f.fingerprint for f in result.shown) - frozenset(beside.there)
    return github.answer_fixed(desk, partial(comments.answer, result, desk.markers, fresh))


def sum_up(
    desk: github.Desk, result: Review, plan: Plan, written: Iterable[github.Written], answered: github.Answered
) -> github.SummedUp:
    """Write the summary, by what the steps before have done. Raises GitHubError."""
    told = frozenset(f for step in written for f in (*step.there, *step.written))
    return github.sum_up(desk, comments.summary(result, desk.markers, told, plan.over, len(answered.fixed)))


def conclusion(result: Review) -> str:
    """What the check says: failure at the repository's threshold, never success for what was not read whole."""
    if verdict.exit_code(result, None, strict=False) == 1:
        return "failure"
    return "success" if result.verdict == "complete" else _SHORT_OF_WHOLE


def words(result: Review, posted: Posted) -> tuple[str, str, Shown]:
    """The check's title and text, and what it shows besides."""
    return checks.words(result, posted.summary.address)


def told(mistake: Mistake) -> str:
    """A mistake in the settings of the base branch, for those who can mend it."""
    return "\n".join(["The base branch has settings that are not understood:", "", *fence(str(mistake))])
