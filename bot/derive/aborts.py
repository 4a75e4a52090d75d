"""Aborts: handlers that end the process, and whether that takes work down with it which others wait for.

Written onto `handling` facts that exit as `serves`: True in code that runs for each request, message or piece of work, or that has a
way to tell its caller and does not use it; a program that a person starts and watches may end itself.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .conventions import words
from .reading import Reading

#: First words of functions that run once for each piece of work.
_REPEATED: Final = frozenset(
    [
        "handle",
        "process",
        "consume",
        "poll",
        "receive",
        "on",
        "dispatch",
        "serve",
        "execute",
        "tick",
        "refresh",
        "sync",
        "reload",
    ]
)
_PROGRAMS: Final = frozenset(
    [
        "cmd",
        "cmds",
        "cli",
        "command",
        "commands",
        "console",
        "tool",
        "tools",
        "script",
        "scripts",
        "bin",
        "bench",
        "benchmark",
        "example",
        "examples",
        "demo",
        "install",
        "installer",
        "migrate",
        "migration",
        "migrations",
    ]
)
#: Last words of files that hold the beginning of a program.
_BEGINNINGS: Final = frozenset({"startup", "bootstrap", "main", "launcher", "cli"})
_CONTEXTS: Final = frozenset({"context.Context", "Context"})
#: What a function is given when it reads a command line.
_LINES: Final = frozenset({"args", "argv", "flags", "flagset"})


def derive(reading: Reading) -> None:
    """Judge each handling fact whose outcome is the end of the process."""
    for fact in reading.facts.of("handling"):
        if fact.get("outcome") == "exit":
            by_hand = is_a_program(reading) or _speaks_to_a_person(fact, reading)
            fact.attributes["serves"] = not by_hand and _serves(fact, reading)


def is_a_program(reading: Reading) -> bool:
    """True in the folders and files of a program that is run by hand (`tools/`, `logcli/`, `BrokerStartup.java`)."""
    *folders, name = reading.facts.source.path.split("/")
    if _BEGINNINGS & set(words(name.split(".")[0])[-1:]) or any(f.lower().endswith(("cli", "ctl")) for f in folders):
        return True
    package = str(reading.facts.all[0].get("package") or "")
    return any(_PROGRAMS & set(words(part)) for part in (*folders, package.rsplit(".", 1)[-1]))


def _speaks_to_a_person(fact: Fact, reading: Reading) -> bool:
    """True when the handler writes to the standard error or output of the process: a service would log."""
    body = fact.get("body", -1)
    text = reading.facts.text(reading.facts.all[body]).lower() if body >= 0 else ""
    return any(stream in text for stream in ("stderr", "stdout", "system.err", "system.out"))


def _serves(fact: Fact, reading: Reading) -> bool:
    functions = list(reading.facts.functions(fact))
    if any({p.name.lower() for p in f.get("parameters", ())} & _LINES for f in functions):
        return False
    return any(_runs_again(f) or _could_tell(f, reading) for f in functions)


def _runs_again(function: Fact) -> bool:
    first = words(str(function.get("name", "")))[:1]
    return function.get("entry") in ("handler", "consumer") or bool(_REPEATED & set(first))


def _could_tell(function: Fact, reading: Reading) -> bool:
    """True for a function whose last result is an error, or which is told by a context when its caller gives up."""
    results = function.get("result", ())
    return (bool(results) and results[-1] == "error") or any(
        reading.names.qualify(p.type) in _CONTEXTS for p in function.get("parameters", ())
    )
