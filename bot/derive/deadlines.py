"""Deadlines: what bounds each waiting call in time. Absent and unknown are different answers.

A call is bounded by its own argument, by its client's setting, by a setting on the object that it makes, by an enclosing scope
(`asyncio.timeout`), by being wrapped (`wait_for`), by a context that carries one, or by the library's default.
"""

from __future__ import annotations

from typing import Any, Final

from ..knowledge import Api, Deadline
from ..model import UNKNOWN, Duration, Fact, Value
from .calls import argument, given_unit, method, receiver, spreads
from .conventions import words
from .nearby import bounds_time, stays_here
from .objects import chain, holder, origin, scope_of, settings_on
from .reaching import only_knocks, stays_local
from .reading import Reading

_OFF: Final = "the limit is switched off here"
#: Longer defaults protect nobody: a worker is as good as lost after an hour.
ABSURD: Final = 3600.0
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DEPTH: Final = 4
_BOUNDED: Final = frozenset({"given", "client", "default", "context", "scope"})
_UNBOUNDED: Final = frozenset({"none", "disabled", "connect-only", "absurd"})
_CLIENTS: Final = frozenset({"http.client", "rpc.client", "cloud.client"})
_ENDLESS: Final = frozenset(
    [
        "stream",
        "streaming",
        "streams",
        "watch",
        "watcher",
        "watches",
        "follow",
        "sse",
        "events",
        "websocket",
        "ws",
        "subscribe",
        "listen",
        "tail",
        "longpoll",
        "poll",
    ]
)
#: Where "connected" is followed by question and answer.
_EXCHANGES: Final = frozenset(
    {"http.request", "http.client", "socket.connect", "db.connect", "cache.client", "cloud.client"}
)
_SETS: Final = frozenset({"deadline", "read-deadline"})
#: A channel that was told not to block needs no deadline of its own.
_SETTLED: Final = _SETS | {"blocking"}
_TAKERS: Final = frozenset({"new", "make", "create", "read", "receive", "client", "handshake"})
#: What waits for the other side's bytes itself.
_LISTENS: Final = frozenset({"socket.read", "stream.read-all"})
_SETTERS: Final = frozenset({"setdeadline", "setreaddeadline", "settimeout", "set_read_timeout", "setsotimeout"})


def derive(reading: Reading) -> None:
    """Write `deadline` (and `deadline_seconds` where known) onto every call that an API file gives one, with evidence.

    A client is judged by its uses where the file shows any: `carried` says so on the call that makes it. `maker` is where to
    look: the client's making when it could be bounded there (so that one cause is told once), else the call itself.
    """
    for call in reading.facts.of("call"):
        api: Api | None = call.get("api")
        if api is None or api.deadline is None:
            continue
        state, evidence = deadline_of(call, api.deadline, reading)
        if state in _BOUNDED and api.deadline.part == "connect" and "socket.connect" in call.roles:
            state, evidence = _after_connecting(call, state, reading)
            given = any(not reading.facts.all[i].roles & _LISTENS for _, i in evidence)
            call.attributes["handed"] = given and not _is_datagram(call, reading)
        if (state == "connect-only" and (not call.roles & _EXCHANGES or only_knocks(call, reading))) or (
            state == "none"
            and (_given_to_library(call, reading) or _passes_on(call, reading) or stays_local(call, reading))
        ):
            state, evidence = "unknown", ()
        makers = _makers(call, api.deadline, reading)
        for maker in makers:
            if "socket.connect" not in maker.roles:
                maker.attributes["carried"] = True
        call.attributes.update(deadline=state, streams=_streams(call, reading), loopback=_loopback(call, reading))
        call.attributes.setdefault("carried", False)
        if evidence:
            call.attributes.update(evidence=(*call.get("evidence", ()), *evidence))
        if state in _UNBOUNDED:
            call.attributes["maker"] = _place(call, makers, evidence, reading)


def _streams(call: Fact, reading: Reading) -> bool:
    """True where the code's own words say that something endless is followed, or a call is asked to hand the answer on as it comes."""
    path, _ = holder(call, reading)
    function = reading.facts.function(call)
    said = {*words(method(call)), *words(path), *(words(str(function.get("name", ""))) if function is not None else ())}
    return bool(said & _ENDLESS) or argument(call, ("stream", "sock_read")) is not None


