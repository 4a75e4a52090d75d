"""Python's syntax tree as facts. Grammar: tree-sitter-python."""

from __future__ import annotations

from tree_sitter import Node

from ...model import Fact, Span, Value
from ..reader import OPERAND, Reader, Use
from .expressions import Expressions
from .types import type_name

__all__ = ["LanguageReader"]


class LanguageReader(Expressions, Reader):
    """Statements of Python; expressions are in `expressions.py`."""

    silent = frozenset(
        {
            "string_start",
            "string_end",
            "string_content",
            "escape_sequence",
            "type",
            "global_statement",
            "nonlocal_statement",
        }
    )

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
        self.remarks(node, parent)
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
        if definition.type == "class_definition":
            self._class(definition, parent, node)
        else:
            self._function(definition, parent, node)

    def on_function_definition(self, node: Node, parent: int) -> None:
        self._function(node, parent, node)

    def on_class_definition(self, node: Node, parent: int) -> None:
        self._class(node, parent, node)

    def _function(self, node: Node, parent: int, whole: Node) -> None:
        """`whole` is the definition with its decorators."""
        body = node.child_by_field_name("body")
        name = self.text(node.child_by_field_name("name"))
        fact = self.open("function", whole, parent, self.until(node, body), name=name, closure=False)
        fact.attributes.update(
            name=name,
            decorators=self._decorators(whole, fact),
            asynchronous=any(c.type == "async" for c in node.children),
            result=(type_name(self.text(node.child_by_field_name("return_type"))),),
            parameters=self._parameters(node.child_by_field_name("parameters"), fact),
            modifiers=frozenset(),
            throws=(),
        )
        self.remarks(node, fact.id)
        self.visit_all(body.named_children if body is not None else (), fact.id)
        self.facts.close(fact)

    def _decorators(self, whole: Node, fact: Fact) -> tuple[Value, ...]:
        found = (
            [c for c in self.items(whole, fact.id) if c.type == "decorator"]
            if whole.type == "decorated_definition"
            else []
        )
        for decorator in found:
            self.remarks(decorator, fact.id)
        return tuple(self.value_or_unknown(self.wrapped(d), d, fact.id, Use("item", fact.id)) for d in found)

    def _class(self, node: Node, parent: int, whole: Node) -> None:
        body = node.child_by_field_name("body")
        name = self.text(node.child_by_field_name("name"))
        fact = self.open("class", whole, parent, self.until(node, body), name=name)
        fact.attributes.update(
            name=name,
            decorators=self._decorators(whole, fact),
            bases=self._bases(node.child_by_field_name("superclasses"), fact),
            modifiers=frozenset(),
        )
        self.remarks(node, fact.id)
        self.visit_all(body.named_children if body is not None else (), fact.id)
        self.facts.close(fact)

    def _bases(self, node: Node | None, fact: Fact) -> tuple[str, ...]:
        bases = [b for b in self.items(node, fact.id) if b.type != "keyword_argument"]
        for base in bases:
            if base.type == "call":
                self.value(base, fact.id, OPERAND)
        return tuple(type_name(self.text(b)) for b in bases)

    # --- control flow --------------------------------------------------------------------------------------

    def on_if_statement(self, node: Node, parent: int) -> None:
        self._branch(node, node.children_by_field_name("alternative"), parent, self.span(node))

    def _branch(self, node: Node, alternatives: list[Node], parent: int, span: Span) -> None:
        body = node.child_by_field_name("consequence")
        fact = self.facts.open("branch", span, self.until(node, body), parent, style="if")
        fact.attributes["condition"] = self._condition(node.child_by_field_name("condition"), fact)
        self.block("then", body, fact.id)
        self.remarks(node, fact.id)
        if alternatives:
            first, *rest = alternatives
            if first.type == "elif_clause":
                span = self.span(first, alternatives[-1])
                other = self.facts.open("block", span, span, fact.id, arm="else")
                self._branch(first, rest, other.id, span)
                self.facts.close(other)
            else:
                self._clause("else", first, fact.id)
        self.facts.close(fact)

    def _condition(self, node: Node | None, fact: Fact) -> Value | None:
        return self.value(node, fact.id, Use("condition", fact.id)) if node is not None else None

    def on_match_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("branch", node, parent, self.until(node, body), style="match")
        fact.attributes["condition"] = self._condition(node.child_by_field_name("subject"), fact)
        for case in self.items(body, fact.id):
            if case.type == "case_clause":
                self._case(case, fact)
        self.facts.close(fact)

    def _case(self, node: Node, branch: Fact) -> None:
        pattern = ", ".join(self.text(c) for c in node.named_children if c.type == "case_pattern")
        guard = node.child_by_field_name("guard")
        condition = self.wrapped(guard) if guard is not None else None
        if condition is not None:
            self.value(condition, branch.id, Use("condition", branch.id))
        self.remarks(node, branch.id)
        arm = "default" if pattern == "_" and guard is None else "case"
        self.block(arm, node.child_by_field_name("consequence"), branch.id, label=pattern)

    def on_for_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open(
            "loop", node, parent, self.until(node, body), style="each", asynchronous=node.children[0].type == "async"
        )
        iterable, left = node.child_by_field_name("right"), node.child_by_field_name("left")
        fact.attributes["iterable"] = (
            self.value(iterable, fact.id, Use("iterated", fact.id)) if iterable is not None else None
        )
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
        self.remarks(node, fact.id)
        self._clause("else", node.child_by_field_name("alternative"), fact.id)
        self.facts.close(fact)

    def on_try_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("try", node, parent, self.until(node, body))
        self.block("body", body, fact.id)
        for clause in node.named_children:
            if clause.type in ("except_clause", "except_group_clause"):
                self._handler(clause, fact.id)
            elif clause.type == "else_clause":
                self._clause("else", clause, fact.id)
            elif clause.type == "finally_clause":
                self._clause("finally", clause, fact.id)
            elif clause.type == "comment":
                self.visit(clause, fact.id)
        self.facts.close(fact)

    def _clause(self, arm: str, node: Node | None, parent: int) -> None:
        if node is not None:
            self.remarks(node, parent)
            self.block(arm, self._block_of(node), parent)

    def _block_of(self, node: Node) -> Node | None:
        return next((c for c in node.named_children if c.type == "block"), None)

    def _handler(self, node: Node, parent: int) -> None:
        body = self._block_of(node)
        caught, variable = node.child_by_field_name("value"), ""
        if caught is not None and caught.type == "as_pattern":
            variable = self.text(caught.child_by_field_name("alias"))
            caught = self.wrapped(caught)
        nodes = [] if caught is None else caught.named_children if caught.type == "tuple" else [caught]
        fact = self.open("handler", node, parent, self.until(node, body), style="catch", variable=variable)
        fact.attributes["types"] = tuple(type_name(self.text(n)) for n in nodes)
        self.remarks(node, fact.id)
        self.visit_all(body.named_children if body is not None else (), fact.id)
        self.facts.close(fact)

    def on_with_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("with", node, parent, self.until(node, body), asynchronous=node.children[0].type == "async")
        clause = next((c for c in node.named_children if c.type == "with_clause"), None)
        fact.attributes["items"] = tuple(
            self._with_item(item, fact) for item in self.items(clause, fact.id) if item.type == "with_item"
        )
        self.remarks(node, fact.id)
        self.block("body", body, fact.id)
        self.facts.close(fact)

    def _with_item(self, node: Node, fact: Fact) -> tuple[Value, str]:
        inner = node.child_by_field_name("value") or self.wrapped(node)
        alias = ""
        if inner is not None and inner.type == "as_pattern":
            alias = self.text(inner.child_by_field_name("alias"))
            inner = self.wrapped(inner)
        return self.value_or_unknown(inner, node, fact.id, Use("item", fact.id)), alias

    # --- simple statements ---------------------------------------------------------------------------------

    def on_return_statement(self, node: Node, parent: int) -> None:
        fact = self.open("return", node, parent, values=())
        use = Use("returned", fact.id)
        fact.attributes["values"] = tuple(self.value(c, fact.id, use) for c in self.items(node, fact.id))
        self.facts.close(fact)

    def on_raise_statement(self, node: Node, parent: int) -> None:
        fact = self.open("raise", node, parent, value=None, cause=None)
        cause = node.child_by_field_name("cause")
        for child in self.items(node, fact.id):
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
        fact.attributes["targets"] = tuple(t for c in self.items(node, fact.id) for t in self.targets(c, fact.id))
        self.facts.close(fact)

    def on_assert_statement(self, node: Node, parent: int) -> None:
        for child in self.items(node, parent):
            self.value(child, parent, OPERAND)

    def on_comment(self, node: Node, parent: int) -> None:
        start = self.data.rfind(b"\n", 0, node.start_byte) + 1
        own = not self.data[start : node.start_byte].strip()
        self.leaf("comment", node, parent, text=self.text(node).lstrip("#").strip(), own_line=own)

    def on_expression_statement(self, node: Node, parent: int) -> None:
        for child in node.named_children:
            self.visit(child, parent)

    def on_assignment(self, node: Node, parent: int) -> None:
        lefts, right = [node.child_by_field_name("left")], node.child_by_field_name("right")
        while right is not None and right.type == "assignment":  # a = b = value
            lefts.append(right.child_by_field_name("left"))
            right = right.child_by_field_name("right")
        kind = type_name(self.text(node.child_by_field_name("type")))
        fact = self.open("assignment", node, parent, operator="=", declaration=bool(kind), type=kind)
        self.remarks(node, fact.id)
        fact.attributes["value"] = self.value(right, fact.id, Use("assigned", fact.id)) if right is not None else None
        fact.attributes["targets"] = tuple(t for left in lefts for t in self.targets(left, fact.id))
        self.facts.close(fact)

    def on_augmented_assignment(self, node: Node, parent: int) -> None:
        operator = self.text(node.child_by_field_name("operator"))
        fact = self.open("assignment", node, parent, operator=operator, declaration=False, type="")
        right = node.child_by_field_name("right")
        fact.attributes["value"] = self.value(right, fact.id, Use("assigned", fact.id)) if right is not None else None
        fact.attributes["targets"] = self.targets(node.child_by_field_name("left"), fact.id)
        self.facts.close(fact)
