"""GitHub by its REST interface: reads a pull request's two sides, and writes a review of it. PyGithub is imported here alone."""

from __future__ import annotations

from .about import LATEST, AppSeen, Delivery, Hook, Installation, clock, failed, hook, installations, seen
from .app import App, account, installed, itself
from .change import BaseSources, read_change, read_pull
from .checks import begin, end
from .client import Client, GitHubError, connect
from .manifest import Made, convert
from .writing import Comments, Posted, own_account, publish

__all__ = [
    "LATEST",
    "App",
    "AppSeen",
    "BaseSources",
    "Client",
    "Comments",
    "Delivery",
    "GitHubError",
    "Hook",
    "Installation",
    "Made",
    "Posted",
    "account",
    "begin",
    "clock",
    "connect",
    "convert",
    "end",
    "failed",
    "hook",
    "installations",
    "installed",
    "itself",
    "own_account",
    "publish",
    "read_change",
    "read_pull",
    "seen",
]