def _loopback(call: Fact, reading: Reading) -> bool:
    """True for a server whose address says that only this machine reaches it."""
    texts = (reading.facts.text(a.value).lstrip() for a in call.get("arguments", ()))
    return "http.server" in call.roles and any(
        f'"{here}' in text for text in texts for here in ("localhost:", "127.0.0.1:", "[::1]:")
    )


def _given_to_library(call: Fact, reading: Reading) -> bool:
    """True for a client of contexts' language that is handed straight to a library, whose own calls may carry deadlines."""
    return "http.client" in call.roles and call.get("use") == "argument" and reading.language.errors == "values"


def _passes_on(call: Fact, reading: Reading) -> bool:
    """True in the shorter overload of a wrapper that hands its own parameters on: who wants a limit calls the longer one."""
    function = reading.facts.function(call)
    if function is None or function.get("name") != method(call):
        return False
    given = {p.name for p in function.get("parameters", ())}
    home = reading.facts.class_of(function)
    return all(a.value.path in given for a in call.get("arguments", ())) and any(
        f.get("name") == method(call) and len(f.get("parameters", ())) > len(given)
        for f in reading.facts.of("function")
        if reading.facts.class_of(f) is home
    )


def _makers(call: Fact, spec: Deadline, reading: Reading) -> tuple[Fact, ...]:
    return origin(receiver(call), call, reading).makers if spec.client else ()


def _place(call: Fact, makers: tuple[Fact, ...], evidence: Evidence, reading: Reading) -> int:
    """Where a reader should look: at the client's making if it could have been given a deadline there, else at the call."""
    if evidence and ("socket.connect" in call.roles or evidence[0][0] == _OFF):
        return evidence[0][1]
    made = [m.id for m in makers if takes_deadline(m, reading)]
    return made[0] if len(made) == 1 else call.id


def takes_deadline(call: Fact, reading: Reading) -> bool:
    """True when what a call makes can be given a deadline: by the call's own arguments, or by setting it on the result."""
    api: Api | None = call.get("api")
    if api is None:
        return False
    spec = api.deadline
    if spec is not None and (spec.arguments or spec.positions or spec.arity is not None or spec.context is not None):
        return True
    made = reading.knowledge.lineage(reading.names.result_type(call))
    steps = [
        s
        for c in chain(call, reading)
        for s in reading.knowledge.lineage(c.get("receiver", "") or reading.names.result_type(c))
    ]
    return any(_SETS & set(method.sets) for kind in (*made, *steps) for method in kind.methods.values())


def _after_connecting(call: Fact, state: str, reading: Reading) -> tuple[str, Evidence]:
    """A connection whose connecting alone is bounded: "connect-only" when it is read or given away and no read deadline is set."""
    if any(_SETS & set(_made_settings(c)) or method(c).lower() in _SETTERS for c in reading.facts.of("call")):
        return state, ()
    handed = _handed_on(call, reading)
    return (
        ("connect-only", (("from here on nothing bounds the waiting", handed.id),))
        if handed is not None
        else (state, ())
    )


def _is_datagram(call: Fact, reading: Reading) -> bool:
    """True for a network whose messages may be lost: whoever waits for an answer waits for ever then."""
    network = argument(call, positions=(0,))
    return network is not None and str(reading.constant(network, call)).startswith("udp")


def _takes_over(call: Fact) -> bool:
    """True for a call that will read from a connection which it is given: a reader, or the maker of a protocol's client."""
    name = words(method(call))
    return bool(
        call.get("constructor")
        or "socket.read" in call.roles
        or "stream.read-all" in call.roles
        or (name and name[0] in _TAKERS)
    )


