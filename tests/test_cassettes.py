"""The recordings of the GitHub adapter: played back they give the same, they keep to GitHub's description, and none is stale."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from tests.standin import cassettes
from tests.standin.cassettes import FOLDER, SCENES, URL, Recording, faults, record, tape


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked."""

    def refuse(*_: object) -> None:
        raise AssertionError("a recording asks nobody")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def kept(name: str) -> Path:
    """The file of a recording."""
    return FOLDER / f"{name}.yaml"


@pytest.mark.parametrize("name", SCENES)
def test_a_recording_says_what_it_is_and_keeps_to_the_description(name: str) -> None:
    """Requests and answers; no token stands in it."""
    text = kept(name).read_text(encoding="utf-8")
    told = Recording.deserialize(text)
    assert "the project's own stand-in for GitHub" in told["about"]
    assert "not with GitHub" in told["about"]
    assert len(told["interactions"]) > 8
    assert faults(kept(name)) == []
    assert cassettes.TOKEN not in text
    assert "Authorization" not in text


def test_a_recording_that_breaks_the_description_is_found(tmp_path: Path) -> None:
    text = kept("writing").read_text(encoding="utf-8")
    told = Recording.deserialize(text)
    for exchange in told["interactions"]:
        if exchange["request"]["method"] == "POST":
            exchange["request"]["body"] = '{"colour": "red"}'
            exchange["response"]["body"]["string"] = "{}"
    (tmp_path / "broken.yaml").write_text(Recording.serialize(told))
    found = faults(tmp_path / "broken.yaml")
    assert '"colour" is not a permitted key.' in found
    assert any("is a required property" in fault for fault in found)


@pytest.mark.usefixtures("no_sockets")
def test_a_pull_request_is_read_from_its_recording() -> None:
    """Both sides of each file, and the settings, without a server."""
    with tape(kept("reading"), "none") as cassette:
        pull, change, settings = SCENES["reading"](URL)
    assert (pull.files, pull.additions, pull.deletions) == (4, 2, 2)
    assert {f.path: (f.status, f.before, f.after) for f in change.files} == {
        "app.py": ("modified", "a = 1\nb = 2\n", "a = 1\nb = 5\n"),
        "gone.py": ("deleted", "c = 3\n", None),
        "moved.py": ("renamed", "d = 4\n" * 9, "d = 4\n" * 9),
        "new.py": ("added", None, "e = 6\n"),
    }
    assert (change.problems, settings) == ((), "fail-on: error\n")
    assert cassette.all_played


@pytest.mark.usefixtures("no_sockets")
def test_a_review_is_written_to_its_recording() -> None:
    """The very requests that are recorded; any other is refused."""
    with tape(kept("writing"), "none") as cassette:
        beside, on_files, summary = SCENES["writing"](URL)
    assert (beside.written, on_files.written) == (("0a",), ("0b",))
    assert summary.address.startswith("http://github.example/shop/payments/pull/1#issuecomment-")
    assert cassette.all_played
    with tape(kept("reading"), "none"), pytest.raises(CannotOverwriteExistingCassetteException):
        SCENES["writing"](URL)


@pytest.mark.parametrize("name", SCENES)
def test_a_recording_is_what_the_stand_in_says_today(name: str, tmp_path: Path) -> None:
    """Played anew, it is the same but for times and addresses; else: python -m tests.standin.cassettes."""
    record(name, tmp_path / "new.yaml", tmp_path / "repo")
    now, then = (_exchanges(file) for file in (tmp_path / "new.yaml", kept(name)))
    assert [i["request"]["uri"] for i in now] == [i["request"]["uri"] for i in then]
    assert now == then


def _exchanges(file: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = Recording.deserialize(file.read_text(encoding="utf-8"))["interactions"]
    return told
