"""The command line from end to end, in repositories to throw away."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.entry.apis import entries
from bot.entry.cli import run
from bot.rulebook import built_in, built_in_knowledge
from bot.version import VERSION

from .checkout import ROOT
from .repository import Repository

RULE = "timeout/missing-client-timeout"
FAULTY = "import requests\n\n\ndef load(url):\n    return requests.get(url)\n"
SOUND = FAULTY.replace("(url)\n", "(url, timeout=5)\n")
RULE_OFF = f"rules: {{disable: [{RULE}]}}\n"
FORMATS = ("agent", "annotations", "json", "markdown", "sarif", "terminal")
Make = Callable[..., Repository]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.rstrip().splitlines()[-1]


@dataclass(frozen=True)
class Mainstay:
    """The command, run in a folder."""

    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def __call__(self, folder: Path | Repository, *arguments: str) -> Said:
        self.patch.chdir(folder.path if isinstance(folder, Repository) else folder)
        self.capture.readouterr()
        code = run(list(arguments))
        out, err = self.capture.readouterr()
        assert "fault of Mainstay" not in err, err
        return Said(code, out, err)


@pytest.fixture
def mainstay(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Mainstay:
    return Mainstay(capsys, monkeypatch)


@pytest.fixture
def feature(repo: Repository) -> Repository:
    """`main` is sound, the branch `feature` that is checked out brings one fault in `client.py`."""
    repo.commit({"client.py": SOUND, "README": "A service.\n"})
    repo.switch("feature", create=True)
    repo.commit({"client.py": FAULTY})
    return repo


# --- help and wrong usage ------------------------------------------------------------------------------------


def test_the_help_names_every_command_and_imports_none(mainstay: Mainstay, tmp_path: Path) -> None:
    said = mainstay(tmp_path, "--help")
    assert said.code == 0
    for name in ("check", "scan", "hook", "replay", "rules", "apis", "facts", "config"):
        assert re.search(rf"^  {name}\s+\S", said.out, re.MULTILINE), name
    assert mainstay(tmp_path, "--version").out == f"mainstay, version {VERSION}\n"


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("check", "--repo --base --head --staged --patch --format --output --fail-on --strict --config --fix [PATHS]"),
        ("scan", "--format --output --fail-on --strict --config PATHS"),
        ("hook", "install uninstall status"),
        ("replay", "--repo MANIFEST"),
        ("rules", "list show test"),
        ("apis", "--coverage [LIBRARY]"),
        ("facts", "--kind FILE"),
        ("config", "--repo [FILE]"),
    ],
)
def test_each_command_explains_its_options(mainstay: Mainstay, tmp_path: Path, command: str, names: str) -> None:
    said = mainstay(tmp_path, command, "--help")
    assert said.code == 0
    for name in names.split():
        assert name in said.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["check", "--frobnicate"], "No such option '--frobnicate'"),
        (["check", "--fail-on", "sometimes"], "'sometimes' is not one of"),
        (["check", "--format", "xml"], "'xml' is not one of"),
        (["check", "--config", "absent.yaml"], "File 'absent.yaml' does not exist"),
        (["check", "--patch", "absent.patch"], "File 'absent.patch' does not exist"),
        (["check", "--fix", "--staged"], "--fix changes the working tree"),
        (["check", "--patch", "-", "--base", "main"], "--patch brings its own two sides"),
        (["scan"], "Missing argument 'PATHS...'"),
        (["scan", "absent.py"], "Path 'absent.py' does not exist"),
        (["rules", "show", "timeout/missing-client-timeuot"], "Did you mean 'timeout/missing-client-timeout'?"),
        (["rules", "list", "--language", "cobol"], "there is no language 'cobol'"),
        (["apis", "requets"], "Did you mean 'requests'?"),
        (["facts", "README"], "README is in no language that Mainstay reads"),
        (["replay", "README"], "this is not JSON"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    mainstay: Mainstay, feature: Repository, arguments: list[str], told: str
) -> None:
    said = mainstay(feature, *arguments)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


# --- what is reviewed ----------------------------------------------------------------------------------------


def test_with_no_options_all_since_the_default_branch_is_reviewed(mainstay: Mainstay, feature: Repository) -> None:
    said = mainstay(feature, "check")
    assert said.code == 1
    assert f"warning  {RULE}" in said.out
    assert said.last == "complete: 1 finding (1 warning) in 1 file"


def test_what_is_not_committed_and_not_tracked_is_reviewed_too(mainstay: Mainstay, feature: Repository) -> None:
    feature.write("client.py", SOUND)
    feature.write("jobs/new.py", FAULTY)
    said = mainstay(feature, "check")
    assert said.code == 1
    assert "jobs/new.py:5:" in said.out
    assert "client.py:" not in said.out


def test_base_and_head_choose_the_range(mainstay: Mainstay, feature: Repository) -> None:
    faulty = feature.head
    feature.commit({"client.py": SOUND})
    feature.write("client.py", FAULTY)
    assert mainstay(feature, "check", "--base", "main", "--head", faulty).code == 1
    sound = mainstay(feature, "check", "--head", "feature")
    assert sound.code == 0
    assert sound.last.startswith("nothing to review: ")
    assert mainstay(feature, "check", "--base", faulty, "--head", "feature").last == "complete: no findings in 1 file"


def test_staged_is_the_index_alone(mainstay: Mainstay, feature: Repository) -> None:
    feature.write("staged.py", FAULTY)
    feature.run("add", "staged.py")
    feature.write("untracked.py", FAULTY)
    feature.write("staged.py", "")
    said = mainstay(feature, "check", "--staged")
    assert said.code == 1
    assert "staged.py:5:" in said.out
    assert "untracked.py" not in said.out
    assert "client.py" not in said.out


def test_paths_restrict_the_review(mainstay: Mainstay, feature: Repository) -> None:
    feature.commit({"jobs/new.py": FAULTY})
    assert mainstay(feature, "check", "jobs").last == "complete: 1 finding (1 warning) in 1 file"
    assert mainstay(feature.path / "jobs", "check", "new.py").last == "complete: 1 finding (1 warning) in 1 file"
    said = mainstay(feature, "check", "README")
    assert said.code == 0
    assert re.fullmatch(r"nothing to review: [0-9a-f]{12}\.\.worktree is empty in README", said.last)


def test_the_repository_may_be_named(mainstay: Mainstay, feature: Repository, tmp_path: Path) -> None:
    assert mainstay(tmp_path, "check", "--repo", str(feature.path)).code == 1


@pytest.mark.parametrize("by", ["file", "standard input"])
def test_a_bare_patch_is_reviewed_and_called_partial(
    mainstay: Mainstay, feature: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    file = tmp_path / "change.patch"
    file.write_bytes(feature.run("diff", "main", "feature").encode() + b"\n")
    if by == "file":
        said = mainstay(tmp_path, "check", "--patch", str(file))
    else:
        with file.open(encoding="utf-8") as text:
            monkeypatch.setattr(sys, "stdin", text)
            said = mainstay(tmp_path, "check", "--patch", "-")
    assert said.last.startswith("PARTIAL: ")
    assert "a bare patch: only its own lines are known" in said.out
    assert mainstay(tmp_path, "check", "--patch", str(file), "--strict").code == 3


def test_a_patch_that_is_none_ends_with_2(mainstay: Mainstay, tmp_path: Path) -> None:
    (tmp_path / "broken.patch").write_text("--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,9 @@\n-gone\n")
    said = mainstay(tmp_path, "check", "--patch", "broken.patch")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("mainstay: ")


# --- an empty range, and what is passed over -------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_range_says_so_in_every_format(mainstay: Mainstay, feature: Repository, form: str) -> None:
    said = mainstay(feature, "check", "--base", "feature", "--head", "feature", "--format", form, "--strict")
    sentence = f"nothing to review: {feature.head[:12]}..{feature.head[:12]} is empty"
    assert said.code == 0
    assert sentence in said.out
    assert "no findings" not in said.out.lower()


def test_what_is_no_text_is_passed_over_by_name(mainstay: Mainstay, feature: Repository) -> None:
    entry = f"160000,{feature.head},vendored.py"
    feature.run("update-index", "--add", "--cacheinfo", entry)
    target = feature.run("hash-object", "-w", "--stdin", stdin="client.py")
    feature.run("update-index", "--add", "--cacheinfo", f"120000,{target},link.py")
    feature.write("image.py", b"\x00\x01")
    feature.run("add", "image.py")
    feature.run("commit", "--quiet", "--message", "Odd files")
    said = mainstay(feature, "check", "--head", "feature", "--format", "json")
    files = {f["path"]: (f["state"], f["reason"]) for f in json.loads(said.out)["manifest"]["files"]}
    assert files.pop("client.py") == ("read", "")
    assert files == {
        "vendored.py": ("passed over", "submodule"),
        "link.py": ("passed over", "symbolic link"),
        "image.py": ("passed over", "binary"),
    }
    last = "complete: 1 finding (1 warning) in 1 of 4 files"
    assert mainstay(feature, "check", "--head", "feature").last == last


# --- exit codes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("threshold", "code"), [("error", 0), ("warning", 1), ("info", 1), ("never", 0)])
def test_the_threshold_decides_the_exit_code(
    mainstay: Mainstay, feature: Repository, threshold: str, code: int
) -> None:
    assert mainstay(feature, "check", "--fail-on", threshold).code == code


def test_a_partial_review_ends_with_0_and_under_strict_with_3(mainstay: Mainstay, feature: Repository) -> None:
    feature.write("client.py", SOUND)
    feature.write("broken.py", "def f(:\n")
    said = mainstay(feature, "check")
    assert said.code == 0
    assert said.last.startswith("PARTIAL: ")
    assert "broken.py: partly read, syntax error near line 1" in said.out
    assert mainstay(feature, "check", "--strict").code == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--base", "nowhere"], "There is no commit 'nowhere'"),
        (["--head", "nowhere"], "nowhere"),
        (["absent.py"], "There is no absent.py in this repository"),
        (["--head", "HEAD", "--staged"], "--head and --staged exclude each other"),
    ],
)
def test_what_cannot_be_reviewed_ends_with_3(
    mainstay: Mainstay, feature: Repository, arguments: list[str], told: str
) -> None:
    said = mainstay(feature, "check", *arguments)
    assert (said.code, said.out) == (3, "")
    assert told in said.err


def test_outside_of_a_repository_it_says_what_to_do(mainstay: Mainstay, tmp_path: Path) -> None:
    said = mainstay(tmp_path, "check")
    assert (said.code, said.out) == (3, "")
    assert "is not in a git repository\nName a repository with --repo DIR" in said.err


def test_a_bare_repository_is_reviewed_by_its_commits(mainstay: Mainstay, feature: Repository, make_repo: Make) -> None:
    bare = make_repo("bare.git", bare=True)
    feature.run("push", "--quiet", str(bare.path), "main", "feature")
    assert mainstay(bare, "check", "--base", "main", "--head", "feature").code == 1
    assert mainstay(bare, "check", "--base", "main", "--head", "feature", "--fix").code == 2
    assert mainstay(bare, "check", "--base", "main").last.startswith("nothing to review: ")


def test_a_closed_pipe_is_not_taken_for_an_answer(feature: Repository) -> None:
    command = f"{sys.executable} -m bot rules list; echo $? >&2"
    done = subprocess.run(
        ["sh", "-c", f"{{ {command}; }} | true"],
        cwd=feature.path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "MAINSTAY_CACHE": str(feature.path / ".cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr.strip() == "3"


# --- formats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_rule_and_place_and_is_the_same_each_time(
    mainstay: Mainstay, feature: Repository, form: str
) -> None:
    said = mainstay(feature, "check", "--format", form)
    assert said.code == 1
    assert RULE in said.out
    assert "client.py" in said.out
    assert "\x1b[" not in said.out
    again = mainstay(feature, "check", "--format", form)
    assert without_timings(again.out) == without_timings(said.out)


def without_timings(text: str) -> str:
    return re.sub(r'"timings": \{[^}]*\}', "", text)


def test_output_goes_to_a_file_and_the_verdict_to_the_terminal(
    mainstay: Mainstay, feature: Repository, tmp_path: Path
) -> None:
    file = tmp_path / "review.json"
    said = mainstay(feature, "check", "--format", "json", "--output", str(file))
    assert (said.code, said.out) == (1, "")
    assert said.err == f"complete: 1 finding (1 warning) in 1 file ({file})\n"
    assert json.loads(file.read_text(encoding="utf-8"))["findings"][0]["rule"] == RULE


def test_a_file_that_cannot_be_written_is_no_success(mainstay: Mainstay, feature: Repository, tmp_path: Path) -> None:
    said = mainstay(feature, "check", "--output", str(tmp_path / "absent" / "review.txt"))
    assert (said.code, said.out) == (3, "")
    assert "review.txt: No such file or directory" in said.err


# --- configuration ---------------------------------------------------------------------------------------------


def test_configuration_comes_from_the_before_side(mainstay: Mainstay, feature: Repository) -> None:
    feature.switch("main")
    feature.commit({".mainstay.yaml": "fail-on: error\n"})
    feature.switch("feature")
    feature.run("rebase", "--quiet", "main")
    feature.write(".mainstay.yaml", RULE_OFF)
    said = mainstay(feature, "check")
    assert said.code == 0  # the threshold of before, not the rule that the change switches off
    assert RULE in said.out
    assert "this change alters .mainstay.yaml; it was judged by what stood there before" in said.out


def test_where_before_has_none_the_working_trees_is_used_and_said(mainstay: Mainstay, feature: Repository) -> None:
    feature.write(".mainstay.yaml", RULE_OFF)
    said = mainstay(feature, "check")
    assert said.code == 0
    assert "the before side has no configuration: the working tree was used" in said.out


def test_a_configuration_on_the_command_line_wins_and_is_recorded(
    mainstay: Mainstay, feature: Repository, tmp_path: Path
) -> None:
    feature.write(".mainstay.yaml", "fail-on: never\n")
    (tmp_path / "own.yaml").write_text(RULE_OFF)
    said = mainstay(feature, "check", "--config", str(tmp_path / "own.yaml"), "--format", "json")
    document = json.loads(said.out)
    assert (said.code, document["findings"]) == (0, [])
    assert document["manifest"]["origins"]["configuration"] == f"{tmp_path / 'own.yaml'} (--config)"
    assert document["manifest"]["request"]["config"] == RULE_OFF


@pytest.mark.parametrize(
    ("text", "told"), [(b"fial-on: error\n", "Did you mean 'fail-on'?"), (b"fail-on: \xff\n", "not valid UTF-8")]
)
def test_a_mistake_in_the_configuration_ends_with_2(
    mainstay: Mainstay, feature: Repository, tmp_path: Path, text: bytes, told: str
) -> None:
    (tmp_path / "own.yaml").write_bytes(text)
    said = mainstay(feature, "check", "--config", str(tmp_path / "own.yaml"))
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "own.yaml" in said.err


def test_config_tells_what_holds_and_where_it_comes_from(mainstay: Mainstay, feature: Repository) -> None:
    feature.write(".mainstay.yaml", "fail-on: error\noverrides:\n  - paths: [jobs/**]\n    fail-on: never\n")
    rows = {line.split()[0]: line.split()[1:] for line in mainstay(feature, "config").out.splitlines()}
    assert rows["fail-on"] == ["error", ".mainstay.yaml:1"]
    assert rows["limits.findings"][1] == "built-in"
    rows = {line.split()[0]: line.split()[1:] for line in mainstay(feature, "config", "jobs/a.py").out.splitlines()}
    assert rows["fail-on"] == ["never", ".mainstay.yaml:4"]


# --- fixes -----------------------------------------------------------------------------------------------------

FIXABLE = "import asyncio\n\n\nasync def wait():\n    try:\n        await asyncio.sleep(1)\n    except BaseException:\n        pass\n"


def test_fixes_are_written_to_the_working_tree_and_end_the_finding(mainstay: Mainstay, feature: Repository) -> None:
    feature.write("client.py", SOUND)
    file = feature.write("waiting.py", FIXABLE)
    found = json.loads(mainstay(feature, "check", "--format", "json").out)["findings"]
    proved = [f for f in found if f["fix"]]
    assert proved
    said = mainstay(feature, "check", "--fix")
    assert said.err == f"applied {len(proved)} of {len(proved)} proved fixes; run the check again\n"
    assert file.read_text(encoding="utf-8") != FIXABLE
    left = {f["rule"] for f in json.loads(mainstay(feature, "check", "--format", "json").out)["findings"]}
    assert left.isdisjoint(f["rule"] for f in proved)


def test_without_a_proved_fix_nothing_is_written(mainstay: Mainstay, feature: Repository) -> None:
    feature.write("client.py", SOUND)
    said = mainstay(feature, "check", "--fix")
    assert said.err == "there is no proved fix to apply\n"
    assert (feature.path / "client.py").read_text(encoding="utf-8") == SOUND


# --- the other commands ----------------------------------------------------------------------------------------


def test_scan_reviews_whole_files(mainstay: Mainstay, feature: Repository, tmp_path: Path) -> None:
    feature.switch("main")
    feature.commit({"client.py": FAULTY, "jobs/a.py": FAULTY})
    assert mainstay(feature, "scan", ".").last == "complete: 2 findings (2 warnings) in 2 of 3 files"
    assert mainstay(feature, "scan", "jobs/a.py").last == "complete: 1 finding (1 warning) in 1 file"
    (tmp_path / "empty").mkdir()
    assert mainstay(tmp_path, "scan", "empty").last == "nothing to review: there is no file"


def test_a_manifest_gives_the_same_review_again(mainstay: Mainstay, feature: Repository, tmp_path: Path) -> None:
    file = tmp_path / "review.json"
    mainstay(feature, "check", "--head", "feature", "--format", "json", "--output", str(file))
    said = mainstay(feature, "replay", str(file))
    assert (said.code, said.out) == (0, "the same review: 1 findings, nothing differs\n")


def test_a_manifest_that_differs_is_told_line_by_line(mainstay: Mainstay, feature: Repository, tmp_path: Path) -> None:
    file = tmp_path / "review.json"
    mainstay(feature, "check", "--format", "json", "--output", str(file))
    feature.write("client.py", SOUND)
    said = mainstay(feature, "replay", str(file))
    assert said.code == 1
    assert re.search(r"^fingerprints: only in the manifest: \w+$", said.out, re.MULTILINE)
    assert re.fullmatch(r"\d+ differences", said.last)


def test_rules_are_listed_and_shown(mainstay: Mainstay, tmp_path: Path) -> None:
    listed = mainstay(tmp_path, "rules", "list").out.splitlines()
    assert [line.split()[1] for line in listed] == [r.id for r in built_in().rules]
    only_go = mainstay(tmp_path, "rules", "list", "--language", "go").out.splitlines()
    assert only_go
    assert all("go" in line.split()[2].split(",") for line in only_go)
    page = mainstay(tmp_path, "rules", "show", RULE).out
    assert page.startswith(f"# {RULE}\n")
    assert "```python" in page


def test_the_examples_of_an_own_rule_are_its_test(mainstay: Mainstay, tmp_path: Path) -> None:
    rule = (ROOT / "rules" / f"{RULE}.yaml").read_text(encoding="utf-8").replace(RULE, "timeout/own")
    file = tmp_path / "timeout" / "own.yaml"
    file.parent.mkdir()
    file.write_text(rule, encoding="utf-8")
    said = mainstay(tmp_path, "rules", "test", str(file))
    assert said.code == 0, said.out
    assert re.fullmatch(r"1 rules, \d+ examples, 0 wrong", said.last)
    file.write_text(re.sub(r"^  role: .*$", "  role: lock.acquire", rule, flags=re.MULTILINE), encoding="utf-8")
    said = mainstay(tmp_path, "rules", "test", str(file))
    assert said.code == 1
    assert "timeout/own · python bad #0 · line" in said.out


def test_apis_tells_what_is_known(mainstay: Mainstay, tmp_path: Path) -> None:
    every = mainstay(tmp_path, "apis").out
    assert re.search(r"^python: \d+ libraries, \d+ entries$", every, re.MULTILINE)
    one = mainstay(tmp_path, "apis", "requests").out
    assert re.search(r"^requests\.get +http\.request; deadline by default: none .*\(https://", one, re.MULTILINE)
    assert len(one.splitlines()) == sum(a.library == "requests" for a in entries(built_in_knowledge("python")))


def test_facts_tells_what_the_engine_sees(mainstay: Mainstay, feature: Repository) -> None:
    said = mainstay(feature, "facts", "client.py", "--kind", "call")
    assert said.code == 0
    assert re.search(r"^ +5 .*call \[http\.request\].* name=requests\.get", said.out, re.MULTILINE)
    assert mainstay(feature, "facts", "client.py").out.count("\n") > said.out.count("\n")
