"""What a delivery asks for, and whether the settings want it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from bot import events, triggers
from bot.config import read
from bot.entry.asking import GROUP, LOOK, REVIEW, SUITE, replaced_by, wanted
from bot.events import EventError, GroupAsked, LookAsked, PullAsked, SuiteAsked, label_print
from bot.ports import Circumstances

HEAD, BASE = "a" * 40, "b" * 40
PULL = PullAsked(77, "shop/payments", 3, HEAD)
ABOUT = Circumstances(open=True, draft=False, head=HEAD, base="main", title="Pay twice", author="ann")


def body(action: str, **more: Any) -> dict[str, Any]:
    told = {"action": action, "repository": {"full_name": "shop/payments", "id": 1}, "installation": {"id": 77}}
    return told | more


def ask(event: str, told: dict[str, Any]) -> tuple[events.Asked, ...]:
    return events.read(event, json.dumps(told).encode(), "d-1")


def pull(action: str, **more: Any) -> tuple[events.Asked, ...]:
    return ask("pull_request", body(action, pull_request={"number": 3, "head": {"sha": HEAD}}, **more))


# --- pull requests -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["opened", "reopened", "ready_for_review", "synchronize"])
def test_what_brings_a_head_asks_for_its_review(action: str) -> None:
    assert pull(action) == (replace(PULL, why=action),)


def test_another_base_asks_for_a_review_of_the_same_head_again() -> None:
    (asked,) = pull("edited", changes={"base": {"ref": {"from": "old"}}, "title": {"from": "x"}})
    assert asked == replace(PULL, why="edited", again="d-1")
    assert wanted(asked).version != wanted(PULL).version


@pytest.mark.parametrize(
    ("action", "more", "asked"),
    [
        ("edited", {"changes": {"title": {"from": "x"}}}, LookAsked(replace(PULL, why="edited", again="d-1"), "title")),
        (
            "converted_to_draft",
            {},
            LookAsked(replace(PULL, why="converted_to_draft", again="d-1"), "draft"),
        ),
        (
            "unlabeled",
            {"label": {"name": "No Review"}},
            LookAsked(replace(PULL, why="labeled", again="d-1"), "label", label_print("no review")),
        ),
        (
            "review_requested",
            {"requested_reviewer": {"id": 7, "login": "mainstay[bot]", "type": "Bot"}},
            LookAsked(replace(PULL, why="review_requested", again="d-1"), "reviewer", "7"),
        ),
    ],
)
def test_what_hangs_on_something_is_looked_at_first(action: str, more: dict[str, Any], asked: LookAsked) -> None:
    assert pull(action, **more) == (asked,)
    assert wanted(asked).kind == LOOK


def test_a_closed_one_stops_what_is_under_way_at_once() -> None:
    (asked,) = pull("closed")
    assert isinstance(asked, PullAsked)
    assert asked.stops
    assert (wanted(asked, 3.0).key, wanted(asked, 3.0).settle) == (wanted(PULL).key, 0.0)


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("edited", {"changes": {"body": {"from": "x"}}}),
        ("assigned", {}),
        ("labeled", {}),
        ("review_requested", {"requested_reviewer": {"id": 9, "login": "ann", "type": "User"}}),
        ("review_requested", {"requested_team": {"id": 9}}),
        ("opened", {"installation": None}),
    ],
)
def test_what_asks_for_nothing(action: str, more: dict[str, Any]) -> None:
    assert pull(action, **more) == ()


# --- checks, suites and groups -------------------------------------------------------------------------------------


def test_a_check_run_again_names_its_pull_request_or_its_group() -> None:
    told = body("rerequested", check_run={"external_id": events.check_id(3, HEAD)})
    assert ask("check_run", told) == (replace(PULL, again="d-1", why="rerequested"),)
    told = body("rerequested", check_run={"external_id": events.group_id(BASE, HEAD)})
    assert ask("check_run", told) == (GroupAsked(77, "shop/payments", BASE, HEAD, again="d-1"),)
    for other in ("", None, "pull-3", f"{events.check_id(3, HEAD)}x"):
        assert ask("check_run", body("rerequested", check_run={"external_id": other})) == ()


def test_a_button_is_looked_at_for_who_pressed_it() -> None:
    sender = {"id": 9, "login": "ann"}
    for name, fixes in (("full", False), ("fixes", True)):
        told = body("requested_action", check_run={"external_id": events.check_id(3, HEAD)}, sender=sender)
        (asked,) = ask("check_run", told | {"requested_action": {"identifier": name}})
        assert asked == LookAsked(replace(PULL, again="d-1", why="requested_action", fixes=fixes), "sender", "ann")
        assert ask("check_run", told | {"requested_action": {"identifier": "other"}}) == ()
        assert ask("check_run", told | {"requested_action": {"identifier": name}, "sender": None}) == ()


def test_a_suite_again_names_every_pull_request_of_this_repository() -> None:
    named = [
        {"number": 3, "head": {"sha": HEAD}, "base": {"repo": {"id": 1}}},
        {"number": 4, "head": {"sha": BASE}, "base": {"repo": {"id": 1}}},
        {"number": 5, "head": {"sha": BASE}, "base": {"repo": {"id": 2}}},  # of a fork's own
    ]
    told = body("rerequested", check_suite={"head_sha": HEAD, "pull_requests": named})
    assert [(a.number, a.head, a.by_hand) for a in ask("check_suite", told) if isinstance(a, PullAsked)] == [
        (3, HEAD, True),
        (4, BASE, True),
    ]
    told = body("rerequested", check_suite={"head_sha": HEAD, "pull_requests": named[2:]})
    assert ask("check_suite", told) == (SuiteAsked(77, "shop/payments", HEAD, "d-1"),)
    assert wanted(SuiteAsked(77, "shop/payments", HEAD, "d-1")).kind == SUITE
    assert ask("check_suite", told | {"action": "completed"}) == ()


def test_a_merge_group_asks_for_a_check_on_its_head() -> None:
    group = {"head_sha": HEAD, "base_sha": BASE, "base_ref": "refs/heads/main"}
    group["head_ref"] = f"refs/heads/gh-readonly-queue/main/pr-3-{BASE}"
    (asked,) = ask("merge_group", body("checks_requested", merge_group=group))
    assert asked == GroupAsked(77, "shop/payments", BASE, HEAD, "main", 3)
    assert wanted(asked).kind == GROUP
    (asked,) = ask("merge_group", body("checks_requested", merge_group=group | {"head_ref": "refs/heads/else"}))
    assert asked == GroupAsked(77, "shop/payments", BASE, HEAD, "main", 0)
    assert ask("merge_group", body("destroyed", merge_group=group)) == ()


@pytest.mark.parametrize("event", ["pull_request", "check_run", "check_suite", "merge_group"])
def test_a_body_that_lacks_what_it_always_has_is_refused(event: str) -> None:
    for wrong in (b"", b"[]", b"\xff", json.dumps(body("opened")).encode()):
        with pytest.raises(EventError):
            events.read(event, wrong)


def test_a_job_of_a_head_is_the_same_however_often_it_is_told_of() -> None:
    assert wanted(PULL).kind == REVIEW
    assert wanted(replace(PULL, why="opened")).version == wanted(replace(PULL, why="reopened")).version
    assert wanted(replace(PULL, draft=True)).version != wanted(PULL).version
    assert wanted(replace(PULL, again="1")).version != wanted(replace(PULL, again="2")).version
    assert (wanted(PULL, 3.0).settle, wanted(replace(PULL, why="rerequested"), 3.0).settle) == (3.0, 0.0)


# --- what the settings say of it -----------------------------------------------------------------------------------


def skipped(said: str, why: str = "opened", pushes: int = 0, **about: Any) -> str:
    settings = read(f"pull-requests: {{{said}}}", "c.yaml").pull_requests
    skip = triggers.skip(settings, replace(ABOUT, **about), replace(PULL, why=why), pushes)
    return skip.why if skip else ""


@pytest.mark.parametrize(
    ("said", "about", "why"),
    [
        ("", {}, ""),
        ("", {"open": False}, "the pull request is closed"),
        ("", {"draft": True}, "a draft"),
        ("drafts: review", {"draft": True}, ""),
        ("skip-labels: [no review]", {"labels": ("bug", "No Review")}, "a label"),
        ("skip-labels: [no review]", {"labels": ("no reviews",)}, ""),
        ("skip-title-words: [wip]", {"title": "WIP: pay"}, "its title"),
        ("skip-title-words: ['[skip]']", {"title": "Pay [skip]"}, "its title"),
        ("skip-title-words: [wip]", {"title": "Wipe the cache"}, ""),
        ("base-branches: [main, release/*]", {"base": "release/1"}, ""),
        ("base-branches: [main, release/*]", {"base": "release/1/x"}, "its base branch"),
        ("base-branches: [release/**]", {"base": "release/1/x"}, ""),
        ("base-branches: [main]", {"base": "feature"}, "its base branch"),
        ("skip-authors: ['Ann']", {}, "its author"),
        ("triggers: [opened]", {}, ""),
        ("triggers: []", {}, "not a trigger"),
    ],
)
def test_whether_a_pull_request_is_reviewed(said: str, about: dict[str, Any], why: str) -> None:
    assert skipped(said, **about) == why


def test_who_asks_for_a_review_gets_one_but_of_a_closed_pull_request() -> None:
    said = "triggers: [], skip-labels: [x], skip-authors: [ann], base-branches: [y], pause-after: 1"
    for why in ("rerequested", "requested_action", "review_requested"):
        assert skipped(said, why, 9, draft=True, labels=("x",)) == ""
        assert skipped(said, why, open=False) == "the pull request is closed"


def test_pushes_are_reviewed_until_there_are_too_many() -> None:
    assert skipped("pause-after: 2", "synchronize", 2) == ""
    assert skipped("pause-after: 2", "synchronize", 3) == "paused after 2 pushes"
    assert skipped("pause-after: 2", "reopened", 3) == ""
    assert skipped("pause-after: 0", "synchronize", 300) == ""


def test_a_late_delivery_does_not_say_what_a_pull_request_is_like_now() -> None:
    settings = read("", "c.yaml").pull_requests
    assert triggers.skip(settings, ABOUT, replace(PULL, draft=True, why="opened"), 0) is None
    closed, drafted = replace(PULL, why="closed"), replace(PULL, why="converted_to_draft")
    assert triggers.is_over(ABOUT, closed)
    assert triggers.is_over(ABOUT, drafted)
    assert not triggers.is_over(replace(ABOUT, open=False), closed)
    assert not triggers.is_over(replace(ABOUT, draft=True), drafted)


def test_what_no_delivery_told_of_is_no_trigger_that_can_be_left_out() -> None:
    assert skipped("triggers: []", "") == ""


def test_why_a_review_ended_under_way() -> None:
    def why(newer: PullAsked) -> str:
        skip = replaced_by(wanted(newer).version, HEAD)
        return skip.why if skip else ""

    assert why(replace(PULL, why="closed", again="d-2")) == "the pull request is closed"
    assert why(replace(PULL, why="converted_to_draft", again="d-2")) == "a draft"
    assert why(replace(PULL, head=BASE)) == "a newer commit"
    assert why(replace(PULL, head=BASE, draft=True)) == "a newer commit"
    # Its check is the newer review's, too: it must not pass in between.
    assert why(replace(PULL, why="rerequested", again="d-2")) == ""


@pytest.mark.parametrize(
    ("author", "by_bot", "is_bot"),
    [
        ("dependabot[bot]", True, True),
        ("Renovate[bot]", True, True),
        ("dependabot[bot]", False, False),
        ("copilot-swe-agent[bot]", True, False),  # an agent that writes code is reviewed like people
        ("ann", False, False),
    ],
)
def test_the_bots_are_those_that_are_named(author: str, by_bot: bool, is_bot: bool) -> None:
    config = read("", "c.yaml")
    about = replace(ABOUT, author=author, by_bot=by_bot)
    assert triggers.is_bot(config.pull_requests, about) is is_bot
    held = triggers.for_author(config, about)
    for path in ("a/_vendor/x.py", "app/package-lock.json", "poetry.lock", "go.sum"):
        assert held.for_path(path).ignored is is_bot
    assert not held.for_path("app/client.py").ignored


def test_a_label_is_known_again_by_its_print() -> None:
    settings = read("pull-requests: {skip-labels: [No Review]}", "c.yaml").pull_requests
    assert triggers.label_matters(settings, label_print("no review"))
    assert not triggers.label_matters(settings, label_print("bug"))
