"""How much of a code base the API files cover, by call sites.

Counted are calls whose qualified name is known and lies in an imported module that is not of the code base itself, in
files that a review reads (no tests, no generated code). A call on an object whose type nobody can tell is not seen.
Of those on described libraries the I/O call sites are

1. methods of an I/O type: a described type (or what it extends) that has a role of an I/O family, or a third of whose
   methods have one; what every object has (`toString`, `equals`) is left out;
2. functions and constructors whose entry has a role of an I/O family;
3. what has no entry, in a library that does I/O, unless its shape says that it does none itself (`_is_pure`).

A function whose entry gives it no I/O role is none, nor is a method whose entry says that it never waits
(`blocking: false`) and plays no role: it hands out what was read before. The share with an entry says how much is
described, the share with a role how much rules can speak of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec import Struct, field

from .derive import calls
from .derive.reading import Reading
from .facts import read
from .knowledge import Api, ApiType, Knowledge
from .languages import language_of
from .model import Fact, FileChange, SourceFile
from .rulebook import built_in_knowledge

_IO: Final = frozenset(
    {"http", "rpc", "db", "cache", "queue", "cloud", "storage", "mail", "dns", "socket", "process", "file"}
)
#: Roles of these families that stay inside the process, or only name a thing that was received.
_INSIDE: Final = frozenset(
    {"cache.create", "queue.create", "queue.put", "queue.get", "process.exit", "http.handler", "http.response"}
)
#: A type without an entry does I/O when its name ends so, and holds only memory when it begins so.
_CLIENT: Final = re.compile(
    r"(?:Client|Conn|Connection|Session|Pool|Server|Socket|Channel|Producer|Consumer|Cursor|Engine|Transport|Reader"
    r"|Writer|Stream|Template)$"
)
#: Options and settings that are made for a call by a function (Go).
_OPTION: Final = re.compile(r"^With[A-Z]|(?:Options?|Config)$")
_EVERY_OBJECT: Final = frozenset({"toString", "equals", "hashCode", "getClass"})
_MEMORY: Final = re.compile(r"^(?:String|Bytes?(?:Array|IO|\.|$)|CharArray)")


_GO_MODULE: Final = re.compile(r"^module (\S+)", re.MULTILINE)


class _Own(Struct, frozen=True):
    """What a code base's own modules are called: its top folders, three neighbouring parts of a path, Go's modules."""

    tops: frozenset[str]
    threes: frozenset[tuple[str, str, str]]
    go: tuple[str, ...]

    def has(self, module: str, language: str) -> bool:
        """True for a module of the code base itself, as far as its name tells."""
        if language == "go":
            return module.startswith(self.go) if self.go else False
        parts = module.split(".")
        if language == "python" and parts[0] in self.tops:  # also "", where a relative import begins
            return True
        return tuple(parts[:3]) in self.threes


class Coverage(Struct):
    """Counts of call sites of one language.

    `clients` are those that do I/O on described libraries, `entries` those of them with an entry, `roles` those with a
    role. `imported` are all on imported modules, `described` those on modules with an API file. The counters name the
    called name or module.
    """

    clients: int = 0
    entries: int = 0
    roles: int = 0
    imported: int = 0
    described: int = 0
    without_entry: Counter[str] = field(default_factory=Counter)
    without_role: Counter[str] = field(default_factory=Counter)
    undescribed: Counter[str] = field(default_factory=Counter)

    def share(self, part: int) -> float:
        """A part of the I/O call sites on described libraries, 0 to 1; 1 where there are none."""
        return part / self.clients if self.clients else 1.0


class _Described(Struct, frozen=True):
    """What of a language's libraries does I/O: types by qualified name, and libraries."""

    knowledge: Knowledge
    types: frozenset[str]
    libraries: frozenset[str]

    @classmethod
    def of(cls, knowledge: Knowledge) -> _Described:
        """Read the API files' knowledge once."""
        direct = {name for name, t in knowledge.types.items() if _does_io(t.roles) or _mostly_does_io(t)}
        types = {name for name in knowledge.types if any(t.name in direct for t in knowledge.lineage(name))}
        functions = {api.library for api in knowledge.calls.values() if _io(api)}
        return cls(knowledge, frozenset(types), frozenset(functions | {knowledge.types[t].library for t in types}))


