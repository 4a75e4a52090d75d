"""Real pushes between repositories on disk, through the hook as a person installs it and the command that it calls."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.hook import install

from .checkout import ROOT
from .repository import Repository

FAULTY = "import requests\n\n\ndef load(url):\n    return requests.get(url)\n"
SOUND = FAULTY.replace("(url)\n", "(url, timeout=5)\n").replace("load(url, timeout=5)", "load(url)")
RULE = "timeout/"
Make = Callable[..., Repository]


@pytest.fixture(autouse=True)
def checkout_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MAINSTAY_HOOK_BUDGET", "60")  # the machine may be busy; the budget has tests of its own


@pytest.fixture
def remote(make_repo: Make) -> Repository:
    return make_repo("remote.git", bare=True)


@pytest.fixture
def local(repo: Repository, remote: Repository) -> Repository:
    """A repository whose `main` is on the remote, with the hook installed."""
    repo.commit({"README": "A service.\n"})
    repo.run("remote", "add", "origin", str(remote.path))
    repo.run("push", "--quiet", "origin", "main")
    repo.run("remote", "set-head", "origin", "main")
    install(repo.path / ".git" / "hooks", sys.executable)
    return repo


def mainstay(repo: Repository, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bot", *arguments], cwd=repo.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def push(
    repo: Repository, *arguments: str, folder: Path | None = None, env: dict[str, str] | None = None
) -> tuple[bool, str]:
    """Whether `git push ARGUMENTS` went through, and what it said."""
    done = subprocess.run(
        ["git", "push", "--quiet", *(arguments or ("origin", "HEAD"))],
        cwd=folder or repo.path,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stderr


def at(remote: Repository, ref: str) -> str:
    """The commit that the remote has under a ref, "" for none."""
    return remote.run("for-each-ref", "--format=%(objectname)", ref)


def test_a_fault_is_stopped_and_said_before_it_leaves(local: Repository, remote: Repository) -> None:
    before = at(remote, "refs/heads/main")
    local.commit({"client.py": FAULTY})
    went, said = push(local)
    assert not went
    assert at(remote, "refs/heads/main") == before
    assert RULE in said
    assert "client.py" in said
    assert "git push --no-verify" in said


def test_sound_code_goes_through_with_a_verdict(local: Repository, remote: Repository) -> None:
    head = local.commit({"client.py": SOUND})
    went, said = push(local)
    assert went
    assert at(remote, "refs/heads/main") == head
    assert "complete: no findings" in said


def test_the_working_tree_is_not_judged(local: Repository) -> None:
    local.commit({"client.py": SOUND})
    local.write("client.py", FAULTY)
    local.write("untracked.py", FAULTY)
    went, said = push(local)
    assert went
    assert "complete: no findings" in said


def test_a_fault_that_is_mended_in_the_working_tree_only_is_still_pushed_and_so_stopped(local: Repository) -> None:
    local.commit({"client.py": FAULTY})
    local.write("client.py", SOUND)
    assert not push(local)[0]


def test_a_fault_that_the_remote_has_already_is_not_said_again(local: Repository) -> None:
    local.commit({"client.py": FAULTY})
    assert push(local, "--no-verify", "origin", "main")[0]
    local.commit({"client.py": f"# Loads pages.\n{FAULTY}"})
    went, said = push(local)
    assert went, said


def test_the_second_time_the_answer_is_remembered(local: Repository) -> None:
    local.commit({"client.py": FAULTY})
    _, first = push(local)
    went, second = push(local)
    assert not went
    assert "remembered" not in first
    assert ", remembered)" in second
    assert first.endswith(second.replace(", remembered", ""))  # it may have begun with a line of progress


def test_several_refs_are_judged_each_by_its_own_commits(local: Repository, remote: Repository) -> None:
    local.switch("sound", create=True)
    local.commit({"sound.py": SOUND})
    local.switch("main")
    local.switch("faulty", create=True)
    local.commit({"faulty.py": FAULTY})
    went, said = push(local, "origin", "sound", "faulty")
    assert not went
    assert at(remote, "refs/heads/sound") == ""
    assert "refs/heads/sound (" in said
    assert "faulty.py" in said
    assert push(local, "origin", "sound")[0]


def test_a_new_branch_is_measured_from_the_default_branch(local: Repository) -> None:
    local.commit({"client.py": FAULTY})
    push(local, "--no-verify", "origin", "main")
    local.switch("feature", create=True)
    local.commit({"other.py": SOUND})
    went, said = push(local, "origin", "feature")
    assert went, said
    assert "client.py" not in said


def test_a_rebased_branch_can_be_forced(local: Repository) -> None:
    local.switch("feature", create=True)
    local.commit({"feature.py": SOUND})
    push(local, "origin", "feature")
    local.switch("main")
    local.commit({"client.py": FAULTY})
    push(local, "--no-verify", "origin", "main")
    local.switch("feature")
    local.run("rebase", "--quiet", "main")
    went, said = push(local, "--force", "origin", "feature")
    assert went, said


def test_deletions_and_tags_go_through(local: Repository, remote: Repository) -> None:
    local.switch("feature", create=True)
    local.commit({"client.py": FAULTY})
    push(local, "--no-verify", "origin", "feature")
    local.run("tag", "v1")
    went, said = push(local, "origin", "v1")
    assert went
    assert "refs/tags/v1: skipped: a tag: its commits are on a branch" in said
    assert push(local, "origin", "--delete", "feature") == (True, "")
    assert at(remote, "refs/heads/feature") == ""


def test_a_tag_with_commits_that_no_branch_brings_is_judged(local: Repository) -> None:
    local.switch("feature", create=True)
    local.commit({"client.py": FAULTY})
    local.run("tag", "v1")
    went, said = push(local, "origin", "v1")
    assert not went
    assert "refs/tags/v1 (" in said


def test_the_first_push_to_an_empty_remote_is_judged_whole(repo: Repository, remote: Repository) -> None:
    repo.commit({"client.py": FAULTY})
    repo.run("remote", "add", "origin", str(remote.path))
    assert "The pre-push hook is installed" in mainstay(repo, "hook", "install")
    went, said = push(repo, "origin", "main")
    assert not went
    assert "all of it" in said


def test_a_push_to_an_address_is_judged_and_the_address_never_said(local: Repository, make_repo: Make) -> None:
    other = make_repo("secret-name.git", bare=True)
    local.commit({"client.py": FAULTY})
    went, said = push(local, f"file://{other.path}", "main")
    assert not went
    assert RULE in said
    assert "mainstay: " in said
    assert not [line for line in said.split("\n") if line.startswith("mainstay: ") and "secret-name" in line]


def test_a_worktree_pushes_through_the_same_hook(local: Repository, tmp_path: Path) -> None:
    local.run("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "tree"))
    tree = Repository(tmp_path / "tree")
    tree.commit({"client.py": FAULTY})
    assert not push(tree, "origin", "feature")[0]


def test_a_subfolder_pushes_through_the_hook(local: Repository) -> None:
    local.commit({"sub/client.py": FAULTY})
    assert not push(local, folder=local.path / "sub")[0]


def test_a_git_folder_elsewhere_is_found(local: Repository, tmp_path: Path) -> None:
    local.commit({"client.py": FAULTY})
    (local.path / ".git").rename(tmp_path / "elsewhere.git")
    where = {"GIT_DIR": str(tmp_path / "elsewhere.git"), "GIT_WORK_TREE": str(local.path)}
    went, said = push(local, env=where)
    assert not went
    assert RULE in said


def test_a_hooks_path_of_ones_own_is_heeded(local: Repository) -> None:
    local.run("config", "core.hooksPath", ".githooks")
    assert "not installed" in mainstay(local, "hook", "status")
    assert "core.hooksPath" in mainstay(local, "hook", "install")
    assert (local.path / ".githooks" / "pre-push").is_file()
    local.commit({"client.py": FAULTY})
    assert not push(local)[0]


def test_an_earlier_hook_runs_first_and_comes_back(repo: Repository, remote: Repository) -> None:
    hook = repo.write(".git/hooks/pre-push", '#!/bin/sh\necho "earlier: $1" >&2\ncat >&2\n')
    hook.chmod(0o755)
    content = hook.read_bytes()
    repo.run("remote", "add", "origin", str(remote.path))
    repo.commit({"client.py": SOUND})
    install(hook.parent, sys.executable)
    went, said = push(repo, "origin", "main")
    assert went
    assert said.startswith(f"earlier: origin\nrefs/heads/main {repo.head} refs/heads/main {'0' * 40}\n")
    assert "complete: no findings" in said
    mainstay(repo, "hook", "uninstall")
    assert hook.read_bytes() == content


def test_after_uninstalling_pushes_are_as_before(local: Repository) -> None:
    assert "not installed" in mainstay(local, "hook", "uninstall")
    local.commit({"client.py": FAULTY})
    assert push(local) == (True, "")


def test_a_budget_that_is_used_up_lets_the_push_through_and_says_so(local: Repository) -> None:
    local.commit({"client.py": FAULTY})
    went, said = push(local, env={"MAINSTAY_HOOK_BUDGET": "0.001"})
    assert went
    assert "mainstay: not reviewed: " in said


def test_a_package_called_bot_in_the_repository_is_never_run(local: Repository) -> None:
    trap = "raise SystemExit('run')\n"
    local.commit({"bot/__init__.py": trap, "bot/__main__.py": trap, "click.py": trap, "client.py": FAULTY})
    went, said = push(local)
    assert not went
    assert RULE in said


def test_without_its_python_the_push_goes_through(local: Repository, tmp_path: Path) -> None:
    install(local.path / ".git" / "hooks", str(tmp_path / "gone"))
    local.commit({"client.py": FAULTY})
    went, said = push(local)
    assert went
    assert f"not reviewed: {tmp_path / 'gone'} is gone" in said


def test_a_configuration_that_cannot_be_read_lets_the_push_through(local: Repository) -> None:
    local.commit({".mainstay.yaml": "no-such-key: 1\n"})
    push(local, "--no-verify", "origin", "main")
    local.commit({"client.py": FAULTY})
    went, said = push(local)
    assert went
    assert "mainstay: not reviewed: " in said
    assert "no-such-key" in said
