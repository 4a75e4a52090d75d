"""Stakes: what a handler's failure costs. A guarded body that only tries whether a value can be had is a probe; one that does work is not.

Written onto `handling` facts as `stakes`: "change" where something outside is written, sent, or waited for to its end,
"work" where something is done (an effect, a wait, a call for its own sake or for the
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


#: Roles of calls that change something outside, or wait for work to be done.
_CHANGES: Final = frozenset(
    {
        *(
            "db.write",
            "db.commit",
            "storage.write",
            "queue.publish",
            "queue.ack",
            "queue.nack",
            "mail.send",
            "rpc.call",
        ),
        *("file.write", "file.sync", "file.rename", "stream.copy", "socket.write", "loop.run", "wait", "wait.future"),
        *("thread.join", "task.gather", "process.run", "process.wait", "pool.submit", "cloud.batch", "http.response"),
    }
)


def derive(reading: Reading) -> None:
    """Judge each handling fact by the calls of the body that it guards."""
    for fact in reading.facts.of("handling"):
        guarded = fact.get("guarded", -1)
        fact.attributes["stakes"] = (
            _stakes(reading.facts.all[guarded], reading) if guarded >= 0 else _stakes_of_check(fact, reading)
        )


def _stakes_of_check(fact: Fact, reading: Reading) -> str:
    """What the call does whose error is checked: the last one before that gave the variable its value."""
    function, variable = reading.facts.function(fact), fact.get("variable")
    given = [
        m.fact
        for m in (reading.mentions.of(variable, function) if function is not None and variable else ())
        if m.how == "target" and m.fact.kind == "assignment" and m.fact.id < fact.anchor
    ]
    value = max(given, key=lambda a: a.id).get("value") if given else None
    made = reading.facts.all[value.call] if value is not None and value.form == "call" and value.call >= 0 else None
    return "change" if made is not None and made.roles & _CHANGES else "work"


def _stakes(guarded: Fact, reading: Reading) -> str:
    found = "nothing"
    if any(f.kind == "import" for f in reading.facts.within(guarded)):
        return "value"  # it tries whether something optional is there at all
    if _only_pauses(guarded, reading):
        return "nothing"
    for fact in reading.facts.within(guarded):
        if fact.kind in ("await", "send") or (fact.kind == "call" and fact.roles & _CHANGES):
            return "change"
    for fact in reading.facts.within(guarded):
        if fact.kind in ("yield", "raise", "receive", "spawn", "lock"):
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
