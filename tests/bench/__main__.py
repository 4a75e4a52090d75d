"""Write docs/benchmarks.md: `python -m tests.bench --tools FOLDER [--python DIR] [--java DIR] [--go DIR]`."""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.entry.judging import cores
from bot.version import VERSION

from . import peers
from .measure import Run, in_turn, median, peak, run

ROOT = Path(__file__).parents[2]
ENDINGS = {"python": ".py", "java": ".java", "go": ".go"}
ADDED = {
    "python": "\n\ndef added_{n}(value):\n    return [value, {n}]\n",
    "java": "\n// added {n}\n",
    "go": "\n// added {n}\n",
}
MAINSTAY = [sys.executable, "-P", "-m", "bot"]
_numbers = itertools.count(1)


class Bench:
    """One run over everything, in a folder to throw away."""

    def __init__(self, work: Path, tools: Path, times: int) -> None:
        self.work, self.tools, self.times = work, tools, times
        self.cache = work / "cache"
        self.env = {"PYTHONPATH": str(ROOT), "MAINSTAY_CACHE": str(self.cache)}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # byte code is a part of what "warm" means

    def command(self, arguments: list[str], folder: Path) -> Callable[[], Run]:
        """A command to be run in a folder."""
        return lambda: run(arguments, folder, self.work / "out", self.env)

    # --- checks ------------------------------------------------------------------------------------------------

    def checks(self, language: str, sources: Path) -> Iterator[str]:
        """Changes of 1, 10 and 50 files, edited anew before every run."""
        yield f"\n### `check`: changes of {language} files\n"
        yield (
            "| files | KB | mainstay warm | mainstay cold | "
            + " | ".join(f"{p} (ratio)" for p in self._peers(language))
            + " |"
        )
        yield "|" + "---|" * (4 + len(self._peers(language)))
        for count, size in ((1, 10_000), (10, 10_000), (10, 40_000), (50, 10_000)):
            files = _near(sources, ENDINGS[language], size, count)
            if len(files) == count:
                yield self._check(language, files)

    def _peers(self, language: str) -> dict[str, list[str]]:
        return {name: list(c) for name, c in peers.commands(self.tools, self.work, language).items()}

    def _check(self, language: str, files: list[Path]) -> str:
        repo = self.work / "repo"
        shutil.rmtree(repo, ignore_errors=True)
        names = [f"m{i}{ENDINGS[language]}" for i in range(len(files))]
        repo.mkdir()
        texts = [f.read_text(encoding="utf-8", errors="replace") for f in files]
        _write(repo, names, texts)
        for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "a"]):
            subprocess.run(
                ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments], cwd=repo, check=True
            )

        def edit() -> None:
            _write(repo, names, [text + ADDED[language].format(n=next(_numbers)) for text in texts])

        def cold() -> Run:
            shutil.rmtree(self.cache, ignore_errors=True)
            return mainstay()

        mainstay = self.command([*MAINSTAY, "check", "--fail-on", "never"], repo)
        edit()
        mainstay()
        others = {name: self.command([*c, *names], repo) for name, c in self._peers(language).items()}
        found = in_turn({"mainstay": mainstay, **others}, self.times, edit)
        colds = in_turn({"mainstay": cold}, 3, edit)["mainstay"]
        own = median(found["mainstay"])
        cells = [f"{median(found[n]) * 1000:.0f} ms ({median(found[n]) / own:.1f}x)" for n in others]
        size = sum(len(t.encode()) for t in texts) // 1000
        return f"| {len(files)} | {size} | {own * 1000:.0f} ms | {median(colds) * 1000:.0f} ms | {' | '.join(cells)} |"

    # --- scans -------------------------------------------------------------------------------------------------

    def scans(self, language: str, sources: Path) -> Iterator[str]:
        """At least 10 MB of sources, first and second time, beside bare parsing and the peers."""
        folder, size = self._laid_out(language, sources)
        listing = self.work / "listing"
        files = sorted(str(f) for f in folder.rglob(f"*{ENDINGS[language]}"))
        listing.write_text("\n".join(files), encoding="utf-8")
        shutil.rmtree(self.cache, ignore_errors=True)
        self.command([*MAINSTAY, "scan", str(listing), "--fail-on", "never"], folder)()  # compiles the bundle

        def fresh() -> Run:
            shutil.rmtree(self.cache / "judged", ignore_errors=True)
            return scan()

        scan = self.command([*MAINSTAY, "scan", ".", "--fail-on", "never", "--format", "sarif"], folder)
        bare = self.command([sys.executable, "-m", "tests.bench.parse", language, str(listing)], ROOT)
        others = {name: self.command([*c, "."], folder) for name, c in self._peers(language).items()}
        first = in_turn({"bare": bare, "mainstay": fresh, **others}, 3)
        again = in_turn({"mainstay": scan}, 3)["mainstay"]
        base = median(first["bare"])
        yield f"\n### `scan`: {size / 1e6:.1f} MB of {language} in {len(files)} files, {cores()} cores\n"
        yield "| | seconds | times bare parsing | peak memory of a process, MB | findings |\n|---|---|---|---|---|"
        yield f"| bare tree-sitter parsing | {base:.2f} | 1.0 | {peak(first['bare']):.0f} | |"
        results = json.loads(first["mainstay"][0].out)["runs"][0]["results"]
        told = sum(r["level"] != "note" and not r.get("suppressions") for r in results)
        for name, runs, findings in (
            ("mainstay, first", first["mainstay"], f"{told} warnings and errors, {len(results) - told} others"),
            ("mainstay, unchanged second", again, ""),
            *((name, first[name], str(peers.count(name, first[name][0].out))) for name in others),
        ):
            yield f"| {name} | {median(runs):.2f} | {median(runs) / base:.2f} | {peak(runs):.0f} | {findings} |"

    def growth(self, language: str, sources: Path) -> Iterator[str]:
        """How time and memory grow from 1 to 10 MB."""
        yield f"\n### Growth ({language})\n\n| MB | seconds | peak memory, MB |\n|---|---|---|"
        for most in (1_000_000, 3_000_000, 10_000_000):
            folder, size = self._laid_out(language, sources, most)
            shutil.rmtree(self.cache / "judged", ignore_errors=True)
            done = self.command([*MAINSTAY, "scan", ".", "--fail-on", "never", "--format", "sarif"], folder)()
            yield f"| {size / 1e6:.1f} | {done.seconds:.1f} | {done.memory:.0f} |"

    def _laid_out(self, language: str, sources: Path, most: int = 10_500_000) -> tuple[Path, int]:
        folder = self.work / "scan"
        shutil.rmtree(folder, ignore_errors=True)
        size = 0
        for index, file in enumerate(_files(sources, ENDINGS[language])):
            size += file.stat().st_size
            target = folder / f"d{index % 40}" / f"m{index}{ENDINGS[language]}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            if size > most:
                break
        return folder, size


