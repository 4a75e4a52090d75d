"""Bounds: what limits the size of queues, pools and fan-outs, and what feeds those that have no limit.

Written onto calls: `limit`, `fed`, `fans_out` with `starter`, `endless_acquire`, `common_pool`, `per_item`, `wasteful`; spawns:
`fans_out`.
"""

from __future__ import annotations

from typing import Final

from ..model import UNKNOWN, Fact, Value
from .calls import argument, method, receiver, spreads
from .conventions import lifecycle, words
from .entries import entry_of
from .objects import chain, holder, origin
from .reading import Reading
from .remote import REMOTE, WAITS

_SIZES: Final = frozenset({"qsize", "size", "full", "remainingcapacity", "__len__"})
_PUTS: Final = frozenset({"put", "put_nowait", "add", "offer", "append", "appendleft", "addlast", "push"})
_LIMITERS: Final = frozenset({"semaphore.create", "semaphore.acquire", "limiter.create", "limiter.wait"})
_REMOTE: Final = REMOTE | {"process.run"}
_ASKS: Final = frozenset(
    {"http.request", "rpc.call", "db.query", "db.write", "cache.get", "cache.set", "cloud.call", "storage.read"}
)
_CLIENTS: Final = frozenset({"http.client", "db.pool", "cache.client", "queue.client", "cloud.client", "rpc.client"})
_WAITS: Final = WAITS
_CONNECTIONS: Final = frozenset({"manager", "transport", "connector", "dispatcher"})
_MANY: Final = 16
_HUGE: Final = 2**31 - 1


def derive(reading: Reading) -> None:
    """Judge what makes queues and pools, starts tasks and makes clients."""
    limited = any(c.roles & _LIMITERS for c in reading.facts.of("call"))
    for call in reading.facts.of("call"):
        _judge_made(call, reading)
        if "task.gather" in call.roles:
            call.attributes["fans_out"] = not limited and _gathers_all(call, reading)
        if "pool.acquire" in call.roles or _asks_pool_to_block(call, reading):
            call.attributes["endless_acquire"] = _acquires_without_end(call, reading)
        if "pool.submit" in call.roles and call.get("name", "").endswith(("supplyAsync", "runAsync")):
            call.attributes["common_pool"] = len(call.get("arguments", ())) == 1 and _blocks_inside(call, reading)
        if call.roles & _ASKS:
            call.attributes["per_item"] = _is_per_item(call, reading)
        if call.roles & _CLIENTS:
            call.attributes["wasteful"] = _is_wasteful(call, reading)
        if "thread.create" in call.roles or (method(call) == "Go" and "task.create" in call.roles):
            call.attributes["fans_out"] = _spawns_all(call, reading)
    for spawn in reading.facts.of("spawn"):
        spawn.attributes["fans_out"] = _spawns_all(spawn, reading)


def _judge_made(call: Fact, reading: Reading) -> None:
    api = call.get("api")
    if api is None or api.bound is None:
        return
    call.attributes["limit"] = limit_of(call, reading)
    if "queue.create" in call.roles:
        call.attributes["fed"] = call.attributes["limit"] == "none" and _is_fed(call, reading)
    if "pool.create" in call.roles and call.attributes["limit"] == "none":
        _judge_selected(call, reading)
    elif "pool.create" in call.roles and _grows_with_input(call, reading):
        call.attributes["fans_out"] = True


def limit_of(call: Fact, reading: Reading) -> str:
    """What bounds the size of what a call makes: "given", "none", "unknown" or "default"."""
    api = call.get("api")
    if api is None or api.bound is None:
        return "unknown"
    spec = api.bound
    value = argument(call, spec.arguments, spec.positions)
    if value is None:
        if spreads(call):
            return "unknown"
        return str(spec.default) if isinstance(spec.default, str) else "default"
    constant = reading.constant(value, call)
    if constant is None or (
        isinstance(constant, int) and not isinstance(constant, bool) and (constant <= 0 or constant >= _HUGE)
    ):
        return "none" if spec.zero == "unbounded" or (isinstance(constant, int) and constant >= _HUGE) else "given"
    return "given"


# --- queues ------------------------------------------------------------------------------------------------


