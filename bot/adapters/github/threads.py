"""What stands in a pull request already: its threads and its conversation, as far as they are ours.

Read as plain data and not by PyGithub's objects, which ask once more for each comment that lacks a field, and know nothing of the App
that wrote one (`performed_via_github_app`: https://docs.github.com/en/rest/issues/comments).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec
import requests
from github import Github, GithubException
from msgspec import Struct
from msgspec.structs import replace

from ...markers import Markers
from ...ports import PullRequest, Told
from .client import PAGE, in_words
from .trouble import GitHubError

#: Seconds by which GitHub's lists may lag behind what was written.
LAG: Final = 6.0
_LOOKS_EVERY: Final = 0.5
_REFUSED: Final = (404, 422)
_SUGGESTION: Final = re.compile(r"^`{3,}suggestion$", re.MULTILINE)
_SERVERS_FAULT: Final = 500
_ENDS: Final[tuple[Literal["fixed", "replaced"], ...]] = ("fixed", "replaced")


class Author(Struct, frozen=True):
    """Who writes: an account, and the App that it belongs to (0 for a person's token)."""

    account: int
    app: int = 0


class Desk(Struct, frozen=True):
    """Where is written, as whom, and by which markers it is known again.

    `lag` are the seconds for which GitHub's lists may still be behind what was written before: `LAG` where an attempt at the same
    may have ended a moment ago, 0 for a first one. Only what seems to be missing is waited for.
    """

    client: Github
    me: Author
    pull: PullRequest
    markers: Markers
    lag: float = 0.0

    @property
    def address(self) -> str:
        """The repository, as the interface names it."""
        return f"/repos/{self.pull.repository}"


class _Id(Struct):
    id: int
    type: str = "User"


class Said(Struct):
    """A comment, as GitHub lists it."""

    id: int
    user: _Id | None = None
    body: str | None = None
    html_url: str = ""
    in_reply_to_id: int | None = None
    path: str = ""
    original_commit_id: str | None = None
    performed_via_github_app: _Id | None = None

    def is_by(self, me: Author) -> bool:
        """True for a comment by our account; where GitHub says by which App it was written, that must be ours."""
        app = self.performed_via_github_app
        by_another = me.app != 0 and app is not None and app.id != me.app
        return self.user is not None and self.user.id == me.account and not by_another


def own_account(client: Github) -> Author:
    """The account whose token the client has. Raises GitHubError."""
    with in_words():
        return Author(client.get_user().id)


def look(desk: Desk) -> None:
    """See that the pull request still stands at the head that was reviewed. Raises GitHubError."""
    head = desk.client.get_repo(desk.pull.repository).get_pull(desk.pull.number).head.sha
    if head != desk.pull.head:
        raise GitHubError(f"The pull request has moved on to {head[:12]}", "Review it again.")


def threads(desk: Desk) -> tuple[Told, ...]:
    """The newest of our threads for each finding, in the order in which they were begun."""
    said = sorted(_listed(desk, f"{desk.address}/pulls/{desk.pull.number}/comments"), key=lambda s: s.id)
    answers: dict[int, list[Said]] = {}
    for answer in said:
        if answer.in_reply_to_id is not None:
            answers.setdefault(answer.in_reply_to_id, []).append(answer)
    roots = (s for s in said if s.in_reply_to_id is None)
    found = {t.fingerprint: t for root in roots if (t := _told(desk, root, answers.get(root.id, []))) is not None}
    return tuple(sorted(found.values(), key=lambda t: t.id))


def suggested(desk: Desk) -> frozenset[str]:
    """The findings whose fixes stand in suggestions of ours, in the comment on the finding or one of their own."""
    said = _listed(desk, f"{desk.address}/pulls/{desk.pull.number}/comments")
    bodies = [s.body or "" for s in said if s.is_by(desk.me)]
    marks = [desk.markers.read(body, "suggestion") for body in bodies]
    marks += [desk.markers.read(body, "finding") for body in bodies if _SUGGESTION.search(body)]
    return frozenset(mark.fingerprint for mark in marks if mark is not None)


def summaries(desk: Desk) -> list[Said]:
    """Our comments in the conversation that sum up, oldest first: one, if nothing went wrong."""
    said = _listed(desk, f"{desk.address}/issues/{desk.pull.number}/comments")
    own = [s for s in said if s.is_by(desk.me) and desk.markers.read(s.body or "", "summary") is not None]
    return sorted(own, key=lambda s: s.id)


def landed(standing: Callable[[], frozenset[str]], wanted: frozenset[str], seconds: float) -> frozenset[str]:
    """What stands there as soon as all that is wanted does, or when GitHub's lists have had these seconds to catch up."""
    there: frozenset[str] = frozenset()

    def are_there() -> bool:
        nonlocal there
        there = standing()
        return wanted <= there

    until(are_there, seconds)
    return there


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Look until something holds or these seconds are over, once at least; whether it held."""
    end = time.monotonic() + seconds
    while not (held := true()) and time.monotonic() < end:
        time.sleep(_LOOKS_EVERY)
    return held


def is_refused(trouble: Exception) -> bool:
    """True where GitHub says that this can't be written, now or later."""
    return isinstance(trouble, GithubException) and trouble.status in _REFUSED


def is_lost(trouble: Exception) -> bool:
    """True where a write may have been done all the same: GitHub broke down over it, or its answer never came."""
    if isinstance(trouble, GithubException):
        return trouble.status >= _SERVERS_FAULT
    return isinstance(trouble, requests.RequestException)


def _told(desk: Desk, root: Said, answers: Iterable[Said]) -> Told | None:
    """The thread that a comment of ours about a finding began, None for any other comment."""
    mark = desk.markers.read(root.body or "", "finding") if root.is_by(desk.me) else None
    if mark is None or not mark.fingerprint:
        return None
    told = Told(root.id, mark.fingerprint, mark.state, root.path, root.original_commit_id or "")
    for answer in answers:
        ended = _ended(desk, told, answer)
        if ended is not None:
            told = ended
        elif answer.user is None or answer.user.type != "Bot":
            told = replace(told, discussed=True)
    return told


def _ended(desk: Desk, told: Told, answer: Said) -> Told | None:
    """The thread as this answer of ours ends it, None for any other comment in it."""
    if not answer.is_by(desk.me):
        return None
    for kind in _ENDS:
        mark = desk.markers.read(answer.body or "", kind)
        if mark is not None and mark.fingerprint == told.fingerprint:
            return replace(told, ended=kind, ended_in=mark.state)
    return None


def _listed(desk: Desk, address: str) -> list[Said]:
    """Every comment of a list, page after page."""
    said: list[Said] = []
    page = 1
    while True:
        headers, answer = desk.client.requester.requestJsonAndCheck(
            "GET", address, parameters={"per_page": PAGE, "page": page}
        )
        said += msgspec.convert(answer, list[Said])
        if 'rel="next"' not in str(headers.get("link", "")):
            return said
        page += 1
