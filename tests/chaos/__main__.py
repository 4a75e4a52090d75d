"""`python -m tests.chaos`: reviews while processes are killed, calls fail and lists lag. Exits 1 unless all came out well."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres

from .run import Chaos, Plan


def main() -> int:
    """Run it as the command line says."""
    given = _arguments()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="mainstay-chaos-") as folder, _database(given.database) as address:
        workers = 3 if address else 1
        chaos = Chaos(Plan(given.reviews, given.kills, workers, address, given.seed), Path(folder))
        begun = time.monotonic()
        try:
            account = chaos.run()
        finally:
            if given.log:
                Path(given.log).write_bytes(chaos.server.log.read_bytes() + chaos.notes.read_bytes())
    plan = f"{given.database}, {workers} worker(s), seed {given.seed}, load average {load:.1f} before and {os.getloadavg()[0]:.1f} after"
    pushed = f"{len(chaos.pushed)} heads of {len(chaos.hub.pulls)} pull requests in {time.monotonic() - begun:.0f} s"
    killed = f"workers killed {chaos.kills} times, the server {chaos.restarts} times"
    failed = f"{chaos.hub.failed} of {len(chaos.hub.requests)} calls failed"
    said = [plan, pushed, killed, failed]
    words = {name: getattr(account, name) for name in ("lost", "doubled", "overlapping")}
    said += [f"  {name}: {word}" for name, all_ in words.items() for word in all_]
    said += [f"finished {account.finished}", *(f"{name} {len(all_)}" for name, all_ in words.items())]
    sys.stdout.write("\n".join(said) + "\n")
    return 0 if account.is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--reviews", type=int, default=300, help="reviews that are asked for")
    parser.add_argument(
        "--kills", type=int, default=30, help="kills at random times; others come at each place of the steps"
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1, help="of all that is left to chance here")
    parser.add_argument("--log", default="", help="a file for the log and the workers' notes")
    return parser.parse_args()


@contextmanager
def _database(kind: str) -> Iterator[str]:
    """The address of a new database, empty for a file in the data folder."""
    if kind == "sqlite":
        yield ""
        return
    with postgres.server() as address:
        yield postgres.new_database(address)


if __name__ == "__main__":
    sys.exit(main())
