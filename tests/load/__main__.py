"""`python -m tests.load webhooks|reviews|memory`: what the App bears, as tables."""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bot.adapters.workers import read_frame, write_frame
from tests.standin.app import SECRET

from .deliver import Round, Sent
from .plant import Plant, plant
from .shop import FAULTY

#: Lower than whoever takes and sends deliveries: the stand-in is no part of what is measured.
_NICE: Final = 10
_FILES: Final = 10
_ALONE: Final = 15
_PATIENCE: Final = 900.0


def main() -> int:
    """Measure what the command line names."""
    given = _arguments()
    before = os.getloadavg()[0]
    rows = given.measure(given)
    rows.append(f"\n{os.cpu_count()} cores, load average {before:.1f} before and {os.getloadavg()[0]:.1f} after")
    sys.stdout.write("\n".join(rows) + "\n")
    return 0


def webhooks(given: argparse.Namespace) -> list[str]:
    """Deliveries at a rate, beside workers that have more to do than they can."""
    most = math.ceil(given.rate * given.seconds / 10)
    ahead = 20
    with plant(given.database, most + ahead, 2, 2 if given.database == "postgresql" else 1) as app:
        sender = subprocess.Popen(
            [sys.executable, "-m", "tests.load.deliver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        os.nice(_NICE)
        for number in range(1, ahead + 1):
            app.deliver(number)
        app.wait(lambda: bool(app.reviewed()), 60)
        heads = [(number, app.head(number)) for number in range(ahead + 1, ahead + most + 1)]
        asked = Round(app.server.port, SECRET, given.rate, given.seconds, app.hub.repository, heads)
        done = len(app.reviewed())
        sent = _sent(sender, asked)
        done, left = len(app.reviewed()) - done, ahead + most - len(app.reviewed())
    return [
        *_table(given, sent),
        f"\nMeanwhile {len(app.workers)} worker(s) ended {done} reviews, and {left} were left to do.",
    ]


def _sent(sender: subprocess.Popen[bytes], asked: Round) -> list[Sent]:
    assert sender.stdin is not None
    assert sender.stdout is not None
    write_frame(sender.stdin, msgspec.json.encode(asked))  # type: ignore[arg-type]  # a pipe of bytes is one
    answer = read_frame(sender.stdout)  # type: ignore[arg-type]  # likewise
    sender.stdin.close()
    sender.stdout.close()
    sender.wait(timeout=10)
    assert answer is not None
    return msgspec.json.decode(answer, type=list[Sent])


def _table(given: argparse.Namespace, sent: list[Sent]) -> list[str]:
    reached = len(sent) / (max(s.at for s in sent) + 1 / given.rate)
    times = sorted(s.took * 1000 for s in sent)
    status = Counter(s.status for s in sent)
    p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 0.99))
    refused = sum(count for code, count in status.items() if code not in (202, 204))
    return [
        "| database | deliveries | a second | 202 | 204 | other | p50 ms | p95 ms | p99 ms | max ms | sent late, max ms |",
        f"|{'---|' * 11}",
        (
            f"| {given.database} | {len(sent)} | {reached:.1f} | {status[202]} | {status[204]} | {refused} "
            f"| {p50:.1f} | {p95:.1f} | {p99:.1f} | {times[-1]:.1f} | {max(s.late for s in sent) * 1000:.1f} |"
        ),
    ]


def reviews(given: argparse.Namespace) -> list[str]:
    """From delivery to ended check: one at a time, then all at once."""
    with plant(given.database, _ALONE + given.count, _FILES, given.workers) as app:
        app.hub.warm()
        before = _computed(app)
        alone = [_one(app, number) for number in range(1, _ALONE + 1)]
        numbers = range(_ALONE + 1, _ALONE + given.count + 1)
        began = time.monotonic()
        for number in numbers:
            app.deliver(number)
        accepted = time.monotonic() - began
        app.wait(lambda: app.reviewed() >= set(numbers), _PATIENCE)
        took = time.monotonic() - began
        computed = (_computed(app) - before) / (_ALONE + given.count)
        whole = sum(
            len(app.hub.pulls[n].conversation) == 1 and len(app.hub.pulls[n].comments) == FAULTY for n in numbers
        )
    return [
        (
            f"{given.database}, {given.workers} worker(s), changes of {_FILES} files, rules only, on loopback; first heads, which do not "
            "settle: 0.0 s subtracted"
        ),
        "",
        "| | median s | worst s |",
        "|---|---|---|",
        f"| one at a time, {_ALONE} reviews | {statistics.median(alone):.2f} | {max(alone):.2f} |",
        "",
        (
            f"{given.count} at once: accepted in {accepted:.1f} s, the last ended after {took:.1f} s "
            f"({given.count / took:.1f} a second); {whole} posted whole and once, {given.count - whole} not; "
            f"{computed:.2f} s of computing for a review"
        ),
    ]


def _one(app: Plant, number: int) -> float:
    began = time.monotonic()
    app.deliver(number)
    app.wait(lambda: number in app.reviewed(), 60)
    return time.monotonic() - began


def memory(given: argparse.Namespace) -> list[str]:
    """What a worker holds after so many reviews."""
    step = max(1, given.count // 10)
    rows = ["| reviews | worker, MB | its processes for texts, MB |", "|---|---|---|"]
    with plant(given.database, given.count, FAULTY, 1) as app:
        for first in range(1, given.count + 1, step):
            numbers = set(range(first, min(first + step, given.count + 1)))
            for number in numbers:
                app.deliver(number)
            app.wait(partial(_are_done, app, numbers), _PATIENCE)
            own = app.workers[0].pid
            children = _children(own)
            rows.append(
                f"| {max(numbers)} | {_resident(own):.1f} | {sum(map(_resident, children)):.1f} in {len(children)} |"
            )
    return rows


def _are_done(app: Plant, numbers: set[int]) -> bool:
    return app.reviewed() >= numbers


def _resident(process: int) -> float:
    """Megabytes that a process holds: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html ."""
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def _computed(app: Plant) -> float:
    """Seconds that the workers and the processes that they have now have computed: https://man7.org/linux/man-pages/man5/proc.5.html ."""
    processes = [p for worker in app.workers for p in (worker.pid, *_children(worker.pid))]
    told = [Path(f"/proc/{p}/stat").read_text(encoding="utf-8").rpartition(")")[2].split() for p in processes]
    return sum(int(user) + int(system) for row in told for user, system in [row[11:13]]) / os.sysconf("SC_CLK_TCK")


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text(encoding="ascii").split()]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    measures = parser.add_subparsers(required=True)
    one = measures.add_parser("webhooks", help="deliveries by the clock beside busy workers")
    one.add_argument("--rate", type=float, default=100, help="deliveries a second")
    one.add_argument("--seconds", type=float, default=60)
    one.set_defaults(measure=webhooks)
    two = measures.add_parser("reviews", help="from delivery to ended check")
    two.add_argument("--count", type=int, default=200, help="pull requests at once")
    two.add_argument("--workers", type=int, default=1)
    two.set_defaults(measure=reviews)
    three = measures.add_parser("memory", help="what a worker holds after so many reviews (Linux)")
    three.add_argument("--count", type=int, default=1000)
    three.set_defaults(measure=memory)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
