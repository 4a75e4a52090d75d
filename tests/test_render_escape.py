from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.escape import defused, has_hidden, scalar, uri, visible, visible_code

from .hostile import hidden_in, texts


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u200bb", r"a\u200bb"),
        ("\ufeffimport", r"\ufeffimport"),
        ("a\tb\r\n", r"a\tb\r\n"),
        ("a\U000e0041", r"a\U000e0041"),
        ("\udcff", r"\udcff"),
        ("naïve 統一 🚀", "naïve 統一 🚀"),
    ],
)
def test_hidden_characters_are_written_out_and_letters_stay(hidden: str, shown: str) -> None:
    assert visible(hidden) == shown


def test_no_control_format_surrogate_or_separator_of_this_unicode_version_is_missing_from_the_table() -> None:
    hidden = (chr(code) for code in range(sys.maxunicode + 1) if hidden_in(chr(code), allowed=""))

    assert [f"U+{ord(char):04X} {unicodedata.name(char, '')}" for char in hidden if visible(char) == char] == []


@given(texts)
def test_nothing_hidden_is_left_and_a_second_time_changes_nothing(text: str) -> None:
    assert hidden_in(visible(text), allowed="") == ""
    assert visible(visible(text)) == visible(text)


def test_code_keeps_its_lines_and_tabs_but_not_the_returns_at_their_ends() -> None:
    assert visible_code("if x:\r\n\ty = '\u202e'\r\n") == "if x:\n\ty = '\\u202e'\n"


@pytest.mark.parametrize(("code", "hidden"), [("a\r\n\tb\r", False), ("a\u200b", True), ("a\rb", True)])
def test_code_with_hidden_characters_is_told_from_code_with_line_ends(code: str, hidden: bool) -> None:
    assert has_hidden(code) is hidden


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("app/client.py", "app/client.py"),
        ("a b/ü#1?.py", "a%20b/%C3%BC%231%3F.py"),
        ("c:/x", "c%3A/x"),
        ("//host/x", "%2F/host/x"),
        ("bytes-\udcff", "bytes-%FF"),
        ("alone-\ud83d", "alone-%EF%BF%BD"),
    ],
)
def test_paths_become_relative_uris(path: str, encoded: str) -> None:
    assert uri(path) == encoded


@given(st.text(alphabet=st.characters(categories=("L", "Cs"))))
def test_json_readers_get_no_lone_surrogates(text: str) -> None:
    assert scalar(text).encode().decode() == scalar(text)


@pytest.mark.parametrize(
    ("line", "harmless"),
    [
        ("  ::stop-commands::x", r"  \x3a:stop-commands::x"),
        ("a ##[add-mask]b", r"a \x23#[add-mask]b"),
        ("std::move(x) # ok", "std::move(x) # ok"),
    ],
)
def test_lines_of_a_workflow_log_give_no_commands(line: str, harmless: str) -> None:
    assert defused(line) == harmless
