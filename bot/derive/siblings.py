"""The odd one out: fields of one type that a class fills itself and ends in its stop function, all but one.

What the class does with the others says more than who made the thing: a helper of another file may have.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from ..model import Fact
from .calls import method
from .closables import CLOSES
from .conventions import is_test_code, words
from .reading import Reading
from .scopes import Binding

_FEWEST: Final = 2  # ended siblings that make a habit
_POOLS: Final = frozenset({"shutdown", "shutdownNow"})


def derive(reading: Reading) -> None:
    """Add an `owned` fact for each field that is forgotten where its siblings are ended."""
    if is_test_code(reading):
        return
    told = {(f.get("owner"), f.get("field")): f for f in reading.facts.of("owned") if f.get("released") == "none"}
    for owner, fields in reading.names.fields.items():
        for sort, group in _groups(reading, fields).items():
            ended = [name for name in group if _is_ended(reading, name)]
            left = [name for name in group if name not in ended]
            if len(ended) < _FEWEST or len(left) != 1:
                continue
            if (owner, left[0]) in told:
                told[owner, left[0]].attributes["excuse"] = "none"  # what its siblings are worth, it is worth too
            else:
                _tell(reading, owner, left[0], group[left[0]], sort)


def _groups(reading: Reading, fields: dict[str, list[Binding]]) -> dict[str, dict[str, Fact]]:
    """The fields that hold a pool made by a call in this class, by sort and name, each with that call."""
    found: dict[str, dict[str, Fact]] = defaultdict(dict)
    for name, bindings in fields.items():
        declared = next((reading.names.qualify(b.type) for b in bindings if b.type), "")
        sort = "pool" if _POOLS & set(reading.knowledge.closers(declared)) else ""
        made = [b.value.call for b in bindings if b.how in ("assigned", "declared") and b.value is not None]
        made = [i for i in made if i >= 0 and reading.facts.all[i].kind == "call" and not _asks(reading.facts.all[i])]
        if sort and made:
            found[sort][name] = reading.facts.all[made[-1]]
    return found


def _asks(call: Fact) -> bool:
    """True for a getter: somebody else has made what it gives, and ends it."""
    return words(method(call))[:1] == ("get",)


def _is_ended(reading: Reading, name: str) -> bool:
    paths = [p for p in reading.mentions.paths() if p == name or p.endswith(f".{name}")]
    mentions = [m for path in paths for m in reading.mentions.of(path)]
    return any(
        (m.how == "receiver" and CLOSES & set(words(m.method)))
        or (m.how == "argument" and CLOSES & set(words(m.fact.get("callee").path.rsplit(".", 1)[-1])))
        for m in mentions
    )


def _tell(reading: Reading, owner: str, name: str, call: Fact, sort: str) -> None:
    reading.facts.derive(
        "owned",
        call,
        sort=sort,
        released="none",
        stops="present",
        daemon=False,
        excuse="none",
        field=name,
        owner=owner,
        place=call.id,
        evidence=(("made here", call.id),),
        callee=call.get("callee"),
    )
