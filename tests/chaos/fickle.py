"""A host that fails: one call in so many is lost before or after its work is done, and lists show what was written some seconds late."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.standin import Chaos, Hub

#: A file on which this host takes no comment beside a line.
STUBBORN: Final = "stubborn.py"
_KINDS: Final = ("500 before", "502 before", "500 after", "502 after", "cut before", "cut after", "cut within")


class FickleHub(Hub):
    """A hub of which a share of all calls fails, half of them after the work is done, and whose lists lag by `late` seconds."""

    def __init__(self, folder: Path, share: float, late: float, seed: int) -> None:
        super().__init__(folder)
        self.chaos, self.lag, self.stubborn = Chaos(seed, share, _KINDS), late, {STUBBORN}
        self.rate_limit = 1_000_000  # an hour's work is done in minutes here

    @property
    def failed(self) -> int:
        """The calls that went wrong."""
        return sum(self.chaos.told.values()) if self.chaos else 0
