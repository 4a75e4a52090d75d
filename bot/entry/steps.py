"""The last door of a job's steps: what goes wrong in one is told in the log, and kept as a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import structlog

from ..adapters import github
from ..adapters.jobs import Job, Kind, Later, Useless
from ..adapters.jobs.worker import Work
from ..ports import Begun
from . import journal

#: Refusals that may be others the next time: for the sake of a token, or of a limit.
_MAY_CHANGE: Final = (401, 429)
_log: Final = structlog.get_logger("mainstay")


class StepFailed(Exception):
    """A step has failed. It is kept in the database, so it says of what kind and nothing else."""


def guarded(
    arrive: Callable[[Job], Job],
    steps: Sequence[tuple[str, Work]],
    replaced: Callable[[Job], Any],
    failed: Callable[[Job, str], None],
) -> Kind:
    """A kind of job of whose faults nothing but a word is kept."""
    told = tuple((name, _told(work)) for name, work in steps)
    return Kind(_told(arrive), told, _told(replaced), _told(failed))


def nothing(_job: Job) -> Job:
    """What a kind of job does where there is nothing to do."""
    return {}


def begun(job: Job) -> Begun:
    """The check that the job's arrival has put on the head; where that failed, it has to be looked for."""
    return Begun(int(job.get("arrived", {}).get("check", 0)), github.LAG)


@contextmanager
def if_anybody(job: Job) -> Iterator[None]:
    """Tell how a job has ended, where GitHub does not refuse that: then nobody is left to be told, and it is not tried again."""
    try:
        yield
    except github.GitHubError as refused:
        if not 400 <= refused.status < 500 or refused.status in _MAY_CHANGE:
            raise
        _log.warning("nobody was told", pull=job["key"], job=job["id"], fault=refused.title)


def _told(work: Callable[..., Any]) -> Callable[..., Any]:
    def step(job: Job, *more: Any) -> Any:
        try:
            return work(job, *more)
        except github.RateLimited as limited:
            raise Later(limited.seconds) from None
        except github.Gone as gone:
            raise Useless(gone.title) from None
        except Exception as fault:  # noqa: BLE001 - any fault is told, and the step tried again
            raise _in_a_word(job, fault) from None

    return step


def _in_a_word(job: Job, fault: Exception) -> Exception:
    """What is raised instead of a fault, whose own text may quote anybody's code."""
    if isinstance(fault, (Later, Useless)):
        return fault
    word = journal.word(fault)
    _log.warning("step failed", pull=job["key"], job=job["id"], fault=word)
    return StepFailed(word)
