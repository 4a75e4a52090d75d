"""Python's expressions as values."""

from __future__ import annotations

import contextlib
from typing import Any

from tree_sitter import Node

from ...model import UNKNOWN, Argument, Fact, Parameter, Value
from ..escapes import unescape
from ..reader import OPERAND, Reader, Use
from .types import type_name

#: what holds several targets
_TARGETS = frozenset(
    (
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "expression_list",
        "tuple",
        "list",
        "list_splat_pattern",
        "list_splat",
    )
)


class Expressions(Reader):
    """The `value_*` half of Python's reader."""

    def value_identifier(self, node: Node, parent: int, use: Use) -> Value:
        return self.name_of(node)

    def value_attribute(self, node: Node, parent: int, use: Use) -> Value:
        owner = node.child_by_field_name("object")
        self.remarks(node, parent)
        base = self.value_or_unknown(owner, node, parent, Use("receiver", use.consumer))
        return self.member(node, base, node.child_by_field_name("attribute"))

    def value_subscript(self, node: Node, parent: int, use: Use) -> Value:
        owner = node.child_by_field_name("value")
        fact = self.open("index", node, parent, mode="write" if use.how == "target" else "read")
        base = self.value_or_unknown(owner, node, fact.id, OPERAND)
        keys = tuple(self.value(k, fact.id, OPERAND) for k in node.children_by_field_name("subscript"))
        fact.attributes.update(object=base, keys=keys)
        self.facts.close(fact)
        return self.index(node, base, keys)

    def value_call(self, node: Node, parent: int, use: Use) -> Value:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        focus = self.span(node)
        if function is not None and function.type == "attribute":
            name = function.child_by_field_name("attribute")
            focus = self.span(name, node) if name is not None else focus
        fact = self.open(
            "call", node, parent, focus, use=use.how, consumer=use.consumer, awaited=False, constructor=False
        )
        callee = self.value_or_unknown(function, node, fact.id, Use("receiver", fact.id))
        fact.attributes.update(callee=callee, arguments=self._arguments(arguments, fact))
        self.facts.close(fact)
        return Value("call", self.span(node), path=f"{callee.path or '?'}()", call=fact.id)

    def _arguments(self, node: Node | None, fact: Fact) -> tuple[Argument, ...]:
        if node is None:
            return ()
        if node.type == "generator_expression":
            return (Argument("", self.value(node, fact.id, Use("argument", fact.id))),)
        return tuple(self._argument(child, fact) for child in self.items(node, fact.id))

    def _argument(self, node: Node, call: Fact) -> Argument:
        use = Use("argument", call.id)
        if node.type == "keyword_argument":
            value = node.child_by_field_name("value")
            name = self.text(node.child_by_field_name("name"))
            return Argument(name, self.value_or_unknown(value, node, call.id, use))
        return Argument("", self.value(node, call.id, use))

    def value_await(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.open("await", node, parent)
        inner = self.wrapped(node)
        value = self.value_or_unknown(inner, node, fact.id, use)
        if value.form == "call":
            self.facts.all[value.call].attributes["awaited"] = True
        fact.attributes["value"] = value
        self.facts.close(fact)
        return Value("await", self.span(node), path=value.path, parts=(value,), call=value.call)

    def value_yield(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.open("yield", node, parent)
        parts = tuple(self.value(c, fact.id, Use("yielded", fact.id)) for c in self.items(node, fact.id))
        fact.attributes["values"] = parts
        self.facts.close(fact)
        return Value("unknown", self.span(node), parts=parts)

    def value_lambda(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.closure(node, parent, use)
        body = node.child_by_field_name("body")
        fact.attributes["parameters"] = self._parameters(node.child_by_field_name("parameters"), fact)
        if body is not None:
            self.value(body, fact.id, Use("returned", fact.id))
        self.facts.close(fact)
        return Value("function", self.span(node), call=fact.id)

    def _parameters(self, node: Node | None, fact: Fact) -> tuple[Parameter, ...]:
        found = (self._parameter(child, fact) for child in self.items(node, fact.id))
        return tuple(parameter for parameter in found if parameter is not None)

    def _parameter(self, node: Node, fact: Fact) -> Parameter | None:
        kind = node.type
        if kind == "identifier":
            return Parameter(self.text(node))
        if kind in ("list_splat_pattern", "dictionary_splat_pattern"):
            return Parameter(self.text(node).lstrip("*"), variadic=True)
        if kind in ("default_parameter", "typed_default_parameter", "typed_parameter"):
            name = node.child_by_field_name("name") or node.named_children[0]
            default = node.child_by_field_name("value")
            return Parameter(
                self.text(name).lstrip("*"),
                type_name(self.text(node.child_by_field_name("type"))),
                self.value(default, fact.id) if default is not None else None,
                variadic=name.type.endswith("splat_pattern"),
            )
        return None

    def value_named_expression(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.open("assignment", node, parent, operator="=", declaration=False, type="")
        name, right = node.child_by_field_name("name"), node.child_by_field_name("value")
        value = self.value(right, fact.id, Use("assigned", fact.id)) if right is not None else None
        fact.attributes.update(value=value, targets=self.targets(name, fact.id))
        self.facts.close(fact)
        return self.name_of(name) if name is not None else Value("unknown", self.span(node))

    # --- collections ---------------------------------------------------------------------------------------

    def _elements(self, node: Node, parent: int, use: Use) -> Value:
        # A tuple is several values: `a, b = f(), g()` assigns both.
        several = (
            ("returned", "yielded", "assigned")
            if node.type in ("expression_list", "tuple")
            else ("returned", "yielded")
        )
        how = use if use.how in several else Use("element", use.consumer)
        parts = tuple(self.value(c, parent, how) for c in self.items(node, parent))
        return Value("collection", self.span(node), parts=parts)

    value_list = value_tuple = value_set = value_expression_list = _elements

    def value_pattern_list(self, node: Node, parent: int, use: Use) -> Value:
        return self._elements(node, parent, use)

    def value_dictionary(self, node: Node, parent: int, use: Use) -> Value:
        parts: list[Value] = []
        for child in self.items(node, parent):
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    parts += [self.value(key, parent, OPERAND), self.value(value, parent, Use("element", use.consumer))]
            elif child.type == "dictionary_splat":
                spread = self.value(child, parent, OPERAND)
                parts += [spread, spread]
        return Value("mapping", self.span(node), parts=tuple(parts))

    def _comprehension(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.open(
            "loop", node, parent, style="comprehension", asynchronous=False, lazy=node.type == "generator_expression"
        )
        body = node.child_by_field_name("body")
        element = self.value_or_unknown(body, node, fact.id, Use("element", use.consumer))
        iterables: list[Value] = []
        targets: list[Value] = []
        for clause in self.items(node, fact.id):
            if clause.type == "for_in_clause":
                iterables += self._iterable(clause, fact)
                targets += self.targets(clause.child_by_field_name("left"), fact.id)
            elif clause.type == "if_clause":
                for condition in self.items(clause, fact.id):
                    self.value(condition, fact.id, Use("condition", fact.id))
        fact.attributes.update(iterable=iterables[0] if iterables else None, targets=tuple(targets))
        self.facts.close(fact)
        return Value("comprehension", self.span(node), parts=(element, *iterables))

    def _iterable(self, clause: Node, fact: Fact) -> list[Value]:
        fact.attributes["asynchronous"] |= any(c.type == "async" for c in clause.children)
        right = clause.child_by_field_name("right")
        return [self.value(right, fact.id, Use("iterated", fact.id))] if right is not None else []

    def targets(self, node: Node | None, parent: int) -> tuple[Value, ...]:
        """The values on the left of an assignment, a loop or a deletion, flattened; a starred one as the name alone."""
        if node is None:
            return ()
        if node.type in _TARGETS:
            return tuple(t for child in self.items(node, parent) for t in self.targets(child, parent))
        return (self.value(node, parent, Use("target", parent)),)

    value_list_comprehension = value_set_comprehension = _comprehension
    value_dictionary_comprehension = value_generator_expression = _comprehension

    def value_pair(self, node: Node, parent: int, use: Use) -> Value:
        return Value(
            "collection", self.span(node), parts=tuple(self.value(c, parent, use) for c in node.named_children)
        )

    def _spread(self, node: Node, parent: int, use: Use) -> Value:
        return Value(
            "spread",
            self.span(node),
            parts=tuple(self.value(c, parent, use) for c in node.named_children),
            operator=node.type,
        )

    value_list_splat = value_dictionary_splat = _spread

    # --- constants and operators ---------------------------------------------------------------------------

    def _constant(self, node: Node, constant: Any) -> Value:
        return Value("constant", self.span(node), constant=constant)

    def value_none(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, None)

    def value_true(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=True)

    def value_false(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=False)

    def value_integer(self, node: Node, parent: int, use: Use) -> Value:
        constant: Any = UNKNOWN
        with contextlib.suppress(ValueError):
            constant = int(self.text(node).replace("_", ""), 0)
        return self._constant(node, constant)

    def value_float(self, node: Node, parent: int, use: Use) -> Value:
        constant: Any = UNKNOWN
        with contextlib.suppress(ValueError):
            constant = float(self.text(node).replace("_", ""))
        return self._constant(node, constant)

    def value_string(self, node: Node, parent: int, use: Use) -> Value:
        holes = [c for c in node.named_children if c.type == "interpolation"]
        if holes:
            parts = tuple(self.value(inner, parent, OPERAND) for h in holes if (inner := self.wrapped(h)) is not None)
            return Value("template", self.span(node), parts=parts)
        content = "".join(self.text(c) for c in node.named_children if c.type == "string_content")
        prefix = self.text(node.children[0]).lower() if node.children else ""
        return self._constant(node, content if "r" in prefix else unescape(content))

    def value_concatenated_string(self, node: Node, parent: int, use: Use) -> Value:
        parts = tuple(self.value(c, parent, OPERAND) for c in self.items(node, parent))
        if all(isinstance(p.constant, str) for p in parts):
            return self._constant(node, "".join(p.constant for p in parts))
        return Value("template", self.span(node), parts=parts)

    def value_unary_operator(self, node: Node, parent: int, use: Use) -> Value:
        argument = node.child_by_field_name("argument")
        parts = (self.value(argument, parent, OPERAND),) if argument is not None else ()
        return self.operation(node, self.text(node.child_by_field_name("operator")), parts)

    def value_not_operator(self, node: Node, parent: int, use: Use) -> Value:
        argument = node.child_by_field_name("argument")
        parts = (self.value(argument, parent, Use("condition", use.consumer)),) if argument is not None else ()
        return self.operation(node, "not", parts)

    def value_binary_operator(self, node: Node, parent: int, use: Use) -> Value:
        return self._binary(node, parent, OPERAND)

    def value_boolean_operator(self, node: Node, parent: int, use: Use) -> Value:
        return self._binary(node, parent, use if use.how in ("returned", "assigned", "condition") else OPERAND)

    def _binary(self, node: Node, parent: int, use: Use) -> Value:
        value: Value | None = None
        for binary in reversed(self.left_spine(node)):
            children = list(self.items(binary, parent))
            parts = tuple(self.value(c, parent, use) for c in (children if value is None else children[1:]))
            operator = self.text(binary.child_by_field_name("operator"))
            value = self.operation(binary, operator, parts if value is None else (value, *parts))
        return value or Value("unknown", self.span(node))

    def value_comparison_operator(self, node: Node, parent: int, use: Use) -> Value:
        parts = tuple(self.value(c, parent, Use("compared", use.consumer)) for c in self.items(node, parent))
        operators = [self.text(c) for c in node.children_by_field_name("operators")]
        return Value("operation", self.span(node), parts=parts, operator=" ".join(operators))

    def value_conditional_expression(self, node: Node, parent: int, use: Use) -> Value:
        uses = (use, Use("condition", use.consumer), use)
        parts = [self.value(c, parent, how) for c, how in zip(self.items(node, parent), uses, strict=False)]
        parts += [Value("unknown", self.span(node))] * (3 - len(parts))
        return Value("operation", self.span(node), parts=(parts[1], parts[0], parts[2]), operator="?:")

    def value_slice(self, node: Node, parent: int, use: Use) -> Value:
        return Value(
            "operation",
            self.span(node),
            parts=tuple(self.value(c, parent, OPERAND) for c in self.items(node, parent)),
            operator="slice",
        )

    def value_ellipsis(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, UNKNOWN)