def _is_fed(call: Fact, reading: Reading) -> bool:
    """True for a lasting queue into which requests or messages put what they bring, while nobody looks at its size."""
    path, scope = holder(call, reading)
    if not path or scope is None or (scope.kind == "function"):
        return False
    mentions = reading.mentions.of(path, scope) + (
        reading.mentions.of(f"this.{path}", scope) if reading.language.name == "java" else []
    )
    if any(m.method.lower() in _SIZES or (m.how == "argument" and method(m.fact) == "len") for m in mentions):
        return False
    return any(
        m.how == "receiver" and m.method.lower() in _PUTS and entry_of(m.fact, reading) in ("handler", "consumer")
        for m in mentions
    )


# --- pools -------------------------------------------------------------------------------------------------


def _judge_selected(call: Fact, reading: Reading) -> None:
    """A pool without limit that a number left at zero selects: the place to show is the number."""
    for above in reading.facts.ancestors(call):
        chosen = _choice(above, call, reading)
        if chosen is not None:
            field = _zero_field(chosen, above, reading)
            if field is not None:
                cause = ("zero selects this pool without limit", call.id)
                call.attributes.update(fans_out=True, starter=field.id, evidence=(*call.get("evidence", ()), cause))
            return
        if above.kind in ("function", "class"):
            return


def _choice(above: Fact, call: Fact, reading: Reading) -> tuple[Value, bool] | None:
    """The condition under which a call is reached, and whether it must hold: from a branch, or a conditional expression."""
    if above.kind == "branch" and above.get("condition") is not None:
        block = next((a for a in reading.facts.ancestors(call) if a.parent == above.id and a.kind == "block"), None)
        return (above.get("condition"), block.get("arm") == "then") if block is not None else None
    held = [a.value for a in above.get("arguments", ())] + [above.get("value"), *above.get("values", ())]
    for value in held:
        if isinstance(value, Value) and value.operator == "?:" and len(value.parts) == 3:
            place = next((i for i, part in enumerate(value.parts) if part.call == call.id), 0)
            if place:
                return value.parts[0], place == 1
    return None


def _zero_field(chosen: tuple[Value, bool], at: Fact, reading: Reading) -> Fact | None:
    """The declared number that selects this way when it is left at zero."""
    condition, holds = chosen
    if condition.form != "operation" or len(condition.parts) != 2:
        return None
    tested, bound = condition.parts
    if reading.constant(bound, at) not in (0, 1) or tested.form not in ("name", "member"):
        return None
    declared = [b for b in reading.names.bindings_of(tested, at) if reading.facts.all[b.at].kind == "field"]
    if holds != (condition.operator in ("==", "<=", "<")) or len(declared) != 1:
        return None
    value = declared[0].value
    default = reading.constant(value, reading.facts.all[declared[0].at]) if value is not None else 0
    return reading.facts.all[declared[0].at] if default == 0 else None


def _grows_with_input(call: Fact, reading: Reading) -> bool:
    """True for a pool with one worker for each element of what was given (`max_workers=len(items)`)."""
    api = call.get("api")
    value = (
        argument(call, api.bound.arguments, api.bound.positions) if api is not None and api.bound is not None else None
    )
    if value is None or value.form != "call" or value.call < 0:
        return False
    measured = reading.facts.all[value.call]
    counted = (
        receiver(measured)
        if method(measured) in ("size", "length")
        else argument(measured, (), (0,))
        if method(measured) == "len"
        else None
    )
    return counted is not None and _is_open(counted, call, reading)


def _asks_pool_to_block(call: Fact, reading: Reading) -> bool:
    """A call on something named a pool that is asked, by argument, to wait."""
    owner = receiver(call)
    blocking = argument(call, ("block", "blocking"))
    return (
        owner is not None
        and words(owner.path)[-1:] in (("pool",), ("pools",))
        and blocking is not None
        and reading.constant(blocking, call) is True
    )


def _acquires_without_end(call: Fact, reading: Reading) -> bool:
    if argument(call, ("timeout", "max_wait", "acquire_timeout")) is not None or spreads(call):
        return False
    if "pool.acquire" not in call.roles:
        return True
    blocking = argument(call, ("block", "blocking"))
    if blocking is not None and reading.constant(blocking, call) is not True:
        return False
    return bool(call.get("deadline") == "none")