def _handed_on(call: Fact, reading: Reading) -> Fact | None:
    """The first fact that reads from a connection or gives it to somebody who will, through one more name at most."""
    path, scope = holder(call, reading)
    for _ in range(2):
        if not path or scope is None:
            return None
        following = ""
        for mention in reading.mentions.of(path, scope):
            if mention.how == "argument" and mention.fact.id > call.id and _takes_over(mention.fact):
                return mention.fact
            if mention.how == "receiver" and "socket.read" in mention.fact.roles:
                return mention.fact
            if mention.how == "assigned" and mention.fact.id > call.id and mention.fact.get("targets"):
                following = mention.fact.get("targets")[0].path
        path, scope = following, (scope_of(following, call, reading) if following else None)
    return None


Evidence = tuple[tuple[str, int], ...]


def deadline_of(call: Fact, spec: Deadline, reading: Reading, depth: int = 0) -> tuple[str, Evidence]:
    """The state of one call's deadline and the facts that it rests on."""
    state = _own(call, spec, reading) or ("unknown" if stays_here(call, reading) else "") or _delegated(call, reading)
    if state:
        return state, ()
    if spec.context is not None:
        found = _from_context(call, spec.context, reading)
        if found != "none":
            return found, ()
    if bounds_time(call, reading):
        return "scope", ()
    found, evidence = _from_settings(call, reading)
    if call.roles & _CLIENTS and spec.part == "connect" and found in ("none", "connect-only"):
        return "per-call", ()
    if found != "none" and not (found == "connect-only" and _reads_bounded(spec)):
        return found, evidence
    if spec.client and depth < _DEPTH:
        found, evidence = _from_client(call, reading, depth)
        if found not in ("none", "per-call"):
            return found, evidence
    if call.roles & _CLIENTS and not takes_deadline(call, reading) and not spec.client:
        return ("per-call" if _from_default(spec) == "none" else _from_default(spec)), ()
    return _from_default(spec), evidence


def _reads_bounded(spec: Deadline) -> bool:
    """True for a library that bounds each read by itself."""
    return spec.part == "read" and isinstance(spec.default, Duration)


def _from_default(spec: Deadline) -> str:
    if isinstance(spec.default, Duration):
        return "absurd" if spec.default.seconds >= ABSURD else "default"
    return spec.default


def _own(call: Fact, spec: Deadline, reading: Reading) -> str:
    """What the call's own arguments say: "given", "disabled", "unknown" (spread) or "" (nothing)."""
    value = argument(call, spec.arguments, spec.positions)
    if value is None and spec.arity is not None and len(call.get("arguments", ())) >= spec.arity:
        value = call.get("arguments")[-1].value if spec.arity > 0 else None
        return "given" if value is None else _judge(value, call, spec, reading)
    if value is not None:
        return _judge(value, call, spec, reading)
    return "unknown" if spreads(call) and (spec.arguments or spec.positions) else ""


def _delegated(call: Fact, reading: Reading) -> str:
    """Answer "unknown" for a client whose work is done by something that this file does not show, or that is the code's own."""
    api: Api | None = call.get("api")
    name = api.fields.get("delegates") if api is not None else None
    given = argument(call, (str(name),)) if name else None
    if given is None:
        return ""
    made = origin(given, call, reading)
    kinds = [reading.knowledge.lineage(reading.names.result_type(m)) for m in made.makers]
    known = made.complete and kinds and all(any(call.roles & k.roles for k in lineage) for lineage in kinds)
    return "" if known else "unknown"


def _judge(value: Value, call: Fact, spec: Deadline, reading: Reading) -> str:
    constant = reading.constant(value, call)
    if value.form == "collection" and len(value.parts) == 2:
        return _judge_pair(value, call, spec, reading)
    if value.form == "call" and value.call >= 0:
        return _judge_made(reading.facts.all[value.call], reading)
    if constant is None:
        return "" if spec.zero == "default" else "disabled"
    unit = given_unit(call) or spec.unit
    if constant is not UNKNOWN and _seconds(constant, unit) == 0:
        return {"forever": "disabled", "at once": "given", "default": ""}[spec.zero]
    seconds = _seconds(constant, unit)
    if seconds is not None:
        call.attributes["deadline_seconds"] = seconds
        if seconds < 0 or seconds == float("inf"):
            return "disabled"
    return "given"


