"""GitHub, through PyGithub: reads a pull request, writes the review of it. The only importer of PyGithub."""

from __future__ import annotations

from .about import AppSeen, Delivery, Hook, Installation, clock, failed, hook, installations, seen
from .app import App, Itself
from .change import Read, beyond, read_change, read_pull
from .checks import begin, end
from .client import Client, connect, token_of
from .manifest import Made, convert
from .missed import OpenPull, open_pulls, redeliver
from .threads import LAG, Author, Desk, own_account
from .trees import BaseSources
from .trouble import GitHubError, Gone, RateLimited
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
    "Gone",
    "Hook",
    "Installation",
    "Itself",
    "Made",
    "OpenPull",
    "RateLimited",
    "Read",
    "SummedUp",
    "Written",
    "answer_fixed",
    "begin",
    "beyond",
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
    "token_of",
    "write_beside",
    "write_on_files",
]
