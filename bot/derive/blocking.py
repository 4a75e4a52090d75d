"""Blocking calls on an event loop: in an async function, or one same-file synchronous call deep.

A function given to a thread pool is another function and is not looked into; start-up code may block. What a function does in one
place is told once, at its first call that waits for somebody else, or for the disk again and again.
"""

from __future__ import annotations

from typing import Final

from ..knowledge import Api
from ..model import Fact, Value
from .calls import argument, receiver
from .conventions import lifecycle, words
from .nearby import is_data
from .objects import origin
from .reading import Reading
from .remote import WAITS

#: Roles that block when the API file does not say otherwise. Small local files are left to `file.*` with blocking stated.
_FILES: Final = frozenset(
    {"file.open", "file.read", "file.write", "file.make", "file.remove", "stream.read-all", "archive.extract"}
)
_STARTS: Final = frozenset({"main", "setup", "startup", "init", "initialize", "configure", "lifespan"})


def derive(reading: Reading) -> None:
    """Write `on_loop` and `waits_for` onto calls that block the event loop; `through` names the helper where it is one call deep."""
    for function in reading.facts.of("function"):
        if not function.get("asynchronous") or _is_start(function):
            continue
        told: set[str] = set()
        for call in reading.facts.within(function, "call"):
            inner = None if call.get("awaited") else _blocking(call, reading)
            if inner is None:
                continue
            waits_for = _waits_for(inner, function, reading)
            if waits_for not in told:
                told.add(waits_for)
                _tell(call, inner, waits_for)


def _tell(call: Fact, inner: Fact, waits_for: str) -> None:
    api: Api | None = call.get("api")
    call.attributes.update(on_loop=True, waits_for=waits_for, through="")
    if inner is not call:
        callee: Value = call.get("callee")
        call.attributes.update(through=callee.path, evidence=(("it blocks here", inner.id),))
    elif api is not None and api.sibling:
        call.attributes["sibling"] = api.sibling


def _blocking(call: Fact, reading: Reading) -> Fact | None:
    """The call itself where it blocks, or the call that blocks in the synchronous function of this file that it calls."""
    if blocks(call, reading):
        return None if _is_tiny(call) or _also_in_a_thread(call, reading) else call
    if call.get("target", -1) < 0:
        return None
    helper = reading.facts.all[call.get("target")]
    return None if helper.get("asynchronous") else _first_blocking(helper, reading)


def _waits_for(call: Fact, function: Fact, reading: Reading) -> str:
    """Say "the disk" for looks at local files; "others" for a peer, a child or a time, and for a file worked on piece by piece."""
    if call.roles & (WAITS - _FILES) or not call.roles & _FILES:
        return "others"
    name = _subject(call, reading)
    same = [c for c in reading.facts.within(function, "call") if _subject(c, reading) == name]
    steps = [c for c in same if c.roles & {"file.read", "file.write"} or _on_blocking_object(c, reading)]
    piecewise = name != "?" and any(_in_loop_of_its_own(c, same[0], reading) for c in steps)
    return "others" if piecewise else "the disk"


def _in_loop_of_its_own(step: Fact, opened: Fact, reading: Reading) -> bool:
    """True where a loop goes through one file's pieces, not through files."""
    loop = reading.facts.enclosing(step, "loop")
    return loop is not None and loop not in reading.facts.ancestors(opened)


def _subject(call: Fact, reading: Reading) -> str:
    """The name of the file object that a call makes, or works on."""
    if call.roles & {"file.open", "file.make"} and call.get("use") in ("assigned", "item"):
        consumer = reading.facts.all[call.get("consumer")]
        bound: list[str] = [t.path for t in consumer.get("targets", ())]
        bound += [name for made, name in consumer.get("items", ()) if made.call == call.id and name]
        return bound[0] if bound else "?"
    owner = receiver(call)
    return owner.path if owner is not None else "?"


def _is_tiny(call: Fact) -> bool:
    """True for a few bytes into a pipe or socket, which fit into its buffer."""
    given = [a.value for a in call.get("arguments", ())]
    return "socket.write" in call.roles and any(
        v.form == "constant" or (v.form == "call" and "pack" in words(v.path.rsplit(".", 1)[-1])) for v in given
    )


def _also_in_a_thread(call: Fact, reading: Reading) -> bool:
    """True where the same function hands the same method to a thread on another way: it has chosen when that is needed."""
    callee: Value = call.get("callee")
    return bool(callee.path) and any(
        m.how == "argument" for m in reading.mentions.of(callee.path, reading.facts.function(call))
    )


def _is_start(function: Fact) -> bool:
    first = words(str(function.get("name", "")))[:1]
    return bool(_STARTS & set(first)) or lifecycle(function) == "constructor"


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
    if _is_at_hand(call, reading):
        return False
    if _ships_with_the_code(call, reading) or _told_at_the_opening(call, reading):
        return False
    if not api.roles & (WAITS | _FILES):
        return _on_blocking_object(call, reading)
    return bool(api.blocking) or bool(api.roles & WAITS and api.blocking is None and api.sibling)


def _is_at_hand(call: Fact, reading: Reading) -> bool:
    """True for an address that holds its answer, and for reading from what it gave."""
    makers = origin(receiver(call), call, reading).makers
    return is_data(call, reading) or (bool(makers) and all(is_data(m, reading) for m in makers))


def _ships_with_the_code(call: Fact, reading: Reading) -> bool:
    """True for a file beside this source (`join(dirname(__file__), "page.js")`): small, local, and read as modules are."""
    opened = argument(call, ("file",), (0,)) if "file.open" in call.roles else None
    if opened is None:
        return False
    function = reading.facts.function(call)
    known = reading.names.scopes.get(function.id, {}).get(opened.path, []) if function is not None else []
    if any(
        i.get("name") == "__file__" and opened.path in (i.get("alias"), "__file__") for i in reading.facts.of("import")
    ):
        return True
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
