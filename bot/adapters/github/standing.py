"""Our checks as they stand on a commit, and what of it is the same as another."""

from __future__ import annotations

from github import Github
from github.CheckRun import CheckRun
from msgspec import Struct

from .checks import NAME
from .client import in_words


class Standing(Struct, frozen=True):
    """A check of ours: what it says in its hidden field, how it ended ("" while it has not), and its words."""

    stands_for: str
    conclusion: str
    title: str
    text: str


def standing(client: Github, repository: str, head: str, app: int) -> tuple[Standing, ...]:
    """The newest check of this App for each that it stands for on a commit. Another App's count for nothing. Raises GitHubError."""
    with in_words():
        runs = list(client.get_repo(repository).get_commit(head).get_check_runs(check_name=NAME, filter="all"))
        newest = {run.external_id: run for run in sorted(runs, key=lambda run: run.id) if _app(run) == app}
        return tuple(
            Standing(name or "", run.conclusion or "", run.output.title or "", run.output.summary or "")
            for name, run in newest.items()
        )


def have_same_tree(client: Github, repository: str, one: str, other: str) -> bool:
    """True where two commits hold the same files. Raises GitHubError."""
    with in_words():
        home = client.get_repo(repository)
        return bool(home.get_git_commit(one).tree.sha == home.get_git_commit(other).tree.sha)


def _app(run: CheckRun) -> int:
    """The App whose check it is, 0 where GitHub names none any more."""
    return int(getattr(run.app, "id", 0))
