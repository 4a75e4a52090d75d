"""Retries without a loop: a failure that hands the same work out again, to an executor, a timer, a queue, or by calling itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .attempts import COUNTERS
from .calls import method, receiver
from .conventions import words
from .pauses import pause_in
from .reading import Reading
from .remote import REMOTE
from .retries import idempotence

_LATER: Final = frozenset({"pool.schedule", "timer.create", "retry.wait"})
_NOW: Final = frozenset({"pool.submit", "task.create", "thread.create", "queue.put"})
_WORDS_LATER: Final = frozenset({"schedule", "delay", "later", "after", "timeout", "timer", "delayed"})
_WORDS_NOW: Final = frozenset({"execute", "submit", "enqueue", "requeue", "resubmit", "reput", "resend"})
_FAILURES: Final = frozenset({"fail", "failed", "failure", "error", "exception"})
_TIMES: Final = re.compile(
    r"delay|backoff|notbefore|not_before|next\w*(?:time|attempt)|nextallowed|retryat|sleep|schedule|interval|period",
    re.IGNORECASE,
)


def derive(reading: Reading) -> None:
    """Add a `retry` fact for each failure path that starts the failed function, or the object's own task, again."""
    for handling in reading.facts.of("handling"):
        _handled(handling, reading)
    for function in reading.facts.of("function"):
        _routine(function, reading)


def _handled(handling: Fact, reading: Reading) -> None:
    if handling.get("body", -1) < 0 or reading.facts.enclosing(handling, "loop") is not None:
        return
    failed = reading.facts.function(handling)
    while failed is not None and failed.get("closure"):
        failed = reading.facts.function(failed)
    if failed is None:
        return
    body = reading.facts.all[handling.get("body")]
    for call in reading.facts.within(body, "call"):
        delay = _hands_out(call)
        if delay and _again(call, failed, reading):
            _add(call, failed, reading, body=body, delay=delay)
            return
        helper = call.get("target", -1)
        inner = _rearms(reading.facts.all[helper], failed, reading) if helper >= 0 and helper != failed.id else None
        if inner is not None:
            _add(call, failed, reading, body=body, delay="constant", helper=reading.facts.all[helper])
            return


def _hands_out(call: Fact) -> str:
    """Says "constant" when a call runs work after a delay, "none" when it starts it at once, "" when it runs nothing."""
    said = set(words(method(call)))
    if call.roles & _LATER or (said & _WORDS_LATER and not call.roles):
        return "constant"
    return "none" if call.roles & _NOW or (said & _WORDS_NOW and not call.roles) else ""


def _again(call: Fact, failed: Fact, reading: Reading) -> bool:
    """True when what a call hands out leads back to the failed function: a closure, a reference, or a task of this file."""
    for argument in call.get("arguments", ()):
        value: Value = argument.value
        if value.form == "function" and value.call >= 0:
            if any(c.get("target") == failed.id for c in reading.facts.within(reading.facts.all[value.call], "call")):
                return True
        elif (value.form in ("name", "member") and _refers(value, failed, reading)) or (
            value.form == "call" and _task(reading.facts.all[value.call], failed, reading)
        ):
            return True
    return False


def _refers(value: Value, failed: Fact, reading: Reading) -> bool:
    """`this::load`, `self.load`, or the object itself when the failed function is what it runs."""
    last = re.split(r"\.|::", reading.facts.text(value))[-1]
    if last == failed.get("name"):
        return True
    return last == "this" and failed.get("name") in ("run", "call")


def _task(made: Fact, failed: Fact, reading: Reading) -> bool:
    """A task of a class of this file one of whose methods calls the failed function."""
    owner = reading.names.classes.get(str(made.get("name", "")))
    if owner is None:
        return bool(made.get("target") == failed.id)
    calls = reading.facts.within(owner, "call", closures=True)
    return any(
        c.get("target") == failed.id or (method(c) == failed.get("name") and not reading.facts.inside(failed, owner))
        for c in calls
    )


