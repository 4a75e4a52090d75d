"""Writes a review to a pull request, in steps: comments beside lines, comments on files, answers to what is fixed, one summary.

Each step reads first what stands there, writes what is missing and gives back ids, fingerprints and counts alone: called again after a
crash, it goes on where it was. What GitHub refuses is handed on, never dropped with the rest; when the answer to a write is lost, what
landed is read back before anything is written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import requests
from github import GithubException
from msgspec import Struct, field
from msgspec.structs import replace

from ...ports import Comment, Ending, Told
from .client import in_words
from .resolving import resolve
from .threads import LAG, Desk, Said, is_lost, is_refused, landed, look, suggested, summaries, threads

#: The answer to a thread whose finding is gone, None where the thread goes on; told with it are the findings known from earlier heads.
Answer = Callable[[Told, frozenset[str]], Ending | None]


class Written(Struct, frozen=True):
    """Fingerprints of the comments that this step found missing and that stand there now, of those there before, of those refused."""

    written: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class Answered(Struct, frozen=True):
    """Fingerprints: what stands answered, now or since an earlier head, as `fixed` or as `replaced`.

    Of what was answered at this head: what is `resolved`, and what is left open because people wrote there (`discussed`).
    `may_resolve` is False where GitHub forbids us to resolve. `threads` are all of ours that GitHub lists: by fingerprint, the id of the
    first comment.
    """

    fixed: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    discussed: tuple[str, ...] = ()
    may_resolve: bool = True
    threads: Mapping[str, int] = field(default_factory=dict)


class SummedUp(Struct, frozen=True):
    """The comment that sums up: its id, and its address for people."""

    id: int
    address: str


# --- comments ------------------------------------------------------------------------------------------------------


def write_beside(desk: Desk, comments: Sequence[Comment]) -> Written:
    """Write what is missing of the comments beside lines, as one review; where that is refused, one by one. Raises GitHubError."""
    return _write_missing(desk, [c for c in comments if c.line], partial(_told_now, desk))


def write_suggestions(desk: Desk, comments: Sequence[Comment]) -> Written:
    """Write what is missing of the suggestions that stand on lines of their own, as `write_beside` does. Raises GitHubError."""
    return _write_missing(desk, comments, partial(suggested, desk)) if comments else Written()


def _write_missing(desk: Desk, beside: Sequence[Comment], standing: Callable[[], frozenset[str]]) -> Written:
    with in_words():
        look(desk)
        before = landed(standing, frozenset(c.fingerprint for c in beside), desk.lag)
        missing = [c for c in beside if c.fingerprint not in before]
        after = _write_review(desk, missing, standing) if missing else frozenset()
        return _result(missing, before, after)


def write_on_files(desk: Desk, comments: Sequence[Comment], refused: Sequence[str]) -> Written:
    """Write on their files what is missing of the comments that have no line, or were refused beside it. Raises GitHubError.

    A comment on a file needs a call of its own: `subject_type` is none of what a review's comments may have
    (https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request).
    """
    on_files = [c for c in comments if not c.line or c.fingerprint in refused]
    if not on_files:
        return Written()
    with in_words():
        look(desk)
        standing = partial(_told_now, desk)
        before = landed(standing, frozenset(c.fingerprint for c in on_files), desk.lag)
        missing = [c for c in on_files if c.fingerprint not in before]
        asked = ((c, {"body": c.on_file, "path": c.path, "subject_type": "file"}) for c in missing)
        return _result(missing, before, _write_each(desk, asked, standing))


def _result(missing: Iterable[Comment], before: frozenset[str], after: frozenset[str]) -> Written:
    wanted = [c.fingerprint for c in missing]
    return Written(
        tuple(f for f in wanted if f in after), tuple(sorted(before)), tuple(f for f in wanted if f not in after)
    )


def _told_now(desk: Desk) -> frozenset[str]:
    """The findings that are told in threads which we have not ended."""
    return frozenset(t.fingerprint for t in threads(desk) if not t.ended)


def _write_review(desk: Desk, comments: Sequence[Comment], standing: Callable[[], frozenset[str]]) -> frozenset[str]:
    """Write the comments as one review; where GitHub refuses it, one by one; where the answer is lost, what is missing.

    The fingerprints of those that stand there then: GitHub's lists lag behind, so what it has confirmed is not asked for.
    """
    wanted = frozenset(c.fingerprint for c in comments)
    review = {
        "commit_id": desk.pull.head,
        "body": "",
        "event": "COMMENT",
        "comments": [_beside(c) for c in comments],
    }
    done: frozenset[str] = frozenset()
    try:
        _post(desk, "reviews", review)
    except (GithubException, requests.RequestException) as trouble:
        if is_lost(trouble):
            done = wanted & landed(standing, wanted, LAG)
        elif not is_refused(trouble):
            raise
    else:
        return wanted
    rest = ((c, _beside(c)) for c in comments if c.fingerprint not in done)
    return done | _write_each(desk, rest, standing)


def _write_each(
    desk: Desk, asked: Iterable[tuple[Comment, dict[str, Any]]], standing: Callable[[], frozenset[str]]
) -> frozenset[str]:
    """Write each comment on its own, and give the fingerprints of those that GitHub took."""
    written = set()
    for comment, body in asked:
        this = frozenset([comment.fingerprint])
        try:
            _post(desk, "comments", body | {"commit_id": desk.pull.head})
        except (GithubException, requests.RequestException) as trouble:
            if is_refused(trouble):
                continue
            if not is_lost(trouble) or not this & landed(standing, this, LAG):
                raise
        written.add(comment.fingerprint)
    return frozenset(written)


def _beside(comment: Comment) -> dict[str, Any]:
    """A comment beside its lines as GitHub's interface takes it."""
    side = "RIGHT" if comment.side == "after" else "LEFT"
    asked: dict[str, Any] = {"path": comment.path, "line": comment.line, "side": side, "body": comment.body}
    if comment.start_line != comment.line:
        asked |= {"start_line": comment.start_line, "start_side": side}
    return asked


