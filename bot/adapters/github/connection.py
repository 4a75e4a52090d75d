"""The connections below PyGithub: each request goes where its line's Network says, within what GitHub lets be asked.

This is the one layer that asks again: reads after a failure, anything after a token was renewed. What GitHub's limits forbid is not
waited for here: it raises RateLimited.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar, Final, Self
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse
from requests.adapters import HTTPAdapter

from ...ports import Network
from .budget import Budget
from .known import Answer, Known
from .trouble import GitHubError

#: Requests that are under way at once, however many reviews are; more wait. GitHub lets a hundred be:
#: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
AT_ONCE: Final = 32
#: Reads are tried so often after the first time.
_AGAIN: Final[dict[str, Any]] = {
    "total": 3,
    "allowed_methods": frozenset({"GET", "HEAD"}),
    "status_forcelist": (500, 502, 503, 504),
    "raise_on_status": False,
}
#: Seconds that a server which is down may ask to be left alone for; where it asks for more, its answer is told.
_LONGEST_PAUSE: Final = 10.0
#: Seconds within which the first pause lies; those after it may be twice as long each.
_PAUSE: Final = 0.5
#: How often a read is sent again whose answer was cut in its middle.
_CUTS: Final = 2
#: A repository that was renamed is found at another address, by whatever was asked:
#: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
_MOVED: Final = (301, 302, 307, 308)
_MOST_MOVES: Final = 3


class Ways:
    """What all lines of one App share: how a host is reached, the open sockets, and what was answered."""

    def __init__(self, network: Network) -> None:
        self.network, self.known = network, Known()
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy, authority or password that only the environment or ~/.netrc names
        self.session.cookies.set_policy(
            DefaultCookiePolicy(allowed_domains=[])
        )  # none crosses from one name to another
        for scheme in ("https://", "http://"):
            adapter = HTTPAdapter(pool_maxsize=AT_ONCE, pool_block=True, max_retries=Retry(**_AGAIN))
            self.session.mount(scheme, adapter)


class Line:
    """What all clients share that ask in one name: what GitHub lets it ask, and the ways to there.

    `renew` is given the authorization that GitHub has refused, and answers another one, None where there is none.
    """

    def __init__(self, ways: Ways, name: str = "", renew: Callable[[str], str | None] = lambda _: None) -> None:
        self.ways, self.name, self.renew = ways, name, renew
        self.budget = Budget()


class Retry(urllib3.Retry):
    """How often a request is sent, and over which line.

    PyGithub makes clients from clients and hands its own arguments on to them, of which none is a proxy: so the line travels in this one.
    """

    RETRY_AFTER_STATUS_CODES = frozenset({503})  # the limits' own, 413 and 429, are not waited for here
    line: Line | None = None

    def get_backoff_time(self) -> float:
        """Seconds before the next attempt: any up to a bound that doubles, so that those who failed together come back apart."""
        return random.uniform(0, _PAUSE * 2.0 ** (len(self.history) - 1)) if self.history else 0.0  # noqa: S311 - no secret

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """One attempt less. Raises MaxRetryError, also where the server asks for too long a pause."""
        if response is not None and (self.get_retry_after(response) or 0) > _LONGEST_PAUSE:
            raise urllib3.exceptions.MaxRetryError(_pool, url or "")
        return super().increment(method, url, response, error, _pool, _stacktrace)


def over(line: Line) -> Retry:
    """A client's Retry, over a line."""
    retry = Retry(**_AGAIN)
    retry.line = line
    return retry


# PyGithub makes one of these for a request and closes it; the line and its open sockets outlive that:
# https://github.com/PyGithub/PyGithub/blob/main/github/Requester.py


class _Shared:
    """What PyGithub takes for a connection, over the line of its client."""

    protocol: str
    usual: ClassVar[int]

    def __init__(self, host: str, port: int | None = None, **given: Any) -> None:
        """Raises InvalidURL where an answer of GitHub sends us elsewhere: to another host, or from https to http.

        PyGithub makes one for that too, without a time-out, and would send our token there.
        """
        if "timeout" not in given:
            raise requests.exceptions.InvalidURL
        self.host, self.port, self.timeout = host, port or self.usual, given["timeout"]
        self.line = _of(given["retry"])

    def getresponse(self) -> RequestsResponse:
        """Send the request, and give the answer. Raises RateLimited."""
        return _answered(self)

    def close(self) -> None:
        """Nothing: the line is shared."""


