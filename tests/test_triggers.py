"""What leads to a review, what its check says, and which settings serve it: the server over HTTP, several scenes a start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.events import group_id
from tests.repository import Repository
from tests.standin import Failure, Hub, StandIn
from tests.standin.app import Key, Server, until

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS"),
    pytest.mark.xdist_group("server"),
]
CALL = 'requests.post("https://payments.example/charge", json=order)'
CLIENT = f"import requests\n\n\ndef charge(order):\n    return {CALL}\n"
THREE = {f"client_{n}.py": CLIENT for n in range(3)}


COPILOT, DEPENDABOT = 48, 49


class Shop:
    """A repository on the stand-in with the App's server, as the scenes see them."""

    def __init__(self, folder: Path, key: Key, settings: str) -> None:
        self.files = Repository.create(folder / "shop")
        self.files.commit({"README.md": "a shop\n"} | ({".mainstay.yaml": settings} if settings else {}))
        self.hub = Hub(self.files.path)
        self.hub.public_key = key.public
        self.hub.roles["ann"] = "maintain"
        self.hub.accounts |= {COPILOT: ("copilot-swe-agent[bot]", "Bot"), DEPENDABOT: ("dependabot[bot]", "Bot")}
        self.standin = StandIn(self.hub)
        self.server = Server(self.standin, key, folder / "data")

    def open(self, branch: str, files: dict[str, str], **facts: Any) -> int:
        """A pull request from a new branch, of which nothing is told yet."""
        self.files.run("checkout", "--quiet", "-b", branch, "main")
        self.files.commit(files)
        return self.hub.open("main", branch, **facts).number

    def tell(self, number: int, action: str, **more: Any) -> None:
        """A delivery about a pull request as it is now."""
        pull = self.hub.pulls[number]
        told = {"number": number, "head": {"sha": self.hub.commit(pull.head)}, "draft": pull.draft}
        self.deliver("pull_request", action, pull_request=told, **more)

    def deliver(self, event: str, action: str, **more: Any) -> None:
        """A delivery that is kept."""
        about = {"action": action, "repository": {"full_name": self.hub.repository}, "installation": {"id": 77}}
        assert self.server.deliver(about | more, event) == 202

    def press(self, check: dict[str, Any], button: str, who: str) -> None:
        """Somebody presses a button of a check."""
        pressed = {"requested_action": {"identifier": button}, "sender": {"id": 9, "login": who}}
        self.deliver("check_run", "requested_action", check_run={"external_id": check["external_id"]}, **pressed)

    def ended(self, count: int, head: str = "") -> dict[str, Any]:
        """The newest check, of those of a head where one is named, as soon as there are so many, all ended."""

        def own() -> list[dict[str, Any]]:
            return [c for c in self.hub.checks if head in ("", c["head_sha"])]

        until(lambda: [c["status"] for c in own()] == ["completed"] * count)
        return own()[-1]

    def log(self, words: str, times: int = 1) -> None:
        """Wait until the server has said something so often."""
        until(lambda: self.server.log.read_text().count(words) >= times)


