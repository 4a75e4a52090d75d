"""Writes a review to a pull request: new comments beside their lines, once each, and one comment that sums it up.

What was written before is read first, by author and marker; what GitHub refuses beside a line goes into the summary; when the
answer to a write is lost, what landed is read back before anything is written again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

import requests
from github import Github, GithubException
from github.IssueComment import IssueComment
from github.PullRequest import PullRequest as Pull
from msgspec import Struct

from ...markers import Markers
from ...ports import Comment, PullRequest
from .client import GitHubError, in_words

#: Asks which findings stand beside their lines by now.
_Standing = Callable[[], frozenset[str]]

#: Seconds by which GitHub's lists may lag behind what was written.
LAG: Final = 6.0
_LOOKS_EVERY: Final = 1.0
_REFUSED: Final = 422
_SERVERS_FAULT: Final = 500


Comments = Sequence[Comment]


class Posted(Struct, frozen=True):
    """What stands in the pull request now: fingerprints of the comments written, of those there before, and of those refused."""

    written: tuple[str, ...]
    there: tuple[str, ...]
    refused: tuple[str, ...]
    summary: str


def own_account(client: Github) -> int:
    """The id of the account whose token the client has. Raises GitHubError."""
    with in_words():
        return client.get_user().id


def publish(
    client: Github,
    me: int,
    pull: PullRequest,
    markers: Markers,
    comments: Comments,
    summary: Callable[[frozenset[str]], str],
) -> Posted:
    """Bring a pull request up to this review, as the account `me`; called again, it goes on where it was.

    `summary` gives the text of the summing comment for the fingerprints that stand beside their lines. Raises GitHubError.
    """
    with in_words():
        home = client.get_repo(pull.repository)
        there = home.get_pull(pull.number)
        if there.head.sha != pull.head:
            raise GitHubError(f"The pull request has moved on to {there.head.sha[:12]}", "Review it again.")
        before = _fingerprints(there, me, markers)
        wanted = [c for c in comments if c.fingerprint not in before]
        after = before | _write(there, home.get_commit(pull.head), wanted, partial(_fingerprints, there, me, markers))
        address = _sum_up(there, summary(after), me, markers)
    written = tuple(c.fingerprint for c in wanted if c.fingerprint in after)
    refused = tuple(c.fingerprint for c in wanted if c.fingerprint not in after)
    return Posted(written, tuple(sorted(before)), refused, address)


def _fingerprints(pull: Pull, me: int, markers: Markers) -> frozenset[str]:
    """The findings that our own comments beside lines tell already."""
    own = (c.body or "" for c in pull.get_review_comments() if c.user.id == me)
    return frozenset(value for body in own if (value := markers.read(body, "finding")))


def _write(pull: Pull, commit: Any, comments: Comments, standing: _Standing) -> frozenset[str]:
    """Write the comments as one review; where GitHub refuses it, one by one; where the answer is lost, what is missing.

    The fingerprints of those that stand there then: GitHub's lists lag behind, so what it has confirmed is not asked for.
    """
    if not comments:
        return frozenset()
    wanted = frozenset(c.fingerprint for c in comments)
    try:
        pull.create_review(commit=commit, body="", event="COMMENT", comments=[_as_asked(c) for c in comments])
    except (GithubException, requests.RequestException) as trouble:
        if _is_refused(trouble):
            landed: frozenset[str] = frozenset()
        elif _is_lost(trouble):
            landed = wanted & _when_landed(standing, wanted)
        else:
            raise
        return landed | _write_each(pull, commit, [c for c in comments if c.fingerprint not in landed])
    return wanted


def _write_each(pull: Pull, commit: Any, comments: Iterable[Comment]) -> frozenset[str]:
    """Write each comment on its own; what GitHub refuses is left to the summary."""
    written = set()
    for comment in comments:
        try:
            pull.create_review_comment(commit=commit, **_as_asked(comment))
        except GithubException as refused:
            if not _is_refused(refused):
                raise
        else:
            written.add(comment.fingerprint)
    return frozenset(written)


def _is_refused(trouble: Exception) -> bool:
    return isinstance(trouble, GithubException) and trouble.status == _REFUSED


def _is_lost(trouble: Exception) -> bool:
    """True where a write may have been done all the same: GitHub broke down over it, or its answer never came."""
    return not isinstance(trouble, GithubException) or trouble.status >= _SERVERS_FAULT


def _when_landed(standing: _Standing, wanted: frozenset[str]) -> frozenset[str]:
    """What stands there as soon as all that is wanted does, or when GitHub's lists have had the time to catch up."""
    until = time.monotonic() + LAG
    while not wanted <= (there := standing()) and time.monotonic() < until:
        time.sleep(_LOOKS_EVERY)
    return there


def _as_asked(comment: Comment) -> Any:
    """A comment as GitHub's interface takes it."""
    side = "RIGHT" if comment.side == "after" else "LEFT"
    asked: dict[str, Any] = {"path": comment.path, "line": comment.line, "side": side, "body": comment.body}
    if comment.start_line != comment.line:
        asked |= {"start_line": comment.start_line, "start_side": side}
    return asked


def _sum_up(pull: Pull, body: str, me: int, markers: Markers) -> str:
    """Write or rewrite the one comment that sums up, and give its address."""

    def own() -> list[IssueComment]:
        said = (c for c in pull.get_issue_comments() if c.user.id == me)
        return [c for c in said if markers.read(c.body or "", "summary") is not None]

    standing = own()
    if not standing:
        try:
            return pull.create_issue_comment(body).html_url
        except (GithubException, requests.RequestException) as trouble:
            if not _is_lost(trouble) or not _when_landed(lambda: frozenset(["it"] * len(own())), frozenset(["it"])):
                raise
            standing = own()
    if standing[0].body != body:
        standing[0].edit(body)
    return standing[0].html_url
