"""Names and types: what a dotted path in the code refers to, as far as this file and the API files tell.

Types come from annotations, declarations, constructors, assignments, fields, parameters, with-blocks, loops, same-file
functions and what API files say a call returns. A type is a qualified name, with "[]", "map " or "chan " before its element.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ..knowledge import Api, Knowledge
from ..languages import Language
from ..model import Fact, Value
from ..tree import Facts

_PREFIXES = ("[]", "map ", "chan ")
#: What every class extends, in the language that says so.
_ROOT = "java.lang.Object"
_SELF = frozenset({"self", "cls", "this"})


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a name gets a value: `at` is the fact that binds it, `index` the position among several results.

    `how` is "parameter", "assigned", "declared", "item", "element" or "handler". `type` is as written, unqualified.
    """

    at: int
    how: str
    type: str = ""
    value: Value | None = None
    index: int = 0


class Names:
    """Answers what names, paths and calls of one file refer to."""

    def __init__(self, facts: Facts, knowledge: Knowledge, language: Language) -> None:
        self.facts = facts
        self.knowledge = knowledge
        self.language = language
        self.imports: dict[str, str] = {}
        self.wildcards: list[str] = list(language.implicit)
        self.classes: dict[str, Fact] = {}
        self.functions: dict[str, list[Fact]] = defaultdict(list)
        self.methods: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self.fields: dict[str, dict[str, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        self.scopes: dict[int, dict[str, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        self._types: dict[tuple[int, int, str], str] = {}
        self._collect()

    # --- collecting ----------------------------------------------------------------------------------------

    def _collect(self) -> None:
        for fact in self.facts.all:
            collect = getattr(self, f"_collect_{fact.kind}", None)
            if collect is not None:
                collect(fact)
        if self.language.name == "go":
            self._collect_literals()

    def _collect_import(self, fact: Fact) -> None:
        module, name, alias = fact.get("module", ""), fact.get("name", ""), fact.get("alias", "")
        if name == "*":
            self.wildcards.append(module)
        elif name:
            self.imports[alias] = f"{module}.{name}"
        else:
            # `import a.b.c` binds `a`, so the path stands for itself; an alias stands for the whole module.
            self.imports[alias] = alias if fact.get("whole") and module.split(".")[0] == alias and "/" not in module else module

    def _collect_class(self, fact: Fact) -> None:
        if fact.get("name"):
            self.classes.setdefault(fact.get("name"), fact)

    def _collect_function(self, fact: Fact) -> None:
        for parameter in fact.get("parameters", ()):
            self.scopes[fact.id][parameter.name].append(Binding(fact.id, "parameter", parameter.type, parameter.default))
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
            return
        spread = value is not None and value.form == "collection" and len(value.parts) == len(targets) > 1
        for index, target in enumerate(targets):
            part = value.parts[index] if spread and value is not None else value
            binding = Binding(fact.id, "assigned", fact.get("type", ""), part, 0 if spread or len(targets) == 1 else index)
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
                self._scope(fact)[target.path].append(Binding(fact.id, "element", fact.get("type", ""), iterable, index))

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
            if found:
                return found
        owner = self.facts.class_of(at)
        while owner is not None:
            found = [b for b in self.fields[owner.get("name", "")].get(name, ()) if b.how == "declared"]
            if found:
                return found
            owner = self.facts.class_of(owner)
        return self.scopes[-1].get(name, [])

    def field_bindings(self, value: Value, at: Fact) -> list[Binding]:
        """How `self.x`, `this.x` or `receiver.x` is bound anywhere in the class; empty for other values."""
        if value.form != "member" or not value.parts or value.parts[0].form != "name":
            return []
        owner = self.self_type(value.parts[0].path, at)
        return self.fields[owner].get(value.path.rsplit(".", 1)[1], []) if owner else []

    def bindings_of(self, value: Value, at: Fact) -> list[Binding]:
        """How a name or a field of this object is bound."""
        return self.bindings(value.path, at) if value.form == "name" else self.field_bindings(value, at)

    def latest(self, value: Value, at: Fact) -> Binding | None:
        """The binding that most likely holds at a place: the last one before it in the same function, else the first."""
        found = self.bindings_of(value, at)
        before = [b for b in found if b.at < at.anchor]
        return (before or found)[-1 if before else 0] if found else None

    # --- types ---------------------------------------------------------------------------------------------

    def qualify(self, name: str) -> str:
        """A type or function name as written, made full through imports, wildcards and the file's own classes."""
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                return prefix + self.qualify(name[len(prefix) :])
        head, dot, rest = name.partition(".")
        if not head or head in self.classes:
            return name
        if head in self.imports:
            return self.knowledge.canonical(self.imports[head] + dot + rest)
        for module in self.wildcards:
            candidate = self.knowledge.canonical(f"{module}.{name}")
            if self._is_known(candidate):
                return candidate
        return name

    def _is_known(self, name: str) -> bool:
        known = self.knowledge
        return name in known.types or name in known.calls or name in known.exceptions or name.rpartition(".")[0] in known.types

    def type_of(self, value: Value | None, at: Fact) -> str:
        """The type of a value at a place, "" when not known."""
        if value is None:
            return ""
        key = (value.span.start, value.span.end, value.form)
        if key not in self._types:
            self._types[key] = ""  # a name bound by itself has no type
            self._types[key] = self._type_of(value, at)
        return self._types[key]

    def _type_of(self, value: Value, at: Fact) -> str:
        if value.form == "name":
            return self.self_type(value.path, at) or self._bound_type(value, at)
        if value.form == "member":
            return self._bound_type(value, at) or self._member_type(value, at)
        if value.form == "call":
            return self.result_type(self.facts.all[value.call])
        if value.form == "index" and value.parts:
            return element(self.type_of(value.parts[0], at))
        if value.form in ("await", "operation") and value.operator in ("", "&", "*", "or", "and", "?:", "||", "<-"):
            parts = value.parts[1:] if value.operator == "?:" else value.parts
            found = next((t for p in parts if (t := self.type_of(p, at))), "")
            return element(found) if value.operator == "<-" else found
        return ""

    def _bound_type(self, value: Value, at: Fact) -> str:
        found = self.bindings_of(value, at)
        if not found:
            return ""
        best = self.latest(value, at)
        ordered = [best, *found] if best is not None else found
        return next((t for b in ordered if (t := self.binding_type(b))), "")

    def binding_type(self, binding: Binding) -> str:
        """The type that one binding gives its name."""
        at = self.facts.all[binding.at]
        if binding.type:
            return self.qualify(binding.type)
        if binding.how == "element":
            types = self.type_of(binding.value, at)
            return element(types) if types.startswith("[]") or types.startswith("map ") or binding.index == 0 else ""
        if binding.value is not None and binding.value.form in ("call", "await") and binding.value.call >= 0:
            return self.result_type(self.facts.all[binding.value.call], binding.index)
        return self.type_of(binding.value, at) if binding.index == 0 else ""

    def _member_type(self, value: Value, at: Fact) -> str:
        owner, name = self.type_of(value.parts[0], at) if value.parts else "", value.path.rsplit(".", 1)[-1]
        if owner in self.classes:
            return next((t for b in self.fields[owner].get(name, ()) if (t := self.binding_type(b))), "")
        if owner:
            return self.knowledge.member(owner, name)
        module, _, last = self.qualify(value.path).rpartition(".")
        return self.knowledge.member(module, last)

    def result_type(self, call: Fact, index: int = 0) -> str:
        """The type of what a call gives (of the result at `index` where there are several)."""
        api: Api | None = call.get("api")
        if api is None and "name" not in call.attributes:
            self.name_call(call)
            api = call.get("api")
        if api is not None and api.fields.get("pass_through") and not api.returns:
            callee = call.get("callee")
            return self.type_of(callee.parts[0], call) if callee is not None and callee.parts else ""
        if api is not None and api.returns:
            return api.returns[index] if index < len(api.returns) else ""
        target = call.get("target", -1)
        if target >= 0:
            results = self.facts.all[target].get("result", ())
            declared = self.qualify(results[index]) if index < len(results) and results[index] else ""
            return declared or (self._returned_type(self.facts.all[target]) if index == 0 else "")
        name = call.get("name", "")
        return name if index == 0 and (call.get("constructor") or name in self.classes or self._looks_like_type(name)) else ""

    def _returned_type(self, function: Fact) -> str:
        returns = (r for r in self.facts.within(function, "return"))
        return next((t for r in returns for v in r.get("values", ())[:1] if (t := self.type_of(v, r))), "")

    def _looks_like_type(self, name: str) -> bool:
        """Python's constructors look like calls: an imported name in capitals is taken for a type."""
        last = name.rsplit(".", 1)[-1]
        return self.language.name == "python" and "." in name and last[:1].isupper() and not last.isupper()

    # --- calls ---------------------------------------------------------------------------------------------

    def name_call(self, call: Fact) -> None:
        """Write `name` (qualified), `receiver` (type), `target` (same-file function) and `api` onto a call."""
        callee: Value | None = call.get("callee")
        call.attributes.update(name="", receiver="", target=-1, api=None)
        if callee is None:
            return
        if call.get("constructor"):
            name, api = self._constructed(callee)
        elif callee.form == "member" and callee.parts:
            name, api = self._called_member(callee, call)
        else:
            name, api = self._called_name(callee, call)
        call.attributes.update(name=name, api=api)
        if api is not None:
            call.roles.update(api.roles)

    def _constructed(self, callee: Value) -> tuple[str, Api | None]:
        name = self.qualify(callee.path)
        if name in self.classes:
            return name, None
        return name, self.knowledge.call(name)

    def _called_member(self, callee: Value, call: Fact) -> tuple[str, Api | None]:
        owner, method = callee.parts[0], callee.path.rsplit(".", 1)[-1]
        owner_type = self.type_of(owner, call)
        if owner_type:
            call.attributes["receiver"] = owner_type
            if owner_type in self.classes:
                target = self._method(owner_type, method)
                call.attributes["target"] = target.id if target is not None else -1
                api = None if target is not None else self.knowledge.method(self.ancestry(owner_type), method)
                return (api.name if api is not None else f"{owner_type}.{method}"), api
            return f"{owner_type}.{method}", self.knowledge.method((owner_type,), method) or self.knowledge.call(f"{owner_type}.{method}")
        if owner.path == "super" or owner.path == "super()":
            bases = self.ancestry(self.self_type("self", call))
            api = self.knowledge.method(bases, method)
            return (api.name if api is not None else f"super.{method}"), api
        root = callee.path.split(".", 1)[0]
        bound = bool(self.bindings(root, call)) or root in _SELF or "(" in callee.path or "[" in callee.path or "?" in callee.path
        if bound:
            return callee.path, None
        name = self.qualify(callee.path)
        target = self._method(owner.path, method) if owner.path in self.classes else None
        if target is not None:
            call.attributes["target"] = target.id
            return name, None
        return name, self.knowledge.call(name)

    def _called_name(self, callee: Value, call: Fact) -> tuple[str, Api | None]:
        name = callee.path
        if not name or self._is_local(name, call):
            return name, None
        owner = self.facts.class_of(call)
        if self.language.name != "python" and owner is not None:
            target = self._method(owner.get("name", ""), name)
            if target is not None:
                call.attributes["target"] = target.id
                return f"{owner.get('name')}.{name}", None
            api = self.knowledge.method(self.ancestry(owner.get("name", "")), name)
            if api is not None:
                return api.name, api
        if name in self.functions:
            call.attributes["target"] = self.functions[name][-1].id
            return name, None
        if name in self.classes:
            return name, None
        full = self.qualify(name)
        return full, self.knowledge.call(full)

    def _is_local(self, name: str, call: Fact) -> bool:
        """True when a bare name is a local or parameter that holds a function nobody knows."""
        return name not in self.functions and any(name in self.scopes[f.id] for f in self.facts.functions(call) if f.id in self.scopes)

    def _method(self, owner: str, name: str) -> Fact | None:
        """A method by name in a class of this file, or in one that it extends in this file."""
        for class_name in self._own_lineage(owner):
            found = self.methods.get((class_name, name))
            if found:
                return found[0]
        return None

    def _own_lineage(self, owner: str) -> Iterator[str]:
        seen: list[str] = [owner]
        for name in seen:
            yield name
            if name in self.classes:
                seen += [b for b in self.classes[name].get("bases", ()) if b in self.classes and b not in seen]

    def ancestry(self, owner: str) -> tuple[str, ...]:
        """The qualified types that a class of this file extends, through its same-file bases."""
        bases = tuple(self.qualify(b) for name in self._own_lineage(owner) if name in self.classes for b in self.classes[name].get("bases", ()))
        return (*bases, _ROOT) if _ROOT in self.knowledge.types else bases


def element(type_name: str) -> str:
    """The element of a list, map or channel type, "" for any other."""
    for prefix in _PREFIXES:
        if type_name.startswith(prefix):
            return type_name[len(prefix) :]
    return ""
