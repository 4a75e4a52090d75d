"""Recordings of exchanges between the GitHub adapter and the stand-in. They are no recordings of GitHub, and say so.

    python -m tests.standin.cassettes           # records them anew

They are played back without a server (vcrpy), and a test sees that the stand-in still says the same.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlsplit

import vcr
import yaml

from bot.adapters import github
from bot.markers import Markers
from bot.model import ChangeSet
from bot.ports import Comment, PullRequest
from tests.repository import Repository

from .contract import Contract
from .routes import GRAPHQL
from .server import StandIn, route_of
from .writing import Hub

FOLDER: Final = Path(__file__).parent.parent / "adapters" / "github"
TOKEN: Final = "token-of-mainstay"  # noqa: S105 - the stand-in knows it
#: Where the recordings say that they were made.
URL: Final = "http://github.example/api/v3"
_ABOUT: Final = "Recorded with the project's own stand-in for GitHub (tests/standin), not with GitHub. Made by tests/standin/cassettes.py."
_MOMENT: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_LOOPBACK: Final = re.compile(rb"http://127\.0\.0\.1:\d+")
#: Of an answer's headers, those that are the same at every time.
_KEPT: Final = frozenset({"content-type", "link", "x-ratelimit-limit", "x-ratelimit-resource"})
_ASKED: Final = frozenset({"accept", "content-type", "x-github-api-version"})


class Recording:
    """How a recording is written: what it is, then its exchanges in an order of their own, since several are asked for at once."""

    @staticmethod
    def serialize(told: dict[str, Any]) -> str:
        """The text of a recording."""
        exchanges = sorted(told["interactions"], key=lambda i: json.dumps(i["request"], sort_keys=True))
        whole = {"about": _ABOUT, "version": told["version"], "interactions": exchanges}
        return yaml.safe_dump(whole, sort_keys=True, width=140)

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        """A recording from its text."""
        told: dict[str, Any] = yaml.safe_load(text)
        return told


@contextmanager
def tape(file: Path, mode: str) -> Iterator[Any]:
    """The context in which exchanges are recorded to a file (`all`), or played back from it and nothing else (`none`).

    One after another: while vcrpy asks for one, it takes its hands off connections that other threads make.
    """
    recorder = vcr.VCR(
        record_mode=mode,
        match_on=["method", "scheme", "host", "path", "query", "body"],
        before_record_request=_request,
        before_record_response=_response,
    )
    recorder.register_serializer("plain", Recording)
    begin = ThreadPoolExecutor.__init__
    with (
        patch.object(ThreadPoolExecutor, "__init__", lambda pool, *_, **__: begin(pool, 1)),
        recorder.use_cassette(str(file), serializer="plain") as cassette,
    ):
        yield cassette


def _request(request: Any) -> Any:
    request.uri = _LOOPBACK.sub(b"http://github.example", request.uri.encode()).decode()
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in _ASKED}
    return request


def _response(response: Any) -> Any:
    body = _LOOPBACK.sub(b"http://github.example", response["body"]["string"])
    response["body"]["string"] = body = _MOMENT.sub(b"2026-01-01T00:00:00Z", body)
    kept = {name: values for name, values in response["headers"].items() if name.lower() in _KEPT}
    response["headers"] = {
        n: [_LOOPBACK.sub(b"http://github.example", v.encode()).decode() for v in vs] for n, vs in kept.items()
    }
    if (
        response["status"]["code"] == HTTPStatus.OK
    ):  # by the tag of what was recorded it is asked for again, and answered with 304
        response["headers"]["ETag"] = [f'W/"{hashlib.sha256(body).hexdigest()}"']
    return response


# --- what is recorded ----------------------------------------------------------------------------------------------


def host(folder: Path) -> Hub:
    """A pull request that changes, renames, deletes and adds files, and has settings of its own."""
    repo = Repository.create(folder)
    repo.commit(
        {
            "app.py": "a = 1\nb = 2\n",
            "gone.py": "c = 3\n",
            "old.py": "d = 4\n" * 9,
            ".mainstay.yaml": "fail-on: error\n",
        }
    )
    repo.run("checkout", "--quiet", "-b", "feature")
    repo.commit(
        {"app.py": "a = 1\nb = 5\n", "gone.py": None, "old.py": None, "moved.py": "d = 4\n" * 9, "new.py": "e = 6\n"}
    )
    hub = Hub(repo.path)
    hub.open("main", "feature")
    return hub


def read(url: str) -> tuple[PullRequest, ChangeSet, str | None]:
    """A pull request, its change and its settings, read by the adapter."""
    client = github.connect(url, TOKEN)
    pull = github.read_pull(client, "shop/payments", 1)
    return pull, github.read_change(client, pull).change, github.BaseSources(client, pull).text(".mainstay.yaml")


def write(url: str) -> tuple[github.Written, github.Written, github.SummedUp]:
    """Comments beside a line and on a file, and a summary, written by the adapter."""
    client = github.connect(url, TOKEN)
    pull = github.read_pull(client, "shop/payments", 1)
    markers = Markers(pull.home, pull.number)
    desk = github.Desk(client, github.own_account(client), pull, markers)
    said = {print_: f"{markers.make('finding', print_, 'a')}\nlook" for print_ in ("0a", "0b")}
    beside = Comment("app.py", 2, 2, "after", said["0a"], "0a", said["0a"])
    on_file = Comment("new.py", 0, 0, "after", said["0b"], "0b", said["0b"])
    summary = f"{markers.make('summary')}\nall is told"
    return (
        github.write_beside(desk, [beside, on_file]),
        github.write_on_files(desk, [beside, on_file], ()),
        github.sum_up(desk, summary),
    )


#: What is recorded, by the name of its file.
SCENES: Final[dict[str, Callable[[str], Any]]] = {"reading": read, "writing": write}


def record(name: str, file: Path, folder: Path) -> Any:
    """Play a scene with the stand-in over a new repository, keep it in a file, and give what came of it."""
    with StandIn(host(folder)) as standin, tape(file, "all"):
        return SCENES[name](standin.url)


def faults(file: Path) -> list[str]:
    """What of a recording breaks GitHub's description, requests and answers alike."""
    contract, found = Contract.standing(), []
    for exchange in Recording.deserialize(file.read_text(encoding="utf-8"))["interactions"]:
        asked, told = exchange["request"], exchange["response"]
        split = urlsplit(asked["uri"])
        path = unquote(split.path.removeprefix(urlsplit(URL).path))
        route, _ = route_of(asked["method"], path)
        if path == GRAPHQL or route is None:
            found.append(f"{asked['method']} {path} is not described")
            continue
        found += contract.query(route, dict(parse_qsl(split.query)))
        found += contract.body(route, json.loads(asked["body"]) if asked["body"] else {})
        if told["status"]["code"] != HTTPStatus.NOT_MODIFIED:
            found += contract.answer(route, told["status"]["code"], json.loads(told["body"]["string"]))
    return found


def main() -> int:
    """Record every scene anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SCENES:
        with tempfile.TemporaryDirectory() as folder:
            file = FOLDER / f"{name}.yaml"
            file.unlink(missing_ok=True)
            record(name, file, Path(folder) / "repo")
    return 0


if __name__ == "__main__":
    sys.exit(main())
