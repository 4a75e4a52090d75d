"""Mainstay as a GitHub App: its installations' clients, and the account under which they write."""

from __future__ import annotations

from github import Auth, Github, GithubIntegration
from msgspec import Struct

from .client import RETRY, TIMEOUT, client_with, in_words
from .threads import Author


def installed(url: str, app_id: int, private_key: str, installation: int) -> Github:
    """A client that acts as an installation of the App; its token is fetched when it is needed and renewed in time."""
    return client_with(url, Auth.AppAuth(app_id, private_key).get_installation_auth(installation))


class AppSeen(Struct, frozen=True):
    """The App as GitHub knows it: its name in addresses, what it may do, what it is told of."""

    slug: str
    permissions: dict[str, str]
    events: tuple[str, ...]


def seen(url: str, app_id: int, private_key: str) -> AppSeen:
    """Ask GitHub, in the App's own name, what it knows of the App. Raises GitHubError."""
    with in_words():
        app = _integration(url, app_id, private_key).get_app()
        return AppSeen(app.slug, dict(app.permissions), tuple(app.events))


def account(url: str, app_id: int, private_key: str, client: Github) -> Author:
    """The account under which the App writes. Raises GitHubError."""
    with in_words():
        name = f"{_integration(url, app_id, private_key).get_app().slug}[bot]"
        return Author(client.get_user(name).id, app_id)


def _integration(url: str, app_id: int, private_key: str) -> GithubIntegration:
    return GithubIntegration(
        auth=Auth.AppAuth(app_id, private_key),
        base_url=url,
        timeout=TIMEOUT,
        retry=RETRY,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
