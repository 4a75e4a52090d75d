"""What differs from platform to platform, and may not change an answer: modules that are missing, line ends, a full disk."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters.cache import ShardedCache
from bot.examples import facts_of, findings_in
from bot.model import Rule
from bot.rulebook import built_in, built_in_knowledge

#: Run by every Python that starts with its folder on the path: what Windows has not is not there, and whoever asks is noted.
ABSENT = """
import os, signal, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {"fcntl", "grp", "pwd", "resource", "termios"}:
            with open(os.environ["ASKED"], "a") as file:
                file.write(name + "\\n")
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
for module, names in ((os, ("fork", "forkpty", "sched_getaffinity")), (signal, ("setitimer", "SIGPROF", "SIGALRM"))):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
"""
FAULTY = "import requests\n\n\ndef load(url):\n    return requests.get(url)\n"
NESTED = "x = " + "[" * 60_000


def scan(folder: Path, tmp_path: Path, **environment: str) -> str:
    """What a scan prints, as a process of its own with an empty cache."""
    command = [sys.executable, "-P", "-m", "bot", "scan", str(folder), "--format", "agent", "--jobs", "2"]
    top = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (environment.pop("PYTHONPATH", ""), top)))
    kept = {"MAINSTAY_CACHE": str(tmp_path / f"cache-{len(environment)}"), "PYTHONPATH": path}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **kept, **environment}
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_no_answer_needs_a_module_that_some_platform_lacks(tmp_path: Path) -> None:
    code, without, asked = tmp_path / "code", tmp_path / "without", tmp_path / "asked"
    for folder in (code, without):
        folder.mkdir()
    (code / "app.py").write_text(FAULTY)
    (code / "deep.py").write_text(
        NESTED
    )  # risky: it goes to a process of its own, whose memory is limited where it can be
    (without / "sitecustomize.py").write_text(ABSENT)
    answer = scan(code, tmp_path, PYTHONPATH=str(without), ASKED=str(asked))
    assert "resource" in asked.read_text().split()
    assert answer == scan(code, tmp_path)
    assert "timeout/missing-client-timeout" in answer


@pytest.mark.parametrize("rule", built_in().rules, ids=[r.id for r in built_in().rules])
def test_a_checkout_with_carriage_returns_has_the_same_findings(rule: Rule) -> None:
    for example in rule.examples:
        there = replace(example, text=facts_of(example).source.text.replace("\n", "\r\n"))
        assert findings_in(rule, there, built_in_knowledge) == findings_in(rule, example, built_in_knowledge)


def test_a_full_disk_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            super().write(data[:5])
            raise OSError(errno.ENOSPC, "No space left on device")

    cache = ShardedCache(tmp_path / "kept")
    monkeypatch.setattr(os, "fdopen", Full)
    cache.put("ab12", b"what was judged")
    assert cache.get("ab12") is None
    assert [entry for entry in (tmp_path / "kept").rglob("*") if entry.is_file()] == []  # nothing half-written is left
