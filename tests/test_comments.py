"""What is said of a review in a pull request: where each comment stands, what it says, and what is answered to what is gone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from bot.markers import Mark, Markers, key_from, word_of
from bot.model import ChangeSet, FileChange, FileEntry, Hunk, Note, Review, RuleEntry
from bot.ports import Told
from bot.render import checks
from bot.render.comments import answer, paused, plan, summary
from bot.render.markdown import MOST

from .hostile import hidden_in, reviews
from .reviews import CLIENT, a_finding, a_fix, a_manifest, a_place, a_review, a_rule
from .test_render_markdown import ACTIVE, OURS, leaves

RULE = "timeout/http-call-without-deadline"
HEAD = "2" * 40
MARKERS = Markers(1, 1, key_from("a key"))
LIMIT = 65_536


def a_change(*hunks: Hunk, **given: Any) -> ChangeSet:
    fields: dict[str, Any] = {
        "path": "app/client.py",
        "old_path": None,
        "status": "modified",
        "before": "",
        "after": "",
    }
    file = FileChange(**fields | given, hunks=hunks or (Hunk(9, 0, 9, 1),))
    return ChangeSet("shop/payments", "1" * 40, HEAD, "1" * 40, (file,))


def a_head(**given: Any) -> Any:
    return a_manifest(head=HEAD, **given)


def many(count: int) -> tuple[Any, ...]:
    return tuple(a_finding(fingerprint=f"{n:04x}") for n in range(count))


# --- where a comment stands ----------------------------------------------------------------------------------------


def test_a_suggestion_covers_the_lines_that_it_replaces() -> None:
    (made,) = plan(a_review(a_finding(fix=a_fix())), a_change(), 10, MARKERS).comments

    assert (made.path, made.start_line, made.line, made.side) == ("app/client.py", 9, 9, "after")
    assert MARKERS.read(made.body, "finding") == Mark("5d2f0c9e", word_of(RULE))
    assert "```suggestion\n        reply = requests.post(URL, json=item, timeout=(3.05, 10))\n```" in made.body
    assert "```diff" in made.on_file
    assert "```suggestion" not in made.on_file
    assert "At line 9 in `charge`." in made.on_file


def test_a_place_over_several_lines_is_covered_whole_where_the_page_shows_it() -> None:
    place = a_place(line=6)
    tall = a_finding(place=type(place)(place.path, 6, 1, 8, 3, "after"))
    assert [(c.start_line, c.line) for c in plan(a_review(tall), a_change(Hunk(5, 0, 6, 3)), 10, MARKERS).comments] == [
        (6, 8)
    ]
    cut = a_finding(place=type(place)(place.path, 6, 1, 40, 3, "after"))
    assert [(c.start_line, c.line) for c in plan(a_review(cut), a_change(Hunk(5, 0, 6, 3)), 10, MARKERS).comments] == [
        (6, 6)
    ]


def test_a_deleted_line_is_told_on_the_left_side_under_the_new_name_of_its_file() -> None:
    lost = a_finding(place=a_place("app/old.py", 4, side="before"), affected=a_place())
    change = a_change(Hunk(4, 1, 3, 0), old_path="app/old.py", status="renamed")
    (made,) = plan(a_review(lost), change, 10, MARKERS).comments

    assert (made.path, made.start_line, made.line, made.side) == ("app/client.py", 4, 4, "before")


@pytest.mark.parametrize("line", [3, 5])
def test_what_stands_around_a_deletion_is_not_on_the_left_side(line: int) -> None:
    lost = a_finding(place=a_place(line=line, side="before"), affected=a_place())
    (made,) = plan(a_review(lost), a_change(Hunk(4, 1, 3, 0)), 10, MARKERS).comments

    assert made.line == 0
    assert f"At line {line} before the change in `charge`." in made.on_file


def test_a_line_that_the_page_does_not_show_is_told_on_its_file_and_a_strange_file_nowhere() -> None:
    far, strange = a_finding(place=a_place(line=30)), a_finding(place=a_place("other.py"), fingerprint="6")
    (made,) = plan(a_review(far, strange), a_change(), 10, MARKERS).comments

    assert (made.line, made.fingerprint) == (0, "5d2f0c9e")


def test_a_comment_names_what_is_missing_and_other_lines_of_its_file_by_number_alone() -> None:
    lost = a_finding(place=a_place(line=9), affected=a_place(line=2))
    elsewhere = a_finding(place=a_place(line=9), affected=a_place("app/other.py", 2))
    here, there = plan(a_review(lost, elsewhere), a_change(), 10, MARKERS).comments

    assert here.body.split("\n")[1] == f"**warning** `{RULE}` · missing: a deadline"
    assert "It is the call at line 2 that now lacks it." in here.body
    assert "It is the call at `app/other.py:2:" in there.body


# --- how much is said ----------------------------------------------------------------------------------------------


def test_the_most_severe_get_comments_and_the_summary_folds_the_rest_and_says_why() -> None:
    review = a_review(*many(14))
    planned = plan(review, a_change(), 10, MARKERS)
    told = [c.fingerprint for c in planned.comments[:9]]
    text = summary(review, MARKERS, told, planned.over)

    assert [c.fingerprint for c in planned.comments] == [f.fingerprint for f in review.shown[:10]]
    assert planned.over == tuple(f.fingerprint for f in review.shown[10:])
    assert "9 findings beside their lines." in text
    assert "<summary>4 more findings: only the most severe stand beside their lines</summary>" in text
    assert "GitHub takes no comment at the places of these:" in text
    assert text.count("**warning**") == 5


def test_the_summary_says_the_verdict_once_and_folds_several_lessons_into_one_line() -> None:
    notes = (Note(RULE, "Timeout: one", "Wait.", ()), Note("a/b", "Another: one", "Wait less.", ()))
    text = summary(a_review(a_finding(), notes=notes), MARKERS, ["5d2f0c9e"])
    partial = summary(a_review(verdict="partial", reasons=("a.py is too large",)), MARKERS, [])

    assert text.count("1 finding (1 warning) in 1 file") == text.count("Complete:") == 1
    assert "<summary>Worth knowing: 2 lessons</summary>\n\n<details>\n<summary>Timeout: one</summary>" in text
    assert "## Mainstay: a partial review" in partial
    assert partial.count("a.py is too large") == 1


def test_a_finding_that_was_over_and_is_told_by_now_is_not_folded() -> None:
    review = a_review(*many(2))
    text = summary(review, MARKERS, ["0000", "0001"], ["0001"], fixed=1)

    assert "2 findings beside their lines." in text
    assert "1 finding told before is fixed." in text
    assert "more finding" not in text


def test_no_text_is_longer_than_github_takes() -> None:
    fix = type(a_fix())("Give it one", (), 9, 9, "x" * 50_000, "-" + "y" * 50_000)
    lesson = a_rule(mentoring="z " * 40_000)
    long = [a_finding(fix=fix, rule=lesson, message="m" * 70_000, fingerprint=f"{n:04x}") for n in range(12)]
    review = a_review(*long, manifest=a_head())
    planned = plan(review, a_change(), 10, MARKERS)

    assert max(len(c.body) for c in planned.comments) < LIMIT
    assert max(len(c.on_file) for c in planned.comments) < LIMIT
    assert "`mainstay rules show` tells it of" in planned.comments[0].body
    huge = a_finding(fix=type(fix)("t", (), 9, 9, "x" * 70_000, "-" + "y" * 70_000))
    assert "Its fix is too long" in plan(a_review(huge), a_change(), 10, MARKERS).comments[0].body
    text = summary(review, MARKERS, [], planned.over)
    assert len(text) < LIMIT
    assert "would not fit into this comment" in text


@settings(max_examples=150, deadline=None)
@given(reviews())
def test_nothing_in_a_review_does_anything_in_its_comments(review: Review) -> None:
    path = review.findings[0].place.path
    change = a_change(Hunk(1, 12, 1, 12), path=path)
    (made,) = plan(review, change, 1, MARKERS).comments
    for body in (made.body, made.on_file, summary(review, MARKERS, [], [made.fingerprint])):
        marker, _, shown = body.partition("\n")
        tokens = list(leaves(shown))
        assert marker.startswith("<!-- mainstay ")
        assert hidden_in(body, allowed="\n\t") == ""
        assert len(body) < LIMIT
        assert [t.content for t in tokens if t.type == "html_inline" or "image" in t.type] == []
        assert [t.content for t in tokens if t.type == "html_block" and not OURS.fullmatch(t.content)] == []
        assert [t.content for t in tokens if t.type == "text" and ACTIVE.search(t.content)] == []


# --- fixes that were asked for -------------------------------------------------------------------------------------


def test_fixes_past_the_most_comments_are_offered_and_told_when_they_are_asked_for() -> None:
    found = tuple(a_finding(fingerprint=f"{n:04x}", fix=a_fix()) for n in range(3))
    review = a_review(*found, a_finding(fingerprint="00ff"))
    offered = plan(review, a_change(), 1, MARKERS)
    assert (len(offered.comments), offered.over, offered.offers) == (1, ("0001", "0002", "00ff"), 2)
    assert offered.suggestions == ()

    asked = plan(review, a_change(), 1, MARKERS, fixes=True)
    assert [c.fingerprint for c in asked.comments] == ["0000", "0001", "0002"]
    assert all("```suggestion" in c.body for c in asked.comments)
    assert (asked.over, asked.suggestions, asked.offers) == (("00ff",), (), 0)
    assert [c.fingerprint for c in asked.spare] == ["0000", "0001", "0002"]


def test_a_fix_at_other_lines_than_its_finding_gets_a_suggestion_of_its_own() -> None:
    """The place is a deleted line; what is to be mended stands elsewhere in the change."""
    lost = a_finding(
        place=a_place("app/client.py", 4, side="before"), affected=a_place("app/client.py", 9), fix=a_fix()
    )
    change = a_change(Hunk(4, 1, 3, 0), Hunk(9, 0, 9, 1))
    assert plan(a_review(lost), change, 10, MARKERS).offers == 1
    planned = plan(a_review(lost), change, 10, MARKERS, fixes=True)
    (beside,), (made,) = planned.comments, planned.suggestions
    assert "```suggestion" not in beside.body
    assert (made.path, made.start_line, made.line, made.side) == ("app/client.py", 9, 9, "after")
    assert "```suggestion" in made.body
    assert MARKERS.read(made.body, "suggestion") == Mark("5d2f0c9e", word_of(RULE))
    assert MARKERS.read(made.body, "finding") is None

    out_of_sight = a_change(Hunk(4, 1, 3, 0))
    assert plan(a_review(lost), out_of_sight, 10, MARKERS, fixes=True).suggestions == ()


def test_a_check_offers_the_fixes_that_can_be_suggested() -> None:
    assert [b.id for b in checks.words(a_review(a_finding()), "x", 2)[2].buttons] == ["full", "fixes"]
    assert all(len(b.label) <= 20 and len(b.does) <= 40 for b in checks.words(a_review(), "x", 2)[2].buttons)
    assert checks.words(a_review(a_finding()), "")[2].buttons == ()


def test_a_note_stands_on_top_of_the_summary_once() -> None:
    before = summary(a_review(a_finding()), MARKERS, ())
    once = paused(MARKERS, before, "paused after 2 pushes", 'Press "Full review".')
    assert MARKERS.read(once, "summary") == Mark()
    assert "paused after 2 pushes" in once
    assert once.endswith(before.partition("\n")[2])
    assert paused(MARKERS, once, "paused after 2 pushes", 'Press "Full review".') == once
    alone = paused(MARKERS, "", "why", "how")
    assert MARKERS.read(alone, "summary") == Mark()
    assert alone.count("why") == 1


# --- what is answered ----------------------------------------------------------------------------------------------


def a_thread(**given: Any) -> Told:
    fields: dict[str, Any] = {
        "id": 1,
        "fingerprint": "0af1",
        "rule": word_of(RULE),
        "path": "app/client.py",
        "since": "1" * 40,
    }
    return Told(**fields | given)


def test_a_finding_that_is_no_longer_made_is_answered_with_the_commit() -> None:
    said = answer(a_review(manifest=a_head()), MARKERS, a_thread(), ())

    assert said is not None
    assert said.kind == "fixed"
    assert MARKERS.read(said.body, "fixed") == Mark("0af1", HEAD)
    assert said.body.endswith(f"\nFixed in {HEAD}.")


def test_what_was_told_at_this_very_commit_is_not_fixed_in_it() -> None:
    """Its base is another now, or the settings are."""
    assert answer(a_review(manifest=a_head()), MARKERS, a_thread(since=HEAD), ()) is None


@pytest.mark.parametrize("shown", [True, False])
def test_a_finding_that_goes_on_is_not_answered_even_folded(shown: bool) -> None:
    goes_on = a_finding(fingerprint="0af1", shown=shown, reason="" if shown else "silenced in this change")

    assert answer(a_review(goes_on, manifest=a_head()), MARKERS, a_thread(), ()) is None


@pytest.mark.parametrize(
    ("verdict", "state", "reason"),
    [
        ("partial", "partly read", "a syntax error on line 3"),
        ("partial", "passed over", "too large"),
        ("complete", "passed over", "ignored by the configuration"),
        ("complete", "passed over", "test code"),
        ("not reviewed", "passed over", "too large"),
    ],
)
def test_what_was_not_read_is_not_fixed(verdict: Any, state: Any, reason: str) -> None:
    files = (FileEntry("app/client.py", state, reason, "python"),)
    review = a_review(verdict=verdict, reasons=("x",), manifest=a_head(files=files))

    assert answer(review, MARKERS, a_thread(), ()) is None


@pytest.mark.parametrize(
    "rules",
    [
        (),
        (RuleEntry(RULE, "failed", "broke"),),
        (RuleEntry(RULE, "off", "switched off by the configuration"),),
        (RuleEntry("timeout/other", "ran"),),
    ],
)
def test_what_no_rule_looked_for_is_not_fixed(rules: tuple[RuleEntry, ...]) -> None:
    assert answer(a_review(manifest=a_head(rules=rules)), MARKERS, a_thread(), ()) is None


@pytest.mark.parametrize(
    ("verdict", "files", "fixed"),
    [
        ("complete", (), True),
        ("partial", (), False),
        ("partial", (FileEntry("app/client.py", "read"),), True),
        ("complete", (FileEntry("app/client.py", "passed over", "deleted"),), True),
    ],
)
def test_a_file_that_left_the_change_is_known_of_a_whole_review_alone(verdict: Any, files: Any, fixed: bool) -> None:
    idle = (RuleEntry(RULE, "off", "no file in its languages"),)
    review = a_review(verdict=verdict, reasons=(), manifest=a_head(files=files, rules=idle))

    assert (answer(review, MARKERS, a_thread(), ()) is not None) == fixed


def test_an_edited_statement_is_not_said_to_be_fixed() -> None:
    """What the same rule says anew of the same file may be what became of it."""
    edited = a_finding(fingerprint="0af2")
    review = a_review(edited, manifest=a_head())
    anew = answer(review, MARKERS, a_thread(), ())
    known = answer(review, MARKERS, a_thread(), ["0af2"])

    assert anew is not None
    assert anew.kind == "replaced"
    assert MARKERS.read(anew.body, "replaced") == Mark("0af1", HEAD)
    assert "Fixed" not in anew.body
    assert known is not None
    assert known.kind == "fixed"
    moved = answer(review, MARKERS, a_thread(path="app/old.py"), ())
    assert moved is not None
    assert moved.kind == "replaced"


# --- the check -----------------------------------------------------------------------------------------------------


def test_the_check_has_one_annotation_for_each_shown_finding_on_the_head_side() -> None:
    lost = a_finding(
        "error", place=a_place(line=9, side="before"), fingerprint="6", message="lost \u202e", affected=a_place(line=2)
    )
    folded = a_finding("info", fingerprint="7", shown=False, reason="silenced")
    review = a_review(a_finding(fix=a_fix()), lost, folded, sources={"app/client.py": CLIENT})
    title, text, shown = checks.words(review, "https://github.com/shop/payments/pull/1#issuecomment-3")

    assert title == "complete: 2 findings (1 error, 1 warning) in 1 file, 1 folded"
    assert text == "The review stands in the pull request: https://github.com/shop/payments/pull/1#issuecomment-3"
    assert [(a.path, a.start_line, a.end_line, a.level, a.title) for a in shown.annotations] == [
        ("app/client.py", 9, 9, "warning", RULE),
        ("app/client.py", 2, 2, "failure", RULE),
    ]
    assert "\u202e" not in shown.annotations[1].message
    assert "Missing: a deadline." in shown.annotations[0].message


def test_the_button_keeps_to_githubs_lengths() -> None:
    (button,) = checks.words(a_review(a_finding()), "x")[2].buttons
    assert button.id == "full"
    assert (len(button.label) <= 20, len(button.does) <= 40) == (True, True)


def test_an_annotation_shows_the_indentation_of_a_fix_as_blanks() -> None:
    fix = replace(a_fix(), patch="--- a/a.go\n+++ b/a.go\n@@ -1 +1 @@\n-\told()\n+\tnew()\n")
    (made,) = checks.words(a_review(a_finding(fix=fix)), "x")[2].annotations

    assert made.message.endswith("\n-     old()\n+     new()")


def test_annotations_are_bounded() -> None:
    (made,) = checks.words(a_review(a_finding(message="m" * 90_000)), "x")[2].annotations

    assert len(made.message) <= MOST
