"""A pull request on the stand-in and the App that writes to it: what the tests of publishing have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters import github
from bot.adapters.github import checks, threads, writing
from bot.entry import pulls
from bot.entry.judging import judging
from bot.entry.pulls import Made, Posted
from bot.kit import prepare
from bot.markers import Markers, key_from
from bot.ports import Annotation, Begun, Plan, PullRequest, Shown
from bot.render import comments

from .repository import Repository
from .standin import Hub, StandIn
from .standin.app import Key

SAFE = """import requests

URL = "https://payments.example/charge"


def charge(order):
    return requests.post(URL, json=order, timeout=5)


def look(order):
    return requests.get(URL, timeout=5)


def change(order):
    return requests.put(URL, json=order, timeout=5)
"""
BARE = SAFE.replace(", timeout=5", "")
ONE_MENDED = BARE.replace("json=order)", "json=order, timeout=5)", 1)
CLIENT = "app/client.py"
#: The repository's number on the stand-in.
HOME = 1
#: Comments of their own at most, where a repository says nothing else.
MOST = 10
#: Accounts: the App's, a person's.
BOT, SOMEBODY = 7, 8
#: What the stand-in's `lag` is set to where its lists are late, and seconds after which a list is believed here.
LATE, LAG = 0.1, 0.5


class World:
    """A pull request, the stand-in that shows it, and the App."""

    def __init__(self, standin: StandIn, shop: Repository, key: Key) -> None:
        self.hub, self.shop, self.key = standin.hub, shop, key
        self.app = github.App(standin.url, self.hub.app, key.private)
        self._number = 0

    # --- what the App does -----------------------------------------------------------------------------------------

    @property
    def client(self) -> github.Client:
        """A client of the App's installation."""
        return self.app.client(77)

    def pull(self) -> PullRequest:
        """The pull request as it stands."""
        return github.read_pull(self.client, self.hub.repository, 1)

    def markers(self, number: int = 1) -> Markers:
        """The App's markers in a pull request."""
        return Markers(HOME, number, key_from(self.key.private))

    def made(self, most: int = MOST) -> Made:
        """The review of the head."""
        client, pull = self.client, self.pull()
        change, kit = github.read_change(client, pull).change, prepare(github.BaseSources(client, pull))
        made = pulls.make(pull, change, kit, self.markers(), judging(kit.engine))
        return replace(made, plan=comments.plan(made.review, change, most, made.markers))

    def write(self, made: Made, lag: float = 0.0) -> Posted:
        """Bring the pull request up to a review."""
        client = self.client
        return pulls.write(client, self.app.author(client), made, lag)

    def review(self, most: int = MOST) -> Posted:
        """Review and write."""
        return self.write(self.made(most))

    def whole_job(self, made: Made, lag: float = 0.0) -> None:
        """All that a job writes, in its order; the check has 120 annotations. The check's number is kept, as a step's result is."""
        self._number = number = self._number or github.begin(self.client, made.pull, begun=Begun(0, lag))
        posted = self.write(made, lag)
        title, text, _ = pulls.words(made, posted.summary.address)
        conclusion, begun = pulls.conclusion(made), Begun(number, lag)
        github.end(self.client, made.pull, conclusion, title, text, many(120), begun)

    # --- what people do, and what they see -------------------------------------------------------------------------

    def push(self, text: str) -> str:
        """Another text of the client on the branch; the new head."""
        return self.shop.commit({CLIENT: text})

    @property
    def roots(self) -> list[dict[str, Any]]:
        """The comments that began threads."""
        return [c for c in self.hub.pulls[1].comments if "in_reply_to_id" not in c]

    @property
    def places(self) -> list[int | None]:
        """Their lines; None for a comment on a file."""
        return [c.get("line") for c in self.roots]

    @property
    def answers(self) -> list[dict[str, Any]]:
        """The comments in threads of others."""
        return [c for c in self.hub.pulls[1].comments if "in_reply_to_id" in c]

    @property
    def resolved(self) -> set[int]:
        """The threads that are resolved, by the comments that began them."""
        return set(self.hub.resolved)

    @property
    def summary(self) -> str:
        """The one comment of the conversation."""
        (said,) = self.hub.pulls[1].conversation
        return str(said["body"])

    @property
    def writes(self) -> list[tuple[str, str]]:
        """What was written so far, in the order in which it was asked for."""
        return [(m, p) for m, p in self.hub.requests if m != "GET" and not p.endswith(("access_tokens", "graphql"))]

    def check(self) -> dict[str, Any]:
        """The one check of the head."""
        (run,) = [c for c in self.hub.checks if c["head_sha"] == self.hub.commit("feature")]
        return run


@contextmanager
def world_over(shop: Repository, key: Key) -> Iterator[World]:
    """The stand-in over a repository with a branch `feature` that is to go into `main`."""
    hub = Hub(shop.path)
    hub.public_key = key.public
    hub.open("main", "feature")
    with StandIn(hub) as standin:
        yield World(standin, shop, key)


def shop_without_time_outs(shop: Repository) -> Repository:
    """A repository whose branch takes three time-outs away and changes another file."""
    shop.commit({CLIENT: SAFE, "other.py": "A = 1\n"})
    shop.run("checkout", "--quiet", "-b", "feature")
    shop.commit({CLIENT: BARE, "other.py": "A = 2\n"})
    return shop


def make_impatient(patch: pytest.MonkeyPatch) -> None:
    """Lists are believed much sooner than outside."""
    for module in (threads, checks, writing):
        patch.setattr(module, "LAG", LAG)
    patch.setattr(threads, "_LOOKS_EVERY", 0.02)


def many(count: int) -> Shown:
    """So many annotations, each another."""
    return Shown(tuple(Annotation(CLIENT, n + 1, n + 1, "notice", "a rule", f"number {n}") for n in range(count)))


def with_comments(made: Made, *planned: Any) -> Made:
    """The review with other comments to be written."""
    return replace(made, plan=Plan(planned, made.plan.over))
