"""Globs for paths and names: `*`, `?`, `**` and `{a,b}`, without regular expressions.

`*` is any run of characters without the separator, `?` one character that is not the separator, `**` as a whole
segment any number of segments, none included (elsewhere it is a `*`), `{a,b}` either text, also nested. All else stands
for itself, brackets and backslashes too, and so do braces without a comma, as in a shell. Letter case always counts.

A stranger's pattern can't hang the bot: alternatives are capped, and one alternative costs at most the product of the
two lengths (both matchers below remember only the last star).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

LONGEST: Final = 500  # characters in a pattern
MOST_ALTERNATIVES: Final = 256


def problem(pattern: str) -> str:
    """Why `pattern` is refused, in a few words, or "". The other functions raise ValueError for a refused one."""
    try:
        expand(pattern)
    except ValueError as error:
        return str(error)
    return ""


@lru_cache(maxsize=4096)
def expand(pattern: str) -> tuple[str, ...]:
    """The alternatives of `pattern`, in order and without repetition: "a.{b,c}" gives "a.b" and "a.c".

    Raises ValueError for an empty or overlong pattern, a brace without its partner, or too many alternatives.
    """
    if not pattern:
        raise ValueError("it is empty")
    if len(pattern) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST} characters")
    texts, end = _alternatives(pattern, 0, nested=False)
    if end < len(pattern):
        raise ValueError("a `}` has no `{` before it")
    return tuple(dict.fromkeys(texts))


def matches(pattern: str, text: str, separator: str = "/") -> bool:
    """Whether the whole of `text` matches. With the separator "" a star matches every character. Raises ValueError."""
    segments = text.split(separator) if separator else [text]
    return any(_match_segments(parts, segments) for parts in _compile(pattern, separator))


def covers(pattern: str, path: str) -> bool:
    """Whether a path pattern names this file or a folder above it, as in a `.gitignore`. Raises ValueError.

    "vendor" and "*.pb.go" hold at any depth, "/vendor" and "a/vendor" from the root; "vendor/" means the folder only.
    """
    return specificity(pattern, path) is not None


def specificity(pattern: str, path: str) -> tuple[int, int] | None:
    """How closely a path pattern names this file, None where it does not cover it. The greater is the more specific.

    First the number of segments without a wildcard, then the number of characters that are not wildcards, both of the
    alternative that matches best. Raises ValueError.
    """
    segments = path.split("/")
    ranks = [rank for rank, parts in _compile_path(pattern) if _match_segments(parts, segments)]
    return max(ranks, default=None)


#: A segment between separators: its literal pieces between stars; None is `**`.
_Segment = tuple[str, ...] | None


@lru_cache(maxsize=4096)
def _compile(pattern: str, separator: str) -> tuple[tuple[_Segment, ...], ...]:
    return tuple(_parse(text, separator) for text in expand(pattern))


@lru_cache(maxsize=4096)
def _compile_path(pattern: str) -> tuple[tuple[tuple[int, int], tuple[_Segment, ...]], ...]:
    compiled = []
    for text in expand(pattern):
        named = text.strip("/")
        anywhere = "" if "/" in text.rstrip("/") else "**/"
        below = "/**/*" if text.endswith("/") else "/**"
        compiled.append((_rank(named), _parse(f"{anywhere}{named}{below}", "/")))
    return tuple(compiled)


def _rank(pattern: str) -> tuple[int, int]:
    segments = pattern.split("/")
    literal = sum(1 for segment in segments if not {"*", "?"} & set(segment))
    return literal, sum(1 for character in pattern if character not in "*?/")


def _parse(pattern: str, separator: str) -> tuple[_Segment, ...]:
    segments = pattern.split(separator) if separator else [pattern]
    return tuple(None if segment == "**" else tuple(segment.split("*")) for segment in segments)


def _match_segments(pattern: tuple[_Segment, ...], segments: list[str]) -> bool:
    """Walks both; on a mismatch, the last `**` takes one segment more."""
    at = taken = resume_taken = 0
    resume = -1  # after the last `**` in the pattern
    while taken < len(segments):
        if at < len(pattern) and (pieces := pattern[at]) is None:
            at += 1
            resume, resume_taken = at, taken
        elif at < len(pattern) and pieces is not None and _match_pieces(pieces, segments[taken]):
            at += 1
            taken += 1
        elif resume >= 0:
            resume_taken += 1
            at, taken = resume, resume_taken
        else:
            return False
    return all(pieces is None for pieces in pattern[at:])


def _match_pieces(pieces: tuple[str, ...], text: str) -> bool:
    """Whether `text` is the pieces in order, with anything between them. The leftmost place for each is enough."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return len(first) == len(text) and _find(first, text, 0, len(text)) == 0
    end = len(text) - len(last)
    if end < len(first) or _find(first, text, 0, len(first)) < 0 or _find(last, text, end, len(text)) < 0:
        return False
    position = len(first)
    for piece in pieces[1:-1]:
        found = _find(piece, text, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _find(piece: str, text: str, start: int, end: int) -> int:
    """Where `piece`, whose `?` match any character, first lies within text[start:end], or -1."""
    if "?" not in piece:
        return text.find(piece, start, end)
    for position in range(start, end - len(piece) + 1):
        if all(wanted in ("?", text[position + index]) for index, wanted in enumerate(piece)):
            return position
    return -1


def _alternatives(pattern: str, position: int, *, nested: bool) -> tuple[list[str], int]:
    """The texts that `pattern` stands for from `position` to its end, or to the brace that closes a nested group.

    Also where that is.
    """
    done: list[str] = []  # finished alternatives of this group
    texts = [""]
    while position < len(pattern) and pattern[position] != "}":
        character = pattern[position]
        position += 1
        if character == "{":
            inner, position = _alternatives(pattern, position, nested=True)
            if position >= len(pattern):
                raise ValueError("a `{` is never closed")
            position += 1
            _check_count(len(texts) * len(inner))
            texts = [text + more for text in texts for more in inner]
        elif character == "," and nested:
            done += texts
            texts = [""]
        else:
            texts = [text + character for text in texts]
        _check_count(len(done) + len(texts))
    if nested and not done:  # no comma: the braces stand for themselves
        return [f"{{{text}}}" for text in texts], position
    return done + texts, position


def _check_count(alternatives: int) -> None:
    if alternatives > MOST_ALTERNATIVES:
        raise ValueError(f"it has more than {MOST_ALTERNATIVES} alternatives")