def _rearms(helper: Fact, failed: Fact, reading: Reading) -> Fact | None:
    """The call in a helper that arms the very timer whose task is running (`timer.newTimeout(timeout.task(), ...)`)."""
    for call in reading.facts.within(helper, "call"):
        if _hands_out(call) == "constant":
            texts = [reading.facts.text(a.value) for a in call.get("arguments", ())]
            if any(t == "this" or t.endswith((".task()", f"::{failed.get('name')}")) for t in texts):
                return call
    return None


def _routine(function: Fact, reading: Reading) -> None:
    """A failure routine that counts an attempt and puts its own object back into the queue."""
    if not set(words(str(function.get("name", "")))) & _FAILURES or function.get("closure"):
        return
    counted = next(_counting(function, reading), None)
    if counted is None:
        return
    for call in reading.facts.within(function, "call"):
        own = any(reading.facts.text(a.value) in ("this", "self") for a in call.get("arguments", ())) or _is_receiver(
            call, function
        )
        if call.id > counted.id and own and _hands_out(call) == "none":
            timed = _TIMES.search(reading.facts.text(function)) is not None
            _add(call, function, reading, body=function, delay="unknown" if timed else "none", at=counted)
            return


def _is_receiver(call: Fact, function: Fact) -> bool:
    receiver = function.get("receiver")
    return receiver is not None and any(a.value.path == receiver.name for a in call.get("arguments", ()))


def _counting(function: Fact, reading: Reading) -> Iterator[Fact]:
    """The statements outside any branch that count an attempt."""
    for fact in reading.facts.within(function, "assignment"):
        counts = fact.get("operator") in ("++", "+=") and any(
            set(words(t.path)) & COUNTERS for t in fact.get("targets", ())
        )
        if counts and reading.facts.enclosing(fact, "branch") is None:
            yield fact


def _add(
    call: Fact,
    failed: Fact,
    reading: Reading,
    *,
    body: Fact,
    delay: str,
    helper: Fact | None = None,
    at: Fact | None = None,
) -> None:
    form = "timer" if delay == "constant" else "resubmission"
    pause = pause_in(body, reading)
    reading.facts.derive(
        "retry",
        call,
        form=form,
        attempts=_limit(failed, helper, reading),
        stoppable=_ends_with_pool(call, reading),
        delay=delay if delay != "none" or pause.call in (-1, call.id) else pause.delay,
        jitter=pause.jitter if delay == "none" else "unknown",
        catches="unknown",
        subject="remote" if any(c.roles & REMOTE for c in reading.facts.within(failed, "call")) else "likely",
        idempotent=idempotence(tuple(reading.facts.within(failed, "call")), failed, reading)
        if form != "timer"
        else "unknown",
        over=False,
        cancellation="unknown",
        exhausted="unknown",
        reused=False,
        work=(at or call).id,
        failure=call.id,
        again=str(failed.get("name", "")),
        loop=call.id,
        callee=call.get("callee"),
    )


def _ends_with_pool(call: Fact, reading: Reading) -> bool:
    """True where the file shuts down the pool that runs the next attempt: what is handed to it then is refused."""
    owner = receiver(call)
    if owner is None or not call.roles & {"pool.submit", "pool.schedule"}:
        return False
    name = owner.path.rsplit(".", 1)[-1]
    ends = (receiver(c) for c in reading.facts.of("call") if "pool.shutdown" in c.roles)
    return any(e is not None and e.path.rsplit(".", 1)[-1] == name for e in ends)


def _limit(failed: Fact, helper: Fact | None, reading: Reading) -> str:
    """Says "bounded" when a condition of the function (or of the helper) speaks of attempts or counts, "unbounded" else."""
    for function in (failed, helper):
        if function is None:
            continue
        for fact in reading.facts.within(function, "branch"):
            condition = fact.get("condition")
            if isinstance(condition, Value) and set(words(reading.facts.text(condition))) & (
                COUNTERS | {"times", "count", "max", "limit", "deadline", "elapsed", "remaining"}
            ):
                return "bounded"
    if any(set(words(p.name)) & COUNTERS for p in failed.get("parameters", ())):
        return "unknown"
    return "unbounded"
