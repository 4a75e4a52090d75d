"""One pull request on its way through the road: read, reviewed and, where that is asked for, written to. Imports PyGithub."""

from __future__ import annotations

import datetime as dt
import time
from functools import partial
from typing import Final

from msgspec import Struct

from ..adapters import github
from ..kit import Kit
from ..markers import Markers
from ..model import ChangeSet, Review
from ..ports import PullRequest
from ..render import verdict
from ..render.comments import beside, summary
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
    comments: github.Comments


def make(pull: PullRequest, change: ChangeSet, kit: Kit, markers: Markers, judging: Judging) -> Made:
    """Review the change of a pull request."""
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    request = {"command": "review", "repository": pull.repository, "number": pull.number, "today": today}
    result = review(change, kit, Options(today, time.monotonic, request=request), judging)
    return Made(pull, result, markers, beside(result, {f.path: f.hunks for f in change.files}, MOST_BESIDE, markers))


def write(client: github.Client, me: int, made: Made) -> github.Posted:
    """Write a review to its pull request as the account `me`. Raises GitHubError."""
    return github.publish(
        client, me, made.pull, made.markers, made.comments, partial(summary, made.review, made.markers)
    )


def conclusion(result: Review) -> str:
    """What the check says: failure at the repository's threshold, never success for what was not read whole."""
    if verdict.exit_code(result, None, strict=False) == 1:
        return "failure"
    return "success" if result.verdict == "complete" else _SHORT_OF_WHOLE


def words(result: Review, address: str) -> tuple[str, str]:
    """The check's title and text; the review is summed up at `address`."""
    return verdict.line(result), f"The review stands in the pull request: {address}"


def told(mistake: Mistake) -> str:
    """A mistake in the settings of the base branch, for those who can mend it."""
    return "\n".join(["The base branch has settings that are not understood:", "", *fence(str(mistake))])
