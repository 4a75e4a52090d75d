"""A stand-in for GitHub: the part of its REST interface that Mainstay uses, stateful, over a real repository, on loopback.

It refuses what GitHub refuses, and reckons by git alone, never through `bot`. It was written by hand from GitHub's published
descriptions (https://docs.github.com/en/rest); it is no recording.
"""

from __future__ import annotations

from .server import StandIn
from .state import Failure, Hub

__all__ = ["Failure", "Hub", "StandIn"]
