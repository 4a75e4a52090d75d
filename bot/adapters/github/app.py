"""Mainstay as a GitHub App: its installations' clients, and the account under which they write."""

from __future__ import annotations

import threading
from typing import Any

from github import Auth, Github, GithubIntegration

from ...ports import DIRECT, Network
from .client import arguments, client_with, in_words
from .connection import Line, Ways
from .threads import Author
from .tokens import Installed

#: What asks GitHub in the App's own name, for what concerns no installation: made here, and handed back to the functions of this package.
Itself = GithubIntegration


class App:
    """The App at one interface: its installations' clients, the one that acts in its own name, and the account under which it writes."""

    def __init__(self, url: str, app_id: int, private_key: str, network: Network = DIRECT) -> None:
        self._url, self._auth, self._ways = url, Auth.AppAuth(app_id, private_key), Ways(network)
        self._line, self._lock = Line(self._ways, "app"), threading.Lock()
        self._installed: dict[int, tuple[Installed, Line]] = {}
        self._author: Author | None = None

    def client(self, installation: int) -> Github:
        """A client of its own that acts as an installation. They share its token and what GitHub lets it ask."""
        with self._lock:
            if installation not in self._installed:
                auth = Installed(lambda: self.itself().get_access_token(installation))
                self._installed[installation] = auth, Line(self._ways, str(installation), auth.renewed)
            auth, line = self._installed[installation]
        return client_with(self._url, auth, line)

    def itself(self) -> Itself:
        """A client that acts in the App's own name."""
        return Itself(auth=self._auth, base_url=self._url, **arguments(self._line))

    def author(self, client: Github) -> Author:
        """The App and the account under which it writes, asked for once. Raises GitHubError."""
        if self._author is None:
            with in_words():
                known = self.itself().get_app()
                self._author = Author(client.get_user(f"{known.slug}[bot]").id, known.id)
        return self._author


def ask(app: Itself, verb: str, path: str) -> tuple[dict[str, Any], Any]:
    """Headers and body of an answer to the App itself, of parts of the interface that PyGithub has no objects for."""
    return app.requester.requestJsonAndCheck(verb, path)
