"""`mainstay review URL`: the same findings as the local check, written to the pull request once, on lines that GitHub takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.github import GitHubError, threads, writing
from bot.entry import cli
from bot.entry.check import Asked as Range
from bot.entry.check import judge
from bot.entry.review import Asked, parse, run
from bot.markers import Mark, Markers, key_from, word_of
from tests.repository import Repository
from tests.standin import Failure, Hub, StandIn

TOKEN = "token-of-mainstay"  # noqa: S105 - the stand-in knows it
OURS = Markers(1, 1)
CLIENT = """import requests

URL = "https://payments.example/charge"


def charge(order):
    return requests.post(URL, json=order, timeout=5)


def refund(order):
    return requests.post(URL, json=order, timeout=5)
"""
REST = "import time\n\n\ndef rest():\n    time.sleep(1)\n"
WITHOUT = CLIENT.replace("json=order, timeout=5)\n\n\ndef", "json=order)\n\n\ndef")


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A repository whose branch takes a time-out away, renames a file and deletes another."""
    shop = Repository.create(tmp_path / "shop")
    shop.commit(
        {
            "app/client.py": CLIENT,
            "app/old.py": REST,
            "gone.py": "A = 1\n",
        }
    )
    shop.run("checkout", "--quiet", "-b", "feature")
    shop.commit(
        {
            "app/client.py": WITHOUT,
            "app/old.py": None,
            "app/new.py": REST,
            "gone.py": None,
        }
    )
    return shop


@pytest.fixture
def github(shop: Repository) -> Iterator[StandIn]:
    """The stand-in, with one pull request."""
    hub = Hub(shop.path)
    hub.open("main", "feature")
    with StandIn(hub) as standin:
        yield standin


def asked(github: StandIn, number: int = 1) -> Asked:
    """The pull request by its address, as people copy it from the browser."""
    return parse(f"{github.address}/shop/payments/pull/{number}/files")


def test_a_pull_request_has_the_findings_of_the_local_check(github: StandIn, shop: Repository) -> None:
    """Same range, same answer at every door."""
    result, said = run(asked(github), TOKEN, post=False)
    local = judge(Range(shop.path, "main", "feature", staged=False, patch=None, config_file=None, paths=()))

    assert [f.fingerprint for f in result.findings] == [f.fingerprint for f in local.findings] != []
    assert (result.verdict, result.reasons) == (local.verdict, local.reasons) == ("complete", ())
    assert [f.path for f in result.manifest.files] == [f.path for f in local.manifest.files]
    assert said == ""
    assert not [method for method, _ in github.hub.requests if method != "GET"]


def test_a_review_is_written_beside_its_lines_and_summed_up(github: StandIn) -> None:
    """One review with a comment that fixes, and one comment that sums it up."""
    result, said = run(asked(github), TOKEN, post=True)
    pull = github.hub.pulls[1]

    assert [(c["path"], c["line"], c["side"]) for c in pull.comments] == [("app/client.py", 7, "RIGHT")]
    finding = result.findings[0]
    assert OURS.read(pull.comments[0]["body"], "finding") == Mark(finding.fingerprint, word_of(finding.rule.id))
    assert "```suggestion" in pull.comments[0]["body"]
    assert len(pull.reviews) == 1
    assert [OURS.read(c["body"], "summary") for c in pull.conversation] == [Mark()]
    assert "1 finding beside its line." in pull.conversation[0]["body"]
    assert said.startswith("1 comment written; summed up at http://127.0.0.1")


def test_a_second_run_writes_nothing_again(github: StandIn) -> None:
    """Neither the comment nor the summary is repeated."""
    run(asked(github), TOKEN, post=True)
    wrote = len([m for m, _ in github.hub.requests if m != "GET"])
    _, said = run(asked(github), TOKEN, post=True)

    assert len([m for m, _ in github.hub.requests if m != "GET"]) == wrote
    assert len(github.hub.pulls[1].comments) == len(github.hub.pulls[1].conversation) == 1
    assert said.startswith("0 comments written, 1 there before;")


