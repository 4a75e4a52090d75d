r"""Makes text from code, paths and messages safe to show: nothing hidden, nothing that steers a terminal or a workflow.

Code under review may hold anything. Characters that move the cursor, reverse the reading order or take no room are
written out (`\x1b`, `\u202e`), so that a reader sees what the compiler sees (https://trojansource.codes).
"""

from __future__ import annotations

import re
from typing import Final

# Written out as a table instead of asking `unicodedata`: its answers change with the version of Python, and the same
# review must give the same bytes everywhere. A test holds the table against the running version's categories.
_HIDDEN: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls, the escape character among them
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"  # soft, joining and filling: no ink
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"  # marks that enclose what follows
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff"  # no width, line ends, reading order
    "\ufe00-\ufe0f\U000e0000-\U000e0fff"  # variation selectors and tags: text can be smuggled in them
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # formats of old scripts and music
    "\ud800-\udfff"  # lone surrogates: bytes that are no UTF-8, which no output stream takes
    "]"
)
_NAMED: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# What may stand unescaped in a path's segment (https://www.rfc-editor.org/rfc/rfc3986#section-2.3).
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def _written_out(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str) -> str:
    r"""The text on one line with each control, bidirectional, zero-width and other hidden character written out.

    A tab becomes `\t`; expand tabs before where they are wanted.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_written_out, text)


def visible_code(text: str) -> str:
    """Like `visible`, line by line: line feeds and tabs stay, and the carriage return of a line's end goes."""
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    return "\n".join("\t".join(visible(part) for part in line.split("\t")) for line in lines)


def has_hidden(text: str) -> bool:
    """Whether code holds characters that `visible_code` would write out."""
    return visible_code(text) != text.replace("\r\n", "\n").removesuffix("\r")


def scalar(text: str) -> str:
    """The text with lone surrogates replaced, so that each JSON reader takes it."""
    return _SURROGATES.sub("\ufffd", text)


def uri(path: str) -> str:
    """A relative URI reference for a repository's path, percent-encoded (bytes that are no UTF-8 keep their value)."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = scalar(path).encode()
    encoded = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in data)
    return "%2F" + encoded[1:] if encoded.startswith("/") else encoded


def defused(line: str) -> str:
    """A line of output that a GitHub workflow's log can't take for a command.

    The runner obeys `::name::` at the start of a line and `##[name]` anywhere in it
    (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs), and a path or a line of code
    may hold both.
    """
    body = line.lstrip()
    if body.startswith("::"):
        line = line[: len(line) - len(body)] + r"\x3a" + body[1:]
    return line.replace("##[", r"\x23#[")
