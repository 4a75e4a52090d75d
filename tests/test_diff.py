from __future__ import annotations

import io
import os
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from bot.diff import LineMap, PatchError, added_lines, hunks_between, split_lines
from bot.diff.patch import parse_patch
from bot.model import FileChange, Hunk

# Lines that look like something else in a patch, and characters at which `str.splitlines` would cut.
ODD_LINES = [
    "",
    "x",
    "y",
    "    indented",
    "-- a comment in SQL",
    "++ x",
    "--- a/x",
    "+++ b/x",
    "@@ -1,2 +1,2 @@",
    "diff --git a/x b/x",
    "\\ No newline at end of file",
    "form\ffeed",
    "carriage return at the end\r",
    "carriage\rreturn inside",
    "line\u2028separator",
    "next\x85line",
    "-",
    "+",
    "ä",
]
LINES = st.lists(st.sampled_from(ODD_LINES), max_size=12)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + ("\n" if end and lines else ""), LINES, st.booleans())
PLAIN_TEXTS = st.lists(st.sampled_from(["a", "b", "-- c", "++ d", ""]), max_size=12).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


def rebuilt(before: str, after: str, hunks: tuple[Hunk, ...]) -> str:
    """The before text with each hunk's lines taken from the after text, where the hunk says that they stand."""
    old, new, built, read = split_lines(before), split_lines(after), list[str](), 0
    for hunk in hunks:
        old_at = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        new_at = hunk.new_start - 1 if hunk.new_count else hunk.new_start
        built += old[read:old_at]
        assert len(built) == new_at, f"{hunk} stands elsewhere on the after side"
        built += new[new_at : new_at + hunk.new_count]
        read = old_at + hunk.old_count
    return "".join(built + old[read:])


def git_diff(folder: Path, before: str, after: str, context: int) -> str:
    (folder / "before").write_bytes(before.encode())
    (folder / "after").write_bytes(after.encode())
    done = subprocess.run(
        ["git", "diff", "--no-index", "--text", f"-U{context}", "before", "after"],
        cwd=folder,
        capture_output=True,
        check=False,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)},
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.decode()


def only(text: str) -> FileChange:
    (file,) = parse_patch(text)
    return file


def read_or_refused(text: str) -> tuple[tuple[FileChange, ...], int]:
    """The files, or the line at which the patch was refused (0 when it was read)."""
    try:
        return parse_patch(text), 0
    except PatchError as refused:
        return (), refused.line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diff")


# --- hunks between two texts -------------------------------------------------------------------------------


@given(before=TEXTS, after=TEXTS)
@settings(max_examples=300)
def test_hunks_applied_to_the_before_text_give_the_after_text(before: str, after: str) -> None:
    hunks = hunks_between(before, after)
    assert rebuilt(before, after, hunks) == after
    assert (hunks == ()) == (before == after)


@given(before=TEXTS, after=TEXTS)
@settings(max_examples=300)
def test_hunks_do_not_touch_each_other(before: str, after: str) -> None:
    hunks = hunks_between(before, after)
    for first, second in pairwise(hunks):
        gap_starts = first.old_start + (first.old_count or 1)
        gap_ends = second.old_start + (0 if second.old_count else 1)
        assert gap_ends > gap_starts


@given(before=TEXTS, after=TEXTS)
@settings(max_examples=300)
def test_the_line_map_leads_there_and_back(before: str, after: str) -> None:
    hunks = hunks_between(before, after)
    lines, old, new = LineMap(hunks), split_lines(before), split_lines(after)
    changed = {place.new_start for place in hunks if place.new_count}
    for number, text in enumerate(old, 1):
        there = lines.to_after(number)
        if isinstance(there, Hunk):
            assert there.old_start <= number < there.old_start + there.old_count
        else:
            assert new[there - 1] == text
            assert lines.to_before(there) == number
    for number in range(1, len(new) + 1):
        back = lines.to_before(number)
        assert isinstance(back, Hunk) == (number in added_lines(hunks))
    assert changed <= added_lines(hunks)


def test_an_insertion_names_the_line_before_it_as_git_does() -> None:
    assert hunks_between("a\nb\n", "a\nx\ny\nb\n") == (Hunk(1, 0, 2, 2),)
    assert hunks_between("a\nx\ny\nb\n", "a\nb\n") == (Hunk(2, 2, 1, 0),)
    assert hunks_between("", "a\nb\n") == (Hunk(0, 0, 1, 2),)
    assert hunks_between("a\nb\n", "") == (Hunk(1, 2, 0, 0),)


