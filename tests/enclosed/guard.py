"""Processes of the tests that reach this machine alone, and a look at what they were refused."""

from __future__ import annotations

import os
from pathlib import Path

from tests.checkout import ROOT


def guarded(refused: Path) -> dict[str, str]:
    """The variables with which Python and its children reach this machine alone; whom they were refused is written to a file."""
    paths = (str(Path(__file__).parent), str(ROOT), os.environ.get("PYTHONPATH", ""))
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "MAINSTAY_TESTS_REFUSED": str(refused)}


def hosts(refused: Path) -> list[str]:
    """Whom they were refused, each once."""
    return sorted(set(refused.read_text(encoding="utf-8").splitlines())) if refused.exists() else []
