"""Transactions: what reaches out of the process while a database transaction may still be rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..knowledge import Api
from ..model import Fact
from .calls import method, receiver
from .conventions import is_test_code
from .reading import Reading

#: How tasks are sent; everybody who declares one gets these methods.
_HANDS_OUT: Final = frozenset({"delay", "apply_async"})
_EFFECTS: Final = frozenset({"http.request", "mail.send", "queue.publish"})


def derive(reading: Reading) -> None:
    """Write `in_transaction` onto calls that send something that no rollback takes back."""
    if is_test_code(reading):
        return
    for begun, library, inside in _transactions(reading):
        for call in inside:
            if _hands_out_a_task(call, reading):
                call.attributes.update(in_transaction=True, evidence=(("the transaction begins here", begun.id),))
            api: Api | None = call.get("api")
            if api is None or not api.roles & _EFFECTS or api.roles & {"wait", "resource.close", "queue.consume"}:
                continue
            if api.idempotent is not True and api.library != library and call.get("use") not in ("deferred", "spawned"):
                call.attributes.update(in_transaction=True, evidence=(("the transaction begins here", begun.id),))


def _hands_out_a_task(call: Fact, reading: Reading) -> bool:
    """A task of a queue is sent by its own methods, whatever module declares it; a worker may begin before the commit."""
    named = method(call) in _HANDS_OUT and receiver(call) is not None and call.get("api") is None
    return named and call.get("use") in ("dropped", "assigned") and reading.language.name == "python"


def _transactions(reading: Reading) -> Iterator[tuple[Fact, str, list[Fact]]]:
    """Where each begins, whose it is, and the calls inside it (not those in closures that run later)."""
    facts = reading.facts
    for block in facts.of("with"):
        for value, _ in block.get("items", ()):
            api = _begins(facts.all[value.call]) if value.form == "call" else None
            body = next((c for c in facts.children(block) if c.kind == "block"), None)
            if api is not None and body is not None:
                yield block, api.library, list(facts.within(body, "call"))
    for function in facts.of("function"):
        found = _declared(function, reading)
        if found is not None:
            yield function, found, list(facts.within(function, "call"))
    for call in facts.of("call"):
        api = _begins(call)
        if api is not None and call.get("use") == "assigned":
            yield call, api.library, list(_until_end(call, reading))


def _begins(call: Fact) -> Api | None:
    api: Api | None = call.get("api")
    return api if api is not None and "db.transaction" in api.roles and "cache.set" not in api.roles else None


def _declared(function: Fact, reading: Reading) -> str | None:
    """The library of the transaction that a whole function runs in: by its annotation, or as the closure of a transaction's call."""
    for decorator in function.get("decorators", ()):
        name = reading.names.qualify(decorator.path.removesuffix("()"))
        api = reading.knowledge.call(name)
        if api is not None and "db.transaction" in api.roles:
            return api.library
    consumer = function.get("consumer", -1)
    call = reading.facts.all[consumer] if isinstance(consumer, int) and consumer >= 0 else None
    api = _begins(call) if call is not None and call.kind == "call" else None
    return api.library if api is not None and api.callback == "caller" else None


def _until_end(begin: Fact, reading: Reading) -> Iterator[Fact]:
    """The calls after a transaction was begun, in its function, up to its commit."""
    function = reading.facts.function(begin)
    targets = reading.facts.all[begin.get("consumer")].get("targets", ())
    if function is None or not targets:
        return
    for call in reading.facts.within(function, "call"):
        owner = receiver(call)
        if call.id <= begin.id:
            continue
        if (
            owner is not None
            and owner.path == targets[0].path
            and method(call).lower() == "commit"
            and call.get("use") != "deferred"
        ):
            return
        yield call
