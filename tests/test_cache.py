"""What is kept between runs: it comes back as it was, and nothing that happens to it changes an answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import apifile, bundle
from bot.adapters.cache import DiskCache, user_cache
from bot.entry.cli import run
from bot.knowledge import Knowledge, merge
from bot.languages import languages
from bot.model import Duration
from bot.rulebook import Rulebook, built_in, built_in_knowledge

from .repository import Repository

KEY = "python-0123456789abcdef"
KNOWN = """
library: wire
language: python
import: [wire, wire.api]
source: https://example.org/wire
calls:
  .get: {role: http.request, deadline: {argument: timeout, default: 30s}, returns: [wire.Answer]}
  ".post_*": {role: http.request, deadline: none}
types:
  .Answer: {closed_by: [close], methods: {"{read,close}": {blocking: true}}, members: {url: str}}
constants: {.WAIT: 5s, .TRIES: 3, .NAME: eager}
exceptions: {.Lost: transient}
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs owners, modes and paths of POSIX")


def compiled() -> Knowledge:
    return apifile.load(KNOWN, "wire.yaml", built_in().vocabulary)


@pytest.fixture
def cache(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "cache")


@pytest.fixture
def shelf(cache: DiskCache, monkeypatch: pytest.MonkeyPatch) -> DiskCache:
    monkeypatch.setattr(bundle._SHELF, "store", cache)
    return cache


def ask() -> tuple[Knowledge, bool]:
    """What is kept under KEY, and whether it had to be compiled."""
    times: list[int] = []

    def compile_it() -> Knowledge:
        times.append(1)
        return compiled()

    return bundle.kept(KEY, Knowledge, compile_it), bool(times)


@pytest.mark.parametrize("language", languages())
def test_all_that_is_known_about_libraries_comes_back_as_it_was(language: str) -> None:
    known = built_in_knowledge(language)
    assert bundle.decode(bundle.encode(known), Knowledge) == known


def test_all_rules_come_back_as_they_were() -> None:
    assert bundle.decode(bundle.encode(built_in()), Rulebook) == built_in()


def test_lengths_of_time_come_back_as_such() -> None:
    back = bundle.decode(bundle.encode(compiled()), Knowledge)
    assert back is not None
    assert back.constants == {"wire.WAIT": Duration(5.0), "wire.TRIES": 3, "wire.NAME": "eager"}
    deadline = back.calls["wire.get"].deadline
    assert deadline is not None
    assert deadline.default == Duration(30.0)


def test_the_second_run_compiles_nothing(shelf: DiskCache) -> None:
    assert ask() == (compiled(), True)
    assert ask() == (compiled(), False)
    assert [entry.name for entry in shelf.folder.iterdir()] == [KEY]


def test_without_a_store_everything_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle._SHELF, "store", None)
    assert ask() == (compiled(), True)
    assert ask() == (compiled(), True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"30.0", b"90.0"),
        lambda data: data.partition(b"\n")[2],
        lambda _: b"\xff\xfe\x00" * 100,
        lambda data: data + b" ",
    ],
    ids=["empty", "truncated", "altered", "without a digest", "not text", "longer"],
)
def test_a_damaged_entry_counts_as_absent_and_is_replaced(shelf: DiskCache, damage: Callable[[bytes], bytes]) -> None:
    ask()
    entry = shelf.folder / KEY
    entry.write_bytes(damage(entry.read_bytes()))
    assert ask() == (compiled(), True)
    assert ask() == (compiled(), False)


@pytest.mark.parametrize(
    "content", [b"[]", b'{"calls": 1}', b'{"patterns": [["x"]]}', b"[" * 100_000, b'{"types": {"a": {}}}']
)
def test_a_whole_entry_that_holds_something_else_counts_as_absent(shelf: DiskCache, content: bytes) -> None:
    shelf.put(KEY, content)
    assert shelf.get(KEY) == content
    assert ask() == (compiled(), True)


@posix
def test_the_folder_is_for_its_owner_alone(cache: DiskCache) -> None:
    cache.put(KEY, b"{}")
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    assert (cache.folder / KEY).stat().st_mode & 0o077 == 0


