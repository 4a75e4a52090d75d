from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.model import FileEntry, Note, Place, Review
from bot.render.layout import columns
from bot.render.terminal import render

from .hostile import hidden_in, reviews, without_colour
from .reviews import a_finding, a_fix, a_full_review, a_manifest, a_place, a_review, a_rule


def last_line(text: str) -> str:
    return text.rstrip("\n").split("\n")[-1]


def test_a_finding_shows_its_code_its_reason_and_its_fix() -> None:
    assert render(a_review(a_finding(fix=a_fix())), colour=False) == (
        "app/client.py\n"
        "\n"
        "  warning  timeout/http-call-without-deadline\n"
        "  `requests.post` has no deadline: one silent peer can hold this worker for\n"
        "  ever.\n"
        "\n"
        "  --> app/client.py:9:17 in charge\n"
        "    7 |     replies = []\n"
        "    8 |     for item in order.items:\n"
        "    9 |         reply = requests.post(URL, json=item)\n"
        "      |                 ^^^^^^^^^^^^^ missing: a deadline\n"
        "   10 |         replies.append(reply)\n"
        "  why  A call without an end waits as long as the other side likes.\n"
        "  fix  Give the call a time-out\n"
        "    9 -         reply = requests.post(URL, json=item)\n"
        "    9 +         reply = requests.post(URL, json=item, timeout=(3.05, 10))\n"
        "\n"
        "complete: 1 finding (1 warning) in 1 file\n"
    )


def test_a_removed_safeguard_shows_the_deleted_line_and_the_call_that_lacks_it() -> None:
    assert (
        "  --> app/session.py:4:1 (deleted line)\n"
        "    3 | session = requests.Session()\n"
        "    4 - session.timeout = 5\n"
        "      | ^^^^^^^^^^^^^^^^^^^\n"
        "  --> app/session.py:7:12 now lacks it\n"
        '    7 |     return session.get(f"/items/{key}")\n'
        "      |            ^^^^^^^^^^^ missing: a deadline\n"
        "  see  app/session.py:3:11  the client is made here\n"
    ) in render(a_full_review(), colour=False)


def test_what_is_not_a_finding_stands_between_the_findings_and_the_verdict() -> None:
    text = render(a_full_review(), colour=False)

    assert text[text.index("Folded") :] == (
        "Folded away (1)\n"
        "  - app/retry.py:4:5 info retry/retries-without-jitter: silenced in this change:\n"
        "    retry/retries-without-jitter, because one client runs at a time (it still\n"
        "    counts)\n"
        "\n"
        "Worth knowing\n"
        "  - Every wait needs an end\n"
        "    One silent callee can fill the whole pool.\n"
        "    mainstay rules show timeout/http-call-without-deadline\n"
        "    https://requests.readthedocs.io/en/latest/user/advanced/#timeouts\n"
        "\n"
        "To look at\n"
        "  - .mainstay.yaml is changed here; the review used the one of the merge base\n"
        "\n"
        "Passed over: app/huge.py (larger than 1 MB)\n"
        "\n"
        "PARTIAL REVIEW: this was left out\n"
        "  - app/huge.py was passed over: larger than 1 MB\n"
        "  - retry/budget failed: see the log\n"
        "\n"
        "PARTIAL: 2 findings (1 error, 1 warning) in 3 of 4 files, 1 folded; see above\n"
    )


def test_findings_are_grouped_by_file_in_the_order_of_their_rank() -> None:
    first, second = a_finding("error", place=a_place("b.py")), a_finding(place=a_place("a.py"))
    text = render(a_review(first, second, replace(second, place=a_place("b.py", 3))), colour=False)

    assert [line for line in text.split("\n") if line and not line.startswith(" ")] == [
        "b.py (2 findings)",
        "a.py",
        "complete: 3 findings (1 error, 2 warnings) in 1 file",
    ]


def test_a_lesson_is_told_once_a_rule() -> None:
    text = render(a_review(a_finding(), a_finding(place=a_place(line=4)), a_finding(rule=a_rule("a/b"))), colour=False)

    assert text.count("why  ") == 2


def test_a_long_lesson_is_cut_and_says_where_the_rest_is() -> None:
    note = Note("a/b", "Patience", "word " * 80)
    text = render(a_review(a_finding(), notes=(note,)), colour=False)

    assert "    word word" in text
    assert " word …\n    mainstay rules show a/b\n" in text
    assert text.count("    word ") == 3


