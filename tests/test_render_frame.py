from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Place
from bot.render.escape import visible
from bot.render.frame import excerpt, frame
from bot.render.layout import columns, cut, cut_bytes, fold, wrap

from .hostile import places, texts
from .reviews import CLIENT, a_place


def shown(source: str, place: Place, *, width: int = 72, context: bool = True) -> str:
    return "\n".join(f"{row.number or '':>3} {row.text}" for row in frame(source, place, width=width, context=context))


def test_a_frame_shows_two_lines_before_one_after_and_a_caret() -> None:
    assert shown(CLIENT, a_place()) == (
        "  7     replies = []\n"
        "  8     for item in order.items:\n"
        "  9         reply = requests.post(URL, json=item)\n"
        "                    ^^^^^^^^^^^^^\n"
        " 10         replies.append(reply)"
    )


def test_blank_lines_at_the_edges_of_a_frame_are_left_out() -> None:
    assert shown("a()\n\n\nb()\n\n", Place("x", 4, 1, 4, 4)) == "  4 b()\n    ^^^"


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ("\tcall(x)", (2, 6), "    call(x)\n    ^^^^"),
        ("  \tcall(x)", (4, 8), "    call(x)\n    ^^^^"),
        ("統一 = call(x)", (6, 10), "統一 = call(x)\n       ^^^^"),
        ("call(統一)", (6, 8), "call(統一)\n     ^^^^"),
        ("e\u0301 = call(x)", (6, 10), "e\u0301 = call(x)\n    ^^^^"),
        ("a\u202e = call(x)", (6, 10), "a\\u202e = call(x)\n          ^^^^"),
        ("call(x)\r", (1, 5), "call(x)\n^^^^"),
        ("call", (9, 12), "call\n    ^"),
    ],
    ids=["tab", "blanks and tab", "wide before", "wide inside", "combining", "bidi", "CRLF", "beyond the line"],
)
def test_the_caret_stands_under_the_focus(line: str, columns: tuple[int, int], expected: str) -> None:
    rows = frame(line, Place("x", 1, columns[0], 1, columns[1]), width=40)

    assert "\n".join(row.text for row in rows) == expected


def test_a_long_line_shows_the_part_around_the_focus() -> None:
    line = "x = [" + "1, " * 40 + "call(y), " + "2, " * 40 + "]"
    column = line.index("call") + 1

    rows = frame(line, Place("x", 1, column, 1, column + 4), width=40)

    assert [row.text for row in rows] == ["…1, 1, 1, 1, call(y), 2, 2, 2, 2, 2, 2,…", " " * 13 + "^^^^"]


def test_beside_a_scrolled_line_short_neighbours_are_left_out() -> None:
    line = "x = [" + "1, " * 40 + "call(y)]"

    rows = frame(f"short\n{line}\nshort", Place("x", 2, 126, 2, 130), width=40)

    assert [row.number for row in rows] == [2, 0]


def test_a_line_of_a_megabyte_is_cut_before_it_is_laid_out() -> None:
    line = "x" * 500_000 + "call(y)" + "z" * 500_000

    rows = frame(line, Place("x", 1, 500_001, 1, 500_005), width=30)

    assert "call(y)" in rows[0].text
    assert rows[1].text.index("^") == rows[0].text.index("call")


def test_a_place_over_several_lines_underlines_its_first_and_shows_at_most_four() -> None:
    source = "".join(f"f({n},\n" for n in range(1, 9))

    assert [(row.kind, row.number) for row in frame(source, Place("x", 2, 1, 8, 3), width=40)] == [
        ("context", 1),
        ("focus", 2),
        ("caret", 0),
        ("focus", 3),
        ("focus", 4),
        ("focus", 5),
    ]


def test_a_place_without_its_line_has_no_frame() -> None:
    assert frame("one line", a_place(line=9), width=40) == ()


@given(texts, places("x"), st.integers(8, 60))
def test_no_row_is_wider_than_the_frame(source: str, place: Place, width: int) -> None:
    assert [row.text for row in frame(source, place, width=width) if columns(row.text) > width] == []


def test_an_excerpt_is_the_lines_of_the_place_up_to_a_bound() -> None:
    assert excerpt("a\r\nb\r\nc\r\n", Place("x", 1, 1, 2, 2)) == "a\nb"
    assert excerpt("\n".join("abcdefghi"), Place("x", 2, 1, 9, 2), most=3) == "b\nc\nd"


def test_text_is_wrapped_at_blanks_and_by_cells() -> None:
    assert wrap("one two  three", 9, first="- ", rest="  ") == ["- one two", "  three"]
    assert wrap("統一統一統", 5) == ["統一", "統一", "統"]


def test_code_is_folded_with_every_blank() -> None:
    assert fold("x  =  1", 4) == ["x  =", "  1"]
    assert fold("", 4) == [""]


def test_an_address_is_never_broken() -> None:
    assert wrap("see https://example.org/a/long/way now", 12) == ["see", "https://example.org/a/long/way", "now"]


@given(texts, st.integers(1, 40))
def test_wrapped_and_cut_lines_fit(text: str, width: int) -> None:
    plain = visible(text).replace("://", "")

    assert [line for line in wrap(plain, width) if columns(line) > max(width, 2)] == []
    assert columns(cut(plain, width)) <= width
    assert len(cut_bytes(plain, width + 2).encode()) <= width + 2
