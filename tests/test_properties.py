"""Whatever comes in: any text as a file, any two as a change, any text as a patch, a configuration, a rule, an API file."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.resources import rules_folder
from bot.rulebook import built_in

from .targets import LANGUAGES, any_change, any_file, any_patch, any_yaml

EXAMPLES = {name: [e.text for r in built_in().rules for e in r.examples if e.language == name] for name in LANGUAGES}
YAML = [f.read_text(encoding="utf-8") for f in sorted(rules_folder().glob("*/*.yaml"))[::9]]
ODD = [
    "({",
    "}}))",
    '"""',
    "'",
    "/*",
    "\\",
    "\t",
    "\r\n",
    "\x00",
    "\ufeff",
    "\ud800",
    "é",
    "統",
    "`",
    "func",
    "def ",
    "class ",
]


def bent(text: str, others: list[str], seed: int, bends: int) -> str:
    """A text with lines lost, doubled, swapped, cut in the middle, or taken from another text."""
    chance = random.Random(seed)  # noqa: S311 - an example, not a secret
    rows = text.split("\n")
    for _ in range(bends):
        at, other = chance.randrange(len(rows)), chance.choice(others).split("\n")
        rows[at : at + 1] = chance.choice(
            [
                [],
                [rows[at], rows[at]],
                [rows[at][: chance.randrange(len(rows[at]) + 1)]],
                [rows[at], *other[: chance.randrange(1, len(other) + 1)]],
                [chance.choice(ODD) + rows[at]],
                [rows[at] + chance.choice(ODD)],
                rows[at : at + 1][::-1],
            ]
        ) or [""]
    return "\n".join(rows)


@st.composite
def code(draw: st.DrawFn) -> tuple[str, str, str]:
    """A language, a text in something like it, and another version of the text."""
    language = draw(st.sampled_from(LANGUAGES))
    text = draw(st.sampled_from(EXAMPLES[language]))
    before = bent(text, EXAMPLES[language], draw(st.integers(0, 2**32)), draw(st.integers(0, 4)))
    return language, before, bent(before, EXAMPLES[language], draw(st.integers(0, 2**32)), draw(st.integers(0, 4)))


@given(
    st.sampled_from(LANGUAGES), st.one_of(st.text(), st.binary().map(lambda b: b.decode("utf-8", "surrogateescape")))
)
@settings(max_examples=150)
def test_any_bytes_are_a_file(language: str, text: str) -> None:
    judgement = any_file(language, text)
    assert judgement is None or judgement.fault in ("", "nested too deeply")


@given(code())
@settings(max_examples=150)
def test_any_text_that_looks_like_code_is_a_file(drawn: tuple[str, str, str]) -> None:
    language, text, _ = drawn
    assert any_file(language, text) is not None


@given(code())
@settings(max_examples=100)
def test_any_two_versions_are_a_change(drawn: tuple[str, str, str]) -> None:
    assert any_change(*drawn) is not None


@given(code(), st.integers(0, 2**32))
def test_any_text_is_a_patch_or_refused(drawn: tuple[str, str, str], seed: int) -> None:
    _, before, after = drawn
    header = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n"
    text = bent(header + before, [after, header], seed, 5)
    assert any_patch(text) <= text.count("\n") + 1


@given(st.sampled_from(YAML), st.integers(0, 2**32), st.integers(0, 6))
@settings(max_examples=150)
def test_any_text_is_yaml_or_refused(text: str, seed: int, bends: int) -> None:
    refusals = any_yaml(bent(text, YAML, seed, bends))
    assert len(refusals) >= 2
    assert all(refusals)