def test_a_missing_line_break_at_the_end_changes_the_last_line_alone() -> None:
    assert hunks_between("a\nb\n", "a\nb") == (Hunk(2, 1, 2, 1),)


def test_a_form_feed_does_not_end_a_line() -> None:
    assert hunks_between("a\fb\nc\n", "a\fb\nd\n") == (Hunk(2, 1, 2, 1),)


def test_a_new_function_starts_at_its_header() -> None:
    before = "def a():\n    x()\n\n\ndef c():\n    x()\n"
    after = "def a():\n    x()\n\n\ndef b():\n    x()\n\n\ndef c():\n    x()\n"
    assert hunks_between(before, after) == (Hunk(4, 0, 5, 4),)
    assert hunks_between(after, before) == (Hunk(5, 4, 4, 0),)


def test_a_new_block_starts_at_its_condition() -> None:
    before = "if a {\n  x()\n}\nif c {\n  x()\n}\n"
    after = "if a {\n  x()\n}\nif b {\n  x()\n}\nif c {\n  x()\n}\n"
    assert hunks_between(before, after) == (Hunk(3, 0, 4, 3),)


def test_two_edits_far_apart_are_two_hunks_even_where_no_line_is_unique() -> None:
    before = "x\n" * 50 + "y\n" * 50 + "x\n" * 50
    after = "x\n" * 20 + "new\n" + "x\n" * 30 + "y\n" * 50 + "x\n" * 49
    assert [hunk.new_count + hunk.old_count for hunk in hunks_between(before, after)] == [1, 1]


def test_texts_too_far_apart_are_one_changed_region() -> None:
    before, after = "a\nb\n" * 2000, "b\nc\n" * 2000
    assert rebuilt(before, after, hunks_between(before, after)) == after


def test_hunks_are_about_as_few_as_those_of_git(folder: Path) -> None:
    before = Path(hunks_between.__code__.co_filename).read_text(encoding="utf-8")
    lines = split_lines(before)
    assert len(lines) > 180
    lines[100:104] = ["# changed\n"]
    lines[140:140] = ["# added\n", "# twice\n"]
    del lines[170]
    after = "".join(lines)
    assert hunks_between(before, after) == only(git_diff(folder, before, after, 0)).hunks


# --- patches that git makes --------------------------------------------------------------------------------


@given(before=TEXTS, after=TEXTS)
@settings(max_examples=80)
def test_a_patch_with_all_its_context_gives_both_texts(folder: Path, before: str, after: str) -> None:
    for file in parse_patch(git_diff(folder, before, after, 1000)):
        assert (file.before, file.after) == (before, after)
        assert rebuilt(before, after, file.hunks) == after


@given(before=TEXTS, after=TEXTS)
@settings(max_examples=60)
def test_a_patch_with_little_context_leaves_unknown_lines_blank(folder: Path, before: str, after: str) -> None:
    for file in parse_patch(git_diff(folder, before, after, 1)):
        assert not file.complete
        assert file.after is not None
        assert rebuilt(before, after, file.hunks) == after
        known, real = split_lines(file.after), split_lines(after)
        assert all(line in ("\n", real[number]) for number, line in enumerate(known))
        assert all(known[number - 1] == real[number - 1] for number in added_lines(file.hunks))


@given(before=PLAIN_TEXTS, after=PLAIN_TEXTS)
@settings(max_examples=60)
def test_unidiff_reads_the_same_lines(folder: Path, before: str, after: str) -> None:
    patch = git_diff(folder, before, after, 2)
    ours = parse_patch(patch)
    theirs = PatchSet(io.StringIO(patch))
    assert len(ours) == len(theirs)
    for file, other in zip(ours, theirs, strict=True):
        added = {line.target_line_no for hunk in other for line in hunk if line.is_added}
        removed = {line.source_line_no for hunk in other for line in hunk if line.is_removed}
        assert added_lines(file.hunks) == added
        assert {n for h in file.hunks for n in range(h.old_start, h.old_start + h.old_count)} == removed


def test_a_removed_sql_comment_is_no_header() -> None:
    patch = "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- drop it\n+++ keep it\n select 1;\n"
    file = only(patch)
    assert (file.path, file.before, file.after) == ("q.sql", "-- drop it\nselect 1;\n", "++ keep it\nselect 1;\n")


# --- what a patch says about a file ------------------------------------------------------------------------


