"""The facts of one file, as a tree.

Syntactic facts are written in source order by a language's reader, so the subtree of a fact is a contiguous range of
ids, and "is inside" is a comparison of two numbers. Derived facts come after them and point at a syntactic fact, their anchor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .model import Fact, SourceFile, Span, Value


class Facts:
    """What the engine sees in one file. `all[i].id == i`; `all[0]` is the file itself."""

    def __init__(self, source: SourceFile, data: bytes, problems: tuple[str, ...] = ()) -> None:
        """`data` is the text as UTF-8, which spans count in; `problems` are sentences ("syntax error in line 3")."""
        self.source = source
        self.data = data
        self.problems = list(problems)
        self.all: list[Fact] = []
        self._last: list[int] = []
        self._by_kind: dict[str, list[Fact]] = defaultdict(list)
        self._function: list[int] = []
        self.syntactic = 0
        self.rows = data.split(b"\n")

    # --- writing -------------------------------------------------------------------------------------------

    def open(self, kind: str, span: Span, focus: Span, parent: int, name: str = "", **attributes: Any) -> Fact:
        """Write down a syntactic fact; its children follow, then `close` it. `name` extends the symbol path."""
        symbol = self.all[parent].symbol if parent >= 0 else ""
        if name and kind in ("function", "class"):
            symbol = f"{symbol}.{name}" if symbol else name
        fact = Fact(len(self.all), kind, span, focus, parent, symbol, len(self.all), attributes)
        self.all.append(fact)
        self._last.append(fact.id)
        above = self._function[parent] if parent >= 0 else -1
        self._function.append(fact.id if kind == "function" else above)
        self._by_kind[kind].append(fact)
        return fact

    def close(self, fact: Fact) -> None:
        """End the subtree of a syntactic fact."""
        self._last[fact.id] = len(self.all) - 1
        if fact.id == 0:
            self.syntactic = len(self.all)

    def derive(self, kind: str, anchor: Fact, focus: Span | None = None, **attributes: Any) -> Fact:
        """Add a derived fact that speaks of the syntactic fact `anchor` (whose place in the tree it takes)."""
        fact = Fact(
            len(self.all),
            kind,
            anchor.span,
            focus or anchor.focus,
            anchor.parent,
            anchor.symbol,
            anchor.anchor,
            attributes,
        )
        self.all.append(fact)
        self._by_kind[kind].append(fact)
        return fact

    # --- reading -------------------------------------------------------------------------------------------

    def text(self, thing: Value | Fact | Span) -> str:
        """The source text that something covers."""
        span = thing if isinstance(thing, Span) else thing.span
        return self.data[span.start : span.end].decode("utf-8", "replace")

    def of(self, *kinds: str) -> list[Fact]:
        """All facts of these kinds, in source order for syntactic ones."""
        if len(kinds) == 1:
            return list(self._by_kind.get(kinds[0], ()))
        return sorted((f for kind in kinds for f in self._by_kind.get(kind, ())), key=lambda f: f.id)

    def children(self, fact: Fact) -> Iterator[Fact]:
        """The syntactic facts directly below, in source order."""
        i, last = fact.anchor + 1, self._last[fact.anchor]
        while i <= last:
            yield self.all[i]
            i = self._last[i] + 1

    def within(self, fact: Fact, *kinds: str, closures: bool = False) -> Iterator[Fact]:
        """The syntactic facts below, in source order; those of nested functions only with `closures`."""
        i, last = fact.anchor + 1, self._last[fact.anchor]
        while i <= last:
            below = self.all[i]
            if not kinds or below.kind in kinds:
                yield below
            i = self._last[i] + 1 if below.kind == "function" and not closures else i + 1

    def ancestors(self, fact: Fact) -> Iterator[Fact]:
        """The enclosing facts, innermost first, the file last."""
        parent = fact.parent
        while parent >= 0:
            above = self.all[parent]
            yield above
            parent = above.parent

    def inside(self, fact: Fact, container: Fact) -> bool:
        """True when `fact` lies below `container` (not the same)."""
        return container.anchor < fact.anchor <= self._last[container.anchor]

    def ends(self, fact: Fact) -> int:
        """The id of the last syntactic fact below."""
        return self._last[fact.anchor]

    def function(self, fact: Fact) -> Fact | None:
        """The innermost function that encloses the fact (its own for a function's body, the outer one for a function itself)."""
        if fact.parent < 0:
            return None
        index = self._function[fact.parent]
        return self.all[index] if index >= 0 else None

    def functions(self, fact: Fact) -> Iterator[Fact]:
        """The enclosing functions, innermost first: a closure's outer functions too."""
        current = self.function(fact)
        while current is not None:
            yield current
            current = self.function(current)

    def enclosing(self, fact: Fact, *kinds: str, barrier: tuple[str, ...] = ("function",)) -> Fact | None:
        """The innermost enclosing fact of these kinds, looking no further than a fact of a `barrier` kind."""
        for above in self.ancestors(fact):
            if above.kind in kinds:
                return above
            if above.kind in barrier:
                return None
        return None

    def class_of(self, fact: Fact) -> Fact | None:
        """The innermost class around a fact, through functions and closures."""
        return self.enclosing(fact, "class", barrier=())
