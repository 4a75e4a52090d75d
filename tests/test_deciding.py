"""Which settings serve a review, read from the stand-in; what is kept of those that were good; and how a check ends by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters import github
from bot.adapters.cache import BoundedCache
from bot.adapters.jobs import Wanted
from bot.adapters.store import Archive
from bot.config import read
from bot.entry import pulls, settings
from bot.entry.deciding import Ground, Grounds
from bot.entry.judging import crew
from bot.entry.recording import LastGoodSettings, Recorder
from bot.entry.reviewing import Reviewing
from bot.markers import Markers
from bot.ports import Circumstances, Comment, Plan, PullRequest, SettingsTexts
from bot.strict import Mistake
from tests.repository import Repository
from tests.standin import Failure, StandIn
from tests.standin.app import Key

from .reviews import a_finding, a_review

MARKERS = Markers(1, 1)
TWO = ("0af1", "0af2")
ABOUT = Circumstances(open=True, draft=False, head="a" * 40, base="main")


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A base branch and a pull request's branch."""
    shop = Repository.create(tmp_path / "shop")
    shop.commit({"a.py": "a = 1\n"})
    shop.switch("feature", create=True)
    shop.commit({"a.py": "a = 2\n", ".mainstay.yaml": "not: ours\n"})
    return shop


def kept_in(data: Path) -> LastGoodSettings:
    """What is kept in the history of a data folder."""
    return LastGoodSettings(Recorder(Archive(f"sqlite:///{data / 'mainstay.sqlite'}"), data))


@pytest.fixture
def grounds(tmp_path: Path) -> Grounds:
    return Grounds(BoundedCache(tmp_path / "texts", 1_000_000), kept_in(tmp_path))


def client(host: StandIn) -> github.Client:
    return github.connect(host.url, "token-of-mainstay")


def ground(host: StandIn, grounds: Grounds) -> Ground:
    """The ground of the pull request as it stands."""
    asked = client(host)
    pull = github.read_pull(asked, host.hub.repository, 1)
    return grounds.read(asked, pull, github.circumstances(asked, host.hub.repository, 1))


def onto_main(shop: Repository, said: str) -> None:
    """Other settings on the base branch, and the pull request brought up to it."""
    shop.switch("main")
    shop.commit({".mainstay.yaml": said})
    shop.switch("feature")
    shop.run("rebase", "--quiet", "-X", "theirs", "main")


def test_the_owner_s_settings_hold_where_the_base_branch_has_none(
    host: StandIn, grounds: Grounds, shop: Repository
) -> None:
    host.hub.default_settings = "# the owner's\nfail-on: error\n"
    kit = ground(host, grounds).kit()
    assert kit.config.fail_on == "error"
    assert kit.config.sayings["fail-on", ""].place == "shop/.github/.mainstay.yaml:2"
    assert kit.origins["configuration"] == "shop/.github/.mainstay.yaml"

    onto_main(shop, "ignore: [gen/]\n")
    kit = ground(host, grounds).kit()
    assert (kit.config.fail_on, kit.config.for_path("gen/a.py").ignored) == ("warning", True)


@pytest.mark.parametrize(("status", "none"), [(404, True), (403, True), (500, False)])
def test_owner_s_settings_that_are_not_for_us_are_none(host: StandIn, status: int, none: bool) -> None:
    host.hub.default_settings = "fail-on: error\n"
    host.hub.failures.append(Failure("GET", "/contents/.mainstay.yaml", status, times=9))
    if none:
        assert github.owners_default(client(host), host.hub.repository) is None
    else:
        with pytest.raises(github.GitHubError):
            github.owners_default(client(host), host.hub.repository)


def test_without_settings_that_were_good_a_mistake_is_one(host: StandIn, grounds: Grounds, shop: Repository) -> None:
    onto_main(shop, "fail_on: error\n")
    with pytest.raises(Mistake, match="fail-on"):
        ground(host, grounds)


def test_the_settings_that_were_good_last_serve(host: StandIn, grounds: Grounds, shop: Repository) -> None:
    onto_main(shop, "fail-on: error\n")
    assert ground(host, grounds).mistake == ""
    onto_main(shop, "fail-on: never\n")
    ground(host, grounds)
    onto_main(shop, "\n\nfail_on: error\n")
    found = ground(host, grounds)
    assert found.kit().config.fail_on == "never"
    assert "at .mainstay.yaml:3" in found.mistake
    assert found.kit().mistake == found.mistake
    assert "hold a mistake" in found.kit().problems[0]


