"""The languages that Mainstay reads: one folder each, found by the file `language.yaml` in it.

A language says how its text becomes facts; it holds no opinion about any of them.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from .. import bundle
from ..globs import matches
from ..strict import check_keys, read
from ..version import VERSION

if TYPE_CHECKING:
    from tree_sitter import Parser

    from .reader import Reader

_HERE = Path(__file__).parent
_KEYS = {"name", "grammar", "extensions", "filenames", "tests", "generated", "errors", "implicit", "excluded"}


class Language(Struct, frozen=True):
    """What a language folder declares.

    `tests` and `generated` are path globs. `errors` is "exceptions" or "values" (how failures travel).
    `excluded` are lines that keep a file out of every build. `implicit` are modules whose names need no import ("java.lang", "builtins").
    """

    name: str
    grammar: str
    extensions: tuple[str, ...]
    filenames: tuple[str, ...]
    tests: tuple[str, ...]
    generated: tuple[str, ...]
    errors: str
    implicit: tuple[str, ...]
    excluded: tuple[str, ...] = ()

    def is_test(self, path: str) -> bool:
        """True for a path that this language's conventions call a test."""
        return _covers(self.tests, path)

    def is_generated(self, path: str) -> bool:
        """True for a path that this language's conventions call generated."""
        return _covers(self.generated, path)


@lru_cache(maxsize=1024)
def _covers(globs: tuple[str, ...], path: str) -> bool:
    # Remembered, because many derived facts ask the same of one file.
    return any(matches(glob, path) for glob in globs)


@cache
def languages() -> dict[str, Language]:
    """Every language by name."""
    files = [f for f in (folder / "language.yaml" for folder in sorted(_HERE.iterdir())) if f.is_file()]
    key = hashlib.sha256(b"\0".join([VERSION.encode(), Path(__file__).read_bytes(), *(f.read_bytes() for f in files)]))
    return bundle.kept(f"languages-{key.hexdigest()[:16]}", dict[str, Language], lambda: _load_all(files))


def _load_all(files: Iterable[Path]) -> dict[str, Language]:
    found = [_load(file) for file in files]
    return {language.name: language for language in found}


def _load(file: Path) -> Language:
    document = read(file.read_text(encoding="utf-8"), str(file.name))
    check_keys(document, (), _KEYS, {"name", "grammar", "extensions", "errors"})
    value: dict[str, Any] = document.value
    lists = {
        k: tuple(value.get(k) or ()) for k in ("extensions", "filenames", "tests", "generated", "implicit", "excluded")
    }
    return Language(name=value["name"], grammar=value["grammar"], errors=value["errors"], **lists)


@cache
def _by_ending() -> dict[str, str]:
    return {
        ending: language.name
        for language in languages().values()
        for ending in (*language.extensions, *language.filenames)
    }


def language_of(path: str) -> Language | None:
    """The language of a path by its name, None when no folder claims it."""
    name = path.rsplit("/", 1)[-1]
    key = _by_ending().get(name) or (_by_ending().get("." + name.rsplit(".", 1)[1]) if "." in name else None)
    return languages()[key] if key else None


@cache
def parser_of(language: str) -> Parser:
    """A parser for a language; its grammar is loaded on first use."""
    from tree_sitter import Language as Grammar
    from tree_sitter import Parser

    module = importlib.import_module(languages()[language].grammar)
    return Parser(Grammar(module.language()))


@cache
def reader_of(language: str) -> type[Reader]:
    """The reader class of a language."""
    module = importlib.import_module(f".{language}.reader", __name__)
    reader: type[Reader] = module.LanguageReader
    return reader
