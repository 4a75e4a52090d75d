"""A pull request of the stand-in as a page: one HTML text that needs nothing else, with all that was posted where it belongs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from tests.standin import Hub

from . import lines
from .threads import Shown, Spot, Thread, placed, said, threads
from .words import TEMPLATES, words

#: As what a check's conclusion is shown.
_LOOKS = {"success": "good", "failure": "bad", "action_required": "bad"}
_SUMMARYS_ADDRESS = re.compile(r"https?://\S+#(?:issue)?comment-(\d+)")


class Heading(Struct, frozen=True):
    """What the page says of a pull request that the stand-in does not know, and the other pages of the same: names and addresses."""

    title: str
    author: str
    state: str = "Open"
    stages: tuple[tuple[str, str], ...] = ()
    stage: str = ""


class Check(Struct, frozen=True):
    """One check as it is shown."""

    commit: str
    label: str
    look: str
    title: str
    text: Markup
    annotations: tuple[dict[str, Any], ...]


class Earlier(Struct, frozen=True):
    """Threads that an older state of the branch had, in its lines."""

    commit: str
    files: tuple[Shown, ...]
    threads: int


def page(hub: Hub, number: int, heading: Heading, resolved: Collection[int]) -> str:
    """The page of a pull request; `resolved` are threads, by the comments that began them."""
    pull = hub.pulls[number]
    base, head = hub.commit(pull.base), hub.commit(pull.head)
    parted = hub.git.merge_base(base, head)
    changed = lines.files(hub.git, parted, head)
    told = threads(hub.git, pull.comments, resolved)
    now = placed(changed, (t for t in map(_Mover(hub.git, base, head), told) if t is not None))
    shown = {t.first.id for file in now for t in file.threads}
    commits = _commits(hub.git, parted, head)
    own = {*(t.commit for t in told), *(commit for commit, _ in commits)}
    earlier = tuple(_earlier(hub, base, [t for t in told if t.first.id not in shown]))
    return TEMPLATES.get_template("page.html").render(
        style=Markup((Path(__file__).parent / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        heading=heading,
        repository=hub.repository,
        pull=pull,
        commits=commits,
        checks=[_check(c) for c in reversed(hub.checks) if c["status"] == "completed" and c["head_sha"] in own],
        conversation=[said(c) for c in pull.conversation],
        files=now,
        earlier=earlier,
        threads=told,
    )


class _Mover:
    """Brings threads of older states of the branch to the lines of its head."""

    def __init__(self, git: Any, base: str, head: str) -> None:
        self._git, self._head, self._base = git, head, base
        self._parted = git.merge_base(base, head)

    def __call__(self, thread: Thread) -> Thread | None:
        """The thread where it stands now, None where its lines are gone."""
        spot = thread.spot
        if thread.commit == self._head or not spot.line:
            return thread
        if spot.side == "old":
            return thread if self._git.merge_base(self._base, thread.commit) == self._parted else None
        found = [lines.moved(self._git, spot.path, thread.commit, self._head, n) for n in (spot.start, spot.line)]
        if found[0] is None or found[1] is None:
            return None
        return replace(thread, spot=Spot(spot.path, spot.side, found[0], found[1]))


def _earlier(hub: Hub, base: str, told: Iterable[Thread]) -> Iterable[Earlier]:
    by_commit: dict[str, list[Thread]] = {}
    for thread in told:
        by_commit.setdefault(thread.commit, []).append(thread)
    for commit, those in reversed(by_commit.items()):
        found = placed(lines.files(hub.git, hub.git.merge_base(base, commit), commit), those)
        files = tuple(_with_threads_alone(file) for file in found if file.threads)
        yield Earlier(commit, files, sum(len(file.threads) for file in files))


def _with_threads_alone(shown: Shown) -> Shown:
    """The file with those hunks alone in which something is said."""
    hunks = (h for h in shown.file.hunks if any(shown.after(row) for row in h.rows))
    return replace(shown, file=replace(shown.file, hunks=tuple(hunks)))


def _check(run: dict[str, Any]) -> Check:
    output = run["output"]
    text = str(words(output.get("summary", "")))
    linked = _SUMMARYS_ADDRESS.sub(r'<a href="#said-\1">its summary</a>', text)
    return Check(
        run["head_sha"],
        run["conclusion"].replace("_", " "),
        _LOOKS.get(run["conclusion"], "quiet"),
        output.get("title", ""),
        Markup(linked),  # noqa: S704 - escaped by `words`
        tuple(output.get("annotations", ())),
    )


def _commits(git: Any, base: str, head: str) -> list[tuple[str, str]]:
    told = git.ask("log", "--reverse", "-z", "--format=%H %s", f"{base}..{head}").split("\0")
    return [(line[:40], line[41:]) for line in told if line]
