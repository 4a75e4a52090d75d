"""What deliveries ask for as jobs: of which kind, in turn with which others, and when one replaces another."""

from __future__ import annotations

from typing import Final

import msgspec

from .. import triggers
from ..adapters.jobs import Wanted
from ..events import Asked, GroupAsked, LookAsked, PullAsked, SuiteAsked
from ..triggers import Skip

#: The kinds of jobs: reviews a pull request; asks GitHub first whether something is to be done; finds out whose checks stand on a commit;
#: gives a merge group its check.
REVIEW: Final = "review"
LOOK: Final = "look"
SUITE: Final = "suite"
GROUP: Final = "group"
#: What stops a review under way, by GitHub's word for it.
_STOPPED: Final = {"closed": triggers.CLOSED, "converted_to_draft": triggers.DRAFT}


def wanted(asked: Asked, settle: float = 0.0) -> Wanted:
    """The job for what is asked for; the same head is the same job, unless it is asked for again."""
    job = msgspec.to_builtins(asked)
    if isinstance(asked, PullAsked):
        waits = 0.0 if asked.stops or asked.by_hand else settle
        return Wanted(REVIEW, f"{asked.repository}#{asked.number}", f"{asked.head}{_special(asked)}", job, waits)
    if isinstance(asked, LookAsked):  # each in turn with nobody: none may be lost over another, nor stop a review
        again = asked.pull.again
        return Wanted(LOOK, f"{asked.pull.repository}#{asked.pull.number}~{asked.on}-{again}", again, job)
    if isinstance(asked, SuiteAsked):
        return Wanted(SUITE, f"{asked.repository}@{asked.head}~suite", asked.again, job)
    return Wanted(GROUP, _group(asked), f"{asked.head}~{asked.again}", job)


def replaced_by(version: str, head: str) -> Skip | None:
    """Why the review of a head ended that a job with this version has replaced; None where that reviews the same head, and ends its check.

    A check that is ended in between would let the pull request pass for a moment.
    """
    newest, _, special = version.partition("~")
    for why, skip in _STOPPED.items():
        if special.startswith(f"{why}-"):
            return skip
    return triggers.superseded(newest) if newest != head else None


def _special(asked: PullAsked) -> str:
    if asked.stops:
        return f"~{asked.why}-{asked.again}"
    return f"~again-{asked.again}" if asked.again else "~draft" if asked.draft else ""


def _group(asked: GroupAsked) -> str:
    return f"{asked.repository}@{asked.head}"
