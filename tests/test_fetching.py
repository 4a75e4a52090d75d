"""What a review is made of comes whole from the host, by its interface or by git, or it is said what lacks."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters import github
from bot.adapters.git import GitError, remote
from bot.adapters.git.remote import Wanted, read_remote
from bot.adapters.github import change as by_interface
from bot.adapters.jobs import Job, Later, Useless
from bot.adapters.jobs import Wanted as WantedJob
from bot.adapters.store import Archive
from bot.entry import fetching, settings
from bot.entry.asking import wanted as wanted_job
from bot.entry.fetching import Reach, address
from bot.entry.judging import Judging
from bot.entry.recording import Recorder
from bot.entry.reviewing import Reviewing
from bot.entry.steps import StepFailed
from bot.entry.sweep import Sweep
from bot.events import PullAsked
from bot.model import ChangeSet
from bot.ports import DIRECT
from tests.repository import Repository
from tests.standin import Failure, StandIn, secondary
from tests.standin.app import Key, Server, told, until

TOKEN = "token-of-mainstay"  # noqa: S105 - the stand-in knows it
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A repository with a branch that changes, moves, adds and deletes files, and leaves one alone."""
    shop = Repository.create(tmp_path / "shop")
    shop.commit({"a.py": "a = 1\n" * 20, "b.py": "b = 1\n", "gone.py": "x = 1\n", "large.txt": "nothing\n" * 1000})
    shop.switch("feature", create=True)
    moved = "a = 1\n" * 20 + "a = 2\n"
    shop.commit({"a.py": None, "moved.py": moved, "b.py": "b = 2\nb = 3\n", "gone.py": None, "new.py": "n = 1\n"})
    return shop


def reach(host: StandIn) -> Reach:
    """The host by its address, and a folder of ours."""
    return Reach(host.url, DIRECT, host.hub.git.folder.parent / "git")


def fetched(host: StandIn, number: int = 1) -> ChangeSet:
    """The change as a review gets it."""
    client = github.connect(host.url, TOKEN)
    return fetching.change(client, github.read_pull(client, "shop/payments", number), reach(host))


def wanted(host: StandIn) -> Wanted:
    """The pull request's two commits."""
    base, head = host.hub.commit("main"), host.hub.commit("feature")
    return Wanted(address(host.url, "shop/payments"), base, base, head, "refs/pull/1/head")


def blobs_read(host: StandIn) -> int:
    """How many texts were read one by one."""
    return sum("/git/blobs/" in path for _, path in host.hub.requests)


# --- by the interface, else by git ---------------------------------------------------------------------------------


def test_git_gives_what_the_interface_gives(host: StandIn) -> None:
    """The same change, file by file and line by line."""
    plain = fetched(host)
    assert host.hub.git_requests == []
    host.hub.listed = 2
    assert fetched(host) == plain
    assert host.hub.git_requests
    assert [(f.path, f.old_path, f.status) for f in plain.files] == [
        ("b.py", None, "modified"),
        ("gone.py", None, "deleted"),
        ("moved.py", "a.py", "renamed"),
        ("new.py", None, "added"),
    ]


def test_rows_that_are_silent_about_their_lines_are_noticed(host: StandIn) -> None:
    """The list is as long as it should be; only its sums give it away."""
    plain = fetched(host)
    host.hub.silent_from = 2
    assert fetched(host) == plain
    assert host.hub.git_requests