def test_a_new_file_is_known_whole() -> None:
    patch = (
        "diff --git a/n.py b/n.py\nnew file mode 100644\nindex 0000000..1234567\n"
        "--- /dev/null\n+++ b/n.py\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n"
    )
    assert only(patch) == FileChange("n.py", None, "added", None, "a\nb", (Hunk(0, 0, 1, 2),), complete=True)


def test_a_deleted_file_has_no_after_side() -> None:
    patch = (
        "diff --git a/o.py b/o.py\ndeleted file mode 100644\nindex 1234567..0000000\n"
        "--- a/o.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    )
    assert only(patch) == FileChange("o.py", None, "deleted", "a\n", None, (Hunk(1, 1, 0, 0),), complete=True)


def test_an_empty_new_file_has_an_empty_text() -> None:
    file = only("diff --git a/e.py b/e.py\nnew file mode 100644\nindex 0000000..e69de29\n")
    assert (file.path, file.status, file.before, file.after, file.hunks) == ("e.py", "added", None, "", ())


def test_a_rename_keeps_both_names_and_its_edits() -> None:
    patch = (
        "diff --git a/old name.py b/dir/new.py\nsimilarity index 90%\nrename from old name.py\n"
        "rename to dir/new.py\nindex 1234567..89abcde 100644\n--- a/old name.py\t\n+++ b/dir/new.py\n"
        "@@ -2 +2 @@\n-a\n+b\n"
    )
    file = only(patch)
    assert (file.status, file.old_path, file.path) == ("renamed", "old name.py", "dir/new.py")
    assert (file.before, file.after, file.hunks) == ("\na\n", "\nb\n", (Hunk(2, 1, 2, 1),))


def test_a_copy_has_no_text_before() -> None:
    patch = (
        "diff --git a/a.py b/b.py\nsimilarity index 90%\ncopy from a.py\ncopy to b.py\n"
        "index 1234567..89abcde 100644\n--- a/a.py\n+++ b/b.py\n@@ -1 +1 @@\n-a\n+b\n"
    )
    file = only(patch)
    assert (file.status, file.old_path, file.path, file.before, file.after) == ("copied", "a.py", "b.py", None, "b\n")


def test_a_mode_change_is_a_modification_without_hunks() -> None:
    file = only("diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n")
    assert (file.path, file.status, file.hunks, file.complete) == ("run.sh", "modified", (), False)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("index 1..2 100644\nBinary files a/x and b/x differ\n", "binary"),
        ("index 1..2 100644\nGIT binary patch\nliteral 3\nKcmZQz\n\nliteral 0\nHcmV?d00001\n\n", "binary"),
        ("index 1..2 160000\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n", "submodule"),
        (
            "new file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n\\ No newline at end of file\n",
            "symbolic link",
        ),
        ("index 1..2 100644\n--- a/x\n+++ b/x\n@@ -9000000 +9000000 @@\n-a\n+b\n", "too large"),
    ],
)
def test_what_is_no_text_is_passed_over_by_name(lines: str, reason: str) -> None:
    file = only(f"diff --git a/x b/x\n{lines}")
    assert (file.path, file.passed_over, file.before, file.after, file.hunks) == ("x", reason, None, None, ())


def test_the_combined_diff_of_a_merge_is_passed_over() -> None:
    patch = "diff --cc x.py\nindex 1,2..3\n--- a/x.py\n+++ b/x.py\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n -b\n++c\n"
    assert only(patch).passed_over == "combined diff of a merge"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("a/with space.py b/with space.py", "with space.py"),
        (r'"a/caf\303\251.py" "b/caf\303\251.py"', "café.py"),
        (r'"a/tab\there \"and\" b\\ack.py" "b/tab\there \"and\" b\\ack.py"', 'tab\there "and" b\\ack.py'),
        (r'"a/not utf-8 \377.py" "b/not utf-8 \377.py"', r"not utf-8 \xff.py"),
        ("plain/x.py plain/x.py", "plain/x.py"),
        ("i/x.py w/x.py", "x.py"),
    ],
)
def test_a_name_is_read_as_git_writes_it(header: str, name: str) -> None:
    assert only(f"diff --git {header}\nold mode 100644\nnew mode 100755\n").path == name


