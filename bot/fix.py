"""A proposed edit -> a proved edit, or none."""

from __future__ import annotations

from collections.abc import Sequence

from .derive.reading import Reading
from .knowledge import Knowledge
from .model import Finding, Fix, Rule


def propose(finding: Finding, reading: Reading, rules: Sequence[Rule], knowledge: Knowledge) -> Fix | None:
    """The rule's mechanical fix for a finding, proved; None where it has none or the proof fails."""
    return None
