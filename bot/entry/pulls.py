"""One pull request on its way through the road: read, reviewed and, where that is asked for, written to. Imports PyGithub."""

from __future__ import annotations

import datetime as dt
import time
from functools import partial
from typing import Final

from ..adapters import github
from ..kit import prepare
from ..markers import Markers
from ..model import Review
from ..ports import PullRequest
from ..render import verdict
from ..render.comments import beside, summary
from ..render.markup import fence
from ..service import Options, review
from ..strict import Mistake
from .judging import judging

#: Comments beside lines at most, the most severe first; the rest stands in the summary.
MOST_BESIDE: Final = 10
#: What a check says where the review could not be whole. GitHub counts `neutral` as passing.
_SHORT_OF_WHOLE: Final = "neutral"


def judge(client: github.Client, pull: PullRequest, markers: Markers) -> tuple[Review, github.Comments]:
    """The review of a pull request, and its comments beside lines. Raises GitHubError, Mistake."""
    change = github.read_change(client, pull)
    kit = prepare(github.BaseSources(client, pull))
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    request = {"command": "review", "repository": pull.repository, "number": pull.number, "today": today}
    result = review(change, kit, Options(today, time.monotonic, request=request), judging(kit.engine))
    return result, beside(result, {file.path: file.hunks for file in change.files}, MOST_BESIDE, markers)


def write(
    client: github.Client, me: int, pull: PullRequest, markers: Markers, result: Review, comments: github.Comments
) -> github.Posted:
    """Write a review to its pull request as the account `me`. Raises GitHubError."""
    return github.publish(client, me, pull, markers, comments, partial(summary, result, markers))


def conclusion(result: Review) -> str:
    """What the check says: failure at the repository's threshold, never success for what was not read whole."""
    if verdict.exit_code(result, None, strict=False) == 1:
        return "failure"
    return "success" if result.verdict == "complete" else _SHORT_OF_WHOLE


def words(result: Review, posted: github.Posted) -> tuple[str, str]:
    """The check's title and text."""
    return verdict.line(result), f"The review stands in the pull request: {posted.summary}"


def told(mistake: Mistake) -> str:
    """A mistake in the settings of the base branch, for those who can mend it."""
    return "\n".join(["The base branch has settings that are not understood:", "", *fence(str(mistake))])
