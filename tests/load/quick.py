"""A host whose own reckoning costs little, so that what is measured is ours: what git says of commits is asked for beforehand."""

from __future__ import annotations

from pathlib import Path

from tests.standin import Hub


class QuickHub(Hub):
    """A hub of which no branch moves while it serves; an hour's calls may come within minutes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.rate_limit = 1_000_000

    def warm(self) -> None:
        """Reckon beforehand what will be asked for of each pull request."""
        for pull in self.pulls.values():
            base, head = self.first.sides(pull)
            self.git.tree(head)
            self.git.between(base, head)
            self.first.changed(pull)
