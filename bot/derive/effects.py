"""Effects: what the statements of a function do to something that it holds: release it, hand it over, lose sight of it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ..model import Fact, Value
from .aliases import aliases, copied_to, is_view, may_keep, wrapped_in, wrappers_of
from .calls import method, receiver
from .closables import CLOSES
from .conditions import Test
from .conventions import words
from .handlers import error_tested
from .hosts import ends_of, host_of, is_deferred
from .mentions import Mention
from .paths import Watch
from .reading import Reading
from .views import is_used_up

_BORROWS: Final = frozenset(
    "file.read file.write stream.read-all socket.read socket.write log log.error error.test file.sync db.query "  # noqa: SIM905 - a list of words reads better as text
    "db.write path.exists error.wrap error.create".split()
)
_HARMLESS: Final = frozenset(
    "msg get set put add size length len is has contains append extend equals hash to as of value values keys items "  # noqa: SIM905 - a list of words reads better as text
    "name index offer poll peek push pop remove clear empty current now print printf println debug info warn "
    "warning error trace log format join strip split lower upper max min abs str int bool isinstance getattr "
    "setattr hasattr range enumerate zip list dict tuple repr id sorted increment decrement compare copy count "
    "setdefault update discard notify signal new builder build with require encode decode replace startswith "
    "endswith lstrip rstrip string float super type callable iter sum any all entry entries".split()
)
_SAFE: Final = frozenset(
    ["log", "log.error", "resource.close", "lock.release", "lock.acquire", "metric.create", "error.create", "suppress"]
)
#: What a function with such a name does to a reader or a peer is over when it returns: by Go's custom who opens a thing closes it.
_USES_UP: Final = frozenset(
    "load read parse decode unmarshal hash checksum digest import verify validate count dump copy send execute query "  # noqa: SIM905 - a list of words reads better as text
    "ping check".split()
)
_HANDS_OVER: Final = ("returned", "element", "sent", "raised", "assigned", "index", "operand", "deleted")


class Held(Struct, frozen=True):
    """Something acquired under a local name: the name, what gives it back, and the calls that acquire it."""

    name: str
    closers: tuple[str, ...]
    calls: tuple[Fact, ...]


def can_fail(call: Fact, reading: Reading) -> bool:
    """True when a call is likely enough to throw that a release behind it must not depend on it."""
    if reading.language.errors == "values":
        return False
    if call.roles & _SAFE:
        return False
    api = call.get("api")
    if api is not None:
        return (
            api.blocking is not False
            and (
                bool(api.roles - {"lock.create", "collection.create", "least", "thread.create", "log"})
                or bool(api.raises)
            )
            and not call.get("constructor")
        )
    name = words(method(call))
    if call.get("constructor") or not name or name[0] in _HARMLESS or name[0] in CLOSES or "log" in name:
        return False
    callee = call.get("callee")
    return not (callee.path.rsplit(".", 1)[-1][:1].isupper() and reading.language.name == "python")


# --- names -----------------------------------------------------------------------------------------------------------


class _Trail(Struct, frozen=True):
    """What is known while the mentions are read: whether the function itself releases the thing, its names, what was found."""

    reading: Reading
    function: Fact
    held: Held
    owns: bool
    paths: tuple[str, ...]
    effects: dict[int, str]
    wrappers: frozenset[str]


def watch_name(reading: Reading, function: Fact, held: Held) -> Watch | None:
    """How to follow what a local name holds; None when its owner is somebody else."""
    if any(managed_owner(reading, call, function) for call in held.calls) or _sometimes_borrowed(reading, held):
        return None
    if _kept_over_turns(reading, function, held):
        return None
    wrappers = wrappers_of(held.name, held.calls[-1], function, reading)
    paths = (*aliases(held.name, function, reading), *(path for w in wrappers for path in w))
    effects: dict[int, str] = {c.id: "acquire" for c in held.calls}
    owns = any(
        _releases(m, held, path) and not on_failure(reading, m.fact)
        for path in paths
        for m in reading.mentions.below(path, function)
    )
    trail = _Trail(reading, function, held, owns, paths, effects, frozenset(w.name for w in wrappers))
    for path in paths:
        for mention in reading.mentions.below(path, function):
            _effect(trail, mention, path)
    if reading.language.errors == "values" and function.get("result"):
        effects.update({r.id: "lose" for r in reading.facts.within(function, "return") if not r.get("values")})
    # Where only a callback gives it back, what fails before that callback is set up is hardly worth a word.
    direct = any(
        _releases(m, held, path) and host_of(reading, m.fact, function) is m.fact
        for path in paths
        for m in reading.mentions.below(path, function)
    )
    error, stale, looks = _error(reading, function, held)
    signs = _signs(reading, error, looks)
    calls, others = frozenset(c.id for c in held.calls), _other_errors(reading, held) - {error}
    test = Test(frozenset(paths), error, calls=calls, looks=looks, signs=signs, others=others)
    return Watch(
        effects,
        test,
        stale,
        ends_of(reading, function),
        lambda call: direct and can_fail(call, reading),
        _used_behind(reading, function, held),
    )


def _kept_over_turns(reading: Reading, function: Fact, held: Held) -> bool:
    """True for a variable from before a loop that is filled in it, and that a closure of the function empties when it is time."""
    filled = any(
        reading.facts.enclosing(c, "loop") is not None
        and reading.facts.all[c.get("consumer", -1)].get("operator") == "="
        for c in held.calls
        if c.get("consumer", -1) >= 0
    )
    return filled and any(
        _releases(m, held, held.name) and host_of(reading, m.fact, function) is not m.fact
        for m in reading.mentions.below(held.name, function)
        if not is_deferred(reading, host_of(reading, m.fact, function))
    )


def on_failure(reading: Reading, fact: Fact) -> bool:
    """Within a handler or the branch of an error check: cleaning up there does not say that the success path owns the thing."""
    for above in reading.facts.ancestors(fact):
        if above.kind == "function":
            return False
        if above.kind == "handler":
            return True
        if (
            above.kind == "block"
            and above.get("arm") == "then"
            and error_tested(reading.facts.all[above.parent].get("condition"))
        ):
            return True
    return False


def managed_owner(reading: Reading, call: Fact, function: Fact) -> bool:
    """Made by something that this function releases itself (rows of a statement that is closed here): closing that is enough."""
    owner = receiver(call)
    if owner is None or owner.form != "name" or not reading.names.bindings(owner.path, call):
        return False
    return any(
        m.how == "item" or (m.how == "receiver" and set(words(m.method)) & CLOSES and not _takes_back(m.fact))
        for m in reading.mentions.of(owner.path, function)
    ) or any(b.how == "item" for b in reading.names.bindings(owner.path, call))


def _takes_back(call: Fact) -> bool:
    """`pool.release(connection)` ends what it is given, not the pool."""
    api = call.get("api")
    return api is not None and isinstance(api.closes, int)


def _sometimes_borrowed(reading: Reading, held: Held) -> bool:
    """The name may also stand for something that the caller or a field owns (`if connection is None: connection = connect()`)."""
    calls = {c.get("consumer") for c in held.calls}
    bindings = [
        b for b in reading.names.bindings(held.name, held.calls[0]) if b.at < held.calls[-1].id and b.at not in calls
    ]
    return any(
        b.how == "parameter" or (b.value is not None and b.value.form in ("name", "member", "index")) for b in bindings
    )


def _releases(mention: Mention, held: Held, path: str) -> bool:
    if mention.how == "called":
        return "()" in held.closers and mention.path == path
    if mention.how == "item":
        return mention.path == path
    if mention.how == "receiver":
        full = f"{mention.path[len(path) + 1 :]}.{mention.method}".removeprefix(".")
        return (
            full in held.closers
            or mention.method in held.closers
            or (mention.path == path and bool(CLOSES & set(words(mention.method))))
        )
    if mention.how == "argument":
        api = mention.fact.get("api")
        named = bool(CLOSES & set(words(method(mention.fact))))
        return named or (api is not None and api.closes is not None and api.closes == mention.position)
    return False


def _effect(trail: _Trail, mention: Mention, path: str) -> None:
    """Write down what one mention of the thing does to it."""
    effects = trail.effects
    host = host_of(trail.reading, mention.fact, trail.function)
    releases = _releases(mention, trail.held, path)
    if host is not mention.fact:
        if releases or not is_deferred(trail.reading, host):
            effects[host.id] = "release" if releases else effects.get(host.id, "lose")
        return
    if releases:
        effects[mention.fact.id] = "release"
    elif mention.how == "target" and mention.path == path:
        _rebinds(trail, mention.fact, path)
    elif _lets_go(trail, mention, path):
        effects.setdefault(mention.fact.id, "lose")


def _rebinds(trail: _Trail, assignment: Fact, path: str) -> None:
    value: Value | None = assignment.get("value")
    held, paths, calls = trail.held, trail.paths, {c.id for c in trail.held.calls}
    if (
        path != held.name
        or assignment.kind != "assignment"
        or value is None
        or assignment.get("operator") not in ("=", ":=", None)
    ):
        return
    if (
        value.call in calls
        or any(p.call in calls for p in value.parts)
        or value.path in paths
        or any(p.path in paths for p in value.parts)
    ):
        return
    if value.form in ("name", "member", "constant", "call", "await"):
        trail.effects.setdefault(assignment.id, "rebind")


def _lets_go(trail: _Trail, mention: Mention, path: str) -> bool:
    """True when the thing may belong to somebody else from here on."""
    part = mention.path[len(path) + 1 :]
    if part and mention.how != "returned" and not any(c.startswith(f"{part}.") for c in trail.held.closers):
        return False  # a property of it
    if mention.how == "argument":
        return _taken(trail, mention, part)
    if mention.how == "yielded":
        return not trail.owns
    if mention.how == "member" and CLOSES & set(words(mention.method)):
        return True  # its release is kept for later: `closers = append(closers, r.Close)`
    if mention.how == "receiver":
        if (
            mention.fact.get("use") == "returned"
            and mention.fact.get("api") is None
            and trail.reading.language.name == "go"
        ):
            return not trail.owns  # `return c.rows(r)`: what an unknown method gives may live on it
        if mention.fact.get("use") == "returned" and _is_a_client(trail.held):
            return True  # `return client.Bucket(name)`: what a client gives works through it
        if path in trail.wrappers and not part and may_keep(mention.fact, trail.reading):
            return True
        return mention.method == "register" or (
            is_view(mention) and mention.fact.get("use") not in ("assigned", "dropped", "receiver", "condition")
        )
    if mention.how == "assigned" and not part:
        copy = copied_to(trail.reading, mention)
        return copy is None or copy.get("targets")[0].path not in trail.paths
    return mention.how in _HANDS_OVER


def _is_a_client(held: Held) -> bool:
    return any("client" in role.split(".") for call in held.calls for role in call.roles)


def _taken(trail: _Trail, mention: Mention, part: str) -> bool:
    """True when the call that gets the thing (or a part of it) as an argument may keep it."""
    call, api, reading, owns = mention.fact, mention.fact.get("api"), trail.reading, trail.owns
    if trail.wrappers and wrapped_in(mention, reading) in trail.wrappers:
        return False  # it is followed under that name
    if api is not None:
        if mention.position in api.keeps:
            return copied_to(reading, mention) is None
        if api.roles & _BORROWS or (part and not api.keeps) or is_used_up(call, reading):
            return False
        return not owns or bool(call.get("constructor"))
    if call.get("use") == "spawned" or (call.get("use") == "returned" and not part):
        return True
    if call.get("target", -1) >= 0:
        fate = _fate(reading, call, mention)
        made = words(method(call))[:1] == ("new",)
        return fate == "released" or (fate == "kept" and (made or not owns))
    last = method(call)
    if reading.language.errors == "values" and words(last)[:1] and words(last)[0] in _USES_UP:
        return False
    maker = (
        bool(call.get("constructor"))
        or words(last)[:1] in (("new",), ("make",), ("create",), ("wrap",))
        or (last[:1].isupper() and reading.language.name != "go")
    )
    whole = not part or any(c.startswith(f"{part}.") for c in trail.held.closers)
    return (maker and whole) or not owns


def _fate(reading: Reading, call: Fact, mention: Mention) -> str:
    """What a same-file function does with an argument: "released", "kept" (perhaps), or "used"."""
    target = reading.facts.all[call.get("target")]
    parameters = [p.name for p in target.get("parameters", ()) if p.name not in ("self", "cls")]
    name = mention.name or (parameters[mention.position] if 0 <= mention.position < len(parameters) else "")
    if name not in parameters:
        return "kept"
    uses = reading.mentions.below(name, target)
    if any(m.how in ("receiver", "argument") and CLOSES & set(words(m.method or method(m.fact))) for m in uses):
        return "released"
    only = all(
        m.how in ("receiver", "member", "condition", "compared", "iterated")
        and reading.facts.function(m.fact) is target
        for m in uses
    )
    return "used" if only else "kept"


def _error(reading: Reading, function: Fact, held: Held) -> tuple[str, frozenset[int], frozenset[int]]:
    """The error that comes with the thing, the assignments after which it speaks of something else, the calls that look at it."""
    if reading.language.errors != "values":
        return "", frozenset(), frozenset()
    assignment = reading.facts.all[held.calls[0].get("consumer")]
    targets = assignment.get("targets", ())
    error = targets[-1].path if len(targets) > 1 and targets[-1].path not in (held.name, "_") else ""
    if not error or "()" in held.closers:
        return "", frozenset(), frozenset()
    makes = {c.get("consumer") for c in held.calls}
    mentions = reading.mentions.of(error, function)
    stale = frozenset(
        m.fact.id
        for m in mentions
        if m.how == "target" and m.fact.id not in makes and not _hands_on(reading, m.fact, error)
    )
    return error, stale, frozenset(m.fact.id for m in mentions if m.how == "argument" and m.fact.kind == "call")


def _other_errors(reading: Reading, held: Held) -> frozenset[str]:
    """The errors that come with the later calls that acquire the same thing (`conn, errV6 = Dial("tcp6")`)."""
    if reading.language.errors != "values":
        return frozenset()
    taken = [reading.facts.all[c.get("consumer")].get("targets", ()) for c in held.calls[1:]]
    return frozenset(t[-1].path for t in taken if len(t) > 1 and t[-1].path not in (held.name, "_"))


def _signs(reading: Reading, error: str, looks: frozenset[int]) -> frozenset[str]:
    """`retry` in `retry, err := shouldRetry(err)`: what a look at the error answers beside the error itself."""
    made = [
        reading.facts.all[reading.facts.all[i].get("consumer")]
        for i in looks
        if reading.facts.all[i].get("use") == "assigned"
    ]
    answers = [a.get("targets", ()) for a in made if a.kind == "assignment"]
    return frozenset(t[0].path for t in answers if len(t) == 2 and t[1].path == error and t[0].form == "name")


def _hands_on(reading: Reading, assignment: Fact, error: str) -> bool:
    """`retry, err := shouldRetry(err)`: what is made of the error is still set where it was."""
    value: Value | None = assignment.get("value")
    made = reading.facts.all[value.call] if value is not None and value.call >= 0 else None
    return made is not None and any(a.value.path == error for a in made.get("arguments", ()))


def _used_behind(reading: Reading, function: Fact, held: Held) -> bool:
    """True when the name lives on behind the loop that acquires it, or was made before it and is asked for in the next round."""
    call = held.calls[-1]
    loop = reading.facts.enclosing(call, "loop")
    if loop is None:
        return False
    uses = reading.mentions.below(held.name, function)
    here = {c.get("consumer") for c in held.calls}
    outside = any(reading.facts.all[b.at].id < loop.id for b in reading.names.bindings(held.name, call))
    return any(m.fact.id > reading.facts.ends(loop) for m in uses) or (
        outside and any(loop.id < m.fact.id < call.id and m.fact.id not in here for m in uses)
    )
