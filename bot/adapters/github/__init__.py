"""GitHub, through PyGithub: reads a pull request, writes the review of it. The only importer of PyGithub."""

from __future__ import annotations

from .about import AppSeen, Delivery, Hook, Installation, clock, failed, hook, installations, seen
from .app import App, Itself
from .change import Read, beyond, read_between, read_change, read_pull
from .checks import begin, end
from .circumstances import circumstances, may_write, owners_default
from .client import Client, connect, token_of
from .manifest import Made, convert
from .missed import OpenPull, open_pulls, redeliver
from .standing import Standing, have_same_tree, standing
from .threads import LAG, Author, Desk, own_account
from .trees import BaseSources
from .trouble import GitHubError, Gone, RateLimited
from .writing import (
    Answered,
    SummedUp,
    Written,
    answer_fixed,
    sum_up,
    summed_up,
    write_beside,
    write_on_files,
    write_suggestions,
)

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
    "Standing",
    "SummedUp",
    "Written",
    "answer_fixed",
    "begin",
    "beyond",
    "circumstances",
    "clock",
    "connect",
    "convert",
    "end",
    "failed",
    "have_same_tree",
    "hook",
    "installations",
    "may_write",
    "open_pulls",
    "own_account",
    "owners_default",
    "read_between",
    "read_change",
    "read_pull",
    "redeliver",
    "seen",
    "standing",
    "sum_up",
    "summed_up",
    "token_of",
    "write_beside",
    "write_on_files",
    "write_suggestions",
]
