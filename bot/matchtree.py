"""The match language: a small closed tree of keys over facts, checked at load and compiled to predicates.

Atomic keys: `fact` (kinds), `role` (any of), `name` (globs over the qualified name), `language`, `argument` (a named argument
is given), and every attribute of the kind that `rules/vocabulary.yaml` gives closed values. Relational: `inside`, `parent`, `has`,
`precedes`. Composite: `all`, `any`, `not`. Keys side by side must all hold. A list of values means any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from .globs import matches
from .model import Fact
from .strict import Document, Path, expect, suggest
from .tree import Facts
from .vocabulary import Vocabulary

Predicate = Callable[[Fact, Facts], bool]

#: A tree that every fact fits.
ALWAYS: Final[Mapping[str, Any]] = {"all": []}

_RELATIONS: Final = ("inside", "parent", "has", "precedes")
_PLAIN: Final = ("fact", "role", "name", "language", "argument")
_BARRIER: Final = ("function", "class")


def kinds_of(tree: Mapping[str, Any]) -> tuple[str, ...]:
    """The fact kinds that a tree's top level asks for."""
    return _listed(tree["fact"])


def conditions_of(tree: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """The roles and attributes that a tree's top level asks for, each with the values that will do."""
    plain = {*_PLAIN, *_RELATIONS, "all", "any", "not"} - {"role"}
    return [(key, _listed(value)) for key, value in tree.items() if key not in plain]


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(text_of(v) for v in (value if isinstance(value, list) else [value]))


def text_of(value: Any) -> str:
    """A value of an attribute as rules write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- checking ----------------------------------------------------------------------------------------------


def check_tree(document: Document, path: Path, words: Vocabulary, kinds: tuple[str, ...] = ()) -> None:
    """Raise Mistake for anything in a match tree that can't be understood. `kinds` come from the enclosing tree."""
    tree = expect(document, path, dict)
    if "fact" in tree:
        kinds = _listed(tree["fact"])
        for kind in kinds:
            if kind not in words.kinds:
                raise document.mistake(
                    (*path, "fact"),
                    f"unknown kind of fact {kind!r}",
                    f"{suggest(kind, words.kinds)}Kinds are listed in rules/vocabulary.yaml.",
                )
    elif not kinds:
        raise document.mistake(path, "the match names no `fact`", "Add `fact:` with a kind from rules/vocabulary.yaml.")
    for key in tree:
        _check_key(document, (*path, key), key, tree[key], words, kinds)


def _check_key(document: Document, path: Path, key: str, value: Any, words: Vocabulary, kinds: tuple[str, ...]) -> None:
    if key in _RELATIONS:
        check_tree(document, path, words)
    elif key == "not":
        check_tree(document, path, words, kinds)
    elif key in ("all", "any"):
        for index in range(len(expect(document, path, list))):
            check_tree(document, (*path, index), words, kinds)
    elif key == "role":
        for role in _listed(value):
            words.check_role(role, document, path)
    elif key not in _PLAIN:
        _check_attribute(document, path, key, value, words, kinds)


def _check_attribute(
    document: Document, path: Path, key: str, value: Any, words: Vocabulary, kinds: tuple[str, ...]
) -> None:
    known = {k for kind in kinds for k, values in words.kinds[kind].items() if values}
    if key not in known:
        choices = [*_PLAIN, *_RELATIONS, "all", "any", "not", *sorted(known)]
        raise document.mistake(
            path, f"unknown key {key!r} for {', '.join(kinds)}", f"{suggest(key, choices)}Keys: {', '.join(choices)}."
        )
    allowed = {v for kind in kinds for v in words.kinds[kind].get(key, ())}
    for text in _listed(value):
        if text not in allowed:
            raise document.mistake(
                path, f"{key} is never {text!r}", f"{suggest(text, allowed)}Values: {', '.join(sorted(allowed))}."
            )


# --- compiling ---------------------------------------------------------------------------------------------


def compile_tree(tree: Mapping[str, Any]) -> Predicate:
    """A predicate that says whether a fact fits the tree. The tree has been checked."""
    tests = [_compile_key(key, value) for key, value in tree.items()]

    def fits(fact: Fact, facts: Facts) -> bool:
        return all(test(fact, facts) for test in tests)

    return fits


def _compile_key(key: str, value: Any) -> Predicate:
    if key in _RELATIONS:
        return _RELATION_TESTS[key](compile_tree(value))
    if key == "not":
        inner = compile_tree(value)
        return lambda fact, facts: not inner(fact, facts)
    if key in ("all", "any"):
        inners = [compile_tree(v) for v in value]
        return (
            (lambda fact, facts: all(i(fact, facts) for i in inners))
            if key == "all"
            else (lambda fact, facts: any(i(fact, facts) for i in inners))
        )
    wanted = frozenset(_listed(value))
    if key == "fact":
        return lambda fact, _: fact.kind in wanted
    if key == "role":
        return lambda fact, _: not wanted.isdisjoint(fact.roles)
    if key == "language":
        return lambda _, facts: facts.source.language in wanted
    if key == "argument":
        return lambda fact, _: any(a.name in wanted for a in fact.get("arguments", ()))
    if key == "name":
        return lambda fact, _: any(matches(glob, str(fact.get("name", ""))) for glob in wanted)
    return lambda fact, _: key in fact.attributes and text_of(fact.attributes[key]) in wanted


def _inside(inner: Predicate) -> Predicate:
    """An enclosing fact fits; the search ends at the first function that does not fit itself."""

    def test(fact: Fact, facts: Facts) -> bool:
        for above in facts.ancestors(fact):
            if inner(above, facts):
                return True
            if above.kind in _BARRIER:
                return False
        return False

    return test


def _parent(inner: Predicate) -> Predicate:
    return lambda fact, facts: fact.parent >= 0 and inner(facts.all[fact.parent], facts)


def _has(inner: Predicate) -> Predicate:
    return lambda fact, facts: any(inner(below, facts) for below in facts.within(fact))


def _precedes(inner: Predicate) -> Predicate:
    """A later fact in the same block, or below one, fits."""

    def test(fact: Fact, facts: Facts) -> bool:
        if fact.parent < 0:
            return False
        later = (s for s in facts.children(facts.all[fact.parent]) if s.id > facts.ends(fact))
        return any(inner(s, facts) or any(inner(b, facts) for b in facts.within(s)) for s in later)

    return test


_RELATION_TESTS: Final[Mapping[str, Callable[[Predicate], Predicate]]] = {
    "inside": _inside,
    "parent": _parent,
    "has": _has,
    "precedes": _precedes,
}
