"""GitHub, through PyGithub: reads a pull request, writes the review of it. The only importer of PyGithub."""

from __future__ import annotations

from .about import LATEST, AppSeen, Delivery, Hook, Installation, clock, failed, hook, installations, seen
from .app import App, Itself
from .change import BaseSources, read_change, read_pull
from .checks import begin, end, queue
from .client import Client, GitHubError, connect
from .manifest import Made, convert
from .missed import OpenPull, open_pulls, redeliver
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
    "Itself",
    "Made",
    "OpenPull",
    "Posted",
    "begin",
    "clock",
    "connect",
    "convert",
    "end",
    "failed",
    "hook",
    "installations",
    "open_pulls",
    "own_account",
    "publish",
    "queue",
    "read_change",
    "read_pull",
    "redeliver",
    "seen",
]
