"""GitHub by its REST interface: reads a pull request's two sides, and writes a review of it. PyGithub is imported here alone."""

from __future__ import annotations

from .app import App, AppSeen, seen
from .change import BaseSources, read_change, read_pull
from .checks import begin, end, queue
from .client import Client, GitHubError, connect
from .missed import OpenPull, open_pulls
from .writing import Comments, Posted, own_account, publish

__all__ = [
    "App",
    "AppSeen",
    "BaseSources",
    "Client",
    "Comments",
    "GitHubError",
    "OpenPull",
    "Posted",
    "begin",
    "connect",
    "end",
    "open_pulls",
    "own_account",
    "publish",
    "queue",
    "read_change",
    "read_pull",
    "seen",
]
