"""Finishing: whether anybody asks if what was written to a file has arrived, before it counts as written."""

from __future__ import annotations

from ..model import Fact
from .calls import method
from .conventions import is_test_code, words
from .effects import on_failure
from .mentions import Mention
from .occasions import runs_once
from .reading import Reading
from .replacing import truncates

#: What changes a file without writing into it.
_KEPT = frozenset({"chmod", "chown"})
_QUIET = frozenset({"quietly", "quiet", "silently", "safely", "ignore"})


def derive(reading: Reading) -> None:
    """Add a `finishing` fact for each file that a function opens for writing, writes and closes itself."""
    if is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        if (
            "file.open" in call.roles
            and call.get("use") == "assigned"
            and (
                truncates(reading, call)
                or "O_APPEND" in reading.facts.text(call)
                or "O_WRONLY" in reading.facts.text(call)
            )
        ):
            function = reading.facts.function(call)
            targets = reading.facts.all[call.get("consumer")].get("targets", ())
            if function is not None and targets and targets[0].form == "name":
                _finishing(reading, call, targets[0].path, function)


def _finishing(reading: Reading, call: Fact, name: str, function: Fact) -> None:
    uses = [m for m in reading.mentions.of(name, function) if m.fact.id > call.id]
    closes = [
        m.fact
        for m in uses
        if (m.how == "receiver" and words(m.method) == ("close",))
        or (m.how == "argument" and "close" in words(method(m.fact)))
    ]
    written = any(
        (m.how == "argument" and m.fact not in closes)
        or (m.how == "receiver" and "file.write" in m.fact.roles and words(m.method)[0] not in _KEPT)
        for m in uses
    )
    usual = [
        c
        for c in closes
        if reading.language.errors != "values" or c.get("use") == "deferred" or not on_failure(reading, c)
    ]
    if not usual or not written:
        return
    checked = [c for c in closes if _asked(reading, c)]
    synced = [m.fact for m in uses if m.how == "receiver" and m.fact.roles & {"file.sync"} and _asked(reading, m.fact)]
    away = any(m.how in ("returned", "assigned", "element", "sent") for m in uses)
    reading.facts.derive(
        "finishing",
        usual[0],
        asked=bool(checked or synced),
        once=runs_once(call, reading),
        streamed=reading.language.errors != "values" or _streamed(uses),
        deferred=all(c.get("use") == "deferred" for c in usual),
        reports=_reports(reading, function) and not away,
        callee=usual[0].get("callee"),
        evidence=(("opened for writing here", call.id),),
    )


def _streamed(uses: list[Mention]) -> bool:
    """A stream of any length is copied into it, so that much of it may not have arrived when the last write comes back."""
    return any(m.how == "argument" and m.position == 0 and "stream.copy" in m.fact.roles for m in uses)


def _asked(reading: Reading, call: Fact) -> bool:
    """The failure of a call reaches somebody: its error is looked at, or its exception travels."""
    if reading.language.errors == "values":
        if call.get("use") == "assigned":
            targets = reading.facts.all[call.get("consumer")].get("targets", ())
            return any(t.path != "_" for t in targets)
        filled = any(a.value.path.lower().endswith("err") for a in call.get("arguments", ()))  # `closeInto(file, &err)`
        return filled or call.get("use") not in ("dropped", "deferred", "spawned")
    if _QUIET & set(words(method(call))):
        return False
    above = reading.facts.enclosing(call, "try")
    if above is None:
        return True
    handlings = [
        h
        for h in reading.facts.of("handling")
        if reading.facts.all[h.anchor].parent == above.id and h.get("style") == "catch"
    ]
    inner = next((b for b in reading.facts.children(above) if b.kind == "block" and b.get("arm") == "body"), None)
    guarded = inner is not None and reading.facts.inside(call, inner)
    return not guarded or not any(h.get("outcome") in ("swallow", "log") for h in handlings)


def _reports(reading: Reading, function: Fact) -> bool:
    """The function tells its caller whether it worked."""
    if reading.language.errors != "values":
        return True
    result = function.get("result", ())
    return bool(result) and result[-1] == "error"