def test_a_branch_that_is_behind_does_not_bring_old_settings_back(
    host: StandIn, grounds: Grounds, shop: Repository, tmp_path: Path
) -> None:
    onto_main(shop, "fail-on: error\n")
    ground(host, grounds)
    shop.switch("main")
    shop.commit({".mainstay.yaml": "fail-on: never\n"})
    shop.switch("newer", create=True)
    shop.commit({"a.py": "a = 3\n"})
    asked, hub = client(host), host.hub
    number = hub.open("main", "newer").number
    grounds.read(asked, github.read_pull(asked, hub.repository, number), ABOUT)
    ground(host, grounds)  # of the branch that has parted before

    kept = kept_in(tmp_path).get(hub.repository, "main")
    assert kept is not None
    assert kept.texts[".mainstay.yaml"] == "fail-on: never\n"
    last = grounds.last(hub.repository, "main")
    assert last is not None
    assert last.on_partial == "neutral"
    assert grounds.last(hub.repository, "other") is None


def test_settings_are_kept_a_branch_and_what_is_damaged_counts_as_absent(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    texts = SettingsTexts("abc", {".mainstay.yaml": "fail-on: error\n"}, {})
    kept.put("Shop/Payments", "main", texts)
    assert kept.get("shop/payments", "main") == texts
    assert kept.get("shop/payments", "release") is None
    recorder = Recorder(Archive(f"sqlite:///{tmp_path / 'mainstay.sqlite'}"), tmp_path)
    recorder.keep_settings("shop/payments", "main", '{"origin": 1}')
    assert kept.get("shop/payments", "main") is None


# --- who may, and what stands there --------------------------------------------------------------------------------


def test_who_may_write_has_the_role_for_it(host: StandIn) -> None:
    host.hub.roles |= {"ann": "admin", "bob": "maintain", "cat": "triage", "dan": "write"}
    may = {who: github.may_write(client(host), host.hub.repository, who) for who in ("ann", "bob", "cat", "dan", "eve")}
    assert may == {"ann": True, "bob": True, "cat": False, "dan": True, "eve": False}
    assert not github.may_write(client(host), host.hub.repository, "nobody")


def test_a_suggestion_is_written_once(host: StandIn) -> None:
    asked = client(host)
    desk = github.Desk(asked, github.own_account(asked), github.read_pull(asked, host.hub.repository, 1), MARKERS)
    body = f"{MARKERS.make('suggestion', '0af1', '0b')}\n```suggestion\na = 3\n```"
    comment = Comment("a.py", 1, 1, "after", body, "0af1", "")
    assert github.write_suggestions(desk, [comment]).written == ("0af1",)
    assert github.write_suggestions(desk, [comment]).there == ("0af1",)
    assert len(host.hub.pulls[1].comments) == 1
    assert github.answer_fixed(desk, lambda *_: None).fixed == ()  # it is no thread about a finding


def test_a_comment_that_brings_its_fix_wants_no_suggestion_besides(host: StandIn) -> None:
    """One that was written without does."""
    asked = client(host)
    desk = github.Desk(asked, github.own_account(asked), github.read_pull(asked, host.hub.repository, 1), MARKERS)
    told = "\n```suggestion\na = 3\n```"
    bringing = Comment("a.py", 1, 1, "after", f"{MARKERS.make('finding', '0af1', '0b')}{told}", "0af1", "")
    without = Comment("a.py", 1, 1, "after", f"{MARKERS.make('finding', '0af2', '0b')}\nsuggestion", "0af2", "")
    github.write_beside(desk, [bringing, without])
    spare = [Comment("a.py", 1, 1, "after", f"{MARKERS.make('suggestion', f, '0b')}{told}", f, "") for f in TWO]
    assert github.write_suggestions(desk, spare).written == ("0af2",)


# --- how a check ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "said", "conclusion"),
    [
        ("complete", "", "success"),
        ("partial", "", "neutral"),
        ("partial", "on-partial: failure", "failure"),
        ("partial", "on-not-reviewed: failure", "neutral"),
        ("not reviewed", "", "neutral"),
        ("not reviewed", "on-not-reviewed: action-required", "action_required"),
    ],
)
def test_a_check_ends_as_the_settings_say(verdict: str, said: str, conclusion: str) -> None:
    asked = read(f"pull-requests: {{{said}}}", "c.yaml").pull_requests
    pull = PullRequest("shop/payments", 1, "", "", "", 0, 0, 0)
    made = pulls.Made(pull, a_review(verdict=verdict, reasons=("why",)), MARKERS, Plan(), asked)
    assert pulls.conclusion(made) == conclusion
    worse = replace(made, review=a_review(a_finding(), verdict=verdict, reasons=("why",)))
    assert pulls.conclusion(worse) == (conclusion if verdict == "not reviewed" else "failure")


