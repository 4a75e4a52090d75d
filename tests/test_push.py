from __future__ import annotations

import io
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.adapters.git import GitError
from bot.adapters.git.pushes import Pushed, git_path, pushed_from, pushed_ranges
from bot.adapters.git.repository import open_repository
from bot.entry import push as door
from bot.entry.push import Push, run

from .checkout import ROOT
from .push_worker import CALLS
from .repository import Repository

ZERO = "0" * 40
Make = Callable[..., Repository]


@pytest.fixture
def remote(make_repo: Make) -> Repository:
    return make_repo("remote.git", bare=True)


@pytest.fixture
def local(repo: Repository, remote: Repository) -> Repository:
    """A clone's state: `main` (a.py, b.py) is on the remote `origin`, and so is its HEAD."""
    repo.commit({"a.py": "a\n"})
    repo.commit({"b.py": "b\n"})
    repo.run("remote", "add", "origin", str(remote.path))
    repo.run("push", "--quiet", "origin", "main")
    repo.run("remote", "set-head", "origin", "main")
    return repo


def line(local: Repository, ref: str, *, new: str = "", old: str = ZERO) -> str:
    """What git writes to the hook for one ref: https://git-scm.com/docs/githooks#_pre_push."""
    return f"{ref} {new or local.run('rev-parse', ref)} {ref} {old}\n"


def ranges(local: Repository, *lines: str, remote: str = "origin") -> list[Pushed]:
    return list(pushed_ranges(open_repository(local.path, 30), remote, "".join(lines)))


def starts(local: Repository, *lines: str, remote: str = "origin") -> list[str]:
    """Where each range starts, by the subject of its commit; or why there is none."""
    return [
        pushed.skipped
        or (local.run("log", "-1", "--format=%s", pushed.start.merge_base) if pushed.start.merge_base else "nothing")
        for pushed in ranges(local, *lines, remote=remote)
    ]


# --- which commits a push brings ---------------------------------------------------------------------------


def test_a_new_branch_starts_where_it_left_the_remotes_default_branch(local: Repository) -> None:
    local.commit({"c.py": "c\n"}, "left here")
    local.run("push", "--quiet", "origin", "main")
    local.switch("feature", create=True)
    local.commit({"d.py": "d\n"})
    local.commit({"e.py": "e\n"})
    assert starts(local, line(local, "refs/heads/feature")) == ["left here"]


def test_a_fast_forward_is_judged_by_its_new_commits(local: Repository) -> None:
    old = local.commit({"c.py": "c\n"}, "pushed before")
    local.commit({"d.py": "d\n"})
    assert starts(local, line(local, "refs/heads/main", old=old)) == ["pushed before"]


def test_a_forced_push_starts_where_old_and_new_part(local: Repository) -> None:
    local.commit({"c.py": "c\n"}, "kept")
    old = local.commit({"d.py": "d\n"})
    local.run("reset", "--quiet", "--hard", "HEAD~1")
    local.commit({"e.py": "e\n"})
    assert starts(local, line(local, "refs/heads/feature", new=local.head, old=old)) == ["kept"]


def test_a_rebased_branch_does_not_answer_for_the_default_branchs_new_commits(local: Repository) -> None:
    local.switch("feature", create=True)
    old = local.commit({"f.py": "f\n"})
    local.switch("main")
    local.commit({"c.py": "c\n"}, "somebody else's")
    local.run("push", "--quiet", "origin", "main")
    local.switch("feature")
    local.run("rebase", "--quiet", "main")
    assert starts(local, line(local, "refs/heads/feature", old=old)) == ["somebody else's"]


def test_a_branch_merged_with_the_default_branch_does_not_answer_for_it(local: Repository) -> None:
    local.switch("feature", create=True)
    old = local.commit({"f.py": "f\n"})
    local.switch("main")
    local.commit({"c.py": "c\n"}, "somebody else's")
    local.run("push", "--quiet", "origin", "main")
    local.switch("feature")
    local.run("merge", "--quiet", "--no-edit", "main")
    assert starts(local, line(local, "refs/heads/feature", old=old)) == ["somebody else's"]


def test_an_old_commit_that_is_not_here_counts_as_none(local: Repository) -> None:
    local.commit({"c.py": "c\n"})
    assert starts(local, line(local, "refs/heads/main", old="1" * 40)) == ["Change something"]
    assert ranges(local, line(local, "refs/heads/main", old="1" * 40))[0].start.merge_base == local.run(
        "rev-parse", "origin/main"
    )


