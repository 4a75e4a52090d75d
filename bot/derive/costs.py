"""Costs: what it costs that a way out leaves something held. A leak hurts where it lasts and happens again and again.

Answers "once" (a process comes by once), "brief" (the runtime gives it back when nobody refers to it any more), "rare" (only where a step
on the local file or socket itself fails, such as asking for its size), "drained" (a response that was read to its end, so that its
connection is free again) or "lasting".
"""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .calls import method, receiver
from .closables import sort
from .conventions import words
from .handlers import error_tested
from .occasions import runs_once
from .paths import Exit
from .reading import Reading

#: CPython ends these with their last reference.
_COUNTED: Final = frozenset({"file.open", "socket.connect", "socket.accept", "socket.listen", "db.connect"})
#: Steps on a file or socket that fail only where its end is known already, or the disk is broken.
_TUNES: Final = frozenset(
    {
        "set",
        "local",
        "remote",
        "fd",
        "close",
        "stat",
        "sync",
        "force",
        "chmod",
        "chown",
        "seek",
        "truncate",
        "length",
        "size",
    }
)
#: What takes in the settings and the keys of a process.
_SETTINGS: Final = frozenset(
    {"java.security.KeyStore", "java.util.Properties", "java.security.cert.CertificateFactory"}
)
#: Methods that begin what a constructor only prepared.
_BEGINS: Final = frozenset({"open", "connect", "dial", "bind", "login", "start", "init", "initialize"})
#: Writing to a file, on a disk with room.
_WRITES: Final = frozenset({"write", "writestring", "writeat", "flush"})


def cost_of(reading: Reading, call: Fact, name: str, exit_: Exit | None) -> str:
    """What leaving by `exit_` costs, for what `call` acquired under `name` (both may be unknown)."""
    if runs_once(call, reading) or "socket.listen" in call.roles or _stands(call) or _configures(reading, call, name):
        return "once"
    if _given_back(reading, call):
        return "brief"
    if exit_ is None or not name:
        return "drained" if _is_read_on_the_spot(reading, call) else "lasting"
    if _is_unopened(reading, name, exit_):
        return "rare"
    if sort(call) == "response" or not sort(call):
        return "drained" if _drained(reading, call, name, exit_) else "lasting"
    return "rare" if _is_rare(reading, call, name, exit_) else "lasting"


def _configures(reading: Reading, call: Fact, name: str) -> bool:
    """True for what is read into the process's own settings or keys, as is done at its start."""
    function = reading.facts.function(call)
    readers = [reading.facts.all[call.get("consumer")]] if call.get("use") == "argument" else []
    if name and function is not None:
        readers += [m.fact for m in reading.mentions.of(name, function) if m.how == "argument"]
    return any(str(r.get("receiver", "")).split("<", 1)[0] in _SETTINGS for r in readers)


def _stands(call: Fact) -> bool:
    """Made to stay for as long as the process."""
    api = call.get("api")
    return api is not None and bool(api.fields.get("standing"))


def _is_read_on_the_spot(reading: Reading, call: Fact) -> bool:
    """An answer, not a file, that is handed to what reads it to its end: its connection is free again."""
    if call.get("use") != "argument" or "file.open" in call.roles:
        return False
    return "stream.read-all" in reading.facts.all[call.get("consumer")].roles


def _given_back(reading: Reading, call: Fact) -> bool:
    """CPython ends it with the local name that holds it."""
    api = call.get("api")
    if api is None or reading.language.name != "python":
        return False
    return bool(call.roles & _COUNTED) or bool(api.fields.get("reclaimed"))


def _drained(reading: Reading, acquired: Fact, name: str, exit_: Exit) -> bool:
    """The body was read to its end, or until it failed, on the way to this exit."""
    function = reading.facts.function(acquired)
    implied = exit_.at.kind in ("loop", "function")  # the end of the function or round, which no statement marks
    for mention in reading.mentions.of(f"{name}.Body", function) if function is not None else ():
        call = mention.fact
        if mention.how != "argument" or not _takes_all(call, mention.position):
            continue
        if _is_passed(reading, call, acquired if implied else exit_.at) and (implied or call.id < exit_.at.id):
            return True
    return False


def _takes_all(call: Fact, position: int) -> bool:
    return position == (1 if "stream.copy" in call.roles else 0) and bool(
        call.roles & {"stream.read-all", "stream.copy"}
    )


def _is_passed(reading: Reading, call: Fact, exit_: Fact) -> bool:
    """Every way to the exit leads by the call: the block that it stands in holds the exit too."""
    block = next((a for a in reading.facts.ancestors(call) if a.kind in ("block", "function")), None)
    return block is not None and reading.facts.inside(exit_, block)


def _is_unopened(reading: Reading, name: str, exit_: Exit) -> bool:
    """What failed to open or connect holds nothing yet: its constructor only prepared it."""
    failed = _failed_step(reading, exit_)
    owner = receiver(failed) if failed is not None and failed.kind == "call" else None
    return failed is not None and owner is not None and owner.path == name and method(failed).lower() in _BEGINS


def _is_rare(reading: Reading, call: Fact, name: str, exit_: Exit) -> bool:
    failed = _failed_step(reading, exit_)
    if failed is None:
        return False
    owner = receiver(failed)
    if owner is None or owner.path.split(".", 1)[0] != name:
        given = [a.value.path.split(".", 1)[0] for a in failed.get("arguments", ())[:1]]
        return sort(call) == "file" and given == [name] and _sets_down(failed)
    if sort(call) == "file" and method(failed).lower() in _WRITES:
        return True
    return sort(call) in ("file", "socket") and bool(_TUNES & set(words(method(failed))[:1]))


def _sets_down(call: Fact) -> bool:
    """It writes what is at hand to the file that it is given, or to the file of that name (`WriteFile(file.Name(), data)`)."""
    if "stream.copy" in call.roles:
        return False
    return "file.write" in call.roles or bool(
        {"fprintf", "fprint", "fprintln", "chmod", "chown"} & {method(call).lower()}
    )


def _failed_step(reading: Reading, exit_: Exit) -> Fact | None:
    """The call whose error leads to the exit."""
    function = reading.facts.function(exit_.at)
    if exit_.kind == "failure":
        return exit_.at
    for above in reading.facts.ancestors(exit_.at):
        if above.kind == "function" or function is None:
            return None
        if above.kind == "block" and above.get("arm") == "then":
            error = error_tested(reading.facts.all[above.parent].get("condition"))
            if error:
                return _last_set(reading, error, exit_.at, function)
    return None


def _last_set(reading: Reading, error: str, before: Fact, function: Fact) -> Fact | None:
    found = [m.fact for m in reading.mentions.of(error, function) if m.how == "target" and m.fact.id < before.id]
    value = max(found, key=lambda f: f.id).get("value") if found else None
    return reading.facts.all[value.call] if value is not None and value.call >= 0 else None
