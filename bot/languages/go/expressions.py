"""Go's expressions as values. Literals of structs, slices and maps are in `literals.py`."""

from __future__ import annotations

from tree_sitter import Node

from ...model import Argument, Duration, Fact, Span, Value
from ..escapes import unescape
from ..reader import OPERAND, Reader, Use
from .constants import fold_durations, read_float, read_int
from .types import type_name

#: types that need no declaration
_BASIC = frozenset(
    (
        *("string", "bool", "byte", "rune", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16"),
        *("uint32", "uint64", "uintptr", "float32", "float64", "any", "error"),
    )
)
_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
#: what `new` takes as a type; for other operands it copies a value
_TYPES = frozenset(
    (
        *("type_identifier", "qualified_type", "generic_type", "pointer_type", "slice_type", "array_type", "map_type"),
        *("channel_type", "function_type", "struct_type", "interface_type", "identifier", "selector_expression"),
    )
)
#: https://pkg.go.dev/time#pkg-constants
_UNITS = {"Nanosecond": 1e-9, "Microsecond": 1e-6, "Millisecond": 1e-3, "Second": 1.0, "Minute": 60.0, "Hour": 3600.0}


class Expressions(Reader):
    """The `value_*` half of Go's reader."""

    #: the name under which the file knows the package `time`, "" when it does not
    _time = ""
    #: conversions to these are written as calls but only wrap their operand
    _conversions = _BASIC

    # --- names ---------------------------------------------------------------------------------------------

    def value_identifier(self, node: Node, parent: int, use: Use) -> Value:
        return self.name_of(node)

    value_iota = value_blank_identifier = value_package_identifier = value_field_identifier = value_label_name = (
        value_identifier
    )

    def value_selector_expression(self, node: Node, parent: int, use: Use) -> Value:
        owner, field = node.child_by_field_name("operand"), node.child_by_field_name("field")
        self.remarks(node, parent)
        base = self.value_or_unknown(owner, node, parent, Use("receiver", use.consumer))
        value = self.member(node, base, field)
        if self._time and base.path == self._time and base.form == "name":
            seconds = _UNITS.get(self.text(field))
            if seconds is not None:
                return Value("member", value.span, value.path, Duration(seconds), parts=value.parts)
        return value

    def value_index_expression(self, node: Node, parent: int, use: Use) -> Value:
        return self._index(node, parent, use, slices=False)

    def value_slice_expression(self, node: Node, parent: int, use: Use) -> Value:
        return self._index(node, parent, use, slices=True)

    def _index(self, node: Node, parent: int, use: Use, *, slices: bool) -> Value:
        fact = self.open("index", node, parent, mode="write" if use.how == "target" else "read")
        operands = self.items(node, fact.id)
        base = self.value_or_unknown(next(operands, None), node, fact.id, OPERAND)
        keys = tuple(self.value(k, fact.id, OPERAND) for k in operands)
        if slices:
            keys = (Value("operation", self.span(node), parts=keys, operator="slice"),)
        fact.attributes.update(object=base, keys=keys)
        self.facts.close(fact)
        return self.index(node, base, keys)

    # --- types as values -----------------------------------------------------------------------------------

    def _type(self, node: Node, parent: int, use: Use) -> Value:
        return Value("type", self.span(node), path=type_name(self.text(node)))

    value_slice_type = value_array_type = value_map_type = value_channel_type = value_pointer_type = (
        value_function_type
    ) = _type
    value_struct_type = value_interface_type = value_type_identifier = value_qualified_type = value_generic_type = _type
    value_parenthesized_type = value_type_instantiation_expression = value_implicit_length_array_type = _type

    # --- calls ---------------------------------------------------------------------------------------------

    def value_call_expression(self, node: Node, parent: int, use: Use) -> Value:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        kind = function.type if function is not None else ""
        name = self.text(function) if kind in ("identifier", "selector_expression") else ""
        operands = [c for c in arguments.named_children if c.type != "comment"] if arguments is not None else []
        if len(operands) == 1:
            if name == "new" and operands[0].type in _TYPES:
                return self._allocation(node, operands[0], parent, use)
            if name in self._conversions or (kind == "parenthesized_expression" and self._is_pointer(function)):
                return self.value(operands[0], parent, use)
        return self._call(node, function, arguments, parent, use)

    def _is_pointer(self, node: Node | None) -> bool:
        """True for `(*T)`, which as a function can only be a conversion."""
        inner = self.wrapped(node) if node is not None else None
        return (
            inner is not None
            and inner.type == "unary_expression"
            and self.text(inner.child_by_field_name("operator")) == "*"
        )

    def _call(self, node: Node, function: Node | None, arguments: Node | None, parent: int, use: Use) -> Value:
        fact = self._open_call(node, self._called(node, function), parent, use)
        # A closure called where it stands is spawned or put off with its call.
        how = use.how if use.how in ("spawned", "deferred") else "receiver"
        callee = self.value_or_unknown(function, node, fact.id, Use(how, fact.id))
        fact.attributes["callee"] = callee
        fact.attributes["arguments"] = self._arguments(arguments, fact)
        self.facts.close(fact)
        return Value("call", self.span(node), path=f"{callee.path or '?'}()", call=fact.id)

    def _open_call(self, node: Node, focus: Span, parent: int, use: Use) -> Fact:
        return self.open(
            "call", node, parent, focus, use=use.how, consumer=use.consumer, awaited=False, constructor=False
        )

    def _called(self, node: Node, function: Node | None) -> Span:
        """From the called name to the end of the call, so that a link of a long chain points at its own line."""
        if function is not None and function.type == "selector_expression":
            function = function.child_by_field_name("field")
        return self.span(function or node, node)

    def _arguments(self, node: Node | None, fact: Fact) -> tuple[Argument, ...]:
        return tuple(
            Argument("", self.value(child, fact.id, Use("argument", fact.id))) for child in self.items(node, fact.id)
        )

    def value_variadic_argument(self, node: Node, parent: int, use: Use) -> Value:
        return Value(
            "spread",
            self.span(node),
            parts=tuple(self.value(c, parent, use) for c in self.items(node, parent)),
            operator="...",
        )

    def _allocation(self, node: Node, kind: Node, parent: int, use: Use) -> Value:
        """`new(T)`: the same as `&T{}`."""
        fact, callee = self._open_call(node, self.span(node), parent, use), self.type_path(kind)
        fact.attributes.update(constructor=True, callee=callee, arguments=())
        self.facts.close(fact)
        return Value("call", self.span(node), path=f"{callee.path or '?'}()", call=fact.id)

    def type_path(self, node: Node | None) -> Value:
        """A type as the callee of its constructor: a name or a member, type arguments dropped."""
        while node is not None and node.type in ("generic_type", "pointer_type", "parenthesized_type"):
            node = node.child_by_field_name("type") or self.wrapped(node)
        if node is None:
            return Value("unknown", self.facts.all[0].span)
        if node.type == "qualified_type":
            package = node.child_by_field_name("package")
            owner = self.name_of(package) if package is not None else Value("unknown", self.span(node))
            return self.member(node, owner, node.child_by_field_name("name"))
        if node.type in ("type_identifier", "identifier"):
            return self.name_of(node)
        return Value("type", self.span(node), path=type_name(self.text(node)))

    def value_type_conversion_expression(self, node: Node, parent: int, use: Use) -> Value:
        kind, operand = node.child_by_field_name("type"), node.child_by_field_name("operand")
        if kind is not None and kind.type == "generic_type" and operand is not None:
            return self._instantiated(node, kind, operand, parent, use)
        return self.value_or_unknown(operand, node, parent, use)

    def _instantiated(self, node: Node, kind: Node, operand: Node, parent: int, use: Use) -> Value:
        """`f[T](x)`: the grammar can't tell a call from a conversion; a call is by far the likelier."""
        fact, callee = self._open_call(node, self.span(node), parent, use), self.type_path(kind)
        fact.attributes["callee"] = callee
        fact.attributes["arguments"] = (Argument("", self.value(operand, fact.id, Use("argument", fact.id))),)
        self.facts.close(fact)
        return Value("call", self.span(node), path=f"{callee.path or '?'}()", call=fact.id)

    def value_type_assertion_expression(self, node: Node, parent: int, use: Use) -> Value:
        return self.assertion(node, parent, checked=False)

    def assertion(self, node: Node, parent: int, *, checked: bool) -> Value:
        """`x.(T)`. The value is an operation ".()" over x and the type."""
        kind = node.child_by_field_name("type")
        name = type_name(self.text(kind))
        fact = self.open("assertion", node, parent, type=name, checked=checked)
        inner = self.value_or_unknown(node.child_by_field_name("operand"), node, fact.id, OPERAND)
        fact.attributes["value"] = inner
        self.facts.close(fact)
        return Value(
            "operation",
            self.span(node),
            parts=(inner, Value("type", self.span(kind or node), path=name)),
            operator=".()",
        )

    # --- constants -----------------------------------------------------------------------------------------

    def value_nil(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=None)

    def value_true(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=True)

    def value_false(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=False)

    def value_int_literal(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=read_int(self.text(node)))

    def value_float_literal(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=read_float(self.text(node)))

    def value_imaginary_literal(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node))

    def value_interpreted_string_literal(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=unescape(self.text(node)[1:-1]))

    value_rune_literal = value_interpreted_string_literal

    def value_raw_string_literal(self, node: Node, parent: int, use: Use) -> Value:
        return Value("constant", self.span(node), constant=self.text(node)[1:-1])

    # --- operators -----------------------------------------------------------------------------------------

    def value_unary_expression(self, node: Node, parent: int, use: Use) -> Value:
        operand, operator = node.child_by_field_name("operand"), self.text(node.child_by_field_name("operator"))
        if operator == "&":
            return self.value_or_unknown(operand, node, parent, use)
        if operator == "<-":
            return self.receive(node, operand, parent)
        inner = Use("condition", use.consumer) if operator == "!" else OPERAND
        return self.operation(node, operator, (self.value_or_unknown(operand, node, parent, inner),))

    def receive(self, node: Node, operand: Node | None, parent: int) -> Value:
        """`<-ch`."""
        fact = self.open("receive", node, parent)
        channel = self.value_or_unknown(operand, node, fact.id, Use("operand", fact.id))
        fact.attributes["channel"] = channel
        self.facts.close(fact)
        return Value("operation", self.span(node), parts=(channel,), operator="<-")

    def value_binary_expression(self, node: Node, parent: int, use: Use) -> Value:
        spine, sides = self.left_spine(node), [use]
        for binary in spine:
            sides.append(self._side(binary, sides[-1]))
        value: Value | None = None
        for binary in reversed(spine):
            side = sides.pop()
            children = list(self.items(binary, parent))
            parts = tuple(self.value(c, parent, side) for c in (children if value is None else children[1:]))
            value = self._fold(binary, parts if value is None else (value, *parts))
        return value or Value("unknown", self.span(node))

    def _side(self, node: Node, use: Use) -> Use:
        """What becomes of the operands of a binary expression."""
        operator = self.text(node.child_by_field_name("operator"))
        if operator in _COMPARISONS:
            return Use("compared", use.consumer)
        return use if operator in ("&&", "||") and use.how in ("returned", "assigned", "condition") else OPERAND

    def _fold(self, node: Node, parts: tuple[Value, ...]) -> Value:
        operator = self.text(node.child_by_field_name("operator"))
        if any(isinstance(p.constant, Duration) for p in parts) and len(parts) == 2:
            constant = fold_durations(operator, parts[0].constant, parts[1].constant)
            return Value("operation", self.span(node), constant=constant, parts=parts, operator=operator)
        # The division of two whole numbers is whole.
        whole = operator == "/" and all(isinstance(p.constant, int) for p in parts)
        value = self.operation(node, "//" if whole else operator, parts)
        return (
            Value("operation", value.span, constant=value.constant, parts=parts, operator=operator) if whole else value
        )
