"""Pull requests with a file that kills the parser, before three workers: all live, and the review says what it did not read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.repository import Repository
from tests.standin import Hub, StandIn
from tests.standin.app import Key, Server, told, until

#: The grammar of Java crashes over as many brackets.
KILLER = "({" * 100_000
CALLS = "import requests\n\n\ndef pay(order):\n    return requests.post('https://pay.example', json=order)\n"
PULLS = 4


@pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")
@pytest.mark.xdist_group("server")
def test_a_file_that_kills_the_parser_kills_no_worker(tmp_path: Path, postgres: str) -> None:
    """What lies beside it is reviewed; the verdict is `partial`, and the check and the summary name the file."""
    shop = Repository.create(tmp_path / "shop")
    shop.commit({"README.md": "a shop\n"})
    for n in range(1, PULLS + 1):
        shop.run("checkout", "--quiet", "-b", f"pull-{n}", "main")
        shop.commit({f"src/Bad{n}.java": KILLER, "client.py": CALLS})
    hub, key = Hub(shop.path), Key()
    hub.public_key = key.public
    with StandIn(hub) as github:
        server = Server(github, key, tmp_path / "data", "--no-worker", DATABASE_URL=postgres)
        server.start()
        workers = [server.worker() for _ in range(3)]
        try:
            until(lambda: server.log.read_text().count("working") == len(workers), 120)
            for n in range(1, PULLS + 1):
                hub.open("main", f"pull-{n}")
                assert server.deliver(told(hub, number=n, head={"sha": hub.commit(f"pull-{n}")})) == 202
            until(lambda: [c["status"] for c in hub.checks] == ["completed"] * PULLS, 120)
            assert [worker.poll() for worker in workers] == [None] * 3, server.log.read_text()
        finally:
            for worker in workers:
                worker.kill()
                worker.wait(timeout=10)
            server.end()

    for check in hub.checks:
        n = int(check["external_id"].split("-")[1])
        assert check["output"]["title"].startswith("PARTIAL")
        assert f"src/Bad{n}.java" in check["output"]["summary"] + hub.pulls[n].conversation[0]["body"]
        assert f"src/Bad{n}.java" in hub.pulls[n].conversation[0]["body"]
        assert [comment["path"] for comment in hub.pulls[n].comments] == ["client.py"]
