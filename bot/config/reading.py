"""Text of `.mainstay.yaml` -> Config, strictly; and which file of a repository holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Final

from msgspec.structs import replace

from .. import globs, strict
from ..model import SEVERITIES
from ..strict import Document, Mistake, Path, quote
from ..suppress import MODES
from .keys import KEYS, MISNAMED, MOST, NAMES, RULE_PATTERN, THRESHOLDS, Key, groups
from .settings import DEFAULT, Config, Override, Plain, Said, Sayings

_BY_PATH: Final = tuple(key for key in KEYS if key.by_path)
_RULE: Final = re.compile(RULE_PATTERN)


def read(text: str, origin: str) -> Config:
    """Read a configuration; an empty one is the built-in one. `origin` names the file. Raises strict.Mistake."""
    document = strict.read(text, origin)
    if document.value is None:
        return replace(DEFAULT, origin=origin)
    mapping = strict.check_keys(document, (), [*groups(KEYS), "overrides"])
    entries = strict.expect(document, ("overrides",), list) if "overrides" in mapping else []
    overrides = tuple(_read_override(document, ("overrides", index)) for index in range(len(entries)))
    return Config(origin, _read_sayings(document, (), KEYS), overrides)


def choose(present: Collection[str]) -> tuple[str, tuple[Mistake, ...]]:
    """Which file of a repository holds ("" for none), and what to tell its authors about the others.

    `present` are those of NAMES and MISNAMED that the repository has.
    """
    held = [name for name in NAMES if name in present]
    told = [
        Mistake(f"there are two configurations; {held[0]} holds", extra, f"Move what you need to {held[0]}.")
        for extra in held[1:]
    ]
    told += [
        Mistake("this file's name is not one that is read as a configuration", wrong, f"Rename it to {NAMES[0]}.")
        for wrong in MISNAMED
        if wrong in present
    ]
    return (held[0] if held else ""), tuple(told)


def _read_override(document: Document, base: Path) -> Override:
    strict.check_keys(document, base, ["paths", *groups(_BY_PATH)], required=["paths"])
    paths = tuple(_read_list(document, (*base, "paths"), _refuse_path))
    if not paths:
        raise document.mistake(base, f"{strict.name((*base, 'paths'))} is empty", "Name a file or a folder.")
    return Override(paths, _read_sayings(document, base, _BY_PATH), _place(document, base))


def _read_sayings(document: Document, base: Path, keys: tuple[Key, ...]) -> Sayings:
    """What the mapping at `base` says under `keys`. Other keys of it are not looked at, except within a group."""
    sayings: dict[tuple[str, str], Said] = {}
    mapping = document.at(base)
    for group, members in groups(keys).items():
        if group not in mapping:
            continue
        grouped = len(members[0].steps) > 1
        inner = strict.check_keys(document, (*base, group), [key.steps[1] for key in members]) if grouped else {}
        for key in members:
            if not grouped or key.steps[1] in inner:
                _add(sayings, dict(_read_key(document, (*base, *key.steps), key)))
    return sayings


def _add(sayings: dict[tuple[str, str], Said], more: Sayings) -> None:
    for (group, pattern), said in more.items():
        if (group, pattern) in sayings:
            title = f"{quote(pattern)} is both disabled and enabled (see {sayings[group, pattern].place})"
            raise Mistake(title, said.place, "Keep one of the two.")
        sayings[group, pattern] = said


def _read_key(document: Document, path: Path, key: Key) -> Iterator[tuple[tuple[str, str], Said]]:
    if key.kind == "paths":
        for pattern, place in _read_list(document, path, _refuse_path).items():
            yield (key.name, pattern), Said("yes", place)
    elif key.kind == "rules":
        state = "off" if key.name == "rules.disable" else "on"
        for pattern, place in _read_list(document, path, _refuse_rule).items():
            yield (key.steps[0], pattern), Said(state, place)
    elif key.kind == "severities":
        for pattern in strict.expect(document, path, dict):
            _refuse_rule(document, (*path, pattern), pattern)
            value = strict.expect_choice(document, (*path, pattern), SEVERITIES)
            yield (key.name, pattern), Said(value, _place(document, (*path, pattern)))
    else:
        yield (key.name, ""), Said(_read_plain(document, path, key), _place(document, path))


def _read_plain(document: Document, path: Path, key: Key) -> Plain:
    if key.kind in ("choices", "texts", "branches"):
        return tuple(_read_list(document, path, partial(_refuse_item, key)))
    if key.kind == "choice":
        return strict.expect_choice(document, path, key.choices)
    if key.kind == "threshold":
        return strict.expect_choice(document, path, THRESHOLDS)
    if key.kind == "mode":
        return strict.expect_choice(document, path, MODES)
    if key.kind == "folder":
        return _read_folder(document, path)
    count = strict.expect(document, path, int)
    if not key.least <= count <= MOST:
        remedy = f"Write a number from {key.least} to {MOST}."
        raise document.mistake(path, f"{strict.name(path)} can't be {count}", remedy)
    return count


def _read_list(document: Document, path: Path, refuse: Callable[[Document, Path, str], None]) -> dict[str, str]:
    """The texts at `path` with their places, each one looked at by `refuse`."""
    places: dict[str, str] = {}
    for index, text in enumerate(strict.expect_texts(document, path)):
        refuse(document, (*path, index), text)
        if text in places:
            title = f"{quote(text)} stands twice in {strict.name(path)}"
            raise document.mistake((*path, index), title, "Keep one of the two.")
        places[text] = _place(document, (*path, index))
    return places


def _read_folder(document: Document, path: Path) -> str:
    text = strict.expect(document, path, str).removesuffix("/")
    steps = text.split("/")
    if "\\" in text or any(step in ("", ".", "..") for step in steps):
        title = f"{strict.name(path)} can't be {quote(text)}"
        raise document.mistake(path, title, "Write a folder of this repository from its root, such as .mainstay/rules.")
    return text


def _refuse_path(document: Document, path: Path, pattern: str) -> None:
    """Refuse a path pattern that is broken or can never hold."""
    problem = globs.problem(pattern)
    steps = [step for text in ([] if problem else globs.expand(pattern)) for step in text.strip("/").split("/")]
    if pattern.startswith("!"):
        problem = "a pattern can't be negated"
    elif "\\" in pattern:
        problem = "folders are separated by `/`"
    elif any(step in ("", ".", "..") for step in steps):
        problem = "it has an empty step, `.` or `..`"
    if problem:
        title = f"{quote(pattern)} is not a path pattern: {problem}"
        raise document.mistake(path, title, "Write it from the repository's root, such as services/*/vendor.")


def _refuse_item(key: Key, document: Document, path: Path, text: str) -> None:
    """Refuse an element of a plain list that is none of the key's choices, or no pattern of branches."""
    if key.kind == "choices":
        strict.expect_choice(document, path, key.choices)
    problem = globs.problem(text) if key.kind == "branches" else ""
    if problem:
        title = f"{quote(text)} is not a pattern of branches: {problem}"
        raise document.mistake(path, title, "Write a branch, or a pattern such as release/*.")


def _refuse_rule(document: Document, path: Path, pattern: str) -> None:
    if not _RULE.fullmatch(pattern):
        remedy = "Write a rule's id (timeout/http-call-without-deadline), a family (timeout/*) or * for all."
        raise document.mistake(path, f"{quote(pattern)} names no rule", remedy)


def _place(document: Document, path: Path) -> str:
    return f"{document.origin}:{document.line(path)}"
