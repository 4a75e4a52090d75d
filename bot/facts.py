"""SourceFile -> Facts: parse once, walk once, then derive."""

from __future__ import annotations

from tree_sitter import Node

from .languages import parser_of, reader_of
from .model import SourceFile, Span
from .tree import Facts


def read(source: SourceFile) -> Facts:
    """The syntactic facts of a file. What does not parse is named in `Facts.problems`, the rest is read."""
    data = source.text.encode("utf-8", "surrogatepass")
    parser, reader = parser_of(source.language), reader_of(source.language)
    facts = Facts(source, data)
    root = parser.parse(data).root_node
    if root.has_error and (spelled := reader.respell(data)) != data:
        root = parser.parse(spelled).root_node
    if root.has_error:
        facts.problems.append(f"syntax error near line {_error_line(root)}")
    try:
        reader(facts).read(root)
    except RecursionError:
        return _nothing(source, data)
    return facts


def _nothing(source: SourceFile, data: bytes) -> Facts:
    """The facts of a text that nests deeper than it can be walked: the file alone, and a problem that says so."""
    facts = Facts(source, data, ("nested too deeply to be read",))
    lines = data.split(b"\n")
    span = Span(0, len(data), 1, 0, len(lines), len(lines[-1]))
    facts.close(facts.open("file", span, Span(0, 0, 1, 0, 1, 0), -1, language=source.language))
    return facts


def _error_line(root: Node) -> int:
    """The line of the first error, found by going down only where the tree says there is one."""
    node = root
    while True:
        below = next((c for c in node.children if c.is_error or c.is_missing or c.has_error), None)
        if below is None or below.is_error or below.is_missing:
            return (below or node).start_point[0] + 1
        node = below
