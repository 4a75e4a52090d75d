"""What can go wrong with GitHub, for people."""

from __future__ import annotations

from ...ports import Trouble


class GitHubError(Trouble):
    """GitHub could not do what was asked; `status` is that of its answer, 0 where there was none."""

    def __init__(self, title: str, remedy: str, status: int = 0) -> None:
        super().__init__(title, remedy)
        self.status = status


class Gone(GitHubError):
    """The App may do nothing there any more: its installation is suspended or was taken away. Trying again does not help."""


class RateLimited(GitHubError):
    """GitHub lets nothing more be asked for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("GitHub's rate limit is used up", f"Try again in {seconds:.0f} seconds.", 429)
        self.seconds = seconds
