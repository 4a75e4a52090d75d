"""Locks that end before the transaction around them does: the next holder reads what the last one has not committed yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact
from .calls import method
from .conventions import is_test_code, words
from .lockregions import Region, regions_of
from .reading import Reading

_READS: Final = frozenset({"readonly", "only", "supports"})


def derive(reading: Reading) -> None:
    """Write `ends_before_commit` and where the transaction begins as `evidence` onto what takes a lock in a transaction."""
    if is_test_code(reading):
        return
    for region in (*regions_of(reading), *_named(reading)):
        around = _transaction(region, reading)
        if around is not None:
            region.at.attributes.update(
                ends_before_commit=True, lock=region.lock, evidence=(("the transaction begins here", around.id),)
            )


def _named(reading: Reading) -> Iterator[Region]:
    """The with-blocks over a call that nobody described and that has a lock in its name (`with advisory_lock("jobs"):`)."""
    for block in reading.facts.of("with"):
        for value, _ in block.get("items", ()):
            call = reading.facts.all[value.call] if value.form == "call" else None
            if call is not None and call.get("api") is None and words(method(call))[-1:] == ("lock",):
                whole = (block.id, reading.facts.ends(block))
                yield Region(method(call), block, (whole,), list(reading.facts.within(block, "call")), whole)


def _transaction(region: Region, reading: Reading) -> Fact | None:
    """What begins the transaction that is committed after the lock was given back: an annotation's function, or a with-block."""
    if not region.held:
        return None
    if reading.language.name == "java":
        function = region.at if region.at.kind == "function" else reading.facts.function(region.at)
        return function if function is not None and _is_transactional(function, reading) else None
    first = next((v for v, _ in region.at.get("items", ())), None)
    if (
        first is not None
        and first.path != region.lock
        and len(region.at.get("items")) > 1
        and _begins(first.call, reading)
    ):
        return region.at
    for above in reading.facts.ancestors(region.at):
        if above.kind == "with" and any(_begins(v.call, reading) for v, _ in above.get("items", ())):
            return above
        if above.kind == "function":
            return None
    return None


def _is_transactional(function: Fact, reading: Reading) -> bool:
    marks = [d for d in function.get("decorators", ()) if d.path.rsplit(".", 1)[-1] == "Transactional"]
    return any(not _READS & set(words(reading.facts.text(d))) for d in marks)


def _begins(call: int, reading: Reading) -> bool:
    return call >= 0 and "db.transaction" in reading.facts.all[call].roles
