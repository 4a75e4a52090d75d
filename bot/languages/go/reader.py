"""Go's syntax tree as facts: the statements. Grammar: tree-sitter-go."""

from __future__ import annotations

import re

from tree_sitter import Node

from ...model import Fact, Span, Value
from ...tree import Facts
from ..reader import OPERAND, Use
from .declarations import Declarations
from .types import type_name

__all__ = ["LanguageReader"]

_NEW = re.compile(rb"\bnew\((?!\s*(?:[\[*]|map\[|chan\b|struct\b|interface\b|func\b[^{]*\)$))", re.MULTILINE)


class LanguageReader(Declarations):
    """Statements of Go; declarations, literals and expressions are in the files of those names."""

    silent = frozenset(("fallthrough_statement", "empty_statement", "type_parameter_list", "escape_sequence"))

    @classmethod
    def respell(cls, data: bytes) -> bytes:
        """`new(value)` is Go since 1.26 (https://go.dev/doc/go1.26#language); the grammar takes only types there."""
        return _NEW.sub(b"neW(", data)

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._results = []
        self._label = ""

    # --- branches ------------------------------------------------------------------------------------------

    def on_if_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("consequence")
        fact = self._branch(node, "if", self.until(node, body), parent)
        fact.attributes["condition"] = self._condition(node.child_by_field_name("condition"), fact)
        self.block("then", body, fact.id)
        self._between(node, fact)
        self.block("else", node.child_by_field_name("alternative"), fact.id)
        self.facts.close(fact)

    def _branch(self, node: Node, style: str, focus: Span, parent: int) -> Fact:
        """Open a branch and read its init statement."""
        fact = self.open("branch", node, parent, focus, style=style, condition=None)
        first = node.child_by_field_name("initializer")
        if first is not None:
            self.visit(first, fact.id)
        return fact

    def _between(self, node: Node, fact: Fact) -> None:
        """Comments between the arms."""
        for child in node.named_children:
            if child.type == "comment":
                self.visit(child, fact.id)

    def _condition(self, node: Node | None, fact: Fact) -> Value | None:
        return self.value(node, fact.id, Use("condition", fact.id)) if node is not None else None

    def on_expression_switch_statement(self, node: Node, parent: int) -> None:
        subject = node.child_by_field_name("value")
        fact = self._branch(node, "switch", self._header(node), parent)
        fact.attributes["condition"] = self._condition(subject, fact)
        # Without a subject the cases are conditions; with one they are compared to it.
        use = Use("condition" if subject is None else "compared", fact.id)
        for child in self.items(node, fact.id):
            if child.type in ("expression_case", "default_case"):
                self._case(child, child.child_by_field_name("value"), fact, use)
        self.facts.close(fact)

    def on_type_switch_statement(self, node: Node, parent: int) -> None:
        fact = self._branch(node, "type-switch", self._header(node), parent)
        fact.attributes["condition"] = self._narrowed(node, fact)
        for child in self.items(node, fact.id):
            if child.type in ("type_case", "default_case"):
                self._case(child, None, fact, OPERAND, label=self._types(child))
        self.facts.close(fact)

    def _narrowed(self, node: Node, fact: Fact) -> Value | None:
        """`x := y.(type)`: an assignment of y, checked by the cases; without an alias the assertion alone."""
        alias, operand = node.child_by_field_name("alias"), node.child_by_field_name("value")
        if operand is None:
            return None
        if alias is None:
            return self._switched(operand, fact)
        span = self.span(alias, operand)
        holder = self.facts.open("assignment", span, span, fact.id, operator=":=", declaration=True, type="")
        value = self._switched(operand, holder)
        holder.attributes.update(value=value, targets=self.targets(alias, holder.id))
        self.facts.close(holder)
        return value

    def _switched(self, operand: Node, holder: Fact) -> Value:
        assertion = self.open("assertion", operand, holder.id, type="", checked=True)
        assertion.attributes["value"] = value = self.value(operand, assertion.id, OPERAND)
        self.facts.close(assertion)
        return value

    def _types(self, node: Node) -> str:
        return ", ".join(
            type_name(self.text(c)) or self.text(c) for c in node.children_by_field_name("type") if c.is_named
        )

    def _header(self, node: Node) -> Span:
        """From `switch` or `select` to the brace."""
        return self.until(node, next((c for c in node.children if c.type == "{"), None))

    def _case(self, node: Node, values: Node | None, branch: Fact, use: Use, label: str = "") -> None:
        arm = "default" if node.type == "default_case" else "case"
        fact = self.open("block", node, branch.id, arm=arm, label=self.text(values) if values is not None else label)
        if values is not None:
            fact.attributes["conditions"] = tuple(self.value(v, fact.id, use) for v in self.items(values, fact.id))
        for child in node.named_children:
            if child.type in ("statement_list", "comment"):
                self.visit(child, fact.id)
        self.facts.close(fact)

    def on_select_statement(self, node: Node, parent: int) -> None:
        fact = self.open("branch", node, parent, self._header(node), style="select", condition=None)
        for child in self.items(node, fact.id):
            if child.type in ("communication_case", "default_case"):
                self._communication(child, fact)
        self.facts.close(fact)

    def _communication(self, node: Node, branch: Fact) -> None:
        first = node.child_by_field_name("communication")
        arm = "default" if node.type == "default_case" else "case"
        fact = self.open("block", node, branch.id, arm=arm, label=self.text(first))
        self.visit_all(node.named_children, fact.id)
        self.facts.close(fact)

    def on_receive_statement(self, node: Node, parent: int) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None:
            self.visit_all((right,) if right is not None else (), parent)
            return
        self._assignment(node, left, right, parent)

    # --- loops ---------------------------------------------------------------------------------------------

    def on_for_statement(self, node: Node, parent: int) -> None:
        body = node.child_by_field_name("body")
        fact = self.open(
            "loop", node, parent, self.until(node, body), label=self._label, asynchronous=False, targets=()
        )
        self._label = ""
        clause = next((c for c in node.named_children if c.type not in ("comment", "block")), None)
        if clause is not None and clause.type == "range_clause":
            self._range(clause, fact)
        elif clause is not None and clause.type == "for_clause":
            self._count(clause, fact)
        else:
            fact.attributes.update(style="while", condition=self._condition(clause, fact))
            self._settle(fact)
        self.block("body", body, fact.id)
        self.facts.close(fact)

    def _settle(self, fact: Fact) -> None:
        """A loop without a condition, or with one that is always true, goes on for ever."""
        condition = fact.attributes["condition"]
        if condition is None or (condition.form == "constant" and condition.constant is True):
            fact.attributes["style"] = "forever"

    def _range(self, node: Node, fact: Fact) -> None:
        right = node.child_by_field_name("right")
        fact.attributes["style"] = "each"
        fact.attributes["iterable"] = (
            self.value(right, fact.id, Use("iterated", fact.id)) if right is not None else None
        )
        fact.attributes["targets"] = self.targets(node.child_by_field_name("left"), fact.id)

    def _count(self, node: Node, fact: Fact) -> None:
        first, step = node.child_by_field_name("initializer"), node.child_by_field_name("update")
        self.visit_all((first,) if first is not None else (), fact.id)
        fact.attributes.update(style="count", condition=self._condition(node.child_by_field_name("condition"), fact))
        self.visit_all((step,) if step is not None else (), fact.id)
        self._settle(fact)

    def on_labeled_statement(self, node: Node, parent: int) -> None:
        label = node.child_by_field_name("label")
        for child in node.named_children:
            if child != label:
                self._label = self.text(label) if child.type == "for_statement" else ""
                self.visit(child, parent)

    def on_break_statement(self, node: Node, parent: int) -> None:
        self._jump("break", node, parent)

    def on_continue_statement(self, node: Node, parent: int) -> None:
        self._jump("continue", node, parent)

    def on_goto_statement(self, node: Node, parent: int) -> None:
        self._jump("goto", node, parent)

    def _jump(self, kind: str, node: Node, parent: int) -> None:
        self.leaf(
            kind, node, parent, label=self.text(next((c for c in node.named_children if c.type == "label_name"), None))
        )

    # --- simple statements ---------------------------------------------------------------------------------

    def on_return_statement(self, node: Node, parent: int) -> None:
        fact = self.open("return", node, parent, values=())
        values = [c for c in self.items(node, fact.id) if c.type == "expression_list"]
        if values:
            fact.attributes["values"] = tuple(
                self.value(c, fact.id, Use("returned", fact.id)) for c in self.items(values[0], fact.id)
            )
        elif self._results:
            # A bare return gives back the named results.
            fact.attributes["values"] = tuple(Value("name", self.span(node), path=name) for name in self._results[-1])
        self.facts.close(fact)

    def on_go_statement(self, node: Node, parent: int) -> None:
        self._put_off("spawn", "spawned", node, parent)

    def on_defer_statement(self, node: Node, parent: int) -> None:
        self._put_off("defer", "deferred", node, parent)

    def _put_off(self, kind: str, how: str, node: Node, parent: int) -> None:
        fact = self.open(kind, node, parent, self._line(node))
        for child in self.items(node, fact.id):
            self.value(child, fact.id, Use(how, fact.id))
        self.facts.close(fact)

    def _line(self, node: Node) -> Span:
        """A statement, without the body where it calls a closure."""
        call = self.wrapped(node)
        function = call.child_by_field_name("function") if call is not None else None
        return self.until(node, function.child_by_field_name("body") if function is not None else None)

    def on_send_statement(self, node: Node, parent: int) -> None:
        fact = self.open("send", node, parent)
        channel = self.value_or_unknown(node.child_by_field_name("channel"), node, fact.id, OPERAND)
        value = self.value_or_unknown(node.child_by_field_name("value"), node, fact.id, Use("sent", fact.id))
        fact.attributes.update(channel=channel, value=value)
        self.facts.close(fact)

    def on_comment(self, node: Node, parent: int) -> None:
        start = self.data.rfind(b"\n", 0, node.start_byte) + 1
        own = not self.data[start : node.start_byte].strip()
        text = self.text(node)
        text = text[2:].removesuffix("*/") if text.startswith("/*") else text[2:]
        self.leaf("comment", node, parent, text=text.strip(), own_line=own)

    # --- assignments ---------------------------------------------------------------------------------------

    def on_short_var_declaration(self, node: Node, parent: int) -> None:
        self._assignment(node, node.child_by_field_name("left"), node.child_by_field_name("right"), parent)

    on_assignment_statement = on_short_var_declaration

    def _assignment(self, node: Node, left: Node | None, right: Node | None, parent: int) -> None:
        operator = next((c.type for c in node.children if not c.is_named and c.type.endswith("=")), "=")
        fact = self.open("assignment", node, parent, operator=operator, declaration=operator == ":=", type="")
        fact.attributes["value"] = self._checked(left, right, fact) or self.right_side(right, fact)
        fact.attributes["targets"] = self.targets(left, fact.id)
        self.facts.close(fact)

    def _checked(self, left: Node | None, right: Node | None, fact: Fact) -> Value | None:
        """`v, ok := x.(T)`: a type assertion that does not panic."""
        if left is None or right is None or left.named_child_count != 2 or right.named_child_count != 1:
            return None
        only = right.named_children[0]
        return self.assertion(only, fact.id, checked=True) if only.type == "type_assertion_expression" else None

    def on_inc_statement(self, node: Node, parent: int) -> None:
        self._step(node, "++", parent)

    def on_dec_statement(self, node: Node, parent: int) -> None:
        self._step(node, "--", parent)

    def _step(self, node: Node, operator: str, parent: int) -> None:
        fact = self.open("assignment", node, parent, operator=operator, declaration=False, type="", value=None)
        fact.attributes["targets"] = self.targets(self.wrapped(node), fact.id)
        self.facts.close(fact)

    def targets(self, node: Node | None, parent: int) -> tuple[Value, ...]:
        """The values on the left of an assignment or a loop, flattened."""
        if node is None:
            return ()
        if node.type == "expression_list":
            return tuple(t for child in self.items(node, parent) for t in self.targets(child, parent))
        return (self.value(node, parent, Use("target", parent)),)
