"""GitHub by its REST interface: reads a pull request's two sides, and writes a review of it. PyGithub is imported here alone."""

from __future__ import annotations

from .app import AppSeen, account, installed, seen
from .change import BaseSources, read_change, read_pull
from .checks import begin, end
from .client import Client, GitHubError, connect
from .writing import Comments, Posted, own_account, publish

__all__ = [
    "AppSeen",
    "BaseSources",
    "Client",
    "Comments",
    "GitHubError",
    "Posted",
    "account",
    "begin",
    "connect",
    "end",
    "installed",
    "own_account",
    "publish",
    "read_change",
    "read_pull",
    "seen",
]
