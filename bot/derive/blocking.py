"""Blocking calls on an event loop: in an async function, or one same-file synchronous call deep.

A function given to a thread pool is another function and is not looked into; start-up code may block.
"""

from __future__ import annotations

from typing import Final

from ..knowledge import Api
from ..model import Fact
from .calls import argument, receiver
from .conventions import lifecycle
from .objects import origin
from .reading import Reading
from .remote import WAITS

#: Roles that block when the API file does not say otherwise. Small local files are left to `file.*` with blocking stated.
_FILES: Final = frozenset({"file.open", "file.read", "file.write", "file.make", "stream.read-all", "archive.extract"})
_STARTS: Final = frozenset({"main", "setup", "startup", "init", "configure"})


def derive(reading: Reading) -> None:
    """Write `on_loop` onto calls that block the event loop; `through` names the helper where it is one call deep."""
    if not any(f.get("asynchronous") for f in reading.facts.of("function")):
        return
    for call in reading.facts.of("call"):
        function = reading.facts.function(call)
        if function is None or not function.get("asynchronous") or call.get("awaited") or _is_start(function):
            continue
        if blocks(call, reading):
            api: Api | None = call.get("api")
            call.attributes.update(
                on_loop=True, through="", **({"sibling": api.sibling} if api is not None and api.sibling else {})
            )
        elif call.get("target", -1) >= 0:
            helper = reading.facts.all[call.get("target")]
            inner = None if helper.get("asynchronous") else _first_blocking(helper, reading)
            if inner is not None:
                call.attributes.update(
                    on_loop=True, through=str(helper.get("name")), evidence=(("it blocks here", inner.id),)
                )


def _is_start(function: Fact) -> bool:
    return str(function.get("name", "")) in _STARTS or lifecycle(function) == "constructor"


def _first_blocking(helper: Fact, reading: Reading) -> Fact | None:
    """The first blocking call of a helper that has no other work to do with an event loop (not a generator or property)."""
    if any(True for _ in reading.facts.within(helper, "yield")):
        return None
    return next(
        (
            c
            for c in reading.facts.within(helper, "call")
            if blocks(c, reading) and not c.roles & {"file.open", "file.read", "file.write"}
        ),
        None,
    )


def blocks(call: Fact, reading: Reading) -> bool:
    """True for a call that is known to hold its thread for as long as somebody else, or a disk, needs."""
    api: Api | None = call.get("api")
    if api is None or api.result in ("coroutine", "future") or api.blocking is False:
        return _on_blocking_object(call, reading)
    if (call.get("use") == "item" and _is_async_with(call, reading)) or _wraps(call) or _in_memory(call, reading):
        return False
    if _ships_with_the_code(call, reading) or _told_at_the_opening(call, reading):
        return False
    if not api.roles & (WAITS | _FILES):
        return _on_blocking_object(call, reading)
    return bool(api.blocking) or bool(api.roles & WAITS and api.blocking is None and api.sibling)


def _ships_with_the_code(call: Fact, reading: Reading) -> bool:
    """True for a file beside this source (`join(dirname(__file__), "page.js")`): small, local, and read as modules are."""
    opened = argument(call, ("file",), (0,)) if "file.open" in call.roles else None
    if opened is None:
        return False
    function = reading.facts.function(call)
    known = reading.names.scopes.get(function.id, {}).get(opened.path, []) if function is not None else []
    return any("__file__" in reading.facts.text(v) for v in (opened, *(b.value for b in known if b.value is not None)))


def _told_at_the_opening(call: Fact, reading: Reading) -> bool:
    """True for work on a file that this function opened in a `with`: one finding, at the opening, tells of both."""
    if not call.roles & {"file.read", "file.write"}:
        return False
    makers = origin(receiver(call), call, reading).makers
    function = reading.facts.function(call)
    return bool(makers) and all(m.get("use") == "item" and reading.facts.function(m) is function for m in makers)


def _wraps(call: Fact) -> bool:
    """True for a stream around another one, which decides what it waits for."""
    return argument(call, ("fileobj",)) is not None


def _in_memory(call: Fact, reading: Reading) -> bool:
    """True for a call on a stream that wraps another one."""
    owner = receiver(call)
    return owner is not None and any(_wraps(m) for m in origin(owner, call, reading).makers)


def _is_async_with(call: Fact, reading: Reading) -> bool:
    consumer = call.get("consumer", -1)
    return consumer >= 0 and bool(reading.facts.all[consumer].get("asynchronous"))


def _on_blocking_object(call: Fact, reading: Reading) -> bool:
    """A read or write on a file object that a blocking constructor made."""
    name = str(call.get("name", "")).rsplit(".", 1)[-1]
    if name not in ("read", "write", "readline", "readlines", "writelines", "seek", "flush"):
        return False
    made = origin(receiver(call), call, reading)
    return (
        bool(made.makers)
        and made.complete
        and all("file.open" in m.roles or "file.make" in m.roles for m in made.makers)
    )
