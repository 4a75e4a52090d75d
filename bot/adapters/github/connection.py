"""The connections below PyGithub: one session a client, which goes where the client's Network says and reads nothing else."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import requests
from github import GithubRetry
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse
from requests.adapters import HTTPAdapter

from ...ports import DIRECT, Network

#: Sockets that a client keeps open to a host.
_POOL: Final = 10


class Retry(GithubRetry):
    """How often a request is sent, and over which session.

    PyGithub makes clients from clients (those of an App's tokens) and hands its own arguments on to them, of which none
    is a proxy: so the session travels in this one.
    """

    network: Network = DIRECT
    session: requests.Session | None = None


def over(network: Network, **how: Any) -> Retry:
    """A client's Retry, with GithubRetry's arguments, over a session of its own."""
    session = requests.Session()
    session.trust_env = False  # no proxy, authority or password that only the environment or ~/.netrc names
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(_POOL, _POOL, max_retries=GithubRetry(**how)))
    retry = Retry(**how)
    retry.network, retry.session = network, session
    return retry


# PyGithub makes one of these for a request and closes it; the session and its open sockets outlive that:
# https://github.com/PyGithub/PyGithub/blob/main/github/Requester.py


class _Shared:
    """What PyGithub takes for a connection, over the session of its client."""

    protocol: str
    usual: ClassVar[int]

    def __init__(self, host: str, port: int | None = None, **given: Any) -> None:
        """Raises InvalidURL where an answer of GitHub sends us elsewhere: to another host, or from https to http.

        PyGithub makes one for that too, without a time-out, and would send our token there.
        """
        if "timeout" not in given:
            raise requests.exceptions.InvalidURL
        self.host, self.port, self.timeout = host, port or self.usual, given["timeout"]
        self.network, self.session = _of(given["retry"])

    def getresponse(self) -> RequestsResponse:
        """Send the request, and give the answer."""
        return _send(self)

    def close(self) -> None:
        """Nothing: the session is shared."""


class _Https(_Shared, HTTPSRequestsConnectionClass):
    protocol, usual = "https", 443


class _Http(_Shared, HTTPRequestsConnectionClass):
    protocol, usual = "http", 80


def _of(retry: Any) -> tuple[Network, requests.Session]:
    """What travels in a client's Retry."""
    if not isinstance(retry, Retry) or retry.session is None:
        raise TypeError("a client is made with client.arguments")
    return retry.network, retry.session


def _send(connection: Any) -> RequestsResponse:
    scheme, host, port = connection.protocol, connection.host, connection.port
    proxy = connection.network.proxy_for(scheme, host, port)
    answer = connection.session.request(
        connection.verb,
        f"{scheme}://{host}:{port}{connection.url}",
        headers=connection.headers,
        data=connection.input,
        timeout=connection.timeout,
        verify=connection.network.ca_bundle or True,
        proxies={scheme: proxy} if proxy else {},
        allow_redirects=False,
    )
    return RequestsResponse(answer)


Requester.injectConnectionClasses(_Http, _Https)
