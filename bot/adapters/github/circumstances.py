"""What GitHub says of a pull request besides its change, of who may write to a repository, and of an owner's default settings."""

from __future__ import annotations

import base64
from typing import Any, Final
from urllib.parse import quote

from github import Github, GithubException, RateLimitExceededException

from ...ports import Circumstances
from ...texts import decode
from .client import in_words

_MAY_WRITE: Final = ("admin", "write")
_ABSENT: Final = (403, 404)
#: Where an owner's defaults lie: https://docs.github.com/en/communities/setting-up-your-project-for-healthy-contributions
_HOME, _FILE = ".github", ".mainstay.yaml"


def circumstances(client: Github, repository: str, number: int) -> Circumstances:
    """What a pull request is like now. Raises GitHubError."""
    with in_words():
        told = _ask(client, f"/repos/{repository}/pulls/{number}")
    author = told.get("user") or {}
    return Circumstances(
        open=told.get("state") == "open",
        draft=bool(told.get("draft")),
        head=told["head"]["sha"],
        base=told["base"]["ref"],
        title=told.get("title") or "",
        labels=tuple(label["name"] for label in told.get("labels") or ()),
        author=author.get("login", ""),
        by_bot=author.get("type") == "Bot",
    )


def may_write(client: Github, repository: str, login: str) -> bool:
    """True for somebody with the role `write` or more; GitHub counts `maintain` as that, and `triage` as `read`:
    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user . Raises GitHubError.
    """
    told = _ask_if_there(client, f"/repos/{repository}/collaborators/{quote(login, safe='')}/permission")
    return told is not None and told.get("permission") in _MAY_WRITE


def owners_default(client: Github, repository: str) -> tuple[str, str] | None:
    """Name and text of the configuration in the repository `.github` of a repository's owner, None where there is none for us to read.

    Raises GitHubError.
    """
    home = f"{repository.partition('/')[0]}/{_HOME}"
    told = _ask_if_there(client, f"/repos/{home}/contents/{_FILE}")
    if told is None or told.get("type") != "file" or told.get("encoding") != "base64":
        return None
    text = decode(base64.b64decode(told["content"]))
    return (f"{home}/{_FILE}", text) if isinstance(text, str) else None


def _ask_if_there(client: Github, address: str) -> Any:
    """The answer, None where GitHub says that there is nothing, or nothing for us."""
    with in_words():
        try:
            return _ask(client, address)
        except RateLimitExceededException:
            raise
        except GithubException as refused:
            if refused.status in _ABSENT:
                return None
            raise


def _ask(client: Github, address: str) -> Any:
    return client.requester.requestJsonAndCheck("GET", address)[1]
