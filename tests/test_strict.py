"""Strict YAML: what is read, what is refused, and what an author is told."""

from __future__ import annotations

import pickle
from time import perf_counter
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from bot import strict
from bot.strict import Mistake, read

RULE = (
    "id: timeout/http-call-without-deadline\nseverity: warning\nmatch: {fact: call, role: http.request}\nmentoring: |\n"
    + "  Why waiting needs an end, and how to choose it.\n" * 40
    + "examples:\n  python:\n    bad: |\n"
    + "      requests.get(url)  # finding\n" * 25
)


def refusal(text: str, **options: Any) -> str:
    with pytest.raises(Mistake) as caught:
        read(text, "file.yaml", **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", "on"),
        ("Off", "Off"),
        ("yes", "yes"),
        ("N", "N"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("2027-03-31", "2027-03-31"),
        ("2027-03-31T10:00:00Z", "2027-03-31T10:00:00Z"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("'true'", "true"),
        ('"12"', "12"),
        ("|\n    12\n", "12\n"),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(written: str, meant: object) -> None:
    value = read(f"key: {written}", "file.yaml").value["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_texts_whatever_they_look_like() -> None:
    assert read("on: 1\n404: 2\ntrue: 3\n~: 4", "file.yaml").value == {"on": 1, "404": 2, "true": 3, "~": 4}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\n\n"])
def test_an_empty_file_is_nothing(text: str) -> None:
    assert read(text, "file.yaml").value is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3", "key 'a' appears twice (first on line 1)\n  at file.yaml:3\n  Keep one of the two."),
        ("1: x\n'1': y", "key '1' appears twice (first on line 1)\n  at file.yaml:2\n  Keep one of the two."),
        ("a:\n  b: &x 1", "anchor '&x' is not allowed\n  at file.yaml:2\n  Write the value out."),
        ("a: *x", "alias '*x' is not allowed\n  at file.yaml:1\n  Write the value out."),
        ("a: !thing 1", "tag '!thing' is not allowed\n  at file.yaml:1\n  Remove it; quotes make a text."),
        (
            "\na: !!int '1'",
            "tag 'tag:yaml.org,2002:int' is not allowed\n  at file.yaml:2\n  Remove it; quotes make a text.",
        ),
        (
            "a: 1\n---\nb: 1",
            "a second document begins here\n  at file.yaml:2\n  Keep one document: remove the line `---`.",
        ),
        ("[a, b]: 1", "a key must be a plain text\n  at file.yaml:1\n  Write the key as a text."),
        ("a: .nan", "number '.nan' is out of range\n  at file.yaml:1\n  Use a smaller one, or quote it."),
        (
            "a: 9223372036854775808",
            "number '9223372036854775808' is out of range\n  at file.yaml:1\n  Use a smaller one, or quote it.",
        ),
        ("a: 1e999", "number '1e999' is out of range\n  at file.yaml:1\n  Use a smaller one, or quote it."),
    ],
)
def test_what_people_do_not_mean_is_refused_with_the_line(text: str, told: str) -> None:
    assert refusal(text) == told


def test_a_tab_is_called_a_tab() -> None:
    told = refusal("a:\n\t- b: 1")
    assert "at file.yaml:2" in told
    assert "There is a tab on this line: indent with spaces." in told


@pytest.mark.parametrize(("text", "line"), [("a: 1\nb: c: d", 2), ("ä: ä\n\nb: \x07\n\n", 3), ("a: [1,\n2", 2)])
def test_broken_yaml_is_placed(text: str, line: int) -> None:
    assert f"at file.yaml:{line}\n" in refusal(text)


def test_a_text_that_is_no_unicode_is_refused() -> None:
    assert "Save it as UTF-8." in refusal("a: \udc80")


def test_the_size_is_counted_in_bytes() -> None:
    assert read("a: ää", "file.yaml", limit=7).value == {"a": "ää"}
    assert "the file has 7 bytes; at most 6 are read" in refusal("a: ää", limit=6)


def test_the_depth_counts_mappings_and_lists() -> None:
    assert read("a: [{b: 1}]", "file.yaml", depth=3).value == {"a": [{"b": 1}]}
    assert refusal("x: 1\na: [{b: 1}]", depth=2).startswith("nested more than 2 deep\n  at file.yaml:2")


def test_aliases_repeat_the_value_where_they_are_allowed() -> None:
    document = read("a: &x [1, 2]\nb: *x\nc: {d: *x}", "file.yaml", aliases=True)
    assert document.value == {"a": [1, 2], "b": [1, 2], "c": {"d": [1, 2]}}
    assert document.line(("c", "d")) == 3


def test_aliases_can_not_multiply_without_end() -> None:
    laughs = "a0: &a0 [1]\n" + "".join(
        f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(9))}]\n" for n in range(1, 15)
    )
    assert "the aliases repeat too much" in refusal(laughs, aliases=True)
    ladder = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 25))
    assert "nested more than 20 deep" in refusal(ladder, aliases=True)
    assert "has no finished anchor before it" in refusal("a: &a [*a]", aliases=True)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 250_000,
        "{" * 250_000,
        "- " * 120_000,
        "? " * 120_000,
        "a: '" + "x" * 250_000,
        "'\n" * 120_000,
        "\t" * 250_000,
    ],
    ids=["lists", "mappings", "items", "keys", "quote", "quotes", "tabs"],
)
def test_hostile_texts_end_at_once(text: str) -> None:
    begun = perf_counter()
    refusal(text)
    assert perf_counter() - begun < 2


