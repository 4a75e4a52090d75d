"""Mainstay as a GitHub App: its installations' clients, and the account under which they write."""

from __future__ import annotations

from github import Auth, Github, GithubIntegration

from ...ports import DIRECT, Network
from .client import arguments, client_with, in_words

#: What asks GitHub in the App's own name: made here, and handed back to the functions of this package.
App = GithubIntegration


def installed(url: str, app_id: int, private_key: str, installation: int, network: Network = DIRECT) -> Github:
    """A client that acts as an installation of the App; its token is fetched when it is needed and renewed in time."""
    return client_with(url, Auth.AppAuth(app_id, private_key).get_installation_auth(installation), network)


def account(url: str, app_id: int, private_key: str, client: Github, network: Network = DIRECT) -> int:
    """The id of the account under which the App writes. Raises GitHubError."""
    with in_words():
        return client.get_user(f"{itself(url, app_id, private_key, network).get_app().slug}[bot]").id


def itself(url: str, app_id: int, private_key: str, network: Network = DIRECT) -> App:
    """A client that acts in the App's own name, for what concerns no installation."""
    return App(auth=Auth.AppAuth(app_id, private_key), base_url=url, **arguments(network))
