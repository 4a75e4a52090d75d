from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters.git import GitError, bounded, list_at, read_at, read_change, read_tree
from bot.adapters.git.process import Git, clean_environment
from bot.model import ChangeSet, FileChange, Hunk
from bot.texts import MAX_BYTES, PassedOver, decode

from .repository import Repository

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
KOI8 = "# -*- coding: koi8-r -*-\n# \u043f\u0440\u0438\u0432\u0435\u0442\n"
LINES = "".join(f"line {number}\n" for number in range(1, 21))
Make = Callable[..., Repository]


def check(
    repo: Repository | Path,
    *paths: str,
    base: str | None = None,
    head: str | None = None,
    staged: bool = False,
) -> ChangeSet:
    folder = repo.path if isinstance(repo, Repository) else repo
    return read_change(folder, base=base, head=head, staged=staged, paths=paths)


def listed(change: ChangeSet) -> list[str]:
    """The files of a change in short: `modified a.py`, `renamed a.py b.py`, `added c.png (binary)`."""
    return [
        " ".join(filter(None, [f.status, f.old_path, f.path, f"({f.passed_over})" if f.passed_over else ""]))
        for f in change.files
    ]


def only(change: ChangeSet) -> FileChange:
    (file,) = change.files
    return file


@pytest.fixture
def feature(repo: Repository) -> Repository:
    """A branch `feature` with one commit (`feature.py`) on top of `main`, which went on by one commit (`main.py`)."""
    repo.commit({"a.py": LINES})
    repo.switch("feature", create=True)
    repo.commit({"feature.py": "f\n"})
    repo.switch("main")
    repo.commit({"main.py": "m\n"})
    repo.switch("feature")
    return repo


# --- where a change starts ---------------------------------------------------------------------------------


def test_a_branch_is_measured_from_where_it_left_the_default_branch(feature: Repository) -> None:
    change = check(feature)
    assert listed(change) == ["added feature.py"]
    assert (change.base, change.head) == (feature.run("rev-parse", "main"), "worktree")
    assert change.merge_base == feature.run("rev-parse", "main~1")
    assert change.repository == "repo"


def test_uncommitted_and_untracked_work_is_part_of_the_change(feature: Repository) -> None:
    feature.write("a.py", LINES.replace("line 3\n", "LINE 3\n"))
    feature.write("staged.py", "s\n")
    feature.run("add", "staged.py")
    feature.write("untracked.py", "u\n")
    feature.write(".gitignore", "ignored.py\n")
    feature.write("ignored.py", "i\n")
    change = check(feature)
    assert listed(change) == [
        "added .gitignore",
        "modified a.py",
        "added feature.py",
        "added staged.py",
        "added untracked.py",
    ]
    assert change.files[1].hunks == (Hunk(3, 1, 3, 1),)
    assert change.files[4] == FileChange("untracked.py", None, "added", None, "u\n", (Hunk(0, 0, 1, 1),))


