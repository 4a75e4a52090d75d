"""Mainstay on Mainstay: our own code passes our own rules; what is suppressed says why."""

from __future__ import annotations

import time

from bot.adapters.disk import read_files
from bot.entry.judging import Judging
from bot.kit import prepare
from bot.service import Options, review

from .checkout import ROOT


def test_our_own_code_passes_our_own_rules() -> None:
    kit = prepare(None)
    options = Options("2026-11-25", time.monotonic, whole=True, fixes=False)
    result = review(read_files([ROOT / "bot"], ROOT), kit, options, Judging(kit.engine))

    assert result.manifest.counts["files read"] > 150
    assert result.verdict == "complete", result.reasons
    assert [f"{f.place.path}:{f.place.line} {f.rule.id}" for f in result.shown] == []
    assert result.problems == ()
