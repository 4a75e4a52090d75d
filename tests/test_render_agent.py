from __future__ import annotations

from hypothesis import given, settings
from msgspec.structs import replace

from bot.model import Review
from bot.render.agent import render

from .hostile import hidden_in, reviews
from .reviews import a_finding, a_fix, a_full_review, a_place, a_review


def tokens(line: str) -> float:
    return len(line.encode()) / 3.2


def test_the_verdicts_word_comes_first_then_a_line_a_finding_with_its_fix() -> None:
    assert render(a_review(a_finding(fix=a_fix()), a_finding("error", place=a_place(line=4)))) == (
        "complete 2 findings (1 error, 1 warning) in 1 file\n"
        "app/client.py:9:17 warning timeout/http-call-without-deadline: `requests.post` has no deadline: one silent"
        " peer can hold this worker for ever. | fix 9: reply = requests.post(URL, json=item, timeout=(3.05, 10))\n"
        "app/client.py:4:17 error timeout/http-call-without-deadline: `requests.post` has no deadline: one silent peer"
        " can hold this worker for ever. | missing: a deadline\n"
    )


def test_what_was_left_out_folded_or_needs_a_look_has_lines_of_its_own() -> None:
    lines = render(a_full_review()).splitlines()

    assert lines[:3] == [
        "partial 2 findings (1 error, 1 warning) in 3 of 4 files, 1 folded",
        "reason: app/huge.py was passed over: larger than 1 MB",
        "reason: retry/budget failed: see the log",
    ]
    assert lines[3].startswith(
        "app/session.py:4:1 (deleted line) error timeout/http-call-without-deadline affects 7:12: "
    )
    assert lines[5:] == [
        (
            "folded: app/retry.py:4:5 info retry/retries-without-jitter: silenced in this change:"
            " retry/retries-without-jitter, because one client runs at a time"
        ),
        "problem: .mainstay.yaml is changed here; the review used the one of the merge base",
    ]


def test_a_fix_of_several_lines_stands_on_one_with_its_indentation() -> None:
    fix = replace(a_fix(), start_line=3, end_line=5, replacement="    with open(p) as f:\n        use(f)\n")

    assert render(a_review(a_finding(fix=fix))).endswith(" | fix 3-5: with open(p) as f: ⏎     use(f) ⏎ \n")


def test_a_fix_that_only_takes_away_says_so() -> None:
    fix = replace(a_fix(), replacement="", patch="@@ -9 +8,0 @@\n-        pass\n")

    assert render(a_review(a_finding(fix=fix))).endswith(" | fix 9: delete\n")


def test_a_long_finding_is_cut_with_an_ellipsis_and_keeps_its_place_its_rule_and_some_of_its_fix() -> None:
    fix = replace(a_fix(), replacement="x = " + "call(統一), " * 60)
    path = "deep/" * 40 + "統一/client.py"
    line = render(a_review(a_finding(message="word " * 200, place=a_place(path), fix=fix))).splitlines()[1]

    assert tokens(line) < 120
    assert line.startswith("…")
    assert "client.py:9:17 warning timeout/http-call-without-deadline: word word" in line
    assert "… | fix 9: x = call(統一)" in line
    assert line.endswith("…")


def test_an_empty_range_and_a_failed_review_never_say_that_nothing_was_found() -> None:
    empty = render(a_review(empty="nothing to review: A..B is empty"))
    failed = render(a_review(verdict="not reviewed", reasons=("git is missing",)))

    assert empty == "complete nothing to review: A..B is empty\n"
    assert failed == "not reviewed: git is missing\nreason: git is missing\n"


@settings(max_examples=80, deadline=None)
@given(reviews())
def test_any_text_gives_short_lines_without_hidden_characters(review: Review) -> None:
    text = render(review)

    assert hidden_in(text) == ""
    assert text.startswith(review.verdict)
    assert [line for line in text.splitlines() if tokens(line) >= 120] == []
    assert not [line for line in text.splitlines() if line.startswith("::") or "##[" in line]
