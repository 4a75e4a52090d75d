"""The check that stands on a commit: begun once, ended always."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import requests
from github import Github, GithubException
from github.CheckRun import CheckRun

from ...events import check_id, group_id
from ...ports import Annotation, Begun, Button, PullRequest, Shown
from .client import in_words
from .threads import LAG, is_lost, is_refused, until

NAME: Final = "Mainstay"
#: GitHub takes 65,535 characters of a check's text, 50 annotations a request, which it adds to those there, and 3 buttons:
#: https://docs.github.com/en/rest/checks/runs#update-a-check-run
_MOST: Final = 65_000
_LONGEST_TITLE: Final = 250
_AT_ONCE: Final = 50
_NOTHING: Final = Shown()
_UNKNOWN: Final = Begun()


def begin(
    client: Github,
    pull: PullRequest,
    status: Literal["queued", "in_progress"] = "in_progress",
    begun: Begun = _UNKNOWN,
) -> int:
    """Say that the review of this head waits, or is under way, and give the check's id. Raises GitHubError.

    Without the number of a check, the list is asked for one, for `begun.lag` seconds. A check that has ended stays so: asked for again,
    there is another.
    """
    with in_words():
        if begun.number and _is_set(client, pull, begun.number, status):
            return begun.number
        standing = _waited_for(client, pull, begun.lag)
        if standing is None:
            return _create(client, pull, status)
        if status == "in_progress" and standing.status == "queued":
            standing.edit(status=status)
        return standing.id


def end(
    client: Github,
    pull: PullRequest,
    conclusion: str,
    title: str,
    text: str,
    shown: Shown = _NOTHING,
    begun: Begun = _UNKNOWN,
) -> None:
    """End the check with `success`, `failure`, `neutral`, `action_required` or `skipped`. Raises GitHubError.

    Without the number of the check, the list is asked for it, for `begun.lag` seconds at most. GitHub adds the annotations of each
    request to those before: how many stand there is read first, and after each request whose answer is lost. Called again with the
    same ones, in the same order, it writes what is missing.
    """
    output = {"title": _cut(title, _LONGEST_TITLE), "summary": _cut(text, _MOST)}
    asked = [_as_asked(annotation) for annotation in shown.annotations]
    with in_words():
        runs = _listed(client, pull, 0.0 if begun.number else begun.lag)
        number = begun.number or (runs[-1].id if runs else _create(client, pull, "in_progress"))
        done = _annotated(client, pull, number, len(asked), begun.lag) if asked else 0
        while len(asked) - done > _AT_ONCE:
            part, done = asked[done : done + _AT_ONCE], done + _AT_ONCE
            _edit(client, pull, number, done, {"output": output | {"annotations": part}})
        last = {"annotations": asked[done:]} if asked[done:] else {}
        ended = {"status": "completed", "conclusion": conclusion, "output": output | last}
        offered = {"actions": [_button(button) for button in shown.buttons]} if shown.buttons else {}
        _edit(client, pull, number, len(asked), ended | offered)
        for stray in runs:  # begun twice, because GitHub's list did not show the first yet
            if stray.id != number and stray.status != "completed":
                stray.edit(status="completed", conclusion=conclusion, output=output)


def _edit(client: Github, pull: PullRequest, number: int, count: int, asked: dict[str, Any]) -> None:
    """Write to a check, once: with it, `count` annotations stand there, and it has the status asked for."""
    try:
        _run(client, pull, number).edit(**asked)
    except (GithubException, requests.RequestException) as trouble:

        def is_written() -> bool:
            run = _run(client, pull, number)
            return (run.output.annotations_count or 0) >= count and run.status == asked.get("status", run.status)

        if not is_lost(trouble) or not until(is_written, LAG):
            raise


def _annotated(client: Github, pull: PullRequest, number: int, most: int, lag: float) -> int:
    """How many annotations the check has; while fewer than `most`, it may be that the newest are not told yet."""
    counts = [0]

    def are_there() -> bool:
        counts.append(_run(client, pull, number).output.annotations_count or 0)
        return counts[-1] >= most

    until(are_there, lag)
    return max(counts)


def _create(client: Github, pull: PullRequest, status: str) -> int:
    """Begin a check, once; the id of the one that stands there then."""
    try:
        return (
            client.get_repo(pull.repository)
            .create_check_run(name=NAME, head_sha=pull.head, status=status, external_id=_id(pull))
            .id
        )
    except (GithubException, requests.RequestException) as trouble:
        standing = _waited_for(client, pull, LAG) if is_lost(trouble) else None
        if standing is None:
            raise
        return standing.id


def _is_set(client: Github, pull: PullRequest, number: int, status: str) -> bool:
    """Give a check another status, False where GitHub says that this can't be."""
    try:
        _run(client, pull, number).edit(status=status)
    except GithubException as trouble:
        if is_refused(trouble):
            return False
        raise
    return True


def _waited_for(client: Github, pull: PullRequest, seconds: float) -> CheckRun | None:
    """Our newest check on this head that has not ended, as soon as the list shows one, or None after these seconds."""
    found = _listed(client, pull, seconds, lambda run: run.status != "completed")
    return found[-1] if found else None


def _listed(
    client: Github, pull: PullRequest, seconds: float, fits: Callable[[CheckRun], bool] = lambda _: True
) -> list[CheckRun]:
    """Our checks on this head that fit, as soon as the list shows one, or none after these seconds."""
    found: list[CheckRun] = []

    def is_there() -> bool:
        found[:] = [run for run in _own(client, pull) if fits(run)]
        return bool(found)

    until(is_there, seconds)
    return found


def _own(client: Github, pull: PullRequest) -> list[CheckRun]:
    """Our checks on this head for this pull request, oldest first."""
    runs = client.get_repo(pull.repository).get_commit(pull.head).get_check_runs(check_name=NAME, filter="all")
    return sorted((r for r in runs if r.external_id == _id(pull)), key=lambda run: run.id)


def _id(pull: PullRequest) -> str:
    """What the check says in its hidden field."""
    return check_id(pull.number, pull.head) if pull.number else group_id(pull.base, pull.head)


def _run(client: Github, pull: PullRequest, number: int) -> CheckRun:
    return client.get_repo(pull.repository).get_check_run(number)


def _as_asked(annotation: Annotation) -> dict[str, Any]:
    return {
        "path": annotation.path,
        "start_line": annotation.start_line,
        "end_line": annotation.end_line,
        "annotation_level": annotation.level,
        "title": annotation.title,
        "message": annotation.message,
    }


def _button(button: Button) -> dict[str, str]:
    return {"identifier": button.id, "label": button.label, "description": button.does}


def _cut(text: str, most: int) -> str:
    """The text where it fits, else its beginning and a word about the rest."""
    if len(text) <= most:
        return text
    word = f" … (and {len(text) - most} characters more)"
    return text[: most - len(word)] + word
