"""Messages and pages: what is acknowledged before it is worked on, half-failed batches nobody looks into, and first pages taken for all."""

from __future__ import annotations

import re
from typing import Final

from ..knowledge import Api
from ..model import Fact, Value
from .calls import argument, method, receiver, spreads
from .conventions import is_test_code, words
from .objects import holder, origin
from .reading import Reading

_ANSWERS: Final = frozenset(
    {
        "queue.ack",
        "queue.nack",
        "queue.consume",
        "log",
        "log.error",
        "metric.create",
        "metric.label",
        "error.create",
        "error.wrap",
    }
)
#: What only looks at a message, or makes something of it, is not yet work on it.
_LOOKS: Final = frozenset(
    [
        "on",
        "parse",
        "decode",
        "loads",
        "load",
        "unmarshal",
        "deserialize",
        "get",
        "to",
        "from",
        "validate",
        "is",
        "has",
        "len",
        "str",
        "log",
        "debug",
        "info",
        "warn",
        "warning",
        "error",
        "trace",
        "json",
        "convert",
        "read",
        "extract",
        "new",
        "of",
        "as",
        "value",
        "values",
        "key",
        "size",
        "length",
        "print",
        "printf",
        "println",
        "string",
        "bytes",
        "int",
        "format",
        "trim",
        "split",
        "equals",
        "contains",
        "add",
        "append",
        "put",
        "observe",
        "increment",
        "inc",
        "ack",
        "nack",
        "acknowledge",
        "reject",
        "commit",
        "commits",
        "done",
        "mark",
        "confirm",
        "close",
        "stop",
        "cancel",
        "metric",
        "metrics",
        "record",
        "set",
        "start",
        "begin",
        "end",
        "now",
        "count",
    ]
)
_PAGES: Final = re.compile(
    r"token|truncated|paginat|marker|next_?page|has_?next|last_?evaluated|continue|cursor|offset", re.IGNORECASE
)
_LIMITS: Final = frozenset(
    [
        "maxkeys",
        "max_keys",
        "limit",
        "maxresults",
        "max_results",
        "maxitems",
        "max_items",
        "maxrecords",
        "pagesize",
        "page_size",
    ]
)
#: Who asks for one item wants to know whether there is any.
_ONE: Final = re.compile(
    r"\b(?:max_?keys|limit|max_?results|max_?items|page_?size)\b\W{1,4}(?:[\w.]+\()?1\b", re.IGNORECASE
)
_HANDS_OVER: Final = frozenset({"argument", "returned", "element", "assigned", "sent", "yielded"})


def derive(reading: Reading) -> None:
    """Write `early_ack`, `batch_unread` (with `refused`), `first_page` and `unflushed` onto calls."""
    if is_test_code(reading):
        return
    for call in reading.facts.of("call"):
        api: Api | None = call.get("api")
        if _is_ack(call):
            _early(call, reading)
        if api is None:
            continue
        if "auto_ack" in api.fields and _acknowledges_itself(call, api, reading):
            call.attributes["early_ack"] = "auto"
        if api.fields.get("failed_items") and _unread(call, str(api.fields["failed_items"]), reading):
            refused = "come again" if "queue.ack" in api.roles else "are lost"
            call.attributes.update(batch_unread=True, failed_items=str(api.fields["failed_items"]), refused=refused)
        if (
            "cloud.list" in api.roles
            and api.fields.get("page_token")
            and _first_only(call, str(api.fields["page_token"]), reading)
        ):
            call.attributes.update(first_page=True, page_token=str(api.fields["page_token"]))
        if api.fields.get("flushed_by") and _left_in_buffer(call, api, reading):
            call.attributes["unflushed"] = True


# --- acknowledgement -------------------------------------------------------------------------------------------------


def _acknowledges_itself(call: Fact, api: Api, reading: Reading) -> bool:
    """True when the consumer asks its broker to forget a message as soon as it is sent."""
    where = api.fields["auto_ack"]
    given = (
        argument(call, (str(where.get("argument", "")),), (int(where["position"]),))
        if isinstance(where, dict)
        else None
    )
    return given is not None and reading.constant(given, call) is True


def _is_ack(call: Fact) -> bool:
    """True for an acknowledgement: a known one, or one that its verb and its object's name say."""
    if call.get("api") is not None:
        return "queue.ack" in call.roles and "queue.consume" not in call.roles
    verb, owner = words(method(call)), words(_root(receiver(call)))
    return verb == ("basic", "ack") or (verb == ("ack",) and owner[-1:] in (("message",), ("msg",), ("delivery",)))


