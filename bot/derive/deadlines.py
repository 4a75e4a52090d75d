"""Deadlines: what bounds each waiting call in time. Absent and unknown are different answers.

A call is bounded by its own argument, by its client's setting, by a setting on the object that it makes, by an enclosing scope
(`asyncio.timeout`), by being wrapped (`wait_for`), by a context that carries one, or by the library's default.
"""

from __future__ import annotations

from typing import Any, Final

from ..knowledge import Api, Deadline
from ..model import UNKNOWN, Duration, Fact, Value
from .calls import argument, receiver, spreads
from .objects import chain, origin, settings_on
from .reading import Reading

#: Longer defaults protect nobody: a worker is as good as lost after an hour.
ABSURD: Final = 3600.0
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DEPTH: Final = 4


def derive(reading: Reading) -> None:
    """Write `deadline` (and `deadline_seconds` where known) onto every call that an API file gives one, with evidence.

    A client is judged by its uses where the file shows any: `carried` says so on the call that makes it, and `repeats` on
    each further call through the same client, so that one cause is told once. `maker` is where the client is made.
    """
    told: set[int] = set()
    for call in reading.facts.of("call"):
        api: Api | None = call.get("api")
        if api is None or api.deadline is None:
            continue
        state, evidence = deadline_of(call, api.deadline, reading)
        makers = [maker.id for maker in origin(receiver(call), call, reading).makers] if api.deadline.client else []
        for maker in makers:
            reading.facts.all[maker].attributes["carried"] = True
        call.attributes.update(deadline=state, repeats=bool(makers) and told.issuperset(makers))
        call.attributes.setdefault("carried", False)
        if evidence:
            call.attributes.update(evidence=(*call.get("evidence", ()), *evidence), maker=evidence[0][1])
        if state in ("none", "disabled", "connect-only", "absurd"):
            told.update(makers)


Evidence = tuple[tuple[str, int], ...]


def deadline_of(call: Fact, spec: Deadline, reading: Reading, depth: int = 0) -> tuple[str, Evidence]:
    """The state of one call's deadline and the facts that it rests on."""
    state = _own(call, spec, reading)
    if state in ("given", "disabled", "unknown"):
        return state, ()
    if spec.context is not None:
        found = _from_context(call, spec.context, reading)
        if found != "none":
            return found, ()
    if _in_scope(call, reading):
        return "scope", ()
    found, evidence = _from_settings(call, spec, reading)
    if found != "none":
        return found, evidence
    if spec.client and depth < _DEPTH:
        found, evidence = _from_client(call, reading, depth)
        if found != "none":
            return found, evidence
    return _from_default(spec), evidence


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


def _judge(value: Value, call: Fact, spec: Deadline, reading: Reading) -> str:
    constant = reading.constant(value, call)
    if constant is None or (constant is not UNKNOWN and not isinstance(constant, bool) and _seconds(constant, spec.unit) == 0):
        return {"forever": "disabled", "at once": "given", "default": ""}[spec.zero]
    seconds = _seconds(constant, spec.unit)
    if seconds is not None:
        call.attributes["deadline_seconds"] = seconds
        if seconds < 0 or seconds == float("inf"):
            return "disabled"
    return "given"


def _seconds(constant: Any, unit: str) -> float | None:
    if isinstance(constant, Duration):
        return constant.seconds
    if isinstance(constant, int | float) and not isinstance(constant, bool):
        return constant * _UNITS[unit]
    return None


# --- around the call ---------------------------------------------------------------------------------------


def _in_scope(call: Fact, reading: Reading) -> bool:
    """True inside a with-block that bounds time, or as an argument of a call that does."""
    for above in reading.facts.ancestors(call):
        if above.kind == "with" and any(v.call >= 0 and "deadline.scope" in reading.facts.all[v.call].roles for v, _ in above.get("items", ())):
            return True
        if above.kind == "call" and "deadline.wrap" in above.roles:
            return True
        if above.kind in ("function", "class"):
            return False
    return False


def _from_context(call: Fact, position: int, reading: Reading) -> str:
    arguments = call.get("arguments", ())
    return context_state(arguments[position].value, call, reading) if position < len(arguments) else "none"


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


def _from_settings(call: Fact, spec: Deadline, reading: Reading) -> tuple[str, Evidence]:
    """Settings made on the object that the call makes or is made through (builder steps, setters, fields)."""
    settings = settings_on(call, reading) if call.get("constructor") or "deadline" in _made_settings(call) else {}
    own = {s for step in chain(call, reading) for s in _made_settings(step)}
    names = own | set(settings)
    if names & {"deadline", "read-deadline"}:
        return "given", ()
    if "connect-deadline" in names:
        setter = settings.get("connect-deadline")
        return "connect-only", (("only connecting is bounded here", setter.id),) if setter is not None else ()
    return "none", ()


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
        if {"deadline", "read-deadline"} & set(settings):
            states.add("client")
            continue
        if "connect-deadline" in settings:
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
