"""Java's expressions as values."""

from __future__ import annotations

import math
from typing import Any, Final

from msgspec import Struct
from tree_sitter import Node

from ...model import UNKNOWN, Argument, Fact, Value
from ..escapes import unescape
from ..reader import COMMENTS, OPERAND, Reader, Use, fold
from .types import plain_name, type_name

_COMPARISONS: Final = frozenset({"==", "!=", "<", ">", "<=", ">="})


def code(node: Node) -> list[Node]:
    """The named children that are not comments."""
    return [c for c in node.named_children if c.type not in COMMENTS]


class _Link(Struct, frozen=True):
    """One call of a chain, opened but not read: what stands before its name, its arguments, loose pieces."""

    node: Node
    owners: list[Node]
    name: Node | None
    arguments: Node | None
    loose: list[Node]
    fact: Fact


class Expressions(Reader):
    """The `value_*` half of Java's reader, without definitions."""

    wrappers = frozenset({"parenthesized_expression", "cast_expression"})

    def wrapped(self, node: Node) -> Node | None:
        """The expression inside parentheses or behind a cast."""
        inner = code(node)
        return inner[-1] if inner else None

    # --- names ---------------------------------------------------------------------------------------------

    def value_identifier(self, node: Node, parent: int, use: Use) -> Value:
        return self.name_of(node)

    value_this = value_super = value_underscore_pattern = value_identifier

    def value_field_access(self, node: Node, parent: int, use: Use) -> Value:
        owner = node.child_by_field_name("object")
        base = (
            self.value(owner, parent, Use("receiver", use.consumer))
            if owner is not None
            else Value("unknown", self.span(node))
        )
        return self.member(node, base, node.child_by_field_name("field"))

    def value_scoped_identifier(self, node: Node, parent: int, use: Use) -> Value:
        owner = node.child_by_field_name("scope")
        if owner is None:
            return self.name_of(node)
        return self.member(node, self.value(owner, parent, OPERAND), node.child_by_field_name("name"))

    def value_array_access(self, node: Node, parent: int, use: Use) -> Value:
        owner, key = node.child_by_field_name("array"), node.child_by_field_name("index")
        fact = self.open("index", node, parent, mode="write" if use.how == "target" else "read")
        base = self.value(owner, fact.id, OPERAND) if owner is not None else Value("unknown", self.span(node))
        keys = (self.value(key, fact.id, OPERAND),) if key is not None else ()
        fact.attributes.update(object=base, keys=keys)
        self.facts.close(fact)
        return self.index(node, base, keys)

    def value_type_identifier(self, node: Node, parent: int, use: Use) -> Value:
        return Value("type", self.span(node), path=plain_name(self.text(node)))

    value_scoped_type_identifier = value_generic_type = value_array_type = value_integral_type = value_type_identifier
    value_floating_point_type = value_boolean_type = value_void_type = value_annotated_type = value_type_identifier

    def value_class_literal(self, node: Node, parent: int, use: Use) -> Value:
        inner = self.wrapped(node)
        return Value("type", self.span(node), path=plain_name(self.text(inner)))

    def value_method_reference(self, node: Node, parent: int, use: Use) -> Value:
        parts = code(node)
        if not parts:
            return Value("unknown", self.span(node))
        owner = self.value(parts[0], parent, Use("receiver", use.consumer))
        last = node.children[-1]
        name = "new" if last.type == "new" else self.text(last)
        return Value("member", self.span(node), path=f"{owner.path or '?'}.{name}", parts=(owner,), operator="::")

    # --- calls ---------------------------------------------------------------------------------------------

    def value_method_invocation(self, node: Node, parent: int, use: Use) -> Value:
        """A chain `a.b().c()` is read in a loop: the outer call is opened first, arguments follow inside out."""
        links: list[_Link] = []
        here = node
        while True:
            link = self._open_link(here, parent, use)
            links.append(link)
            if not link.owners or link.owners[0].type != "method_invocation":
                break
            here = link.owners.pop(0)
            parent, use = link.fact.id, Use("receiver", link.fact.id)
        value: Value | None = None
        for link in reversed(links):
            value = self._close_link(link, value)
        return value or Value("unknown", self.span(node))

    def _open_link(self, node: Node, parent: int, use: Use) -> _Link:
        owners, loose, arguments = [], [], None
        for child in node.named_children:
            kind = child.type
            if kind == "argument_list":
                arguments = child
            elif kind in COMMENTS or kind == "ERROR":
                loose.append(child)
            elif kind != "type_arguments":
                owners.append(child)
        name = owners.pop() if owners and owners[-1].type == "identifier" else None
        focus = self.span(name, node) if name is not None else None
        fact = self.open(
            "call", node, parent, focus, use=use.how, consumer=use.consumer, awaited=False, constructor=False
        )
        return _Link(node, owners, name, arguments, loose, fact)

    def _close_link(self, link: _Link, receiver: Value | None) -> Value:
        """The receiver may be written in two nodes (`Outer.super.close()`)."""
        fact = link.fact
        for owner in link.owners:
            value = self.value(owner, fact.id, Use("receiver", fact.id))
            scope, receiver = receiver, value
            if scope is not None:
                receiver = Value("member", value.span, path=f"{scope.path}.{value.path}", parts=(scope,))
        callee = self._callee(link.node, link.name, receiver)
        self.visit_all(link.loose, fact.id)
        fact.attributes.update(callee=callee, arguments=self.arguments(link.arguments, fact))
        self.facts.close(fact)
        return Value("call", fact.span, path=f"{callee.path or '?'}()", call=fact.id)

    def _callee(self, node: Node, name: Node | None, receiver: Value | None) -> Value:
        if name is None:
            return Value("unknown", self.span(node))
        if receiver is None:
            return self.name_of(name)
        path = f"{receiver.path or '?'}.{self.text(name)}"
        return Value("member", self.span(node, name), path=path, parts=(receiver,))

    def on_explicit_constructor_invocation(self, node: Node, parent: int) -> None:
        name = node.child_by_field_name("constructor")
        fact = self.open("call", node, parent, use="dropped", consumer=-1, awaited=False, constructor=False)
        callee = self.name_of(name) if name is not None else Value("unknown", self.span(node))
        fact.attributes.update(callee=callee, arguments=self.arguments(node.child_by_field_name("arguments"), fact))
        self.facts.close(fact)

    def arguments(self, node: Node | None, fact: Fact) -> tuple[Argument, ...]:
        """The arguments in an `argument_list`; comments among them become facts too."""
        use = Use("argument", fact.id)
        return tuple(Argument("", self.value(child, fact.id, use)) for child in self.items(node, fact.id))

    # --- collections ---------------------------------------------------------------------------------------

    def value_array_initializer(self, node: Node, parent: int, use: Use) -> Value:
        parts = tuple(self.value(c, parent, Use("element", use.consumer)) for c in self.items(node, parent))
        return Value("collection", self.span(node), parts=parts)

    value_element_value_array_initializer = value_array_initializer

    def value_array_creation_expression(self, node: Node, parent: int, use: Use) -> Value:
        """`new T[]{...}` is a collection; `new T[n]` an operation "new[]" over its dimensions."""
        content = node.child_by_field_name("value")
        if content is not None:
            return self.value(content, parent, use)
        sizes = [c for d in node.children_by_field_name("dimensions") if d.type == "dimensions_expr" for c in code(d)]
        parts = tuple(self.value(c, parent, OPERAND) for c in sizes)
        return Value("operation", self.span(node), parts=parts, operator="new[]")

    # --- constants -----------------------------------------------------------------------------------------

    def _constant(self, node: Node, constant: Any) -> Value:
        return Value("constant", self.span(node), constant=constant)

    def value_null_literal(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, None)

    def value_true(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, True)  # noqa: FBT003 - the constant itself

    def value_false(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, False)  # noqa: FBT003 - the constant itself

    def value_decimal_integer_literal(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, _integer(self.text(node)))

    value_hex_integer_literal = value_octal_integer_literal = value_binary_integer_literal = (
        value_decimal_integer_literal
    )

    def value_decimal_floating_point_literal(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, _float(self.text(node)))

    def value_hex_floating_point_literal(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, UNKNOWN)

    def value_character_literal(self, node: Node, parent: int, use: Use) -> Value:
        return self._constant(node, unescape(self.text(node)[1:-1]))

    def value_string_literal(self, node: Node, parent: int, use: Use) -> Value:
        text = self.text(node)
        if "\\{" in text:
            holes = [c for c in node.named_children if c.type == "string_interpolation"]
            if holes:
                return Value(
                    "template",
                    self.span(node),
                    parts=tuple(self.value(i, parent, OPERAND) for h in holes for i in code(h)),
                )
        if text.startswith('"""'):
            return self._constant(node, unescape(_text_block(text)))
        return self._constant(node, unescape(text[1:-1]))

    def value_template_expression(self, node: Node, parent: int, use: Use) -> Value:
        parts = tuple(self.value(c, parent, OPERAND) for c in code(node))
        return Value("template", self.span(node), parts=parts)

    # --- operators -----------------------------------------------------------------------------------------

    def value_binary_expression(self, node: Node, parent: int, use: Use) -> Value:
        """A long `a + b + c` leans to the left: its spine is read in a loop, not by recursion."""
        read: list[tuple[Node, str, Use]] = []
        for here in self.left_spine(node):
            operator = self.text(here.child_by_field_name("operator"))
            use = _passed(operator, use)
            read.append((here, operator, use))
        value = self.value_or_unknown(here.child_by_field_name("left"), here, parent, use)
        for here, operator, passed in reversed(read):
            self.remarks(here, parent)
            right = self.value_or_unknown(here.child_by_field_name("right"), here, parent, passed)
            value = self._operation(here, operator, (value, right))
        return value

    def _operation(self, node: Node, operator: str, parts: tuple[Value, ...]) -> Value:
        constants = [p.constant for p in parts]
        whole = operator == "/" and all(isinstance(c, int) for c in constants)
        return Value(
            "operation",
            self.span(node),
            constant=fold("//" if whole else operator, constants),
            parts=parts,
            operator=operator,
        )

    def value_unary_expression(self, node: Node, parent: int, use: Use) -> Value:
        operator, operand = self.text(node.child_by_field_name("operator")), node.child_by_field_name("operand")
        passed = Use("condition", use.consumer) if operator == "!" else OPERAND
        parts = (self.value(operand, parent, passed),) if operand is not None else ()
        return self.operation(node, operator, parts)

    def value_ternary_expression(self, node: Node, parent: int, use: Use) -> Value:
        condition, *arms = (node.child_by_field_name(f) for f in ("condition", "consequence", "alternative"))
        first = self.value_or_unknown(condition, node, parent, Use("condition", use.consumer))
        return Value(
            "operation",
            self.span(node),
            parts=(first, *(self.value_or_unknown(a, node, parent, use) for a in arms)),
            operator="?:",
        )

    def value_instanceof_expression(self, node: Node, parent: int, use: Use) -> Value:
        """`x instanceof T t` also declares t."""
        left, name = node.child_by_field_name("left"), node.child_by_field_name("name")
        right, pattern = node.child_by_field_name("right"), node.child_by_field_name("pattern")
        kind = Value("type", self.span(right or pattern or node), path=plain_name(self.text(right)))
        if name is None:
            value = self.value_or_unknown(left, node, parent, Use("compared", use.consumer))
            self.bindings(pattern, parent)
        else:
            fact = self.open(
                "assignment",
                node,
                parent,
                operator="=",
                declaration=True,
                type=type_name(self.text(right)),
                targets=(self.name_of(name),),
            )
            value = fact.attributes["value"] = self.value_or_unknown(left, node, fact.id, Use("assigned", fact.id))
            self.facts.close(fact)
        return Value("operation", self.span(node), parts=(value, kind), operator="instanceof")

    def bindings(self, pattern: Node | None, parent: int) -> None:
        """Write down the variables that a pattern declares, without a value."""
        if pattern is None:
            return
        parts = code(pattern)
        if (
            pattern.type in ("type_pattern", "record_pattern_component")
            and len(parts) > 1
            and parts[-1].type == "identifier"
        ):
            kind = type_name(self.text(parts[-2]))
            self.leaf(
                "assignment",
                pattern,
                parent,
                operator="=",
                declaration=True,
                type=kind,
                targets=(self.name_of(parts[-1]),),
                value=None,
            )
            return
        for part in parts:
            if part.type in (
                "pattern",
                "type_pattern",
                "record_pattern",
                "record_pattern_body",
                "record_pattern_component",
            ):
                self.bindings(part, parent)

    def value_assignment_expression(self, node: Node, parent: int, use: Use) -> Value:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = self.text(node.child_by_field_name("operator")) or "="
        fact = self.open("assignment", node, parent, operator=operator, declaration=False, type="")
        target = self.value_or_unknown(left, node, fact.id, Use("target", fact.id))
        fact.attributes.update(
            targets=(target,), value=self.value_or_unknown(right, node, fact.id, Use("assigned", fact.id))
        )
        self.facts.close(fact)
        return target

    def value_update_expression(self, node: Node, parent: int, use: Use) -> Value:
        operator = "--" if any(c.type == "--" for c in node.children) else "++"
        fact = self.open("assignment", node, parent, operator=operator, declaration=False, type="", value=None)
        target = self.value_or_unknown(self.wrapped(node), node, fact.id, Use("target", fact.id))
        fact.attributes["targets"] = (target,)
        self.facts.close(fact)
        return target


def _passed(operator: str, use: Use) -> Use:
    """What becomes of the operands of a binary operator whose result has this use."""
    if operator in _COMPARISONS:
        return Use("compared", use.consumer)
    if operator in ("&&", "||") and use.how in ("returned", "assigned", "condition"):
        return use
    return OPERAND


def _integer(text: str) -> Any:
    digits = text.replace("_", "").rstrip("lL").lower()
    base = (
        16
        if digits.startswith("0x")
        else 2
        if digits.startswith("0b")
        else 8
        if len(digits) > 1 and digits.startswith("0")
        else 10
    )
    try:
        return int(digits, base)
    except ValueError:
        return UNKNOWN


def _float(text: str) -> Any:
    try:
        number = float(text.replace("_", "").rstrip("fFdD"))
    except ValueError:
        return UNKNOWN
    return number if math.isfinite(number) else UNKNOWN


def _text_block(text: str) -> str:
    """The content of a text block: without the first line and the indentation that all lines share."""
    lines = text[3:-3].split("\n")[1:]
    shared = min(
        (len(row) - len(row.lstrip()) for i, row in enumerate(lines) if row.strip() or i == len(lines) - 1), default=0
    )
    return "\n".join(row[shared:].rstrip() for row in lines)
