"""Exhaustion: what the caller learns when the last attempt has failed, and what the attempts used up between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .attempts import Attempt
from .calls import method
from .conventions import words
from .reading import Reading
from .ways import ways

_STREAMS: Final = frozenset({"stream", "reader", "buffer", "file"})
_REWINDS: Final = frozenset(
    {"seek", "reset", "rewind", "mark", "getbody", "setbody", "body", "clone", "truncate", "getvalue", "read"}
)
#: What is done with a file without reading from it.
_LOOKS: Final = frozenset({"lock", "lockf", "flock", "fcntl", "stat", "fstat", "fileno", "fsync", "chmod"})
_MAKERS: Final = frozenset({"open", "BytesIO", "StringIO", "NewReader", "NewBuffer", "NewBufferString"})


def exhausted(found: Attempt, limit: str, reading: Reading) -> str:
    """What the caller learns after the last attempt.

    "success": the code goes on as if the work had been done; "nothing": the caller gets nothing; "generic": an error without
    the cause; "kept": the failure is kept or told; "unknown": that can't be seen.
    """
    if limit != "bounded" or any(_does_more(f, reading) for f in found.failures):
        return "unknown"
    if any(c.kind == "block" and c.get("arm") == "else" for c in reading.facts.children(found.loop)):
        return "unknown"
    told = any(_tells(f, reading) for f in found.failures)
    later = list(_later(found.loop, reading))
    if found.leaves == {"return"}:
        return "kept" if told else _given_up(found, later, reading)
    if found.leaves != {"break"} or _looked_at(found, reading) or (told and not later):
        return "unknown"
    return "success"


def _does_more(failure: Fact, reading: Reading) -> bool:
    """True when a failure does anything but wait, count and log."""
    for fact in reading.facts.within(failure):
        if fact.kind in ("raise", "return", "break", "goto", "yield", "send"):
            return True
        if fact.kind == "assignment" and fact.get("operator") in ("=", ":=", None):
            return True
        if (
            fact.kind == "call"
            and not fact.roles & {"log", "log.error", "sleep", "wait"}
            and fact.get("use") in ("dropped", "assigned")
        ):
            return True
    return False


def _tells(failure: Fact, reading: Reading) -> bool:
    """True when the failure is logged, or its exception is used."""
    if any(c.roles & {"log", "log.error"} for c in reading.facts.within(failure, "call")):
        return True
    variable = failure.get("variable", "")
    return bool(variable) and bool(reading.mentions.below(variable, failure))


def _later(loop: Fact, reading: Reading) -> Iterator[Fact]:
    """The statements that follow the loop, up to the end of its function."""
    current = loop
    while current.kind != "function" and current.parent >= 0:
        parent = reading.facts.all[current.parent]
        if parent.kind in ("block", "function"):
            yield from (
                s
                for s in reading.facts.children(parent)
                if s.id > reading.facts.ends(current)
                and s.kind != "comment"
                and not (s.kind == "block" and s.get("arm") == "finally")
            )
        current = parent


def _given_up(found: Attempt, later: list[Fact], reading: Reading) -> str:
    """What follows a loop that success leaves by a return."""
    later = [f for f in later if not (f.kind == "call" and f.roles & {"log", "log.error"})]
    if not later:
        return "nothing" if _gives(found, reading) else "unknown"
    if len(later) > 2:
        return "unknown"
    on = ways(later, reading)
    error = _error_path(found)
    if error and any(reading.mentions.below(error, f) for f in later):
        return "kept"
    if on == {"raise"} and reading.language.errors != "values":
        return "generic" if any(_is_broad(f) for f in found.failures) else "kept"
    values = next((f.get("values", ()) for f in later if f.kind == "return"), None)
    if values is None or len(later) > 1:
        return "unknown"
    return (
        "nothing"
        if values and all((v.form == "constant" and v.constant is None) or v.path in ("nil", "None") for v in values)
        else "unknown"
    )


def _is_broad(failure: Fact) -> bool:
    """True for a handler that takes more than failures of one kind, whose reason the final error may well name."""
    return bool(
        {"Exception", "BaseException", "Throwable", "RuntimeException", "IOException", "OSError"} & set(_kinds(failure))
    )


def _kinds(failure: Fact) -> list[str]:
    types = [str(t).rsplit(".", 1)[-1] for t in failure.get("types", ())]
    return types or ["Exception"]


def _gives(found: Attempt, reading: Reading) -> bool:
    """True when success returns a value, so that falling off the end returns a silent nothing."""
    return any(
        r.get("values") and r.get("values")[0].form != "constant" for r in reading.facts.within(found.loop, "return")
    )


def _error_path(found: Attempt) -> str:
    """The name of the error value that the work gives, "" with exceptions."""
    return "err" if found.work.kind == "call" else ""


def _looked_at(found: Attempt, reading: Reading) -> bool:
    """True when code after the loop can tell success from failure: it uses what the work set, or the loop's counter."""
    function = reading.facts.function(found.loop) or reading.facts.all[0]
    if found.work.kind == "call":
        return True
    if any(_tests(later, found, reading) for later in _later(found.loop, reading)):
        return True
    paths = {t.path for f in reading.facts.within(found.loop, "assignment") for t in f.get("targets", ()) if t.path}
    paths |= {t.path for t in found.loop.get("targets", ()) if t.path}
    paths |= {a for f in reading.facts.within(found.loop, "with") for _, a in f.get("items", ()) if a}
    end = reading.facts.ends(found.loop)
    return any(m.fact.id > end for p in paths for m in reading.mentions.below(p, function)) or any(
        "." in p for p in paths
    )


