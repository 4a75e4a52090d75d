"""How much of a code base the API files cover, by call sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .derive import calls
from .derive.reading import Reading
from .facts import read
from .languages import language_of
from .model import Fact, FileChange, SourceFile
from .rulebook import built_in_knowledge

#: A library does I/O when one of its entries plays a role of these families.
_IO = frozenset("http rpc db cache queue cloud storage mail dns socket process".split())


@dataclass
class Coverage:
    """Counts of call sites of one language.

    `clients` are those on libraries that do I/O and have an API file, `roles` those of them with an entry. `imported` are all on
    imported modules, `described` those on modules with an API file. The counters name the called name or module.
    """

    clients: int = 0
    roles: int = 0
    imported: int = 0
    described: int = 0
    without_entry: Counter[str] = field(default_factory=Counter)
    undescribed: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """The part of the call sites on described I/O libraries that have an entry, 0 to 1."""
        return self.roles / self.clients if self.clients else 0.0


def measure(files: Iterable[FileChange]) -> dict[str, Coverage]:
    """The coverage of files, by language. Tests and generated code count too: they call the same libraries."""
    found: dict[str, Coverage] = {}
    for file in files:
        language = language_of(file.path)
        if language is None or file.after is None:
            continue
        knowledge = built_in_knowledge(language.name)
        reading = Reading(read(SourceFile(file.path, language.name, file.after)), knowledge, language)
        calls.derive(reading)
        coverage = found.setdefault(language.name, Coverage())
        for call in reading.facts.of("call"):
            _count(call, reading, coverage)
    return found


def _count(call: Fact, reading: Reading, coverage: Coverage) -> None:
    name = str(call.get("name", ""))
    module = _module(name, reading)
    if not module:
        return
    coverage.imported += 1
    library = reading.knowledge.modules.get(module, "")
    if not library:
        coverage.undescribed[module] += 1
        return
    coverage.described += 1
    if library not in _io_libraries(reading):
        return
    coverage.clients += 1
    if call.get("api") is not None:
        coverage.roles += 1
    else:
        coverage.without_entry[name] += 1


def _module(name: str, reading: Reading) -> str:
    """The described module that a qualified name lies in, else its imported root, "" for the file's own names."""
    known = reading.knowledge.modules
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        prefix = ".".join(parts[:end])
        if prefix in known:
            return prefix
    roots = {reading.knowledge.canonical(v) for v in reading.names.imports.values()}
    return next((r for r in roots if r and (name == r or name.startswith(f"{r}."))), "")


def _io_libraries(reading: Reading) -> frozenset[str]:
    kept = reading.knowledge.__dict__.get("_io")
    if kept is None:
        entries = [*reading.knowledge.calls.values(), *(a for t in reading.knowledge.types.values() for a in t.methods.values())]
        kept = frozenset(a.library for a in entries if any(r.split(".")[0] in _IO for r in a.roles))
        reading.knowledge.__dict__["_io"] = kept
    return kept