def _blocks_inside(call: Fact, reading: Reading) -> bool:
    """True when the function given to the shared pool waits for somebody else."""
    function, value = reading.facts.function(call), call.get("arguments")[0].value
    if function is not None and lifecycle(function) == "stop":
        return False  # once, on the way out
    body = reading.facts.all[value.call] if value.form == "function" and value.call >= 0 else None
    return body is not None and any(
        c.roles & _WAITS and not c.get("awaited") for c in reading.facts.within(body, "call", closures=True)
    )


# --- fan-out -----------------------------------------------------------------------------------------------


def _gathers_all(call: Fact, reading: Reading) -> bool:
    """True when one task is started for each element of a collection that nobody here has measured.

    Futures of threads are gathered after they were given to a pool, which bounds how many run.
    """
    return reading.language.name != "java" and any(_is_many(a.value, call, reading) for a in call.get("arguments", ()))


def _is_many(value: Value, at: Fact, reading: Reading, depth: int = 0) -> bool:
    if depth > 3:
        return False
    if value.form == "spread":
        return any(_is_many(p, at, reading, depth + 1) for p in value.parts)
    if value.form == "comprehension":
        made = value.parts[0] if len(value.parts) > 1 else None
        return made is not None and made.form == "call" and _is_open(value.parts[-1], at, reading)
    if value.form == "name":
        for binding in reading.names.bindings(value.path, at):
            if (
                binding.value is not None
                and binding.how == "assigned"
                and _is_many(binding.value, at, reading, depth + 1)
            ):
                return True
        return _appended_in_loop(value.path, at, reading)
    return False


def _appended_in_loop(path: str, at: Fact, reading: Reading) -> bool:
    function = reading.facts.function(at)
    for mention in reading.mentions.of(path, function) if function is not None else ():
        if mention.how == "receiver" and mention.method in ("append", "add") and mention.fact.get("arguments"):
            loop = reading.facts.enclosing(mention.fact, "loop")
            given = mention.fact.get("arguments")[0].value
            if (
                loop is not None
                and loop.get("style") == "each"
                and given.form == "call"
                and loop.get("iterable") is not None
                and _is_open(loop.get("iterable"), loop, reading)
            ):
                return True
    return False


def _is_open(iterable: Value, at: Fact, reading: Reading) -> bool:
    """True for a collection whose size comes from outside: a parameter, or what a call gave; slices and literals are measured."""
    if iterable.form == "call" and iterable.call >= 0:
        made = reading.facts.all[iterable.call]
        name = method(made)
        if name in ("range", "islice", "batched", "chunked", "sample"):
            size = argument(made, (), (0,))
            constant = reading.constant(size, made) if size is not None else UNKNOWN
            return name == "range" and constant is UNKNOWN and size is not None and size.form != "name"
        if name in ("enumerate", "zip", "sorted", "set", "list", "reversed", "items", "values", "keys"):
            inner = receiver(made) if name in ("items", "values", "keys") else argument(made, (), (0,))
            return inner is not None and _is_open(inner, at, reading)
        return bool(made.roles & _REMOTE) or bool(made.get("awaited"))
    if iterable.form == "await":
        return True
    if iterable.form == "name":
        bindings = reading.names.bindings(iterable.path, at)
        return bool(bindings) and all(_opens(b.how, b.value, reading.facts.all[b.at], reading) for b in bindings)
    return False


def _opens(how: str, value: Value | None, at: Fact, reading: Reading) -> bool:
    if how == "parameter":
        return True
    return how == "assigned" and value is not None and value.form in ("call", "await") and _is_open(value, at, reading)


def _spawns_all(spawn: Fact, reading: Reading) -> bool:
    """True for a goroutine for each element of a slice from outside, which waits for somebody else, with no limiter in sight."""
    loop = reading.facts.enclosing(spawn, "loop")
    function = reading.facts.function(spawn)
    if (
        loop is None
        or function is None
        or loop.get("style") != "each"
        or loop.get("iterable") is None
        or not _is_open_slice(loop.get("iterable"), loop, reading)
    ):
        return False
    if any(True for _ in reading.facts.within(function, "send", "receive", closures=True)):
        return False
    if any(method(c) in ("SetLimit", "TryGo") for c in reading.facts.of("call")):
        return False
    inside = list(reading.facts.within(spawn, "call", closures=True))
    for given in spawn.get("arguments", ()):
        named = reading.names.function_named(given.value.path, spawn)
        inside += reading.facts.within(named, "call") if named is not None else ()
    if any(c.roles & _LIMITERS for c in reading.facts.within(function, "call", closures=True)):
        return False
    return any(c.roles & _REMOTE for c in inside) or any(_reaches_remote(c, reading) for c in inside)


