"""Entries: on whose behalf a function runs: a request, a message, the start or the end of a component, or the whole program.

Written onto `function` facts as `entry`. A closure belongs to the function around it, unless it is handed to another thread.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from ..model import Fact, Value
from .conventions import lifecycle, words
from .reading import Reading

_VERBS: Final = frozenset({"get", "post", "put", "delete", "patch", "head", "options"})
_VIEWS: Final = frozenset({"view", "viewset", "resource", "handler", "endpoint", "controller"})
#: Types that only code which answers a request is given.
_ANSWERS: Final = (
    ("response", "writer"),
    ("servlet", "request"),
    ("servlet", "response"),
    ("http", "exchange"),
    ("web", "exchange"),
    ("stream", "observer"),
)
#: Decorators of work that is run behind the scenes, whose first parameter may be called a request all the same.
_BACKGROUND: Final = frozenset({"task", "job", "actor", "cron", "command"})
_MESSAGES: Final = frozenset({"message", "messages", "msg", "event", "record", "records", "delivery"})
_TAKES: Final = frozenset({"on", "handle", "process", "consume"})
_ELSEWHERE: Final = frozenset({"thread", "pool", "later"})


def derive(reading: Reading) -> None:
    """Write `entry` onto every function: "handler", "consumer", "start", "stop", "constructor", "main" or "other", and `at_start`."""
    given = _given_as_handlers(reading)
    for function in reading.facts.of("function"):
        function.attributes["entry"] = _entry(function, given, reading)
        function.attributes["at_start"] = function.get("entry") in ("start", "constructor")
    for _ in range(2):
        _pass_on(reading)


def _pass_on(reading: Reading) -> None:
    """A private helper that only starts and constructors call runs at the start too."""
    callers: dict[int, list[Fact | None]] = defaultdict(list)
    for call in reading.facts.of("call"):
        if call.get("target", -1) >= 0:
            callers[call.get("target")].append(reading.facts.function(call))
    for target, found in callers.items():
        function = reading.facts.all[target]
        if _is_private(function, reading) and all(f is not None and f.get("at_start") for f in found):
            function.attributes["at_start"] = True


def _is_private(function: Fact, reading: Reading) -> bool:
    name = str(function.get("name", ""))
    if reading.language.name == "java":
        return "private" in function.get("modifiers", ())
    return name[:1].islower() if reading.language.name == "go" else name.startswith("_")


def entry_of(fact: Fact, reading: Reading) -> str:
    """The entry of the function around a fact, "module" at file level."""
    function = reading.facts.function(fact)
    return str(function.get("entry", "other")) if function is not None else "module"


def _entry(function: Fact, given: set[int], reading: Reading) -> str:
    if function.id in given or _answers(function, reading):
        return "handler"
    if function.get("closure"):
        outer = reading.facts.function(function)
        return "other" if outer is None or _runs_elsewhere(function, reading) else str(outer.get("entry", "other"))
    if _takes_messages(function, reading):
        return "consumer"
    name = str(function.get("name", ""))
    if name == "main":
        return "main"
    if reading.facts.function(function) is not None:
        return "other"  # a helper inside another function: it may run on any thread
    return lifecycle(function) or "other"


def _given_as_handlers(reading: Reading) -> set[int]:
    """The functions that are arguments of a call which registers handlers."""
    found: set[int] = set()
    for call in reading.facts.of("call"):
        if "http.handler" not in call.roles or call.get("use") == "item":
            continue
        for argument in call.get("arguments", ()):
            value: Value = argument.value
            if value.form == "function" and value.call >= 0:
                found.add(value.call)
            elif value.form == "name":
                named = reading.names.function_named(value.path, call)
                found.update([named.id] if named is not None else ())
            elif value.form == "member" and value.parts:
                owner = reading.names.type_of(value.parts[0], call)
                found.update(f.id for f in reading.names.methods.get((owner, value.path.rsplit(".", 1)[-1]), ()))
    return found


def _answers(function: Fact, reading: Reading) -> bool:
    """True for a function that answers a request: by its decorator, the method that it overrides, its parameters or its class."""
    if "http.handler" in decorator_roles(function, reading):
        return True
    name = str(function.get("name", ""))
    parameters = function.get("parameters", ())
    if any(words(p.type.rsplit(".", 1)[-1])[-2:] in _ANSWERS for p in parameters if p.type):
        return True
    owner = reading.facts.class_of(function) if not function.get("closure") else None
    if owner is not None and reading.language.name != "go":
        lineage = reading.names.ancestry(str(owner.get("name", "")))
        api = reading.knowledge.method(lineage, name)
        if api is not None and "http.handler" in api.roles:
            return True
        if name in _VERBS and any(
            words(b.rsplit(".", 1)[-1])[-1:] and words(b.rsplit(".", 1)[-1])[-1] in _VIEWS for b in lineage
        ):
            return True
    names = [p.name for p in parameters if p.name not in ("self", "cls")]
    return (
        reading.language.name == "python"
        and (names[:1] == ["request"] or names[:2] == ["event", "context"])
        and not name.startswith("_")
        and not any(words(d.path)[-1:] and words(d.path)[-1] in _BACKGROUND for d in function.get("decorators", ()))
    )


def _takes_messages(function: Fact, reading: Reading) -> bool:
    if "queue.consume" in decorator_roles(function, reading):
        return True
    parts = words(str(function.get("name", "")))
    return len(parts) > 1 and parts[0] in _TAKES and parts[1] in _MESSAGES and bool(function.get("parameters"))


def decorator_roles(function: Fact, reading: Reading) -> set[str]:
    """The roles of a function's decorators or annotations."""
    found: set[str] = set()
    for decorator in function.get("decorators", ()):
        if decorator.form == "call" and decorator.call >= 0:
            found |= reading.facts.all[decorator.call].roles
        elif decorator.path:
            api = reading.knowledge.call(reading.names.qualify(decorator.path))
            found |= api.roles if api is not None else set()
    return found


def _runs_elsewhere(function: Fact, reading: Reading) -> bool:
    """True for a closure that a goroutine, a thread or a pool runs: its waiting holds nobody who asked."""
    if function.get("use") == "spawned":
        return True
    consumer = function.get("consumer", -1)
    call = reading.facts.all[consumer] if consumer >= 0 else None
    if call is None or call.kind != "call":
        return False
    api = call.get("api")
    return (
        "thread.create" in call.roles or "pool.submit" in call.roles or (api is not None and api.callback in _ELSEWHERE)
    )