def test_a_push_brings_only_what_is_new(github: StandIn, shop: Repository) -> None:
    """The summary is rewritten in place; the comment that stands is left alone."""
    run(asked(github), TOKEN, post=True)
    shop.commit({"app/client.py": f"{WITHOUT}\n\ndef rates():\n    return requests.get(URL)\n"})
    run(asked(github), TOKEN, post=True)
    pull = github.hub.pulls[1]

    assert sorted(c["line"] for c in pull.comments) == [7, 15]
    assert len(pull.conversation) == 1
    assert "2 findings beside their lines." in pull.conversation[0]["body"]


def test_somebody_elses_comment_with_our_marker_counts_for_nothing(github: StandIn) -> None:
    """A marker can be copied by anybody; the author cannot."""
    result, _ = run(asked(github), TOKEN, post=False)
    forged = f"{OURS.make('finding', result.findings[0].fingerprint, word_of(result.findings[0].rule.id))}\nall is well"
    hub, pull = github.hub, github.hub.pulls[1]
    hub.comment(
        pull,
        8,
        {"path": "app/client.py", "line": 7, "side": "RIGHT", "body": forged, "commit_id": hub.commit("feature")},
    )
    hub.say(pull, 8, f"{OURS.make('summary')}\nall is well")
    run(asked(github), TOKEN, post=True)

    assert [c["user"]["id"] for c in pull.comments] == [8, 7]
    assert [c["user"]["id"] for c in pull.conversation] == [8, 7]


@pytest.fixture
def prompt_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub's lists are up to date at once, so that nobody has to wait for them."""
    monkeypatch.setattr(writing, "LAG", 0.0)


@pytest.mark.parametrize("status", [0, 502])
def test_a_summary_whose_answer_is_lost_is_not_repeated(github: StandIn, status: int) -> None:
    """There is one, however often its writing broke down."""
    github.hub.failures.append(Failure("POST", "/issues/1/comments", status, after=True))
    run(asked(github), TOKEN, post=True)
    assert len(github.hub.pulls[1].conversation) == 1


