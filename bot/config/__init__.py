"""Text of `.mainstay.yaml` -> Config, strictly; where each value comes from.

`keys` lists the keys, `reading` reads them, `settings` answers what holds for a file, `schema` describes them to
editors and people (import it by its own name: a check never needs it).
"""

from __future__ import annotations

from .keys import MISNAMED, NAMES, Threshold
from .pulls import PullRequests
from .reading import choose, read
from .settings import DEFAULT, Config, Row, Settings, explain, unknown_rules

__all__ = [
    "DEFAULT",
    "MISNAMED",
    "NAMES",
    "Config",
    "PullRequests",
    "Row",
    "Settings",
    "Threshold",
    "choose",
    "explain",
    "read",
    "unknown_rules",
]