def measure(files: Iterable[FileChange]) -> dict[str, Coverage]:
    """The coverage of files, by language."""
    found: dict[str, Coverage] = {}
    described: dict[str, _Described] = {}
    files = list(files)
    own = _own(files)
    for file in files:
        language = language_of(file.path)
        if language is None or file.after is None or language.is_test(file.path) or language.is_generated(file.path):
            continue
        knowledge = built_in_knowledge(language.name)
        if language.name not in described:
            described[language.name] = _Described.of(knowledge)
        reading = Reading(read(SourceFile(file.path, language.name, file.after)), knowledge, language)
        calls.derive(reading)
        coverage = found.setdefault(language.name, Coverage())
        for call in reading.facts.of("call"):
            _count(call, reading, described[language.name], own, coverage)
    return found


def _count(call: Fact, reading: Reading, described: _Described, own: _Own, coverage: Coverage) -> None:
    name = str(call.get("name", ""))
    module = _module(name, reading)
    library = reading.knowledge.modules.get(module, "")
    if not module or own.has(module, reading.language.name):
        return
    coverage.imported += 1
    if not library:
        coverage.undescribed[module] += 1
        return
    coverage.described += 1
    if not _is_io(call, name[len(module) + 1 :], library, described):
        return
    coverage.clients += 1
    coverage.entries += call.get("api") is not None
    coverage.roles += bool(call.roles)
    if call.get("api") is None:
        coverage.without_entry[name] += 1
    elif not call.roles:
        coverage.without_role[name] += 1


def _own(files: Iterable[FileChange]) -> _Own:
    paths = [["", *file.path.rpartition(".")[0].removeprefix("src/").split("/")] for file in files]
    modules = (_GO_MODULE.search(file.after or "") for file in files if file.path.endswith("go.mod"))
    return _Own(
        frozenset(path[1] for path in paths),
        frozenset(three for path in paths for three in zip(path, path[1:], path[2:], strict=False)),
        tuple(found[1] for found in modules if found),
    )


def _is_io(call: Fact, rest: str, library: str, described: _Described) -> bool:
    name = str(call.get("name", ""))
    owner = name.rpartition(".")[0]
    api: Api | None = call.get("api")
    if api is not None and _io(api):
        return True
    if owner in described.types:
        if name.rpartition(".")[2] in _EVERY_OBJECT:
            return False
        return api is None or api.blocking is not False or bool(api.roles)
    if api is not None or (owner in described.knowledge.types and owner not in described.knowledge.modules):
        return False
    return library in described.libraries and not _is_pure(name, rest, described.knowledge)


def _is_pure(name: str, rest: str, knowledge: Knowledge) -> bool:
    """True for what has no entry and whose shape says that it does no I/O of its own; `rest` is the name in its module.

    That are exceptions; types (data classes, builders, options), unless their name is that of a client; and members of
    a module's object that has no described type (`os.environ.get`, `os.path.join`).
    """
    if name in knowledge.exceptions or name in knowledge.types:
        return True
    first, _, member = rest.partition(".")
    if first[:1].isupper() and (member or "/" not in name):
        return not _CLIENT.search(first.rpartition("$")[2]) or bool(_MEMORY.match(first))
    return bool(member) or bool(_OPTION.search(first))


def _io(api: Api) -> bool:
    return _does_io(api.roles)


def _mostly_does_io(kind: ApiType) -> bool:
    """True when a third of the methods do I/O: `java.lang.Class`, which opens resources too, is no client."""
    return 3 * sum(map(_io, kind.methods.values())) >= max(1, len(kind.methods))


def _does_io(roles: frozenset[str]) -> bool:
    return any(role.partition(".")[0] in _IO and role not in _INSIDE for role in roles)


def _module(name: str, reading: Reading) -> str:
    """The described module that a qualified name lies in, else its imported root, "" for the file's own names."""
    known = reading.knowledge.modules
    end = name.rfind(".")
    while end > 0:
        if name[:end] in known:
            return name[:end]
        end = name.rfind(".", 0, end)
    roots = {reading.knowledge.canonical(v) for v in reading.names.imports.values()}
    return next((r for r in roots if r and (name == r or name.startswith(f"{r}."))), "")
