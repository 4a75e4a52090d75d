"""Resources: what a function acquires, and whether it gives it back on every way out. One fact, `holding`, per acquisition."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ..model import Fact, Value
from .calls import method
from .closables import (
    CLOSES,
    closers,
    kept_argument,
    lock_pair,
    looks_like_response,
    result_index,
    sort,
    treated_elsewhere,
    writes_to_memory,
)
from .conventions import is_test_code
from .costs import cost_of
from .daemons import asks_for_daemons
from .effects import Held, managed_owner, watch_name
from .habits import habitual_closers
from .lockwatch import watch_lock
from .objects import origin
from .paths import Exit, Watch, leaks
from .reading import Reading
from .rowwalks import error_read

#: Of a thing that is handed on when all went well, so many failing exits are mended one by one.
_FEW: Final = 2
_EXPLICIT: Final = ("return", "raise", "end", "iteration", "overwritten")
_WORDS: Final = {
    "return": "this return leaves it held",
    "raise": "this failure leaves it held",
    "failure": "what fails here leaves it held",
    "end": "the function ends with it held",
    "iteration": "the next iteration begins with it held",
    "overwritten": "the only reference is overwritten here",
}


class _Acquired(Struct, frozen=True):
    """A call that acquires, what gives its result back, and whether that is only guessed from the file's habits."""

    call: Fact
    closers: tuple[str, ...]
    guessed: bool


def derive(reading: Reading) -> None:
    """Add a `holding` fact for each acquisition whose fate can be followed within its function."""
    if is_test_code(reading):
        return
    elsewhere, habits = treated_elsewhere(reading), habitual_closers(reading)
    locks: dict[tuple[int, str, tuple[str, ...]], list[Fact]] = defaultdict(list)
    held: dict[tuple[int, str], list[_Acquired]] = defaultdict(list)
    for call in reading.facts.of("call"):
        function = reading.facts.function(call)
        if function is None:
            continue
        pair = lock_pair(call)
        if pair:
            locks[function.id, _owner(call).path.removeprefix("this."), pair].append(call)
            continue
        literal = call.get("constructor") and reading.language.errors == "values"  # a value, nothing is opened yet
        given_back = () if literal else closers(call, reading) or habits.get(call.id, ())
        callee: Value | None = call.get("callee")
        guessed = not given_back and callee is not None and callee.path in elsewhere and call.get("api") is None
        call.attributes["closer"] = (given_back or ("Close",))[0]
        if given_back or guessed:
            _acquired(reading, _Acquired(call, given_back or tuple(CLOSES), guessed), function, held)
    for (where, path, pair), calls in locks.items():
        _lock(reading, reading.facts.all[where], path, pair, calls)
    for (where, name), found in held.items():
        _name(reading, reading.facts.all[where], name, found)


def _owner(call: Fact) -> Value:
    owner: Value = call.get("callee").parts[0]
    return owner


def _acquired(reading: Reading, found: _Acquired, function: Fact, held: dict[tuple[int, str], list[_Acquired]]) -> None:
    """Sort an acquisition by what becomes of its result."""
    call, use = found.call, found.call.get("use")
    if (not found.guessed and not _owns(reading, call)) or _is_bodiless(reading, call) or _ends_with_field(call):
        return
    if use == "assigned":
        name = _local(reading, call, function)
        if name == "_":
            _say(reading, call, "dropped", call)
        elif name:
            held[function.id, name].append(found)
    elif not found.guessed and use in ("dropped", "receiver", "argument"):
        _anonymous(reading, call, str(use), found.closers)


def _ends_with_field(call: Fact) -> bool:
    """Made by something that the object holds and ends, which ends it too."""
    api, callee = call.get("api"), call.get("callee")
    return (
        api is not None
        and bool(api.fields.get("ends_with_maker"))
        and callee is not None
        and callee.parts[0].form == "member"
    )