class _Https(_Shared, HTTPSRequestsConnectionClass):
    protocol, usual = "https", 443


class _Http(_Shared, HTTPRequestsConnectionClass):
    protocol, usual = "http", 80


class _Read(RequestsResponse):
    """An answer with the text that was kept of it."""

    def __init__(self, response: requests.Response, kept: Answer) -> None:
        super().__init__(response)
        self.status, self._text = 200, kept.text
        self.headers = requests.structures.CaseInsensitiveDict({**kept.headers, **response.headers})

    def read(self) -> str:
        return self._text


def _of(retry: Any) -> Line:
    """What travels in a client's Retry."""
    if not isinstance(retry, Retry) or retry.line is None:
        raise TypeError("a client is made with client.arguments")
    return retry.line


def _answered(connection: Any) -> RequestsResponse:
    """The answer to a request, wherever on its host it has moved to. Raises GitHubError where that is on no such place."""
    line, url = connection.line, connection.url
    reads = connection.verb in ("GET", "HEAD")
    what = f"{connection.headers.get('Accept', '')} {url}"
    kept = line.ways.known.get(line.name, what) if connection.verb == "GET" else None
    if kept is not None:
        connection.headers["If-None-Match"] = kept.tag
    answer = _sent(connection, url, reads=reads)
    for _ in range(_MOST_MOVES):
        moved = _moved(connection, answer)
        if moved is None:
            break
        answer = _sent(connection, moved, reads=reads)
    if answer.status_code in _MOVED:  # PyGithub would take it for done
        raise GitHubError("GitHub sent us to another place", "Look at MAINSTAY_GITHUB_URL.", answer.status_code)
    if answer.status_code == 304 and kept is not None:
        return _Read(answer, kept)
    if connection.verb == "GET" and answer.status_code == 200:
        line.ways.known.put(line.name, what, Answer(answer.headers.get("ETag", ""), dict(answer.headers), answer.text))
    return RequestsResponse(answer)


def _moved(connection: Any, answer: requests.Response) -> str | None:
    """Where else on the same host it is to be asked for, None for anything else."""
    if answer.status_code not in _MOVED:
        return None
    there = urlsplit(answer.headers.get("Location", ""))
    here = (connection.protocol, connection.host, connection.port)
    if (there.scheme, there.hostname, there.port or connection.usual) != here:
        return None
    return f"{there.path}?{there.query}" if there.query else there.path


def _sent(connection: Any, url: str, *, reads: bool) -> requests.Response:
    """The answer to a request, sent once more where its token was no longer good."""
    line, resource = connection.line, "graphql" if url.endswith("/graphql") else "core"
    line.budget.ask(resource, reads=reads)
    answer = _whole(connection, url, reads=reads)
    if answer.status_code == 401:  # nothing was done
        renewed = line.renew(connection.headers.get("Authorization", ""))
        if renewed is not None:
            connection.headers["Authorization"] = renewed
            answer = _whole(connection, url, reads=reads)
    line.budget.note(resource, answer.status_code, answer.headers, _message(answer))
    return answer


def _whole(connection: Any, url: str, *, reads: bool) -> requests.Response:
    """An answer with all of its body: Retry looks no further than its head, so a read that was cut behind that is sent again here."""
    for attempt in range(_CUTS if reads else 0):
        try:
            return _once(connection, url)
        except requests.exceptions.ChunkedEncodingError:
            time.sleep(random.uniform(0, _PAUSE * 2.0**attempt))  # noqa: S311 - no secret
    return _once(connection, url)


def _once(connection: Any, url: str) -> requests.Response:
    scheme, host, port = connection.protocol, connection.host, connection.port
    proxy = connection.line.ways.network.proxy_for(scheme, host, port)
    answer: requests.Response = connection.line.ways.session.request(
        connection.verb,
        f"{scheme}://{host}:{port}{url}",
        headers=connection.headers,
        data=connection.input,
        timeout=connection.timeout,
        verify=connection.line.ways.network.ca_bundle or True,
        proxies={scheme: proxy} if proxy else {},
        allow_redirects=False,
    )
    return answer


def _message(answer: requests.Response) -> str:
    """What a refusal says."""
    if answer.status_code < 400:
        return ""
    try:
        told = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return ""
    return str(told.get("message", "")) if isinstance(told, dict) else ""


Requester.injectConnectionClasses(_Http, _Https)
