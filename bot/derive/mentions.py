"""Mentions: where each name or path is used and how. One pass; the base of escape, release and "treated elsewhere" facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from ..model import Fact, Value
from ..tree import Facts

_SAME = frozenset({"or", "and", "?:", "&", "*", "||", "??", ""})
_COMPARES = frozenset({"==", "!=", "<", ">", "<=", ">=", "is", "is not", "in", "not in", "instanceof"})


class Mention(Struct, frozen=True):
    """One use of a path. `how` is "receiver" (with the called `method`), "argument" (with `position` or `name`),
    "member" (another member of it is read), "index", "returned", "assigned", "target", "yielded", "raised", "element",
    "condition", "compared", "operand", "iterated", "item" or "sent". `fact` is the fact that holds the value.
    """

    path: str
    how: str
    fact: Fact
    value: Value
    method: str = ""
    position: int = -1
    name: str = ""


class Mentions:
    """All mentions of one file, by path."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._by_path: dict[str, list[Mention]] = defaultdict(list)
        for fact in facts.all[: facts.syntactic]:
            self._read(fact)

    def of(self, path: str, inside: Fact | None = None) -> list[Mention]:
        """The mentions of exactly this path, in source order, closures included; only those below `inside` if given."""
        found = self._by_path.get(path, [])
        return (
            [m for m in found if self.facts.inside(m.fact, inside) or m.fact is inside]
            if inside is not None
            else list(found)
        )

    def below(self, path: str, inside: Fact | None = None) -> list[Mention]:
        """The mentions of this path or of a longer one that begins with it."""
        longer = [p for p in self._by_path if p == path or p.startswith((path + ".", path + "["))]
        return sorted((m for p in longer for m in self.of(p, inside)), key=lambda m: m.fact.id)

    def paths(self) -> Iterable[str]:
        """Every path that is mentioned."""
        return self._by_path.keys()

    # --- collecting ----------------------------------------------------------------------------------------

    def _read(self, fact: Fact) -> None:
        for key, how in _HOLDS.get(fact.kind, ()):
            held = fact.get(key)
            for item in held if isinstance(held, tuple) else (held,):
                value = item[0] if isinstance(item, tuple) else item  # a with-item stands with its alias
                if isinstance(value, Value):
                    self._visit(value, how, fact)
        if fact.kind == "call":
            self._read_call(fact)

    def _read_call(self, fact: Fact) -> None:
        callee = fact.get("callee")
        if callee is not None and callee.form == "member" and callee.parts:
            owner = callee.parts[0]
            if owner.path:
                self._add(Mention(owner.path, "receiver", fact, owner, method=callee.path.rsplit(".", 1)[-1]))
            self._inner(owner, fact)
        elif callee is not None and not fact.get("constructor"):
            self._visit(callee, "called", fact)
        for position, argument in enumerate(fact.get("arguments", ())):
            self._visit(argument.value, "argument", fact, position, argument.name)

    def _visit(self, value: Value, how: str, fact: Fact, position: int = -1, name: str = "") -> None:
        if value.form in ("name", "member", "index"):
            if value.path and "?" not in value.path:
                self._add(Mention(value.path, how, fact, value, position=position, name=name))
            self._inner(value, fact)
        elif value.form in ("collection", "mapping", "comprehension"):
            for part in value.parts:
                self._visit(part, how if how in ("returned", "yielded") else "element", fact, position, name)
        elif value.form in ("operation", "await", "spread", "unknown", "template"):
            inner = "compared" if set(value.operator.split()) & _COMPARES or value.operator in _COMPARES else "operand"
            inner = (
                how
                if (value.operator in _SAME and value.form in ("operation", "await")) or value.form == "spread"
                else inner
            )
            for part in value.parts:
                self._visit(part, inner, fact, position, name)

    def _inner(self, value: Value, fact: Fact) -> None:
        """What a path is made of: `a` in `a.b`, `a` and `k` in `a[k]`."""
        if value.form == "member" and value.parts:
            owner = value.parts[0]
            if owner.path and owner.form in ("name", "member", "index"):
                self._add(Mention(owner.path, "member", fact, owner, method=value.path.rsplit(".", 1)[-1]))
            self._inner(owner, fact)
        elif value.form == "index" and value.parts:
            owner, *keys = value.parts
            if owner.path and owner.form in ("name", "member", "index"):
                self._add(Mention(owner.path, "index", fact, owner))
            self._inner(owner, fact)
            for key in keys:
                self._visit(key, "operand", fact)

    def _add(self, mention: Mention) -> None:
        self._by_path[mention.path].append(mention)


#: Which attributes of a kind hold values, and what that says about them.
_HOLDS: dict[str, tuple[tuple[str, str], ...]] = {
    "assignment": (("value", "assigned"), ("targets", "target")),
    "field": (("value", "assigned"),),
    "branch": (("condition", "condition"),),
    "loop": (("condition", "condition"), ("iterable", "iterated"), ("targets", "target")),
    "with": (("items", "item"),),
    "return": (("values", "returned"),),
    "raise": (("value", "raised"), ("cause", "raised")),
    "yield": (("values", "yielded"),),
    "await": (("value", "awaited"),),
    "send": (("channel", "channel"), ("value", "sent")),
    "receive": (("channel", "channel"),),
    "lock": (("object", "locked"),),
    "assertion": (("value", "operand"),),
    "delete": (("targets", "deleted"),),
    "class": (("decorators", "operand"),),
    "function": (("decorators", "operand"),),
}
