"""Many awaitables handed over as one: a call that waits for each of its arguments is given a list or a generator of them."""

from __future__ import annotations

from typing import Final

from ..knowledge import Api
from ..model import Fact, Value
from .reading import Reading

_MANY: Final = frozenset({"comprehension", "collection"})


def derive(reading: Reading) -> None:
    """Write `unspread` onto calls that take their awaitables one by one and get one collection."""
    for call in reading.facts.of("call"):
        api: Api | None = call.get("api")
        if api is None or api.fields.get("awaits") != "arguments":
            continue
        given = [a.value for a in call.get("arguments", ()) if not a.name]
        if len(given) == 1 and _is_many(given[0], call, reading):
            call.attributes["unspread"] = True


def _is_many(value: Value, call: Fact, reading: Reading) -> bool:
    if value.form in _MANY:
        return True
    made = [b.value for b in reading.names.bindings_of(value, call)] if value.form == "name" else []
    return bool(made) and all(v is not None and v.form in _MANY for v in made)
