"""A client of GitHub that bounds what it waits for and never sends a write twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import jwt
import requests
from github import Auth, Github, GithubException

from ...ports import DIRECT, Network
from ...version import VERSION
from .connection import Line, Ways, over
from .tokens import is_suspended
from .trouble import GitHubError, Gone

#: What asks GitHub: made here, and handed back to the functions of this package.
Client = Github

#: Seconds for one answer.
TIMEOUT: Final = 15
#: https://docs.github.com/en/rest/about-the-rest-api/api-versions ; what 2026-03-10 leaves out is not read here
#: (https://docs.github.com/en/rest/about-the-rest-api/breaking-changes), and older Enterprise Servers do not know it.
_API_VERSION: Final = "2022-11-28"
#: Entries of one page of a list, as many as GitHub gives.
PAGE: Final = 100

_REMEDIES: Final = {
    401: "Give a token that is valid and has not expired.",
    403: "Give a token that may read contents and write pull requests of this repository.",
    404: "Look at the address; a private repository is not there for a token without access.",
}


def connect(url: str, token: str, network: Network = DIRECT) -> Github:
    """A client with a plain token for the interface at `url` (`https://api.github.com`, or `https://HOST/api/v3`)."""
    return client_with(url, Auth.Token(token), Line(Ways(network)))


def client_with(url: str, auth: Auth.Auth, line: Line) -> Github:
    """A client for the interface at `url` that says by `auth` who it is."""
    return Github(auth=auth, base_url=url, **arguments(line))


def arguments(line: Line) -> dict[str, Any]:
    """What every client is made with: its bounds, its name, and how it reaches the host.

    PyGithub's own retry repeats POST too, which writes twice when only the answer was lost:
    https://github.com/PyGithub/PyGithub/blob/main/github/GithubRetry.py
    """
    return {
        "timeout": TIMEOUT,
        "user_agent": f"mainstay/{VERSION}",
        "per_page": PAGE,
        "retry": over(line),
        "verify": line.ways.network.ca_bundle or True,
        "seconds_between_requests": None,
        "seconds_between_writes": None,
        "lazy": True,
        "api_version": _API_VERSION,
    }


def token_of(client: Github) -> str:
    """The token by which a client says who it is, renewed where that is due. Raises GitHubError."""
    with in_words():
        auth = client.requester.auth
        return auth.token if auth is not None else ""


@contextmanager
def in_words() -> Iterator[None]:
    """Tell what GitHub refuses, or that it does not answer, as GitHubError; no answer's text is quoted."""
    try:
        yield
    except jwt.PyJWTError:  # whose words may quote the key
        raise GitHubError("the App's private key cannot sign", "Give the whole .pem file that GitHub made.") from None
    except GithubException as refused:
        if is_suspended(refused):
            raise Gone("The App's installation is suspended", "Its owner can take that back.", 403) from refused
        remedy = _REMEDIES.get(refused.status, "Try again; GitHub's status page may say more.")
        raise GitHubError(f"GitHub refused ({refused.status})", remedy, refused.status) from refused
    except requests.RequestException as trouble:
        raise GitHubError(f"GitHub did not answer ({type(trouble).__name__})", _remedy(trouble)) from trouble


def _remedy(trouble: requests.RequestException) -> str:
    """What to do where nothing was answered; the words of `trouble` may quote addresses and are not shown."""
    if isinstance(trouble, requests.exceptions.ProxyError):
        return "The proxy refused or is not there: look at HTTPS_PROXY, its user and password, and NO_PROXY."
    if isinstance(trouble, requests.exceptions.SSLError):
        return "Its certificate is not trusted: name your authorities' PEM file in MAINSTAY_CA_BUNDLE."
    if isinstance(trouble, requests.exceptions.InvalidURL):
        return (
            "Its answers name addresses elsewhere: give the address by which GitHub knows itself, https or http alike."
        )
    return "Look at the address and the network."