def _is_bodiless(reading: Reading, call: Fact) -> bool:
    """True for the answer to a HEAD request, which has no body, and for one read from a connection that is the caller's own."""
    if sort(call) != "response" or reading.language.errors != "values":
        return False
    if method(call) == "ReadResponse":
        return True
    makers = [m for a in call.get("arguments", ()) for m in origin(a.value, call, reading).makers]
    texts = [reading.facts.text(a.value) for m in makers for a in m.get("arguments", ())]
    return method(call) == "Head" or any(t == '"HEAD"' or t.endswith(".MethodHead") for t in texts)


def _owns(reading: Reading, call: Fact) -> bool:
    """A wrapper needs giving back only when what it keeps was acquired in the same expression."""
    api = call.get("api")
    if api is None or not api.keeps:
        return True
    kept = kept_argument(call)
    inner = reading.facts.all[kept.call] if kept is not None and kept.form == "call" else None
    return inner is not None and bool(closers(inner, reading)) and _owns(reading, inner)


def _local(reading: Reading, call: Fact, function: Fact) -> str:
    """The local variable that takes the result, "_" when it is thrown away, "" when it goes elsewhere (a field, an outer variable)."""
    assignment = reading.facts.all[call.get("consumer")]
    if assignment.kind != "assignment" or assignment.get("operator") not in ("=", ":=", None):
        return ""
    targets = assignment.get("targets", ())
    index = result_index(call, reading)
    if index >= len(targets) or targets[index].form != "name":
        return ""
    if len(targets) > 1 and not _is_result(assignment.get("value"), call):
        return ""
    name = str(targets[index].path)
    return name if name == "_" or _declared_here(reading, name, assignment, function) else ""


def _is_result(value: Value | None, call: Fact) -> bool:
    return (
        value is not None
        and value.form in ("call", "await")
        and (value.call == call.id or any(p.call == call.id for p in value.parts))
    )


def _declared_here(reading: Reading, name: str, assignment: Fact, function: Fact) -> bool:
    if assignment.get("declaration") or assignment.get("operator") == ":=":
        return True
    if reading.language.name == "python":
        text = reading.facts.text(function)
        return f"global {name}" not in text and f"nonlocal {name}" not in text
    bindings = reading.names.scopes[function.id].get(name, ()) if function.id in reading.names.scopes else ()
    return any(reading.facts.all[b.at].get("declaration") for b in bindings)


# --- results that nobody can give back ---------------------------------------------------------------------------


def _anonymous(reading: Reading, call: Fact, use: str, given_back: tuple[str, ...]) -> None:
    """A result that has no name: used up in one chain, handed to a call that does not keep it, or thrown away."""
    counted = reading.language.name == "python"  # CPython ends such an object with the expression
    leak = "temporary" if counted else use if use == "dropped" else "chain"
    last, kept = _end_of_chain(reading, call, given_back) if use == "receiver" else (call, False)
    if kept or (use == "argument" and not _only_reads(reading, call)):
        return
    function = reading.facts.function(call)
    if function is not None and (managed_owner(reading, call, function) or _of_the_caller(reading, call)):
        return
    if use == "dropped" and (sort(call) not in ("file", "pool", "response", "rows", "cancel", "connection")):
        return
    _say(reading, call, leak, last)


def _of_the_caller(reading: Reading, call: Fact) -> bool:
    """True for a part of something that the caller passed in and closes (a statement of its connection)."""
    owner: Value | None = call.get("callee")
    if sort(call) != "handle" or owner is None or owner.form != "member" or not owner.parts:
        return False
    bindings = reading.names.bindings_of(owner.parts[0], call)
    return bool(bindings) and all(b.how == "parameter" for b in bindings)


