"""A rule's recipe for a mechanical fix -> edits of the text.

A recipe is data. `add_argument` appends to the call's arguments, `prepend_argument` adds one in front, `replace_argument`
({argument, position, text}) exchanges one; `rename` exchanges the last part of the called name, `replace` the whole
construct. `insert_before` and `insert_after` add lines around its statement (`insert_after_check`: behind the error check
that follows), `insert_first` and `insert_last` in its body; `with_block` puts what follows in the block under a managing
statement; `imports` adds import lines that are missing. `on` names the attribute that holds the fact to edit (else the
matched one). Texts may use {text}, {callee}, {receiver}, {arguments}, of the assignment around it {target}, {second} and
{value}, and attributes of the matched fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .derive.calls import argument, receiver
from .derive.handlers import error_tested
from .derive.reading import Reading
from .model import Edit, Fact, Value


class EditError(ValueError):
    """The recipe does not fit the place."""


class Text:
    """The bytes of a file, to be edited."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.newline = b"\r\n" if b"\r\n" in data[:4000] else b"\n"

    def apply(self, edits: Sequence[Edit]) -> str | None:
        """The text after the edits, None when they overlap."""
        data, last = self.data, len(self.data) + 1
        for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
            if edit.end > last or edit.start > edit.end:
                return None
            new = edit.text.encode("utf-8", "surrogatepass").replace(b"\r\n", b"\n").replace(b"\n", self.newline)
            data, last = data[: edit.start] + new + data[edit.end :], edit.start
        return data.decode("utf-8", "surrogatepass")

    def lines(self, edits: Sequence[Edit], patched: str) -> tuple[int, int, str]:
        """The first and last line (1-based) that the edits touch, and the new text of those lines."""
        first = self.data.count(b"\n", 0, min(e.start for e in edits)) + 1
        last = self.data.count(b"\n", 0, max(e.end for e in edits)) + 1
        total = self.data.count(b"\n")
        after = patched.split("\n")
        end = len(after) - (total + 1 - last)
        return first, last, "\n".join(row.rstrip("\r") for row in after[first - 1 : end])

    def indent(self, offset: int) -> str:
        """The white space at the start of the line of an offset."""
        start = self.line_start(offset)
        row = self.data[start : self.line_end(offset)]
        return row[: len(row) - len(row.lstrip(b" \t"))].decode()

    def line_start(self, offset: int) -> int:
        """The offset at which the line of `offset` begins."""
        return self.data.rfind(b"\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """The offset of the line feed that ends the line of `offset`, or of the end of the text."""
        found = self.data.find(b"\n", offset)
        return len(self.data) if found < 0 else found


def edits_for(recipe: Mapping[str, Any], matched: Fact, reading: Reading) -> list[Edit]:
    """The edits that a recipe asks for at a matched fact. Raises EditError where it does not fit."""
    fact = matched
    if "on" in recipe:
        index = matched.get(recipe["on"])
        if not isinstance(index, int) or index < 0:
            raise EditError(f"no fact under {recipe['on']}")
        fact = reading.facts.all[index]
    maker = _Maker(matched, reading.facts.all[fact.anchor], reading)
    return [edit for key, value in recipe.items() if key in _MAKERS for edit in _MAKERS[key](maker, value)]


class _Maker:
    """Makes edits at one fact."""

    def __init__(self, matched: Fact, fact: Fact, reading: Reading) -> None:
        self.matched = matched
        self.fact = fact
        self.reading = reading
        self.text = Text(reading.facts.data)

    def fill(self, template: str) -> str:
        """The template with its placeholders filled."""

        def word(found: re.Match[str]) -> str:
            key = found[1]
            if key == "text":
                return self.reading.facts.text(self.fact)
            if key == "callee":
                callee = self.fact.get("callee")
                return self.reading.facts.text(callee) if isinstance(callee, Value) else ""
            if key == "receiver":
                owner = receiver(self.fact)
                return self.reading.facts.text(owner) if owner is not None else ""
            if key == "arguments":
                arguments = self.fact.get("arguments", ())
                return ", ".join(self._argument_text(a.name, a.value) for a in arguments)
            if key in ("target", "second", "value"):
                return self._assigned(key)
            value = self.matched.get(key, self.fact.get(key))
            if value is None:
                raise EditError(f"nothing to put for {{{key}}}")
            return value.path if isinstance(value, Value) else str(value)

        return re.sub(r"{(\w+)}", word, template)

    def statement(self) -> Fact:
        """The assignment that keeps the construct's result, else the construct itself."""
        if self.fact.kind == "assignment":
            return self.fact
        return self.reading.facts.enclosing(self.fact, "assignment") or self.fact

    def _assigned(self, key: str) -> str:
        """Part of that assignment: its first or second target, or its value."""
        statement = self.statement()
        targets, value = statement.get("targets", ()), statement.get("value")
        position = 1 if key == "second" else 0
        if value is None or len(targets) <= position:
            raise EditError("nothing is assigned here")
        return self.reading.facts.text(value) if key == "value" else str(targets[position].path)

    def _argument_text(self, name: str, value: Value) -> str:
        text = self.reading.facts.text(value)
        return f"{name}={text}" if name else text

    def add_argument(self, template: str) -> list[Edit]:
        """Append an argument before the closing bracket of the call."""
        data, end = self.text.data, self.fact.span.end
        if self.fact.kind != "call" or data[end - 1 : end] not in (b")", b"}"):
            raise EditError("not a call with brackets")
        inner = data[self.fact.get("callee").span.end : end - 1].rstrip()
        at = self.fact.get("callee").span.end + len(inner)
        new = self.fill(template)
        if inner in (b"(", b"{"):
            return [Edit(at, at, new)]
        return [Edit(at, at, f" {new}" if inner.endswith(b",") else f", {new}")]

    def replace_argument(self, asked: Mapping[str, Any]) -> list[Edit]:
        """Exchange one argument's value."""
        names, positions = (str(asked.get("argument", "")),), ((asked["position"],) if "position" in asked else ())
        value = argument(self.fact, names, positions)
        if value is None:
            raise EditError("the argument is not given")
        return [Edit(value.span.start, value.span.end, self.fill(str(asked["text"])))]

    def replace(self, template: str) -> list[Edit]:
        """Exchange the whole construct. What is to be awaited must stand in an async function."""
        function = self.reading.facts.function(self.fact)
        if template.startswith("await ") and not (function is not None and function.get("asynchronous")):
            raise EditError("nothing can be awaited here")
        return [Edit(self.fact.span.start, self.fact.span.end, self.fill(template))]

    def insert_before(self, template: str) -> list[Edit]:
        """Add lines before the line on which the construct begins."""
        at = self.text.line_start(self.fact.span.start)
        return [Edit(at, at, self._indented(template, self.text.indent(self.fact.span.start)) + "\n")]

    def insert_after(self, template: str) -> list[Edit]:
        """Add lines after the line on which the construct ends."""
        at = self.text.line_end(self.fact.span.end)
        return [Edit(at, at, "\n" + self._indented(template, self.text.indent(self.fact.span.start)))]

    def insert_after_check(self, template: str) -> list[Edit]:
        """Add lines after the statement, or after the error check directly behind it: before that there is nothing to release."""
        statement = self.statement()
        later = [
            c for c in self.reading.facts.children(self.reading.facts.all[statement.parent]) if c.id > statement.id
        ]
        checked = bool(later) and later[0].kind == "branch" and bool(error_tested(later[0].get("condition")))
        end = (later[0] if checked else statement).span.end
        at = self.text.line_end(end)
        return [Edit(at, at, "\n" + self._indented(template, self.text.indent(statement.span.start)))]

    def insert_first(self, template: str) -> list[Edit]:
        """Add lines at the start of the construct's body, indented like its first statement."""
        first = next(
            (c for c in self.reading.facts.children(self.fact) if c.span.line > self.fact.focus.end_line), None
        )
        if first is None:
            raise EditError("the body is empty or on one line")
        at = self.text.line_start(first.span.start)
        return [Edit(at, at, self._indented(template, self.text.indent(first.span.start)) + "\n")]

    def insert_last(self, template: str) -> list[Edit]:
        """Add lines at the end of the construct's body, indented like its last statement."""
        inside = [c for c in self.reading.facts.children(self.fact) if c.span.line > self.fact.focus.end_line]
        if not inside:
            raise EditError("the body is empty or on one line")
        last = inside[-1]
        at = self.text.line_end(last.span.end)
        return [Edit(at, at, "\n" + self._indented(template, self.text.indent(last.span.start)))]

    def rename(self, template: str) -> list[Edit]:
        """Exchange the last part of the called name."""
        callee, new = self.fact.get("callee"), self.fill(template)
        if not isinstance(callee, Value) or callee.form not in ("member", "name") or not new.isidentifier():
            raise EditError("no name to exchange")
        last = len(callee.path.rsplit(".", 1)[-1].encode())
        return [Edit(callee.span.end - last, callee.span.end, new)]

    def prepend_argument(self, template: str) -> list[Edit]:
        """Add an argument in front of the others."""
        callee = self.fact.get("callee")
        if not isinstance(callee, Value) or self.text.data[callee.span.end : callee.span.end + 1] != b"(":
            raise EditError("not a call with brackets")
        at = callee.span.end + 1
        return [Edit(at, at, self.fill(template) + (", " if self.fact.get("arguments") else ""))]

    def with_block(self, template: str) -> list[Edit]:
        """Replace the assignment by a managing statement and put the rest of its block below it.

        The template is one line, and after a line "---" perhaps a closing one.
        """
        statement = self.statement()
        block = self.reading.facts.all[statement.parent]
        rest = [c for c in self.reading.facts.children(block) if c.id > statement.id and c.kind != "comment"]
        if block.kind not in ("block", "function", "handler") or not rest:
            raise EditError("nothing follows in the block")
        value = statement.get("value")
        if isinstance(value, Value) and value.form == "constant":
            raise EditError("nothing is made here")
        head, _, tail = self.fill(template).partition("\n---\n")
        indent, unit = self.text.indent(statement.span.start), self._unit()
        start, end = self.text.line_start(statement.span.start), self.text.line_end(rest[-1].span.end)
        body_start = self.text.line_end(statement.span.end) + 1
        rows = self.text.data[body_start:end].decode("utf-8", "surrogatepass").replace("\r\n", "\n").split("\n")
        body = "\n".join(unit + row if row.strip() else row for row in rows)
        closing = f"\n{indent}{tail.strip()}" if tail.strip() else ""
        return [Edit(start, end, f"{indent}{head.strip()}\n{body}{closing}")]

    def imports(self, lines: Sequence[str]) -> list[Edit]:
        """Add the import lines that the file does not have, after its last top-level import."""
        have = self.reading.facts.source.text
        missing = [line for line in lines if line not in have]
        if not missing:
            return []
        imports = [i for i in self.reading.facts.of("import") if i.parent == 0]
        at = self.text.line_end(imports[-1].span.end) + 1 if imports else 0
        return [Edit(at, at, "".join(f"{line}\n" for line in missing))]

    def _indented(self, template: str, indent: str) -> str:
        return "\n".join(indent + row if row else row for row in self.fill(template).rstrip("\n").split("\n"))

    def _unit(self) -> str:
        """The file's step of indentation."""
        rows = self.text.data[:20_000].decode("utf-8", "replace").split("\n")
        steps = [r[: len(r) - len(r.lstrip())] for r in rows if r[:1] in " \t" and r.strip()]
        if any(s.startswith("\t") for s in steps):
            return "\t"
        return " " * min((len(s) for s in steps if len(s) > 1), default=4)


_MAKERS: Final[Mapping[str, Callable[[_Maker, Any], list[Edit]]]] = {
    "add_argument": _Maker.add_argument,
    "replace_argument": _Maker.replace_argument,
    "replace": _Maker.replace,
    "insert_before": _Maker.insert_before,
    "insert_after": _Maker.insert_after,
    "insert_after_check": _Maker.insert_after_check,
    "insert_first": _Maker.insert_first,
    "insert_last": _Maker.insert_last,
    "rename": _Maker.rename,
    "prepend_argument": _Maker.prepend_argument,
    "with_block": _Maker.with_block,
    "imports": _Maker.imports,
}
