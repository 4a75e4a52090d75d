"""Retries by loop: work that is tried again by hand. One fact, `retry`, of which resubmissions and library policies are the other forms."""

from __future__ import annotations

import re
from typing import Final

from ..knowledge import Api
from ..model import Fact, Value
from .attempts import Attempt, attempt_in, counts_attempts
from .calls import argument, method
from .conventions import words
from .exhaustion import exhausted, spent
from .handlers import kinds_caught
from .limits import attempts_of, stoppable
from .pauses import pause_in
from .reading import Reading
from .remote import REMOTE

_VERBS: Final = frozenset(
    [
        "connect",
        "reconnect",
        "send",
        "fetch",
        "request",
        "download",
        "upload",
        "publish",
        "invoke",
        "post",
        "call",
        "query",
        "dial",
        "login",
        "authenticate",
        "ping",
        "register",
        "subscribe",
        "deliver",
        "push",
        "pull",
        "transfer",
        "lookup",
    ]
)
#: What is tried on this machine: it fails by what is taken or there, and waiting does not help it.
_LOCAL: Final = frozenset(
    ["allocate", "allocation", "alloc", "reserve", "bind", "listen", "parse", "decode", "generate"]
)
_FAULTS: Final = frozenset(
    [
        "connection",
        "connect",
        "network",
        "remote",
        "transport",
        "socket",
        "http",
        "client",
        "unavailable",
        "rpc",
        "operational",
        "redis",
        "timeout",
        "timed",
        "transient",
        "retryable",
        "retriable",
        "server",
        "url",
        "grpc",
        "unreachable",
        "protocol",
        "kafka",
        "leader",
    ]
)
_UNSAFE: Final = frozenset(
    ["charge", "pay", "payment", "refund", "transfer", "withdraw", "debit", "invoice", "checkout"]
)
_KEYS: Final = (
    "idempot",
    "dedup",
    "clienttoken",
    "client_token",
    "client_request_token",
    "clientrequesttoken",
    "on conflict",
    "on duplicate",
    "if not exists",
    "upsert",
    "merge into",
    "request_id",
    "requestid",
    "insert ignore",
    "transaction_id",
    "if-match",
    "ifmatch",
)


def derive(reading: Reading) -> None:
    """Add a `retry` fact for each loop that tries the same work again after a failure."""
    for loop in reading.facts.of("loop"):
        found = attempt_in(loop, reading)
        if found is not None:
            _describe(found, reading)


def _describe(found: Attempt, reading: Reading) -> None:
    loop = found.loop
    pause = pause_in(loop, reading)
    limit = attempts_of(loop, reading)
    thing = spent(found, reading)
    reading.facts.derive(
        "retry",
        loop,
        form="loop",
        attempts=limit,
        stoppable=stoppable(loop, reading),
        delay=_delay(found, pause.delay),
        jitter=pause.jitter,
        catches=_caught(found, reading),
        fault=_fault(found, reading),
        subject=_subject(found, reading),
        idempotent=idempotence(found.calls, loop, reading),
        over=retries_below(found.calls, reading) is not None,
        cancellation=_cancellation(found, reading, plain=pause.plain),
        work=next((c.id for c in found.calls if c.roles & REMOTE), found.calls[0].id),
        failure=found.failures[0].id,
        pause=pause.call,
        callee=next((c for c in found.calls if c.roles & REMOTE), found.calls[0]).get("callee"),
        exhausted=exhausted(found, limit, reading),
        reused=thing is not None,
        thing=thing[0] if thing is not None else "",
        place=thing[1] if thing is not None else -1,
        loop=loop.id,
    )


def _delay(found: Attempt, own: str) -> str:
    """The pause between the attempts: the loop's own, else "client" where what is called waits by itself after a failure."""
    paced = any(c.get("api") is not None and c.get("api").fields.get("paces") for c in found.calls)
    return "client" if own == "none" and paced else own


def _fault(found: Attempt, reading: Reading) -> str:
    """What kind of failure is tried again.

    "deadlock": a database's choice of a victim, who repeats what can now succeed; "first": only the first one, by a flag that it sets;
    "timeout": nothing but a time-out, so the attempt itself has waited.
    """
    types = [name for f in found.failures for name in (f.get("types", ()) or ("",))]
    if types and all("timeout" in words(name.rsplit(".", 1)[-1]) or "timed" in words(name) for name in types):
        return "timeout"
    if any("deadlock" in reading.facts.text(f).lower() for f in found.failures):
        return "deadlock"
    conditions = [b.get("condition") for b in reading.facts.within(found.loop, "branch")]
    asked = {w for c in conditions if isinstance(c, Value) for w in re.findall(r"[\w.]+", reading.facts.text(c))}
    flags = (
        t.path
        for failure in found.failures
        for a in reading.facts.within(failure, "assignment")
        for t in a.get("targets", ())
        if isinstance(a.get("value"), Value) and a.get("value").constant is True
    )
    return "first" if any(flag in asked for flag in flags) else "unknown"


def _caught(found: Attempt, reading: Reading) -> str:
    """Says "everything" when any failure is tried again, "chosen" when some are sorted out, "narrow" for named failures."""
    if reading.language.errors == "values":
        return "unknown"
    kinds = set().union(*(kinds_caught(reading, h.get("types", ())) for h in found.failures))
    if not kinds & {"base", "broad"}:
        return "narrow"
    sorted_out = any(f.kind in ("raise", "return", "break") for h in found.failures for f in reading.facts.within(h))
    return "chosen" if sorted_out or found.by else "everything"


