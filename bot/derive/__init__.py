"""Facts -> more facts, one idea a file. These functions add facts and attributes, never findings.

`derive` runs them in the order of ROAD; a later one may use what an earlier one wrote.
"""

from __future__ import annotations

from collections.abc import Callable

from ..knowledge import Knowledge
from ..languages import languages
from ..tree import Facts
from . import (
    abandoned,
    backoffs,
    beginnings,
    blocking,
    bounds,
    breakers,
    calls,
    cancellations,
    channels,
    contexts,
    conventions,
    counts,
    deadlines,
    deferred,
    entering,
    entries,
    fallbacks,
    finishing,
    growth,
    guards,
    handlers,
    ignored,
    isolation,
    jumps,
    labels,
    loops,
    messages,
    owners,
    panics,
    patience,
    pipes,
    policies,
    polling,
    reads,
    regions,
    remaining,
    replacing,
    resources,
    resubmissions,
    retained,
    retries,
    sequels,
    serving,
    settings,
    shared,
    siblings,
    stakes,
    stores,
    tasks,
    throttled,
    transactions,
    units,
    unset,
    waits,
)
from .reading import Reading

ROAD: tuple[Callable[[Reading], None], ...] = (
    calls.derive,
    conventions.derive,
    handlers.derive,
    stakes.derive,
    cancellations.derive,
    sequels.derive,
    jumps.derive,
    unset.derive,
    entries.derive,
    deadlines.derive,
    waits.derive,
    patience.derive,
    remaining.derive,
    bounds.derive,
    growth.derive,
    reads.derive,
    isolation.derive,
    stores.derive,
    units.derive,
    contexts.derive,
    fallbacks.derive,
    panics.derive,
    ignored.derive,
    settings.derive,
    labels.derive,
    blocking.derive,
    regions.derive,
    channels.derive,
    tasks.derive,
    messages.derive,
    transactions.derive,
    counts.derive,
    beginnings.derive,
    shared.derive,
    polling.derive,
    guards.derive,
    resources.derive,
    abandoned.derive,
    owners.derive,
    siblings.derive,
    retries.derive,
    resubmissions.derive,
    policies.derive,
    breakers.derive,
    backoffs.derive,
    throttled.derive,
    deferred.derive,
    retained.derive,
    entering.derive,
    pipes.derive,
    serving.derive,
    loops.derive,
    replacing.derive,
    finishing.derive,
)


def derive(facts: Facts, knowledge: Knowledge) -> Reading:
    """All derived facts of one file; what they were made from comes along, for messages and `mainstay facts`."""
    reading = Reading(facts, knowledge, languages()[facts.source.language])
    for step in ROAD:
        step(reading)
    return reading
