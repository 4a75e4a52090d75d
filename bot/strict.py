"""Strict YAML for everything that an author writes: rules, API files, configuration.

`read` takes the YAML that people mean and refuses the rest with the file, the line and what to do: duplicate keys,
anchors and aliases (unless allowed), tags, several documents, texts too large or nested too deeply.
Plain scalars mean what the core schema of YAML 1.2 says (https://yaml.org/spec/1.2.2/#103-core-schema): `on`, `off`,
`yes` and `no` are texts, `12:30` and `2027-03-31` too, and `010` is ten. Keys are always texts, also `404:` and `on:`.

PyYAML only reads the events here (https://pyyaml.org/wiki/PyYAMLDocumentation): its own constructor speaks YAML 1.1,
keeps the last of two equal keys, and forgets the lines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from .lazy import lazily

if TYPE_CHECKING:
    import yaml
else:
    yaml = lazily("yaml")  # most starts find all that they need compiled already

Path = tuple[str | int, ...]
Kind = TypeVar("Kind", str, int, float, bool, dict[str, Any], list[Any])

_KINDS: Final[Mapping[type, str]] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a mapping of keys to values",
    list: "a list",
    type(None): "nothing",
}
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER_STARTS: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LARGEST: Final = 2**63  # what JSON readers and the rule cache hold
_LONGEST_NUMBER: Final = 24  # in characters: more than any number below `_LARGEST` needs
_LONGEST_QUOTE: Final = 60


class Mistake(Exception):
    """An author's mistake, told politely: what is wrong, where ("file:line" or ""), what to do, a page ("" if none)."""

    def __init__(self, title: str, place: str = "", remedy: str = "", link: str = "") -> None:
        super().__init__(title, place, remedy, link)
        self.title = title
        self.place = place
        self.remedy = remedy
        self.link = link

    def __str__(self) -> str:
        lines = (self.title, self.place and f"at {self.place}", self.remedy, self.link and f"see {self.link}")
        return "\n  ".join(line for line in lines if line)


class _Node(Struct, frozen=True):
    """A value with the line that it (or its key) begins on, and its children by key or index.

    `size` counts the values in it and `height` the nesting, so that aliases can be charged for what they repeat.
    """

    value: Any
    line: int
    children: Mapping[str | int, _Node]
    size: int = 1
    height: int = 0


class Document(Struct, frozen=True):
    """What `read` found. `value` is plain: dict (text keys), list, str, int, float, bool or None; None when empty."""

    origin: str
    value: Any
    _root: _Node

    def line(self, path: Path) -> int:
        """The 1-based line of the key (or list element) at `path`; where there is none, of what would hold it."""
        node = self._root
        for step in path:
            child = node.children.get(step)
            if child is None:
                break
            node = child
        return node.line

    def at(self, path: Path) -> Any:
        """The value at `path`. KeyError where there is none."""
        node = self._root
        for step in path:
            node = node.children[step]
        return node.value

    def mistake(self, path: Path, title: str, remedy: str, link: str = "") -> Mistake:
        """A mistake placed at `path`, for the caller to raise."""
        return Mistake(title, f"{self.origin}:{self.line(path)}", remedy, link)


def read(text: str, origin: str, *, limit: int = 262144, depth: int = 20, aliases: bool = False) -> Document:
    """Read one YAML document. `origin` names the file in messages; `limit` is in bytes; `depth` counts nested
    mappings and lists. With `aliases`, anchors are allowed and what they repeat counts against `limit` and `depth`.

    Raises Mistake.
    """
    _check_size(text, origin, limit)
    try:
        return _Reader(_loader()(text), origin, limit, depth, aliases=aliases).document()
    except yaml.YAMLError as error:
        raise _syntax_mistake(error, text, origin) from None