def test_the_remotes_head_is_the_default_branch_and_an_upstream_is_not(feature: Repository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    feature.run("clone", "--quiet", "--branch", "feature", str(feature.path), str(clone))
    cloned = Repository(clone)
    cloned.run("remote", "set-head", "origin", "main")
    cloned.run("branch", "--set-upstream-to", "origin/feature")
    assert listed(check(cloned)) == ["added feature.py"]


def test_without_remote_and_branch_the_default_branch_shows_what_is_not_committed(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    repo.commit({"b.py": "b\n"})
    repo.write("c.py", "c\n")
    assert listed(check(repo)) == ["added c.py"]


def test_the_only_remote_counts_whatever_its_name(feature: Repository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    feature.run("clone", "--quiet", "--origin", "upstream", "--branch", "feature", str(feature.path), str(clone))
    cloned = Repository(clone)
    cloned.run("remote", "set-head", "upstream", "main")
    assert listed(check(cloned)) == ["added feature.py"]


def test_no_default_branch_is_an_error_that_says_what_to_do(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    repo.run("branch", "--move", "trunk")
    with pytest.raises(GitError, match="No default branch is known") as refused:
        check(repo)
    assert "--base REV" in refused.value.remedy
    assert listed(check(repo, base="trunk")) == []


def test_an_unknown_base_is_an_error_that_says_how_to_get_it(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    with pytest.raises(GitError, match="no commit 'release'") as refused:
        check(repo, base="release")
    assert "git fetch REMOTE release" in refused.value.remedy


def test_a_base_that_looks_like_an_option_is_no_option(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    with pytest.raises(GitError, match="no commit"):
        check(repo, base="--output=x")
    assert not (repo.path / "x").exists()


def test_head_reviews_what_was_committed_and_not_the_working_tree(feature: Repository) -> None:
    feature.write("feature.py", "changed\n")
    feature.write("untracked.py", "u\n")
    change = check(feature, base="main", head="feature")
    assert listed(change) == ["added feature.py"]
    assert only(change).after == "f\n"
    assert change.head == feature.head


def test_staged_reviews_the_index_against_head(feature: Repository) -> None:
    feature.write("a.py", LINES + "staged\n")
    feature.run("add", "a.py")
    feature.write("a.py", LINES + "staged\nand more\n")
    feature.write("untracked.py", "u\n")
    change = check(feature, staged=True)
    assert listed(change) == ["modified a.py"]
    assert only(change).after == LINES + "staged\n"
    assert (change.base, change.head, change.merge_base) == (feature.head, "index", feature.head)
    assert listed(check(feature, base="main", staged=True)) == ["modified a.py", "added feature.py"]


def test_head_and_staged_exclude_each_other(feature: Repository) -> None:
    with pytest.raises(GitError, match="exclude each other"):
        check(feature, head="HEAD", staged=True)


def test_before_the_first_commit_everything_is_new(repo: Repository) -> None:
    repo.write("a.py", "a\n")
    repo.run("add", "a.py")
    repo.write("b.py", "b\n")
    change = check(repo)
    assert listed(change) == ["added a.py", "added b.py"]
    assert (change.base, change.merge_base) == ("", "")
    assert listed(check(repo, staged=True)) == ["added a.py"]


def test_measured_from_the_empty_tree_everything_is_new(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    change = check(repo, base=EMPTY_TREE, head="HEAD")
    assert listed(change) == ["added a.py"]
    assert change.merge_base == ""


def test_a_branch_without_common_history_is_all_new(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    repo.run("switch", "--quiet", "--orphan", "other")
    repo.commit({"b.py": "b\n"})
    change = check(repo)
    assert listed(change) == ["added b.py"]
    assert (change.base, change.merge_base) == (repo.run("rev-parse", "main"), "")


def test_a_merge_of_the_default_branch_is_not_the_branchs_work(feature: Repository) -> None:
    feature.run("merge", "--quiet", "--no-edit", "main")
    assert listed(check(feature, head="feature")) == ["added feature.py"]


def test_an_empty_range_has_no_files(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    assert check(repo).files == ()


# --- kinds of repositories ---------------------------------------------------------------------------------


def test_a_bare_repository_is_read_from_its_commits(feature: Repository, tmp_path: Path) -> None:
    feature.run("clone", "--quiet", "--bare", str(feature.path), str(tmp_path / "bare.git"))
    bare = tmp_path / "bare.git"
    change = check(bare, head="feature")
    assert listed(change) == ["added feature.py"]
    assert change.repository == "bare"
    assert listed(check(bare)) == ["added feature.py"]
    assert listed(check(bare, "main.py", base="feature", head="main")) == ["added main.py"]


def test_a_worktree_has_its_own_head_and_files(feature: Repository, tmp_path: Path) -> None:
    feature.run("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "tree"), "main")
    (tmp_path / "tree" / "other.py").write_text("o\n")
    assert listed(check(tmp_path / "tree")) == ["added other.py"]


def test_a_subfolder_sees_the_whole_repository(feature: Repository) -> None:
    feature.write("sub/deep/new.py", "n\n")
    assert listed(check(feature.path / "sub" / "deep")) == ["added feature.py", "added sub/deep/new.py"]


def test_a_shallow_clone_without_the_base_says_how_to_deepen(feature: Repository, tmp_path: Path) -> None:
    feature.switch("main")
    source = f"file://{feature.path}"
    feature.run("clone", "--quiet", "--depth=1", "--branch", "feature", source, str(tmp_path / "shallow"))
    shallow = Repository(tmp_path / "shallow")
    with pytest.raises(GitError) as unknown:
        check(shallow)
    assert "--unshallow" in unknown.value.remedy
    shallow.run("fetch", "--quiet", "--depth=1", "origin", "+main:refs/remotes/origin/main")
    with pytest.raises(GitError, match="does not reach back") as cut_off:
        check(shallow)
    assert "git fetch --deepen=" in cut_off.value.remedy
    shallow.run("fetch", "--quiet", "--unshallow", "origin", "main:refs/remotes/origin/main")
    assert listed(check(shallow)) == ["added feature.py"]


def test_a_folder_outside_of_any_repository_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(GitError, match="not in a git repository") as refused:
        check(tmp_path)
    assert "--repo DIR" in str(refused.value)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no folder"):
        check(tmp_path / "nowhere")


def test_without_git_the_error_says_so(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="git is not installed"):
        check(repo)


def test_a_git_that_takes_too_long_is_ended(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    with pytest.raises(GitError, match="did not end in time"):
        read_change(repo.path, base=None, head=None, staged=False, paths=(), seconds=0)


# --- what happened to a file -------------------------------------------------------------------------------


def test_a_rename_with_an_edit_keeps_both_texts(repo: Repository) -> None:
    repo.commit({"old.py": LINES})
    repo.switch("feature", create=True)
    repo.commit({"old.py": None, "new.py": LINES.replace("line 5\n", "LINE 5\n")})
    file = only(check(repo))
    assert (file.status, file.old_path, file.path, file.before) == ("renamed", "old.py", "new.py", LINES)
    assert file.hunks == (Hunk(5, 1, 5, 1),)


def test_a_copy_has_no_text_before(repo: Repository) -> None:
    repo.commit({"a.py": LINES})
    repo.switch("feature", create=True)
    repo.commit({"a.py": LINES + "more\n", "b.py": LINES})
    copied = check(repo).files[1]
    assert (copied.status, copied.old_path, copied.path) == ("copied", "a.py", "b.py")
    assert (copied.before, copied.after, copied.hunks) == (None, LINES, (Hunk(0, 0, 1, 20),))


def test_a_file_moved_without_telling_git_is_renamed(repo: Repository) -> None:
    repo.commit({"old.py": LINES})
    (repo.path / "old.py").rename(repo.path / "new.py")
    file = only(check(repo))
    assert (file.status, file.old_path, file.path, file.hunks) == ("renamed", "old.py", "new.py", ())


def test_a_deleted_file_has_no_text_after(repo: Repository) -> None:
    repo.commit({"a.py": "a\nb\n"})
    (repo.path / "a.py").unlink()
    assert only(check(repo)) == FileChange("a.py", None, "deleted", "a\nb\n", None, (Hunk(1, 2, 0, 0),))


def test_a_change_of_mode_is_a_modification_without_hunks(repo: Repository) -> None:
    repo.commit({"run.py": "a\n"})
    (repo.path / "run.py").chmod(0o755)
    assert only(check(repo)) == FileChange("run.py", None, "modified", "a\n", "a\n")


def test_a_file_that_was_only_touched_has_not_changed(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    os.utime(repo.path / "a.py", (1, 1))
    assert check(repo).files == ()


def test_a_link_is_passed_over_and_never_followed(repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    repo.commit({"a.py": "a\n", "folder/b.py": "b\n"})
    (repo.path / "link.py").symlink_to(tmp_path / "secret")
    (repo.path / "a.py").unlink()
    (repo.path / "a.py").symlink_to(tmp_path / "secret")
    change = check(repo)
    assert listed(change) == ["modified a.py (symbolic link)", "added link.py (symbolic link)"]
    assert all(file.before is None and file.after is None for file in change.files)
    repo.run("add", "--all")
    assert listed(check(repo, staged=True)) == listed(change)


def test_a_folder_that_became_a_link_is_not_looked_into(repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.py").write_text("secret\n")
    repo.commit({"folder/b.py": "b\n"})
    shutil.rmtree(repo.path / "folder")
    (repo.path / "folder").symlink_to(tmp_path / "outside", target_is_directory=True)
    change = check(repo)
    assert all(file.after is None for file in change.files)
    assert "added folder (symbolic link)" in listed(change)


def test_a_link_that_became_a_file_is_as_good_as_new(repo: Repository) -> None:
    (repo.path / "a.py").symlink_to("b.py")
    repo.commit()
    (repo.path / "a.py").unlink()
    repo.write("a.py", "a\n")
    assert only(check(repo)) == FileChange("a.py", None, "added", None, "a\n", (Hunk(0, 0, 1, 1),))


def test_a_submodule_is_passed_over(repo: Repository, make_repo: Make) -> None:
    library = make_repo("library")
    library.commit({"l.py": "l\n"})
    repo.commit({"a.py": "a\n"})
    repo.run("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.path), "library")
    assert listed(check(repo)) == ["added .gitmodules", "added library (submodule)"]


def test_another_repository_inside_is_passed_over(repo: Repository, make_repo: Make) -> None:
    repo.commit({"a.py": "a\n"})
    make_repo("repo/inner").write("x.py", "x\n")
    assert listed(check(repo)) == ["added inner/ (nested repository)"]


def test_a_conflict_is_passed_over(feature: Repository) -> None:
    feature.commit({"a.py": "ours\n"})
    feature.switch("main")
    feature.commit({"a.py": "theirs\n"})
    feature.switch("feature")
    with pytest.raises(AssertionError):
        feature.run("merge", "--quiet", "main")
    expected = ["modified a.py (conflicted)", "added feature.py", "added main.py"]
    assert listed(check(feature)) == expected
    assert listed(check(feature, base="main~1", staged=True)) == expected


@pytest.mark.parametrize(
    "name",
    ["with space.py", "caf\u00e9.py", "new\nline.py", 'quo"te.py', "back\\slash.py", "-dash.py", ":(top)x.py", "*.py"],
)
def test_a_name_may_hold_anything(repo: Repository, name: str) -> None:
    repo.commit({"a.py": "a\n", name: "1\n"})
    repo.write(name, "2\n")
    assert only(check(repo)) == FileChange(name, None, "modified", "1\n", "2\n", (Hunk(1, 1, 1, 1),))
    assert listed(check(repo, name)) == [f"modified {name}"]
    repo.run("add", "--all")
    assert only(check(repo, staged=True)).after == "2\n"


def test_a_name_that_is_no_text_is_shown_with_its_bytes(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    (repo.path / os.fsdecode(b"caf\xe9.py")).write_text("x\n")
    assert only(check(repo)) == FileChange(r"caf\xe9.py", None, "added", None, "x\n", (Hunk(0, 0, 1, 1),))


# --- texts -------------------------------------------------------------------------------------------------


def test_line_ends_stay_as_they_are_committed(repo: Repository) -> None:
    repo.commit({"a.py": "a\r\nb\r\n"})
    repo.write("a.py", "a\r\nc\r\n")
    assert only(check(repo)) == FileChange("a.py", None, "modified", "a\r\nb\r\n", "a\r\nc\r\n", (Hunk(2, 1, 2, 1),))


def test_line_ends_that_git_converted_on_checkout_are_no_change(repo: Repository) -> None:
    repo.commit({"a.py": "a\nb\n", "b.py": "a\nb\n"})
    repo.run("config", "core.autocrlf", "true")
    repo.write("a.py", "a\r\nc\r\n")
    repo.write("b.py", "a\r\nb\r\n")
    file = only(check(repo))
    assert (file.before, file.after, file.hunks) == ("a\r\nb\r\n", "a\r\nc\r\n", (Hunk(2, 1, 2, 1),))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("\ufeffx = 1\n".encode(), "x = 1\n"),
        ("# gr\u00fcn\n".encode("latin-1"), "# gr\u00fcn\n"),
        (KOI8.encode("koi8-r"), KOI8),
        (b"# coding: no-such-codec\n# \xe4\n", "# coding: no-such-codec\n# \u00e4\n"),
        (b"# coding: hex\n# \xe4\n", "# coding: hex\n# \u00e4\n"),
        (b"a\0b", PassedOver("binary")),
        ("# \u3053\u3093\u306b\u3061\u306f\u3001\u4e16\u754c\n".encode("shift-jis"), PassedOver("undecodable")),
        ("x = 1\n".encode("utf-16"), PassedOver("binary")),
        (b"", ""),
    ],
)
def test_bytes_become_text(content: bytes, text: str | PassedOver) -> None:
    assert decode(content) == text


def test_what_cannot_be_read_is_passed_over_by_name(repo: Repository) -> None:
    repo.commit({"a.py": "a\n"})
    repo.commit({"gone-binary.py": b"\0"})
    repo.switch("feature", create=True)
    contents: dict[str, str | bytes | None] = {
        "binary.py": b"a\0b",
        "large.py": "x" * (MAX_BYTES + 1),
        "sjis.py": "# \u3053\u3093\u3001\n".encode("shift-jis"),
        "gone-binary.py": "text\n",
    }
    repo.commit(contents)
    expected = [
        "added binary.py (binary)",
        "modified gone-binary.py (binary)",
        "added large.py (too large)",
        "added sjis.py (undecodable)",
    ]
    assert listed(check(repo)) == expected
    assert all(file.before is None and file.after is None for file in check(repo).files)
    repo.run("reset", "--quiet", "main")
    assert listed(check(repo)) == expected


def test_a_file_that_may_not_be_read_is_passed_over(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    repo.commit({"a.py": "a\n"})
    repo.write("b.py", "b\n")
    monkeypatch.setattr(os, "open", refuse)
    assert listed(check(repo)) == ["added b.py (unreadable (Permission denied))"]


def test_too_much_for_one_change_is_passed_over(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.git.blobs.MAX_TOTAL", 5)
    repo.commit({"a.py": "1234\n", "b.py": "5678\n"})
    assert listed(check(repo, base=EMPTY_TREE, head="HEAD")) == [
        "added a.py",
        "added b.py (beyond what is read of one change)",
    ]


def test_untracked_files_beyond_the_limit_make_the_review_partial(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.git.changes.MAX_UNTRACKED", 2)
    repo.commit({"a.py": "a\n"})
    for name in "bcd":
        repo.write(f"{name}.py", f"{name}\n")
    change = check(repo)
    assert len(change.files) == 2
    assert change.problems == ("1 of 3 untracked files were left out: add what is not source to .gitignore",)


# --- paths -------------------------------------------------------------------------------------------------


@pytest.fixture
def spread(repo: Repository) -> Repository:
    repo.commit({"a.py": "a\n", "one/b.py": LINES, "one-more/c.py": "c\n", "one/still.py": "s\n"})
    repo.write("a.py", "A\n")
    repo.commit({"one/b.py": None, "two/b.py": LINES})
    repo.write("one-more/c.py", "C\n")
    return repo


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["."], ["modified a.py", "modified one-more/c.py", "renamed one/b.py two/b.py"]),
        (["a.py"], ["modified a.py"]),
        (["two"], ["renamed one/b.py two/b.py"]),
        (["one"], []),
        (["one-more/", "./a.py"], ["modified a.py", "modified one-more/c.py"]),
        (["one/still.py"], []),
    ],
)
def test_paths_restrict_the_change(spread: Repository, paths: list[str], expected: list[str]) -> None:
    assert listed(check(spread, *paths, base="main~1")) == expected


def test_paths_are_relative_to_the_folder_of_the_check(spread: Repository) -> None:
    assert listed(check(spread.path / "two", "b.py", base="main~1")) == ["renamed one/b.py two/b.py"]
    assert listed(check(spread.path / "two", "../a.py", base="main~1")) == ["modified a.py"]
    assert listed(check(spread.path / "two", str(spread.path / "a.py"), base="main~1")) == ["modified a.py"]


def test_a_path_that_is_nowhere_is_an_error(spread: Repository) -> None:
    with pytest.raises(GitError, match=r"There is no typo\.py"):
        check(spread, "a.py", "typo.py", base="main~1")
    with pytest.raises(GitError, match=r"There is no typo\.py"):
        check(spread, "typo.py", base="main~1", head="HEAD")
    with pytest.raises(GitError, match="outside of the repository"):
        check(spread, "../other", base="main~1")


# --- nothing is touched, nothing is redirected -------------------------------------------------------------


def everything(folder: Path) -> Iterator[tuple[str, int, bytes]]:
    for file in sorted(folder.rglob("*")):
        yield str(file), file.lstat().st_mtime_ns, file.read_bytes() if file.is_file() else b""


def test_neither_index_nor_worktree_nor_objects_are_touched(feature: Repository) -> None:
    feature.write("a.py", LINES + "more\n")
    feature.write("untracked.py", "u\n")
    os.utime(feature.path / "feature.py", (1, 1))  # git would like to refresh its index
    before = list(everything(feature.path))
    for change in (check(feature), check(feature, staged=True), check(feature, head="HEAD")):
        assert change.merge_base
    read_tree(feature.path, "HEAD", ["a.py"])
    assert list(everything(feature.path)) == before


def test_gits_own_variables_do_not_redirect(
    feature: Repository, make_repo: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repo("other")
    other.commit({"o.py": "o\n"})
    before = check(feature)
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.path / ".git" / "objects"))
    assert check(feature) == before
    assert check(feature, staged=True).files == ()


def test_the_index_of_the_commit_being_made_is_read(feature: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """`git commit --all` hands it to its pre-commit hook."""
    index = feature.path / ".git" / "next-index-1.lock"
    shutil.copy(feature.path / ".git" / "index", index)
    feature.write("a.py", LINES + "more\n")
    feature.run("add", "a.py", env={"GIT_INDEX_FILE": str(index)})
    assert check(feature, staged=True).files == ()
    monkeypatch.setenv("GIT_INDEX_FILE", str(index))
    assert listed(check(feature, staged=True)) == ["modified a.py"]


def test_the_environment_keeps_what_says_where_settings_are() -> None:
    kept = {"PATH": "/bin", "GIT_CONFIG_GLOBAL": "g", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory"}
    cleared = {"GIT_DIR": "x", "GIT_INDEX_FILE": "x", "GIT_TRACE": "1", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "x"}
    environment = clean_environment({**kept, **cleared, "GIT_OPTIONAL_LOCKS": "1"})
    assert kept.items() <= environment.items()
    assert not environment.keys() & cleared.keys()
    assert environment["GIT_OPTIONAL_LOCKS"] == "0"


def test_the_users_own_settings_change_nothing(feature: Repository) -> None:
    feature.commit({"a.py": None, "b.py": LINES})
    before = check(feature)
    for key, value in {
        "diff.renames": "false",
        "diff.external": "false",
        "diff.noprefix": "true",
        "diff.algorithm": "histogram",
        "color.ui": "always",
        "core.quotepath": "true",
        "status.showUntrackedFiles": "no",
        "core.fsmonitor": "false",
    }.items():
        feature.run("config", key, value)
    assert check(feature) == before


def test_few_processes_are_started(feature: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        feature.write(f"{number}.py", f"{number}\n")
    feature.commit()
    started: list[list[str]] = []
    real = bounded.run

    def run(command: list[str], *rest: Any, **options: Any) -> bounded.Finished:
        started.append(command)
        return real(command, *rest, **options)

    monkeypatch.setattr(bounded, "run", run)
    assert len(check(feature, base="main", head="feature").files) == 31
    assert len(started) <= 7, started


# --- files of one revision ---------------------------------------------------------------------------------


@pytest.fixture
def settings(repo: Repository) -> Repository:
    files: dict[str, str | bytes | None] = {
        ".mainstay.yaml": "fail-on: error\n",
        ".mainstay/rules/a/b.yaml": "id: a/b\n",
        ".mainstay/rules/picture.png": b"\0",
        ".mainstay-else": "no\n",
        "src/x.py": "x\n",
    }
    repo.commit(files)
    (repo.path / ".mainstay" / "rules" / "link.yaml").symlink_to("/etc/passwd")
    repo.commit()
    repo.write(".mainstay.yaml", "in the working tree\n")
    return repo


def test_settings_are_read_at_a_revision_in_one_batch(settings: Repository) -> None:
    texts = read_tree(settings.path, "HEAD", [".mainstay.yaml", ".mainstay", ".github/mainstay.yaml"])
    assert texts == {".mainstay.yaml": "fail-on: error\n", ".mainstay/rules/a/b.yaml": "id: a/b\n"}


def test_one_file_is_read_at_a_revision(settings: Repository) -> None:
    assert read_at(settings.path, "HEAD", ".mainstay.yaml") == "fail-on: error\n"
    assert read_at(settings.path / "src", "HEAD", "src/x.py") == "x\n"
    assert read_at(settings.path, "HEAD", "nothing.yaml") is None
    assert read_at(settings.path, "HEAD", ".mainstay") is None
    assert read_at(settings.path, "", ".mainstay.yaml") is None


def test_a_folder_is_listed_at_a_revision(settings: Repository) -> None:
    assert list_at(settings.path, "HEAD", ".mainstay/rules") == (
        ".mainstay/rules/a/b.yaml",
        ".mainstay/rules/picture.png",
    )
    assert "src/x.py" in list_at(settings.path, "HEAD", "")
    assert list_at(settings.path, "", "src") == ()


def test_a_setting_that_cannot_be_read_is_an_error(repo: Repository) -> None:
    repo.commit({".mainstay.yaml": "# \u3053\u3093\u3001\n".encode("shift-jis")})
    with pytest.raises(GitError, match=r"\.mainstay\.yaml at HEAD cannot be read: undecodable"):
        read_tree(repo.path, "HEAD", [".mainstay.yaml"])


def test_an_unknown_revision_is_an_error(repo: Repository) -> None:
    with pytest.raises(GitError):
        read_tree(repo.path, "nowhere", ["a"])


# --- repositories whose settings somebody else wrote --------------------------------------------------------


def test_nothing_that_a_stranger_s_settings_name_is_run(repo: Repository, tmp_path: Path) -> None:
    marker, spy = tmp_path / "ran", tmp_path / "spy"
    spy.write_text(f'#!/bin/sh\necho "$0 $@" >> "{marker}"\nexit 1\n', encoding="utf-8")
    spy.chmod(0o755)
    base = repo.commit({"a.py": "x = 1\n", ".gitattributes": "*.py diff=spy filter=spy\n"}, "a")
    repo.run("checkout", "--quiet", "-b", "work")
    head = repo.commit({"a.py": "x = 2\n"}, "b")
    for name in (
        *(
            "core.fsmonitor",
            "core.sshCommand",
            "core.askPass",
            "core.pager",
            "core.editor",
            "core.alternateRefsCommand",
        ),
        *("diff.external", "diff.spy.command", "diff.spy.textconv", "filter.spy.clean", "filter.spy.process"),
        *("credential.helper", "uploadpack.packObjectsHook", "pager.diff-tree", "pager.cat-file"),
    ):
        repo.run("config", name, str(spy))
    repo.run("config", "filter.spy.required", "true")
    hooks = repo.path / ".git" / "hooks"
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"):
        (hooks / name).write_bytes(spy.read_bytes())
        (hooks / name).chmod(0o755)

    change = read_change(repo.path, base=base, head=head, staged=False, paths=(), trusted=False)

    assert [(f.path, f.after) for f in change.files] == [("a.py", "x = 2\n")]
    assert not marker.exists(), marker.read_text(encoding="utf-8")


def test_a_stranger_s_partial_clone_fetches_nothing(make_repo: Callable[..., Repository], tmp_path: Path) -> None:
    origin = make_repo("origin")
    base = origin.commit({"a.py": "x = 1\n"}, "a")
    head = origin.commit({"a.py": "x = 2\n"}, "b")
    origin.run("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    origin.run("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{origin.path}", str(clone))

    with pytest.raises(GitError, match=r"lazy fetching disabled|not allowed"):
        read_change(clone, base=base, head=head, staged=False, paths=(), trusted=False)
    own = read_change(clone, base=base, head=head, staged=False, paths=())
    assert [(f.path, f.after) for f in own.files] == [("a.py", "x = 2\n")]


def test_a_git_that_prints_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = tmp_path / "git"
    endless.write_text("#!/bin/sh\nwhile :; do echo 0123456789012345678901234567890123456789; done\n", encoding="utf-8")
    endless.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    git = Git(tmp_path, time.monotonic() + 60, quota=2_000_000)
    with pytest.raises(GitError, match="printed more than 2 MB"):
        git.run("log")


def test_what_a_git_leaves_behind_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lasting = tmp_path / "git"
    lasting.write_text("#!/bin/sh\nsleep 60 &\nsleep 60\n", encoding="utf-8")
    lasting.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    started = time.monotonic()
    with pytest.raises(GitError, match="did not end in time"):
        Git(tmp_path, started + 0.5).run("log")
    assert time.monotonic() - started < 30


def test_a_git_that_complains_at_length_is_heard_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loud = tmp_path / "git"
    loud.write_text("#!/bin/sh\nyes 'fatal: no' | head -n 300000 >&2\nexit 3\n", encoding="utf-8")
    loud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(GitError, match=r"^git log failed: no\n"):
        Git(tmp_path, time.monotonic() + 60).run("log")


def test_an_answer_that_was_lost_on_the_way_is_no_answer(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what git said would be a wrong review."""
    repo.commit({"a.py": "A = 1\n"})
    monkeypatch.setattr(bounded._Kept, "fill", lambda _self, _stream: None)
    with pytest.raises(GitError, match="was lost on the way"):
        check(repo, base="HEAD", head="HEAD")


def test_an_empty_difference_between_different_states_is_no_answer(
    feature: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That there is nothing to review would be the worst of wrong answers."""
    feature.commit({"a.py": "A = 2\n"})
    real = bounded.run

    def run(command: list[str], *rest: Any, **options: Any) -> bounded.Finished:
        done = real(command, *rest, **options)
        return replace(done, said=b"") if "diff-tree" in command else done

    monkeypatch.setattr(bounded, "run", run)
    with pytest.raises(GitError, match="git diff-tree said was lost"):
        check(feature, base="main", head="feature")


def test_a_question_whose_answer_was_lost_is_asked_once_more(
    feature: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    feature.commit({"a.py": "A = 2\n"})
    real, lost = bounded.run, [b"", b"true\n"]

    def run(command: list[str], *rest: Any, **options: Any) -> bounded.Finished:
        done = real(command, *rest, **options)
        return replace(done, said=lost.pop()) if "rev-parse" in command and lost and len(lost) > left else done

    monkeypatch.setattr(bounded, "run", run)
    left = 1
    assert check(feature, base="main", head="feature").files
    lost[:], left = [b"", b"true\n"], 0
    with pytest.raises(GitError, match="git rev-parse said was lost"):
        check(feature, base="main", head="feature")
