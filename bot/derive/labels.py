"""Labels of metrics that grow without bound: ids, addresses, paths and error texts make a new time series each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import Fact, Value
from .conventions import words
from .reading import Reading

_UNBOUNDED: Final = frozenset(
    [
        "id",
        "uuid",
        "guid",
        "email",
        "url",
        "uri",
        "token",
        "session",
        "username",
        "userid",
        "ip",
        "address",
        "query",
        "message",
        "trace",
    ]
)
#: Parts of the installation itself: there are as many as there are machines, whatever their ids look like.
_FEW: Final = frozenset(
    [
        "tenant",
        "cluster",
        "shard",
        "region",
        "node",
        "instance",
        "host",
        "hostname",
        "zone",
        "worker",
        "replica",
        "endpoint",
        "peer",
        "server",
        "backend",
        "upstream",
        "broker",
        "member",
        "leader",
        "partition",
    ]
)
#: Those on whose behalf work is done: many services count by them on purpose, and forget the ones that have left.
_OWNERS: Final = frozenset(
    [
        "user",
        "userid",
        "username",
        "org",
        "organization",
        "organisation",
        "account",
        "customer",
        "team",
        "project",
        "workspace",
        "namespace",
        "app",
        "application",
    ]
)
_WHOLE: Final = frozenset({"err", "error", "exception", "e", "ex", "exc"})


def derive(reading: Reading) -> None:
    """Write `unbounded_label`, with the `label` as written and what there is one of for each, onto calls that choose labels of a metric."""
    for call in reading.facts.of("call"):
        if "metric.label" not in call.roles:
            continue
        found = next(
            (
                v
                for a in call.get("arguments", ())
                if not _FEW & set(words(a.name))
                for v in _values(a.value)
                if _is_unbounded(v, reading)
            ),
            None,
        )
        if found is not None:
            owned = bool(_OWNERS & set(_words(found)))
            call.attributes.update(
                unbounded_label=True, label=reading.facts.text(found), label_of="owner" if owned else "event"
            )


def _words(value: Value) -> tuple[str, ...]:
    """The words of a label's value and of the thing that it is taken from (`user.ID`)."""
    return tuple(w for part in value.path.rsplit(".", 2)[-2:] for w in words(part))


def _values(value: Value) -> Iterator[Value]:
    """The label values in an argument: itself, or what a literal mapping or list holds."""
    if value.form in ("mapping", "collection"):
        for part in value.parts[1::2] if value.form == "mapping" else value.parts:
            yield from _values(part)
    elif value.form == "call":
        yield value
    else:
        yield value


def _is_unbounded(value: Value, reading: Reading) -> bool:
    if value.form == "call":
        call: Fact = reading.facts.all[value.call]
        callee = call.get("callee")
        last = callee.path.rsplit(".", 1)[-1] if callee is not None else ""
        owner = callee.parts[0].path.rsplit(".", 1)[-1].lower() if callee is not None and callee.parts else ""
        if last in ("Error", "getMessage") or (last in ("str", "repr", "String", "toString") and owner in _WHOLE):
            return True
        arguments = call.get("arguments", ())
        return last in ("str", "repr", "String") and bool(arguments) and _is_unbounded(arguments[0].value, reading)
    if value.form == "template":
        return any(_is_unbounded(p, reading) for p in value.parts)
    if value.form not in ("name", "member"):
        return False
    last = value.path.rsplit(".", 1)[-1]
    parts = words(last)
    if value.path.lower() in _WHOLE:
        return True
    return bool(parts) and (parts[-1] in _UNBOUNDED and len(parts) <= 2) and not _FEW & set(_words(value))
