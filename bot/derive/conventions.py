"""Roles by naming convention, where no type is known: loggers are called loggers in every language.

Names carry what types can't; each convention here is one that a reader would bet on without looking further.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ..model import Fact
from .calls import method
from .reading import Reading

_LOGGER: Final = re.compile(
    r"(?:^|[._])(?:log|logs|logger|logging|slog|klog|glog|zap|logrus|sugar|l)(?:ger)?(?:\(\))?$", re.IGNORECASE
)
_QUIET: Final = frozenset(
    {
        "debug",
        "info",
        "trace",
        "debugf",
        "infof",
        "tracef",
        "debugw",
        "infow",
        "print",
        "printf",
        "println",
        "fine",
        "finer",
        "finest",
        "log",
        "v",
    }
)
_LOUD: Final = frozenset(
    [
        "warn",
        "warning",
        "error",
        "exception",
        "critical",
        "severe",
        "warnf",
        "warningf",
        "errorf",
        "warnw",
        "errorw",
        "fatal",
        "fatalf",
        "panicf",
        "errorln",
        "warnln",
    ]
)
#: Printing with a level and a format, whose result nobody wants: a package's own logger, whatever its name.
_FORMATS: Final = frozenset({"Debugf", "Infof", "Logf", "Warnf", "Warningf", "Errorf"})
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def derive(reading: Reading) -> None:
    """Give unknown calls on things named like a logger the roles `log` and `log.error`."""
    for call in reading.facts.of("call"):
        if call.roles:
            continue
        callee = call.get("callee")
        if callee is None or callee.form != "member" or not callee.parts:
            continue
        name, owner = method(call).lower(), callee.parts[0].path
        formats = method(call) in _FORMATS and call.get("use") == "dropped" and call.get("api") is None
        if formats or (
            name in _QUIET | _LOUD and (_LOGGER.search(owner) or owner.lower().removesuffix("()").endswith("logger"))
        ):
            call.roles.add("log")
            if name in _LOUD:
                call.roles.add("log.error")


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """The words of an identifier, lower case: "maxBackoffMs", "max_backoff_ms" -> ("max", "backoff", "ms")."""
    return tuple(w.lower() for w in _WORDS.findall(name))


def is_test_code(reading: Reading) -> bool:
    """True when the file's path says that it is a test, and for what helps Go's tests from shipped files: it imports their package."""
    if reading.language.is_test(reading.facts.source.path):
        return True
    return reading.language.name == "go" and any(i.get("module") in _TESTING for i in reading.facts.of("import"))


_TESTING: Final = frozenset({"testing", "github.com/mitchellh/go-testing-interface"})
_STOPS: Final = frozenset(
    {
        "close",
        "stop",
        "shutdown",
        "halt",
        "dispose",
        "destroy",
        "terminate",
        "teardown",
        "cleanup",
        "exit",
        "aclose",
        "finish",
        "cancel",
        "quit",
        "kill",
        "end",
        "disconnect",
    }
)
_STARTS: Final = frozenset(
    {"start", "run", "open", "init", "initialize", "setup", "connect", "launch", "begin", "enter", "serve", "activate"}
)


#: Annotations of what a container calls when it makes or ends a component.
_MARKS_OF_START: Final = frozenset({("post", "construct"), ("activate",), ("bean",)})
_MARKS_OF_STOP: Final = frozenset({("pre", "destroy"), ("deactivate",)})


def lifecycle(function: Fact) -> str:
    """What a function is for by its name and modifiers: "stop", "start", "constructor", or ""."""
    marks = {words(d.path.rsplit(".", 1)[-1]) for d in function.get("decorators", ())}
    if marks & _MARKS_OF_STOP:
        return "stop"
    if marks & _MARKS_OF_START:
        return "start"
    name = str(function.get("name", ""))
    if name in ("__exit__", "__aexit__", "__del__", "finalize"):
        return "stop"
    if name in ("__init__", "__new__") or "constructor" in function.get("modifiers", ()):
        return "constructor"
    if name in ("__enter__", "__aenter__"):
        return "start"
    parts = words(name)
    if not parts:
        return ""
    if (
        parts[0] in _STOPS
        or parts[-1] in ("shutdown", "teardown", "cleanup")
        or parts[:2] in (("shut", "down"), ("tear", "down"), ("clean", "up"))
    ):
        return "stop"
    if parts[0] == "do" and len(parts) > 1 and parts[1] in _STOPS:
        return "stop"
    if parts[0] in _STARTS:
        return "start"
    return "constructor" if parts[0] == "new" and len(parts) > 1 and function.get("receiver") is None else ""