def _post(desk: Desk, what: str, asked: dict[str, Any]) -> Any:
    """Send one write below the pull request, once."""
    address = f"{desk.address}/pulls/{desk.pull.number}/{what}"
    return desk.client.requester.requestJsonAndCheck("POST", address, input=asked)[1]


# --- answers -------------------------------------------------------------------------------------------------------


def answer_fixed(desk: Desk, answer: Answer) -> Answered:
    """Answer each open thread once for which `answer` has a text, and resolve what was answered at this head. Raises GitHubError.

    A thread in which a person wrote is left open, and so is every one where GitHub does not let us resolve.
    """
    with in_words():
        look(desk)
        now = threads(desk)
        # By the commit that a thread was begun on and not by what a step found there: one that was tried twice finds its own.
        known = frozenset(t.fingerprint for t in now if not t.ended and t.since != desk.pull.head)
        due = {t.fingerprint: end for t in now if not t.ended and (end := answer(t, known)) is not None}
        if due and desk.lag:
            landed(partial(_ended_now, desk), frozenset(due), desk.lag)
            now = threads(desk)
        after = [_answered(desk, t, due.get(t.fingerprint)) for t in now]
        answered = [t for t in after if t.ended_in == desk.pull.head]
        resolved = resolve(desk, [t for t in answered if not t.discussed])
    return Answered(
        fixed=tuple(t.fingerprint for t in after if t.ended == "fixed"),
        replaced=tuple(t.fingerprint for t in after if t.ended == "replaced"),
        resolved=tuple(t.fingerprint for t in answered if resolved is not None and t.id in resolved),
        discussed=tuple(t.fingerprint for t in answered if t.discussed),
        may_resolve=resolved is not None,
        threads={t.fingerprint: t.id for t in after},
    )


def _ended_now(desk: Desk) -> frozenset[str]:
    return frozenset(t.fingerprint for t in threads(desk) if t.ended)


def _answered(desk: Desk, thread: Told, ending: Ending | None) -> Told:
    """The thread with its answer, written once; where its first comment is deleted meanwhile, there is nothing to answer."""
    if ending is None or thread.ended:
        return thread
    this = frozenset([thread.fingerprint])
    try:
        _post(desk, f"comments/{thread.id}/replies", {"body": ending.body})
    except (GithubException, requests.RequestException) as trouble:
        if is_refused(trouble):
            return thread
        if not is_lost(trouble) or not this <= landed(partial(_ended_now, desk), this, LAG):
            raise
    return replace(thread, ended=ending.kind, ended_in=desk.pull.head)


# --- the summary ---------------------------------------------------------------------------------------------------


def sum_up(desk: Desk, body: str) -> SummedUp:
    """Write or rewrite the one comment that sums up. Raises GitHubError."""
    with in_words():
        look(desk)
        standing = _own_summary(desk, desk.lag)
        if standing is None:
            try:
                address = f"{desk.address}/issues/{desk.pull.number}/comments"
                made = desk.client.requester.requestJsonAndCheck("POST", address, input={"body": body})[1]
                return SummedUp(int(made["id"]), str(made["html_url"]))
            except (GithubException, requests.RequestException) as trouble:
                standing = _own_summary(desk, LAG) if is_lost(trouble) else None
                if standing is None:
                    raise
        if standing.body != body:
            # The same text twice does no harm: a write whose answer is lost is simply made again by whoever calls again.
            address = f"{desk.address}/issues/comments/{standing.id}"
            desk.client.requester.requestJsonAndCheck("PATCH", address, input={"body": body})
        return SummedUp(standing.id, standing.html_url)


def summed_up(desk: Desk) -> str:
    """The comment that sums up as it stands, "" where there is none. Raises GitHubError."""
    with in_words():
        standing = _own_summary(desk, desk.lag)
    return (standing.body or "") if standing else ""


def _own_summary(desk: Desk, seconds: float) -> Said | None:
    """The oldest comment of ours that sums up, waited for so long."""
    found: list[Said] = []

    def standing() -> frozenset[str]:
        found[:] = summaries(desk)[:1]
        return frozenset("it" for _ in found)

    landed(standing, frozenset(["it"]), seconds)
    return found[0] if found else None
