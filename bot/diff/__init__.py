"""Differences: patch text -> FileChanges (`patch`, imported by its own name), two texts -> hunks, lines of one side -> of the other.

Lines are git's lines: they end at a line feed and nowhere else.
"""

from __future__ import annotations

from .hunks import LineMap, added_lines, hunks_between, split_lines
from .refusal import PatchError

__all__ = ["LineMap", "PatchError", "added_lines", "hunks_between", "split_lines"]
