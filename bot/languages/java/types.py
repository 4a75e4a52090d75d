"""How Java writes types."""

from __future__ import annotations

from functools import lru_cache

_LISTS = frozenset(
    (
        *("List", "Set", "Collection", "Iterable", "Iterator", "ListIterator", "SortedSet", "NavigableSet", "Stream"),
        *("ArrayList", "LinkedList", "HashSet", "LinkedHashSet", "TreeSet", "EnumSet", "Vector"),
        *("CopyOnWriteArrayList", "CopyOnWriteArraySet", "ConcurrentSkipListSet"),
        *("AbstractList", "AbstractSet", "AbstractCollection", "ImmutableList", "ImmutableSet"),
    )
)
_MAPS = frozenset(
    (
        *("Map", "SortedMap", "NavigableMap", "ConcurrentMap", "ConcurrentNavigableMap"),
        *("HashMap", "LinkedHashMap", "TreeMap", "EnumMap", "WeakHashMap", "IdentityHashMap", "Hashtable"),
        *("ConcurrentHashMap", "ConcurrentSkipListMap", "AbstractMap", "ImmutableMap"),
    )
)


@lru_cache(maxsize=4096)
def type_name(text: str) -> str:
    """The normal form of a type: "T", "[]T" for arrays and what iterates over T, "map V" for maps to V, "" if unclear.

    Other generic types keep their base name (`CompletableFuture<T>` is "CompletableFuture").
    """
    text = _bare(text)
    if text.endswith(("]", "...")):
        return "[]" + type_name(text[:-3] if text.endswith("...") else text[: text.rfind("[")])
    head, inside = _generic(text)
    short = head.rsplit(".", 1)[-1]
    if short in _LISTS:
        return "[]" + (type_name(inside[0]) if inside else "")
    if short in _MAPS:
        return "map " + (type_name(inside[-1]) if inside else "")
    return "" if head in ("var", "?") else head


@lru_cache(maxsize=4096)
def plain_name(text: str) -> str:
    """The name of a type alone, as written: no type arguments, no annotations; an array keeps its "[]" in front."""
    text = _bare(text)
    if text.endswith("]"):
        return "[]" + plain_name(text[: text.rfind("[")])
    return _generic(text)[0]


def _bare(text: str) -> str:
    """The text without annotations, `final`, the bound of a wildcard and the second half of an intersection."""
    text = " ".join(text.split())
    while text.startswith("@"):
        text = _after_annotation(text)
    for prefix in ("final ", "? extends ", "? super "):
        text = text.removeprefix(prefix)
    return text.partition("&")[0].strip()


def _after_annotation(text: str) -> str:
    depth = 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == " " and depth == 0:
            return text[i + 1 :]
    return ""


def _generic(text: str) -> tuple[str, list[str]]:
    """The base name, and the last type arguments: `Outer<A>.Inner<B, C>` gives "Outer.Inner" and [B, C]."""
    if "<" not in text:
        return text.replace(" ", ""), []
    arguments: list[str] = []
    base, depth, start = "", 0, 0
    for i, char in enumerate(text):
        if char == "<":
            depth += 1
            if depth == 1:
                arguments, start = [], i + 1
        elif char == ">":
            depth -= 1
            if depth == 0:
                arguments.append(text[start:i])
        elif char == "," and depth == 1:
            arguments.append(text[start:i])
            start = i + 1
        elif depth == 0:
            base += char
    return base.replace(" ", ""), [a.strip() for a in arguments if a.strip()]
