"""Python's syntax tree as facts. Grammar: tree-sitter-python."""

from __future__ import annotations

from tree_sitter import Node

from ...model import Argument, Duration, Fact, Parameter, Value
from ..reader import OPERAND, Reader, Use
from .expressions import Expressions
from .types import type_name

__all__ = ["Duration", "LanguageReader"]


class LanguageReader(Expressions, Reader):
    """Statements of Python; expressions are in `expressions.py`."""

    silent = frozenset({"string_start", "string_end", "string_content", "escape_sequence", "type", "global_statement", "nonlocal_statement"})

    # --- names ---------------------------------------------------------------------------------------------

    def on_import_statement(self, node: Node, parent: int) -> None:
        for child in node.children_by_field_name("name"):
            name, alias = self._imported(child)
            self.leaf("import", child, parent, module=name, name="", alias=alias or name.split(".")[0], whole=not alias)

    def on_import_from_statement(self, node: Node, parent: int) -> None:
        module = self.text(node.child_by_field_name("module_name"))
        for child in node.children_by_field_name("name"):
            name, alias = self._imported(child)
            self.leaf("import", child, parent, module=module, name=name, alias=alias or name, whole=False)
        if any(c.type == "wildcard_import" for c in node.children):
            self.leaf("import", node, parent, module=module, name="*", alias="*", whole=False)

    def _imported(self, node: Node) -> tuple[str, str]:
        if node.type == "aliased_import":
            return self.text(node.child_by_field_name("name")), self.text(node.child_by_field_name("alias"))
        return self.text(node), ""

    # --- definitions ---------------------------------------------------------------------------------------

    def on_decorated_definition(self, node: Node, parent: int) -> None:
        definition = node.child_by_field_name("definition")
        if definition is None:
            return
        decorators = [c for c in node.named_children if c.type == "decorator"]
        if definition.type == "class_definition":
            self._class(definition, parent, decorators)
        else:
            self._function(definition, parent, decorators)

    def on_function_definition(self, node: Node, parent: int) -> None:
        self._function(node, parent, [])

    def on_class_definition(self, node: Node, parent: int) -> None:
        self._class(node, parent, [])

    def _function(self, node: Node, parent: int, decorators: list[Node]) -> None:
        body = node.child_by_field_name("body")
        name = self.text(node.child_by_field_name("name"))
        fact = self.open("function", node, parent, self.until(node, body), name=name, closure=False)
        fact.attributes.update(
            name=name,
            asynchronous=any(c.type == "async" for c in node.children),
            result=(type_name(self.text(node.child_by_field_name("return_type"))),),
            parameters=self._parameters(node.child_by_field_name("parameters"), fact),
            decorators=tuple(self._decorator(d, fact) for d in decorators),
            modifiers=frozenset(),
            throws=(),
        )
        if body is not None:
            self.visit_all(body.named_children, fact.id)
        self.facts.close(fact)

    def _decorator(self, node: Node, fact: Fact) -> Value:
        inner = self.wrapped(node)
        return self.value(inner, fact.id, Use("item", fact.id)) if inner is not None else Value("unknown", self.span(node))

    def _class(self, node: Node, parent: int, decorators: list[Node]) -> None:
        body = node.child_by_field_name("body")
        name = self.text(node.child_by_field_name("name"))
        bases = node.child_by_field_name("superclasses")
        fact = self.open("class", node, parent, self.until(node, body), name=name)
        fact.attributes.update(
            name=name,
            bases=tuple(type_name(self.text(b)) for b in (bases.named_children if bases else ()) if b.type != "keyword_argument"),
            decorators=tuple(self._decorator(d, fact) for d in decorators),
            modifiers=frozenset(),
        )
        if body is not None:
            self.visit_all(body.named_children, fact.id)
        self.facts.close(fact)

    def _parameters(self, node: Node | None, fact: Fact) -> tuple[Parameter, ...]:
        return tuple(p for child in (node.named_children if node else ()) if (p := self._parameter(child, fact)) is not None)

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

    # --- control flow --------------------------------------------------------------------------------------

    def on_if_statement(self, node: Node, parent: int) -> None:
        self._branch(node, node.children_by_field_name("alternative"), parent)

    def _branch(self, node: Node, alternatives: list[Node], parent: int) -> None:
        body = node.child_by_field_name("consequence")
        fact = self.open("branch", node, parent, self.until(node, body), style="if")
        fact.attributes["condition"] = self._condition(node.child_by_field_name("condition"), fact)
        self.block("then", body, fact.id)
        if alternatives:
            first, *rest = alternatives
            if first.type == "elif_clause":
                other = self.open("block", first, fact.id, arm="else")
                self._branch(first, rest, other.id)
                self.facts.close(other)
            else:
                self.block("else", first.child_by_field_name("body"), fact.id)
        self.facts.close(fact)

    def _condition(self, node: Node | None, fact: Fact) -> Value | None:
        return self.value(node, fact.id, Use("condition", fact.id)) if node is not None else None

    def on_match_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("branch", node, parent, self.until(node, body), style="match")
        fact.attributes["condition"] = self._condition(node.child_by_field_name("subject"), fact)
        for case in body.named_children if body else ():
            if case.type == "case_clause":
                pattern = self.text(case.named_children[0])
                self.block("default" if pattern == "_" else "case", case.child_by_field_name("consequence"), fact.id, label=pattern)
        self.facts.close(fact)

    def on_for_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("loop", node, parent, self.until(node, body), style="each", asynchronous=node.children[0].type == "async")
        iterable, left = node.child_by_field_name("right"), node.child_by_field_name("left")
        fact.attributes["iterable"] = self.value(iterable, fact.id, Use("iterated", fact.id)) if iterable is not None else None
        fact.attributes["targets"] = self.targets(left, fact.id)
        self._loop_body(node, body, fact)

    def on_while_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("loop", node, parent, self.until(node, body), style="while", asynchronous=False, targets=())
        condition = self._condition(node.child_by_field_name("condition"), fact)
        fact.attributes["condition"] = condition
        if condition is not None and condition.form == "constant" and condition.constant:
            fact.attributes["style"] = "forever"
        self._loop_body(node, body, fact)

    def _loop_body(self, node: Node, body: Node | None, fact: Fact) -> None:
        self.block("body", body, fact.id)
        other = node.child_by_field_name("alternative")
        self.block("else", other.child_by_field_name("body") if other is not None else None, fact.id)
        self.facts.close(fact)

    def on_try_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("try", node, parent, self.until(node, body))
        self.block("body", body, fact.id)
        for clause in node.named_children:
            if clause.type in ("except_clause", "except_group_clause"):
                self._handler(clause, fact.id)
            elif clause.type == "else_clause":
                self.block("else", clause.child_by_field_name("body"), fact.id)
            elif clause.type == "finally_clause":
                self.block("finally", self._block_of(clause), fact.id)
            elif clause.type == "comment":
                self.visit(clause, fact.id)
        self.facts.close(fact)

    def _block_of(self, node: Node) -> Node | None:
        return next((c for c in node.named_children if c.type == "block"), None)

    def _handler(self, node: Node, parent: int) -> None:
        body = self._block_of(node)
        caught, variable = node.child_by_field_name("value"), ""
        if caught is not None and caught.type == "as_pattern":
            variable = self.text(caught.child_by_field_name("alias"))
            caught = caught.named_children[0]
        nodes = [] if caught is None else caught.named_children if caught.type == "tuple" else [caught]
        fact = self.open("handler", node, parent, self.until(node, body), style="catch", variable=variable)
        fact.attributes["types"] = tuple(type_name(self.text(n)) for n in nodes)
        for child in node.named_children:
            if child.type == "comment":
                self.visit(child, fact.id)
        self.visit_all(body.named_children if body is not None else (), fact.id)
        self.facts.close(fact)

    def on_with_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("with", node, parent, self.until(node, body), asynchronous=node.children[0].type == "async")
        clause = next((c for c in node.named_children if c.type == "with_clause"), None)
        fact.attributes["items"] = tuple(
            self._with_item(item, fact) for item in (clause.named_children if clause else ()) if item.type == "with_item"
        )
        self.block("body", body, fact.id)
        self.facts.close(fact)

    def _with_item(self, node: Node, fact: Fact) -> tuple[Value, str]:
        inner = node.child_by_field_name("value") or node.named_children[0]
        alias = ""
        if inner.type == "as_pattern":
            alias = self.text(inner.child_by_field_name("alias"))
            inner = inner.named_children[0]
        return self.value(inner, fact.id, Use("item", fact.id)), alias

    # --- simple statements ---------------------------------------------------------------------------------

    def on_return_statement(self, node: Node, parent: int) -> None:
        fact = self.open("return", node, parent, values=())
        fact.attributes["values"] = tuple(self.value(c, fact.id, Use("returned", fact.id)) for c in node.named_children if c.type != "comment")
        self.facts.close(fact)

    def on_raise_statement(self, node: Node, parent: int) -> None:
        fact = self.open("raise", node, parent, value=None, cause=None)
        cause = node.child_by_field_name("cause")
        for child in node.named_children:
            if child.type == "comment":
                continue
            key = "cause" if cause is not None and child.start_byte == cause.start_byte else "value"
            fact.attributes[key] = self.value(child, fact.id, Use("raised", fact.id))
        self.facts.close(fact)

    def on_break_statement(self, node: Node, parent: int) -> None:
        self.leaf("break", node, parent, label="")

    def on_continue_statement(self, node: Node, parent: int) -> None:
        self.leaf("continue", node, parent, label="")

    def on_pass_statement(self, node: Node, parent: int) -> None:
        self.leaf("pass", node, parent)

    def on_delete_statement(self, node: Node, parent: int) -> None:
        fact = self.open("delete", node, parent)
        targets = [t for c in node.named_children for t in (c.named_children if c.type == "expression_list" else [c])]
        fact.attributes["targets"] = tuple(self.value(t, fact.id, Use("target", fact.id)) for t in targets)
        self.facts.close(fact)

    def on_assert_statement(self, node: Node, parent: int) -> None:
        for child in node.named_children:
            self.value(child, parent, OPERAND)

    def on_comment(self, node: Node, parent: int) -> None:
        start = self.data.rfind(b"\n", 0, node.start_byte) + 1
        own = not self.data[start : node.start_byte].strip()
        self.leaf("comment", node, parent, text=self.text(node).lstrip("#").strip(), own_line=own)

    def on_expression_statement(self, node: Node, parent: int) -> None:
        for child in node.named_children:
            self.visit(child, parent)

    def on_assignment(self, node: Node, parent: int) -> None:
        right = node.child_by_field_name("right")
        fact = self.open("assignment", node, parent, operator="=", declaration=False)
        fact.attributes["type"] = type_name(self.text(node.child_by_field_name("type")))
        fact.attributes["value"] = self.value(right, fact.id, Use("assigned", fact.id)) if right is not None else None
        fact.attributes["targets"] = self.targets(node.child_by_field_name("left"), fact.id)
        self.facts.close(fact)

    def on_augmented_assignment(self, node: Node, parent: int) -> None:
        operator = self.text(node.child_by_field_name("operator"))
        fact = self.open("assignment", node, parent, operator=operator, declaration=False, type="")
        right = node.child_by_field_name("right")
        fact.attributes["value"] = self.value(right, fact.id, Use("assigned", fact.id)) if right is not None else None
        fact.attributes["targets"] = self.targets(node.child_by_field_name("left"), fact.id)
        self.facts.close(fact)

    def targets(self, node: Node | None, parent: int) -> tuple[Value, ...]:
        """The values on the left of an assignment, a loop or a deletion, flattened."""
        if node is None:
            return ()
        if node.type in ("pattern_list", "tuple_pattern", "list_pattern", "expression_list", "tuple"):
            return tuple(t for child in node.named_children for t in self.targets(child, parent))
        return (self.value(node, parent, Use("target", parent)),)

    # --- calls ---------------------------------------------------------------------------------------------

    def argument(self, node: Node, call: Fact, position: int) -> Argument:
        """One argument of a call."""
        use = Use("argument", call.id)
        if node.type == "keyword_argument":
            value = node.child_by_field_name("value")
            name = self.text(node.child_by_field_name("name"))
            return Argument(name, self.value(value, call.id, use) if value is not None else Value("unknown", self.span(node)))
        return Argument("", self.value(node, call.id, use))