def _loader() -> Any:
    """The same events from either; libyaml is ten times as fast."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def expect(document: Document, path: Path, kind: type[Kind]) -> Kind:
    """The value at `path`, which must be of `kind`: str, int, float (whole numbers too), bool, dict or list.

    Raises Mistake when it is missing or something else. True and false are no numbers.
    """
    try:
        value = document.at(path)
    except KeyError:
        title = f"{name(path)} is missing"
        raise document.mistake(path, title, f"Add it: it must be {_KINDS[kind]}.") from None
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        title = f"{name(path)} must be {_KINDS[kind]}, not {_describe(value)}"
        raise document.mistake(path, title, _remedy(value, kind))
    return value


def expect_texts(document: Document, path: Path) -> tuple[str, ...]:
    """The list of texts at `path`. Raises Mistake, also for an empty text."""
    texts = tuple(expect(document, (*path, index), str) for index in range(len(expect(document, path, list))))
    for index, text in enumerate(texts):
        if not text.strip():
            raise document.mistake((*path, index), f"{name((*path, index))} is empty", "Write a text or remove it.")
    return texts


def expect_choice(document: Document, path: Path, choices: Collection[str]) -> str:
    """The text at `path`, which must be one of `choices`. Raises Mistake naming the nearest."""
    value = expect(document, path, str)
    if value not in choices:
        title = f"{name(path)} can't be {quote(value)}"
        raise document.mistake(path, title, f"{suggest(value, choices)}Choices: {', '.join(choices)}.")
    return value


def check_keys(
    document: Document, path: Path, allowed: Collection[str], required: Iterable[str] = ()
) -> dict[str, Any]:
    """The mapping at `path`, whose keys must all be in `allowed` and include `required`.

    Raises Mistake, for an unknown key with the nearest right one.
    """
    mapping = expect(document, path, dict)
    where = f" in {name(path)}" if path else ""
    for key in mapping:
        if key not in allowed:
            remedy = f"{suggest(key, allowed)}Keys allowed here: {', '.join(allowed)}."
            raise document.mistake((*path, key), f"unknown key {quote(key)}{where}", remedy)
    for key in required:
        if key not in mapping:
            raise document.mistake(path, f"key {quote(key)} is missing{where}", f"Add `{key}:`.")
    return mapping


def suggest(word: str, choices: Iterable[str]) -> str:
    """A question with the choice nearest to `word` and a blank ("Did you mean 'x'? "), "" when none is near."""
    near = get_close_matches(word, list(choices), n=1)
    return f"Did you mean {quote(near[0])}? " if near else ""


def quote(value: str) -> str:
    """`value` in quotes, shortened, with control and bidirectional characters escaped."""
    return repr(value if len(value) <= _LONGEST_QUOTE else value[: _LONGEST_QUOTE - 3] + "...")


def name(path: Path) -> str:
    """A path as people write it: `limits.findings`, `overrides[2].paths`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{repr(step)[1:-1]}" for step in path)
    return f"`{text.removeprefix('.')}`" if text else "the file"


