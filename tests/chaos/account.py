"""What came of it all: reckoned from what stands at the host, and from what the workers noted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from tests.standin import Hub


class Note(Struct, frozen=True):
    """One line of a worker's notes."""

    at: int
    process: int
    what: str
    job: str


class Account(Struct, frozen=True):
    """Heads that were reviewed or ended for a reason, heads that were not, what stands there twice, reviews at the same time."""

    finished: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    overlapping: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing lost, doubled or overlapping."""
        return not (self.lost or self.doubled or self.overlapping)


def notes(text: str) -> list[Note]:
    """The notes of all workers, in the order of time."""
    rows = (line.split(" ", 3) for line in text.splitlines())
    return sorted((Note(int(at), int(process), what, job) for at, process, what, job in rows), key=lambda n: n.at)


def lost(hub: Hub, pushed: Iterable[tuple[int, str]], told: dict[int, set[str]], poison: int = 0) -> Iterator[str]:
    """Heads without a check that has ended; and the last heads that were not reviewed, or of which a comment is missing.

    `told` are the files with findings at each pull request's last head. The `poison` one must say that it was given up.
    """
    yield from _never_ended(hub)
    ends = {(_number(c), c["head_sha"]): c for c in hub.checks if c["status"] == "completed"}
    last = dict(pushed)
    for number, head in pushed:
        check = ends.get((number, head))
        title = str(check["output"].get("title", "")) if check else ""
        if check is None:
            yield f"#{number} {head[:8]}: no check that has ended"
        elif last[number] != head:
            continue
        elif number == poison:
            if title != "Not reviewed" or "died under it" not in check["output"]["summary"]:
                yield f"#{number}: poison, and its check says {title!r}"
        elif check["conclusion"] not in ("success", "failure"):
            yield f"#{number} {head[:8]}: the last head ended as {check['conclusion']} ({title})"
        else:
            yield from _untold(hub, number, told[number])


def _never_ended(hub: Hub) -> Iterator[str]:
    for check in hub.checks:
        if check["status"] != "completed":
            yield f"#{_number(check)} {check['head_sha'][:8]}: check {check['id']} has not ended"


def _untold(hub: Hub, number: int, wanted: set[str]) -> Iterator[str]:
    pull = hub.pulls[number]
    ended = {c["in_reply_to_id"] for c in pull.comments if "in_reply_to_id" in c}
    there = {c["path"] for c in pull.comments if "in_reply_to_id" not in c and c["id"] not in ended}
    if there != wanted:
        yield f"#{number}: open comments on {sorted(there)}, and not on {sorted(wanted)}"
    if not pull.conversation:
        yield f"#{number}: no summary"


def doubled(hub: Hub) -> Iterator[str]:
    """Comments with one marker, summaries of one pull request and checks of one head that are there more than once."""
    for number, pull in hub.pulls.items():
        marks = Counter((c["path"], c.get("in_reply_to_id", 0), c["body"].partition("\n")[0]) for c in pull.comments)
        yield from (f"#{number}: {n} comments on {path} {mark}" for (path, _, mark), n in marks.items() if n > 1)
        if len(pull.conversation) > 1:
            yield f"#{number}: {len(pull.conversation)} summaries"
        reviews = Counter(r["id"] for r in pull.reviews)
        yield from (f"#{number}: review {r} twice" for r, n in reviews.items() if n > 1)
    checks = Counter((c["external_id"], c["head_sha"]) for c in hub.checks)
    yield from (f"{name}: {n} checks" for (name, _), n in checks.items() if n > 1)


def overlapping(noted: Iterable[Note]) -> Iterator[str]:
    """Pull requests on which two processes or two jobs were at work at once."""
    at_work: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)
    for note in noted:
        if note.what == "killed":
            for others in at_work.values():
                others.difference_update([one for one in others if one[0] == note.process])
        if note.job.endswith(".arrived") or note.what not in ("begin", "end"):
            continue
        working = at_work[note.job.partition("@")[0]]
        if note.what == "end":
            working.discard((note.process, note.job))
            continue
        working.add((note.process, note.job))
        if len(working) > 1:
            yield " beside ".join(f"{job} in {process}" for process, job in sorted(working))


def _number(check: dict[str, Any]) -> int:
    return int(check["external_id"].split("-")[1])
