"""A client of GitHub that bounds what it waits for and never sends a write twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import requests
from github import Auth, Github, GithubException, GithubRetry, RateLimitExceededException

from ...ports import Trouble
from ...version import VERSION

#: What asks GitHub: made here, and handed back to the functions of this package.
Client = Github

#: Seconds for one answer.
TIMEOUT: Final = 15
#: Attempts after the first; PyGithub's own default repeats POST too, which writes twice when only the answer was lost:
#: https://github.com/PyGithub/PyGithub/blob/main/github/GithubRetry.py
#: The longest wait for a rate limit to end is half a minute; what takes longer is told instead.
RETRY: Final = GithubRetry(total=3, allowed_methods=frozenset({"GET", "HEAD"}), max_rate_limit_wait=30.0)
_API_VERSION: Final = "2022-11-28"
#: Entries of one page of a list, as many as GitHub gives.
PAGE: Final = 100

_REMEDIES: Final = {
    401: "Give a token that is valid and has not expired.",
    403: "Give a token that may read contents and write pull requests of this repository.",
    404: "Look at the address; a private repository is not there for a token without access.",
}


class GitHubError(Trouble):
    """GitHub could not do what was asked."""


def connect(url: str, token: str) -> Github:
    """A client with a plain token for the interface at `url` (`https://api.github.com`, or `https://HOST/api/v3`)."""
    return client_with(url, Auth.Token(token))


def client_with(url: str, auth: Auth.Auth) -> Github:
    """A client for the interface at `url` that says by `auth` who it is."""
    return Github(
        auth=auth,
        base_url=url,
        timeout=TIMEOUT,
        user_agent=f"mainstay/{VERSION}",
        per_page=PAGE,
        retry=RETRY,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
        api_version=_API_VERSION,
    )


@contextmanager
def in_words() -> Iterator[None]:
    """Tell what GitHub refuses, or that it does not answer, as GitHubError; no answer's text is quoted."""
    try:
        yield
    except RateLimitExceededException as refused:
        raise GitHubError("GitHub's rate limit is used up", "Try again later.") from refused
    except GithubException as refused:
        remedy = _REMEDIES.get(refused.status, "Try again; GitHub's status page may say more.")
        raise GitHubError(f"GitHub refused ({refused.status})", remedy) from refused
    except requests.RequestException as trouble:
        raise GitHubError(
            f"GitHub did not answer ({type(trouble).__name__})", "Look at the address and the network."
        ) from trouble
