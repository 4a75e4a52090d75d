"""GitHub's published example payloads all go through the parser of deliveries: what asks for a review is read, the rest passed over."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from bot import events
from bot.events import Asked, EventError, GroupAsked, PullAsked
from tests.standin.cut import EXAMPLES

SHOWN: dict[str, list[dict[str, Any]]] = json.loads(gzip.decompress(EXAMPLES.read_bytes()))["events"]
#: The actions of a pull request after which its change is another, or is looked at for the first time.
CHANGED = ("opened", "reopened", "ready_for_review", "synchronize")
INSTALLED = {"installation": {"id": 5, "node_id": "x"}}


def read(event: str, payload: Any) -> tuple[Asked, ...]:
    """What is asked for."""
    return events.read(event, json.dumps(payload).encode(), "delivery")


@pytest.mark.parametrize("event", sorted(SHOWN))
def test_a_published_payload_is_read_or_passed_over(event: str) -> None:
    """None is a mistake; nothing is asked for by one that names no installation of ours."""
    for payload in SHOWN[event]:
        asked = read(event, payload | INSTALLED)
        assert read(event, {key: value for key, value in payload.items() if key != "installation"}) == ()
        if event == "pull_request" and payload["action"] in CHANGED:
            assert len(asked) == 1


def test_the_examples_are_all_there() -> None:
    assert (len(SHOWN), sum(map(len, SHOWN.values()))) == (58, 329)
    assert {p["action"] for p in SHOWN["pull_request"]} >= set(CHANGED)


def test_what_is_read_of_a_pull_request_stands_in_its_payload() -> None:
    """Ids and names, as they are told."""
    for payload in SHOWN["pull_request"]:
        if payload["action"] in CHANGED:
            pull, home = payload["pull_request"], payload["repository"]["full_name"]
            asked = PullAsked(5, home, pull["number"], pull["head"]["sha"], pull["draft"], why=payload["action"])
            assert read("pull_request", payload | INSTALLED) == (asked,)


def test_our_own_check_is_read_from_the_published_payloads_of_one() -> None:
    """It is ours by the field that only we write."""
    for payload in SHOWN["check_run"]:
        head = payload["check_run"]["head_sha"]
        ours = payload["check_run"] | {"external_id": events.check_id(3, head)}
        if payload["action"] == "rerequested":
            (asked,) = read("check_run", payload | INSTALLED | {"check_run": ours})
            assert isinstance(asked, PullAsked)
            assert (asked.repository, asked.number, asked.head) == (payload["repository"]["full_name"], 3, head)
        assert read("check_run", payload | INSTALLED) == ()


def test_a_merge_group_is_read_from_the_published_payloads_of_one() -> None:
    for payload in SHOWN["merge_group"]:
        group = payload["merge_group"]
        told = {"action": "checks_requested", "repository": {"full_name": "a/b"}} | INSTALLED
        (asked,) = read("merge_group", payload | told)
        assert isinstance(asked, GroupAsked)
        assert (asked.base, asked.head) == (group["base_sha"], group["head_sha"])


@pytest.mark.parametrize("event", ["pull_request", "check_run"])
def test_a_payload_that_lacks_what_it_always_has_is_a_mistake(event: str) -> None:
    for payload in SHOWN[event]:
        for name in ("action", event, "repository"):
            with pytest.raises(EventError):
                read(event, {key: value for key, value in payload.items() if key != name})
