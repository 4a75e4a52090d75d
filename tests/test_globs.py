"""Globs: what they match, what is refused, and that no pattern takes long."""

from __future__ import annotations

import fnmatch
from pathlib import PurePosixPath
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot import globs


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a.py", "a.py", True),
        ("a.py", "A.py", False),
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", False),
        ("*", "", True),
        ("*", "a/b", False),
        ("a*c", "abc", True),
        ("a*c", "ac", True),
        ("a*c", "acb", False),
        ("ab*ba", "aba", False),
        ("*a*b*", "xaxbx", True),
        ("*a*b*", "xbxax", False),
        ("?", "a", True),
        ("?", "", False),
        ("?", "/", False),
        ("a?c", "abc", True),
        ("*?b*c", "abxc", True),
        ("*?b*c", "bxc", False),
        ("**", "a/b/c", True),
        ("**", "a", True),
        ("a/**", "a", True),
        ("a/**", "a/b/c", True),
        ("**/a", "a", True),
        ("**/a", "x/y/a", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "a/x/y/c", False),
        ("a/**/x/**/b", "a/x/y/x/b", True),
        ("**/x/**/x/b", "x/x/b", True),
        ("a**b", "axxb", True),
        ("a**b", "a/b", False),
        ("{a,b}.py", "b.py", True),
        ("{a,b}.py", "c.py", False),
        ("{src,lib/x}/*.py", "lib/x/a.py", True),
        ("a{,s}", "a", True),
        ("{a,{b,c}d}", "cd", True),
        ("{a}", "{a}", True),
        ("{{name}}/x", "{{name}}/x", True),
        ("a,b", "a,b", True),
        ("[ab].py", "a.py", False),
        ("[ab].py", "[ab].py", True),
        (r"a\*", r"a\b", True),
        ("ä?", "äö", True),
    ],
)
def test_a_pattern_matches_the_whole_path(pattern: str, path: str, expected: bool) -> None:
    assert globs.matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("requests.{get,head}", "requests.head", True),
        ("requests.*", "requests.Session.get", True),
        ("*.get", "requests.Session.get", True),
        ("net/http.*", "net/http.Client.Do", True),
        ("a/**/b", "a/b", False),
    ],
)
def test_without_a_separator_a_star_takes_everything(pattern: str, name: str, expected: bool) -> None:
    assert globs.matches(pattern, name, separator="") is expected


def test_another_separator_divides_names() -> None:
    assert globs.matches("requests.*.get", "requests.Session.get", separator=".")
    assert not globs.matches("requests.*", "requests.Session.get", separator=".")
    assert globs.matches("requests.**", "requests.Session.get", separator=".")


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("vendor", ["vendor/a.py", "x/vendor/y/a.py", "vendor"], ["vendors/a.py", "x/vendor.py"]),
        ("vendor/", ["vendor/a.py", "x/vendor/a.py"], ["vendor", "x/vendor"]),
        ("/vendor", ["vendor/a.py"], ["x/vendor/a.py"]),
        ("*.pb.go", ["a.pb.go", "x/y/a.pb.go"], ["a.go"]),
        ("services/pay", ["services/pay/a.py"], ["x/services/pay/a.py", "services/payments/a.py"]),
        ("services/*/gen", ["services/a/gen/b/c.py"], ["services/gen/c.py"]),
        ("**/gen/*.py", ["gen/a.py", "x/gen/a.py"], ["gen/x/a.py"]),
        ("{docs,/examples}", ["x/docs/a", "examples/a"], ["x/examples/a"]),
    ],
)
def test_a_path_pattern_covers_what_a_gitignore_would(pattern: str, covered: list[str], not_covered: list[str]) -> None:
    assert [path for path in covered if not globs.covers(pattern, path)] == []
    assert [path for path in not_covered if globs.covers(pattern, path)] == []


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("*", "services"),
        ("**/*.py", "services/**"),
        ("services", "services/payments"),
        ("services/*", "services/payments"),
        ("services/**/legacy", "services/payments/legacy"),
        ("services/pay*", "services/payments"),
        ("services/payments", "services/payments/legacy/a.py"),
        ("{services,x/y/z}", "services/payments"),
    ],
)
def test_the_pattern_with_more_literal_steps_then_characters_is_more_specific(less: str, more: str) -> None:
    path = "services/payments/legacy/a.py"
    low, high = globs.specificity(less, path), globs.specificity(more, path)
    assert low is not None
    assert high is not None
    assert low < high


