"""Java's expressions as values."""

from __future__ import annotations

import math
from typing import Any, Final

from tree_sitter import Node

from ...model import UNKNOWN, Argument, Fact, Value
from ..reader import OPERAND, Reader, Use, fold
from .types import type_name

COMMENTS: Final = frozenset({"line_comment", "block_comment"})
_COMPARISONS: Final = frozenset({"==", "!=", "<", ">", "<=", ">="})
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "s": " ", "0": "\0", "\n": ""}


def code(node: Node) -> list[Node]:
    """The named children that are not comments."""
    return [c for c in node.named_children if c.type not in COMMENTS]


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
        return Value("type", self.span(node), path=type_name(self.text(node)))

    value_scoped_type_identifier = value_generic_type = value_array_type = value_integral_type = value_type_identifier
    value_floating_point_type = value_boolean_type = value_void_type = value_annotated_type = value_type_identifier

    def value_class_literal(self, node: Node, parent: int, use: Use) -> Value:
        inner = self.wrapped(node)
        return Value("type", self.span(node), path=type_name(self.text(inner)))

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
        """A chain `a.b().c()` is read in a loop: the outer call's fact is opened first, the arguments follow inside out."""
        chain: list[tuple[Node, list[Node], Fact]] = []
        here: Node | None = node
        while here is not None and here.type == "method_invocation":
            children = code(here)
            fact = self._open_call(here, children, parent, use)
            chain.append((here, children, fact))
            parent, use = fact.id, Use("receiver", fact.id)
            here = children[0] if children and children[0].type == "method_invocation" else None
        value: Value | None = None
        for here, children, fact in reversed(chain):
            value = self._close_call(here, children, fact, value)
        return value or Value("unknown", self.span(node))

    def _open_call(self, node: Node, children: list[Node], parent: int, use: Use) -> Fact:
        name = self._called(children)
        focus = self.span(name, node) if name is not None else None
        return self.open(
            "call", node, parent, focus, use=use.how, consumer=use.consumer, awaited=False, constructor=False
        )

    def _called(self, children: list[Node]) -> Node | None:
        """The name node of a method call: the last identifier before the arguments."""
        return next((c for c in reversed(children) if c.type == "identifier"), None)

    def _close_call(self, node: Node, children: list[Node], fact: Fact, receiver: Value | None) -> Value:
        name = self._called(children)
        start = name.start_byte if name is not None else node.end_byte
        for child in children[1:] if receiver is not None else children:
            if child.start_byte < start and child.type != "type_arguments":
                receiver = self._scoped(child, fact, receiver)
        callee = self._callee(node, name, receiver)
        arguments = children[-1] if children and children[-1].type == "argument_list" else None
        self._loose_comments(node, fact)
        fact.attributes.update(callee=callee, arguments=self.arguments(arguments, fact))
        self.facts.close(fact)
        return Value("call", self.span(node), path=f"{callee.path or '?'}()", call=fact.id)

    def _scoped(self, child: Node, fact: Fact, owner: Value | None) -> Value:
        """The receiver, also when it is written in two nodes (`Outer.super.close()`)."""
        value = self.value(child, fact.id, Use("receiver", fact.id))
        return (
            value if owner is None else Value("member", value.span, path=f"{owner.path}.{value.path}", parts=(owner,))
        )

    def _callee(self, node: Node, name: Node | None, receiver: Value | None) -> Value:
        if name is None:
            return Value("unknown", self.span(node))
        if receiver is None:
            return self.name_of(name)
        return Value(
            "member", self.span(node, name), path=f"{receiver.path or '?'}.{self.text(name)}", parts=(receiver,)
        )

    def _loose_comments(self, node: Node, fact: Fact) -> None:
        """Comments between the links of a chain."""
        for child in node.named_children:
            if child.type in COMMENTS:
                self.visit(child, fact.id)

    def on_explicit_constructor_invocation(self, node: Node, parent: int) -> None:
        name = node.child_by_field_name("constructor")
        fact = self.open("call", node, parent, use="dropped", consumer=-1, awaited=False, constructor=False)
        callee = self.name_of(name) if name is not None else Value("unknown", self.span(node))
        fact.attributes.update(callee=callee, arguments=self.arguments(node.child_by_field_name("arguments"), fact))
        self.facts.close(fact)

    def arguments(self, node: Node | None, fact: Fact) -> tuple[Argument, ...]:
        """The arguments in an `argument_list`; comments among them become facts too."""
        found, use = [], Use("argument", fact.id)
        for child in node.named_children if node is not None else ():
            if child.type in COMMENTS:
                self.visit(child, fact.id)
            else:
                found.append(Argument("", self.value(child, fact.id, use)))
        return tuple(found)

    # --- collections ---------------------------------------------------------------------------------------

    def value_array_initializer(self, node: Node, parent: int, use: Use) -> Value:
        parts = tuple(self.value(c, parent, Use("element", use.consumer)) for c in code(node))
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
        return self._constant(node, _unescape(self.text(node)[1:-1]))

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
            return self._constant(node, _unescape(_text_block(text)))
        return self._constant(node, _unescape(text[1:-1]))

    def value_template_expression(self, node: Node, parent: int, use: Use) -> Value:
        parts = tuple(self.value(c, parent, OPERAND) for c in code(node))
        return Value("template", self.span(node), parts=parts)

    # --- operators -----------------------------------------------------------------------------------------

    def value_binary_expression(self, node: Node, parent: int, use: Use) -> Value:
        """A long `a + b + c` leans to the left: its spine is read in a loop, not by recursion."""
        spine: list[tuple[Node, str, Use]] = []
        here: Node | None = node
        while here is not None and here.type == "binary_expression":
            operator = self.text(here.child_by_field_name("operator"))
            use = _passed(operator, use)
            spine.append((here, operator, use))
            here = here.child_by_field_name("left")
        value = self.value(here, parent, use) if here is not None else Value("unknown", self.span(node))
        for here, operator, passed in reversed(spine):
            right = here.child_by_field_name("right")
            parts = (value, self.value(right, parent, passed)) if right is not None else (value,)
            value = self._operation(here, operator, parts)
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
        first = self._maybe(condition, node, parent, Use("condition", use.consumer))
        return Value(
            "operation",
            self.span(node),
            parts=(first, *(self._maybe(a, node, parent, use) for a in arms)),
            operator="?:",
        )

    def _maybe(self, part: Node | None, whole: Node, parent: int, use: Use) -> Value:
        return self.value(part, parent, use) if part is not None else Value("unknown", self.span(whole))

    def value_instanceof_expression(self, node: Node, parent: int, use: Use) -> Value:
        """`x instanceof T t` also declares t."""
        left, name = node.child_by_field_name("left"), node.child_by_field_name("name")
        right, pattern = node.child_by_field_name("right"), node.child_by_field_name("pattern")
        kind = Value("type", self.span(right or pattern or node), path=type_name(self.text(right)))
        if name is None:
            value = self._maybe(left, node, parent, Use("compared", use.consumer))
            self.bindings(pattern, parent)
        else:
            fact = self.open(
                "assignment",
                node,
                parent,
                operator="=",
                declaration=True,
                type=kind.path,
                targets=(self.name_of(name),),
            )
            value = fact.attributes["value"] = self._maybe(left, node, fact.id, Use("assigned", fact.id))
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
        target = self._maybe(left, node, fact.id, Use("target", fact.id))
        fact.attributes.update(targets=(target,), value=self._maybe(right, node, fact.id, Use("assigned", fact.id)))
        self.facts.close(fact)
        return target

    def value_update_expression(self, node: Node, parent: int, use: Use) -> Value:
        operator = "--" if any(c.type == "--" for c in node.children) else "++"
        fact = self.open("assignment", node, parent, operator=operator, declaration=False, type="", value=None)
        target = self._maybe(self.wrapped(node), node, fact.id, Use("target", fact.id))
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


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    out, i = [], 0
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text):
            out.append(_ESCAPES.get(text[i + 1], text[i + 1]))
            i += 2
        else:
            out.append(text[i])
            i += 1
    return "".join(out)


def _text_block(text: str) -> str:
    """The content of a text block: without the first line and the indentation that all lines share."""
    lines = text[3:-3].split("\n")[1:]
    shared = min(
        (len(row) - len(row.lstrip()) for i, row in enumerate(lines) if row.strip() or i == len(lines) - 1), default=0
    )
    return "\n".join(row[shared:].rstrip() for row in lines)