def _files(sources: Path, ending: str) -> list[Path]:
    tests = ("test", "vendor", "site-packages", "example")
    found = (f for f in sorted(sources.rglob(f"*{ending}")) if f.is_file() and not f.is_symlink())
    return [
        f
        for f in found
        if not any(t in f.relative_to(sources).as_posix().lower() for t in tests) and f.stat().st_size < 400_000
    ]


def _near(sources: Path, ending: str, size: int, count: int) -> list[Path]:
    """The files whose size is nearest to the one asked for."""
    return sorted(_files(sources, ending), key=lambda f: (abs(f.stat().st_size - size), f.as_posix()))[:count]


def _write(folder: Path, names: list[str], texts: list[str]) -> None:
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8", errors="replace")


def _head(named: dict[str, Path]) -> Iterator[str]:
    yield "# Benchmarks\n"
    yield (
        f"Made by `make bench` on {dt.datetime.now(tz=dt.UTC).date().isoformat()} with Mainstay {VERSION}, "
        f"Python {platform.python_version()}, {cores()} cores ({platform.machine()}, {platform.system()}). Whole processes, in turn "
        "within one run, medians. Rules: as many for each peer as Mainstay has for the language (tests/bench/peers.py says which); "
        "peers' ratios are their time over Mainstay's."
    )
    yield "\nSources: " + ", ".join(f"{language} from `{folder.name}`" for language, folder in named.items()) + "."
    yield (
        "\n*Warm*: byte code, compiled rules and the folder of the cache are there, the texts were never seen before: every file is "
        "edited anew for every run. *Cold*: the cache is empty."
    )


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--python", type=Path, default=Path(sysconfig.get_path("stdlib")))
    parser.add_argument("--java", type=Path)
    parser.add_argument("--go", type=Path)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks.md")
    asked = parser.parse_args()
    named = {name: getattr(asked, name) for name in ENDINGS if getattr(asked, name)}
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(Path(work), asked.tools, asked.times)
        lines = list(_head(named))
        for language, sources in named.items():
            lines.append(f"\n## {language.capitalize()}")
            for part in (bench.checks, bench.scans):
                lines += part(language, sources)
        lines += bench.growth("python", named["python"])
    asked.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
