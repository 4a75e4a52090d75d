"""How Python writes types."""

from __future__ import annotations

_WRAPPERS = ("Optional", "Annotated", "Final", "ClassVar", "Awaitable", "Required", "NotRequired", "Type", "type")
_LISTS = (
    "list List Sequence Iterable Iterator set Set frozenset FrozenSet tuple Tuple deque Deque Collection AsyncIterator AsyncIterable Generator"
).split()
_MAPS = "dict Dict Mapping MutableMapping defaultdict DefaultDict OrderedDict".split()


def type_name(text: str) -> str:
    """The normal form of an annotation: "T", "[]T" for what iterates over T, "map T" for a mapping to T, "" if unclear."""
    text = text.strip().strip("\"'").strip()
    if not text:
        return ""
    head, bracket, rest = text.partition("[")
    if not bracket or not text.endswith("]"):
        return _union(text)
    short, inner = head.strip().rsplit(".", 1)[-1], rest[:-1]
    if short == "Union":
        return _union("|".join(_split(inner, ",")))
    if short in _WRAPPERS:
        return type_name(_split(inner, ",")[0])
    if short in _LISTS:
        return "[]" + type_name(_split(inner, ",")[0])
    if short in _MAPS:
        return "map " + type_name(_split(inner, ",")[-1])
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
