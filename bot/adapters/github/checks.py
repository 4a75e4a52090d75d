"""The check that stands on a commit: begun once, ended always."""

from __future__ import annotations

from typing import Any, Final

from github import Github
from github.CheckRun import CheckRun

from ...events import check_id
from ...ports import PullRequest
from .client import in_words

NAME: Final = "Mainstay"
#: GitHub takes so many characters of a check's text.
_MOST: Final = 65_000


def queue(client: Github, pull: PullRequest) -> None:
    """Say that this head will be reviewed. Raises GitHubError."""
    with in_words():
        _stand(client, pull, "queued")


def begin(client: Github, pull: PullRequest) -> None:
    """Say that the review of this head is under way. Raises GitHubError."""
    with in_words():
        standing = _stand(client, pull, "in_progress")
        if standing.status == "queued":
            standing.edit(status="in_progress")


def _stand(client: Github, pull: PullRequest, status: str) -> CheckRun:
    """Our check on this head; one that has ended stays so: asked for again, there is another."""
    standing = _standing(client, pull)
    if standing is not None and standing.status != "completed":
        return standing
    return client.get_repo(pull.repository).create_check_run(
        name=NAME, head_sha=pull.head, status=status, external_id=check_id(pull.number, pull.head)
    )


def end(client: Github, pull: PullRequest, conclusion: str, title: str, text: str) -> None:
    """End the check with `success`, `failure`, `neutral`, `action_required` or `skipped`. Raises GitHubError."""
    output: dict[str, Any] = {"title": title, "summary": text[:_MOST]}
    with in_words():
        standing = _standing(client, pull)
        if standing is not None:
            standing.edit(status="completed", conclusion=conclusion, output=output)
            return
        client.get_repo(pull.repository).create_check_run(
            name=NAME,
            head_sha=pull.head,
            status="completed",
            conclusion=conclusion,
            external_id=check_id(pull.number, pull.head),
            output=output,
        )


def _standing(client: Github, pull: PullRequest) -> CheckRun | None:
    """Our newest check on this head for this pull request, None when there is none."""
    runs = client.get_repo(pull.repository).get_commit(pull.head).get_check_runs(check_name=NAME)
    own = (run for run in runs if run.external_id == check_id(pull.number, pull.head))
    return max(own, key=lambda run: run.id, default=None)
