"""Bare tree-sitter parsing of files on every core: what any engine of this kind must at least spend."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bot.entry.judging import cores
from bot.languages import parser_of


def parse(language: str, files: list[str]) -> int:
    """Parse files one after the other; how many nodes have errors."""
    parser = parser_of(language)
    return sum(parser.parse(Path(f).read_bytes()).root_node.has_error for f in files)


def main(language: str, listing: str) -> None:
    """Parse the files that a listing names, as many processes as there are cores."""
    files = Path(listing).read_text(encoding="utf-8").split("\n")
    count = cores()
    with ProcessPoolExecutor(count) as pool:
        list(pool.map(parse, [language] * count, [files[i::count] for i in range(count)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