def test_without_a_default_branch_what_any_remote_branch_has_is_known(repo: Repository, remote: Repository) -> None:
    repo.run("branch", "--move", "trunk")
    repo.commit({"a.py": "a\n"})
    repo.commit({"b.py": "b\n"}, "on the remote")
    repo.run("remote", "add", "origin", str(remote.path))
    repo.run("push", "--quiet", "origin", "trunk")
    repo.commit({"c.py": "c\n"})
    assert starts(repo, line(repo, "refs/heads/trunk")) == ["on the remote"]
    assert starts(repo, line(repo, "refs/heads/trunk"), remote="https://user:secret@host/x.git") == ["on the remote"]


def test_the_first_push_of_all_is_all_new(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    repo.commit({"b.py": "b\n"})
    assert starts(repo, line(repo, "refs/heads/main")) == ["nothing"]


def test_the_local_ref_may_be_any_expression(local: Repository) -> None:
    head = local.commit({"c.py": "c\n"})
    (pushed,) = ranges(local, f"HEAD^{{/Change something}} {head} refs/heads/x {ZERO}\n")
    assert (pushed.ref, pushed.head) == ("refs/heads/x", head)


def test_what_brings_nothing_is_skipped_with_its_reason(local: Repository) -> None:
    new = local.commit({"c.py": "c\n"})
    main = local.run("rev-parse", "origin/main")
    local.run("tag", "v1")
    local.run("tag", "--annotate", "--message=v2", "v2", "main~1")
    blob = local.run("rev-parse", "HEAD:a.py")
    local.run("tag", "blob", blob)
    local.run("commit", "--quiet", "--allow-empty", "--message", "empty")
    lines = [
        f"(delete) {ZERO} refs/heads/gone {main}\n",
        line(local, "refs/heads/main", new=new),
        line(local, "refs/heads/same", new=new),
        line(local, "refs/heads/old", new=main),
        line(local, "refs/heads/empty", new=local.head, old=new),
        line(local, "refs/tags/v1"),
        line(local, "refs/tags/v2"),
        line(local, "refs/tags/blob", new=blob),
        line(local, "refs/notes/commits", new=main),
    ]
    assert [pushed.skipped for pushed in ranges(local, *lines)] == [
        "deleted",
        "",
        "the same commits as refs/heads/main",
        "nothing new",
        "nothing new",
        "a tag: its commits are on a branch",
        "a tag: its commits are on a branch",
        "not a commit",
        "notes are no code",
    ]


def test_a_tag_that_brings_commits_of_its_own_is_judged(local: Repository) -> None:
    local.commit({"c.py": "c\n"})
    local.run("tag", "--annotate", "--message=v1", "v1")
    (pushed,) = ranges(local, line(local, "refs/tags/v1"))
    assert (pushed.head, pushed.skipped) == (local.head, "")


def test_a_line_that_is_none_is_an_error(local: Repository) -> None:
    with pytest.raises(GitError, match="no line of a push"):
        ranges(local, "hello\n")


def test_a_shallow_clone_that_does_not_reach_back_is_an_error(local: Repository, tmp_path: Path) -> None:
    local.switch("feature", create=True)
    local.commit({"f.py": "f\n"})
    local.run("push", "--quiet", "origin", "feature")
    source = local.run("remote", "get-url", "origin")
    local.run("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{source}", str(tmp_path / "shallow"))
    shallow = Repository(tmp_path / "shallow")
    shallow.run("update-ref", "-d", "refs/remotes/origin/feature")
    shallow.run("switch", "--quiet", "--detach", local.head)
    shallow.commit({"g.py": "g\n"})
    with pytest.raises(GitError, match="does not reach back") as refused:
        ranges(shallow, line(shallow, "HEAD"))
    assert "--unshallow" in refused.value.remedy


def test_git_tells_the_hook_where_the_repository_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GIT_DIR", raising=False)
    assert pushed_from(tmp_path) == tmp_path
    monkeypatch.setenv("GIT_DIR", ".git")
    assert pushed_from(tmp_path) == tmp_path / ".git"
    monkeypatch.setenv("GIT_DIR", "/elsewhere/x.git")
    assert pushed_from(tmp_path) == Path("/elsewhere/x.git")


def test_the_hooks_folder_is_where_git_looks(local: Repository, tmp_path: Path) -> None:
    hooks = local.path / ".git" / "hooks"
    (local.path / "sub").mkdir()
    local.run("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    for folder in (local.path, local.path / "sub", local.path / ".git", tmp_path / "tree"):
        assert git_path(open_repository(folder, 30), "hooks") == hooks
    local.run("config", "core.hooksPath", ".githooks")
    assert git_path(open_repository(local.path / "sub", 30), "hooks") == local.path / ".githooks"
    assert git_path(open_repository(tmp_path / "tree", 30), "hooks") == tmp_path / "tree" / ".githooks"
    local.run("config", "core.hooksPath", str(tmp_path / "everywhere"))
    assert git_path(open_repository(local.path, 30), "hooks") == tmp_path / "everywhere"


# --- the hook's run ----------------------------------------------------------------------------------------


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the worker notes each head that it judges."""
    monkeypatch.setenv(CALLS, str(tmp_path / "calls"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path / "calls"


@pytest.fixture
def pushed(local: Repository, calls: Path) -> Repository:
    """A branch `first` with a commit (`first.py`), and a branch `second` (`second.py`), both new."""
    assert not calls.exists()
    local.switch("first", create=True)
    local.commit({"first.py": "1\n"})
    local.switch("main")
    local.switch("second", create=True)
    local.commit({"second.py": "2\n"})
    local.switch("first")
    return local


BOTH = ("refs/heads/first", "refs/heads/second")


def judged(repo: Repository, kind: str, *refs: str, budget: float = 30.0, **given: object) -> tuple[int, str]:
    """The exit code of the hook's run and all that it says, with a worker of that kind."""
    said = io.StringIO()
    asked = Push(
        folder=repo.path,
        remote="origin",
        engine="engine 1",
        budget=budget,
        worker=(sys.executable, "-P", "-m", "tests.push_worker", kind),
        said=said,
        progress_after=60.0,
    )
    code = run("".join(line(repo, ref) for ref in refs), replace(asked, **given))
    return code, said.getvalue()


def test_a_clean_push_goes_through_with_its_review(pushed: Repository) -> None:
    code, said = judged(pushed, "clean", "refs/heads/first")
    head, base = pushed.head[:10], pushed.run("rev-parse", "main")[:10]
    assert code == 0
    assert said == f"mainstay: refs/heads/first ({head}, against {base})\nadded first.py: 1\n\nverdict: complete\n"


def test_a_finding_at_the_threshold_stops_the_push(pushed: Repository) -> None:
    code, said = judged(pushed, "finding", *BOTH)
    assert code == 1
    assert "verdict: complete" in said
    assert said.endswith("mainstay: this push was stopped. To push in spite of it: git push --no-verify\n")


def test_a_finding_below_the_threshold_does_not(pushed: Repository) -> None:
    assert judged(pushed, "below", "refs/heads/first")[0] == 0


def test_the_commits_are_judged_and_not_the_working_tree(pushed: Repository) -> None:
    pushed.write("first.py", "changed since\n")
    pushed.write("untracked.py", "u\n")
    _, said = judged(pushed, "clean", *BOTH)
    assert "added first.py: 1\n" in said
    assert "added second.py: 2\n" in said
    assert "changed since" not in said
    assert "untracked.py" not in said


def test_an_answer_is_remembered_until_something_changes(pushed: Repository, calls: Path) -> None:
    code, said = judged(pushed, "finding", *BOTH)
    assert judged(pushed, "finding", *BOTH) == (code, said.replace(")\n", ", remembered)\n"))
    assert len(calls.read_text().split()) == 2
    pushed.run("commit", "--quiet", "--amend", "--message", "other words, same tree")
    assert ", remembered)" in judged(pushed, "finding", "refs/heads/first")[1]
    judged(pushed, "finding", *BOTH, engine="engine 2")
    assert len(calls.read_text().split()) == 4
    pushed.commit({"first.py": "other\n"})
    judged(pushed, "finding", "refs/heads/first")
    assert len(calls.read_text().split()) == 5


def test_what_is_remembered_is_for_its_owner_alone(pushed: Repository) -> None:
    judged(pushed, "finding", "refs/heads/first")
    folder = pushed.path / ".git" / "mainstay" / "judged"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600]


def test_an_incomplete_answer_is_not_remembered(pushed: Repository, calls: Path) -> None:
    for _ in range(2):
        code, said = judged(pushed, "unread", "refs/heads/first")
        assert code == 0
        assert "mainstay: not reviewed: refs/heads/first: not reviewed; this push goes through" in said
    assert len(calls.read_text().split()) == 2


def test_memory_that_cannot_be_written_is_said_and_changes_nothing(pushed: Repository) -> None:
    (pushed.path / ".git" / "mainstay").write_text("a file where the folder should be")
    code, said = judged(pushed, "finding", "refs/heads/first")
    assert code == 1
    assert "mainstay: this answer could not be remembered: " in said


def test_an_engine_that_cuts_its_review_short_has_it_counted(pushed: Repository) -> None:
    code, said = judged(pushed, "cut_short", "refs/heads/first")
    assert code == 1
    assert "mainstay: partial: refs/heads/first: partial\n" in said


def test_the_engine_is_told_to_be_back_before_the_budget_is_over(pushed: Repository) -> None:
    _, said = judged(pushed, "cut_short", "refs/heads/first", budget=1000)
    left = re.search(r"(\d+) s were left", said)
    assert left
    assert 700 < int(left[1]) <= 900


def test_the_budget_holds_even_where_the_engine_cannot_be_interrupted(pushed: Repository) -> None:
    code, said = judged(pushed, "stuck", "refs/heads/first", budget=1.0)
    assert code == 0
    assert said == "mainstay: not reviewed: its 1 s are over, not judged: refs/heads/first; this push goes through\n"


def test_what_was_judged_before_the_end_of_the_budget_counts(pushed: Repository) -> None:
    code, said = judged(pushed, "stuck_at_second", *BOTH, budget=4.0)
    assert code == 1
    assert "mainstay: partial: its 4 s are over, not judged: refs/heads/second\n" in said


def test_progress_is_told_once_when_it_takes_longer(pushed: Repository) -> None:
    _, said = judged(pushed, "clean", *BOTH, progress_after=0.0)
    assert said.count("mainstay: judging what you push, for at most 30 s ...\n") == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("broken", r"refs/heads/first: ValueError: boom"),
        ("killed", "refs/heads/first: Mainstay ended with status 9 a grammar crashed"),
        ("chatty", "refs/heads/first: Mainstay gave no readable answer"),
        ("no such kind", "KeyError"),
    ],
)
def test_a_fault_of_ours_is_told_and_never_stops_a_push(pushed: Repository, kind: str, reason: str) -> None:
    code, said = judged(pushed, kind, "refs/heads/first")
    assert code == 0
    assert said.startswith("mainstay: not reviewed: ")
    assert reason in said
    assert said.endswith("; this push goes through\n")
    assert said.count("\n") == 1
    assert "\x1b" not in said


