"""Views: readers, writers and decoders over a stream that they never close. Who holds the stream still has to.

Such a view is followed as far as its function uses it up; once it leaves the function, whoever has it may know how to close the rest.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .reading import Reading

_VIEW: Final = "stream.view"
_USES: Final = frozenset({"file.read", "file.write", "stream.read-all", "stream.copy", "socket.read", "socket.write"})
_STAYS: Final = frozenset({"receiver", "condition", "compared", "iterated", "member"})
_DEPTH: Final = 4


def is_used_up(call: Fact, reading: Reading, depth: int = 0) -> bool:
    """True for a call that makes a view of a stream, when the view is read or written and goes nowhere else."""
    if _VIEW not in call.roles or depth > _DEPTH:
        return False
    use, consumer = call.get("use"), call.get("consumer", -1)
    after = reading.facts.all[consumer] if isinstance(consumer, int) and consumer >= 0 else None
    if after is None:
        return False
    if use == "receiver":
        return True
    if use == "argument":
        return _only_reads(after, reading, depth)
    function = reading.facts.function(call)
    targets = after.get("targets", ()) if use == "assigned" else ()
    if function is None or not targets or targets[0].form != "name":
        return False
    uses = [m for m in reading.mentions.below(targets[0].path, function) if m.fact is not after]
    return bool(uses) and all(
        m.how in _STAYS or (m.how == "argument" and m.fact.kind == "call" and _only_reads(m.fact, reading, depth))
        for m in uses
    )


def _only_reads(call: Fact, reading: Reading, depth: int) -> bool:
    return bool(call.roles & _USES) or is_used_up(call, reading, depth + 1)
