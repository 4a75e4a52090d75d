from __future__ import annotations

import re

from hypothesis import given, settings
from msgspec.structs import replace

from bot.model import Review
from bot.render.annotations import render

from .hostile import hidden_in, reviews
from .reviews import CLIENT, a_finding, a_fix, a_full_review, a_place, a_review, a_rule

COMMAND = re.compile(r"::(error|warning|notice) (?:[a-zA-Z]+=[^:,]*,?)+::.*")


def test_a_finding_is_a_command_and_the_verdict_the_last_notice() -> None:
    assert render(a_review(a_finding(fix=a_fix()))) == (
        "::warning file=app/client.py,line=9,endLine=9,col=17,title=timeout/http-call-without-deadline::"
        "`requests.post` has no deadline: one silent peer can hold this worker for ever.%0A"
        "Missing: a deadline.%0A"
        "A call without an end waits as long as the other side likes.%0A"
        "Fix: Give the call a time-out%0A"
        "-         reply = requests.post(URL, json=item)%0A"
        "+         reply = requests.post(URL, json=item, timeout=(3.05, 10))\n"
        "::notice title=Mainstay::complete: 1 finding (1 warning) in 1 file\n"
    )


def test_what_has_a_meaning_in_a_command_is_escaped() -> None:
    finding = a_finding(message="50% of\nall", place=a_place("a,b:c%.py"), rule=a_rule("x/y", mentoring=""))

    assert render(a_review(finding, sources={})).splitlines()[0] == (
        "::warning file=a%2Cb%3Ac%25.py,line=9,endLine=9,col=17,title=x/y::50%25 of\\nall%0AMissing: a deadline."
    )


def test_a_place_over_several_lines_has_no_column() -> None:
    place = replace(a_place(), end_line=11)

    assert "line=9,endLine=11,title=" in render(a_review(a_finding(place=place)))


def test_a_deleted_line_is_annotated_at_the_nearest_line_left() -> None:
    assert "::error file=app/session.py,line=4,endLine=4,col=1," in render(a_full_review())
    assert "%0AIt stands on line 4 before the change, which is deleted" in render(a_full_review())


def test_ten_of_a_level_are_shown_and_the_rest_is_counted() -> None:
    findings = [a_finding(level) for level in ("error", "warning", "info") for _ in range(12)]
    lines = render(a_review(*findings)).splitlines()

    assert [sum(line.startswith(f"::{level} ") for line in lines) for level in ("error", "warning", "notice")] == [
        10,
        10,
        10,
    ]
    assert lines[-1] == (
        "::notice title=Mainstay::complete: 36 findings (12 errors, 12 warnings, 12 info) in 1 file"
        "%0A7 more are not annotated: GitHub shows 10 of each level."
    )


def test_a_partial_review_raises_an_alarm_that_has_a_place_among_the_ten() -> None:
    review = a_review(*[a_finding() for _ in range(12)], verdict="partial", reasons=("a.py: too large", "b.py: binary"))
    lines = render(review).splitlines()

    assert lines[0] == "::warning title=Mainstay reviewed only a part of this::a.py: too large%0Ab.py: binary"
    assert sum(line.startswith("::warning") for line in lines) == 10
    assert lines[-1].startswith("::notice title=Mainstay::PARTIAL: 12 findings (12 warnings) in 1 file; left out: ")


def test_a_review_that_failed_is_an_error() -> None:
    assert render(a_review(verdict="not reviewed", reasons=("git is missing",))) == (
        "::error title=Mainstay did not review this::git is missing\n"
        "::notice title=Mainstay::not reviewed: git is missing\n"
    )


def test_a_folded_finding_is_not_annotated() -> None:
    folded = a_finding(shown=False, reason="silenced")

    assert render(a_review(folded)) == "::notice title=Mainstay::complete: no findings in 1 file, 1 folded\n"


@settings(max_examples=80, deadline=None)
@given(reviews())
def test_any_text_gives_well_formed_commands_and_nothing_else(review: Review) -> None:
    text = render(review)

    assert hidden_in(text) == ""
    assert [line for line in text.removesuffix("\n").split("\n") if not COMMAND.fullmatch(line)] == []
    assert len(re.findall("%(?!25|0A|0D|3A|2C)", text)) == 0


def test_the_client_of_these_tests_has_the_call_where_they_say() -> None:
    assert CLIENT.split("\n")[8][16:29] == "requests.post"
