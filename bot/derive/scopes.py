"""Scopes: how each name of a file is bound, and where a name is looked for.

Names are bound by parameters, assignments, declarations, fields, with-blocks, loops and handlers. A bare name is looked for in the
innermost function first, then in the class (declared fields), then in the file.
"""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from ..knowledge import Knowledge
from ..languages import Language
from ..model import Fact, Value
from ..tree import Facts

_SELF = frozenset({"self", "cls", "this"})


class Binding(Struct, frozen=True):
    """One way in which a name gets a value: `at` is the fact that binds it, `index` the position among several results.

    `how` is "parameter", "assigned", "declared", "item", "element" or "handler". `type` is as written, unqualified.
    """

    at: int
    how: str
    type: str = ""
    value: Value | None = None
    index: int = 0


class Scopes:
    """How the names of one file are bound."""

    def __init__(self, facts: Facts, knowledge: Knowledge, language: Language) -> None:
        self.facts = facts
        self.knowledge = knowledge
        self.language = language
        #: Paths that are changed in place somewhere in the file (`x += 1`, `x++`).
        self.counted: set[str] = set()
        self.imports: dict[str, str] = {}
        self.wildcards: list[str] = list(language.implicit)
        self.classes: dict[str, Fact] = {}
        self.functions: dict[str, list[Fact]] = defaultdict(list)
        self.methods: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self.fields: dict[str, dict[str, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        self.scopes: dict[int, dict[str, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        self._collect()

    # --- collecting ----------------------------------------------------------------------------------------

    def _collect(self) -> None:
        for fact in self.facts.all:
            collect = getattr(self, f"_collect_{fact.kind}", None)
            if collect is not None:
                collect(fact)
        if self.language.name == "go":
            self._collect_literals()
        elif self.language.name != "python":
            self._lift_fields()

    def _collect_import(self, fact: Fact) -> None:
        module, name, alias = fact.get("module", ""), fact.get("name", ""), fact.get("alias", "")
        if name == "*":
            self.wildcards.append(module)
        elif name:
            self.imports[alias] = f"{module}.{name}"
        else:
            # `import a.b.c` binds `a`, so the path stands for itself; an alias stands for the whole module.
            self.imports[alias] = (
                alias if fact.get("whole") and module.split(".")[0] == alias and "/" not in module else module
            )

    def _collect_class(self, fact: Fact) -> None:
        if fact.get("name"):
            self.classes.setdefault(fact.get("name"), fact)

    def _collect_function(self, fact: Fact) -> None:
        for parameter in fact.get("parameters", ()):
            self.scopes[fact.id][parameter.name].append(
                Binding(fact.id, "parameter", parameter.type, parameter.default)
            )
        receiver = fact.get("receiver")
        if receiver is not None:
            self.scopes[fact.id][receiver.name].append(Binding(fact.id, "parameter", receiver.type))
        name = fact.get("name")
        if not name:
            return
        owner = self._owner_name(fact)
        if owner:
            self.methods[owner, name].append(fact)
        else:
            self.functions[name].append(fact)

    def _owner_name(self, fact: Fact) -> str:
        """The class that a function is a method of, "" for a plain one."""
        receiver = fact.get("receiver")
        if receiver is not None:
            return str(receiver.type)
        parent = self.facts.all[fact.parent] if fact.parent >= 0 else None
        return str(parent.get("name", "")) if parent is not None and parent.kind == "class" else ""

    def _collect_field(self, fact: Fact) -> None:
        binding = Binding(fact.id, "declared", fact.get("type", ""), fact.get("value"))
        owner = self.facts.class_of(fact)
        if owner is None:
            self.scopes[-1][fact.get("name")].append(binding)
        else:
            self.fields[owner.get("name", "")][fact.get("name")].append(binding)

    def _collect_assignment(self, fact: Fact) -> None:
        targets, value = fact.get("targets", ()), fact.get("value")
        if fact.get("operator") not in ("=", ":=", None):
            self.counted.update(t.path for t in targets)
            return
        spread = value is not None and value.form == "collection" and len(value.parts) == len(targets) > 1
        for index, target in enumerate(targets):
            part = value.parts[index] if spread and value is not None else value
            binding = Binding(
                fact.id, "assigned", fact.get("type", ""), part, 0 if spread or len(targets) == 1 else index
            )
            self._bind(target, fact, binding)

    def _bind(self, target: Value, fact: Fact, binding: Binding) -> None:
        if target.form == "name":
            function = self.facts.function(fact)
            if function is not None:
                self.scopes[function.id][target.path].append(binding)
                return
            owner = self.facts.class_of(fact)
            table = self.fields[owner.get("name", "")] if owner is not None else self.scopes[-1]
            table[target.path].append(binding)
        elif target.form == "member" and target.parts and target.parts[0].form == "name":
            owner_name = self.self_type(target.parts[0].path, fact)
            if owner_name:
                self.fields[owner_name][target.path.rsplit(".", 1)[1]].append(binding)

    def _lift_fields(self) -> None:
        """Where `this` goes without saying, an undeclared name that the class declares is its field."""
        for function_id, names in list(self.scopes.items()):
            function = self.facts.all[function_id] if function_id >= 0 else None
            owner = self.facts.class_of(function) if function is not None else None
            if function is None or owner is None:
                continue
            fields = self.fields[owner.get("name", "")]
            for name in [n for n in names if n in fields and not self._is_declared(n, function)]:
                fields[name].extend(names.pop(name))

    def _is_declared(self, name: str, function: Fact) -> bool:
        """True for a parameter or local of a function, or of one around it."""
        around = (function, *self.facts.functions(function))
        found = (b for f in around for b in self.scopes.get(f.id, {}).get(name, ()))
        return any(b.how != "assigned" or b.type or self.facts.all[b.at].get("declaration") for b in found)

    def _collect_literals(self) -> None:
        """`T{field: value}` gives a field of a struct of this file its value."""
        for call in self.facts.of("call"):
            callee = call.get("callee")
            if call.get("constructor") and callee is not None and callee.path in self.classes:
                for argument in call.get("arguments", ()):
                    if argument.name:
                        self.fields[callee.path][argument.name].append(Binding(call.id, "assigned", "", argument.value))

    def _collect_with(self, fact: Fact) -> None:
        for value, alias in fact.get("items", ()):
            if alias:
                self._scope(fact)[alias].append(Binding(fact.id, "item", "", value))

    def _collect_loop(self, fact: Fact) -> None:
        targets, iterable = fact.get("targets", ()), fact.get("iterable")
        for index, target in enumerate(targets):
            if target.form == "name" and iterable is not None:
                self._scope(fact)[target.path].append(
                    Binding(fact.id, "element", fact.get("type", ""), iterable, index)
                )

    def _collect_handler(self, fact: Fact) -> None:
        if fact.get("variable"):
            types = fact.get("types", ())
            self._scope(fact)[fact.get("variable")].append(Binding(fact.id, "handler", types[0] if types else ""))

    def _scope(self, fact: Fact) -> dict[str, list[Binding]]:
        function = self.facts.function(fact)
        return self.scopes[function.id if function is not None else -1]

    # --- looking up ----------------------------------------------------------------------------------------

    def self_type(self, name: str, at: Fact) -> str:
        """The class that `self`, `this` or a Go receiver stands for at a place, "" for any other name."""
        if name in _SELF:
            owner = self.facts.class_of(at)
            return str(owner.get("name", "")) if owner is not None else ""
        for function in (*([at] if at.kind == "function" else []), *self.facts.functions(at)):
            receiver = function.get("receiver")
            if receiver is not None:
                return str(receiver.type) if receiver.name == name else ""
        return ""

    def bindings(self, name: str, at: Fact) -> list[Binding]:
        """How a bare name is bound at a place: innermost function first, then the class (declared fields), then the file."""
        for function in self.facts.functions(at):
            found = self.scopes[function.id].get(name) if function.id in self.scopes else None
            if found and not self._stands_for_import(name, found, at):
                return found
        owner = self.facts.class_of(at)
        while owner is not None:
            found = self.fields.get(owner.get("name", ""), {}).get(name, [])
            declared = [b for b in found if b.how == "declared"]
            if declared:
                return declared if self.language.name == "python" else found
            owner = self.facts.class_of(owner)
        return self.scopes[-1].get(name, [])

    def _stands_for_import(self, name: str, found: list[Binding], at: Fact) -> bool:
        """True in `backoff := backoff.New()`: the scope of what `:=` declares begins after its statement, so the package is meant."""
        first = self.facts.all[found[0].at]
        return first.get("operator") == ":=" and name in self.imports and at.span.end <= first.span.end

    def field_bindings(self, value: Value, at: Fact) -> list[Binding]:
        """How `self.x`, `this.x` or `receiver.x` is bound anywhere in the class; empty for other values."""
        if value.form != "member" or not value.parts or value.parts[0].form != "name":
            return []
        owner = self.self_type(value.parts[0].path, at)
        return self.fields.get(owner, {}).get(value.path.rsplit(".", 1)[1], []) if owner else []

    def bindings_of(self, value: Value, at: Fact) -> list[Binding]:
        """How a name or a field of this object is bound."""
        return self.bindings(value.path, at) if value.form == "name" else self.field_bindings(value, at)

    def function_named(self, name: str, at: Fact) -> Fact | None:
        """The plain function that a bare name means at a place: one inside a function or class is seen only there, innermost first."""
        found = []
        for function in self.functions.get(name, ()):
            home = self.facts.enclosing(function, "function", "class", barrier=())
            if home is None or self.facts.inside(at, home):
                found.append((home.id if home is not None else -1, function))
        return max(found, key=lambda f: (f[0], f[1].id))[1] if found else None

    def latest(self, value: Value, at: Fact) -> Binding | None:
        """The binding that most likely holds at a place: the last one before it in the same function, else the first."""
        found = self.bindings_of(value, at)
        before = [b for b in found if b.at < at.anchor]
        return (before or found)[-1 if before else 0] if found else None


def is_self(name: str) -> bool:
    """True for the words that name the object a method is called on."""
    return name in _SELF
