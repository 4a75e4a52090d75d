"""Names and types: what a dotted path in the code refers to, as far as this file and the API files tell.

Types come from annotations, declarations, constructors, assignments, fields, parameters, with-blocks, loops, same-file
functions and what API files say a call returns. A type is a qualified name, with "[]", "map " or "chan " before its
element.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..knowledge import Api, Knowledge
from ..languages import Language
from ..model import Fact, Value
from ..tree import Facts
from .scopes import Binding, Scopes, is_self

_PREFIXES = ("[]", "map ", "chan ")
#: What every class extends, where the API files know such a type.
_ROOT = "java.lang.Object"


class Names(Scopes):
    """Answers what names, paths and calls of one file refer to."""

    def __init__(self, facts: Facts, knowledge: Knowledge, language: Language) -> None:
        super().__init__(facts, knowledge, language)
        self._types: dict[tuple[int, int, str], str] = {}

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
        return (
            name in known.types
            or name in known.calls
            or name in known.exceptions
            or name in known.constants
            or name.rpartition(".")[0] in known.types
        )

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
        if best is not None and self._is_of_a_branch(best, at):
            found = []  # `if d, err := ...`: another variable of that name
        ordered = [best, *found] if best is not None else found
        return next((t for b in ordered if (t := self.binding_type(b))), "")

    def binding_type(self, binding: Binding) -> str:
        """The type that one binding gives its name."""
        at = self.facts.all[binding.at]
        if binding.type:
            return self.qualify(binding.type)
        if binding.how == "element":
            types = self.type_of(binding.value, at)
            return element(types) if types.startswith(("[]", "map ")) or binding.index == 0 else ""
        if binding.value is not None and binding.value.form in ("call", "await") and binding.value.call >= 0:
            return self.result_type(self.facts.all[binding.value.call], binding.index)
        return self.type_of(binding.value, at) if binding.index == 0 else ""

    def _member_type(self, value: Value, at: Fact) -> str:
        owner, name = self.type_of(value.parts[0], at) if value.parts else "", value.path.rsplit(".", 1)[-1]
        if owner in self.classes:
            held = (b for c in self._own_lineage(owner) if c in self.fields for b in self.fields[c].get(name, ()))
            return next((t for b in held if (t := self.binding_type(b))), "") or self._property_type(owner, name)
        if owner:
            return self.knowledge.member(owner, name)
        module, _, last = self.qualify(value.path).rpartition(".")
        return self.knowledge.member(module, last)

    def _is_of_a_branch(self, binding: Binding, at: Fact) -> bool:
        """True for a variable that the header of a branch around declares."""
        made = self.facts.all[binding.at]
        above = self.facts.all[made.parent]
        return made.get("operator") == ":=" and above.kind == "branch" and self.facts.inside(at, above)

    def property_of(self, owner: str, name: str) -> Fact | None:
        """The method of a class of this file that is read like a field, None where there is none of that name."""
        found = self._method(owner, name) if owner in self.classes else None
        marks = (d.path.removesuffix("()") for d in found.get("decorators", ())) if found is not None else ()
        return found if any(m.endswith("property") for m in marks) else None

    def _property_type(self, owner: str, name: str) -> str:
        found = self.property_of(owner, name)
        declared = found.get("result", ()) if found is not None else ()
        known = self.qualify(declared[0]) if declared and declared[0] else ""
        return known or (self._returned_type(found) if found is not None else "")

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
        return (
            name
            if index == 0 and (call.get("constructor") or name in self.classes or self._looks_like_type(name))
            else ""
        )

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
            if (
                owner_type in self.classes or (owner_type, method) in self.methods
            ):  # Go declares methods away from their type
                target = self._method(owner_type, method, call)
                call.attributes["target"] = target.id if target is not None else -1
                api = None if target is not None else self.knowledge.method(self.ancestry(owner_type), method)
                return (api.name if api is not None else f"{owner_type}.{method}"), api
            return f"{owner_type}.{method}", self.knowledge.method((owner_type,), method) or self.knowledge.call(
                f"{owner_type}.{method}"
            )
        if owner.path in ("super", "super()"):
            bases = self.ancestry(self.self_type("self", call))
            api = self.knowledge.method(bases, method)
            return (api.name if api is not None else f"super.{method}"), api
        root = callee.path.split(".", 1)[0]
        bound = (
            bool(self.bindings(root, call))
            or is_self(root)
            or "(" in callee.path
            or "[" in callee.path
            or "?" in callee.path
        )
        if bound:
            return callee.path, None
        name = self.qualify(callee.path)
        target = self._method(owner.path, method, call) if owner.path in self.classes else None
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
            target = self._method(owner.get("name", ""), name, call)
            if target is not None:
                call.attributes["target"] = target.id
                return f"{owner.get('name')}.{name}", None
            api = self.knowledge.method(self.ancestry(owner.get("name", "")), name)
            if api is not None:
                return api.name, api
        function = self.function_named(name, call)
        if function is not None:
            call.attributes["target"] = function.id
            return name, None
        if name in self.classes:
            return name, None
        full = self.qualify(name)
        return full, self.knowledge.call(full)

    def _is_local(self, name: str, call: Fact) -> bool:
        """True when a bare name is a local or parameter that holds a function nobody knows."""
        return self.function_named(name, call) is None and any(
            name in self.scopes[f.id] for f in self.facts.functions(call) if f.id in self.scopes
        )

    def _method(self, owner: str, name: str, call: Fact | None = None) -> Fact | None:
        """The method that a call means in a class of this file, or in one that it extends in this file: of several, by its arguments."""
        for class_name in self._own_lineage(owner):
            found = self.methods.get((class_name, name))
            if found:
                given = len(call.get("arguments", ())) if call is not None else 0
                return next((m for m in found if len(m.get("parameters", ())) == given), found[0])
        return None

    def _own_lineage(self, owner: str) -> Iterator[str]:
        seen: list[str] = [owner]
        for name in seen:
            yield name
            if name in self.classes:
                seen += [b for b in self.classes[name].get("bases", ()) if b in self.classes and b not in seen]

    def ancestry(self, owner: str) -> tuple[str, ...]:
        """The qualified types that a class of this file extends, through its same-file bases."""
        bases = tuple(
            self.qualify(b)
            for name in self._own_lineage(owner)
            if name in self.classes
            for b in self.classes[name].get("bases", ())
        )
        return (*bases, _ROOT) if _ROOT in self.knowledge.types else bases


def element(type_name: str) -> str:
    """The element of a list, map or channel type, "" for any other."""
    for prefix in _PREFIXES:
        if type_name.startswith(prefix):
            return type_name[len(prefix) :]
    return ""
