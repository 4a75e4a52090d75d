"""rules/apis/<language>/<library>.yaml -> Knowledge, strictly. The format is described in docs/api-files.md."""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec.structs import replace

from .knowledge import Api, ApiType, Bound, Constant, Deadline, Knowledge
from .model import Duration
from .strict import Document, Path, check_keys, expect, expect_texts, read
from .vocabulary import Vocabulary

_FILE: Final = (
    "library",
    "language",
    "import",
    "source",
    "version",
    "defaults",
    "calls",
    "types",
    "constants",
    "exceptions",
    "settings",
)
_ENTRY: Final = (
    "role", "idempotent", "deadline", "bound", "retries", "returns", "result", "closed_by", "closes", "keeps", "sets",
    "callback", "sibling", "overload", "blocking", "raises", "source", "version", "note",
)  # fmt: skip
_TYPE: Final = (
    "role",
    "extends",
    "constructor",
    "methods",
    "members",
    "fallible",
    "closed_by",
    "element",
    "source",
    "note",
)
_DEADLINE: Final = ("argument", "position", "arity", "unit", "default", "zero", "client", "context", "part")
_BOUND: Final = ("argument", "position", "default", "zero")
_RESULTS: Final = ("coroutine", "future", "status", "error", "value")
_CALLBACKS: Final = ("thread", "pool", "loop", "caller", "later")
_EXCEPTIONS: Final = ("cancellation", "transient", "permanent", "base", "broad", "timeout", "interrupt", "exit")
_MEANINGS: Final = ("unacknowledged", "auto-acknowledged", "unlimited", "no-retry")
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)")


def load(text: str, origin: str, vocabulary: Vocabulary) -> Knowledge:
    """One API file. Raises Mistake with the file, the line and what to do."""
    document = read(text, origin)
    check_keys(document, (), _FILE, ("library", "language", "import", "source"))
    return _File(document, vocabulary).knowledge()


def duration(text: str) -> Duration | None:
    """A text such as "90s", "250ms" or "5m" as a Duration, None when it is not one."""
    found = _DURATION.fullmatch(text)
    return Duration(float(found[1]) * _UNITS[found[2]]) if found else None


def expand(pattern: str) -> list[str]:
    """`a.{b,c}.d` as ["a.b.d", "a.c.d"]."""
    head, brace, rest = pattern.partition("{")
    if not brace:
        return [pattern]
    inner, _, tail = rest.partition("}")
    return [head + choice.strip() + end for choice in inner.split(",") for end in expand(tail)]


