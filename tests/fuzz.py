"""`make fuzz SECONDS=60`: random bytes, guided by which code they reach, against the targets that property tests use.

Each of the three parts (diff, YAML, facts) gets a third of the time and a corpus from the rules' own examples. A crash
is kept as a file whose name atheris prints. Needs atheris, which has wheels for Linux alone: it is no requirement of `make test`.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LONGEST = "8192"  # bytes of one input


def fuzz_diff(data: bytes) -> None:
    """A patch of any bytes."""
    from tests.targets import any_patch

    any_patch(data.decode("utf-8", "surrogateescape"))


def fuzz_yaml(data: bytes) -> None:
    """A configuration, a rule, an API file of any bytes."""
    from tests.targets import any_yaml

    any_yaml(data.decode("utf-8", "replace"))


def fuzz_facts(data: bytes) -> None:
    """A file of any bytes in each language; from its first byte it is known which, and whether it is a change."""
    from tests.targets import LANGUAGES, any_change, any_file

    first, text = (data[0] if data else 0), data[1:].decode("utf-8", "surrogateescape")
    language = LANGUAGES[first % len(LANGUAGES)]
    if first % 2:
        half = len(text) // 2
        any_change(language, text[:half], text[half:])
    else:
        any_file(language, text)


PARTS: dict[str, Callable[[bytes], None]] = {"diff": fuzz_diff, "yaml": fuzz_yaml, "facts": fuzz_facts}


def seeds(part: str) -> list[bytes]:
    """Inputs to begin with."""
    from bot.resources import rules_folder
    from bot.rulebook import built_in
    from tests.targets import LANGUAGES

    if part == "facts":
        examples = [e for r in built_in().rules for e in r.examples]
        return [bytes([LANGUAGES.index(e.language) * 4]) + e.text.encode() for e in examples[::5]]
    if part == "yaml":
        return [f.read_bytes()[:8000] for f in sorted(rules_folder().glob("*/*.yaml"))[::6]]
    return [b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n", b"diff --git a/x b/y\nrename from x\nrename to y\n"]


def run_part(part: str, seconds: int) -> None:
    """Fuzz one part in this process, which atheris ends."""
    atheris: Any = importlib.import_module("atheris")  # not everywhere, and without types

    with atheris.instrument_imports(include=["bot"]):
        import tests.targets  # noqa: F401 - so that what it imports is instrumented

    found = Path("dist/fuzz")
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for index, data in enumerate(seeds(part)):
            (Path(corpus) / f"{index}").write_bytes(data)
        options = [
            sys.argv[0],
            corpus,
            f"-max_total_time={seconds}",
            f"-max_len={_LONGEST}",
            "-timeout=30",
            "-rss_limit_mb=4000",
            f"-artifact_prefix={found}/{part}-",
        ]
        atheris.Setup(options, PARTS[part])
        atheris.Fuzz()


def main(seconds: int) -> int:
    """Fuzz every part in a process of its own; 0 when nothing broke."""
    each = max(seconds // len(PARTS), 1)
    done = {p: subprocess.run([sys.executable, "-m", "tests.fuzz", p, str(each)], check=False) for p in PARTS}
    for part, ended in done.items():
        print(  # noqa: T201 - a program for people
            f"{part}: {'no crash' if ended.returncode == 0 else f'BROKEN (status {ended.returncode})'} in {each} s"
        )
    return int(any(ended.returncode for ended in done.values()))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        run_part(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(main(int(os.environ.get("SECONDS", "60"))))