@pytest.mark.parametrize("limit", ["MOST_FILES", "MOST_LINES"])
def test_what_is_beyond_the_interface_is_not_asked_of_it(
    host: StandIn, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """A request for each text would use up what an hour allows."""
    plain = fetched(host)
    host.hub.requests.clear()
    monkeypatch.setattr(by_interface, limit, 3)
    assert fetched(host) == plain
    assert blobs_read(host) == 0
    assert not any(path.endswith("/files") for _, path in host.hub.requests)


def test_what_nobody_gives_is_named(host: StandIn) -> None:
    """The listed files are reviewed, the others stand there by name, and why."""
    host.hub.listed = 1
    host.hub.failures.append(Failure("GET", "/info/refs", 503, times=9))
    change = fetched(host)
    assert change.problems == ("GitHub listed 1 of 4 changed files", "git could not fetch it")
    left = [f for f in change.files if f.passed_over]
    assert [(f.path, f.status) for f in left] == [
        ("a.py", "deleted"),
        ("gone.py", "deleted"),
        ("moved.py", "added"),
        ("new.py", "added"),
    ]
    assert {f.passed_over for f in left} == {"left out by GitHub's interface"}
    assert [f.path for f in change.files if not f.passed_over] == ["b.py"]


def test_where_git_fails_the_interface_is_asked_all_the_same(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it gives whole after all is whole; what is too much for it is named."""
    plain = fetched(host)
    host.hub.failures.append(Failure("GET", "/info/refs", 403, times=9))
    monkeypatch.setattr(by_interface, "MOST_FILES", 3)
    assert fetched(host) == plain
    monkeypatch.setattr(by_interface, "_MOST_TEXTS", 2)
    change = fetched(host)
    assert change.problems == ("there are too many files to be read one by one", "the host refused to give it by git")
    assert any(f.passed_over == "too many files to be read one by one" for f in change.files)


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        ("https://api.github.com", "https://github.com/a/b.git"),
        ("https://ghes.example.org/api/v3", "https://ghes.example.org/a/b.git"),
        ("https://api.octocorp.ghe.com", "https://octocorp.ghe.com/a/b.git"),
        ("https://ghes.example.org:8443/api/v3", "https://ghes.example.org:8443/a/b.git"),
    ],
)
def test_git_is_sent_to_the_host_of_the_interface(interface: str, expected: str) -> None:
    assert address(interface, "a/b") == expected


# --- git's own rules -----------------------------------------------------------------------------------------------


def test_git_asks_for_two_commits_and_the_files_that_differ(host: StandIn) -> None:
    """No history, no file that is the same on both sides."""
    asked = wanted(host)
    read_remote(reach(host).folder, asked, DIRECT, TOKEN)
    posts = [line for line in host.hub.git_requests if line.startswith("POST")]
    first = next(line for line in posts if "deepen 1" in line)
    assert "filter blob:none" in first
    assert set(re.findall(r"want (\w+)", first)) == {asked.merge_base, asked.head}
    git = host.hub.git
    sides = [(asked.merge_base, p) for p in ("a.py", "b.py", "gone.py")]
    sides += [(asked.head, p) for p in ("moved.py", "b.py", "new.py")]
    assert set(re.findall(r"want (\w+)", posts[-1])) == {git.ask("rev-parse", f"{c}:{p}").strip() for c, p in sides}


def test_nothing_stays_behind_and_nobody_else_may_look(host: StandIn) -> None:
    """The folder is its owner's, and empty but for its lock."""
    folder = reach(host).folder
    read_remote(folder, wanted(host), DIRECT, TOKEN)
    assert [f.name for f in folder.iterdir()] == ["lock"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_a_killed_process_has_left_goes_and_what_is_in_use_stays(host: StandIn) -> None:
    folder = reach(host).folder
    (folder / "left" / "repository").mkdir(parents=True)
    with remote._place(folder) as used:
        used.mkdir()
        assert not (folder / "left").exists()
        remote.clear(folder)
        assert used.is_dir()
    assert [f.name for f in folder.iterdir()] == ["lock"]


def test_the_token_stands_in_the_environment_alone(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither among the arguments nor in an address nor in a file."""
    seen: list[tuple[str, ...]] = []
    files: list[bytes] = []
    start = subprocess.Popen

    def watched(command: list[str], **how: object) -> object:
        seen.append(tuple(command))
        files.extend(f.read_bytes() for f in reach(host).folder.rglob("*") if f.is_file())
        return start(command, **how)  # type: ignore[call-overload]  # as it was called

    monkeypatch.setattr(subprocess, "Popen", watched)
    read_remote(reach(host).folder, wanted(host), DIRECT, TOKEN)
    said = "\0".join(word for command in seen for word in command)
    assert "fetch" in said
    assert TOKEN not in said
    assert host.address not in said
    assert not any(TOKEN.encode() in content for content in files)


def test_settings_and_hooks_of_the_machine_count_for_nothing(
    host: StandIn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a rewritten address nor a helper that knows a password nor a program."""
    mark = home / "ran"
    (home / ".gitconfig").write_text(
        f'[url "http://127.0.0.1:1/"]\n\tinsteadOf = {host.address}/\n[core]\n\thooksPath = {home}\n'
        f'[credential]\n\thelper = "!touch {mark}"\n'
    )
    (home / ".netrc").write_text("machine 127.0.0.1 login x-access-token password token-of-somebody\n")
    monkeypatch.setenv("GIT_ASKPASS", f"touch {mark}")
    assert read_remote(reach(host).folder, wanted(host), DIRECT, TOKEN).files
    with pytest.raises(GitError, match="the host refused"):
        read_remote(reach(host).folder, wanted(host), DIRECT, "guessed")
    assert not mark.exists()


def test_a_redirection_takes_the_token_nowhere(host: StandIn) -> None:
    host.hub.failures.append(Failure("GET", "/info/refs", 301, times=9))
    with pytest.raises(GitError, match="git could not fetch it"):
        read_remote(reach(host).folder, wanted(host), DIRECT, TOKEN)
    assert not any("elsewhere" in line for line in host.hub.git_requests)


@pytest.mark.parametrize(
    "url", ["ssh://127.0.0.1/a.git", "file:///tmp/a.git", "http://ghes.example.org/a.git", "ext::sh"]
)
def test_no_other_protocol_is_spoken(host: StandIn, url: str) -> None:
    asked = wanted(host)
    with pytest.raises(GitError, match="https alone"):
        read_remote(reach(host).folder, Wanted(url, asked.base, asked.merge_base, asked.head, asked.ref), DIRECT, TOKEN)


def test_a_fetch_ends_in_time_and_takes_what_it_started_with_it(host: StandIn) -> None:
    """A host that says nothing holds nobody up."""
    asked = wanted(host)
    with host.hub.lock:  # for which the stand-in waits
        with pytest.raises(GitError, match="in time"):
            read_remote(reach(host).folder, asked, DIRECT, TOKEN, seconds=1.5)
        running = subprocess.run(["ps", "-axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert host.address not in running
    assert [f.name for f in reach(host).folder.iterdir()] == ["lock"]


def test_what_is_too_large_is_not_kept(host: StandIn, shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota on each file that git writes."""
    shop.commit({"big.bin": os.urandom(50_000)})
    monkeypatch.setattr(remote, "LARGEST", 8_192)
    with pytest.raises(GitError, match="git could not fetch it"):
        read_remote(reach(host).folder, wanted(host), DIRECT, TOKEN)


# --- pull requests of all kinds ------------------------------------------------------------------------------------


def test_a_fork_is_read_where_its_head_is_known_by_the_pull_request_alone(host: StandIn, shop: Repository) -> None:
    """Its branch is in another repository; where the commit is not given by its id, the pull request's ref has it."""
    shop.run("update-ref", "refs/pull/2/head", "feature")
    shop.run("switch", "--quiet", "main")
    shop.run("branch", "--quiet", "-D", "feature")
    host.hub.open("main", "refs/pull/2/head")
    plain = fetched(host, 2)
    host.hub.listed = 1
    assert fetched(host, 2) == plain
    host.hub.failures.append(Failure("POST", "/git-upload-pack", 500))
    assert fetched(host, 2) == plain
    assert len(plain.files) == 4


def test_a_ref_that_has_moved_on_is_not_taken_for_the_head(host: StandIn, shop: Repository) -> None:
    asked = wanted(host)
    shop.run("update-ref", "refs/pull/1/head", "main")
    host.hub.failures.append(Failure("POST", "/git-upload-pack", 500))
    with pytest.raises(GitError, match="moved on while it was fetched"):
        read_remote(reach(host).folder, asked, DIRECT, TOKEN)


def test_a_base_that_moves_on_is_no_part_of_the_change(host: StandIn, shop: Repository) -> None:
    """The before side is where the branch began, by the interface and by git."""
    plain = fetched(host)
    shop.switch("main")
    shop.commit({"b.py": "b = 9\n", "other.py": "o = 1\n"})
    change = fetched(host)
    assert change.files == plain.files
    assert change.merge_base == plain.merge_base != change.base
    host.hub.listed = 1
    assert fetched(host) == change


def test_a_stacked_pull_request_is_compared_with_its_own_base(host: StandIn, shop: Repository) -> None:
    shop.switch("stacked", create=True)
    shop.commit({"top.py": "t = 1\n"})
    assert [f.path for f in fetched(host, host.hub.open("feature", "stacked").number).files] == ["top.py"]
    host.hub.listed = 0
    assert [f.path for f in fetched(host, 2).files] == ["top.py"]


def test_a_base_that_was_retargeted_counts_from_then_on(host: StandIn, shop: Repository) -> None:
    shop.run("branch", "--quiet", "release", "feature~0")
    shop.commit({"late.py": "l = 1\n"})
    assert len(fetched(host).files) == 5
    host.hub.pulls[1].base = "release"
    assert [f.path for f in fetched(host).files] == ["late.py"]


def test_a_list_of_files_that_is_cut_is_made_whole_by_git(host: StandIn, shop: Repository) -> None:
    """And a setting is looked for folder by folder then, and not taken for absent."""
    shop.switch("main")
    rules = {
        ".mainstay/rules/ours/one.yaml": "id: one\n",
        ".mainstay/rules/note.md": "x\n",
        ".mainstay/x.yaml": "x: 1\n",
    }
    shop.commit({".mainstay.yaml": "rules: {}\n", **rules})
    shop.switch("feature")
    shop.run("rebase", "--quiet", "main")
    client = github.connect(host.url, TOKEN)
    pull = github.read_pull(client, "shop/payments", 1)
    plain, sources = fetched(host), github.BaseSources(client, pull)
    host.hub.cut_trees = True
    assert fetched(host) == plain
    assert host.hub.git_requests
    cut = github.BaseSources(github.connect(host.url, TOKEN), pull)
    for path in (".mainstay.yaml", ".mainstay/x.yaml", "none.yaml", ".mainstay/none/x.yaml"):
        assert cut.text(path) == sources.text(path)
    assert (
        cut.folder(".mainstay/rules")
        == sources.folder(".mainstay/rules")
        == {".mainstay/rules/ours/one.yaml": "id: one\n"}
    )
    assert cut.folder(".mainstay/none") == {}


# --- a review whose pull request changes under it ------------------------------------------------------------------


class Bench:
    """The steps of a review, done one after the other as a worker does them."""

    def __init__(self, host: StandIn, key: Key, data: Path) -> None:
        self.hub, self.put = host.hub, list[WantedJob]()
        host.hub.public_key = key.public
        given = {"MAINSTAY_APP_ID": str(host.hub.app), "MAINSTAY_PRIVATE_KEY": key.private, "MAINSTAY_DATA": str(data)}
        self.settings = settings.read(given | {"MAINSTAY_WEBHOOK_SECRET": "s", "MAINSTAY_GITHUB_URL": host.url})
        self.recorder = Recorder(Archive(self.settings.database), self.settings.data)
        self.reviewing = Reviewing(self.settings, self._keep, Judging, self.recorder, lambda _: None)
        self.kind = self.reviewing.kind()
        self.job: Job = {}
        self.so_far: dict[str, Any] = {}

    def asks(self, **changed: Any) -> None:
        """A review of the head is asked for."""
        asked = PullAsked(77, changed.pop("repository", "shop/payments"), 1, self.hub.commit(self.hub.pulls[1].head))
        made = wanted_job(replace(asked, **changed))
        self.job = {
            "id": f"{made.key}@{made.version}.1",
            "key": made.key,
            "number": 1,
            "attempt": 1,
            "again": 0,
            "job": made.job,
        }
        self.kind.arrive(self.job)

    def go(self, *names: str) -> dict[str, Any]:
        """Do these steps, or all, until one of them ends the job; what they answered."""
        for name, work in self.kind.steps:
            if (not names or name in names) and "outcome" not in self.so_far:
                self.so_far |= work(self.job, self.so_far)
        return self.so_far

    def check(self) -> tuple[str, str]:
        """How the only check stands: its conclusion and its title."""
        (check,) = self.hub.checks
        assert check["status"] == "completed"
        return check["conclusion"], check["output"]["title"]

    def _keep(self, wanted: WantedJob) -> str:
        self.put.append(wanted)
        return "kept"


@pytest.fixture
def bench(host: StandIn, key: Key, tmp_path: Path) -> Bench:
    """With a review that was asked for."""
    bench = Bench(host, key, tmp_path / "data")
    bench.asks()
    return bench


def test_a_change_that_git_gives_is_reviewed_and_leaves_nothing_behind(bench: Bench, tmp_path: Path) -> None:
    """From the question to the verdict; no text is left in the data folder."""
    bench.hub.listed = 1
    assert bench.go()["outcome"] == "complete"
    assert bench.check()[0] == "success"
    assert bench.hub.git_requests
    kept = [f for f in (tmp_path / "data").rglob("*") if f.is_file()]
    assert sorted(f.name for f in kept) == ["lock", "mainstay.sqlite"]


def test_a_worker_that_starts_drops_what_one_that_was_killed_had_fetched(
    host: StandIn, key: Key, tmp_path: Path
) -> None:
    left = tmp_path / "data" / "git" / "left" / "repository" / "objects"
    left.mkdir(parents=True)
    (left / "pack").write_text("somebody's code")
    Bench(host, key, tmp_path / "data")
    assert not left.parents[1].exists()


def test_a_change_that_nobody_gives_whole_is_never_green(bench: Bench) -> None:
    """The check says what lacks, by name."""
    bench.hub.listed = 1
    bench.hub.failures.append(Failure("GET", "/info/refs", 404, times=9))
    assert bench.go()["outcome"] == "partial"
    assert bench.check()[0] == "neutral"
    text = bench.hub.pulls[1].conversation[0]["body"]
    assert "GitHub listed 1 of 4 changed files" in text
    assert "the host refused to give it by git" in text
    assert "`new.py`" in text


def test_a_push_under_a_review_ends_it_and_asks_for_another(bench: Bench, shop: Repository) -> None:
    """Also one that takes the head away, of which GitHub may not know any more."""
    bench.go("begin")
    shop.run("commit", "--quiet", "--amend", "--allow-empty", "--message", "another")
    assert bench.go() == bench.so_far
    assert bench.so_far["outcome"] == "superseded"
    assert bench.check() == ("skipped", "Not reviewed: a newer commit")
    assert [w.job["head"] for w in bench.put] == [shop.head]
    assert bench.hub.pulls[1].conversation == []


def test_a_head_that_github_does_not_know_any_more_is_behind_nothing(host: StandIn) -> None:
    client = github.connect(host.url, TOKEN)
    assert github.read_pull(client, "shop/payments", 1, at_least="0" * 40).head == host.hub.commit("feature")


@pytest.mark.parametrize("step", ["begin", "fetch"])
@pytest.mark.parametrize(
    ("changed", "said"),
    [({"state": "closed"}, "Not reviewed: the pull request is closed"), ({"draft": True}, "Not reviewed: a draft")],
    ids=str,
)
def test_a_pull_request_that_is_no_longer_to_be_reviewed_gets_no_review(
    bench: Bench, step: str, changed: dict[str, Any], said: str
) -> None:
    """Its check says so; nothing else is written, and no text is kept."""
    if step == "fetch":
        bench.go("begin")
    for name, value in changed.items():
        setattr(bench.hub.pulls[1], name, value)
    assert bench.go()["outcome"] == "skipped"
    assert bench.check() == ("skipped", said)
    assert bench.hub.pulls[1].conversation == []


def test_who_asks_again_gets_a_review_of_a_draft(bench: Bench) -> None:
    bench.hub.pulls[1].draft = True
    bench.asks(again="a delivery", why="rerequested")
    assert bench.go("begin", "fetch")["files"] == 4


def test_a_deleted_branch_is_reviewed_to_the_end(bench: Bench, shop: Repository) -> None:
    """GitHub keeps the commit under the pull request's own ref."""
    bench.go("begin")
    shop.run("update-ref", "refs/pull/1/head", "feature")
    shop.run("switch", "--quiet", "main")
    shop.run("branch", "--quiet", "-D", "feature")
    bench.hub.pulls[1].head = "refs/pull/1/head"
    assert bench.go()["outcome"] == "complete"


def test_a_renamed_repository_is_reviewed_to_the_end(bench: Bench) -> None:
    bench.go("begin")
    bench.hub.repository, bench.hub.old_names = "shop/till", {"shop/payments"}
    bench.hub.listed = 1
    assert bench.go()["outcome"] == "complete"
    assert bench.check()[0] == "success"
    assert len(bench.hub.pulls[1].conversation) == 1


def test_a_suspended_installation_ends_the_job_at_once(bench: Bench) -> None:
    """No check can be written, and nobody tries for ever."""
    bench.hub.suspended.add(77)
    bench.hub.expire()
    with pytest.raises(Useless, match="suspended"):
        bench.go()
    bench.kind.failed(bench.job, "the installation is suspended")
    bench.kind.replaced(bench.job)
    assert [c["status"] for c in bench.hub.checks] == ["queued"]


def test_a_deleted_repository_is_told_to_nobody(bench: Bench) -> None:
    bench.go("begin")
    bench.hub.repository = "shop/elsewhere"
    with pytest.raises(StepFailed, match=r"GitHub refused \(404\)"):
        bench.go()
    bench.kind.failed(bench.job, "GitHub refused (404)")


def test_a_limit_in_any_step_lets_the_job_wait_and_go_on(bench: Bench, host: StandIn) -> None:
    """It is not counted as a failure; nothing is written twice."""
    for name, _ in bench.kind.steps:
        if name not in ("judge", "on-files"):  # which ask nothing here
            host.hub.fail(secondary("", "", 0))
            with pytest.raises(Later) as raised:
                bench.go(name)
            assert raised.value.seconds >= 1
        bench.go(name)
    assert bench.so_far["outcome"] == "complete"
    assert len(bench.hub.pulls[1].conversation) == len(bench.hub.checks) == 1


def test_a_job_of_which_nobody_can_be_told_keeps_no_other_from_it(bench: Bench) -> None:
    """The sweep goes on, and tells it the next time."""
    untold = [SimpleNamespace(id=n, job={"kind": "review", "name": n}, error="lost") for n in ("bad", "good")]
    heard: list[str] = []

    def failed(job: Job, _why: str) -> None:
        if job["name"] == "bad":
            raise StepFailed("GitHub refused (500)")

    desk = SimpleNamespace(untold=lambda _: untold, tell=lambda job: heard.append(job["name"]))
    kinds = {"review": SimpleNamespace(failed=failed)}
    Sweep(bench.settings, desk, kinds, bench.recorder).end_late()  # type: ignore[arg-type]  # as much of them as is used
    assert heard == ["good"]


@pytest.mark.xdist_group("server")
def test_a_server_waits_for_a_limit_and_reviews_then(host: StandIn, key: Key, tmp_path: Path) -> None:
    """The job waits; it has not failed, and nothing is written twice."""
    hub = host.hub
    hub.public_key = key.public
    server = Server(host, key, tmp_path / "data")
    try:
        server.start()
        host.hub.fail(*(secondary("", "", 1, status=status) for status in (403, 429, 403)))
        assert server.deliver(told(hub)) == 202
        until(lambda: [c["status"] for c in hub.checks] == ["completed"])
    finally:
        server.end()
    assert (hub.checks[0]["conclusion"], len(hub.pulls[1].conversation)) == ("success", 1)
    assert [f.times for f in hub.failures] == [0, 0, 0]
