"""Text of anybody's as GitHub Markdown that says what it says and does nothing: no HTML, mentions, images or links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .escape import scalar, visible, visible_code

# Zero-width spaces, written as entities, stop GitHub from acting on what follows. Escaping alone does not: mentions,
# references and emoji are looked for after the Markdown is read (Renovate does the same:
# https://github.com/renovatebot/renovate/pull/1083, https://github.com/renovatebot/renovate/pull/602).
_GAP: Final = "&#8203;"
_ACTIVE: Final = re.compile(r"@(?=\S)|#(?=\d)|\bGH-(?=\d)|:(?=//|[\w+\\-]+:)|\bwww(?=\.)", re.IGNORECASE)
_SPECIAL: Final = re.compile(r"[\\`*_\[\]~|$&<>]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BLOCK_START: Final = re.compile(r"^(\d{1,9}(?=[.)])|(?=[#+=-]))")

_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_FENCE: Final = re.compile(r"\s*(```+|~~~+)")
_HEADING: Final = re.compile(r"#{1,6}\s+(.+)")
_ITEM: Final = re.compile(r"\s*([-*]|\d{1,3}\.)\s+(.+)")

_ADDRESS: Final = re.compile(r"(https?://)([A-Za-z0-9.-]+(?::\d+)?(?:[/?#]\S*)?)")
_UNSAFE_IN_ADDRESS: Final = re.compile(r"[^A-Za-z0-9\-._~/?#@!$&'()*+,;=:%]")


def text(said: str) -> str:
    """The text on one line, each character meaning itself."""
    line = visible(" ".join(said.split()))
    line = _SPECIAL.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), line)
    return _BLOCK_START.sub(r"\1\\", _ACTIVE.sub(lambda match: match[0] + _GAP, line))


def inline(said: str) -> str:
    """Like `text`, with what stands between backticks as code."""
    line = " ".join(said.split())
    parts: list[str] = []
    last = 0
    for match in _SPAN.finditer(line):
        parts += [text_between(line[last : match.start()]), code(match[2].strip() or match[2])]
        last = match.end()
    return "".join([*parts, text_between(line[last:])])


def text_between(said: str) -> str:
    """Like `text`, keeping a blank at either end: a part of a line."""
    head, tail = " " * said.startswith(" "), " " * (said.endswith(" ") and bool(said.strip()))
    return f"{head}{text(said)}{tail}"


def code(said: str) -> str:
    """A code span on one line, with more backticks around it than inside."""
    line = visible(said) or " "
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fence(said: str, info: str = "") -> list[str]:
    """A fenced block of lines, with more backticks around it than inside. `info` names the language."""
    body = visible_code(said)
    ticks = "`" * max(3, _longest_run(body) + 1)
    return [ticks + re.sub("[^a-z0-9+-]", "", info), *body.split("\n"), ticks]


def prose(said: str) -> list[str]:
    """Lines for a text of paragraphs, lists, headings and fenced code; every other mark means itself."""
    lines: list[str] = []
    rest = said.replace("\r\n", "\n").strip("\n").split("\n")
    while rest:
        block, rest = _block(rest)
        lines += block
    return lines


def links(references: Iterable[str]) -> list[str]:
    """A list of links. What is no plain web address is shown as code.

    GitHub's own pages are reached by its redirecting host, so that no issue elsewhere is told of each review
    (https://github.com/dependabot/dependabot-core/pull/4441).
    """
    return [f"- {_link(reference)}" for reference in references]


def _link(reference: str) -> str:
    match = _ADDRESS.fullmatch(reference)
    if match is None:
        return code(reference)
    target = re.sub(r"^github\.com(?=/)", "redirect.github.com", match[2])
    return f"[{text(match[2])}](<{match[1]}{_UNSAFE_IN_ADDRESS.sub(_percent, target)}>)"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in scalar(match[0]).encode())


def _block(lines: list[str]) -> tuple[list[str], list[str]]:
    """The first block of prose as Markdown, and the lines that follow it."""
    first = lines[0]
    if not first.strip():
        return [""], lines[1:]
    if opened := _FENCE.match(first):
        end = next((i for i, line in enumerate(lines[1:], 1) if line.strip().startswith(opened[1])), len(lines))
        return fence("\n".join(lines[1:end])), lines[end + 1 :]
    if heading := _HEADING.match(first):
        return [f"**{inline(heading[1])}**"], lines[1:]
    end = next((i for i, line in enumerate(lines[1:], 1) if _starts_block(line)), len(lines))
    item = _ITEM.match(first)
    head, said = (f"{item[1]} ", item[2]) if item else ("", first)
    return [head + inline(" ".join([said, *lines[1:end]]))], lines[end:]


def _starts_block(line: str) -> bool:
    return not line.strip() or any(pattern.match(line) for pattern in (_FENCE, _HEADING, _ITEM))


def _longest_run(said: str) -> int:
    return max(map(len, re.findall("`+", said)), default=0)
