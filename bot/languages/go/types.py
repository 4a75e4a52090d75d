"""How Go writes types, and how it names what an import brings in."""

from __future__ import annotations

import re

_ARRAY = re.compile(r"\[[^\[\]]*\]")
_VERSION = re.compile(r"v[0-9]+$")
_SUFFIXES = (re.compile(r"\.v[0-9]+$"), re.compile(r"\.go$"), re.compile(r"-go$"), re.compile(r"^(go|golang)[-.]"))


def type_name(text: str) -> str:
    """The normal form of a type: "T" without pointers and type arguments, "[]T", "map V", "chan T", "func", "" else."""
    text = text.strip()
    while text[:1] in ("*", "(", "~"):
        text = text[1:].strip() if text[0] != "(" else text[1:].removesuffix(")").strip()
    if not text:
        return ""
    if text[0] == "[":
        return _list(text)
    if text.startswith("map["):
        end = _closing(text, 3)
        return f"map {type_name(text[end + 1 :])}"
    for prefix in ("<-chan", "chan<-", "chan"):
        if text.startswith(prefix) and not text[len(prefix) : len(prefix) + 1].isalnum():
            return f"chan {type_name(text[len(prefix) :])}"
    return _named(text)


def _list(text: str) -> str:
    bracket = _ARRAY.match(text)
    return f"[]{type_name(text[bracket.end() :])}" if bracket else ""


def _named(text: str) -> str:
    if text.startswith("func") and text[4:5] in ("", " ", "("):
        return "func"
    if text.startswith("interface") and text[9:10] in ("", " ", "{"):
        return "any" if "".join(text.split()) == "interface{}" else ""
    if text.startswith("struct") and text[6:7] in ("", " ", "{"):
        return ""
    name = text.partition("[")[0].strip()
    return "" if "|" in text or " " in name else name


def _closing(text: str, start: int) -> int:
    """The position of the bracket that closes the one at `start`, the end of the text when none does."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "[") - (text[i] == "]")
        if depth == 0:
            return i
    return len(text)


def package_names(path: str) -> list[str]:
    """The names that a package at an import path is likely to have, the likeliest first.

    The path does not say it: by convention it is the last element, without a major version (`/v2`, `.v2`) and
    without the `go-` that many repositories carry. https://go.dev/ref/mod#major-version-suffixes
    """
    elements = [e for e in path.split("/") if e]
    if not elements:
        return [path]
    last = elements.pop()
    names = [last]
    if _VERSION.match(last) and elements:
        before = _bare(elements[-1])
        names = [last, before] if last in ("v0", "v1") else [before, last]
    bare = _bare(names[0])
    return [*dict.fromkeys([bare, *names, bare.replace("-", ""), bare.replace("-", "_"), bare.rsplit("-", 1)[-1]])]


def _bare(name: str) -> str:
    for suffix in _SUFFIXES:
        name = suffix.sub("", name) or name
    return name
