"""What Mainstay knows about libraries: which call plays which role and what it does by default.

Values in, values out; the files that hold it are read by `bot/apifile.py`. "Absent" and "unknown" are different answers
everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct, field

from .globs import matches
from .model import Duration

NONE = "none"
UNKNOWN = "unknown"
#: What a library's constant may be.
Constant = Duration | str | int | float | bool | None


class Deadline(Struct, frozen=True, omit_defaults=True, gc=False):
    """How one call is bounded in time.

    `arguments` (names) and `positions` (0-based) are where it is given; `arity` is the least number of arguments of the
    overload that takes one. `unit` is that of a bare number ("s", "ms", "us", "ns"). `default` is "none", "unknown" or
    a Duration. `zero` says what 0 (or None, null) means there: "forever", "at once" or "default". `client` means that the
    client's own deadline reaches this call; `context` is the position of a context argument that may carry one (-1: the last).
    `part` is "total", or "connect" or "read" where only that part is bounded.
    """

    arguments: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    arity: int | None = None
    unit: str = "s"
    default: Duration | str = NONE
    zero: str = "forever"
    client: bool = False
    context: int | None = None
    part: str = "total"


class Bound(Struct, frozen=True, omit_defaults=True, gc=False):
    """How the size of a pool, queue, cache or fan-out is limited; same meaning of fields as in Deadline."""

    arguments: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    default: int | str = NONE
    zero: str = "unbounded"


class Api(Struct, frozen=True, omit_defaults=True, gc=False):
    """What one library call is and does. `name` is the qualified name or pattern; `source` the page that says so.

    `idempotent` is None where not stated. `retries` is a count, "forever" or None. `returns` are the types of the results.
    `result` is "coroutine" or "future" when what comes back must be awaited or watched, "status" when a failure is told
    only by the returned value, "error" when an error value is among the results. `closed_by` names the methods that
    release the result ("()" means the result itself is called). `closes` is "receiver" or an argument's position.
    `keeps` are positions of arguments that the result (or callee) owns from then on. `sets` are settings of the receiver
    that this call changes. `callback` says where a function argument is run ("thread", "pool", "loop", "caller", "later").
    `sibling` is the async counterpart, `overload` the one that takes a context or deadline. `blocking` is False for
    calls that never wait. `fields` are further facts by name that `rules/vocabulary.yaml` lists under `knowledge`.
    """

    name: str
    roles: frozenset[str] = frozenset()
    idempotent: bool | None = None
    deadline: Deadline | None = None
    bound: Bound | None = None
    retries: int | str | None = None
    returns: tuple[str, ...] = ()
    result: str = ""
    closed_by: tuple[str, ...] = ()
    closes: str | int | None = None
    keeps: tuple[int, ...] = ()
    sets: tuple[str, ...] = ()
    callback: str = ""
    sibling: str = ""
    overload: str = ""
    blocking: bool | None = None
    raises: tuple[str, ...] = ()
    fields: Mapping[str, Any] = {}
    library: str = ""
    version: str = ""
    source: str = ""


class ApiType(Struct, frozen=True, omit_defaults=True, gc=False):
    """What one library type is: its constructor, methods (by name), members (name -> type), and what releases it.

    `fallible` are the members that hold an error instead of what they are read for.
    """

    name: str
    roles: frozenset[str] = frozenset()
    extends: tuple[str, ...] = ()
    constructor: Api | None = None
    methods: Mapping[str, Api] = {}
    patterns: tuple[tuple[str, Api], ...] = ()
    members: Mapping[str, str] = {}
    fallible: tuple[str, ...] = ()
    closed_by: tuple[str, ...] = ()
    element: str = ""
    library: str = ""
    source: str = ""


class Knowledge(Struct, dict=True):
    """All API files of one language, looked up by qualified name.

    `settings` says what values of string keys mean: library -> key -> value (or qualified constant) -> meaning.
    """

    calls: dict[str, Api] = field(default_factory=dict)
    patterns: list[tuple[str, Api]] = field(default_factory=list)
    types: dict[str, ApiType] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    exceptions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def canonical(self, name: str) -> str:
        """The name with an alternative import path (the longest that fits) replaced by the one of the API file."""
        once = self._replaced(name)
        # A path of a library under another name may be an alternative path there, too (`billiard.process`).
        return once if once is name else self._replaced(once)

    def _replaced(self, name: str) -> str:
        end = len(name)
        while end > 0:
            first = self.aliases.get(name[:end])
            if first is not None:
                return first + name[end:]
            end = name.rfind(".", 0, end)
        return name

    def call(self, name: str) -> Api | None:
        """What is known about a function or constructor by its qualified name."""
        found = self.calls.get(name)
        if found is not None:
            return found
        if name in self.types:
            return self.types[name].constructor or Api(name, roles=self.types[name].roles, returns=(name,))
        owner, _, method = name.rpartition(".")
        if owner in self.types:
            return self.method((owner,), method)
        return next(
            (
                api
                for start, pattern, api in self._starts.get(name.partition(".")[0], self._starts[""])
                if name.startswith(start) and matches(pattern, name)
            ),
            None,
        )

    @cached_property
    def _starts(self) -> dict[str, list[tuple[str, str, Api]]]:
        """The patterns that can fit a name, by its first step: most names are told apart by that alone.

        Each with the text before its first wildcard, in their order. Under "" are those for names with any other first step.
        """
        starts = [(re.split(r"[*?{]", pattern, maxsplit=1)[0], pattern, api) for pattern, api in self.patterns]
        open_ended = [s for s in starts if "." not in s[0]]
        firsts = {start.partition(".")[0] for start, _, _ in starts if "." in start}
        found = {first: [s for s in starts if "." not in s[0] or s[0].startswith(f"{first}.")] for first in firsts}
        return {**found, "": open_ended}

    def method(self, types: Iterable[str], name: str) -> Api | None:
        """What is known about a method of the first of these types (or what they extend) that has it."""
        seen: set[str] = set()
        waiting = list(types)
        while waiting:
            current = self.types.get(waiting.pop(0))
            if current is None or current.name in seen:
                continue
            seen.add(current.name)
            found = current.methods.get(name) or next((a for p, a in current.patterns if matches(p, name)), None)
            if found is not None:
                return found
            waiting += current.extends
        return None

    def member(self, type_name: str, name: str) -> str:
        """The type of a member of a type, "" when not known."""
        for current in self.lineage(type_name):
            if name in current.members:
                return current.members[name]
        return ""

    def closers(self, type_name: str) -> tuple[str, ...]:
        """The methods that release an instance of a type; empty when it needs no release or is not known."""
        return next((t.closed_by for t in self.lineage(type_name) if t.closed_by), ())

    def lineage(self, type_name: str) -> list[ApiType]:
        """A type and what it extends, nearest first."""
        found: list[ApiType] = []
        waiting = [type_name]
        while waiting:
            current = self.types.get(waiting.pop(0))
            if current is not None and current not in found:
                found.append(current)
                waiting += current.extends
        return found

    def is_a(self, type_name: str, other: str) -> bool:
        """True when a known type is, or extends, another."""
        return type_name == other or any(t.name == other or other in t.extends for t in self.lineage(type_name))


def merge(parts: Iterable[Knowledge]) -> Knowledge:
    """All together; a later part (a repository's own files) wins where several speak of the same name."""
    merged = Knowledge()
    patterns: list[list[tuple[str, Api]]] = []
    for part in parts:
        patterns.append(part.patterns)
        merged.calls.update(part.calls)
        merged.types.update(part.types)
        merged.constants.update(part.constants)
        merged.aliases.update(part.aliases)
        merged.modules.update(part.modules)
        merged.exceptions.update(part.exceptions)
        merged.settings.update(part.settings)
    merged.patterns = [pattern for part in reversed(patterns) for pattern in part]
    return merged