def test_a_plain_unified_diff_needs_no_git() -> None:
    patch = (
        "Only in b: nothing\ndiff -u a/x.c b/x.c\n--- a/x.c\t2026-01-01 00:00:00.0 +0000\n"
        "+++ b/x.c\t2026-01-02 00:00:00.0 +0000\n@@ -1 +1 @@\n-a\n+b\n"
    )
    file = only(patch)
    assert (file.path, file.status, file.before, file.after) == ("x.c", "modified", "a\n", "b\n")


def test_a_mail_around_the_patch_is_no_matter() -> None:
    patch = (
        "From: A. Developer\nSubject: [PATCH] Change x\n\n---\n x.py | 2 +-\n\n"
        "diff --git a/x.py b/x.py\nindex 1..2 100644\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@ def f():\n-a\n+b\n\n"
        "-- \n2.39.5\n"
    )
    assert only(patch).after == "b\n\n"


def test_a_patch_with_windows_line_ends_is_not_a_change_of_line_ends() -> None:
    patch = "diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n"
    assert only(patch).after == "b\n"


def test_a_file_with_windows_line_ends_keeps_them() -> None:
    patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n"
    assert only(patch).after == "b\r\n"


def test_a_file_that_becomes_a_link_is_deleted_and_added() -> None:
    patch = (
        "diff --git a/x b/x\ndeleted file mode 100644\nindex 1..0\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        "diff --git a/x b/x\nnew file mode 120000\nindex 0..2\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n"
        "\\ No newline at end of file\n"
    )
    assert [(file.status, file.passed_over) for file in parse_patch(patch)] == [
        ("deleted", ""),
        ("added", "symbolic link"),
    ]


def test_an_empty_patch_has_no_files() -> None:
    assert parse_patch("") == ()


# --- patches that lie --------------------------------------------------------------------------------------

PATCH_LINES = st.sampled_from(
    [
        *ODD_LINES,
        "--- /dev/null",
        "@@ -0,0 +1 @@",
        "@@ -1 +1,2 @@",
        "@@ -2 +99999999999999 @@",
        "rename from a",
        'rename to "b',
        "new file mode 120000",
        'diff --git "a/\\777" b',
        "diff --git ",
        "diff --cc ",
        " context",
        "-removed",
        "+added",
        "GIT binary patch",
    ]
)


@given(lines=st.lists(PATCH_LINES, max_size=15))
@settings(max_examples=1000)
def test_whatever_the_text_it_is_read_or_refused(lines: list[str]) -> None:
    files, refused_at = read_or_refused("\n".join(lines))
    assert all(file.path for file in files)
    assert 0 <= refused_at <= len(lines)


HEADER = "diff --git a/x b/x\n--- a/x\n+++ b/x\n"


@pytest.mark.parametrize(
    ("patch", "line", "title"),
    [
        ("hello\n", 1, "no patch"),
        (f"{HEADER}@@ -1,3 +1,3 @@\n a\n-b\n", 6, "ends in the middle"),
        (f"{HEADER}@@ -1,3 +1,3 @@\n a\nrubbish\n", 6, "ends before"),
        (f"{HEADER}@@ -1,2 +1,2 @@\n\\ No newline at end of file\n", 5, "ends before"),
        (f"{HEADER}@@ -1 +1 @@\n-a\n+b\n+c\n", 7, "goes on"),
        (f"{HEADER}@@ -1,2 +1 @@\n+a\n+b\n-c\n-d\n", 8, "other lines"),
        (f"{HEADER}@@ -5 +5 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b\n", 7, "overlap"),
        (f"{HEADER}@@ -1 +1 @@\n-a\n+b\n{HEADER}@@ -1 +1 @@\n-b\n+c\n", 7, "patched twice"),
        ("diff --git a/x b/some where else\nold mode 100644\nnew mode 100755\n", 1, "has no name"),
    ],
)
def test_a_patch_that_lies_is_refused_with_its_line(patch: str, line: int, title: str) -> None:
    with pytest.raises(PatchError) as refused:
        parse_patch(patch)
    assert refused.value.line == line
    assert title in refused.value.title
    assert refused.value.remedy


@pytest.mark.parametrize("names", ['x"', '\udc81f"if it("', '"', '"a'])
def test_a_header_with_a_stray_quote_is_refused_or_read_and_no_fault(names: str) -> None:
    files, refused = read_or_refused(f"diff --git {names}\nnew file mode 100644\n")
    assert files or refused


def test_two_markers_of_a_missing_line_feed_in_a_row_are_refused() -> None:
    files, refused = read_or_refused("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n\\ No newline\n\\ No newline\n+b\n+c\n")
    assert (files, refused) == ((), 6)