class _File:
    """Reads one document; every method raises Mistake at the door."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self.document = document
        self.vocabulary = vocabulary
        self.library = expect(document, ("library",), str)
        self.source = expect(document, ("source",), str)
        self.version = str(document.value.get("version", ""))
        self.imports = expect_texts(document, ("import",))
        if not self.source.startswith("https://"):
            raise document.mistake(
                ("source",), "source is not a page", "Name the https page or source file that states the defaults."
            )
        if not self.imports:
            raise document.mistake(("import",), "import is empty", "Name at least one module or package.")

    def knowledge(self) -> Knowledge:
        found = Knowledge()
        for module in self.imports:
            found.modules[module] = self.library
            if module != self.imports[0]:
                found.aliases[module] = self.imports[0]
        base = Api("", library=self.library, version=self.version, source=self.source)
        defaults = self.entry(("defaults",), base) if "defaults" in self.document.value else base
        for key in self.mapping(("calls",)):
            api = self.entry(("calls", key), defaults)
            for name in expand(self.full(key)):
                self._add_call(found, name, replace(api, name=name))
        for key in self.mapping(("types",)):
            for name in expand(self.full(key)):
                found.types[name] = self.type(("types", key), name, defaults)
        for key in self.mapping(("constants",)):
            found.constants[self.full(key)] = self.constant(("constants", key))
        if "settings" in self.document.value:
            found.settings[self.imports[0]] = {
                key: self.meanings(("settings", key)) for key in self.mapping(("settings",))
            }
        for key in self.mapping(("exceptions",)):
            kind = self.choice(("exceptions", key), _EXCEPTIONS)
            found.exceptions.update(dict.fromkeys(expand(self.full(key)), kind))
        return found

    def _add_call(self, found: Knowledge, name: str, api: Api) -> None:
        if "*" in name:
            found.patterns.append((name, api))
        else:
            found.calls[name] = api

    def meanings(self, path: Path) -> dict[str, str]:
        """What the values of one setting mean: value as written -> a word of `_MEANINGS`."""
        return {self.full(value): self.choice((*path, value), _MEANINGS) for value in expect(self.document, path, dict)}

    def full(self, name: str) -> str:
        """A name as written, or relative to the first import where it begins with a dot."""
        return self.imports[0] + name if name.startswith(".") else name

    def mapping(self, path: Path) -> dict[str, Any]:
        if len(path) == 1 and path[0] not in self.document.value:
            return {}
        return expect(self.document, path, dict)

    def choice(self, path: Path, choices: tuple[str, ...]) -> str:
        text = expect(self.document, path, str)
        if text not in choices:
            raise self.document.mistake(path, f"{text!r} is not known here", f"Choose one of: {', '.join(choices)}.")
        return text

    def texts(self, path: Path) -> tuple[str, ...]:
        value = self.document.at(path)
        if isinstance(value, str):
            return (value,)
        # An empty text stands for a result whose type nobody needs.
        return tuple(
            expect(self.document, (*path, index), str) for index in range(len(expect(self.document, path, list)))
        )

    def roles(self, path: Path) -> frozenset[str]:
        names = self.texts(path)
        for name in names:
            self.vocabulary.check_role(name, self.document, path)
        return frozenset(names)

    # --- entries -------------------------------------------------------------------------------------------

    def entry(self, path: Path, base: Api) -> Api:
        """One call. What it does not say comes from `base`."""
        known = (*_ENTRY, *self.vocabulary.knowledge)
        value = check_keys(self.document, path, known)
        changes: dict[str, Any] = {}
        for key in value:
            at = (*path, key)
            if key == "role":
                changes["roles"] = self.roles(at)
            elif key in ("deadline", "bound"):
                changes[key] = self.deadline(at) if key == "deadline" else self.bound(at)
            elif key in self.vocabulary.knowledge:
                changes["fields"] = {**base.fields, **changes.get("fields", {}), key: value[key]}
            elif key != "note":
                changes[key] = self.plain(key, at)
        return replace(base, **changes)

    def plain(self, key: str, at: Path) -> Any:
        """The simple keys of an entry, each with its shape."""
        value = self.document.at(at)
        if key in ("idempotent", "blocking"):
            return expect(self.document, at, bool)
        if key in ("returns", "raises", "closed_by", "sets"):
            texts = self.texts(at)
            return tuple(self._type_ref(t) for t in texts) if key == "returns" else texts
        if key == "keeps":
            return tuple(value) if isinstance(value, list) else (expect(self.document, at, int),)
        if key == "retries":
            return value if isinstance(value, int) and not isinstance(value, bool) else self.choice(at, ("forever",))
        if key == "closes":
            return value if isinstance(value, int) and not isinstance(value, bool) else self.choice(at, ("receiver",))
        if key == "result":
            return self.choice(at, _RESULTS)
        return self.choice(at, _CALLBACKS) if key == "callback" else expect(self.document, at, str)

    def _type_ref(self, text: str) -> str:
        prefix = next((p for p in ("[]", "map ", "chan ") if text.startswith(p)), "")
        return prefix + self.full(text[len(prefix) :])

    def deadline(self, path: Path) -> Deadline | None:
        """The `deadline` of an entry: "none" (unbounded, and nothing can be given) or a mapping."""
        if self.document.at(path) == "none":
            return Deadline()
        value = check_keys(self.document, path, _DEADLINE)
        return Deadline(
            arguments=self.texts((*path, "argument")) if "argument" in value else (),
            positions=self.positions((*path, "position")) if "position" in value else (),
            arity=expect(self.document, (*path, "arity"), int) if "arity" in value else None,
            unit=self.choice((*path, "unit"), tuple(_UNITS)) if "unit" in value else "s",
            default=self.length((*path, "default")) if "default" in value else "none",
            zero=self.choice((*path, "zero"), ("forever", "at once", "default")) if "zero" in value else "forever",
            client=expect(self.document, (*path, "client"), bool) if "client" in value else False,
            context=expect(self.document, (*path, "context"), int) if "context" in value else None,
            part=self.choice((*path, "part"), ("total", "connect", "read")) if "part" in value else "total",
        )

    def bound(self, path: Path) -> Bound:
        """The `bound` of an entry: "none" or a mapping."""
        if self.document.at(path) == "none":
            return Bound()
        value = check_keys(self.document, path, _BOUND)
        default = value.get("default", "none")
        if not isinstance(default, int) and default not in ("none", "unknown"):
            raise self.document.mistake(
                (*path, "default"), f"{default!r} is no bound", "Write a whole number, none or unknown."
            )
        return Bound(
            arguments=self.texts((*path, "argument")) if "argument" in value else (),
            positions=self.positions((*path, "position")) if "position" in value else (),
            default=default,
            zero=self.choice((*path, "zero"), ("unbounded", "none at all", "default"))
            if "zero" in value
            else "unbounded",
        )

    def positions(self, path: Path) -> tuple[int, ...]:
        value = self.document.at(path)
        return tuple(value) if isinstance(value, list) else (expect(self.document, path, int),)

    def length(self, path: Path) -> Duration | str:
        text = expect(self.document, path, str)
        found = duration(text)
        if found is None and text not in ("none", "unknown"):
            raise self.document.mistake(
                path,
                f"{text!r} is no length of time",
                "Write none, unknown, or a number with ns, us, ms, s, m, h or d.",
            )
        return found or text

    def constant(self, path: Path) -> Constant:
        value = self.document.at(path)
        if isinstance(value, list | dict):
            raise self.document.mistake(path, "a constant must be one value", "Write a text, number, true or false.")
        return duration(value) or value if isinstance(value, str) else value

    def type(self, path: Path, name: str, defaults: Api) -> ApiType:
        """One type with its constructor, methods and members."""
        value = check_keys(self.document, path, _TYPE)
        methods: dict[str, Api] = {}
        patterns: list[tuple[str, Api]] = []
        for key in self.mapping((*path, "methods")) if "methods" in value else {}:
            api = self.entry((*path, "methods", key), defaults)
            for method in expand(key):
                named = replace(api, name=f"{name}.{method}")
                patterns.append((method, named)) if "*" in method else methods.update({method: named})
        roles = self.roles((*path, "role")) if "role" in value else frozenset()
        base = Api(name, roles=roles, returns=(name,), library=self.library, version=self.version, source=self.source)
        constructor = (
            self.entry((*path, "constructor"), replace(base, deadline=defaults.deadline))
            if "constructor" in value
            else base
        )
        members = {
            k: self._type_ref(str(v))
            for k, v in (self.mapping((*path, "members")) if "members" in value else {}).items()
        }
        return ApiType(
            name=name,
            roles=roles,
            extends=tuple(self.full(t) for t in self.texts((*path, "extends"))) if "extends" in value else (),
            constructor=replace(constructor, name=name, roles=constructor.roles | roles, returns=(name,)),
            methods=methods,
            patterns=tuple(patterns),
            members=members,
            fallible=self.texts((*path, "fallible")) if "fallible" in value else (),
            closed_by=self.texts((*path, "closed_by")) if "closed_by" in value else (),
            element=self._type_ref(expect(self.document, (*path, "element"), str)) if "element" in value else "",
            library=self.library,
            source=value.get("source", self.source),
        )
