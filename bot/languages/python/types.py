"""How Python writes types."""

from __future__ import annotations

_WRAPPERS = frozenset(
    ("Optional", "Annotated", "Final", "ClassVar", "Awaitable", "Required", "NotRequired", "Type", "type")
)
_LISTS = frozenset(
    (
        *("list", "List", "Sequence", "Collection", "tuple", "Tuple", "set", "Set", "frozenset", "FrozenSet"),
        *("deque", "Deque", "Iterable", "Iterator", "AsyncIterable", "AsyncIterator", "Generator", "AsyncGenerator"),
    )
)
_MAPS = frozenset(("dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"))


def type_name(text: str) -> str:
    """The normal form of an annotation: "T", "[]T" for what iterates over T, "map T" for mappings, "" if unclear."""
    text = text.strip().strip("\"'").strip()
    if not text:
        return ""
    head, bracket, rest = text.partition("[")
    if not bracket or not text.endswith("]"):
        return _union(text)
    short, inner = head.strip().rsplit(".", 1)[-1], _split(rest[:-1], ",")
    if short == "Union":
        return _union("|".join(inner))
    if short in _WRAPPERS:
        return type_name(inner[0])
    if short in _LISTS or short in _MAPS:
        return f"[]{type_name(inner[0])}" if short in _LISTS else f"map {type_name(inner[-1])}"
    return head.strip() if "|" not in text else _union(text)


def _union(text: str) -> str:
    parts = [p.strip() for p in _split(text, "|")]
    kept = [p for p in parts if p not in ("None", "")]
    if len(kept) != 1:
        return ""
    return type_name(kept[0]) if kept[0] != text.strip() else kept[0].strip("\"'")


def _split(text: str, separator: str) -> list[str]:
    """Split at separators that stand outside brackets."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "[(") - (char in "])")
        if char == separator and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]