def _judge_made(made: Fact, reading: Reading) -> str:
    """A time-out that is an object of its own (`Timeout(None)`): what was given when it was made."""
    api: Api | None = made.get("api")
    if api is None or api.deadline is None or "duration.create" in api.roles:
        return "given"
    return _own(made, api.deadline, reading) or "given"


def _judge_pair(value: Value, call: Fact, spec: Deadline, reading: Reading) -> str:
    """(connect, read), as some clients take it."""
    connect, read = (_judge(part, call, spec, reading) for part in value.parts)
    return "given" if read == "given" else "connect-only" if connect == "given" else read


def _seconds(constant: Any, unit: str) -> float | None:
    if isinstance(constant, Duration):
        return constant.seconds
    if isinstance(constant, int | float) and not isinstance(constant, bool):
        return constant * _UNITS[unit]
    return None


# --- around the call ---------------------------------------------------------------------------------------


def _from_context(call: Fact, position: int, reading: Reading) -> str:
    given = [a.value for a in call.get("arguments", ())][position:]
    return "none" if not given or reading.constant(given[0], call) is None else context_state(given[0], call, reading)


def context_state(value: Value, at: Fact, reading: Reading, depth: int = 0) -> str:
    """What a context carries: "given" (a deadline), "none" (background, or made from one without), "context" (unknown, a caller's)."""
    made = origin(value, at, reading)
    if not made.makers or not made.complete or depth > _DEPTH:
        return "context"
    states = set()
    for maker in made.makers:
        if "context.deadline" in maker.roles or "deadline.scope" in maker.roles:
            states.add("given")
        elif "context.background" in maker.roles:
            states.add("none")
        elif maker.roles & {"context.derive", "context.detach"} and maker.get("arguments"):
            states.add(context_state(maker.get("arguments")[0].value, maker, reading, depth + 1))
        else:
            states.add("context")
    return states.pop() if len(states) == 1 else "context"


def _from_settings(call: Fact, reading: Reading) -> tuple[str, Evidence]:
    """Settings made on the object that the call makes or is made through (builder steps, setters, fields)."""
    settings = settings_on(call, reading) if call.get("constructor") or "deadline" in _made_settings(call) else {}
    own = {s for step in chain(call, reading) for s in _made_settings(step)}
    names = own | set(settings)
    if names & _SETTLED:
        off = [step for step in chain(call, reading) if _switches_off(step, reading)]
        return ("disabled", ((_OFF, off[0].id),)) if off else ("given", ())
    if "connect-deadline" in names:
        setter = settings.get("connect-deadline")
        return "connect-only", (("only connecting is bounded here", setter.id),) if setter is not None else ()
    return "none", ()


def _switches_off(step: Fact, reading: Reading) -> bool:
    """True for a builder step that sets the deadline to "for ever"."""
    api: Api | None = step.get("api")
    return (
        bool(_SETS & set(_made_settings(step)))
        and api is not None
        and api.deadline is not None
        and _own(step, api.deadline, reading) == "disabled"
    )


def _made_settings(call: Fact) -> tuple[str, ...]:
    api: Api | None = call.get("api")
    return api.sets if api is not None else ()


def _from_client(call: Fact, reading: Reading, depth: int) -> tuple[str, Evidence]:
    """What the client that the call goes through was given when it was made, or later."""
    made = origin(receiver(call), call, reading)
    if not made.makers or not made.complete:
        return "unknown", ()
    states: set[str] = set()
    evidence: Evidence = ()
    for maker in made.makers:
        api: Api | None = maker.get("api")
        if api is None:
            return "unknown", ()
        settings = settings_on(maker, reading)
        if _SETTLED & set(settings):
            states.add("client")
            continue
        if "connect-deadline" in settings and not (api.deadline is not None and _reads_bounded(api.deadline)):
            states.add("connect-only")
            continue
        if api.deadline is None:
            states.add("none")
        else:
            state, _ = deadline_of(maker, api.deadline, reading, depth + 1)
            states.add("client" if state in ("given", "scope") else state)
        evidence = (*evidence, ("the client is made here", maker.id))
    state = states.pop() if len(states) == 1 else "unknown"
    return state, evidence if state in ("none", "disabled", "connect-only") else ()
