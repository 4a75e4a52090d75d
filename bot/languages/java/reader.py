"""Java's syntax tree as facts. Grammar: tree-sitter-java."""

from __future__ import annotations

from tree_sitter import Node

from ...model import Fact, Span, Value
from ..reader import COMMENTS, OPERAND, Reader, Use
from .definitions import Definitions
from .expressions import code
from .types import type_name

__all__ = ["LanguageReader"]


class LanguageReader(Definitions, Reader):
    """Statements of Java; what declares a name is in `definitions.py`, what has a value in `expressions.py`."""

    silent = frozenset(
        {"modifiers", "type_parameters", "type_arguments", "formal_parameters", "dimensions", "permits", "throws"}
    )

    _label = ""
    _switches: tuple[Use, ...] = ()

    # --- the file ------------------------------------------------------------------------------------------

    def read(self, root: Node) -> None:
        """Write the facts of a whole file; a file without a package clause is in package ""."""
        super().read(root)
        self.facts.all[0].attributes.setdefault("package", "")

    def on_package_declaration(self, node: Node, parent: int) -> None:
        name = next((c for c in node.named_children if c.type in ("identifier", "scoped_identifier")), None)
        self.facts.all[0].attributes["package"] = self.text(name)

    def on_import_declaration(self, node: Node, parent: int) -> None:
        path = self.text(next((c for c in node.named_children if c.type in ("identifier", "scoped_identifier")), None))
        module, _, name = path.rpartition(".")
        if any(c.type == "asterisk" for c in node.named_children):
            module, name = path, "*"
        self.leaf("import", node, parent, module=module, name=name, alias=name, whole=False)

    def _comment(self, node: Node, parent: int) -> None:
        start = self.data.rfind(b"\n", 0, node.start_byte) + 1
        own = not self.data[start : node.start_byte].strip()
        self.leaf("comment", node, parent, text=_comment_text(self.text(node)), own_line=own)

    on_line_comment = on_block_comment = _comment

    # --- branches ------------------------------------------------------------------------------------------

    def on_if_statement(self, node: Node, parent: int) -> None:
        """A chain of `else if` is read in a loop: a branch in an else block each."""
        opened: list[Fact] = []
        here: Node | None = node
        while here is not None:
            body, other = here.child_by_field_name("consequence"), here.child_by_field_name("alternative")
            fact = self.open("branch", here, parent, self.until(here, body), style="if")
            fact.attributes["condition"] = self._condition(here, fact)
            self.block("then", body, fact.id)
            self.remarks(here, fact.id)
            opened.append(fact)
            here = other if other is not None and other.type == "if_statement" else None
            if here is not None:
                block = self.open("block", here, fact.id, arm="else")
                opened.append(block)
                parent = block.id
            else:
                self.block("else", other, fact.id)
        for fact in reversed(opened):
            self.facts.close(fact)

    def _condition(self, node: Node, fact: Fact) -> Value | None:
        condition = node.child_by_field_name("condition")
        return self.value(condition, fact.id, Use("condition", fact.id)) if condition is not None else None

    def value_switch_expression(self, node: Node, parent: int, use: Use) -> Value:
        """A switch, as a statement or a value: the values of its arms go where its own goes."""
        body = node.child_by_field_name("body")
        fact = self.open("branch", node, parent, self.until(node, body), style="switch")
        condition = fact.attributes["condition"] = self._condition(node, fact)
        self._switches = (*self._switches, use)
        parts = [condition] if condition is not None else []
        for group in body.named_children if body is not None else ():
            if group.type in COMMENTS:
                self.visit(group, fact.id)
            else:
                parts += self._case(group, fact, use)
        self._switches = self._switches[:-1]
        self.facts.close(fact)
        return Value("operation", self.span(node), parts=tuple(parts), operator="switch")

    def _case(self, node: Node, fact: Fact, use: Use) -> list[Value]:
        labels = [c for c in node.named_children if c.type == "switch_label"]
        texts = [self.text(label).removeprefix("case").strip() for label in labels]
        default = any(t.endswith("default") for t in texts)
        block = self.open("block", node, fact.id, arm="default" if default else "case", label=", ".join(texts))
        values: list[Value] = []
        for child in node.named_children:
            if child.type == "switch_label":
                self._label_facts(child, block.id)
            elif node.type == "switch_rule" and child.type == "expression_statement":
                values += [self.value(c, block.id, use) for c in code(child)]
            else:
                self.visit(child, block.id)
        self.facts.close(block)
        return values

    def _label_facts(self, node: Node, parent: int) -> None:
        for child in code(node):
            if child.type == "pattern":
                self.bindings(child, parent)
            elif child.type == "guard":
                for inner in code(child):
                    self.value(inner, parent, Use("condition", parent))
            else:
                self.value(child, parent, OPERAND)

    def on_yield_statement(self, node: Node, parent: int) -> None:
        """`yield x` gives a value to the enclosing switch; it is not a generator's."""
        for child in self.items(node, parent):
            self.value(child, parent, self._switches[-1] if self._switches else OPERAND)

    # --- loops ---------------------------------------------------------------------------------------------

    def on_labeled_statement(self, node: Node, parent: int) -> None:
        parts = code(node)
        self._label = self.text(parts[0]) if parts else ""
        self.visit_all(parts[1:], parent)
        self._label = ""

    def _loop(self, node: Node, parent: int, style: str) -> Fact:
        fact = self.open(
            "loop",
            node,
            parent,
            self._loop_header(node),
            style=style,
            asynchronous=False,
            targets=(),
            label=self._label,
        )
        self._label = ""
        self.remarks(node, fact.id)
        return fact

    def _loop_header(self, node: Node) -> Span:
        return (
            self.span(node.children[0])
            if node.type == "do_statement"
            else self.until(node, node.child_by_field_name("body"))
        )

    def on_enhanced_for_statement(self, node: Node, parent: int) -> None:
        fact = self._loop(node, parent, "each")
        name, iterable = node.child_by_field_name("name"), node.child_by_field_name("value")
        fact.attributes.update(
            targets=(self.name_of(name),) if name is not None else (),
            type="[]" * self._dimensions(node) + type_name(self.text(node.child_by_field_name("type"))),
            iterable=self.value(iterable, fact.id, Use("iterated", fact.id)) if iterable is not None else None,
        )
        self.block("body", node.child_by_field_name("body"), fact.id)
        self.facts.close(fact)

    def on_for_statement(self, node: Node, parent: int) -> None:
        fact = self._loop(node, parent, "count")
        self.visit_all(node.children_by_field_name("init"), fact.id)
        self._end_condition(node, fact)
        self.visit_all(node.children_by_field_name("update"), fact.id)
        self.block("body", node.child_by_field_name("body"), fact.id)
        self.facts.close(fact)

    def on_while_statement(self, node: Node, parent: int) -> None:
        fact = self._loop(node, parent, "while")
        self._end_condition(node, fact)
        self.block("body", node.child_by_field_name("body"), fact.id)
        self.facts.close(fact)

    def on_do_statement(self, node: Node, parent: int) -> None:
        fact = self._loop(node, parent, "while")
        self.block("body", node.child_by_field_name("body"), fact.id)
        self._end_condition(node, fact)
        fact.attributes["tested"] = "after"
        self.facts.close(fact)

    def _end_condition(self, node: Node, fact: Fact) -> None:
        condition = fact.attributes["condition"] = self._condition(node, fact)
        if condition is None or condition.constant is True:
            fact.attributes["style"] = "forever"

    # --- failures, resources, locks ------------------------------------------------------------------------

    def on_try_statement(self, node: Node, parent: int) -> None:
        body, resources = node.child_by_field_name("body"), node.child_by_field_name("resources")
        fact = self.open("try", node, parent, self.until(node, body))
        if resources is None:
            self.block("body", body, fact.id)
        else:
            self._with(resources, body, fact.id)
        for clause in node.named_children:
            if clause.type == "catch_clause":
                self._handler(clause, fact.id)
            elif clause.type == "finally_clause":
                self.block("finally", self.wrapped(clause), fact.id)
            elif clause.type in COMMENTS:
                self.visit(clause, fact.id)
        self.facts.close(fact)

    on_try_with_resources_statement = on_try_statement

    def _with(self, resources: Node, body: Node | None, parent: int) -> None:
        """try-with-resources: the guarded body holds a `with` that holds the body as written."""
        span = self.span(resources, body)
        outer = self.facts.open("block", span, span, parent, arm="body")
        fact = self.facts.open("with", span, self.span(resources), outer.id, asynchronous=False)
        items, types = [], []
        for resource in resources.named_children:
            if resource.type == "resource":
                items.append(self._resource(resource, fact))
                types.append(type_name(self.text(resource.child_by_field_name("type"))))
            else:
                self.visit(resource, fact.id)
        fact.attributes.update(items=tuple(items), types=tuple(types))
        self.block("body", body, fact.id)
        self.facts.close(fact)
        self.facts.close(outer)

    def _resource(self, node: Node, fact: Fact) -> tuple[Value, str]:
        value = node.child_by_field_name("value") or self.wrapped(node)
        alias = self.text(node.child_by_field_name("name"))
        return self.value(value, fact.id, Use("item", fact.id)) if value is not None else Value(
            "unknown", self.span(node)
        ), alias

    def _handler(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        caught = next((c for c in node.named_children if c.type == "catch_formal_parameter"), None)
        types = [t for c in (code(caught) if caught is not None else ()) if c.type == "catch_type" for t in code(c)]
        variable = self.text(caught.child_by_field_name("name")) if caught is not None else ""
        fact = self.open("handler", node, parent, self.until(node, body), style="catch", variable=variable)
        fact.attributes["types"] = tuple(type_name(self.text(t)) for t in types)
        self.remarks(node, fact.id)
        self.visit_all(body.named_children if body is not None else (), fact.id)
        self.facts.close(fact)

    def on_synchronized_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open("lock", node, parent, self.until(node, body))
        held = next((c for c in node.named_children if c.type == "parenthesized_expression"), None)
        fact.attributes["object"] = self.value(held, fact.id, OPERAND) if held is not None else None
        self.block("body", body, fact.id)
        self.facts.close(fact)

    # --- simple statements ---------------------------------------------------------------------------------

    def on_return_statement(self, node: Node, parent: int) -> None:
        fact = self.open("return", node, parent, values=())
        use = Use("returned", fact.id)
        fact.attributes["values"] = tuple(self.value(c, fact.id, use) for c in self.items(node, fact.id))
        self.facts.close(fact)

    def on_throw_statement(self, node: Node, parent: int) -> None:
        fact = self.open("raise", node, parent, value=None, cause=None)
        for child in self.items(node, fact.id):
            fact.attributes["value"] = self.value(child, fact.id, Use("raised", fact.id))
        self.facts.close(fact)

    def on_break_statement(self, node: Node, parent: int) -> None:
        self.leaf("break", node, parent, label=self.text(self.wrapped(node)))

    def on_continue_statement(self, node: Node, parent: int) -> None:
        self.leaf("continue", node, parent, label=self.text(self.wrapped(node)))

    def on_assert_statement(self, node: Node, parent: int) -> None:
        for child in self.items(node, parent):
            self.value(child, parent, OPERAND)


def _comment_text(text: str) -> str:
    """The words of a comment, without `//`, `/*` and the stars at the starts of lines."""
    if text.startswith("//"):
        return text.lstrip("/").strip()
    rows = text.removeprefix("/*").removesuffix("*/").split("\n")
    return "\n".join(row.strip().lstrip("*").strip() for row in rows).strip()
