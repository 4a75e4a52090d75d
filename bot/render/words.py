"""Wording that several formats share."""

from __future__ import annotations

import re
from typing import Final

# A sentence ends at a full stop that a blank follows, unless it is one of these abbreviations.
_SENTENCE: Final = re.compile(r".+?(?<!\be\.g)(?<!\bi\.e)(?<!\bcf)(?<!\bvs)[.!?](?=\s|$)")


def plural(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def first_paragraph(text: str) -> str:
    """The first paragraph on one line, without the marks of a heading."""
    paragraph = re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0]
    return " ".join(paragraph.split()).lstrip("# ")


def first_sentence(text: str) -> str:
    """The first sentence of the first paragraph; the whole paragraph where no sentence ends in it."""
    paragraph = first_paragraph(text)
    match = _SENTENCE.match(paragraph)
    return match[0] if match else paragraph