def test_a_pattern_that_does_not_cover_a_path_has_no_specificity() -> None:
    assert globs.specificity("services/billing", "services/payments/a.py") is None


def test_alternatives_are_listed_in_order_once() -> None:
    assert globs.expand("{get,head}.{a,b}") == ("get.a", "get.b", "head.a", "head.b")
    assert globs.expand("{a,a}") == ("a",)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "it is empty"),
        ("{a,b", "a `{` is never closed"),
        ("a}b", "a `}` has no `{` before it"),
        ("x" * 501, "it is longer than 500 characters"),
        ("{a,b}" * 9, "it has more than 256 alternatives"),
        ("{" + "," * 256 + "}", "it has more than 256 alternatives"),
        ("{" * 500, "a `{` is never closed"),
        ("a*[x]{b,c}", ""),
    ],
)
def test_a_pattern_that_can_not_be_meant_is_refused(pattern: str, problem: str) -> None:
    assert globs.problem(pattern) == problem
    if problem:
        with pytest.raises(ValueError, match=problem[:10]):
            globs.matches(pattern, "a")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a" * 250, "a" * 5000 + "b"),
        ("*?" * 200 + "b", "a" * 5000),
        ("**/a/" * 99 + "b", "a/" * 2000 + "c"),
        ("**/*a*/" * 70 + "b", "/".join(["ba" * 20] * 500)),
        ("{a,b}" * 8, "ab" * 2000),
        ("{a*,*a}" * 8 + "c", "a" * 4000 + "b"),
    ],
)
def test_no_pattern_takes_long(pattern: str, text: str) -> None:
    begun = perf_counter()
    assert not globs.matches(pattern, text)
    assert not globs.covers(pattern, text)
    assert perf_counter() - begun < 3


step = some.text(alphabet="ab.", min_size=1, max_size=5).filter(lambda text: text not in (".", ".."))
paths = some.lists(step, min_size=1, max_size=5).map("/".join)
step_patterns = some.text(alphabet="ab.*?", min_size=1, max_size=5).filter(lambda text: "**" not in text)


@given(step_patterns, step)
def test_one_step_matches_as_fnmatch_does(pattern: str, name: str) -> None:
    assert globs.matches(pattern, name) == fnmatch.fnmatchcase(name, pattern)


@given(some.text(alphabet="ab*?/.", min_size=1, max_size=8), some.text(alphabet="ab/.", max_size=8))
def test_without_a_separator_all_matches_as_fnmatch_does(pattern: str, name: str) -> None:
    assert globs.matches(pattern, name, separator="") == fnmatch.fnmatchcase(name, pattern)


@given(some.lists(step_patterns.filter(lambda text: text not in (".", "..")), min_size=1, max_size=5), paths)
def test_steps_match_as_pathlib_does(steps: list[str], path: str) -> None:
    expected = len(steps) == path.count("/") + 1 and PurePosixPath(path).match("/".join(steps))
    assert globs.matches("/".join(steps), path) is expected


@given(some.lists(step_patterns | some.just("**"), min_size=1, max_size=6), paths)
def test_double_stars_match_as_trying_every_length_does(steps: list[str], path: str) -> None:
    def matches(left: list[str], names: list[str]) -> bool:
        if not left:
            return not names
        if left[0] == "**":
            return any(matches(left[1:], names[taken:]) for taken in range(len(names) + 1))
        return bool(names) and fnmatch.fnmatchcase(names[0], left[0]) and matches(left[1:], names[1:])

    assert globs.matches("/".join(steps), path) is matches(steps, path.split("/"))


@given(some.lists(step, min_size=1, max_size=4, unique=True), step)
def test_braces_match_what_one_of_their_texts_matches(texts: list[str], name: str) -> None:
    pattern = f"x{{{','.join(texts)}}}*" if len(texts) > 1 else f"x{texts[0]}*"
    assert globs.matches(pattern, f"x{name}") is any(globs.matches(f"x{text}*", f"x{name}") for text in texts)