def _end_of_chain(reading: Reading, call: Fact, given_back: tuple[str, ...]) -> tuple[Fact, bool]:
    """The last call of a chain, and whether what was acquired may live on behind it."""
    current = call
    while current.get("use") == "receiver":
        following = reading.facts.all[current.get("consumer")]
        if following.kind != "call":
            return current, True
        api, name = following.get("api"), method(following)
        closes = api is not None and api.closes == "receiver"
        if closes or name in given_back or set(f"{name}".lower().split("_")) & CLOSES:
            return following, True
        if api is None and sort(call) != "pool":
            return following, True
        if (
            api is not None
            and reading.knowledge.closers(reading.names.result_type(following))
            and following.get("use") != "receiver"
        ):
            return following, True
        current = following
        if not (api is not None and api.fields.get("pass_through")):
            return current, False
    return current, current.get("use") != "dropped"


def _only_reads(reading: Reading, call: Fact) -> bool:
    """True when the call that gets it as an argument is known to read or write it and nothing else."""
    consumer = (
        reading.facts.all[call.get("consumer")]
        if isinstance(call.get("consumer"), int) and call.get("consumer") >= 0
        else None
    )
    if consumer is None or consumer.kind != "call":
        return False
    api = consumer.get("api")
    return (
        api is not None
        and not api.keeps
        and api.closes is None
        and bool(api.roles & {"file.read", "file.write", "stream.read-all"})
        and not consumer.get("constructor")
    )


# --- results that have a name --------------------------------------------------------------------------------------


def _lock(reading: Reading, function: Fact, path: str, pair: tuple[str, ...], calls: list[Fact]) -> None:
    watch = watch_lock(reading, function, path, pair, calls)
    if watch is not None:
        _judge(reading, function, watch, [_Acquired(call, pair, guessed=False) for call in calls])


def _name(reading: Reading, function: Fact, name: str, found: list[_Acquired]) -> None:
    held = Held(name, tuple(dict.fromkeys(c for f in found for c in f.closers)), tuple(f.call for f in found))
    watch = watch_name(reading, function, held)
    if watch is None:
        return
    if function.get("name") == "main":
        return  # the process ends with it
    if "release" not in watch.effects.values():
        watch = replace(watch, fails=lambda _: False)  # only on its way to somebody else
    _judge(reading, function, watch, found)


def _judge(reading: Reading, function: Fact, watch: Watch, acquired: list[_Acquired]) -> None:
    """Say of each acquisition on which way out, if any, it is still held."""
    calls, guessed = [a.call for a in acquired], any(a.guessed for a in acquired)
    released = bool({"release", "lose"} & set(watch.effects.values()))
    found = [e for e in leaks(reading.facts, function, watch) if not _is_before_test(e, watch, calls[0], reading)]
    early = _too_early(reading, function, watch, calls[0])
    if early is not None:
        _say(reading, calls[0], "early", early)
        return
    explicit = [e for e in found if e.kind in _EXPLICIT]
    if guessed and (not released or not any(e.kind in ("return", "raise") for e in explicit)):
        explicit, found = [], []
    for index, call in enumerate(calls):
        following = calls[index + 1].id if index + 1 < len(calls) else len(reading.facts.all)
        mine = [
            e
            for e in found
            if call.id < e.at.id < following or (e.kind == "end" and index == len(calls) - 1) or len(calls) == 1
        ]
        if released and writes_to_memory(reading, call):
            mine = []  # an unfinished archive in memory on a failing path is nobody's loss
        chosen, cost = _worst(reading, call, mine)
        leak = _leak(chosen, released=released)
        at_exit = (released or sort(call) in ("response", "rows", "")) and not _is_one_remedy(mine, watch, call)
        place = _place(reading, call, chosen, leak) if at_exit else call
        checked = error_read(reading, function, call)
        _say(reading, call, leak, place, chosen, checked=checked, cost=cost)


def _is_before_test(exit_: Exit, watch: Watch, call: Fact, reading: Reading) -> bool:
    """True for a return that does not wait to see whether there is anything to give back (`if ctx.Err() != nil { return }`)."""
    if not watch.test.error or exit_.kind != "return":
        return False
    read = [m.fact.id for m in reading.mentions.of(watch.test.error) if m.how != "target" and m.fact.id > call.id]
    return bool(read) and exit_.at.id < read[0]


