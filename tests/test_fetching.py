"""What a review is made of comes whole from the host, by its interface or by git, or it is said what lacks."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters import github
from bot.adapters.git import GitError, remote
from bot.adapters.git.remote import Wanted, read_remote
from bot.adapters.github import change as by_interface
from bot.entry import fetching
from bot.entry.fetching import Reach, address
from bot.model import ChangeSet
from bot.ports import DIRECT
from tests.repository import Repository
from tests.standin import Failure, Hub, StandIn

TOKEN = "token-of-mainstay"  # noqa: S105 - the stand-in knows it
posix = pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A repository with a branch that changes, moves, adds and deletes files, and leaves one alone."""
    shop = Repository.create(tmp_path / "shop")
    shop.commit({"a.py": "a = 1\n" * 20, "b.py": "b = 1\n", "gone.py": "x = 1\n", "large.txt": "nothing\n" * 1000})
    shop.switch("feature", create=True)
    moved = "a = 1\n" * 20 + "a = 2\n"
    shop.commit({"a.py": None, "moved.py": moved, "b.py": "b = 2\nb = 3\n", "gone.py": None, "new.py": "n = 1\n"})
    return shop


@pytest.fixture
def host(shop: Repository) -> Iterator[StandIn]:
    """The stand-in, with one pull request."""
    hub = Hub(shop.path)
    hub.open("main", "feature")
    with StandIn(hub) as standin:
        yield standin


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
    told = "\0".join(word for command in seen for word in command)
    assert "fetch" in told
    assert TOKEN not in told
    assert host.address not in told
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
    assert len(host.hub.git_requests) == 2


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
    with host.hub.lock, pytest.raises(GitError, match="in time"):  # the stand-in waits for the lock
        read_remote(reach(host).folder, asked, DIRECT, TOKEN, seconds=1.5)
    assert [f.name for f in reach(host).folder.iterdir()] == ["lock"]


@posix
def test_what_is_too_large_is_not_kept(host: StandIn, shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota on each file that git writes."""
    shop.commit({"big.bin": os.urandom(50_000)})
    monkeypatch.setattr(remote, "LARGEST", 8_192)
    with pytest.raises(GitError, match="git could not fetch it"):
        read_remote(reach(host).folder, wanted(host), DIRECT, TOKEN)


# --- pull requests of all kinds ------------------------------------------------------------------------------------
