"""Python's expressions as values."""

from __future__ import annotations

import contextlib
from typing import Any

from tree_sitter import Node

from ...model import UNKNOWN, Argument, Fact, Value
from ..reader import OPERAND, Reader, Use


class Expressions(Reader):
    """The `value_*` half of Python's reader."""

    def value_identifier(self, node: Node, parent: int, use: Use) -> Value:
        return self.name_of(node)

    def value_attribute(self, node: Node, parent: int, use: Use) -> Value:
        owner = node.child_by_field_name("object")
        base = self.value(owner, parent, Use("receiver", use.consumer)) if owner is not None else Value("unknown", self.span(node))
        return self.member(node, base, node.child_by_field_name("attribute"))

    def value_subscript(self, node: Node, parent: int, use: Use) -> Value:
        owner = node.child_by_field_name("value")
        fact = self.open("index", node, parent, mode="write" if use.how == "target" else "read")
        base = self.value(owner, fact.id, OPERAND) if owner is not None else Value("unknown", self.span(node))
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
        fact = self.open("call", node, parent, focus, use=use.how, consumer=use.consumer, awaited=False, constructor=False)
        callee = self.value(function, fact.id, Use("receiver", fact.id)) if function is not None else Value("unknown", focus)
        fact.attributes.update(callee=callee, arguments=self._arguments(arguments, fact))
        self.facts.close(fact)
        return Value("call", self.span(node), path=f"{callee.path or '?'}()", call=fact.id)

    def _arguments(self, node: Node | None, fact: Fact) -> tuple[Argument, ...]:
        if node is None:
            return ()
        if node.type == "generator_expression":
            return (Argument("", self.value(node, fact.id, Use("argument", fact.id))),)
        return tuple(self.argument(c, fact, i) for i, c in enumerate(n for n in node.named_children if n.type != "comment"))

    def argument(self, node: Node, call: Fact, position: int) -> Argument:
        raise NotImplementedError(f"argument {position} of call {call.id}: {node.type}")

    def value_await(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.open("await", node, parent)
        inner = self.wrapped(node)
        value = self.value(inner, fact.id, use) if inner is not None else Value("unknown", self.span(node))
        if value.form == "call":
            self.facts.all[value.call].attributes["awaited"] = True
        fact.attributes["value"] = value
        self.facts.close(fact)
        return Value("await", self.span(node), path=value.path, parts=(value,), call=value.call)

    def value_yield(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.open("yield", node, parent)
        parts = tuple(self.value(c, fact.id, Use("yielded", fact.id)) for c in node.named_children)
        fact.attributes["values"] = parts
        self.facts.close(fact)
        return Value("unknown", self.span(node), parts=parts)

    def value_lambda(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.open("function", node, parent, closure=True)
        body = node.child_by_field_name("body")
        fact.attributes.update(
            name="", asynchronous=False, result=("",), decorators=(), modifiers=frozenset(), throws=(), use=use.how, consumer=use.consumer
        )
        fact.attributes["parameters"] = self._parameters(node.child_by_field_name("parameters"), fact)
        if body is not None:
            self.value(body, fact.id, Use("returned", fact.id))
        self.facts.close(fact)
        return Value("function", self.span(node), call=fact.id)

    def _parameters(self, node: Node | None, fact: Fact) -> tuple[Any, ...]:
        raise NotImplementedError(f"parameters of {fact.id}: {node}")

    def value_named_expression(self, node: Node, parent: int, use: Use) -> Value:
        fact = self.open("assignment", node, parent, operator="=", declaration=False, type="")
        name, right = node.child_by_field_name("name"), node.child_by_field_name("value")
        value = self.value(right, fact.id, Use("assigned", fact.id)) if right is not None else None
        fact.attributes.update(value=value, targets=(self.name_of(name),) if name is not None else ())
        self.facts.close(fact)
        return self.name_of(name) if name is not None else Value("unknown", self.span(node))

    # --- collections ---------------------------------------------------------------------------------------

    def _elements(self, node: Node, parent: int, use: Use) -> Value:
        how = use if use.how in ("returned", "yielded") else Use("element", use.consumer)
        parts = tuple(self.value(c, parent, how) for c in node.named_children if c.type != "comment")
        return Value("collection", self.span(node), parts=parts)

    value_list = value_tuple = value_set = value_expression_list = _elements

    def value_pattern_list(self, node: Node, parent: int, use: Use) -> Value:
        return self._elements(node, parent, use)

    def value_dictionary(self, node: Node, parent: int, use: Use) -> Value:
        parts: list[Value] = []
        for child in node.named_children:
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    parts += [self.value(key, parent, OPERAND), self.value(value, parent, Use("element", use.consumer))]
            elif child.type == "dictionary_splat":
                spread = self.value(child, parent, OPERAND)
                parts += [spread, spread]
        return Value("mapping", self.span(node), parts=tuple(parts))

    def _comprehension(self, node: Node, parent: int, use: Use) -> Value:
        clauses = [c for c in node.named_children if c.type == "for_in_clause"]
        fact = self.open("loop", node, parent, style="comprehension", asynchronous=False, targets=(), lazy=node.type == "generator_expression")
        iterables = []
        for clause in clauses:
            right = clause.child_by_field_name("right")
            if right is not None:
                iterables.append(self.value(right, fact.id, Use("iterated", fact.id)))
        fact.attributes["iterable"] = iterables[0] if iterables else None
        body = node.child_by_field_name("body")
        element = self.value(body, fact.id, Use("element", use.consumer)) if body is not None else Value("unknown", self.span(node))
        for clause in node.named_children:
            if clause.type == "if_clause":
                self.visit_all(clause.named_children, fact.id)
        self.facts.close(fact)
        return Value("comprehension", self.span(node), parts=(element, *iterables))

    value_list_comprehension = value_set_comprehension = _comprehension
    value_dictionary_comprehension = value_generator_expression = _comprehension

    def value_pair(self, node: Node, parent: int, use: Use) -> Value:
        return Value("collection", self.span(node), parts=tuple(self.value(c, parent, use) for c in node.named_children))

    def _spread(self, node: Node, parent: int, use: Use) -> Value:
        return Value("spread", self.span(node), parts=tuple(self.value(c, parent, use) for c in node.named_children), operator=node.type)

    value_list_splat = value_dictionary_splat = _spread

    # --- constants and operators ---------------------------------------------------------------------------

    def _constant(self, node: Node, constant: Any) -> Value:
        return Value("constant", self.span(node), constant=constant)

    def value_none(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, None)

    def value_true(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, True)  # noqa: FBT003 - the constant itself

    def value_false(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, False)  # noqa: FBT003 - the constant itself

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
            parts = tuple(self.value(h.named_children[0], parent, OPERAND) for h in holes if h.named_children)
            return Value("template", self.span(node), parts=parts)
        content = "".join(self.text(c) for c in node.named_children if c.type == "string_content")
        return self._constant(node, content)

    def value_concatenated_string(self, node: Node, parent: int, use: Use) -> Value:
        parts = tuple(self.value(c, parent, OPERAND) for c in node.named_children if c.type != "comment")
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
        sides = [node.child_by_field_name("left"), node.child_by_field_name("right")]
        parts = tuple(self.value(s, parent, OPERAND) for s in sides if s is not None)
        return self.operation(node, self.text(node.child_by_field_name("operator")), parts)

    def value_boolean_operator(self, node: Node, parent: int, use: Use) -> Value:
        sides = [node.child_by_field_name("left"), node.child_by_field_name("right")]
        passed = use if use.how in ("returned", "assigned", "condition") else OPERAND
        parts = tuple(self.value(s, parent, passed) for s in sides if s is not None)
        return self.operation(node, self.text(node.child_by_field_name("operator")), parts)

    def value_comparison_operator(self, node: Node, parent: int, use: Use) -> Value:
        parts = tuple(self.value(c, parent, Use("compared", use.consumer)) for c in node.named_children)
        operators = [self.text(c) for c in node.children_by_field_name("operators")]
        return Value("operation", self.span(node), parts=parts, operator=" ".join(operators))

    def value_conditional_expression(self, node: Node, parent: int, use: Use) -> Value:
        then, condition, other = (node.named_children + [node] * 3)[:3]
        parts = (self.value(condition, parent, OPERAND), self.value(then, parent, use), self.value(other, parent, use))
        return Value("operation", self.span(node), parts=parts, operator="?:")

    def value_slice(self, node: Node, parent: int, use: Use) -> Value:
        return Value("operation", self.span(node), parts=tuple(self.value(c, parent, OPERAND) for c in node.named_children), operator="slice")

    def value_ellipsis(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, UNKNOWN)
