"""GitHub, through PyGithub: reads a pull request, writes the review of it. The only importer of PyGithub."""

from __future__ import annotations

from .about import AppSeen, Delivery, Hook, Installation, clock, failed, hook, installations, seen
from .app import App, Itself
from .change import BaseSources, read_change, read_pull
from .checks import begin, end
from .client import Client, GitHubError, connect
from .manifest import Made, convert
from .missed import OpenPull, open_pulls, redeliver
from .threads import LAG, Author, Desk, own_account
from .writing import Answered, SummedUp, Written, answer_fixed, sum_up, write_beside, write_on_files

__all__ = [
    "LAG",
    "Answered",
    "App",
    "AppSeen",
    "Author",
    "BaseSources",
    "Client",
    "Delivery",
    "Desk",
    "GitHubError",
    "Hook",
    "Installation",
    "Itself",
    "Made",
    "OpenPull",
    "SummedUp",
    "Written",
    "answer_fixed",
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
    "read_change",
    "read_pull",
    "redeliver",
    "seen",
    "sum_up",
    "write_beside",
    "write_on_files",
]