class _Reader:
    """Builds one document from the events of a loader."""

    def __init__(self, loader: Any, origin: str, limit: int, depth: int, *, aliases: bool) -> None:
        self.next = loader.get_event
        self.origin = origin
        self.limit = limit
        self.depth = depth
        self.aliases = aliases
        self.anchors: dict[str, _Node] = {}

    def document(self) -> Document:
        self.next()  # the start of the stream
        if isinstance(self.next(), yaml.StreamEndEvent):
            return Document(self.origin, None, _Node(None, 1, {}))
        root = self.node(self.next(), 0)
        self.next()  # the end of the document
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.mistake(event, "a second document begins here", "Keep one document: remove the line `---`.")
        return Document(self.origin, root.value, root)

    def node(self, event: Any, depth: int) -> _Node:
        if isinstance(event, yaml.AliasEvent):
            return self.repeated(event, depth)
        if event.anchor is not None and not self.aliases:
            raise self.mistake(event, f"anchor {quote('&' + event.anchor)} is not allowed", "Write the value out.")
        if event.tag is not None:
            raise self.mistake(event, f"tag {quote(event.tag)} is not allowed", "Remove it; quotes make a text.")
        if isinstance(event, yaml.ScalarEvent):
            node = _Node(self.scalar(event), _line(event), {})
        elif depth >= self.depth:
            raise self.mistake(event, f"nested more than {self.depth} deep", "Make it flatter.")
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(event, depth + 1)
        else:
            node = self.mapping(event, depth + 1)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def sequence(self, start: Any, depth: int) -> _Node:
        children: dict[str | int, _Node] = {}
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            children[len(children)] = self.node(event, depth)
        return self.collection([child.value for child in children.values()], start, children)

    def mapping(self, start: Any, depth: int) -> _Node:
        children: dict[str | int, _Node] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.key(event)
            line = _line(event)
            if key in children:
                title = f"key {quote(key)} appears twice (first on line {children[key].line})"
                raise self.mistake(event, title, "Keep one of the two.")
            node = self.node(self.next(), depth)
            children[key] = _Node(node.value, line, node.children, node.size, node.height)
        return self.collection({key: child.value for key, child in children.items()}, start, children)

    def collection(self, value: Any, start: Any, children: Mapping[str | int, _Node]) -> _Node:
        size = 1 + sum(child.size for child in children.values())
        if size > self.limit:
            raise self.mistake(start, "the aliases repeat too much", "Use fewer aliases.")
        height = 1 + max((child.height for child in children.values()), default=0)
        return _Node(value, _line(start), children, size, height)

    def repeated(self, event: Any, depth: int) -> _Node:
        if not self.aliases:
            raise self.mistake(event, f"alias {quote('*' + event.anchor)} is not allowed", "Write the value out.")
        node = self.anchors.get(event.anchor)
        if node is None:
            title = f"alias {quote('*' + event.anchor)} has no finished anchor before it"
            raise self.mistake(event, title, "Write the value out.")
        if depth + node.height > self.depth:
            raise self.mistake(event, f"nested more than {self.depth} deep", "Make it flatter.")
        return node

    def key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self.mistake(event, "a key must be a plain text", "Write the key as a text.")
        if event.anchor is not None or event.tag is not None:
            raise self.mistake(event, "a key can't have an anchor or a tag", "Write the key as a plain text.")
        return str(event.value)

    def scalar(self, event: Any) -> str | int | float | bool | None:
        text: str = event.value
        if not event.implicit[0]:  # quoted, or a block
            return text
        if text in _NULL:
            return None
        if text in _BOOLEAN:
            return _BOOLEAN[text]
        return self.number(event, text) if text[0] in _NUMBER_STARTS else text

    def number(self, event: Any, text: str) -> str | int | float:
        number: int | float
        if _INTEGER.fullmatch(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            number = int(text, base) if len(text) <= _LONGEST_NUMBER else _LARGEST
        elif _FLOAT.fullmatch(text):
            number = float(text)
        elif _NOT_FINITE.fullmatch(text):
            number = math.inf
        else:
            return text
        if not -_LARGEST <= number < _LARGEST:
            raise self.mistake(event, f"number {quote(text)} is out of range", "Use a smaller one, or quote it.")
        return number

    def mistake(self, event: Any, title: str, remedy: str) -> Mistake:
        return Mistake(title, f"{self.origin}:{_line(event)}", remedy)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _check_size(text: str, origin: str, limit: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Mistake("the file is not valid UTF-8", origin, "Save it as UTF-8.") from None
    if size > limit:
        raise Mistake(f"the file has {size} bytes; at most {limit} are read", origin, "Split or shorten it.")


def _syntax_mistake(error: yaml.YAMLError, text: str, origin: str) -> Mistake:
    """Words for what the parser says. For a forbidden character it gives the character instead of a line."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        line = mark.line + 1
        told = getattr(error, "problem", None) or getattr(error, "context", None)
    else:
        line = text.partition(chr(getattr(error, "character", 0)))[0].count("\n") + 1
        told = getattr(error, "reason", None)
    lines = text.rstrip("\n").split("\n")
    line = min(line, len(lines))  # the end of the text counts as a line of its own
    remedy = "Check the indentation, colons and quotes on and above this line."
    if "\t" in lines[line - 1].partition("#")[0]:
        remedy = "There is a tab on this line: indent with spaces."
    return Mistake(f"not valid YAML: {told or 'it cannot be read'}", f"{origin}:{line}", remedy)


def _describe(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {quote(value)}"
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    return _KINDS[type(value)]


def _remedy(value: Any, kind: type) -> str:
    if kind is str and isinstance(value, (bool, int, float)):
        return "Put it in quotes."
    if kind is list and isinstance(value, str):
        return f"Write it as a list: [{value}]." if len(value) <= _LONGEST_QUOTE else "Write it as a list."
    return f"Write {_KINDS[kind]}."