def test_a_check_tells_of_settings_that_hold_a_mistake() -> None:
    asked = read("", "c.yaml").pull_requests
    pull = PullRequest("shop/payments", 1, "", "", "", 0, 0, 0)
    made = pulls.Made(pull, a_review(), MARKERS, Plan(), asked, "unknown key 'x'\n  at .mainstay.yaml:4")
    title, text, _ = pulls.words(made, "https://github.example/1")
    assert title.startswith("settings with a mistake")
    assert "at .mainstay.yaml:4" in text


def reviewing(
    host: StandIn, key: Key, data: Path, newest: str = "", put: Callable[[Wanted], None] = lambda _: None
) -> Reviewing:
    """The steps as a worker has them, where this version was asked for last."""
    host.hub.public_key = key.public
    given = {"MAINSTAY_APP_ID": str(host.hub.app), "MAINSTAY_PRIVATE_KEY": key.private}
    given |= {"MAINSTAY_WEBHOOK_SECRET": "x", "MAINSTAY_GITHUB_URL": host.url, "MAINSTAY_DATA": str(data)}
    read = settings.read(given)
    return Reviewing(read, put, crew(1), Recorder(Archive(read.database), data), lambda _: newest)


@pytest.mark.parametrize(("first", "known"), [({}, False), ({"number": 2}, True), ({"again": 1}, True)], ids=str)
def test_a_review_knows_since_when_nobody_else_writes(
    host: StandIn, key: Key, tmp_path: Path, first: dict[str, Any], known: bool
) -> None:
    """One that comes after another, or was put off, waits until GitHub's lists tell what was written before."""
    job = a_job(host) | first
    assert bool(reviewing(host, key, tmp_path).begin(job, {})["began"]) is known


def a_job(host: StandIn, **more: str) -> dict[str, Any]:
    asked = {"installation": 77, "repository": host.hub.repository, "number": 1, "head": host.hub.commit("feature")}
    return {
        "id": "a-job",
        "key": "shop/payments#1",
        "number": 1,
        "attempt": 1,
        "again": 0,
        "job": asked | {"why": "opened"} | more,
    }


def test_a_review_that_is_given_up_ends_as_the_settings_say(
    host: StandIn, shop: Repository, key: Key, tmp_path: Path
) -> None:
    onto_main(shop, "pull-requests: {on-not-reviewed: failure}\n")
    steps, job = reviewing(host, key, tmp_path), a_job(host)
    steps.begin(job, {})
    steps.failed(job, "lost")
    (check,) = host.hub.checks
    assert (check["conclusion"], check["output"]["title"]) == ("failure", "Not reviewed")


def test_a_replaced_review_says_so_unless_its_head_is_reviewed_again(host: StandIn, key: Key, tmp_path: Path) -> None:
    job = a_job(host)
    head = job["job"]["head"]
    reviewing(host, key, tmp_path).begin(job, {})
    reviewing(host, key, tmp_path, f"{head}~again-2").replaced(job)
    assert host.hub.checks[0]["status"] == "in_progress"
    reviewing(host, key, tmp_path, f"{'c' * 40}~draft").replaced(job)
    assert host.hub.checks[0]["output"]["title"] == "Not reviewed: a newer commit"


def test_what_only_stops_a_review_leaves_no_check(host: StandIn, key: Key, tmp_path: Path) -> None:
    host.hub.pulls[1].state = "closed"
    steps, job = reviewing(host, key, tmp_path), a_job(host, why="closed", again="d")
    steps.arrive(job)
    assert steps.begin(job, {}) == {"outcome": "stopped"}
    steps.replaced(job)
    steps.failed(job, "lost")
    assert host.hub.checks == []


def test_a_stop_that_comes_too_late_asks_for_the_review_that_it_ended(host: StandIn, key: Key, tmp_path: Path) -> None:
    """It is open again: what was stopped is asked for anew."""
    asked: list[Wanted] = []
    job = a_job(host, why="closed", again="d")
    reviewing(host, key, tmp_path, put=asked.append).begin(job, {})
    assert [one.version for one in asked] == [f"{host.hub.commit('feature')}~again-d"]
    assert host.hub.checks == []