@posix
def test_a_folder_that_others_can_write_to_is_not_used(shelf: DiskCache) -> None:
    ask()
    shelf.folder.chmod(0o777)
    assert shelf.get(KEY) is None
    (shelf.folder / KEY).unlink()
    assert ask() == (compiled(), True)
    assert list(shelf.folder.iterdir()) == []


@posix
def test_a_folder_of_another_user_is_not_used(shelf: DiskCache, monkeypatch: pytest.MonkeyPatch) -> None:
    ask()
    monkeypatch.setattr(os, "geteuid", lambda: shelf.folder.stat().st_uid + 1)
    assert ask() == (compiled(), True)


def test_a_folder_that_cannot_be_made_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("here already")
    monkeypatch.setattr(bundle._SHELF, "store", DiskCache(tmp_path / "file" / "cache"))
    assert ask() == (compiled(), True)
    monkeypatch.setattr(bundle._SHELF, "store", DiskCache(tmp_path / "file"))
    assert ask() == (compiled(), True)
    assert (tmp_path / "file").read_text() == "here already"


def test_a_disk_that_cannot_be_written_to_costs_only_time(shelf: DiskCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    shelf.folder.mkdir(mode=0o700)
    monkeypatch.setattr(Path, "replace", refuse)
    assert ask() == (compiled(), True)
    assert list(shelf.folder.iterdir()) == []  # nothing half-written is left


def test_old_entries_go_and_those_of_other_names_stay(cache: DiskCache) -> None:
    cache.put("rules-0000", b"{}")
    for number in range(12):
        cache.put(f"go-{number:04}", b"{}")
        os.utime(cache.folder / f"go-{number:04}", (number, number))
    names = sorted(entry.name for entry in cache.folder.iterdir())
    assert names == [*(f"go-{number:04}" for number in range(4, 12)), "rules-0000"]


def folder_of(platform: str = "linux", **environment: str) -> str | None:
    cache = user_cache(environment, platform)
    return cache.folder.as_posix() if cache else None


@posix
def test_where_things_are_kept() -> None:
    assert folder_of(MAINSTAY_CACHE="/srv/kept", XDG_CACHE_HOME="/x", HOME="/h") == "/srv/kept"
    assert folder_of(XDG_CACHE_HOME="/x", HOME="/h") == "/x/mainstay"
    assert folder_of(XDG_CACHE_HOME="relative", HOME="/h") == "/h/.cache/mainstay"
    assert folder_of(HOME="/h") == "/h/.cache/mainstay"
    assert folder_of() is None
    assert folder_of("win32", LOCALAPPDATA="/local", HOME="/h") == "/local/mainstay"
    assert folder_of("win32", HOME="/h") is None


def test_a_check_says_the_same_with_and_without_what_was_kept(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAINSTAY_CACHE", str(tmp_path / "kept"))
    repo.commit({"README": "A service.\n"})
    repo.write("client.py", "import requests\n\n\ndef load(url):\n    return requests.get(url)\n")

    def check() -> str:
        for remembered in (built_in, built_in_knowledge):
            remembered.cache_clear()
        assert run(["check", "--repo", str(repo.path)]) == 1
        return capsys.readouterr().out

    first = check()
    kept = sorted(entry for entry in (tmp_path / "kept").rglob("*") if entry.is_file())
    below = [entry.relative_to(tmp_path / "kept").parts[0].partition("-")[0] for entry in kept]
    assert below == ["judged", "python", "python", "rules"]
    assert check() == first
    for entry in kept:
        entry.write_bytes(entry.read_bytes()[:-10])
    assert check() == first


def test_later_knowledge_wins_and_the_longest_alias_too() -> None:
    first, later = compiled(), compiled()
    later.constants = {"wire.WAIT": Duration(1.0)}
    later.aliases = {"wire.api.v2": "wire2"}
    later.aliases["wires.api"] = "wire.api"
    merged = merge([first, later])
    assert merged.constants["wire.WAIT"] == Duration(1.0)
    assert [
        merged.canonical(n)
        for n in ("wire.api", "wire.api.get", "wire.api.v2.get", "wire.apis.get", "wires", "wires.api.get")
    ] == [
        "wire",
        "wire.get",
        "wire2.get",
        "wire.apis.get",
        "wires",
        "wire.get",
    ]
