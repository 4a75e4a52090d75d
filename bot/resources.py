"""Finds the files that ship with Mainstay: its rules and its prompts.

A wheel carries them beside the package, in `bot/_data`. A checkout, an unpacked source distribution and an editable
install have them at the top folder, where people write them, and new ones are seen at once.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
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


def package_version(name: str) -> str:
    """The version of an installed package that holds a module of the same name, such as "0.25.0" for a grammar.

    Told by the folder that installers put beside the module, because `importlib.metadata` takes longer to import than a
    small review takes; it is asked where that folder is somewhere else. Raises ModuleNotFoundError.
    """
    found = importlib.util.find_spec(name)
    beside = Path(found.origin).parent.parent if found is not None and found.origin else _PACKAGE
    folders = [folder.name for folder in beside.glob(f"{name}-*.dist-info")]
    if len(folders) == 1:
        return folders[0].removeprefix(f"{name}-").removesuffix(".dist-info")
    from importlib import metadata

    return metadata.version(name)


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


@cache
def installation() -> str:
    """Tells one state of the installed engine from another: its version, its modules and its rules by name, size and time of change."""
    total = hashlib.sha256(VERSION.encode())
    for folder in (_PACKAGE, rules_folder()):
        for file in sorted(str(found) for kind in ("*.py", "*.yaml") for found in folder.rglob(kind)):
            seen = Path(file).stat()
            total.update(f"{file}\0{seen.st_size}\0{seen.st_mtime_ns}\0".encode())
    return total.hexdigest()