def test_a_list_that_lags_behind_does_not_make_a_comment_appear_twice(
    github: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is waited for before anything is written again."""
    monkeypatch.setattr(threads, "_LOOKS_EVERY", 0.05)
    github.hub.failures.append(Failure("POST", "/reviews", 502, after=True))
    github.hub.lag = 0.3
    _, said = run(asked(github), TOKEN, post=True)

    assert len(github.hub.pulls[1].comments) == 1
    assert said.startswith("1 comment written;")


@pytest.mark.parametrize("status", [0, 502])
def test_a_write_whose_answer_is_lost_is_not_repeated(github: StandIn, status: int) -> None:
    """What landed is read back before anything is written again."""
    github.hub.failures.append(Failure("POST", "/reviews", status, after=True))
    _, said = run(asked(github), TOKEN, post=True)

    assert len(github.hub.pulls[1].comments) == 1
    assert said.startswith("1 comment written;")


@pytest.mark.usefixtures("prompt_lists")
@pytest.mark.parametrize("status", [0, 500, 422])
def test_a_write_that_was_refused_is_tried_comment_by_comment(github: StandIn, status: int) -> None:
    """Nothing of a review is dropped with the rest."""
    github.hub.failures.append(Failure("POST", "/reviews", status))
    run(asked(github), TOKEN, post=True)

    assert [c["line"] for c in github.hub.pulls[1].comments] == [7]


def test_what_is_refused_beside_its_line_stands_in_the_summary(github: StandIn) -> None:
    """The finding is told, if not where it belongs."""
    github.hub.failures += [Failure("POST", "/reviews", 422), Failure("POST", "/pulls/1/comments", 422, times=2)]
    result, said = run(asked(github), TOKEN, post=True)
    pull = github.hub.pulls[1]

    assert pull.comments == []
    assert f"`{result.findings[0].rule.id}`" in pull.conversation[0]["body"]
    assert "GitHub takes no comment at the places of these:" in pull.conversation[0]["body"]
    assert "1 refused and put into the summary" in said


def test_a_list_that_github_cut_is_made_whole_by_git(github: StandIn) -> None:
    """Past its limits GitHub leaves files out without a word; the counts give it away."""
    github.hub.listed = 1
    result, _ = run(asked(github), TOKEN, post=False)

    assert (result.verdict, len(result.manifest.files)) == ("complete", 3)
    assert github.hub.git_requests


def test_settings_come_from_the_merge_base_alone(github: StandIn, shop: Repository) -> None:
    """A pull request cannot switch off the rule that judges it."""
    shop.commit({".mainstay.yaml": "rules:\n  timeout/missing-client-timeout: off\n"})
    result, _ = run(asked(github), TOKEN, post=False)

    assert [f.rule.id for f in result.findings] == ["timeout/missing-client-timeout"]


@pytest.mark.parametrize(
    ("token", "number", "said"),
    [
        ("wrong", 1, r"GitHub refused \(401\)\nGive a token that is valid"),
        (TOKEN, 99, r"GitHub refused \(404\)\nLook at the address"),
    ],
)
def test_a_refusal_is_told_with_its_remedy(github: StandIn, token: str, number: int, said: str) -> None:
    """No traceback, and nothing of the answer's text."""
    with pytest.raises(GitHubError, match=said):
        run(asked(github, number), token, post=False)


def test_reading_is_tried_again_and_writing_is_not(github: StandIn) -> None:
    """A read that fails once is no failure; a write that the server lost is settled by reading."""
    github.hub.failures.append(Failure("GET", "/pulls/1", 502))
    run(asked(github), TOKEN, post=True)

    assert [p for m, p in github.hub.requests if m == "POST"].count("/repos/shop/payments/pulls/1/reviews") == 1


def test_the_command_ends_with_its_code_and_needs_a_token(
    github: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 below the threshold, 1 over it, 2 without a token."""
    address = f"{github.address}/shop/payments/pull/1"
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert cli.run(["review", address]) == 2
    assert "Set GITHUB_TOKEN" in capsys.readouterr().err

    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    assert cli.run(["review", address, "--fail-on", "warning", "--format", "agent"]) == 1
    assert "timeout/missing-client-timeout" in capsys.readouterr().out
    assert cli.run(["review", "https://example.org/nothing"]) == 2


@pytest.mark.parametrize(
    ("url", "interface", "expected"),
    [
        ("https://github.com/a/b/pull/3", "", Asked("https://api.github.com", "a/b", 3)),
        ("https://git.example.org/a/b/pull/3/files#x", "", Asked("https://git.example.org/api/v3", "a/b", 3)),
        (
            "https://git.example.org/a/b/pull/3",
            "https://gate.example.org/github/",
            Asked("https://gate.example.org/github", "a/b", 3),
        ),
    ],
)
def test_an_address_names_the_interface_of_its_host(url: str, interface: str, expected: Asked) -> None:
    """github.com has a host of its own for it, an Enterprise Server a path."""
    assert parse(url, interface) == expected


def test_a_marker_counts_in_its_pull_request_alone() -> None:
    """One that is copied, edited, quoted or made up says nothing."""
    ours = Markers(7, 3, key_from("-----BEGIN PRIVATE KEY-----"))
    good, said = ours.make("finding", "0af1", "77"), Mark("0af1", "77")

    assert ours.read(f"{good}\nlook", "finding") == said
    assert Markers(7, 4, ours.key).read(good, "finding") is None
    assert Markers(73, 3, ours.key).read(good, "finding") is None
    assert Markers(7, 3, key_from("another")).read(good, "finding") is None
    assert ours.read(good.replace("0af1", "0af2"), "finding") is None
    assert ours.read(good.replace(" 77 ", " 78 "), "finding") is None
    assert ours.read(good.replace("finding", "fixed"), "fixed") is None
    assert ours.read(good, "summary") is None
    assert ours.read(f"> {good}", "finding") is None
    assert ours.read(f" {good}", "finding") is None
    assert ours.read("<!-- mainstay finding 0af1 77 -->", "finding") is None
    assert ours.read(ours.make("summary"), "summary") == Mark()


def test_a_marker_counts_under_an_older_key_too() -> None:
    """And in whatever line ends that key is given."""
    old = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"
    good = Markers(7, 3, key_from(old)).make("finding", "0af1", "77")
    now = Markers(7, 3, key_from("new"), (key_from(old.replace("\n", "\r\n")),))

    assert now.read(good, "finding") == Mark("0af1", "77")
    assert now.read(good.replace("0af1", "0af2"), "finding") is None
    assert now.make("summary") == Markers(7, 3, key_from("new")).make("summary")