def _worst(reading: Reading, call: Fact, found: list[Exit]) -> tuple[Exit | None, str]:
    """The exit to speak of: the first that costs something that lasts, of those that the code takes by itself if there are any."""
    explicit = [e for e in found if e.kind in _EXPLICIT] or found
    if not explicit:
        return None, "lasting"
    name = _name_of(reading, call)
    costs = [cost_of(reading, call, name, e) for e in explicit]
    index = costs.index("lasting") if "lasting" in costs else 0
    return explicit[index], costs[index]


def _name_of(reading: Reading, call: Fact) -> str:
    """The name that takes the result, "" when none does."""
    if call.get("use") != "assigned":
        return ""
    targets, index = reading.facts.all[call.get("consumer")].get("targets", ()), result_index(call, reading)
    return str(targets[index].path) if index < len(targets) else ""


def _leak(chosen: Exit | None, *, released: bool) -> str:
    if chosen is None:
        return "none"
    return "never" if not released else "failure" if chosen.kind == "failure" else "exit"


def _place(reading: Reading, call: Fact, chosen: Exit | None, leak: str) -> Fact:
    """Where a reader should look: the leaking exit of a lock, a response or (where errors are values) of anything; else the acquisition."""
    if chosen is None or chosen.kind in ("end", "failure") or chosen.at.kind == "loop":
        return call
    if leak == "never" and not lock_pair(call) and sort(call) not in ("response", "rows", "transaction"):
        return call  # no way out gives it back: the line that opens it is the one to amend
    return chosen.at if reading.language.errors == "values" or lock_pair(call) or sort(call) == "transaction" else call


def _is_one_remedy(found: list[Exit], watch: Watch, call: Fact) -> bool:
    """True where one release behind the acquisition mends more than the exits do: several leave it held, and hardly any hands it on."""
    exits = len({e.at.id for e in found if e.kind in ("return", "raise")})
    return not lock_pair(call) and exits > (1 if "release" in watch.effects.values() else _FEW)


def _too_early(reading: Reading, function: Fact, watch: Watch, call: Fact) -> Fact | None:
    """A deferred release of a part that stands before the error is tested: without a response there is no body to close."""
    if not watch.test.error or (sort(call) != "response" and not looks_like_response(call, reading)):
        return None
    first = next((i for i, e in sorted(watch.effects.items()) if e == "release" and i > call.id), -1)
    release = reading.facts.all[first] if first >= 0 else None
    if release is None or release.get("use") != "deferred":
        return None
    tests = [
        m.fact.id
        for m in reading.mentions.of(watch.test.error, function)
        if m.how in ("compared", "argument", "condition") and m.fact.id > call.id
    ]
    same = reading.facts.all[release.parent].parent == reading.facts.all[call.get("consumer")].parent
    return release if same and tests and tests[0] > release.id else None


def _say(
    reading: Reading,
    call: Fact,
    leak: str,
    place: Fact,
    exit_: Exit | None = None,
    *,
    checked: bool = True,
    cost: str = "",
) -> None:
    evidence = [("acquired here", call.id)]
    if exit_ is not None and exit_.kind != "end":
        evidence.append((_WORDS[exit_.kind], exit_.at.id))
    callee: Value | None = call.get("callee")
    name = reading.facts.text(callee) if callee is not None else ""
    kind = "lock" if lock_pair(call) else "response" if looks_like_response(call, reading) else sort(call) or "handle"
    if kind == "response" and reading.language.errors != "values":
        kind = "handle"
    reading.facts.derive(
        "holding",
        call,
        sort=kind,
        leak=leak,
        place=place.id,
        cost=cost or ("lasting" if leak == "none" else cost_of(reading, call, "", None)),
        fate="never given back by" if leak in ("never", "chain", "dropped") else "not given back on every way out of",
        way=_WORDS[exit_.kind] if exit_ is not None else "",
        evidence=tuple(evidence),
        callee=callee,
        acquired=name,
        closer=call.get("closer", ""),
        checked=checked,
        daemon=kind == "pool" and asks_for_daemons(call, reading),
    )