def test_a_fault_with_one_ref_does_not_spoil_the_others(pushed: Repository) -> None:
    code, said = judged(pushed, "broken_at_second", *BOTH)
    assert code == 0
    assert "added first.py: 1\n" in said
    assert "mainstay: partial: refs/heads/second: ValueError: boom" in said


def test_a_worker_that_is_not_there_does_not_stop_a_push(pushed: Repository, tmp_path: Path) -> None:
    code, said = judged(pushed, "clean", "refs/heads/first", worker=(str(tmp_path / "gone"),))
    assert code == 0
    assert said.startswith("mainstay: not reviewed: a fault of Mainstay (FileNotFoundError: ")


def test_outside_of_a_repository_the_push_goes_through(pushed: Repository, tmp_path: Path) -> None:
    code, said = judged(pushed, "clean", "refs/heads/first", folder=tmp_path)
    assert code == 0
    assert "is not in a git repository; this push goes through." in said


def test_what_is_skipped_is_said_but_for_deletions(pushed: Repository) -> None:
    said = io.StringIO()
    lines = f"(delete) {ZERO} refs/heads/x {pushed.head}\n" + line(pushed, "refs/heads/main")
    assert run(lines, Push(pushed.path, "origin", "engine 1", said=said)) == 0
    assert said.getvalue() == "mainstay: refs/heads/main: skipped: nothing new\n"


def test_a_listener_that_went_away_does_not_stop_a_push(pushed: Repository) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    assert judged(pushed, "broken", "refs/heads/first", said=Gone())[0] == 0


def test_the_worker_never_imports_from_the_folder_that_is_pushed_from() -> None:
    assert door.WORKER[:4] == (sys.executable, "-P", "-m", "bot")
