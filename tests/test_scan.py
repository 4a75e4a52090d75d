"""Whole files and folders: which are read, what is remembered, what is accepted, and that many processes say what one says."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from bot.adapters.disk import read_files, walk
from bot.baseline import Accepted, read, render
from bot.entry.cli import run
from bot.strict import Mistake

FAULTY = "import requests\n\n\ndef load(url):\n    return requests.get(url)\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs pipes and modes of POSIX")


def lay_out(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def names(folder: Path, **how: bool) -> list[str]:
    """The files that a walk gives, relative to the folder."""
    return sorted(p.relative_to(folder).as_posix() for p in walk(folder, **how))


def test_what_gitignore_files_say_is_left_out(tmp_path: Path) -> None:
    top = lay_out(
        tmp_path,
        {
            ".git/info/exclude": "secret.py\n",
            ".gitignore": "build/\n*.log\n!kept.log\n/only_here.py\n",
            "build/a.py": "",
            "a.log": "",
            "kept.log": "",
            "only_here.py": "",
            "secret.py": "",
            "sub/.gitignore": "generated_*.py\n!/build/\n",
            "sub/generated_a.py": "",
            "sub/only_here.py": "",
            "sub/build/b.py": "",
        },
    )
    said = [".gitignore", "kept.log", "sub/.gitignore", "sub/build/b.py", "sub/only_here.py"]
    assert names(top) == said
    assert names(top / "sub") == [".gitignore", "build/b.py", "only_here.py"]
    assert "build/a.py" in names(top, ignores=False)


def test_a_file_that_is_named_is_read_although_it_is_ignored(tmp_path: Path) -> None:
    top = lay_out(tmp_path, {".git/config": "", ".gitignore": "*.py\n", "a.py": FAULTY})
    assert [f.path for f in read_files([top / "a.py"], top).files] == ["a.py"]
    assert [f.path for f in read_files([top], top).files] == [".gitignore"]


def test_a_file_in_two_of_the_paths_is_read_once(tmp_path: Path) -> None:
    top = lay_out(tmp_path, {"app/a.py": FAULTY})
    assert [f.path for f in read_files([top / "app", top], top).files] == ["app/a.py"]


@posix
def test_what_is_no_plain_file_is_passed_over_by_name(tmp_path: Path) -> None:
    top = lay_out(tmp_path, {"a.py": FAULTY, "b.py": "x = 1\n" * 200_000, "c.py": "x = '\0'\n"})
    (top / "d.py").write_bytes(b"# \xe9\n")
    (top / "link.py").symlink_to(top / "a.py")
    os.mkfifo(top / "pipe.py")
    reasons = {f.path: f.passed_over for f in read_files([top], top).files}
    assert reasons == {
        "a.py": "",
        "b.py": "too large",
        "c.py": "binary",
        "d.py": "undecodable",
        "link.py": "symbolic link",
        "pipe.py": "not a regular file",
    }


def scanned(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    """The exit code and the JSON of a scan."""
    capsys.readouterr()
    code = run(["scan", "--format", "json", *arguments])
    out, err = capsys.readouterr()
    assert not err, err
    return code, {k: v for k, v in json.loads(out).items() if k not in ("manifest", "timings")}


def test_many_processes_and_what_was_kept_say_what_one_process_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filler = "# a line that holds nothing\n" * 1500
    top = lay_out(tmp_path / "code", {f"app/m{n}.py": FAULTY + filler for n in range(10)})
    monkeypatch.setenv("MAINSTAY_CACHE", str(tmp_path / "cache"))
    first = scanned(capsys, str(top), "--jobs", "3")
    kept = list((tmp_path / "cache" / "judged").rglob("??/*"))
    assert len(kept) == 10
    assert scanned(capsys, str(top)) == first
    kept[0].write_bytes(kept[0].read_bytes()[:-9] + b"damaged!!")
    kept[1].write_bytes(b"")
    assert scanned(capsys, str(top), "--jobs", "1") == first
    monkeypatch.setenv("MAINSTAY_CACHE", str(tmp_path / "other"))
    assert scanned(capsys, str(top), "--jobs", "1") == first
    assert first[0] == 1


@posix
def test_a_cache_that_cannot_be_written_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    top = lay_out(tmp_path / "code", {"a.py": FAULTY})
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("MAINSTAY_CACHE", str(tmp_path / "file"))
    without = scanned(capsys, str(top))
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    monkeypatch.setenv("MAINSTAY_CACHE", str(open_to_all))
    assert scanned(capsys, str(top)) == without
    assert without[0] == 1


def test_an_entry_for_another_path_or_text_is_not_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAINSTAY_CACHE", str(tmp_path / "cache"))
    top = lay_out(tmp_path / "code", {"a.py": FAULTY})
    assert scanned(capsys, str(top))[0] == 1
    lay_out(top, {"a.py": FAULTY.replace("(url)\n", "(url, timeout=3)\n")})
    assert scanned(capsys, str(top))[0] == 0
    lay_out(top, {"tests/test_a.py": FAULTY})
    assert scanned(capsys, str(top))[0] == 0


def test_a_baseline_accepts_what_is_there_and_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = lay_out(tmp_path, {"app/a.py": FAULTY})
    assert run(["baseline", "write", str(top)]) == 0
    assert "1 findings accepted (complete)" in capsys.readouterr().out
    assert FAULTY.split("\n")[4].strip() not in (top / ".mainstay/baseline.json").read_text(encoding="utf-8")

    code, said = scanned(capsys, str(top))
    assert (code, said["summary"]) == (0, "complete: no findings in 1 of 2 files, 1 folded")
    assert scanned(capsys, str(top), "--no-baseline")[0] == 1

    lay_out(top, {"app/a.py": f"# moved down\n{FAULTY}", "app/b.py": FAULTY})
    code, said = scanned(capsys, str(top))
    findings = said["findings"]
    assert isinstance(findings, list)
    assert code == 1
    assert [(f["place"]["path"], f["shown"]) for f in findings] == [("app/b.py", True), ("app/a.py", False)]


def test_a_baseline_shows_what_is_no_longer_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = lay_out(tmp_path, {"a.py": FAULTY, "b.py": FAULTY})
    run(["baseline", "write", str(top)])
    lay_out(top, {"b.py": "x = 1\n"})
    capsys.readouterr()
    assert run(["baseline", "show", str(top)]) == 0
    out = capsys.readouterr().out
    assert "2 accepted, 1 of them no longer found" in out
    assert "gone: timeout/missing-client-timeout in b.py" in out


def test_a_baseline_comes_back_as_it_was_written() -> None:
    accepted = (Accepted("a/b", "x.py", "1"), Accepted("a/c", 'y".py', "2"))
    assert read(render(reversed(accepted)), "f") == accepted
    assert read(render(()), "f") == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "accepted": [1]}', '{"version": 2, "accepted": []}'])
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(Mistake, match="baseline"):
        read(text, "f")
