"""Knowledge and rules <-> JSON, so that what was compiled from YAML can be kept between runs.

Texts come in and go out as bytes; where they are kept is a `Store`'s affair (bot/adapters/cache.py on disk).
Reading JSON back takes milliseconds where reading the YAML again takes most of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from .ports import Store

Kind = TypeVar("Kind")


class _Shelf(Struct):
    store: Store | None = None


_SHELF: Final = _Shelf()


def keep_in(store: Store | None) -> None:
    """Keep compiled things in `store` from now on; with None, compile afresh in each process (as at first)."""
    _SHELF.store = store


def kept(key: str, kind: type[Kind], compiled: Callable[[], Kind]) -> Kind:
    """What the store holds under `key`, else what `compiled` makes, which is put there.

    The key must tell everything that `compiled` depends on. What cannot be read as `kind` counts as absent.
    """
    store = _SHELF.store
    if store is None:
        return compiled()
    data = store.get(key)
    found = decode(data, kind) if data is not None else None
    if found is None:
        found = compiled()
        store.put(key, encode(found))
    return found


def encode(value: object) -> bytes:
    """A Struct as JSON.

    Under `Any` only what JSON knows comes back as it was; anything else needs a declared type.
    """
    return msgspec.json.encode(value)


def decode(data: bytes, kind: type[Kind]) -> Kind | None:
    """The value that `encode` wrote, None when `data` is not one of that kind."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
