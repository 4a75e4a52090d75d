"""Own work: a function of this file that is handed to a pool and waited for at once, which takes as long as calling it would."""

from __future__ import annotations

from ..model import Fact, Value
from .calls import argument, receiver
from .reading import Reading


def does_at_once(wait: Fact, reading: Reading) -> bool:
    """True for `pool.submit(own).result()`, in one expression or through a name with no other call in between."""
    future = receiver(wait)
    if future is None:
        return False
    given: Value | None = future
    if future.form == "name":
        binding = reading.names.latest(future, wait)
        given = binding.value if binding is not None and binding.how == "assigned" else None
    if given is None or given.form != "call" or given.call < 0:
        return False
    handed = reading.facts.all[given.call]
    if "pool.submit" not in handed.roles or reading.facts.function(handed) is not reading.facts.function(wait):
        return False
    return _is_own(handed, reading) and not _works_between(handed, wait, reading)


def _is_own(handed: Fact, reading: Reading) -> bool:
    """True when what is handed over is written in this file: a closure, a function, a method of this object."""
    work = argument(handed, ("fn", "task"), (0,))
    if work is None:
        return False
    if work.form == "function":
        return True
    if work.form == "name":
        return reading.names.function_named(work.path, handed) is not None
    if work.form != "member" or not work.parts:
        return False
    owner = reading.names.type_of(work.parts[0], handed)
    return (owner, work.path.rsplit(".", 1)[-1]) in reading.names.methods


def _works_between(handed: Fact, wait: Fact, reading: Reading) -> bool:
    """True when something else is called between the two, so that the work goes on beside it."""
    end = reading.facts.ends(handed)
    return any(
        end < c.id < wait.id and not reading.facts.inside(c, wait) and not reading.facts.inside(handed, c)
        for c in reading.facts.of("call")
    )
