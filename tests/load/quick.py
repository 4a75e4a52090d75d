"""A host whose own reckoning costs little, so that what is measured is ours: what git says of commits is asked for beforehand."""

from __future__ import annotations

from tests.standin import Hub


class QuickHub(Hub):
    """A hub of which no branch moves while it serves."""

    def warm(self) -> None:
        """Reckon beforehand what will be asked for of each pull request."""
        for pull in self.pulls.values():
            base, head = self.first.sides(pull)
            self.git.tree(head)
            self.git.between(base, head)
            self.first.changed(pull)
