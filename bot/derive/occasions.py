"""Occasions: whether the code around a fact runs once in the life of a process, or again and again.

What is lost once, at the start or by a tool that a person runs, comes back with the end of the process.
"""

from __future__ import annotations

from typing import Final

from ..model import Fact
from .conventions import words
from .entries import entry_of
from .reading import Reading

#: Folders of programs that people run by hand and that end when they are done (beside those that are milder as a whole, see screen.py).
_TOOLS: Final = frozenset({"tool", "tools", "cli", "bench", "commands"})
#: How functions begin that bring up a component; opening and connecting may happen for each request.
_BRINGS_UP: Final = frozenset(
    {
        "start",
        "init",
        "initialize",
        "initialise",
        "setup",
        "launch",
        "bootstrap",
        "configure",
        "repair",
        "migrate",
        "upgrade",
    }
)
_MAKES: Final = frozenset({"new", "make", "build", "from"})
#: What only the makers of components are given.
_SETTINGS: Final = frozenset(
    "config configuration cfg conf options opts settings logger registry registerer reg flags parameters params".split()  # noqa: SIM905 - a list of words reads better as text
)
_REPEATS: Final = frozenset({"forever", "while"})


def is_tool(reading: Reading) -> bool:
    """True for a file of a program that people run by hand, as far as its folder says."""
    folders = reading.facts.source.path.lower().split("/")[:-1]
    if any(f in _TOOLS or f.endswith(("cli", "ctl")) for f in folders):
        return True
    return "cmd" in folders and reading.facts.all[0].get("package") == "main"


def runs_once(fact: Fact, reading: Reading) -> bool:
    """True where a process comes by once: at file level, in a tool, while a component is made or brought up."""
    if entry_of(fact, reading) in ("handler", "consumer"):
        return False
    if is_tool(reading):
        return True
    function = fact if fact.kind == "function" else reading.facts.function(fact)
    if function is None:
        return True
    loop = reading.facts.enclosing(fact, "loop")
    if loop is not None and loop.get("style") in _REPEATS:
        return False
    while function.get("closure"):
        outer = reading.facts.function(function)
        if outer is None:
            return True
        function = outer
    return _is_beginning(function) or _serves_beginnings(function, reading)


def _serves_beginnings(function: Fact, reading: Reading) -> bool:
    """Called in this file alone, and only by functions that make or bring up something."""
    name = str(function.get("name", ""))
    own = (
        name[:1].islower()
        if reading.language.name == "go"
        else name[:1] == "_" or "private" in function.get("modifiers", ())
    )
    callers = [reading.facts.function(c) for c in reading.facts.of("call") if c.get("target") == function.id]
    return own and bool(callers) and all(c is None or _is_beginning(c) for c in callers)


def _is_beginning(function: Fact) -> bool:
    name = str(function.get("name", ""))
    first = words(name)[:1]
    if any(p.name in ("args", "argv") and p.type.startswith("String") for p in function.get("parameters", ())):
        return True
    if name == "main" or (first and first[0] in _BRINGS_UP):
        return True
    if function.get("receiver") is not None:
        return False
    made = name == "__init__" or "constructor" in function.get("modifiers", ()) or (bool(first) and first[0] in _MAKES)
    return made and any(
        _SETTINGS & {*words(p.name)[-1:], *words(p.type.rsplit(".", 1)[-1])[-1:]}
        for p in function.get("parameters", ())
    )
