"""Go's composite literals: structs are constructor calls, slices and arrays collections, maps mappings."""

from __future__ import annotations

from tree_sitter import Node

from ...model import Argument, Fact, Value
from ..reader import OPERAND, Use
from .expressions import Expressions

_LISTS = frozenset(("slice_type", "array_type", "implicit_length_array_type"))


class Literals(Expressions):
    """The part of Go's reader that reads `T{...}`."""

    def value_composite_literal(self, node: Node, parent: int, use: Use) -> Value:
        return self._literal(node, node.child_by_field_name("type"), node.child_by_field_name("body"), parent, use)

    def value_literal_value(self, node: Node, parent: int, use: Use) -> Value:
        """`{...}` whose type the surrounding literal does not say."""
        return self._literal(node, None, node, parent, use)

    def value_literal_element(self, node: Node, parent: int, use: Use) -> Value:
        return self._element(node, None, parent, use)

    def _literal(self, node: Node, kind: Node | None, body: Node | None, parent: int, use: Use) -> Value:
        while kind is not None and kind.type in ("pointer_type", "parenthesized_type"):
            kind = self.wrapped(kind)
        if kind is None or kind.type in _LISTS:
            return self._collection(
                node, kind.child_by_field_name("element") if kind is not None else None, body, parent, use
            )
        if kind.type == "map_type":
            pairs = self._pairs(kind, body, parent, Use("element", use.consumer))
            return Value("mapping", self.span(node), parts=pairs)
        return self._struct(node, kind, body, parent, use)

    def _collection(self, node: Node, element: Node | None, body: Node | None, parent: int, use: Use) -> Value:
        taken = Use("element", use.consumer)
        parts = []
        for child in self.items(body, parent):
            keyed = child.child_by_field_name("value") if child.type == "keyed_element" else child
            if keyed is not None:
                parts.append(self._element(keyed, element, parent, taken))
        return Value("collection", self.span(node), parts=tuple(parts))

    def _pairs(self, kind: Node | None, body: Node | None, parent: int, use: Use) -> tuple[Value, ...]:
        types = [kind.child_by_field_name(field) if kind is not None else None for field in ("key", "value")]
        parts: list[Value] = []
        for child in self.items(body, parent):
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None:
                parts += [self._element(key, types[0], parent, OPERAND), self._element(value, types[1], parent, use)]
        return tuple(parts)

    def _element(self, node: Node, kind: Node | None, parent: int, use: Use) -> Value:
        """One element; `kind` is the type that a bare `{...}` takes from the literal around it."""
        inner = self.wrapped(node) if node.type == "literal_element" else node
        if inner is None:
            return Value("unknown", self.span(node))
        if inner.type == "literal_value":
            return self._literal(inner, kind, inner, parent, use)
        return self.value(inner, parent, use)

    def _struct(self, node: Node, kind: Node, body: Node | None, parent: int, use: Use) -> Value:
        name = kind.child_by_field_name("name") if kind.type == "qualified_type" else None
        focus = self.span(name, node) if name is not None else self.span(node)
        fact = self._open_call(node, focus, parent, use)
        callee = self.type_path(kind)
        fact.attributes.update(constructor=True, callee=callee)
        fact.attributes["arguments"] = self._fields(body, fact)
        self.facts.close(fact)
        return Value("call", self.span(node), path=f"{callee.path or '?'}()", call=fact.id)

    def _fields(self, body: Node | None, fact: Fact) -> tuple[Argument, ...]:
        """The fields of a struct literal; the pairs of a named map type are one argument, a mapping."""
        keyed = [c for c in body.named_children if c.type == "keyed_element"] if body is not None else []
        if keyed and body is not None and not all(self._is_field(c) for c in keyed):
            pairs = self._pairs(None, body, fact.id, Use("argument", fact.id))
            return (Argument("", Value("mapping", self.span(body), parts=pairs)),)
        return tuple(self._field(child, fact) for child in self.items(body, fact.id))

    def _is_field(self, keyed: Node) -> bool:
        key = keyed.child_by_field_name("key")
        inner = self.wrapped(key) if key is not None else None
        return inner is not None and inner.type == "identifier"

    def _field(self, node: Node, fact: Fact) -> Argument:
        use = Use("argument", fact.id)
        if node.type != "keyed_element":
            return Argument("", self._element(node, None, fact.id, use))
        value = node.child_by_field_name("value")
        taken = self._element(value, None, fact.id, use) if value is not None else Value("unknown", self.span(node))
        return Argument(self.text(node.child_by_field_name("key")), taken)
