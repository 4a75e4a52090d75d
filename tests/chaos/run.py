"""One run: pull requests that are pushed to, workers that are killed and started anew, and the wait until all is done."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

from msgspec import Struct

from tests.repository import Repository
from tests.standin import StandIn
from tests.standin.app import Key, Server, told
from tests.standin.state import PullState

from . import account
from .account import Account
from .fickle import STUBBORN, FickleHub
from .work import PLACES

#: A comment is written on a file for the first head of each pull request alone.
_EARLY: Final = "on-files.writing"
STEPS: Final = ("arrive", "begin", "fetch", "judge", "beside", "on-files", "answer", "sum-up", "end")
_WRITE_NOTHING: Final = ("fetch", "judge")
_EACH: Final = 2
_FAULTY: Final = (
    'import requests\n\n\ndef pay(order):\n    return requests.post("https://pay.example/{}/{}", json=order)\n'
)
#: How often somebody pushes to a pull request whose last head is not reviewed yet.
_IMPATIENT: Final = 0.02
#: Seconds in which something must come to an end, while anything is under way.
_PATIENCE: Final = 120.0


class Plan(Struct, frozen=True):
    """What a run is made of: reviews asked for, kills at random times, workers, the database (empty for SQLite), and chances' seed.

    With each kill at a random time come two at places of the steps, until each place has had `_EACH`.
    """

    reviews: int
    kills: int
    workers: int
    database: str
    seed: int
    share: float = 0.1
    late: float = 2.0

    def orders(self) -> list[str]:
        """All kills, in an order by chance."""
        places = [f"{s}.{p}" for s in STEPS for p in PLACES if not (p == "writing" and s in _WRITE_NOTHING)]
        chance = random.Random(self.seed)  # noqa: S311 - of the tests alone
        chance.shuffle(places)
        every = [*(places * _EACH)[: 2 * self.kills], *["any.time"] * self.kills]
        chance.shuffle(every)
        every.sort(key=lambda place: place != _EARLY)
        return [f"{number:04}.{place}" for number, place in enumerate(every)]


class Chaos:
    """A run in a folder that is thrown away. `kills` counts workers that died of an order, `restarts` the server's."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan, self._chance = plan, random.Random(plan.seed)  # noqa: S311 - of the tests alone
        self.notes, self._orders, self._done = folder / "notes", folder / "orders", folder / "done"
        for made in (self._orders, self._done, folder / "hit"):
            made.mkdir()
        self.notes.touch()
        self._shop = Repository.create(folder / "shop")
        self._shop.commit({"README.md": "a shop\n"})
        key = Key()
        self.hub = FickleHub(self._shop.path, plan.share, plan.late, plan.seed)
        self.hub.public_key = key.public
        self.github = StandIn(self.hub)
        more = {"CHAOS_FOLDER": str(folder), "MAINSTAY_SETTLE": "0.5", "MAINSTAY_REVIEWS": "2"}
        more |= {"DATABASE_URL": plan.database} if plan.database else {}
        self.server = Server(self.github, key, folder / "data", "--no-worker", **more)
        self._workers: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self.pushed: list[tuple[int, str]] = []
        self._pushes: defaultdict[int, int] = defaultdict(int)
        self.kills = self.restarts = 0

    def run(self) -> Account:
        """Do it all, and say what came of it."""
        with self.github:
            try:
                self.server.start()
                self._poison()
                self._push_all()
                self._settle()
            finally:
                self.end()
        with self.hub.lock:
            told = {number: self._told(number) for number in self._pushes}
            lost = tuple(account.lost(self.hub, self.pushed, told, poison=1))
            return Account(
                finished=len(self.pushed) - len(lost),
                lost=lost,
                doubled=tuple(account.doubled(self.hub)),
                overlapping=tuple(account.overlapping(account.notes(self.notes.read_text()))),
            )

    def end(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.kill()
            worker.wait(timeout=10)
        self.server.end()

    # --- what people do ----------------------------------------------------------------------------------------------

    def _poison(self) -> None:
        """The first pull request kills whoever judges it, twice."""
        (self._folder / "poison").write_text(f"{self.hub.repository}#1")
        self._push(1)
        self._wait(lambda: self._is_done(1))
        (self._folder / "poison").unlink()

    def _push_all(self) -> None:
        """Push until all reviews are asked for and all orders carried out; orders come evenly over the pushes."""
        orders, most = self._plan.orders(), 3 * self._plan.reviews
        count, total = min(30, max(4, self._plan.reviews // 3)), len(orders)
        while len(self.pushed) < self._plan.reviews or ((orders or self._open()) and len(self.pushed) < most):
            while orders and total - len(orders) <= len(self.pushed) * total / self._plan.reviews:
                (self._orders / orders.pop(0)).touch()
                if self._chance.random() < 0.05:
                    self._restart()
            number = self._chance.randint(2, count + 1)
            if self._chance.random() < _IMPATIENT or self._is_done(number):
                self._push(number)
            self._look_after()
            time.sleep(0.05)

    def _push(self, number: int) -> None:
        """One commit more: the fault of the push before is mended, and another is made."""
        n = self._pushes[number]
        if n == 0:
            self._shop.run("checkout", "--quiet", "-b", f"pull-{number}", "main")
            self.hub.pulls[number] = PullState(number, "main", f"pull-{number}")
        else:
            self._shop.switch(f"pull-{number}")
        files = {f"m{n}.py": _FAULTY.format(number, n)} | ({} if n else {STUBBORN: _FAULTY.format(number, "always")})
        if n:
            files[f"m{n - 1}.py"] = _FAULTY.format(number, n - 1).replace("json=order", "json=order, timeout=5")
        head = self._shop.commit(files)
        self._pushes[number] += 1
        self.pushed.append((number, head))
        event = told(self.hub, "synchronize" if n else "opened", number=number, head={"sha": head})
        self._wait(lambda: self.server.deliver(event) == 202)

    def _told(self, number: int) -> set[str]:
        """The files in which the last head has findings."""
        return {f"m{self._pushes[number] - 1}.py", STUBBORN}

    # --- what becomes of it ------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Wait until all is done, or nothing has come to an end for long."""
        ended, since = -1, time.monotonic()
        while time.monotonic() - since < _PATIENCE:
            self._look_after()
            with self.hub.lock:
                now = sum(c["status"] == "completed" for c in self.hub.checks)
                missing = any(c["status"] != "completed" for c in self.hub.checks)
                heads = {c["head_sha"] for c in self.hub.checks}
            if not missing and all(head in heads for _, head in self.pushed) and not self._at_work():
                return
            if now != ended:
                ended, since = now, time.monotonic()
            time.sleep(0.2)

    def _at_work(self) -> bool:
        """True while a worker has a job in hand."""
        hand: set[tuple[int, str]] = set()
        for note in account.notes(self.notes.read_text()):
            if note.what == "begin":
                hand.add((note.process, note.job))
            elif note.what == "end":
                hand.discard((note.process, note.job))
            elif note.what == "killed":
                hand = {one for one in hand if one[0] != note.process}
        return bool(hand)

    def _is_done(self, number: int) -> bool:
        heads = {head for n, head in self.pushed if n == number}
        with self.hub.lock:
            return heads <= {c["head_sha"] for c in self.hub.checks if c["status"] == "completed"}

    def _open(self) -> bool:
        return any(self._orders.iterdir())

    def _restart(self) -> None:
        self.server.kill()
        self.server.start()
        self.restarts += 1

    def _look_after(self) -> None:
        """Start a worker for each that has died; one that has ended otherwise is a fault of its own."""
        for worker in [w for w in self._workers if w.poll() is not None]:
            assert worker.returncode == -signal.SIGKILL, (worker.returncode, self.server.log.read_text()[-3_000:])
            self._workers.remove(worker)
            self.kills += 1
        while len(self._workers) < self._plan.workers:
            self._workers.append(self.server.worker("-m", "tests.chaos.work"))

    def _wait(self, true: object) -> None:
        assert callable(true)
        end = time.monotonic() + _PATIENCE
        while not true():
            assert time.monotonic() < end, self.server.log.read_text()[-3_000:]
            self._look_after()
            time.sleep(0.1)
