"""Runs: code that a person starts and watches, once: a command, a script's own lines, the functions of a program that comes to an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..model import Fact, Value
from .calls import method
from .conventions import words
from .reading import Reading

_COMMAND_LINES: Final = frozenset({"argparse", "click", "optparse", "typer", "fire", "getopt", "docopt"})
#: Roles of calls that make a program one that stays.
_STAYS: Final = frozenset(
    {
        "http.server",
        "rpc.server",
        "socket.accept",
        "socket.listen",
        "queue.consume",
        "pool.create",
        "pool.schedule",
        "thread.create",
        "task.create",
        "timer.create",
        "loop.run",
        "http.handler",
        "signal.handler",
    }
)
_WAITS: Final = frozenset({"sleep", "wait", "queue.get", "queue.consume", "socket.read"})
_CLIENTS: Final = frozenset(
    {"http.client", "rpc.client", "cloud.client", "cache.client", "queue.client", "db.connect", "db.pool"}
)
_RUNNING: Final = frozenset({"running", "stop", "stopped", "stopping", "shutdown", "alive", "quit", "exit", "exiting"})
_COMMANDS: Final = (".command", "click.command")


def runs_once(reading: Reading) -> Callable[[Fact], bool]:
    """The test whether a call runs at most once, at somebody's terminal."""
    program = _is_program(reading) and not _stays(reading)

    def once(call: Fact) -> bool:
        functions = list(reading.facts.functions(call))
        if not functions and reading.language.name == "python":
            return not call.roles & _CLIENTS and (program or not _is_module(reading))
        return program or any(_is_command(f, reading) for f in functions)

    return once


def _is_program(reading: Reading) -> bool:
    """True for a file that is a program of its own: it has a main function, or takes a command line when it is started."""
    if reading.language.name != "python":
        whole = reading.language.name != "go" or reading.facts.all[0].get("package") == "main"
        return whole and any(f.get("entry") == "main" for f in reading.facts.of("function"))
    guarded = any(
        b.kind == "branch"
        and isinstance(b.get("condition"), Value)
        and "__main__" in reading.facts.text(b.get("condition"))
        for b in reading.facts.children(reading.facts.all[0])
    )
    started = any(
        (c.get("use") == "dropped" and method(c) == "main") or method(c) == "parse_args"
        for c in reading.facts.of("call")
        if reading.facts.function(c) is None
    )
    imports = {str(i.get("module", "")).split(".", 1)[0] for i in reading.facts.of("import")}
    asks = any(method(c) in ("input", "getpass") for c in reading.facts.of("call"))
    asks = asks or bool(imports & _COMMAND_LINES) or "sys.argv" in reading.facts.source.text
    return started or (guarded and asks)


def _is_module(reading: Reading) -> bool:
    """True for a file that defines something for others."""
    return any(not f.get("closure") for f in reading.facts.of("function"))


def _stays(reading: Reading) -> bool:
    """True for a program that serves, schedules, or goes round for ever: it is no command that somebody watches."""
    if any(True for _ in reading.facts.of("spawn")) or any(c.roles & _STAYS for c in reading.facts.of("call")):
        return True
    return any(
        _is_endless(loop, reading) and any(c.roles & _WAITS for c in reading.facts.within(loop, "call"))
        for loop in reading.facts.of("loop")
    )


def _is_endless(loop: Fact, reading: Reading) -> bool:
    """True for a loop without an end of its own, or one that goes on until somebody asks it to stop."""
    condition = loop.get("condition")
    asked = set(words(reading.facts.text(condition))) if isinstance(condition, Value) else set()
    return loop.get("style") == "forever" or (loop.get("style") == "while" and bool(asked & _RUNNING))


def _is_command(function: Fact, reading: Reading) -> bool:
    """True for a function that a command-line library runs (`@click.command()`, `@group.command()`)."""
    return any(reading.facts.text(d).split("(", 1)[0].endswith(_COMMANDS) for d in function.get("decorators", ()))