def test_a_library_of_rules_is_read_quickly() -> None:
    assert len(RULE) > 2500
    begun = perf_counter()
    for _ in range(50):
        read(RULE, "file.yaml")
    assert perf_counter() - begun < 2  # 0.02 s on a quiet machine


@given(some.text(alphabet="ab:-[]{}&*!|>'\"#%,? \n\t\\~1.", max_size=60))
def test_any_text_is_read_or_refused_politely(text: str) -> None:
    try:
        read(text, "file.yaml")
    except Mistake as mistake:
        told = mistake
    else:
        return
    assert told.title
    assert told.place.startswith("file.yaml")
    assert told.remedy


plain = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**63), 2**63 - 1) | some.text(max_size=12),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_what_another_writer_writes_is_read_back(value: object) -> None:
    written = yaml.safe_dump(value, default_style='"') if isinstance(value, str) else yaml.safe_dump(value)
    if "!!" in written:  # that writer tags what its YAML 1.1 would read otherwise
        refusal(written)
    else:
        assert read(written, "file.yaml").value == value


def test_the_slow_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read(RULE, "file.yaml")
    monkeypatch.setattr(strict, "_loader", lambda: yaml.SafeLoader)
    slow = read(RULE, "file.yaml")
    assert slow.value == fast.value
    assert slow.line(("examples", "python", "bad")) == fast.line(("examples", "python", "bad"))
    assert refusal("a: 1\na: 2") == "key 'a' appears twice (first on line 1)\n  at file.yaml:2\n  Keep one of the two."
    assert "at file.yaml:3\n" in refusal("ä: ä\n\nb: \x07\n\n")


# --- shapes ------------------------------------------------------------------------------------------------

SHAPES = """\
name: deadline
count: 3
share: 0.5
flags:
  strict: yes
  loud: true
items:
  - one
  - ""
  - 3
"""


def test_lines_are_those_of_keys_and_elements() -> None:
    document = read(SHAPES, "file.yaml")
    assert document.line(()) == 1
    assert document.line(("flags",)) == 4
    assert document.line(("flags", "loud")) == 6
    assert document.line(("items", 2)) == 10


def test_the_line_of_something_missing_is_that_of_what_would_hold_it() -> None:
    assert read(SHAPES, "file.yaml").line(("flags", "quiet", "really")) == 4


