"""Retries by policy: a library's decorator, constructor or builder step that says how often and how long to try again."""

from __future__ import annotations

from typing import Final

from ..knowledge import Api
from ..model import Fact, Value
from .calls import argument, receiver, spreads
from .conventions import words
from .objects import chain, settings_on
from .reading import Reading

_PAUSES: Final = frozenset({"wait", "delay", "backoff", "interval", "sleep", "pause"})
_ENDS: Final = frozenset({"stop", "attempts", "attempt", "tries", "retries", "max", "deadline", "timeout", "time"})


def derive(reading: Reading) -> None:
    """Add a `retry` fact of form "policy" for each call, and each bare decorator, that makes a retry policy."""
    for call in reading.facts.of("call"):
        api: Api | None = call.get("api")
        if (
            api is not None
            and call.roles & {"retry.policy", "retry.stop"}
            and (api.retries == "forever" or api.fields.get("delay") == "none")
        ):
            _add(call, api, reading)
    for function in reading.facts.of("function"):
        for decorator in function.get("decorators", ()):
            if isinstance(decorator, Value) and decorator.form in ("name", "member"):
                api = reading.knowledge.call(reading.names.qualify(decorator.path))
                if api is not None and "retry.policy" in api.roles and api.retries == "forever":
                    _bare(function, decorator, api, reading)


def _bare(function: Fact, decorator: Value, api: Api, reading: Reading) -> None:
    fact = reading.facts.derive("retry", function, focus=decorator.span, callee=decorator)
    fact.attributes.update(_known(api, bounded=False, paused=False))
    fact.attributes.update(work=fact.id, loop=fact.id, failure=fact.id)


def _add(call: Fact, api: Api, reading: Reading) -> None:
    if spreads(call) or _begins_elsewhere(call, reading) or _is_second(call, api, reading):
        return
    given = {w for a in call.get("arguments", ()) if not _absent(a.value) for w in words(a.name)}
    wanted = api.fields.get("attempts_argument", ())
    limits = {
        w
        for name in ((wanted,) if isinstance(wanted, str) else wanted if isinstance(wanted, list | tuple) else ())
        for w in words(name)
    }
    settings = set(settings_on(call, reading))
    above = reading.facts.enclosing(call, "call")
    positional = any(not a.name for a in call.get("arguments", ())) and reading.language.name != "python"
    bounded = (
        bool(given & (limits | _ENDS))
        or bool(settings & {"retries", "deadline"})
        or positional
        or (above is not None and bool(above.roles & {"retry.stop"}))
    )
    if call.roles & {"retry.stop"} and api.retries == "forever":
        bounded = False
    paused = bool(given & _PAUSES) or bool(settings & {"delay"}) or "retry.policy" not in call.roles
    fact = reading.facts.derive("retry", call, callee=call.get("callee"), work=call.id, loop=call.id, failure=call.id)
    fact.attributes.update(_known(api, bounded=bounded, paused=paused))


def _begins_elsewhere(call: Fact, reading: Reading) -> bool:
    """True for a builder that a caller or another function has begun: what it was told there is not seen here."""
    first = receiver(call)
    for step in chain(call, reading):
        if step.get("target", -1) >= 0:
            return True
        first = receiver(step)
    if first is None or first.form not in ("name", "member"):
        return False
    bindings = reading.names.bindings_of(first, call)
    made = (reading.facts.all[b.value.call] for b in bindings if b.value is not None and b.value.form == "call")
    return any(b.how == "parameter" for b in bindings) or any(m.get("target", -1) >= 0 for m in made)


def _is_second(call: Fact, api: Api, reading: Reading) -> bool:
    """True for a policy of one further attempt: it multiplies nothing."""
    position = api.fields.get("attempts_argument")
    if "retry.policy" not in call.roles or not isinstance(position, int) or isinstance(position, bool):
        return False
    given = argument(call, positions=(position,))
    return given is not None and reading.constant(given, call) == 1


def _absent(value: Value) -> bool:
    return value.form == "constant" and value.constant is None


def _known(api: Api, *, bounded: bool, paused: bool) -> dict[str, object]:
    """The attributes of a policy whose limits and pauses were or were not given."""
    delay = "unknown" if paused or api.fields.get("delay") != "none" else "none"
    endless = api.retries == "forever" and not bounded
    return {
        "form": "policy",
        "attempts": "unbounded" if endless else "unknown",
        "stoppable": False,
        "delay": delay,
        "jitter": "unknown",
        "catches": "unknown",
        "subject": "likely",
        "idempotent": "unknown",
        "over": False,
        "cancellation": "unknown",
        "exhausted": "unknown",
        "reused": False,
    }
