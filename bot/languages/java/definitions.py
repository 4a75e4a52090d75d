"""Java's classes, functions, fields and annotations."""

from __future__ import annotations

from typing import Final

from tree_sitter import Node

from ...model import Argument, Fact, Parameter, Span, Value
from ..reader import COMMENTS, OPERAND, Use
from .expressions import Expressions, code
from .types import plain_name, type_name

_ANNOTATIONS: Final = frozenset({"annotation", "marker_annotation"})
_STYLES: Final = {
    "interface_declaration": "interface",
    "enum_declaration": "enum",
    "record_declaration": "record",
    "annotation_type_declaration": "annotation",
}


class Definitions(Expressions):
    """What declares a name: types, methods, constructors, closures, fields."""

    # --- classes -------------------------------------------------------------------------------------------

    def on_class_declaration(self, node: Node, parent: int) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        fact = self.open("class", node, parent, self._header(node, name, body), name=self.text(name))
        words, decorators = self._modifiers(node, fact)
        style = _STYLES.get(node.type)
        fact.attributes.update(
            name=self.text(name),
            bases=self._bases(node),
            decorators=decorators,
            modifiers=frozenset({*words, style} if style else words),
        )
        self._components(node.child_by_field_name("parameters"), fact)
        if body is not None:
            self.visit_all(body.named_children, fact.id)
        self.facts.close(fact)

    on_interface_declaration = on_enum_declaration = on_record_declaration = on_annotation_type_declaration = (
        on_class_declaration
    )

    def _header(self, node: Node, name: Node | None, body: Node | None) -> Span:
        return self.until(name if name is not None else node, body)

    def _bases(self, node: Node) -> tuple[str, ...]:
        found: list[Node] = []
        for clause in node.named_children:
            if clause.type == "superclass":
                found += code(clause)
            elif clause.type in ("super_interfaces", "extends_interfaces"):
                found += [t for types in code(clause) for t in code(types)]
        return tuple(plain_name(self.text(t)) for t in found)

    def _components(self, node: Node | None, fact: Fact) -> None:
        """The components of a record are its fields."""
        for child in node.named_children if node is not None else ():
            parameter = self._parameter(child)
            if parameter is not None:
                self.facts.close(self._field(child, fact.id, parameter.name, parameter.type, frozenset({"final"})))

    def on_enum_constant(self, node: Node, parent: int) -> None:
        """A constant is a field; with arguments or a body its value is a constructor call."""
        name, owner = node.child_by_field_name("name"), self.facts.all[parent].get("name", "")
        fact = self._field(node, parent, self.text(name), owner, frozenset({"static", "final"}))
        _, fact.attributes["decorators"] = self._modifiers(node, fact)
        arguments, body = node.child_by_field_name("arguments"), node.child_by_field_name("body")
        if (arguments is not None or body is not None) and name is not None:
            callee = Value("name", self.span(name), path=owner)
            fact.attributes["value"] = self._construct(node, callee, arguments, body, fact.id, Use("assigned", fact.id))
        self.facts.close(fact)

    def _field(self, node: Node, parent: int, name: str, kind: str, words: frozenset[str]) -> Fact:
        fact = self.open("field", node, parent, type=kind, value=None, decorators=(), modifiers=words)
        fact.attributes["name"] = name
        return fact

    # --- constructor calls ---------------------------------------------------------------------------------

    def value_object_creation_expression(self, node: Node, parent: int, use: Use) -> Value:
        kind = node.child_by_field_name("type")
        callee = self._type_path(kind) if kind is not None else Value("unknown", self.span(node))
        body = next((c for c in node.named_children if c.type == "class_body"), None)
        return self._construct(node, callee, node.child_by_field_name("arguments"), body, parent, use)

    def _type_path(self, node: Node) -> Value:
        """The type of a constructor as a dotted path, so that its first part can be looked up among the imports."""
        kind, inner = node.type, code(node)
        if kind in ("generic_type", "annotated_type") and inner:
            return self._type_path(
                next((c for c in inner if c.type not in ("type_arguments", *_ANNOTATIONS)), inner[0])
            )
        if kind == "scoped_type_identifier" and len(inner) > 1:
            return self.member(node, self._type_path(inner[0]), inner[-1])
        return self.name_of(node)

    def _construct(
        self, node: Node, callee: Value, arguments: Node | None, body: Node | None, parent: int, use: Use
    ) -> Value:
        fact = self.open("call", node, parent, self.until(node, body), constructor=True, awaited=False, callee=callee)
        fact.attributes.update(use=use.how, consumer=use.consumer)
        outer = node.children[0]
        if node.type == "object_creation_expression" and outer.type != "new":  # outer.new Inner()
            self.value(outer, fact.id, Use("receiver", fact.id))
        fact.attributes["arguments"] = self.arguments(arguments, fact)
        if body is not None:
            self._anonymous_class(body, callee.path, fact)
        self.facts.close(fact)
        return Value("call", fact.span, path=f"{callee.path or '?'}()", call=fact.id)

    def _anonymous_class(self, body: Node, base: str, call: Fact) -> None:
        fact = self.open("class", body, call.id, self.span(body.children[0]))
        fact.attributes.update(name="", bases=(base,), decorators=(), modifiers=frozenset())
        self.visit_all(body.named_children, fact.id)
        self.facts.close(fact)

    # --- functions -----------------------------------------------------------------------------------------

    def on_method_declaration(self, node: Node, parent: int) -> None:
        kind = type_name(self.text(node.child_by_field_name("type")))
        self._function(node, parent, () if kind == "void" else ("[]" * self._dimensions(node) + kind,), frozenset())

    def on_constructor_declaration(self, node: Node, parent: int) -> None:
        self._function(node, parent, (), frozenset({"constructor"}))

    on_compact_constructor_declaration = on_constructor_declaration

    def _function(self, node: Node, parent: int, result: tuple[str, ...], more: frozenset[str]) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        fact = self.open("function", node, parent, self._header(node, name, body), name=self.text(name), closure=False)
        words, decorators = self._modifiers(node, fact)
        self.remarks(node, fact.id)
        fact.attributes.update(
            name=self.text(name),
            asynchronous=False,
            result=result,
            parameters=self._parameters(node.child_by_field_name("parameters")),
            decorators=decorators,
            modifiers=frozenset(words) | more,
            throws=tuple(plain_name(self.text(t)) for c in node.named_children if c.type == "throws" for t in code(c)),
        )
        if body is not None:
            self.visit_all(body.named_children, fact.id)
        self.facts.close(fact)

    def value_lambda_expression(self, node: Node, parent: int, use: Use) -> Value:
        parameters, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        fact = self.closure(node, parent, use)
        self.remarks(node, fact.id)
        bare = parameters is not None and parameters.type == "identifier"
        fact.attributes["parameters"] = (Parameter(self.text(parameters)),) if bare else self._parameters(parameters)
        if body is not None and body.type == "block":
            self.visit_all(body.named_children, fact.id)
        elif body is not None:
            self.value(body, fact.id, Use("returned", fact.id))
        self.facts.close(fact)
        return Value("function", fact.span, call=fact.id)

    def _parameters(self, node: Node | None) -> tuple[Parameter, ...]:
        return tuple(
            p
            for child in (node.named_children if node is not None else ())
            if (p := self._parameter(child)) is not None
        )

    def _parameter(self, node: Node) -> Parameter | None:
        kind = node.type
        if kind == "identifier":
            return Parameter(self.text(node))
        if kind == "formal_parameter":
            name = self.text(node.child_by_field_name("name"))
            return Parameter(
                name, "[]" * self._dimensions(node) + type_name(self.text(node.child_by_field_name("type")))
            )
        if kind == "spread_parameter":
            parts = [c for c in code(node) if c.type not in ("modifiers", *_ANNOTATIONS)]
            name = self.text(parts[-1].child_by_field_name("name")) if len(parts) > 1 else ""
            return Parameter(name, "[]" + type_name(self.text(parts[0])) if parts else "", variadic=True)
        return None

    def _dimensions(self, node: Node) -> int:
        """How many `[]` follow the name (`int sizes[]`)."""
        return self.text(node.child_by_field_name("dimensions")).count("[")

    # --- fields and variables ------------------------------------------------------------------------------

    def on_field_declaration(self, node: Node, parent: int) -> None:
        """One fact a name; the annotations belong to the first."""
        kind = type_name(self.text(node.child_by_field_name("type")))
        words: list[str] = []
        decorators: tuple[Value, ...] = ()
        for i, declarator in enumerate(node.children_by_field_name("declarator")):
            name = declarator.child_by_field_name("name")
            fact = self.open("field", declarator if i else node, parent, self.span(name or declarator, declarator))
            if i == 0:
                words, decorators = self._modifiers(node, fact)
                self.remarks(node, fact.id)
            fact.attributes.update(name=self.text(name), type="[]" * self._dimensions(declarator) + kind)
            fact.attributes.update(modifiers=frozenset(words), decorators=decorators)
            fact.attributes["value"] = self._initial(declarator, fact)
            self.facts.close(fact)

    on_constant_declaration = on_field_declaration

    def on_local_variable_declaration(self, node: Node, parent: int) -> None:
        kind = type_name(self.text(node.child_by_field_name("type")))
        declarators = node.children_by_field_name("declarator")
        for declarator in declarators:
            name = declarator.child_by_field_name("name")
            whole = node if len(declarators) == 1 else declarator
            fact = self.open("assignment", whole, parent, self.span(declarator), operator="=", declaration=True)
            fact.attributes.update(
                type="[]" * self._dimensions(declarator) + kind,
                targets=(self.name_of(name),) if name is not None else (),
                value=self._initial(declarator, fact),
            )
            self.facts.close(fact)

    def _initial(self, declarator: Node, fact: Fact) -> Value | None:
        value = declarator.child_by_field_name("value")
        return self.value(value, fact.id, Use("assigned", fact.id)) if value is not None else None

    # --- modifiers and annotations -------------------------------------------------------------------------

    def _modifiers(self, node: Node, fact: Fact) -> tuple[list[str], tuple[Value, ...]]:
        """The modifier words of a declaration, and its annotations as values; comments among them become facts."""
        words: list[str] = []
        decorators: list[Value] = []
        first = next((c for c in node.children if c.type == "modifiers"), None)
        for child in first.children if first is not None else ():
            if child.type in _ANNOTATIONS:
                decorators.append(self.value(child, fact.id, Use("item", fact.id)))
            elif child.type in COMMENTS:
                self.visit(child, fact.id)
            else:
                words.append(child.type)
        return words, tuple(decorators)

    def value_marker_annotation(self, node: Node, parent: int, use: Use) -> Value:
        name = node.child_by_field_name("name")
        return self.value(name, parent, OPERAND) if name is not None else Value("unknown", self.span(node))

    def value_annotation(self, node: Node, parent: int, use: Use) -> Value:
        """An annotation with arguments is a call; `@Retry(attempts = 3)` has named ones."""
        name = node.child_by_field_name("name")
        fact = self.open("call", node, parent, use="item", consumer=use.consumer, awaited=False, constructor=False)
        callee = self.value(name, fact.id, OPERAND) if name is not None else Value("unknown", self.span(node))
        arguments = node.child_by_field_name("arguments")
        pairs = tuple(self._element(c, fact) for c in (code(arguments) if arguments is not None else ()))
        fact.attributes.update(callee=callee, arguments=pairs)
        self.facts.close(fact)
        return Value("call", fact.span, path=f"{callee.path or '?'}()", call=fact.id)

    def _element(self, node: Node, call: Fact) -> Argument:
        use = Use("argument", call.id)
        if node.type != "element_value_pair":
            return Argument("", self.value(node, call.id, use))
        value = node.child_by_field_name("value")
        key = self.text(node.child_by_field_name("key"))
        return Argument(
            key, self.value(value, call.id, use) if value is not None else Value("unknown", self.span(node))
        )
