"""Reviews of code that holds anything: strategies for property tests."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from hypothesis import strategies as st
from msgspec.structs import replace

from bot.model import Edit, Evidence, FileEntry, Fix, Note, Place, Review, RuleEntry

from .reviews import a_finding, a_manifest, a_review, a_rule

# What would do something if it reached a terminal, a workflow's log or a comment as it stands.
_ACTIVE: Final = (
    *("\x1b[2J", "\x1b]8;;https://evil.example\x07", "\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\r", "\n", "\t"),
    *("\x85", "\u2028", "\x9b31m", "\ud83d", "\udcff", "\U000e0041", "\ufe0f", "e\u0301", "統一", "👩\u200d🚀"),
    *("::error file=x::y", "::stop-commands::z", "##[add-mask]a", "%0A", "%", ",", ":"),
    *("<img src=x onerror=y>", "<!--", "</details>", "<https://evil.example>", "![i](https://evil.example/i.png)"),
    *(
        "[l](javascript:x)",
        "@someone",
        "#12",
        "GH-7",
        ":tada:",
        "https://evil.example/",
        "www.evil.example",
        "a@b.example",
    ),
    *("`", "``", "```", "~~~", "|", "$x$", "- [ ] ", "1. ", "# ", "> ", "\\", "*", "_", "&lt;", "[^1]", "---", "==="),
)
_CATEGORIES: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}

texts: Final = st.lists(
    st.one_of(st.sampled_from(_ACTIVE), st.text(max_size=6), st.sampled_from((" ", "a", "foo_bar", "7"))), max_size=8
).map("".join)
_spots: Final = st.integers(min_value=1, max_value=12)


@st.composite
def places(draw: st.DrawFn, path: str) -> Place:
    """A place that may lie beyond the text's lines and columns."""
    line, column = draw(_spots), draw(_spots)
    end_line = line + draw(st.integers(0, 2))
    end_column = column + draw(_spots) if end_line == line else draw(_spots)
    return Place(path, line, column, end_line, end_column, draw(st.sampled_from(("after", "before"))))


@st.composite
def reviews(draw: st.DrawFn) -> Review:
    """A review with a shown and a folded finding in which every text is anybody's."""
    path, source, before = draw(texts), draw(texts), draw(texts)
    rule = a_rule(
        safeguard=draw(texts), mentoring=draw(texts), references=(draw(texts), "https://github.com/a/b/issues/1")
    )
    finding = a_finding(
        rule=rule,
        message=draw(texts),
        place=draw(places(path)),
        symbol=draw(texts),
        evidence=(Evidence(draw(texts), draw(places(path))),),
        affected=draw(st.none() | places(path)),
        fix=Fix(draw(texts), (Edit(0, 0, draw(texts)),), 1, 1, draw(texts), f"@@ -1 +1 @@\n-{draw(texts)}\n+x\n"),
    )
    verdict = draw(st.sampled_from(("complete", "partial", "not reviewed")))
    return a_review(
        finding,
        replace(finding, shown=False, reason=draw(texts)),
        verdict=verdict,
        reasons=() if verdict == "complete" else (draw(texts),),
        notes=(Note(rule.id, draw(texts), draw(texts), rule.references),),
        problems=(draw(texts),),
        manifest=a_manifest(
            head=draw(texts),
            files=(FileEntry(path, "passed over", draw(texts)),),
            rules=(RuleEntry(rule.id, "failed", draw(texts)),),
        ),
        sources={path: source, f"before:{path}": before},
    )


def hidden_in(text: str, *, allowed: str = "\n") -> str:
    """The control, bidirectional, zero-width and other hidden characters of an output, but for the allowed ones."""
    return "".join(c for c in text if unicodedata.category(c) in _CATEGORIES and c not in allowed)


def without_colour(text: str) -> str:
    """The text without the colour codes that the terminal form may use."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
