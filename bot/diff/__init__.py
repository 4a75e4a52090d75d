"""Differences: patch text -> FileChanges, two texts -> hunks, lines of one side -> lines of the other.

Lines are git's lines: they end at a line feed and nowhere else.
"""

from __future__ import annotations

from .hunks import LineMap, added_lines, hunks_between, split_lines
from .patch import PatchError, parse_patch

__all__ = ["LineMap", "PatchError", "added_lines", "hunks_between", "parse_patch", "split_lines"]
