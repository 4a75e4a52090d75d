"""Go's declarations: imports, types, functions, variables."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from ...model import Fact, Parameter, Value
from ..reader import Use
from .literals import Literals
from .types import package_names, type_name


class Declarations(Literals):
    """What a Go file declares. `_results` holds, per open function, the values that a bare `return` gives back."""

    _results: list[tuple[str, ...]]

    # --- names ---------------------------------------------------------------------------------------------

    def on_package_clause(self, node: Node, parent: int) -> None:
        name = next(iter(node.named_children), None)
        self.facts.all[parent].attributes["package"] = self.text(name)

    def on_import_spec(self, node: Node, parent: int) -> None:
        module = self.text(node.child_by_field_name("path")).strip('"`')
        alias = self.text(node.child_by_field_name("name")) or self._package(module)
        if module == "time":
            self._time, self._conversions = alias, self._conversions | {f"{alias}.Duration"}
        self.leaf("import", node, parent, module=module, name="", alias=alias, whole=True)

    def _package(self, module: str) -> str:
        """The package's name: the first guess that the file uses as a qualifier, else the likeliest."""
        names = package_names(module)
        return next((n for n in names if f"{n}.".encode() in self.data), names[0]) if len(names) > 1 else names[0]

    # --- types ---------------------------------------------------------------------------------------------

    def on_type_spec(self, node: Node, parent: int) -> None:
        kind = node.child_by_field_name("type")
        name = self.text(node.child_by_field_name("name"))
        fact = self.open("class", node, parent, self.until(node, kind), name=name)
        fact.attributes.update(name=name, bases=(), decorators=(), modifiers=frozenset(self._visibility(name)))
        if kind is not None and kind.type == "struct_type":
            self._members(kind, fact)
        elif kind is not None and kind.type == "interface_type":
            fact.attributes["modifiers"] |= {"interface"}
            self._members(kind, fact)
        elif kind is not None:
            fact.attributes["bases"] = tuple(t for t in (type_name(self.text(kind)),) if t)
            fact.attributes["modifiers"] |= {"alias" if node.type == "type_alias" else "named"}
        self.facts.close(fact)

    on_type_alias = on_type_spec

    def _visibility(self, name: str) -> tuple[str, ...]:
        return ("public",) if name[:1].isupper() else ()

    def _members(self, node: Node, fact: Fact) -> None:
        """The fields of a struct or the methods of an interface, and what it embeds."""
        for child in self.items(node, fact.id):
            if child.type == "field_declaration_list":
                self._members(child, fact)
            elif child.type == "field_declaration":
                self._member(child, fact)
            elif child.type == "method_elem":
                self.function(
                    child, fact.id, self.text(child.child_by_field_name("name")), frozenset(("public", "abstract"))
                )
            elif child.type == "type_elem" and [c.type for c in child.named_children] != ["negated_type"]:
                self._embed(child, fact)

    def _embed(self, node: Node, fact: Fact) -> str:
        base = type_name(self.text(node))  # "" for a union
        fact.attributes["bases"] += (base,) if base else ()
        return base

    def _member(self, node: Node, fact: Fact) -> None:
        kind = node.child_by_field_name("type")
        names = node.children_by_field_name("name")
        if not names and kind is not None:
            base = self._embed(kind, fact)
            self._field_fact(node, kind, fact.id, base.rsplit(".", 1)[-1], base)
        for name in names:
            self._field_fact(node, name, fact.id, self.text(name), type_name(self.text(kind)))

    def _field_fact(self, node: Node, focus: Node, parent: int, name: str, kind: str) -> None:
        fact = self.open("field", node, parent, self.span(focus), type=kind, value=None)
        fact.attributes.update(name=name, modifiers=frozenset(self._visibility(name)))
        self.facts.close(fact)

    # --- functions -----------------------------------------------------------------------------------------

    def on_function_declaration(self, node: Node, parent: int) -> None:
        name = self.text(node.child_by_field_name("name"))
        self.function(node, parent, name, frozenset(self._visibility(name)))

    def on_method_declaration(self, node: Node, parent: int) -> None:
        name = self.text(node.child_by_field_name("name"))
        receiver = next(iter(self.parameters(node.child_by_field_name("receiver"), parent)), Parameter(""))
        symbol = f"{receiver.type}.{name}" if receiver.type else name
        self.function(node, parent, name, frozenset(self._visibility(name)), symbol=symbol, receiver=receiver)

    def function(
        self, node: Node, parent: int, name: str, modifiers: frozenset[str], *, symbol: str = "", **more: Any
    ) -> Fact:
        """Write down a function, its parameters and its body. `more` are further attributes."""
        body = node.child_by_field_name("body")
        fact = self.open("function", node, parent, self.until(node, body), name=symbol or name, closure=False)
        fact.attributes.update(name=name, asynchronous=False, decorators=(), modifiers=modifiers, throws=())
        fact.attributes.update(parameters=self.parameters(node.child_by_field_name("parameters"), fact.id), **more)
        fact.attributes["result"] = self._signature(node.child_by_field_name("result"), fact.id)
        if body is not None:
            self.visit_all(body.named_children, fact.id)
        self._results.pop()
        self.facts.close(fact)
        return fact

    def _signature(self, node: Node | None, parent: int) -> tuple[str, ...]:
        """The types of the results; their names are kept for bare returns."""
        if node is None or node.type != "parameter_list":
            self._results.append(())
            return () if node is None else (type_name(self.text(node)),)
        results = self.parameters(node, parent)
        self._results.append(tuple(r.name for r in results if r.name))
        return tuple(r.type for r in results)

    def value_func_literal(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.function(node, parent, "", frozenset(), closure=True, use=use.how, consumer=use.consumer)
        return Value("function", self.span(node), call=fact.id)

    def parameters(self, node: Node | None, parent: int) -> tuple[Parameter, ...]:
        """The parameters of a list; one without a name has the name ""."""
        found: list[Parameter] = []
        for child in self.items(node, parent):
            if child.type not in ("parameter_declaration", "variadic_parameter_declaration"):
                continue
            variadic = child.type.startswith("variadic")
            kind = type_name(self.text(child.child_by_field_name("type")))
            names = [self.text(n) for n in child.children_by_field_name("name")] or [""]
            found += [Parameter(name, kind, variadic=variadic) for name in names]
        return tuple(found)

    # --- variables -----------------------------------------------------------------------------------------

    def on_var_spec(self, node: Node, parent: int) -> None:
        if self.facts.all[parent].kind == "file":
            self._package_variables(node, parent)
            return
        fact = self.open("assignment", node, parent, operator="=", declaration=True)
        fact.attributes["type"] = type_name(self.text(node.child_by_field_name("type")))
        fact.attributes["value"] = self.right_side(node.child_by_field_name("value"), fact)
        fact.attributes["targets"] = tuple(self.name_of(n) for n in node.children_by_field_name("name") if n.is_named)
        self.facts.close(fact)

    on_const_spec = on_var_spec

    def _package_variables(self, node: Node, parent: int) -> None:
        names = [n for n in node.children_by_field_name("name") if n.is_named]
        right = node.child_by_field_name("value")
        values = [c for c in right.named_children if c.type != "comment"] if right is not None else []
        kind = type_name(self.text(node.child_by_field_name("type")))
        constant = frozenset(("const",)) if node.type == "const_spec" else frozenset()
        shared: Value | None = None
        for position, name in enumerate(names):
            fact = self.open("field", node, parent, self.span(name), type=kind)
            fact.attributes.update(
                name=self.text(name), modifiers=constant | frozenset(self._visibility(self.text(name)))
            )
            if position < len(values):
                shared = self.value(values[position], fact.id, Use("assigned", fact.id))
            fact.attributes["value"] = shared if position < len(values) or len(values) == 1 else None
            self.facts.close(fact)

    def right_side(self, node: Node | None, fact: Fact) -> Value | None:
        """The right side of an assignment: one value, or a collection of several."""
        use = Use("assigned", fact.id)
        if node is None or node.type != "expression_list":
            return self.value(node, fact.id, use) if node is not None else None
        values = tuple(self.value(c, fact.id, use) for c in self.items(node, fact.id))
        return values[0] if len(values) == 1 else Value("collection", self.span(node), parts=values)