@pytest.fixture
def shop(tmp_path: Path, key: Key, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The shop whose base branch has the settings that the test names, "" for none."""
    shop = Shop(tmp_path, key, request.param)
    with shop.standin:
        try:
            shop.server.start()
            yield shop
        finally:
            shop.server.end()


def said(check: dict[str, Any]) -> tuple[str, str]:
    return check["conclusion"], check["output"]["title"]


FOUND = "complete: 1 finding (1 warning) in 1 file"
FOUND_BESIDE = "complete: 1 finding (1 warning) in 1 of 2 files"
SKIPS = "pull-requests: {skip-labels: [no review], skip-title-words: [wip], pause-after: 2}\n"


@pytest.mark.parametrize("shop", [SKIPS], indirect=True)
def test_what_a_pull_request_is_like_decides(shop: Shop) -> None:
    """Labels, title, drafts and closing: each check ends, and what does not matter changes nothing."""
    label = {"name": "No Review"}
    number = shop.open("feature", {"client.py": CLIENT}, labels=["No Review"])
    pull = shop.hub.pulls[number]
    shop.files.run("branch", "release")
    shop.files.commit({"notes.md": "more\n"})

    shop.tell(number, "opened")
    check = shop.ended(1)
    assert said(check) == ("skipped", "Not reviewed: a label")
    assert "`pull-requests.skip-labels`" in check["output"]["summary"]
    assert [action["identifier"] for action in check["actions"]] == ["full"]

    pull.labels = []
    shop.tell(number, "unlabeled", label=label)
    assert said(shop.ended(2)) == ("failure", FOUND_BESIDE)
    shop.tell(number, "labeled", label={"name": "bug"})
    shop.log("nothing to do")

    pull.title = "WIP: pay"
    shop.tell(number, "edited", changes={"title": {"from": "Pay"}})
    assert said(shop.ended(3)) == ("skipped", "Not reviewed: its title")
    pull.title = "Pay at last"
    shop.tell(number, "edited", changes={"title": {"from": "WIP: pay"}})
    assert said(shop.ended(4)) == ("failure", FOUND_BESIDE)
    shop.tell(number, "edited", changes={"title": {"from": "Pay at last"}})
    shop.log("nothing to do", 2)

    pull.base = "release"
    shop.tell(number, "edited", changes={"base": {"ref": {"from": "main"}}})
    assert said(shop.ended(5)) == ("success", "complete: no findings in 0 of 1 file")  # it was there before

    pull.state = "closed"
    shop.tell(number, "closed")
    shop.press(shop.hub.checks[-1], "full", "ann")
    assert said(shop.ended(6)) == ("skipped", "Not reviewed: the pull request is closed")
    assert len(shop.hub.pulls[number].comments) == len(shop.hub.pulls[number].conversation) == 1


@pytest.mark.parametrize("shop", [SKIPS], indirect=True)
def test_a_review_under_way_stops_when_nobody_waits_for_it(shop: Shop) -> None:
    """Closed or made a draft in the middle: the check ends with the reason, and nothing is written."""
    for branch, event, fact, why in (
        ("one", "closed", {"state": "closed"}, "the pull request is closed"),
        ("two", "converted_to_draft", {"draft": True}, "a draft"),
    ):
        number = shop.open(branch, {f"{branch}.py": CLIENT})
        shop.hub.failures.append(Failure("GET", f"/pulls/{number}/files", 502, times=100))
        shop.tell(number, "opened")
        until(lambda: shop.hub.failures[-1].times < 100)
        for name, value in fact.items():
            setattr(shop.hub.pulls[number], name, value)
        shop.tell(number, event)
        assert said(shop.ended(1, shop.hub.commit(branch))) == ("skipped", f"Not reviewed: {why}")
        assert shop.hub.pulls[number].comments == shop.hub.pulls[number].conversation == []


@pytest.mark.parametrize("shop", [SKIPS], indirect=True)
def test_pushes_pause_and_a_person_goes_on(shop: Shop) -> None:
    """The check and the summary say how; only who may write is obeyed; a request for a review from the App is one by a person."""
    number = shop.open("feature", {"client.py": CLIENT})
    pull = shop.hub.pulls[number]
    shop.tell(number, "opened")
    shop.ended(1)
    for count in (2, 3, 4):
        shop.files.commit({"notes.md": f"{count}\n"})
        shop.tell(number, "synchronize")
        shop.ended(count)
    check = shop.ended(4)
    assert said(check) == ("skipped", "Not reviewed: paused after 2 pushes")
    assert "Full review" in check["output"]["summary"]
    (summary,) = (c["body"] for c in pull.conversation)
    assert "paused after 2 pushes" in summary
    assert "1 finding beside its line" in summary

    shop.press(check, "full", "eve")
    shop.log("not permitted")
    shop.press(check, "full", "ann")
    assert said(shop.ended(5)) == ("failure", FOUND_BESIDE)
    assert "paused" not in pull.conversation[0]["body"]

    shop.files.commit({"notes.md": "5\n"})
    shop.tell(number, "review_requested", requested_reviewer={"id": 8, "login": "other[bot]", "type": "Bot"})
    shop.log("nothing to do", 2)
    shop.tell(number, "review_requested", requested_reviewer={"id": 7, "login": "mainstay[bot]", "type": "Bot"})
    assert said(shop.ended(6)) == ("failure", FOUND_BESIDE)
    assert len(pull.comments) == len(pull.conversation) == 1


@pytest.mark.parametrize("shop", ["pull-requests: {comments: 1, on-partial: action-required}\n"], indirect=True)
def test_fixes_are_suggested_when_they_are_asked_for(shop: Shop) -> None:
    """Those past the most comments, once; and the settings say how many these are, and how a partial review ends."""
    number = shop.open("feature", THREE)
    pull = shop.hub.pulls[number]
    shop.tell(number, "opened")
    check = shop.ended(1)
    assert [action["identifier"] for action in check["actions"]] == ["full", "fixes"]
    assert len(pull.comments) == 1
    assert "2 more findings" in pull.conversation[0]["body"]

    shop.press(check, "fixes", "eve")
    shop.log("not permitted")
    shop.press(check, "fixes", "ann")
    check = shop.ended(2)
    assert [action["identifier"] for action in check["actions"]] == ["full"]
    assert ["```suggestion" in c["body"] for c in pull.comments] == [True] * 3
    shop.press(check, "fixes", "ann")
    shop.ended(3)
    assert len(pull.comments) == 3

    other = shop.open("other", {"tidy.py": "a = 1\n", "neat.py": "a = 1\n"})
    shop.hub.listed = 1  # GitHub leaves a file out, and git gives nothing
    shop.hub.failures.append(Failure("GET", "/info/refs", 503, times=9))
    shop.tell(other, "opened")
    assert shop.ended(1, shop.hub.commit("other"))["conclusion"] == "action_required"


@pytest.mark.parametrize("shop", [""], indirect=True)
def test_settings_come_from_the_owner_the_base_or_what_was_good_last(shop: Shop) -> None:
    """Never from the head that is reviewed."""
    shop.hub.default_settings = "fail-on: never\npull-requests: {drafts: review}\n"
    number = shop.open("feature", {"client.py": CLIENT, ".mainstay.yaml": "fail_on: nonsense\n"}, draft=True)
    shop.tell(number, "opened")
    assert said(shop.ended(1)) == ("success", FOUND_BESIDE)

    shop.files.switch("main")
    shop.files.commit({".mainstay.yaml": "# ours\nfail_on: error\n"})
    other = shop.open("other", {"other.py": CLIENT}, draft=True)
    shop.tell(other, "opened")
    check = shop.ended(1, shop.hub.commit("other"))
    assert said(check) == ("success", f"settings with a mistake (older ones serve); {FOUND}")
    assert "at .mainstay.yaml:2" in check["output"]["summary"]
    assert "Did you mean 'fail-on'?" in check["output"]["summary"]
    assert "settings hold a mistake" in shop.hub.pulls[other].conversation[0]["body"]

    shop.files.switch("main")
    shop.files.commit({".mainstay.yaml": "ignore: [gen/]\n"})
    third = shop.open("third", {"third.py": CLIENT}, author=COPILOT)
    shop.tell(third, "opened")
    assert said(shop.ended(1, shop.hub.commit("third"))) == ("failure", FOUND)  # the owner's are not mixed in

    lock = shop.open("bump", {"poetry.lock": "x\n"}, author=DEPENDABOT)
    shop.tell(lock, "opened")
    skipped = shop.ended(1, shop.hub.commit("bump"))
    assert said(skipped) == ("skipped", "Not reviewed: a bot's change of lock files and the like")
    assert shop.hub.pulls[lock].conversation == []
    kept = [file for file in shop.server.data.rglob("*") if file.is_file()]
    assert all(CALL.encode() not in file.read_bytes() for file in kept)


@pytest.mark.parametrize("shop", [""], indirect=True)
def test_a_merge_group_gets_its_check(shop: Shop) -> None:
    """The pull request's own verdict where the files are the same, else a review, with nothing written; again when it is asked for."""
    number = shop.open("feature", {"client.py": CLIENT})
    head, base = shop.hub.commit("feature"), shop.hub.commit("main")
    shop.tell(number, "opened")
    own = dict(shop.ended(1))
    forged = own | {"id": own["id"] + 1_000, "conclusion": "success", "app": {"id": 1}}
    shop.hub.checks.append(forged)

    same = shop.files.run("commit-tree", f"{head}^{{tree}}", "-p", base, "-m", "a group")
    group = {"head_sha": same, "base_sha": base, "base_ref": "refs/heads/main"}
    group["head_ref"] = f"refs/heads/gh-readonly-queue/main/pr-{number}-{base}"
    shop.deliver("merge_group", "checks_requested", merge_group=group)
    check = shop.ended(1, same)
    assert (said(check), check["external_id"]) == (("failure", FOUND), group_id(base, same))
    assert f"pull request #{number}" in check["output"]["summary"]

    shop.files.switch("main")
    moved = shop.files.commit({"second.py": CLIENT.replace("charge(", "again(")})
    shop.files.run("merge", "--quiet", "--no-ff", "-m", "a group", "feature")
    merged = shop.files.head
    shop.files.run("reset", "--quiet", "--hard", moved)
    group |= {"head_sha": merged, "base_sha": moved}
    shop.deliver("merge_group", "checks_requested", merge_group=group)
    check = shop.ended(1, merged)
    assert said(check) == ("failure", FOUND)
    assert [a["path"] for a in check["output"]["annotations"]] == ["client.py"]

    for commit, count in ((merged, 2), (head, 3)):  # on the pull request's head there is the forged one, too
        shop.deliver("check_suite", "rerequested", check_suite={"head_sha": commit, "pull_requests": []})
        assert said(shop.ended(count, commit)) == ("failure", FOUND)
    assert len(shop.hub.pulls[number].comments) == len(shop.hub.pulls[number].conversation) == 1
