"""The shape of the code: what may import what, how long things may be, and what each exception must say."""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from .checkout import ROOT, project_files
from .repository import Repository

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
NINE_IN_TEN_FUNCTIONS = 30
HEAVY = {
    "alembic",
    "fastapi",
    "github",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "openai",
    "pydantic",
    "sqlalchemy",
    "starlette",
}
SILENCES = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover|ruff:|mypy:)")
REASONED = re.compile(r"# noqa: [A-Z0-9, ]+ - \w|# type: ignore\[[\w, -]+\]  # \w")
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc"}

# Notes every module that anything asks for, installed or not, then runs the command as a user would.
WATCHED_CHECK = """
import json, sys
class Watch:
    asked = set()
    def find_spec(self, name, path=None, target=None):
        self.asked.add(name.partition(".")[0])
sys.meta_path.insert(0, Watch())
sys.argv = ["mainstay", "check", *sys.argv[1:]]
from bot.entry.cli import main
try:
    code = main()
except SystemExit as end:
    code = end.code
print(json.dumps({"code": code or 0, "asked": sorted(Watch.asked)}), file=sys.stderr)
"""

# What each contract forbids, done once.
TRESPASSES = {
    "bot/stray.py": "",
    "bot/derive/trespass.py": """
import os
import alembic
import sqlalchemy
import tree_sitter
import openai
import github
from ..entry import trespass
""",
    "bot/entry/trespass.py": "",
    "bot/adapters/one.py": "from . import two",
    "bot/adapters/two.py": "",
}


def modules() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".py" and path.parts[0] == "bot"]


def functions() -> Iterator[tuple[str, int]]:
    for path in modules():
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path}:{node.lineno} {node.name}", length


def test_files_stay_short() -> None:
    lengths = {path: (ROOT / path).read_text(encoding="utf-8").count("\n") for path in modules()}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_stay_short() -> None:
    assert {place: length for place, length in functions() if length > LONGEST_FUNCTION} == {}


def test_nine_functions_in_ten_are_shorter_still() -> None:
    lengths = sorted(length for _, length in functions())
    assert lengths[len(lengths) * 9 // 10] <= NINE_IN_TEN_FUNCTIONS


def test_no_file_is_a_drawer_without_a_name() -> None:
    assert [str(path) for path in project_files() if path.stem in DRAWERS and path.suffix == ".py"] == []


def test_only_the_doors_catch_everything() -> None:
    broad = [
        f"{path}:{node.lineno}"
        for path in modules()
        if path.parts[1] != "entry"
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    ]
    assert broad == []


def catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught)


def test_every_silenced_check_says_why() -> None:
    bare = [
        f"{path}:{comment.start[0]}: {comment.string}"
        for path in project_files()
        if path.suffix == ".py" and path.parts[0] in ("bot", "tests") and not is_data(path)
        for comment in comments(path)
        if SILENCES.match(comment.string) and not REASONED.match(comment.string)
    ]
    assert bare == []


def comments(path: Path) -> Iterator[tokenize.TokenInfo]:
    text = (ROOT / path).read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token


def is_data(path: Path) -> bool:
    """True for sources and changes under review."""
    return path.parts[:2] == ("tests", "cases") or (path.parts[:2] == ("tests", "languages") and len(path.parts) > 3)


def test_every_contract_catches_a_trespass(tmp_path: Path) -> None:
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "bot", tmp_path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    for path, source in TRESPASSES.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(source)
    said = lint_imports(tmp_path)
    assert " KEPT" not in said
    assert "bot.derive is not allowed to import bot.entry" in said
    assert "- bot.stray" in said


def lint_imports(folder: Path) -> str:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("output", ["terminal", "json"])
def test_the_check_path_asks_for_nothing_heavy(repo: Repository, output: str) -> None:
    repo.commit({"client.py": "import requests\n"})
    repo.switch("feature", create=True)
    repo.commit({"client.py": "import requests\n\n\ndef fetch(url):\n    return requests.get(url)\n"})
    command = [sys.executable, "-c", WATCHED_CHECK, "--repo", str(repo.path), "--format", output, "--fail-on", "never"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stderr.splitlines()[-1])
    assert seen["code"] == 0, done.stdout + done.stderr
    assert "tree_sitter" in seen["asked"]
    assert HEAVY & set(seen["asked"]) == set()
