"""One cause, one comment: findings that say the same, or that another rule's finding at their line tells already, are folded."""

from __future__ import annotations

import pytest

from bot.review import tell_once
from bot.rulebook import built_in, extend
from bot.strict import Mistake
from tests.reviews import a_finding, a_place, a_rule
from tests.test_rulebook import RULE

LOOP = a_rule("async/blocking-call", covers=("timeout/http-call-without-deadline",))


def test_a_finding_that_another_covers_is_folded_at_its_line_alone() -> None:
    """The covering rule speaks; the covered one is still counted, and told where it stands alone."""
    here, loop, there = a_finding(), a_finding(rule=LOOP), a_finding(place=a_place(line=20), message="another")
    told = {(f.rule.id, f.place.line): f for f in tell_once([here, loop, there])}

    covered = told["timeout/http-call-without-deadline", 9]
    assert not covered.shown
    assert covered.reason == "told by async/blocking-call on this line"
    assert told["async/blocking-call", 9].shown
    assert told["timeout/http-call-without-deadline", 20].shown


def test_a_milder_finding_covers_nothing() -> None:
    """What is said as a hint must not hide what is said as a warning."""
    told = tell_once([a_finding("warning"), a_finding("info", rule=LOOP)])

    assert all(f.shown for f in told)


def test_a_folded_finding_covers_nothing() -> None:
    """What nobody reads cannot stand for something else."""
    told = tell_once([a_finding(), a_finding(rule=LOOP, shown=False, reason="dismissed")])

    assert [f.shown for f in told if f.rule.id == "timeout/http-call-without-deadline"] == [True]


def test_the_same_message_is_told_once_with_the_other_places() -> None:
    """The first names the others."""
    first, second = a_finding(), a_finding(place=a_place(line=30))
    told = tell_once([first, second])

    assert [f.shown for f in told] == [True, False]
    assert [e.place.line for e in told[0].evidence if e.label == "the same here"] == [30]
    assert told[1].reason == "told once, at line 9"


def test_a_rule_covers_only_other_rules_that_there_are() -> None:
    """A mistyped id would fold nothing, silently."""
    text = RULE.replace("message:", "covers: [mine/no-slep]\nmessage:", 1)
    with pytest.raises(Mistake, match="'mine/no-slep' is no other rule"):
        extend(built_in(), {".mainstay/rules/mine/no-sleep.yaml": text})