def test_files_passed_over_are_named_or_counted_by_reason() -> None:
    files = [FileEntry(f"docs/{n}.md", "passed over", "no language") for n in range(3)]
    manifest = a_manifest(files=(*files, FileEntry("big.py", "passed over", "too large")))

    assert "\nPassed over: 3 files (no language), big.py (too large)\n" in "\n" + render(
        a_review(manifest=manifest), colour=False
    )


def test_a_fix_of_many_lines_is_cut_and_says_so() -> None:
    patch = "@@ -1,0 +1,20 @@\n" + "".join(f"+line {n}\n" for n in range(1, 21))
    text = render(a_review(a_finding(fix=replace(a_fix(), patch=patch))), colour=False)

    assert "   12 + line 12\n      … 8 more lines: mainstay check --fix shows them\n" in text


def test_a_long_line_of_a_fix_is_folded_and_keeps_its_blanks() -> None:
    patch = "@@ -1 +1 @@\n-a  =  1\n+" + "\tb" * 20 + "\n"
    text = render(a_review(a_finding(fix=replace(a_fix(), patch=patch))), colour=False)

    assert f"    1 - a  =  1\n    1 +{'     b' + '   b' * 16}\n      + b   b   b\n" in text


def test_a_long_label_goes_under_the_caret() -> None:
    rule = a_rule(safeguard="a deadline on the client, on the call or on the whole request")
    text = render(a_review(a_finding(rule=rule)), colour=False)

    assert (
        "      |                 ^^^^^^^^^^^^^\n"
        "      |   missing: a deadline on the client, on the call or on the whole request\n"
    ) in text


def test_an_empty_range_says_so_and_never_that_nothing_was_found() -> None:
    text = render(a_review(empty="nothing to review: main..HEAD is empty", problems=("unused",)), colour=False)

    assert last_line(text) == "nothing to review: main..HEAD is empty"
    assert "To look at\n  - unused\n" in text
    assert "no findings" not in text


def test_a_review_that_failed_says_only_why() -> None:
    text = render(a_review(verdict="not reviewed", reasons=("git is missing", "so is the base")), colour=False)

    assert text == (
        "NOT REVIEWED\n  - git is missing\n  - so is the base\n\nnot reviewed: git is missing (and 1 more reason)\n"
    )


def test_without_its_source_a_finding_still_has_its_place() -> None:
    text = render(a_review(a_finding(), sources={}), colour=False)

    assert "  --> app/client.py:9:17 in charge\n  missing: a deadline\n" in text


def test_a_path_can_give_no_command_to_a_workflow() -> None:
    text = render(a_review(a_finding(place=a_place("::stop-commands::x/y.py"))), colour=False)

    assert text.startswith(r"\x3a:stop-commands::x/y.py")


def test_colour_changes_nothing_but_colour() -> None:
    review = a_full_review()
    coloured = render(review, colour=True)

    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert last_line(coloured).startswith("\x1b[1;30;43mPARTIAL: ")
    assert without_colour(coloured) == render(review, colour=False)


def test_eighty_columns_are_enough() -> None:
    long = "word " * 60
    finding = a_finding(message=long, rule=a_rule(mentoring=long, safeguard=long), fix=a_fix())
    folded = replace(finding, shown=False, reason=long)
    review = a_review(finding, folded, problems=(long,), verdict="partial", reasons=(long,))

    assert [line for line in render(review, colour=False).split("\n") if columns(line) > 80] == []


@settings(max_examples=80, deadline=None)
@given(reviews(), st.booleans())
def test_nothing_in_a_review_steers_the_terminal(review: Review, colour: bool) -> None:
    text = render(review, colour=colour)

    assert hidden_in(without_colour(text) if colour else text) == ""
    assert not [line for line in text.split("\n") if line.lstrip().startswith("::") or "##[" in line]


@settings(max_examples=40, deadline=None)
@given(reviews())
def test_the_last_line_is_the_verdict(review: Review) -> None:
    words = {"complete": "complete: ", "partial": "PARTIAL: ", "not reviewed": "not reviewed: "}

    assert last_line(render(review, colour=False)).startswith(words[review.verdict])


def test_a_place_over_several_lines_is_framed() -> None:
    source = "call(\n    a,\n    b,\n)\nafter()\n"
    text = render(a_review(a_finding(place=Place("x.py", 1, 1, 4, 2)), sources={"x.py": source}), colour=False)

    assert (
        "    1 | call(\n      | ^^^^^ missing: a deadline\n    2 |     a,\n    3 |     b,\n    4 | )\n    5 | after()\n"
        in text
    )
