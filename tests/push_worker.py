"""A worker of the pre-push hook whose judgement is made up: `python -m tests.push_worker KIND`.

Each judges every range by its KIND; the review names the files that it was given, so that a test sees what was judged.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.entry.push import work
from bot.model import ChangeSet, Review

from .reviews import a_finding, a_review

CALLS = "PUSH_WORKER_CALLS"


def clean(change: ChangeSet, _back: float) -> Review:
    return a_review(problems=tuple(f"{file.status} {file.path}: {file.after}" for file in change.files))


def finding(change: ChangeSet, back: float) -> Review:
    return a_review(a_finding(), problems=clean(change, back).problems)


def below(change: ChangeSet, back: float) -> Review:
    return a_review(a_finding("info"), problems=clean(change, back).problems)


def cut_short(_change: ChangeSet, back: float) -> Review:
    left = f"{back - time.monotonic():.0f} s were left"
    return a_review(a_finding(), verdict="partial", reasons=("the time was used up",), problems=(left,))


def stuck(_change: ChangeSet, _back: float) -> Review:
    return a_review(
        problems=(str(sum(range(10**15))),)
    )  # one call in C, which no signal and no other thread interrupts


def stuck_at_second(change: ChangeSet, back: float) -> Review:
    return stuck(change, back) if any(file.path == "second.py" for file in change.files) else finding(change, back)


def broken(_change: ChangeSet, _back: float) -> Review:
    raise ValueError("boom \x1b[31m")


def broken_at_second(change: ChangeSet, back: float) -> Review:
    return broken(change, back) if any(file.path == "second.py" for file in change.files) else clean(change, back)


def killed(_change: ChangeSet, _back: float) -> Review:
    sys.stderr.write("a grammar crashed\n")
    sys.stderr.flush()
    os._exit(9)


def chatty(change: ChangeSet, back: float) -> Review:
    sys.stdout.write("hello\n")
    return clean(change, back)


def unread(_change: ChangeSet, _back: float) -> Review:
    return a_review(verdict="not reviewed", reasons=("no grammar",))


_KINDS = (clean, finding, below, cut_short, stuck, stuck_at_second, broken, broken_at_second, killed, chatty, unread)
KINDS: dict[str, Callable[[ChangeSet, float], Review]] = {kind.__name__: kind for kind in _KINDS}


def counted(change: ChangeSet, back: float) -> Review:
    if calls := os.environ.get(CALLS):
        with Path(calls).open("a", encoding="utf-8") as file:
            file.write(f"{change.head}\n")
    return KINDS[sys.argv[1]](change, back)


def render(review: Review) -> str:
    return "\n".join([*review.problems, *review.reasons, f"verdict: {review.verdict}"]) + "\n"


if __name__ == "__main__":
    work(sys.stdin, sys.stdout, counted, render)
