"""Stakes: what a handler's failure costs. A guarded body that only tries whether a value can be had is a probe; one that does work is not.

Written onto `handling` facts as `stakes`: "work" where something is done (an effect, a wait, a call for its own sake or for the
function's result), "value" where all that is lost is a value, "nothing" where only plain values are read and written.
"""

from __future__ import annotations

from typing import Final

from ..knowledge import Api
from ..model import Fact
from .calls import method
from .reading import Reading

#: Methods of plain values and functions that convert or ask about them: they fail by the value alone.
_PLAIN_TEXT: Final = (
    "get items keys values append add insert extend setdefault update pop remove discard clear put copy index count sort reverse "
    "strip lstrip rstrip split rsplit splitlines partition rpartition lower upper title replace startswith endswith format join "
    "isspace isdigit isalpha isnumeric encode decode find rfind sub subn match search fullmatch findall group groups compile "
    "getattr setattr hasattr isinstance issubclass callable len str repr int float bool bytes tuple list dict set frozenset type "
    "enumerate zip range sorted reversed iter next min max sum abs round any all map filter print "
    "toString valueOf length size isEmpty contains containsKey equals hashCode substring trim parseInt parseLong"
)
_PLAIN: Final = frozenset(_PLAIN_TEXT.split())
#: Roles of calls that do nothing to anybody.
_IDLE: Final = frozenset(
    {
        "log",
        "log.error",
        "clock.wall",
        "clock.monotonic",
        "random",
        "path.exists",
        "collection.create",
        "collection.default",
        "error.create",
        "duration.create",
    }
)


def derive(reading: Reading) -> None:
    """Judge each handling fact by the calls of the body that it guards."""
    for fact in reading.facts.of("handling"):
        guarded = fact.get("guarded", -1)
        fact.attributes["stakes"] = _stakes(reading.facts.all[guarded], reading) if guarded >= 0 else "work"


def _stakes(guarded: Fact, reading: Reading) -> str:
    found = "nothing"
    if any(f.kind == "import" for f in reading.facts.within(guarded)):
        return "value"  # it tries whether something optional is there at all
    if _only_pauses(guarded, reading):
        return "nothing"
    for fact in reading.facts.within(guarded):
        if fact.kind in ("await", "yield", "raise", "send", "receive", "spawn", "lock"):
            return "work"
        if fact.kind == "call" and not is_plain(fact):
            use = fact.get("use")
            if (
                use in ("dropped", "item")
                or _does_io(fact)
                or (use == "returned" and not _is_conditional(fact, guarded, reading))
            ):
                return "work"
            found = "value"
    return found


def _only_pauses(guarded: Fact, reading: Reading) -> bool:
    calls = [c for c in reading.facts.within(guarded, "call") if not is_plain(c)]
    return bool(calls) and all("sleep" in c.roles for c in calls)


def _is_conditional(call: Fact, guarded: Fact, reading: Reading) -> bool:
    """True in a branch of the guarded body: an early answer for one case, not what the body is there for."""
    above = reading.facts.enclosing(call, "branch")
    return above is not None and reading.facts.inside(above, guarded)


def _does_io(call: Fact) -> bool:
    return bool(call.roles - _IDLE)


def is_plain(call: Fact) -> bool:
    """True for what only reads or writes values: by its name where nothing is known of it, else by what its API file says."""
    api: Api | None = call.get("api")
    if _does_io(call):
        return False
    return method(call) in _PLAIN or bool(call.roles & _IDLE) or (api is not None and api.blocking is False)
