"""Finds the files that ship with Mainstay: its rules and its prompts.

A wheel carries them beside the package, in `bot/_data`. A checkout, an unpacked source distribution and an editable
install have them at the top folder, where people write them, and new ones are seen at once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from .version import VERSION

_PACKAGE: Final = Path(__file__).resolve().parent


class ResourcesMissing(FileNotFoundError):
    """The installation is broken: a folder that ships with Mainstay is in none of its places."""


def rules_folder() -> Path:
    """The folder of the built-in rules and API files. Raises ResourcesMissing."""
    return _folder("rules")


def prompts_folder() -> Path:
    """The folder of the built-in prompts. Raises ResourcesMissing."""
    return _folder("prompts")


def version() -> str:
    """The version of Mainstay, such as "0.1.0"."""
    return VERSION


def code_digest() -> str:
    """A content hash of the modules that read rules and API files, so that a change of theirs is noticed."""
    total = hashlib.sha256()
    for file in sorted(_PACKAGE.glob("*.py")):
        total.update(file.read_bytes())
    return total.hexdigest()


def _folder(name: str) -> Path:
    shipped, top = _PACKAGE / "_data" / name, _PACKAGE.parent
    if shipped.is_dir():
        return shipped
    # In site-packages a neighbour called `rules` would be somebody else's package.
    if (top / "pyproject.toml").is_file() and (top / name).is_dir():
        return top / name
    raise ResourcesMissing(
        f"Mainstay's {name} are missing: neither {shipped} nor {top / name} holds them. "
        "Install mainstay-review again, or run it from a whole checkout."
    )
