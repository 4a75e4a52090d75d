"""What the stand-in remembers: repositories, pull requests, checks, tokens, installations, and what is to go wrong."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field, structs

from .failing import Chaos, Failure
from .reckoning import Changed, Git
from .rights import Budget, Installation, Manifest, Refusal, Token

#: The account of the App, with its `[bot]` name.
BOT = 7
#: What makes a token about as long as GitHub's own, with dots: https://github.blog/changelog (27 April 2026).
_LETTERS: Final = "of.the.installation" * 32
_FIRST_ID = 1_000


def now() -> str:
    """The time as GitHub writes it."""
    return dt.datetime.now(tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class PullState(Struct):
    """One pull request: branches by name, what it is, and what people and programs wrote.

    `home` is its repository, None for the hub's first; `fork` the one that the head branch lies in, when that is another.
    `seen` remembers the branches' last commits (base, head): a pull request outlives them. `reviews` are those that somebody wrote as
    such, `singles` those that GitHub makes around a comment of its own.
    """

    number: int
    base: str
    head: str
    title: str = "Change something"
    author: int = 8
    state: str = "open"
    draft: bool = False
    merged: bool = False
    labels: list[str] = field(default_factory=list)
    body: str = ""
    home: Home | None = None
    fork: Home | None = None
    comments: list[dict[str, Any]] = field(default_factory=list)
    conversation: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    singles: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    created: str = field(default_factory=now)
    updated: str = field(default_factory=now)


class Home:
    """One repository: git on disk, its pull requests and the checks on its commits."""

    def __init__(self, number: int, folder: Path, name: str) -> None:
        self.id, self.git, self.name = number, Git(folder), name
        self.default_branch = "main"
        self.private = self.archived = self.is_fork = False
        self.pulls: dict[int, PullState] = {}
        self.checks: list[dict[str, Any]] = []
        self.former: set[str] = set()
        self._numbers = count(1)
        self._moving = threading.Lock()

    def open(self, base: str, head: str, fork: Home | None = None, **told: Any) -> PullState:
        """A new pull request between two branches."""
        pull = PullState(next(self._numbers), base, head, home=self, fork=fork, **told)
        if fork is not None:
            fork.is_fork = True
        self.pulls[pull.number] = pull
        return pull

    def sides(self, pull: PullState) -> tuple[str, str]:
        """The commits at the ends of a pull request, `refs/pull/N/head` brought up to them; a closed one has stopped moving."""
        if pull.state == "closed" and pull.seen:
            return pull.seen["base"], pull.seen["head"]
        base = self.git.commit(pull.base) or pull.seen.get("base", "")
        head = (pull.fork or self).git.commit(pull.head) or pull.seen.get("head", "")
        if pull.seen.get("head") != head:
            with self._moving:
                if pull.fork is not None:
                    self.git.ask("fetch", "--quiet", "--no-tags", str(pull.fork.git.folder), head)
                self.git.ask("update-ref", f"refs/pull/{pull.number}/head", head)
        pull.seen = {"base": base, "head": head}
        return base, head

    def changed(self, pull: PullState) -> tuple[Changed, ...]:
        """The files of a pull request, against where its branches have parted."""
        base, head = self.sides(pull)
        return self.git.files(self.git.merge_base(base, head), head)


class Memory:
    """A host with repositories, the people who have tokens, and one App. The first repository is the one meant by default.

    Who and what: `permissions` are the App's, `roles` people's by their logins; `suspended` are installations by their ids, `lives` the
    seconds of a token, `rate_limit` the calls of an hour. `hook` is where the App's deliveries go, `manifests` are those that wait, by
    their codes. `resolved` are threads, by the ids of their first comments. `default_settings` are those in the owner's repository
    `.github`. `address` is what people open in a browser.

    What goes wrong: `lag` are the seconds by which lists are behind what was written. `listed` cuts the files of a pull request, of which
    those from number `silent_from` on are listed without a word of what changed; `cut_trees` cuts the list of all that a commit holds.
    `stubborn` are paths that take no comment beside a line. `date` is what an answer's Date says where it is to be wrong.

    What was: `requests`, the `versions` of the interface that they asked for, how many were `spared` because the answer was known, and
    `git_requests`, which may ask for `any_commit`, or else for those to which a branch leads.
    `wrong` gathers what broke GitHub's description: what the stand-in answered and, unless it is `forgiving`, what it was asked.
    """

    def __init__(self, folder: Path, repository: str = "shop/payments") -> None:
        self.homes: dict[str, Home] = {}
        self.first = self.add(folder, repository)
        self.people = {"token-of-mainstay": BOT, "token-of-somebody": 8}
        self.tokens: dict[str, Token] = {}
        self.app, self.slug, self.public_key = 12345, "mainstay", ""
        self.accounts: dict[int, tuple[str, str]] = {}
        self.permissions = {
            "metadata": "read",
            "contents": "read",
            "pull_requests": "write",
            "checks": "write",
            "issues": "write",
        }
        self.events = ["pull_request", "check_run"]
        self.installations = {77: Installation(77, repository.partition("/")[0])}
        self.suspended: set[int] = set()
        self.roles: dict[str, str] = {"user-8": "write"}
        self.lag = 0.0
        self.lives = 3600.0
        self.rate_limit = 5000
        self.listed: int | None = None
        self.cut_trees = False
        self.silent_from: int | None = None
        self.stubborn: set[str] = set()
        self.default_settings = ""
        self.resolved: set[int] = set()
        self.failures: list[Failure] = []
        self.chaos: Chaos | None = None
        self.requests: list[tuple[str, str]] = []
        self.versions: set[str] = set()
        self.git_requests: list[str] = []
        self.any_commit = True
        self.spared = 0
        self.address = "https://github.example"
        self.wrong: list[str] = []
        self.forgiving = False
        self.date = ""
        self.hook: dict[str, Any] = {
            "url": "https://mainstay.example.org/webhook",
            "content_type": "json",
            "insecure_ssl": "0",
            "secret": "********",
        }
        self.manifests: dict[str, Manifest] = {}
        self.deliveries: list[dict[str, Any]] = []
        self.redeliver: Callable[[dict[str, Any]], None] | None = None
        self.clock: Callable[[], float] = time.monotonic
        self.lock = threading.RLock()
        self._budgets: dict[tuple[int, str], Budget] = {}
        self._ids = count(_FIRST_ID)
        self._written: dict[int, float] = {}
        self._older: dict[int, tuple[float, dict[str, Any]]] = {}

    # --- what there is -----------------------------------------------------------------------------------------

    @property
    def git(self) -> Git:
        """The first repository's git."""
        return self.first.git

    @property
    def repository(self) -> str:
        """The first repository's OWNER/NAME; it may be given another, and is found by its `old_names` too."""
        return self.first.name

    @repository.setter
    def repository(self, name: str) -> None:
        del self.homes[self.first.name.lower()]
        self.first.name, self.homes[name.lower()] = name, self.first

    @property
    def old_names(self) -> set[str]:
        """What the first repository was called before."""
        return self.first.former

    @old_names.setter
    def old_names(self, names: set[str]) -> None:
        self.first.former = {name.lower() for name in names}

    @property
    def pulls(self) -> dict[int, PullState]:
        """The first repository's pull requests."""
        return self.first.pulls

    @property
    def checks(self) -> list[dict[str, Any]]:
        """The first repository's checks."""
        return self.first.checks

    @checks.setter
    def checks(self, checks: list[dict[str, Any]]) -> None:
        self.first.checks = checks

    def add(self, folder: Path, repository: str) -> Home:
        """One more repository, OWNER/NAME, over a git repository on disk."""
        home = Home(len(self.homes) + 1, folder, repository)
        self.homes[repository.lower()] = home
        return home

    def home(self, name: str) -> Home | None:
        """The repository of that name, or that once had it."""
        found = self.homes.get(name.lower())
        return found or next((h for h in self.homes.values() if name.lower() in h.former), None)

    def account(self, number: int) -> tuple[str, str]:
        """An account's login and type."""
        if number == BOT:
            return f"{self.slug}[bot]", "Bot"
        return self.accounts.get(number, (f"user-{number}", "User"))

    def home_of(self, pull: PullState) -> Home:
        """The repository of a pull request."""
        return pull.home or self.first

    def open(self, base: str, head: str, **told: Any) -> PullState:
        """A new pull request in the first repository."""
        return self.first.open(base, head, **told)

    def commit(self, name: str) -> str:
        """The commit that a branch of the first repository stands at."""
        found = self.git.commit(name)
        assert found is not None, f"there is no {name}"
        return found

    def token(
        self,
        installation: int = 77,
        permissions: dict[str, str] | None = None,
        repositories: frozenset[int] | None = None,
    ) -> str:
        """A new token of an installation: for all that the App may do, or for less."""
        text = f"ghs_{self.app}.{self.number()}.{_LETTERS}"
        given = self.granted(installation) if permissions is None else permissions
        self.tokens[text] = Token(BOT, installation, self.clock() + self.lives, given, repositories)
        return text

    def whose(self, text: str) -> Token:
        """Who asks with a token. Raises Refusal."""
        if text in self.people:
            return Token(self.people[text])
        token = self.tokens.get(text)
        if token is None or token.ends <= self.clock() or token.installation not in self.installations:
            raise Refusal(401, "Bad credentials")
        if token.installation in self.suspended:
            raise Refusal(403, "This installation has been suspended")
        return token

    def expire(self) -> None:
        """Let every token end now that an installation has."""
        self.tokens = {text: structs.replace(token, ends=self.clock()) for text, token in self.tokens.items()}

    def granted(self, installation: int) -> dict[str, str]:
        """What an installation may do."""
        it = self.installations[installation]
        return dict(self.permissions if it.permissions is None else it.permissions)

    def delivered(
        self, event: str, action: str | None, guid: str, code: int, status: str, **told: Any
    ) -> dict[str, Any]:
        """Note a delivery as GitHub keeps it."""
        row = {
            "id": self.number(),
            "guid": guid,
            "delivered_at": now(),
            "redelivery": any(d["guid"] == guid for d in self.deliveries),
            "duration": 0.1,
            "status": status,
            "status_code": code,
            "event": event,
            "action": action,
            "installation_id": 77,
            "repository_id": 1,
            "url": self.hook["url"],
            "request": {"headers": None, "payload": None},
            "response": {"headers": None, "payload": None},
        } | told
        self.deliveries.append(row)
        return row

    # --- lists that lag behind ---------------------------------------------------------------------------------

    def number(self) -> int:
        """An id that nothing else has."""
        return next(self._ids)

    def written(self, row: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
        """Note when something was written, and what stood there before."""
        if before is not None:
            self._older[row["id"]] = (self.clock(), before)
        else:
            self._written[row["id"]] = self.clock()
        return row

    def visible(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows as a list shows them now: `lag` seconds late."""
        until = self.clock() - self.lag
        shown = []
        for row in rows:
            if self._written.get(row["id"], until) <= until:
                since, older = self._older.get(row["id"], (until, row))
                shown.append(older if since > until else row)
        return shown

    def budget(self, who: Token, resource: str = "core") -> Budget:
        """What is left of somebody's calls in this hour; an installation has one of its own."""
        key = (who.installation or -who.user, resource)
        with self.lock:
            standing = self._budgets.get(key)
            if standing is None or standing.ends <= time.time():
                standing = self._budgets[key] = Budget(self.rate_limit, time.time() + 3600)
            return standing

    def fail(self, *failures: Failure) -> None:
        """Let these go wrong, each as often as it says."""
        with self.lock:
            self.failures += failures

    def fails(self, method: str, path: str, *, after: bool, body: bytes = b"") -> Failure | None:
        """What goes wrong with a call before its work is done, or after it: what was asked for, counted down, or what chance says."""
        with self.lock:
            for failure in self.failures:
                if failure.times and failure.is_due(after=after) and failure.means(method, path, body):
                    failure.times -= 1
                    return failure
        return self.chaos.draw(method, path, after=after) if self.chaos else None

    def close(self) -> None:
        """End what was kept."""
        for home in self.homes.values():
            home.git.close()
