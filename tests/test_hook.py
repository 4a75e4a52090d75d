from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.hook import Answer, HookError, Memory, install, status, uninstall

from .repository import Repository

PYTHON = sys.executable
OTHER = "#!/bin/bash\necho other >&2\n"


@pytest.fixture
def hooks(repo: Repository) -> Path:
    """The hooks folder of a repository, without git's samples."""
    folder = repo.path / ".git" / "hooks"
    for sample in folder.iterdir():
        sample.unlink()
    return folder


def put(file: Path, text: str, mode: int = 0o755) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# --- putting it there and taking it away -------------------------------------------------------------------


def test_the_hook_is_installed_where_there_is_none(hooks: Path) -> None:
    state = install(hooks, PYTHON)
    assert (state.file, state.current, state.before, state.other) == (hooks / "pre-push", True, None, None)
    assert names(hooks) == ["pre-push"]
    assert os.access(hooks / "pre-push", os.X_OK)
    assert state.sentences == (f"The pre-push hook is installed: {hooks / 'pre-push'}.",)


def test_a_hooks_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    install(tmp_path / "a" / "hooks", PYTHON)
    assert names(tmp_path / "a" / "hooks") == ["pre-push"]


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o644])
def test_the_hook_that_was_there_comes_back_byte_for_byte(hooks: Path, mode: int) -> None:
    old = put(hooks / "pre-push", OTHER + "\r\n\xff", mode)
    content = old.read_bytes()
    state = install(hooks, PYTHON)
    assert state.before == hooks / "pre-push.before-mainstay"
    assert "runs first" in state.sentences[-1]
    state = uninstall(hooks, PYTHON)
    assert names(hooks) == ["pre-push"]
    assert (old.read_bytes(), stat.S_IMODE(old.stat().st_mode)) == (content, mode)
    assert (state.file, state.other) == (None, old)


def test_a_hook_that_is_a_link_stays_a_link(hooks: Path) -> None:
    put(hooks / "shared", OTHER)
    (hooks / "pre-push").symlink_to("shared")
    install(hooks, PYTHON)
    assert (hooks / "shared").read_text() == OTHER
    uninstall(hooks, PYTHON)
    assert (hooks / "pre-push").readlink() == Path("shared")


def test_installing_again_renews_it_and_keeps_the_chain(hooks: Path) -> None:
    put(hooks / "pre-push", OTHER)
    install(hooks, "/old/python")
    assert status(hooks, "/old/python").current
    assert not status(hooks, PYTHON).current
    assert "renews it" in status(hooks, PYTHON).sentences[1]
    assert install(hooks, PYTHON).current
    assert names(hooks) == ["pre-push", "pre-push.before-mainstay"]
    uninstall(hooks, PYTHON)
    assert (hooks / "pre-push").read_text() == OTHER


def test_uninstalling_where_ours_is_not_leaves_everything(hooks: Path) -> None:
    assert uninstall(hooks, PYTHON).file is None
    put(hooks / "pre-push", OTHER)
    state = uninstall(hooks, PYTHON)
    assert (hooks / "pre-push").read_text() == OTHER
    assert state.sentences == (f"The pre-push hook is not installed; there is another one: {hooks / 'pre-push'}.",)


def test_two_earlier_hooks_are_refused(hooks: Path) -> None:
    put(hooks / "pre-push", OTHER)
    put(hooks / "pre-push.before-mainstay", "#!/bin/sh\nexit 0\n")
    with pytest.raises(HookError, match="two different hooks") as refused:
        install(hooks, PYTHON)
    assert "Keep the one that should run" in refused.value.remedy
    assert names(hooks) == ["pre-push", "pre-push.before-mainstay"]


def test_a_manager_that_wrote_its_hook_again_is_no_second_hook(hooks: Path) -> None:
    put(hooks / "pre-push", OTHER)
    install(hooks, PYTHON)
    put(hooks / "pre-push", OTHER)
    assert install(hooks, PYTHON).current
    uninstall(hooks, PYTHON)
    assert names(hooks) == ["pre-push"]


