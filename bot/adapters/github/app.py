"""Mainstay as a GitHub App: its installations' clients, and the account under which they write."""

from __future__ import annotations

import datetime as dt

from github import Auth, Github, GithubIntegration
from msgspec import Struct

from . import missed
from .client import RETRY, TIMEOUT, client_with, in_words


class App:
    """The App at one interface: clients that act as its installations, and the account under which it writes."""

    def __init__(self, url: str, app_id: int, private_key: str) -> None:
        self._url, self._auth = url, Auth.AppAuth(app_id, private_key)
        self._installed: dict[int, Auth.AppInstallationAuth] = {}
        self._account = 0

    def client(self, installation: int) -> Github:
        """A client of its own that acts as an installation; their one token is fetched when it is needed and renewed in time."""
        auth = self._installed.setdefault(installation, self._auth.get_installation_auth(installation))
        return client_with(self._url, auth)

    def installations(self) -> tuple[int, ...]:
        """The installations that are not suspended. Raises GitHubError."""
        return missed.installations(_integration(self._url, self._auth))

    def redeliver(self, since: dt.datetime) -> int:
        """Ask for the deliveries again that failed since then and never arrived; their number. Raises GitHubError."""
        return missed.redeliver(_integration(self._url, self._auth), since)

    def account(self, client: Github) -> int:
        """The id of the account under which the App writes, asked for once. Raises GitHubError."""
        if not self._account:
            with in_words():
                self._account = client.get_user(f"{_integration(self._url, self._auth).get_app().slug}[bot]").id
        return self._account


class AppSeen(Struct, frozen=True):
    """The App as GitHub knows it: its name in addresses, what it may do, what it is told of."""

    slug: str
    permissions: dict[str, str]
    events: tuple[str, ...]


def seen(url: str, app_id: int, private_key: str) -> AppSeen:
    """Ask GitHub, in the App's own name, what it knows of the App. Raises GitHubError."""
    with in_words():
        app = _integration(url, Auth.AppAuth(app_id, private_key)).get_app()
        return AppSeen(app.slug, dict(app.permissions), tuple(app.events))


def _integration(url: str, auth: Auth.AppAuth) -> GithubIntegration:
    return GithubIntegration(
        auth=auth,
        base_url=url,
        timeout=TIMEOUT,
        retry=RETRY,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