def _early(ack: Fact, reading: Reading) -> None:
    """An acknowledgement with work on the same message behind it, and none before."""
    function = reading.facts.function(ack)
    if (
        function is None
        or ack.get("use") in ("deferred", "spawned", "returned")
        or reading.facts.enclosing(ack, "handler") is not None
    ):
        return
    names = _message_names(ack, function, reading)
    used = {
        m.fact.id: m.fact
        for name in names
        for m in reading.mentions.below(name, function)
        if m.how in {"argument", "receiver"}
    }
    work = [f for f in used.values() if f.kind == "call" and _is_work(f) and reading.facts.function(f) is function]
    place = _statement(ack, reading)
    behind = [
        f for f in work if f.id > reading.facts.ends(place) and reading.facts.inside(f, reading.facts.all[place.parent])
    ]
    if behind and not any(f.id < ack.id for f in work):
        ack.attributes.update(
            early_ack="ack",
            work=reading.facts.text(min(behind, key=lambda f: f.id).get("callee")),
            evidence=(("the work comes here", min(f.id for f in behind)),),
        )


def _statement(call: Fact, reading: Reading) -> Fact:
    """The statement that a call stands in: itself, an assignment, or an `if err := ack()`."""
    place = call
    while reading.facts.all[place.parent].kind in ("assignment", "await", "branch") and place.parent != -1:
        above = reading.facts.all[place.parent]
        if above.kind == "branch" and any(
            c.kind == "block" and reading.facts.inside(place, c) for c in reading.facts.children(above)
        ):
            return place
        place = above
    return place


def _message_names(ack: Fact, function: Fact, reading: Reading) -> set[str]:
    """The names of the message that is acknowledged, and of what was taken out of it before."""
    owner = receiver(ack)
    roots = {_root(a.value) for a in ack.get("arguments", ())} | {
        _root(p) for a in ack.get("arguments", ()) for p in a.value.parts
    }
    carrier = (
        owner is not None
        and bool(reading.knowledge.method((reading.names.type_of(owner, ack),), method(ack)))
        and bool(roots - {""})
    )
    if owner is not None and not carrier:
        roots.add(_root(owner))
    names = {r for r in roots if r and reading.names.bindings(r, ack)}
    parameters = [p.name for p in function.get("parameters", ()) if p.name not in ("self", "cls")]
    if names & set(parameters):  # the message came as several parameters, as brokers' callbacks get it
        names |= {p for p in parameters if p != _root(owner)} if owner is not None else set(parameters)
    for assignment in reading.facts.within(function, "assignment"):
        if not reading.facts.inside(ack, assignment) and any(reading.mentions.below(n, assignment) for n in names):
            names |= {
                t.path for t in assignment.get("targets", ()) if t.form == "name" and t.path not in ("_", "err", "ok")
            }
    return names


def _root(value: Value | None) -> str:
    return value.path.split(".")[0].split("[")[0].removesuffix("()") if value is not None else ""


def _is_work(call: Fact) -> bool:
    if call.roles & _ANSWERS or call.get("constructor"):
        return False
    verbs = words(method(call))
    return bool(verbs) and verbs[0] not in _LOOKS and verbs[-1] != "exception"


# --- batches and pages -------------------------------------------------------------------------------------------------


def _unread(call: Fact, failed: str, reading: Reading) -> bool:
    """True when what tells which part of a batch failed is thrown away or never looked at."""
    if call.get("use") == "dropped":
        return True
    path, scope = holder(call, reading)
    function = reading.facts.function(call)
    if not path or scope is None or function is None or "." in path:
        return False
    if path == "_":
        return True
    if failed.lower() in reading.facts.text(function).lower():
        return False
    return not any(m.how in _HANDS_OVER for m in reading.mentions.of(path, scope))


def _first_only(call: Fact, token: str, reading: Reading) -> bool:
    """True when the answer of a paged call is used in this function, which knows nothing of further pages."""
    function = reading.facts.function(call)
    if function is None or spreads(call) or any(a.name.lower() in _LIMITS for a in call.get("arguments", ())):
        return False
    text = reading.facts.text(list(reading.facts.functions(call))[-1])  # the loop may stand around a closure
    if token.lower() in text.lower() or _PAGES.search(text) or _ONE.search(text):
        return False
    if call.get("use") in ("iterated", "receiver", "operand", "item"):
        return True
    path, scope = holder(call, reading)
    if not path or path == "_" or scope is None or "." in path:
        return False
    mentions = reading.mentions.below(path, scope)
    return bool(mentions) and not any(m.how in _HANDS_OVER and m.path == path for m in mentions)


# --- buffers -----------------------------------------------------------------------------------------------------------


def _left_in_buffer(call: Fact, api: Api, reading: Reading) -> bool:
    """True when a message is only queued, nobody asks what became of it, and the producer made in this file is never flushed."""
    if call.get("use") != "dropped" and not call.get("awaited"):
        return False
    owner = receiver(call)
    made = origin(owner, call, reading)
    if owner is None or not made.makers or not made.complete:
        return False
    flushes = api.fields["flushed_by"]
    handed_over = any(m.how == "member" and m.method in flushes for m in reading.mentions.of(owner.path))
    return not handed_over and not any(method(other) in flushes for other in reading.facts.of("call"))