def _subject(found: Attempt, reading: Reading) -> str:
    """Says "remote" for a call that leaves the process, "likely" where names say so or attempts are counted, "unknown" else."""
    if any(c.roles & REMOTE for c in found.calls):
        return "remote"
    unknown = [c for c in found.calls if c.get("api") is None]
    if not unknown:
        return "unknown"  # the libraries that are called are known, and none of these calls leaves the process
    said = {w for c in unknown for w in words(method(c))}
    types = {w for h in found.failures for t in h.get("types", ()) for w in words(t.rsplit(".", 1)[-1])}
    if said & _VERBS or types & _FAULTS:
        return "likely"
    local = all(set(words(method(c))) & _LOCAL for c in unknown)
    return "likely" if counts_attempts(found.loop, reading) and not local else "unknown"


def idempotence(calls: tuple[Fact, ...], at: Fact, reading: Reading) -> str:
    """Says "false" when one of the calls does something that must not happen twice and nothing makes it repeatable."""
    unsafe = [c for c in calls if _once(c, reading)]
    if not unsafe:
        return "unknown"
    function = reading.facts.function(at)
    text = reading.facts.text(function if function is not None else at).lower()
    return "true" if any(k in text for k in _KEYS) else "false"


def _once(call: Fact, reading: Reading) -> bool:
    """True for a POST, a publish, a mail, an INSERT, a payment."""
    api: Api | None = call.get("api")
    if "http.request" in call.roles and api is not None:
        if api.idempotent is False:
            return True
        verb = reading.constant(argument(call, ("method",), (0,)), call)
        return isinstance(verb, str) and verb.upper() in ("POST", "PATCH")
    if call.roles & {"queue.publish", "mail.send"}:
        return True
    if "db.write" in call.roles:
        sql = reading.constant(argument(call, ("statement", "query", "sql", "operation"), (0, 1)), call)
        return isinstance(sql, str) and sql.lstrip().lower().startswith("insert")
    return not call.roles and bool(words(method(call))[:1] and words(method(call))[0] in _UNSAFE)


def retries_below(calls: tuple[Fact, ...], reading: Reading) -> Fact | None:
    """The call among these whose library tries again by itself, more than once, and was not told otherwise in this file."""
    for call in calls:
        api: Api | None = call.get("api")
        if (
            api is None
            or not call.roles & REMOTE
            or not (api.retries == "forever" or (isinstance(api.retries, int) and api.retries >= 2))
        ):
            continue
        text = reading.facts.source.text.lower()
        if not any(
            w in text
            for w in (
                "max_retries",
                "maxretries",
                "max_attempts",
                "maxattempts",
                "retry_policy",
                "retries=",
                "retrypolicy",
                "retryer",
                "retrymax",
                "retry_mode",
                "nopretry",
            )
        ):
            return call
    return None


def _cancellation(found: Attempt, reading: Reading, *, plain: bool) -> str:
    """Says "swallowed" when a request to stop is taken for one more failure, "unknown" else."""
    for handler in found.failures:
        kinds = kinds_caught(reading, handler.get("types", ())) if handler.kind == "handler" else frozenset()
        if "interrupt" not in kinds and reading.language.name == "java" and stoppable(found.loop, reading):
            continue
        inside = list(reading.facts.within(handler))
        if any(f.kind == "raise" or "interrupt.restore" in f.roles for f in inside) or any(
            _stops(h, reading) for h in found.by
        ):
            continue
        if kinds & {"interrupt", "cancellation"} or (
            kinds & {"base", "broad"} and _interruptible(found, kinds, reading)
        ):
            return "swallowed"
    return "swallowed" if reading.language.errors == "values" and plain and _deaf(found, reading) else "unknown"


def _stops(handler: Fact, reading: Reading) -> bool:
    return bool(kinds_caught(reading, handler.get("types", ())) & {"interrupt", "cancellation", "exit"})


def _interruptible(found: Attempt, kinds: frozenset[str], reading: Reading) -> bool:
    """True when what is tried waits in a way that a request to stop ends with an exception which this handler catches."""
    if "base" in kinds and any(c.get("awaited") for c in found.calls):
        return True
    return any(
        "java.lang.InterruptedException" in (c.get("api").raises if c.get("api") is not None else ())
        for c in reading.facts.within(found.work, "call")
    )


def _picks(found: Attempt, reading: Reading) -> bool:
    """True where the loop goes on for some failures only: another test of the error leaves it for the rest."""
    targets = reading.facts.all[found.work.get("consumer")].get("targets", ()) if found.work.kind == "call" else ()
    error = targets[-1].path if targets else ""
    for branch in reading.facts.within(found.loop, "branch"):
        condition = branch.get("condition")
        if (
            not error
            or condition is None
            or re.fullmatch(rf"{re.escape(error)}\s*[!=]=\s*nil", reading.facts.text(condition))
        ):
            continue
        asked = re.search(rf"\b{re.escape(error)}\b", reading.facts.text(condition))
        if asked and any(f.kind in ("return", "break") for f in reading.facts.within(branch)):
            return True
    return False


def _deaf(found: Attempt, reading: Reading) -> bool:
    """A context is in reach, is given to the work, and the loop sleeps on without looking at it."""
    given = {a.value.path for c in found.calls for a in c.get("arguments", ())}
    if _picks(found, reading):
        return False
    for function in reading.facts.functions(found.loop):
        for parameter in function.get("parameters", ()):
            if parameter.type.endswith("context.Context") and parameter.name in given:
                used = reading.mentions.below(parameter.name, found.loop)
                return not any(m.how == "receiver" for m in used) and not stoppable(found.loop, reading)
    return False