def test_expect_gives_the_value_in_its_kind() -> None:
    document = read(SHAPES, "file.yaml")
    assert strict.expect(document, ("name",), str) == "deadline"
    assert strict.expect(document, ("count",), int) == 3
    assert strict.expect(document, ("flags", "loud"), bool) is True
    number = strict.expect(document, ("count",), float)
    assert (number, type(number)) == (3.0, float)


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        (
            ("flags", "strict"),
            bool,
            "`flags.strict` must be true or false, not the text 'yes'\n  at file.yaml:5\n  Write true or false.",
        ),
        (
            ("flags", "loud"),
            int,
            "`flags.loud` must be a whole number, not true\n  at file.yaml:6\n  Write a whole number.",
        ),
        (("items", 2), str, "`items[2]` must be a text, not 3\n  at file.yaml:10\n  Put it in quotes."),
        (
            ("name",),
            list,
            "`name` must be a list, not the text 'deadline'\n  at file.yaml:1\n  Write it as a list: [deadline].",
        ),
        (
            ("flags",),
            list,
            "`flags` must be a list, not a mapping of keys to values\n  at file.yaml:4\n  Write a list.",
        ),
        (("owner",), str, "`owner` is missing\n  at file.yaml:1\n  Add it: it must be a text."),
        (("name", "first"), str, "`name.first` is missing\n  at file.yaml:1\n  Add it: it must be a text."),
    ],
)
def test_expect_says_what_is_wrong_where_and_what_to_do(path: strict.Path, kind: type, told: str) -> None:
    with pytest.raises(Mistake) as caught:
        strict.expect(read(SHAPES, "file.yaml"), path, kind)
    assert str(caught.value) == told


def test_an_unknown_key_is_told_with_the_nearest_right_one() -> None:
    document = read("severity: error\nmesage: x", "file.yaml")
    with pytest.raises(Mistake) as caught:
        strict.check_keys(document, (), ["severity", "message"])
    assert str(caught.value) == (
        "unknown key 'mesage'\n  at file.yaml:2\n  Did you mean 'message'? Keys allowed here: severity, message."
    )


def test_a_missing_key_is_told() -> None:
    with pytest.raises(Mistake) as caught:
        strict.check_keys(read("a: {b: 1}", "file.yaml"), ("a",), ["b", "c"], required=["c"])
    assert str(caught.value) == "key 'c' is missing in `a`\n  at file.yaml:1\n  Add `c:`."


def test_a_choice_is_told_with_the_choices() -> None:
    with pytest.raises(Mistake) as caught:
        strict.expect_choice(read("level: eror", "file.yaml"), ("level",), ["error", "info"])
    assert str(caught.value) == (
        "`level` can't be 'eror'\n  at file.yaml:1\n  Did you mean 'error'? Choices: error, info."
    )


def test_texts_are_a_list_of_texts_that_are_not_empty() -> None:
    assert strict.expect_texts(read("a: [x, y]", "file.yaml"), ("a",)) == ("x", "y")
    with pytest.raises(Mistake, match=r"`a\[1\]` is empty"):
        strict.expect_texts(read("a: [x, ' ']", "file.yaml"), ("a",))


def test_a_stranger_s_words_can_not_paint_the_terminal() -> None:
    told = refusal('"\\e[31mred\\u202e": 1\n"\\e[31mred\\u202e": 1')
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert len(strict.quote("x" * 1000)) < 70


def test_a_mistake_survives_a_process_boundary() -> None:
    mistake = Mistake("wrong", "file.yaml:1", "Do better.", "https://example.org/page")
    copy = pickle.loads(pickle.dumps(mistake))  # noqa: S301 - our own bytes
    assert str(copy) == str(mistake) == "wrong\n  at file.yaml:1\n  Do better.\n  see https://example.org/page"
    assert str(Mistake("wrong")) == "wrong"
