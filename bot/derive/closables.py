"""Closables: which calls acquire something that must be given back, of what sort it is, and what gives it back."""

from __future__ import annotations

from typing import Final

from ..model import Fact, Value
from .calls import argument, method, receiver
from .conventions import words
from .reading import Reading

_SORTS: Final = (
    ("response", {"http.response"}),
    ("transaction", {"db.transaction"}),
    ("lock", {"lock.acquire", "semaphore.acquire", "cache.lock"}),
    ("handle", {"resource.open"}),
    ("rows", {"db.query"}),
    ("pool", {"pool.create"}),
    ("timer", {"timer.create"}),
    ("server", {"http.server", "rpc.server", "loop.run"}),
    ("process", {"process.start"}),
    ("connection", {"pool.acquire", "db.connect"}),
    ("client", {"http.client", "rpc.client", "cache.client", "queue.client", "cloud.client", "db.pool"}),
    ("socket", {"socket.connect", "socket.accept", "socket.listen"}),
    ("file", {"file.open", "file.make"}),
    ("response", {"http.request"}),
)
#: Verbs with which code acquires; a call so named that the same file puts into a with-block elsewhere acquires here too.
_ACQUIRES: Final = frozenset(
    "open connect acquire begin lease borrow checkout connection cursor session channel stream "  # noqa: SIM905 - a list of words reads better as text
    "transaction lock".split()
)
#: Verbs with which code releases, whatever the library.
CLOSES: Final = frozenset(
    "close aclose release unlock shutdown stop dispose destroy terminate kill cleanup disconnect rollback "  # noqa: SIM905 - a list of words reads better as text
    "commit free cancel finish end quit detach abort drain join recycle rmtree unlink hangup teardown "
    "finalize".split()
)
_LOCKS: Final = frozenset(["lock", "lck", "mutex", "mu", "mtx", "rwlock", "rlock", "wlock", "sem", "semaphore"])
_SENDS: Final = frozenset({"Do", "RoundTrip", "Get", "Head", "Post", "PostForm"})
#: Which method gives back what another one took. Where the receiver is not known, its name must say that it is a lock.
PAIRS: Final = {
    "acquire": ("release",),
    "acquireUninterruptibly": ("release",),
    "tryAcquire": ("release",),
    "lock": ("unlock",),
    "lockInterruptibly": ("unlock",),
    "tryLock": ("unlock",),
    "Lock": ("Unlock",),
    "TryLock": ("Unlock",),
    "RLock": ("RUnlock",),
    "TryRLock": ("RUnlock",),
    "Acquire": ("Release",),
    "TryAcquire": ("Release",),
}


def closers(call: Fact, reading: Reading) -> tuple[str, ...]:
    """What gives back the result of a call; empty when it acquires nothing, or nobody knows."""
    api = call.get("api")
    if api is not None and api.closed_by:
        return tuple(api.closed_by)
    if looks_like_response(call, reading):
        return ("Body.Close",)
    if api is None or not (call.get("constructor") or sort(call)):
        return ()
    if not (api.roles or call.get("constructor") or api.keeps or reading.language.name == "python"):
        return ()
    position = result_index(call, reading)
    kind = reading.names.result_type(call, position)
    return reading.knowledge.closers(kind) if not api.fields.get("pass_through") else ()


def result_index(call: Fact, reading: Reading) -> int:
    """Which of several results must be given back."""
    api = call.get("api")
    if api is None:
        return 0
    if "()" in api.closed_by:
        return len(api.returns) - 1
    return next((i for i, t in enumerate(api.returns) if reading.knowledge.closers(t)), 0)


def looks_like_response(call: Fact, reading: Reading) -> bool:
    """A client nobody knows sends a request: what comes back beside the error has a status code, or a body that is closed."""
    if (
        reading.language.errors != "values"
        or call.get("api") is not None
        or method(call) not in _SENDS
        or call.get("use") != "assigned"
        or receiver(call) is None
    ):
        return False
    assignment = reading.facts.all[call.get("consumer")]
    targets = assignment.get("targets", ())
    function = reading.facts.function(call)
    if len(targets) != 2 or function is None or call.get("target", -1) >= 0:
        return False
    name = targets[0].path
    return (
        bool(reading.mentions.of(f"{name}.StatusCode", function))
        and not any(
            m.how in ("compared", "operand") and m.value.form == "index"
            for m in reading.mentions.of(f"{name}.Body", function)
        )
        and bool(
            reading.mentions.below(f"{name}.Header", function)
            or any(m.how != "compared" for m in reading.mentions.of(f"{name}.Body", function))
        )
    )


def sort(call: Fact) -> str:
    """What a call acquires, in one word; "" when its roles don't tell."""
    api = call.get("api")
    if api is not None and "()" in api.closed_by:
        return "cancel"
    roles = call.roles
    if "db.query" in roles and "resource.open" in roles:
        return "handle"
    return next((name for name, of in _SORTS if roles & of), "")


def treated_elsewhere(reading: Reading) -> frozenset[str]:
    """The called paths, named like an acquisition, that this file puts into a with-block somewhere."""
    found = set()
    for call in reading.facts.of("call"):
        callee: Value | None = call.get("callee")
        if (
            call.get("use") == "item"
            and callee is not None
            and callee.form == "member"
            and _ACQUIRES & set(words(method(call)))
        ):
            found.add(callee.path)
    return frozenset(found)


def kept_argument(call: Fact) -> Value | None:
    """The argument that the result of a wrapping call owns from then on."""
    api = call.get("api")
    return argument(call, (), tuple(api.keeps)) if api is not None and api.keeps else None


def lock_pair(call: Fact) -> tuple[str, ...]:
    """The methods that undo a lock's acquisition, () for another call."""
    name, owner = method(call), receiver(call)
    if name not in PAIRS or owner is None or not owner.path:
        return ()
    known = {"lock.acquire", "semaphore.acquire"} & call.roles
    last = owner.path.removesuffix("()").rsplit(".", 1)[-1]
    named = bool(_LOCKS & set(words(last))) or last.lower().endswith(("lock", "mutex"))
    return PAIRS[name] if known or (named and call.get("api") is None) else ()


def writes_to_memory(reading: Reading, call: Fact) -> bool:
    """A writer around another writer holds nothing itself but what was not written yet; others begin to count when they are closed."""
    api = call.get("api")
    if api is not None and api.fields.get("commits"):
        return True
    return (
        sort(call) == "handle"
        and reading.names.result_type(call).endswith("Writer")
        and call.roles <= {"resource.open"}
        and bool(call.roles)
    )
