"""Suppression comments: which are read, which count, what they do, and what is told about the others."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from bot.facts import read
from bot.model import Finding, Hunk, Place, Rule, Severity, SourceFile
from bot.suppress import GRAMMAR, Comment, Known, Mode, Silences, Suppression, apply, parse

HTTP = "timeout/http-call-without-deadline"
RULES = (HTTP, "timeout/lock-without-deadline", "retry/retry-without-jitter")
KNOWN = Known(RULES, RULES, "2026-11-24")
GOOD = f"mainstay: allow {HTTP} because it is local"


def one(text: str, *, own_line: bool = False) -> Suppression:
    found = parse([Comment(7, 7, text, own_line)])
    assert len(found) == 1
    return found[0]


def finding(line: int = 7, rule: str = HTTP, severity: Severity = "warning", **changes: Any) -> Finding:
    family = rule.partition("/")[0]
    made = Rule(rule, family, severity, ("python",), {}, "message", "a deadline", "", (), ())
    place = Place("a.py", line, 1, line, 9)
    return replace(Finding(made, severity, "message", place, "f", "get(url)", f"print-{line}"), **changes)


def settle(
    *findings: Finding,
    after: tuple[Suppression, ...],
    known: Known = KNOWN,
    present: tuple[Finding, ...] = (),
    **silences: Any,
) -> tuple[list[Finding], list[str]]:
    judged, problems = apply(findings, {"a.py": Silences(after, **silences)}, known, present)
    return list(judged), list(problems)


# --- which are read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"# {GOOD}",
        f"// {GOOD}",
        f"/* {GOOD} */",
        f"/**\n * {GOOD}\n */",
        f"-- {GOOD}",
        f"; {GOOD}",
        f"<!-- {GOOD} -->",
        f"# noqa: E501  # {GOOD}",
        f"noqa // {GOOD}",
        f"  {GOOD}   ",
        f"mainstay:allow {HTTP}  because\tit is local",
    ],
)
def test_the_form_is_read_in_any_comment(text: str) -> None:
    found = one(text)
    assert (found.rule, found.until, found.reason, found.problem) == (HTTP, "", "it is local", "")


@pytest.mark.parametrize(
    "text",
    [
        "mainstay: the tool that reviews this",
        f"write `{GOOD}` to silence it",
        f"our {GOOD}",
        f"'{GOOD}'",
        "mainstay:",
        "MAINSTAY: allow x/y because z",
        f"mainstay allow {HTTP} because z",
    ],
)
def test_prose_is_no_suppression(text: str) -> None:
    assert parse([Comment(1, 1, text, own_line=True)]) == ()


def test_a_day_is_read() -> None:
    found = one("mainstay: allow retry/* until 2027-03-31 because the queue retries")
    assert (found.rule, found.until, found.reason) == ("retry/*", "2027-03-31", "the queue retries")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"mainstay: allow {HTTP}", f"it gives no reason; write `{GRAMMAR}`"),
        (f"mainstay: allow {HTTP} because", f"it gives no reason; write `{GRAMMAR}`"),
        (f"mainstay: allow {HTTP} because ...", f"it gives no reason; write `{GRAMMAR}`"),
        (f"mainstay: disable {HTTP} because x", f"'disable' is not known; write `{GRAMMAR}`"),
        (f"mainstay: alow {HTTP} because x", f"'alow' is not known; write `{GRAMMAR}`"),
        ("mainstay: allow because x", "'' is neither a rule's id nor a family such as timeout/*"),
        ("mainstay: allow * because x", "'*' is neither a rule's id nor a family such as timeout/*"),
        ("mainstay: allow http-call because x", "'http-call' is neither a rule's id nor a family such as timeout/*"),
        (f"mainstay: allow {HTTP} until June because x", "'June' is not a day; write it as 2027-03-31"),
        (f"mainstay: allow {HTTP} until 2027-13-01 because x", "'2027-13-01' is not a day; write it as 2027-03-31"),
        (f"mainstay: allow {HTTP} until because x", f"'until' is not understood; write `{GRAMMAR}`"),
        (f"mainstay: allow {HTTP} it is local", f"'it is local' is not understood; write `{GRAMMAR}`"),
    ],
)
def test_a_suppression_that_is_not_understood_does_not_count_and_is_told(text: str, problem: str) -> None:
    assert one(text).problem == problem
    judged, problems = settle(finding(), after=(one(text),))
    assert judged == [finding()]
    assert problems == [f"a.py:7: this suppression does not count: {problem}"]


PYTHON = f'''\
NAME = "# {GOOD}"
# {GOOD}
TEXT = """
# {GOOD}
"""
get(url)  # {GOOD}
'''


def test_only_comments_count_and_never_strings() -> None:
    facts = read(SourceFile("a.py", "python", PYTHON))
    comments = [
        Comment(fact.span.line, fact.span.end_line, fact.get("text"), fact.get("own_line"))
        for fact in facts.of("comment")
    ]
    assert [(found.line, found.covers) for found in parse(comments)] == [(2, (2, 3)), (6, (6,))]


# --- where they hold ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "silenced"), [(6, False), (7, True), (8, False)])
def test_a_comment_behind_code_holds_for_its_own_line(line: int, *, silenced: bool) -> None:
    (judged,), _ = settle(finding(line), after=(one(GOOD),))
    assert judged.shown is not silenced


@pytest.mark.parametrize(("line", "silenced"), [(6, False), (8, True), (9, False)])
def test_a_comment_on_its_own_line_holds_for_the_line_below(line: int, *, silenced: bool) -> None:
    (judged,), _ = settle(finding(line), after=(one(GOOD, own_line=True),))
    assert judged.shown is not silenced


def test_comments_stacked_above_the_line_all_hold() -> None:
    stacked = parse(
        [
            Comment(5, 5, f"# {GOOD}", own_line=True),
            Comment(6, 6, "# mainstay: allow retry/* because the queue retries", own_line=True),
            Comment(7, 9, "/* why:\n the peer\n is near */", own_line=True),
            Comment(12, 12, f"# {GOOD}", own_line=True),
        ]
    )
    assert [found.covers for found in stacked] == [(5, 10), (6, 10), (12, 13)]


def test_a_statement_over_several_lines_is_silenced_above_its_start() -> None:
    above = one(GOOD, own_line=True)
    (judged,), problems = settle(finding(11), after=(above,), starts={11: 8})
    assert not judged.shown
    assert problems == []


def test_a_finding_on_a_deleted_line_is_silenced_at_the_call_that_it_affects() -> None:
    deleted = finding(place=Place("old.py", 7, 1, 7, 9, "before"))
    (judged,), _ = settle(replace(deleted, affected=Place("a.py", 30, 1, 30, 9)), after=(one(GOOD),))
    assert judged.shown
    (judged,), _ = settle(replace(deleted, affected=Place("a.py", 7, 1, 7, 9)), after=(one(GOOD),))
    assert not judged.shown
    (judged,), _ = settle(finding(place=Place("a.py", 7, 1, 7, 9, "before")), after=(one(GOOD),))
    assert judged.shown


@pytest.mark.parametrize(
    ("allowed", "rule", "silenced"),
    [
        (HTTP, HTTP, True),
        ("timeout/*", HTTP, True),
        ("retry/*", HTTP, False),
        ("timeout/lock-without-deadline", HTTP, False),
    ],
)
def test_a_suppression_holds_for_its_rule_or_family(allowed: str, rule: str, *, silenced: bool) -> None:
    (judged,), _ = settle(finding(rule=rule), after=(one(f"mainstay: allow {allowed} because x"),))
    assert judged.shown is not silenced


def test_another_file_is_not_silenced() -> None:
    (judged,), _ = settle(finding(place=Place("b.py", 7, 1, 7, 9)), after=(one(GOOD),))
    assert judged.shown


# --- what they do ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "severity", "shown", "counts"),
    [
        ("show", "error", False, True),
        ("show", "warning", False, False),
        ("show", "info", False, False),
        ("trust", "error", False, False),
        ("trust", "warning", False, False),
        ("ignore", "error", True, True),
        ("ignore", "warning", True, True),
    ],
)
def test_one_that_the_change_adds_is_honoured_openly(
    mode: Mode, severity: Severity, *, shown: bool, counts: bool
) -> None:
    (judged,), problems = settle(finding(severity=severity), after=(one(GOOD),), mode=mode)
    assert (judged.shown, judged.counts) == (shown, counts)
    assert judged.reason == ("" if shown else f"silenced in this change: {HTTP}, it is local")
    refused = f"a.py:7: the suppression of {HTTP} is not honoured, because this change adds it (`suppressions: ignore`)"
    assert problems == ([refused] if shown else [])


@pytest.mark.parametrize("mode", ["show", "trust", "ignore"])
def test_one_that_the_before_side_has_is_silent(mode: Mode) -> None:
    before = parse([Comment(4, 4, GOOD, own_line=False)])
    (judged,), problems = settle(finding(severity="error"), after=(one(GOOD),), before=before, mode=mode)
    assert (judged.shown, judged.counts) == (False, False)
    assert judged.reason == f"silenced before: {HTTP}, it is local"
    assert problems == []


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((), id="a line that was part of a string"),
        pytest.param((one("mainstay: allow timeout/* because it is local"),), id="another rule"),
        pytest.param((one(f"mainstay: allow {HTTP} because of haste"),), id="another reason"),
        pytest.param((one(f"mainstay: allow {HTTP} until 2027-01-01 because it is local"),), id="another day"),
        pytest.param((one(f"mainstay: allow {HTTP}"),), id="no reason"),
    ],
)
def test_one_that_the_before_side_has_not_in_these_words_is_added(before: tuple[Suppression, ...]) -> None:
    (judged,), _ = settle(finding(), after=(one(GOOD),), before=before)
    assert judged.reason.startswith("silenced in this change")


def test_one_that_is_moved_to_other_code_is_added() -> None:
    before = parse([Comment(2, 2, GOOD, own_line=False)])
    (judged,), _ = settle(finding(), after=(one(GOOD),), before=before, hunks=(Hunk(7, 1, 7, 1),))
    assert judged.reason.startswith("silenced in this change")
    (judged,), _ = settle(finding(), after=(one(GOOD),), before=before, hunks=(Hunk(9, 1, 8, 3), Hunk(3, 2, 6, 0)))
    assert judged.reason.startswith("silenced before")


def test_of_two_equal_ones_the_copy_is_added() -> None:
    after = parse([Comment(3, 3, GOOD, own_line=False), Comment(7, 7, GOOD, own_line=False)])
    before = parse([Comment(3, 3, GOOD, own_line=False)])
    judged, _ = settle(finding(3), finding(7), after=after, before=before, hunks=(Hunk(6, 0, 7, 1),))
    assert [each.reason.partition(":")[0] for each in judged] == ["silenced before", "silenced in this change"]


def test_an_old_one_goes_before_a_new_one() -> None:
    family = "mainstay: allow timeout/* because the pool has one"
    after = parse([Comment(6, 6, GOOD, own_line=True), Comment(7, 7, family, own_line=False)])
    before = parse([Comment(5, 5, family, own_line=False)])
    (judged,), problems = settle(finding(), after=after, before=before)
    assert judged.reason == "silenced before: timeout/*, the pool has one"
    assert problems == []


def test_a_finding_that_is_folded_already_keeps_its_reason() -> None:
    folded = finding(shown=False, reason="over the limit")
    assert settle(folded, after=(one(GOOD),)) == ([folded], [])


# --- what is told ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("2026-11-23", [f"a.py:7: the suppression of {HTTP} expired on 2026-11-23"]),
        ("2026-11-24", []),
        ("2027-01-01", []),
    ],
)
def test_a_suppression_holds_through_its_last_day(until: str, told: list[str]) -> None:
    (judged,), problems = settle(finding(), after=(one(f"mainstay: allow {HTTP} until {until} because x"),))
    assert judged.shown is bool(told)
    assert problems == told


@pytest.mark.parametrize(
    ("written", "near"),
    [("timeout/http-call-without-dedline", HTTP), ("timeuot/*", "timeout/*")],
)
def test_an_unknown_rule_is_told_with_the_nearest(written: str, near: str) -> None:
    _, problems = settle(after=(one(f"mainstay: allow {written} because x"),))
    assert problems == [
        f"a.py:7: this suppression does not count: there is no rule '{written}'. Did you mean '{near}'?"
    ]


UNUSED = [f"a.py:7: the suppression of {HTTP} is unused: nothing is found here without it; remove the comment"]


def test_an_unused_suppression_is_told() -> None:
    assert settle(finding(20), after=(one(GOOD),))[1] == UNUSED


def test_a_suppression_of_an_old_finding_is_not_unused() -> None:
    assert settle(after=(one(GOOD),), present=(finding(),)) == ([], [])
    assert settle(after=(one(GOOD),), present=(finding(20),))[1] == UNUSED


def test_nothing_is_called_unused_where_the_rule_did_not_look() -> None:
    family = one("mainstay: allow timeout/* because x")
    assert settle(after=(one(GOOD),), complete=False)[1] == []
    assert settle(after=(one(GOOD),), off=[HTTP])[1] == []
    assert settle(after=(one(GOOD),), known=replace(KNOWN, ran=RULES[1:]))[1] == []
    assert settle(after=(family,), off=[HTTP])[1] == []
    assert len(settle(after=(family,), off=RULES[2:])[1]) == 1


def test_problems_come_by_file_and_line() -> None:
    bad = parse([Comment(9, 9, "mainstay: allow x", own_line=False), Comment(12, 12, GOOD, own_line=False)])
    _, problems = apply((), {"b.py": Silences(bad), "a.py": Silences(bad)}, KNOWN)
    assert [problem.partition(": ")[0] for problem in problems] == ["a.py:9", "a.py:12", "b.py:9", "b.py:12"]
