"""Children that are killed when their time is up, and then left: nobody collects their end, nor what their pipes still hold."""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .calls import method, receiver
from .conventions import is_test_code, words
from .reading import Reading

_KILLS: Final = frozenset({"kill", "terminate"})
_COLLECTS: Final = frozenset({"wait", "communicate", "poll", "join"})
_HANDS_OVER: Final = frozenset({"argument", "returned", "element", "assigned", "yielded", "item"})


def derive(reading: Reading) -> None:
    """Write `unreaped` onto calls that kill a child in the handler of its time-out when nothing waits for it afterwards."""
    if is_test_code(reading) or reading.language.name != "python":
        return
    for handling in reading.facts.of("handling"):
        waited = _waited(handling, reading)
        if waited:
            _judge(handling, waited, reading)


def _waited(handling: Fact, reading: Reading) -> set[str]:
    """The local names of the children whose end the guarded body waits for with a limit."""
    if handling.get("style") != "catch" or handling.get("guarded", -1) < 0 or handling.get("body", -1) < 0:
        return set()
    if not any({"timeout", "expired"} & set(words(k.rsplit(".", 1)[-1])) for k in _types(handling, reading)):
        return set()
    found = set()
    for call in reading.facts.within(reading.facts.all[handling.get("guarded")], "call"):
        owner = receiver(call)
        limited = any(a.name == "timeout" for a in call.get("arguments", ()))
        if owner is not None and owner.form == "name" and method(call) in ("wait", "communicate") and limited:
            found.add(owner.path)
    return found


def _types(handling: Fact, reading: Reading) -> tuple[str, ...]:
    types: tuple[str, ...] = reading.facts.all[handling.anchor].get("types", ())
    return types


def _judge(handling: Fact, waited: set[str], reading: Reading) -> None:
    function = reading.facts.function(handling)
    body = reading.facts.all[handling.get("body")]
    for call in reading.facts.within(body, "call"):
        owner = receiver(call)
        if owner is None or owner.path not in waited or method(call) not in _KILLS or function is None:
            continue
        later = [m for m in reading.mentions.of(owner.path, function) if m.fact.id > call.id]
        if any(m.how in _HANDS_OVER or m.method in _COLLECTS for m in later) or _is_managed(owner.path, call, reading):
            continue
        call.attributes.update(unreaped=True, evidence=(("its time is up here", handling.anchor),))


def _is_managed(name: str, call: Fact, reading: Reading) -> bool:
    """True in a with-block of the child, which waits at its end; and where a loop comes back to the wait."""
    return any(
        (above.kind == "with" and any(alias == name for _, alias in above.get("items", ()))) or above.kind == "loop"
        for above in reading.facts.ancestors(call)
    )
