"""Mainstay as a GitHub App: its installations' clients, and the account under which they write."""

from __future__ import annotations

from github import Auth, Github, GithubIntegration

from .client import RETRY, TIMEOUT, client_with, in_words


def installed(url: str, app_id: int, private_key: str, installation: int) -> Github:
    """A client that acts as an installation of the App; its token is fetched when it is needed and renewed in time."""
    return client_with(url, Auth.AppAuth(app_id, private_key).get_installation_auth(installation))


def account(url: str, app_id: int, private_key: str, client: Github) -> int:
    """The id of the account under which the App writes. Raises GitHubError."""
    with in_words():
        app = GithubIntegration(
            auth=Auth.AppAuth(app_id, private_key),
            base_url=url,
            timeout=TIMEOUT,
            retry=RETRY,
            seconds_between_requests=None,
            seconds_between_writes=None,
        ).get_app()
        return client.get_user(f"{app.slug}[bot]").id
