"""The peers, and rules for them: as many as Mainstay has for the language, each about calls that Mainstay knows as well.

A rule of Semgrep says "a call of this name without an argument that limits it", one of ast-grep is a pattern for the call;
both are written from the names in our API files. They find less than ours mean to, and cost what such rules cost.
Ruff takes its own rules that come nearest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from bot.rulebook import built_in, built_in_knowledge

RUFF: Final = (
    "ASYNC,BLE,S110,S112,S113,S310,SIM105,SIM115,PLW1509,PLW1510,PLE0704,RUF006,B012,B904,TRY203,TRY400,DTZ005,PERF203"
)
_LIMITS: Final = {"python": ", timeout=$T, ...", "java": "", "go": ""}


def call_names(language: str) -> list[str]:
    """As many names of I/O calls as there are rules for the language, in order."""
    most = sum(language in rule.languages for rule in built_in().rules)
    known = built_in_knowledge(language).calls
    names = [
        name
        for name, api in sorted(known.items())
        if any(r.startswith(("http", "sql", "file", "process", "socket")) for r in api.roles)
    ]
    return [n for n in names if n.replace(".", "").replace("_", "").isalnum()][:most]


def write_semgrep(folder: Path, language: str) -> Path:
    """A file of Semgrep's rules."""
    rules = []
    for index, name in enumerate(call_names(language)):
        short = ".".join(name.split(".")[-2:])
        patterns = [{"pattern": f"{name if language == 'python' else short}(...)"}]
        if _LIMITS[language]:
            patterns.append({"pattern-not": f"{name}(...{_LIMITS[language]})"})
        rules.append(
            {"id": f"r{index}", "languages": [language], "severity": "WARNING", "message": short, "patterns": patterns}
        )
    file = folder / f"semgrep-{language}.yaml"
    file.write_text(json.dumps({"rules": rules}), encoding="utf-8")  # JSON is YAML
    return file


def write_ast_grep(folder: Path, language: str) -> Path:
    """A configuration of ast-grep with its rules beside it."""
    rules = folder / f"ast-grep-{language}"
    rules.mkdir(exist_ok=True)
    for index, name in enumerate(call_names(language)):
        short = ".".join(name.split(".")[-2:])
        rule = {
            "id": f"r{index}",
            "language": language,
            "severity": "warning",
            "message": short,
            "rule": {"pattern": f"{short}($$$A)"},
        }
        (rules / f"r{index}.yml").write_text(yaml.safe_dump(rule), encoding="utf-8")
    file = folder / f"sgconfig-{language}.yml"
    file.write_text(yaml.safe_dump({"ruleDirs": [rules.name]}), encoding="utf-8")
    return file


def commands(tools: Path, folder: Path, language: str) -> dict[str, Sequence[str]]:
    """The command of each peer, to which paths are added; those that are not installed are left out."""
    semgrep, sgconfig = write_semgrep(folder, language), write_ast_grep(folder, language)
    offered = {
        "semgrep": [
            "semgrep",
            "scan",
            "--metrics=off",
            "--disable-version-check",
            "--json",
            "--no-git-ignore",
            "--config",
            str(semgrep),
        ],
        "ast-grep": ["ast-grep", "scan", "--json=stream", "--config", str(sgconfig)],
    }
    if language == "python":
        offered["ruff"] = [
            "ruff",
            "check",
            "--no-cache",
            "--isolated",
            "--exit-zero",
            "--output-format=json",
            f"--select={RUFF}",
        ]
    return {
        name: [str(tools / command[0]), *command[1:]]
        for name, command in offered.items()
        if (tools / command[0]).exists()
    }


def count(name: str, out: bytes) -> int:
    """How many findings a peer printed."""
    if name == "semgrep":
        return len(json.loads(out or b"{}").get("results", []))
    if name == "ast-grep":
        return out.count(b"\n")
    return len(json.loads(out or b"[]"))
