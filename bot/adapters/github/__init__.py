"""GitHub by its REST interface: reads a pull request's two sides, and writes a review of it. PyGithub is imported here alone."""

from __future__ import annotations

from .app import AppSeen, account, installed, seen
from .change import BaseSources, read_change, read_pull
from .checks import begin, end
from .client import Client, GitHubError, connect
from .threads import LAG, Author, Desk, own_account
from .writing import Answered, SummedUp, Written, answer_fixed, sum_up, write_beside, write_on_files

__all__ = [
    "LAG",
    "Answered",
    "AppSeen",
    "Author",
    "BaseSources",
    "Client",
    "Desk",
    "GitHubError",
    "SummedUp",
    "Written",
    "account",
    "answer_fixed",
    "begin",
    "connect",
    "end",
    "installed",
    "own_account",
    "read_change",
    "read_pull",
    "seen",
    "sum_up",
    "write_beside",
    "write_on_files",
]