def _tests(later: Fact, found: Attempt, reading: Reading) -> bool:
    """True for a branch that looks at what the work was given and refuses to go on."""
    condition = later.get("condition")
    if later.kind != "branch" or not isinstance(condition, Value) or not ways((later,), reading) & {"raise", "return"}:
        return False
    given = {a.value.path for c in found.calls for a in c.get("arguments", ()) if a.value.path}
    text = reading.facts.text(condition)
    return any(path in text for path in given)


# --- what is used up ---------------------------------------------------------------------------------------


def spent(found: Attempt, reading: Reading) -> tuple[str, int] | None:
    """A stream, file or request body made before the loop that each attempt reads to its end: its path and where it is used."""
    for call in found.calls:
        if _LOOKS & set(words(method(call))):
            continue
        for argument in call.get("arguments", ()):
            value: Value = argument.value
            if value.form != "name" or _rewound(value.path, found.loop, reading):
                continue
            if _made_before(value, call, found.loop, reading):
                return value.path, call.id
    return None


def _rewound(path: str, loop: Fact, reading: Reading) -> bool:
    return any(
        (m.how == "receiver" and m.method.lower() in _REWINDS)
        or (m.how == "member" and m.method.lower() in _REWINDS)
        or m.how == "target"
        for m in reading.mentions.of(path, loop)
    ) or any(m.how == "target" for m in reading.mentions.below(path, loop))


def _made_before(value: Value, call: Fact, loop: Fact, reading: Reading) -> bool:
    bindings = reading.names.bindings(value.path, call)
    if len(bindings) != 1 or reading.facts.inside(reading.facts.all[bindings[0].at], loop):
        return False
    binding = bindings[0]
    at = reading.facts.all[binding.at]
    if reading.facts.function(at) is not reading.facts.function(loop) and binding.how != "parameter":
        return False
    made = binding.value
    if made is None or made.call < 0:
        return False
    maker = reading.facts.all[made.call]
    return _is_stream(maker, reading) or _carries_body(maker, reading)


def _is_stream(maker: Fact, reading: Reading) -> bool:
    name = str(maker.get("name", "")).rsplit(".", 1)[-1]
    if "file.open" in maker.roles or name in _MAKERS:
        return True
    kind = words(reading.names.result_type(maker).rsplit(".", 1)[-1])
    return bool(kind) and kind[-1] in ("stream", "reader") and "input" in (*kind, "input")


def _carries_body(maker: Fact, reading: Reading) -> bool:
    """A request around a reader (Go's `http.NewRequest(method, url, body)`): a body is read once."""
    if not reading.names.result_type(maker).endswith("net/http.Request"):
        return False
    arguments = maker.get("arguments", ())
    if len(arguments) < 3:
        return False
    last: Value = arguments[-1].value
    return not (last.form == "constant" and last.constant is None) and last.path not in ("nil", "http.NoBody")