def test_a_manager_that_put_ours_aside_is_told_and_ours_is_removed_there(hooks: Path) -> None:
    """`pre-commit install` renames what it finds to `pre-push.legacy` and calls it."""
    install(hooks, PYTHON)
    (hooks / "pre-push").rename(hooks / "pre-push.legacy")
    put(hooks / "pre-push", OTHER)
    state = status(hooks, PYTHON)
    assert (state.file, state.other) == (hooks / "pre-push.legacy", hooks / "pre-push")
    assert "was put in its place since" in state.sentences[1]
    uninstall(hooks, PYTHON)
    assert names(hooks) == ["pre-push"]


def test_a_folder_of_core_hooks_path_is_pointed_out(tmp_path: Path) -> None:
    assert "core.hooksPath" in install(tmp_path / "shared", PYTHON).sentences[-1]


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "hooks").write_text("a file")
    with pytest.raises(HookError, match="cannot be written"):
        install(tmp_path / "hooks", PYTHON)


# --- what the hook does ------------------------------------------------------------------------------------

# Stands for Python: notes its arguments and its input, and ends as it is told.
FAKE = """#!/bin/sh
if [ "$3" = "import bot.entry.cli" ]; then exit {importable}; fi
echo "$@" >> {log}
cat >> {log}
exit {status}
"""
LINE = "refs/heads/main 1111 refs/heads/main 0000\n"


def pushed(hooks: Path, stdin: str = LINE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(hooks / "pre-push"), "origin", "file:///some where"],
        cwd=hooks,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def fake(hooks: Path, *, status: int = 0, importable: int = 0) -> tuple[str, Path]:
    log = hooks.parent / "log"
    python = put(hooks.parent / "it's python", FAKE.format(log=log, status=status, importable=importable))
    return str(python), log


def test_the_hook_hands_over_what_git_gave_it(hooks: Path) -> None:
    python, log = fake(hooks)
    install(hooks, python)
    assert pushed(hooks).returncode == 0
    assert log.read_text() == f"-P -m bot hook run origin file:///some where\n{LINE}"


@pytest.mark.parametrize(
    ("status", "importable", "expected", "words"),
    [
        (0, 0, 0, ""),
        (1, 0, 1, ""),
        (1, 1, 0, "it ended with status 1. This push goes through."),
        (2, 0, 0, "it ended with status 2. This push goes through."),
        (3, 0, 0, "it ended with status 3. This push goes through."),
        (139, 0, 0, "it ended with status 139. This push goes through."),
    ],
)
def test_only_a_finding_stops_a_push(hooks: Path, status: int, importable: int, expected: int, words: str) -> None:
    python, _ = fake(hooks, status=status, importable=importable)
    install(hooks, python)
    done = pushed(hooks)
    assert done.returncode == expected
    assert (words in done.stderr) if words else not done.stderr


