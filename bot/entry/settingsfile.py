"""The file of settings: NAME=value lines as in a `.env` file, read strictly, and only where nobody else may read it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from ..ports import Trouble

_LARGEST: Final = 200_000
_OTHERS: Final = 0o077
_NAME: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_BLANK: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_SINGLE: Final = re.compile(r"'([^']*)'")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE: Final = re.compile(r"((?:[^\s#'\"]|(?<=\S)#|[ \t]+(?![\s#]))*)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "\n": ""}


class FileError(Trouble):
    """The file of settings cannot be used; no value of it is quoted."""


def read(file: Path, names: Collection[str]) -> dict[str, str]:
    """The settings in a file, each one of `names`. Raises FileError."""
    try:
        with file.open("rb") as opened:
            mode, data = os.fstat(opened.fileno()).st_mode, opened.read(_LARGEST + 1)
    except OSError as trouble:
        raise FileError(
            f"{file}, the file of settings, cannot be read ({trouble.strerror})",
            "Name another one in MAINSTAY_SETTINGS.",
        ) from trouble
    if os.name == "posix" and mode & _OTHERS:
        raise FileError(f"others may read {file}, which holds secrets", f"chmod 600 {file}")
    if len(data) > _LARGEST:
        raise FileError(f"{file} is too large for a file of settings", "Name another one in MAINSTAY_SETTINGS.")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise FileError(f"{file} is not UTF-8", "Write it as NAME=value lines in UTF-8.") from None
    return _parsed(file, text, names)


def _parsed(file: Path, text: str, names: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
            continue
        line = text.count("\n", 0, at) + 1
        named = _NAME.match(text, at)
        if named is None:
            raise FileError(
                f"{file}, line {line}, is not NAME=value", "Begin comments with #, and quote what has several lines."
            )
        name = named[1]
        if name not in names:
            like = get_close_matches(name, names, 1)
            raise FileError(
                f"{file}, line {line}: there is no setting {name}",
                f"Did you mean {like[0]}?" if like else "docs/operations.md lists them.",
            )
        if name in found:
            raise FileError(f"{file}, line {line}: {name} is set again", "Leave one of the two.")
        found[name], at = _value(text, named.end())
        end = _BLANK.match(text, at)
        if end is None:
            raise FileError(
                f"{file}, line {line}: the value of {name} does not end where it seems to",
                "Put it in quotes, and close them.",
            )
        at = end.end()
    return found


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that begins there, and where it ends; a backslash means something in double quotes alone."""
    if single := _SINGLE.match(text, at):
        return single[1], single.end()
    if double := _DOUBLE.match(text, at):
        return re.sub(r"(?s)\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), double[1]), double.end()
    bare = _BARE.match(text, at)
    return (bare[1], bare.end()) if bare else ("", at)


def written(values: dict[str, str]) -> str:
    """The lines of a file that holds these values, for `read`."""
    return "".join(f'{name}="{_escaped(value)}"\n' for name, value in values.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