def _reaches_remote(call: Fact, reading: Reading) -> bool:
    target = call.get("target", -1)
    return target >= 0 and any(c.roles & _REMOTE for c in reading.facts.within(reading.facts.all[target], "call"))


def _is_open_slice(iterable: Value, at: Fact, reading: Reading) -> bool:
    if iterable.form != "name":
        return False
    bindings = reading.names.bindings(iterable.path, at)
    if any(b.how == "parameter" and "int" in b.type for b in bindings if "[" not in b.type):
        return False  # a count, which somebody has chosen
    return bool(bindings) and all(
        b.how == "parameter" or (b.value is not None and b.value.form == "call" and _answers(b.value, at, reading))
        for b in bindings
    )


def _answers(value: Value, at: Fact, reading: Reading) -> bool:
    """True for what a remote call gave, or a helper made of what the caller gave. What a method takes from its own settings is measured."""
    made, function = reading.facts.all[value.call], reading.facts.function(at)
    given = {p.name for p in function.get("parameters", ())} if function is not None else set()
    return bool(made.roles & _REMOTE) or any(
        a.value.path.split(".", maxsplit=1)[0] in given for a in made.get("arguments", ()) if a.value.path != "ctx"
    )


# --- clients and single questions -----------------------------------------------------------------------------


def _is_per_item(call: Fact, reading: Reading) -> bool:
    """True for a question asked for each element of a collection, with the element in it."""
    loop = reading.facts.enclosing(call, "loop")
    if loop is None or loop.get("style") not in ("each", "comprehension") or loop.get("iterable") is None:
        return False
    iterable = loop.get("iterable")
    if iterable.form in ("collection", "constant") or not _is_open(iterable, loop, reading):
        return False
    names = {t.path for t in loop.get("targets", ()) if t.form == "name" and t.path != "_"}
    texts = set(words(iterable.path))
    return not texts & {"batch", "batches", "chunk", "chunks", "page", "pages", "hosts", "servers"} and any(
        m.fact.id == call.id or reading.facts.inside(m.fact, call)
        for n in names
        for m in reading.mentions.below(n, loop)
    )


def _is_wasteful(call: Fact, reading: Reading) -> bool:
    """True for a client made anew for each request, message or element, and not kept."""
    api = call.get("api")
    if api is None or api.fields.get("shares") or call.get("use") in ("returned", "raised", "yielded"):
        return False
    path, scope = holder(call, reading)
    if path and (scope is None or scope.kind != "function" or "." in path):
        return False
    if entry_of(call, reading) not in ("handler", "consumer"):
        return False
    guarded = [b for b in reading.facts.ancestors(call) if b.kind == "branch"]
    if any(_tests_absence(b.get("condition")) for b in guarded) or _has_settings_of_its_own(call, reading):
        return False
    if any(_shares_connections(step) for step in (call, *chain(call, reading))):
        return False
    owner = receiver(call)
    made = origin(owner, call, reading)
    if owner is not None and owner.form == "name" and not made.complete and reading.names.bindings(owner.path, call):
        return False  # what was made elsewhere may give the same client each time
    return not made.complete or not any(m.roles & _CLIENTS for m in made.makers)


def _shares_connections(call: Fact) -> bool:
    """True for a step, or an argument, that gives the connections of somebody else: only the shell around them is new."""
    return any(
        a.value.form in ("name", "member") and _CONNECTIONS & set(words(a.name or method(call)))
        for a in call.get("arguments", ())
    )


def _has_settings_of_its_own(call: Fact, reading: Reading) -> bool:
    """True for a client that is made from what the function looked up for this very request: another peer each time."""
    for given in call.get("arguments", ()):
        binding = reading.names.latest(given.value, call) if given.value.form == "name" else None
        value = binding.value if binding is not None and binding.how == "assigned" else None
        if value is not None and value.form in ("call", "await") and value.call >= 0:
            made = reading.facts.all[value.call]
            if made.get("arguments") and made.get("api") is None:
                return True
    return False


def _tests_absence(condition: Value | None) -> bool:
    """A guard of the kind "if there is none yet"."""
    if condition is None or condition.form != "operation":
        return False
    return condition.operator in ("==", "is", "not", "!") or any(_tests_absence(p) for p in condition.parts)