def test_a_python_without_mainstay_lets_the_push_through(hooks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    put(hooks / "bot" / "__init__.py", "raise SystemExit(1)\n")
    put(hooks / "bot" / "__main__.py", "raise SystemExit(1)\n")
    python = put(hooks.parent / "python", f'#!/bin/sh\nexec {PYTHON} -S -E "$@"\n')
    install(hooks, str(python))
    done = pushed(hooks)
    assert done.returncode == 0
    assert "not reviewed" in done.stderr


def test_a_python_that_is_gone_lets_the_push_through(hooks: Path) -> None:
    install(hooks, "/nowhere/bin/python")
    done = pushed(hooks)
    assert done.returncode == 0
    assert "not reviewed: /nowhere/bin/python is gone. This push goes through." in done.stderr
    assert "mainstay hook install" in done.stderr


def test_the_earlier_hook_runs_first_with_the_same_input(hooks: Path) -> None:
    python, log = fake(hooks)
    put(hooks / "pre-push", f'#!/bin/bash\necho "before: $@" >> {log}\ncat >> {log}\n')
    install(hooks, python)
    assert pushed(hooks).returncode == 0
    assert log.read_text() == (
        f"before: origin file:///some where\n{LINE}-P -m bot hook run origin file:///some where\n{LINE}"
    )


@pytest.mark.parametrize("shebang", ["#!/bin/sh", "#!/bin/bash", f"#!{PYTHON}"])
def test_the_earlier_hook_can_stop_the_push(hooks: Path, shebang: str) -> None:
    python, log = fake(hooks)
    put(hooks / "pre-push", f"{shebang}\nimport sys; sys.exit(7)\n" if "python" in shebang else f"{shebang}\nexit 7\n")
    install(hooks, python)
    assert pushed(hooks).returncode == 7
    assert not log.exists()


def test_an_earlier_hook_that_was_switched_off_stays_so(hooks: Path) -> None:
    python, log = fake(hooks)
    put(hooks / "pre-push", "#!/bin/sh\nexit 7\n", 0o644)
    install(hooks, python)
    assert pushed(hooks).returncode == 0
    assert log.exists()


def test_an_earlier_hook_that_reads_nothing_is_no_matter(hooks: Path) -> None:
    python, log = fake(hooks)
    put(hooks / "pre-push", "#!/bin/bash\nexit 0\n")
    install(hooks, python)
    many = LINE * 5000  # more than a pipe holds
    done = pushed(hooks, many)
    assert (done.returncode, done.stderr) == (0, "")
    assert log.read_text().endswith(many)


@pytest.mark.parametrize("shebang", ["#!/bin/sh", "#!/usr/bin/env sh"])
def test_an_earlier_hook_of_the_plain_shell_keeps_its_name(hooks: Path, shebang: str) -> None:
    """Husky's hooks find what to run by the name they are called by."""
    python, log = fake(hooks)
    put(hooks / "pre-push", f'{shebang}\necho "$(basename -- "$0") $*" >> {log}\n')
    install(hooks, python)
    assert pushed(hooks).returncode == 0
    assert log.read_text().startswith("pre-push origin file:///some where\n-P -m bot")


def test_a_push_of_nothing_is_handed_over_too(hooks: Path) -> None:
    python, log = fake(hooks)
    install(hooks, python)
    assert pushed(hooks, "").returncode == 0
    assert log.read_text() == "-P -m bot hook run origin file:///some where\n"


def test_the_script_is_plain_posix_shell(hooks: Path) -> None:
    install(hooks, PYTHON)
    script = hooks / "pre-push"
    assert subprocess.run(["sh", "-n", str(script)], check=False, capture_output=True).returncode == 0
    assert script.read_bytes().isascii()


# --- memory ------------------------------------------------------------------------------------------------

ANSWER = Answer("complete", stops=True, text="caf\u00e9 \u202e\n")


def test_an_answer_is_recalled_as_it_was(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "a" / "judged")
    assert memory.recall("key") is None
    memory.keep("key", ANSWER)
    assert memory.recall("key") == ANSWER
    assert memory.recall("other") is None
    assert names(memory.folder) == ["key.json"]


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "judged")
    memory.folder.mkdir(mode=0o755)
    memory.keep("key", ANSWER)
    assert stat.S_IMODE(memory.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((memory.folder / "key.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"verdict": "complete"}', "\xff", '{"other": 1}'])
def test_what_cannot_be_read_is_forgotten(tmp_path: Path, content: str) -> None:
    (tmp_path / "key.json").write_bytes(content.encode("latin-1"))
    assert Memory(tmp_path).recall("key") is None


def test_the_oldest_answers_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.hook._MOST_ANSWERS", 3)
    memory = Memory(tmp_path)
    for number in range(5):
        memory.keep(f"key{number}", ANSWER)
        os.utime(tmp_path / f"key{number}.json", (number + 1, number + 1))
    memory.keep("last", ANSWER)
    assert names(tmp_path) == ["key3.json", "key4.json", "last.json"]


def test_a_very_long_answer_is_not_kept(tmp_path: Path) -> None:
    Memory(tmp_path).keep("key", Answer("complete", stops=False, text="x" * 200_001))
    assert names(tmp_path) == []
