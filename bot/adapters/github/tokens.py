"""The tokens of the App's installations: strings of any length, which end after an hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from github import Auth, GithubException
from github.InstallationAuthorization import InstallationAuthorization

from ...ports import Clock
from .trouble import Gone

#: Seconds before its end from which on a token is renewed: longer than anything lasts that is begun with it.
_IN_TIME: Final = 300.0
_KIND: Final = "token"


class Installed(Auth.Auth):
    """Says who it is by an installation's token: fetched when it is needed, renewed in time, once for all threads."""

    def __init__(self, fetch: Callable[[], InstallationAuthorization], clock: Clock = time.time) -> None:
        """`clock` gives seconds since 1970."""
        self._fetch, self._clock, self._lock = fetch, clock, threading.Lock()
        self._token, self._ends = "", 0.0

    @property
    def token_type(self) -> str:
        """The word before the token."""
        return _KIND

    @property
    def token(self) -> str:
        """The token. Raises Gone."""
        with self._lock:
            return self._good()

    def renewed(self, refused: str) -> str | None:
        """Another authorization than the one that was refused before its time. Raises Gone."""
        with self._lock:
            if refused == f"{_KIND} {self._token}":
                self._ends = 0.0
            return f"{_KIND} {self._good()}"

    def _good(self) -> str:
        if self._ends - _IN_TIME <= self._clock():
            try:
                made = self._fetch()
            except GithubException as refused:
                raise _told(refused) from refused
            self._token, self._ends = made.token, made.expires_at.timestamp()
        return self._token


def _told(refused: GithubException) -> Exception:
    """What it means that there is no token.

    https://docs.github.com/en/apps/maintaining-github-apps/suspending-a-github-app-installation
    """
    if is_suspended(refused):
        return Gone(
            "The App's installation is suspended", "Its owner can take that back in the settings.", refused.status
        )
    if refused.status == 404:
        return Gone("The App is no longer installed there", "Its owner can install it again.", refused.status)
    return refused


def is_suspended(refused: GithubException) -> bool:
    """True where GitHub refuses because somebody has suspended the App."""
    said = refused.data.get("message") if isinstance(refused.data, dict) else None
    return refused.status == 403 and "suspended" in str(said).lower()
