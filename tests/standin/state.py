"""What the stand-in remembers, and what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from .reckoning import Git

LONGEST = 65_536
MOST_ANNOTATIONS, MOST_ACTIONS = 50, 3
#: The account of the App with its `[bot]` name, and the token of its installation.
BOT, BOTS_TOKEN = 7, "ghs_" + "of.the.installation" * 32
_CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")


class Refusal(Exception):
    """An answer that is no success: its status and message."""

    def __init__(self, status: int, message: str, *errors: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.errors, self.headers = status, message, errors, headers or {}


class Failure(Struct):
    """What goes wrong with the next request of this method whose path ends so: before the work is done, or after.

    `status` 0 cuts the connection. `times` counts down.
    """

    method: str
    ending: str
    status: int
    after: bool = False
    times: int = 1


class PullState(Struct):
    """One pull request: branches by name, what people and programs wrote, and what else is told of it (`facts`)."""

    number: int
    base: str
    head: str
    state: str = "open"
    draft: bool = False
    comments: list[dict[str, Any]] = field(default_factory=list)
    conversation: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class Hub:
    """A host with one repository, its pull requests and the people who have tokens."""

    def __init__(self, folder: Path, repository: str = "shop/payments") -> None:
        self.git, self.repository = Git(folder), repository
        self.people = {"token-of-mainstay": 7, "token-of-somebody": 8}
        self.app = 12345
        self.public_key = ""
        self.permissions = {"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write"}
        self.events = ["pull_request", "check_run"]
        self.installations = {77}
        self.checks: list[dict[str, Any]] = []
        self.resolved: set[int] = set()
        self.lag = 0
        self.roles: dict[str, str] = {}
        self.default_settings = ""
        self.pulls: dict[int, PullState] = {}
        self.failures: list[Failure] = []
        self.requests: list[tuple[str, str]] = []
        self.listed: int | None = None
        self.suspended: set[int] = set()
        self.old_names: set[str] = set()
        self.cut_trees = False
        self.silent_from: int | None = None
        self.git_requests: list[str] = []
        self.any_commit = True
        self.lock = threading.RLock()
        self._ids = count(1)

    def open(self, base: str, head: str) -> PullState:
        """A new pull request between two branches."""
        pull = PullState(next(self._ids), base, head)
        self.pulls[pull.number] = pull
        return pull

    def commit(self, name: str) -> str:
        """The commit that a branch stands at."""
        return self.git.ask("rev-parse", f"{name}^{{commit}}").strip()

    def fails(self, method: str, path: str, *, after: bool) -> Failure | None:
        """The failure that is due now, counted down."""
        for failure in self.failures:
            if failure.times and failure.after == after and failure.method == method and path.endswith(failure.ending):
                failure.times -= 1
                return failure
        return None

    # --- writing -----------------------------------------------------------------------------------------------

    def review(self, pull: PullState, user: int, asked: dict[str, Any]) -> dict[str, Any]:
        """A review with its comments, all of them or none."""
        if asked.get("event") != "COMMENT":
            raise Refusal(422, "Unprocessable Entity", "event is not one that is used here")
        for unknown in set(asked) - {"commit_id", "body", "event", "comments"}:
            raise Refusal(422, "Invalid request", f"{unknown} is not a permitted key")
        self._own_commit(pull, asked.get("commit_id", self.commit(pull.head)))
        made = [self._comment(pull, user, dict(c), asked.get("commit_id", "")) for c in asked.get("comments", ())]
        if not made and not asked.get("body"):
            raise Refusal(422, "Unprocessable Entity", "a review needs a body or comments")
        review = {"id": next(self._ids), "user": self._user(user), "body": asked.get("body", ""), "state": "COMMENTED"}
        pull.reviews.append(review)
        pull.comments += made
        return review

    def comment(self, pull: PullState, user: int, asked: dict[str, Any]) -> dict[str, Any]:
        """One comment beside a line."""
        self._own_commit(pull, asked.get("commit_id", ""))
        made = self._comment(pull, user, asked, asked["commit_id"])
        pull.comments.append(made)
        return made

    def reply(self, pull: PullState, user: int, thread: int, body: str) -> dict[str, Any]:
        """An answer in a thread, to the comment that began it."""
        _bounded(body)
        root = next((c for c in pull.comments if c["id"] == thread and "in_reply_to_id" not in c), None)
        if root is None:
            raise Refusal(404, "Not Found")
        made = {"id": next(self._ids), "user": self._user(user), "body": body, "in_reply_to_id": thread}
        pull.comments.append(made | {"path": root["path"], "original_commit_id": root["original_commit_id"]})
        return pull.comments[-1]

    def is_app(self, user: int) -> bool:
        """True for the App's account, where it has a token of its own."""
        return user == BOT and BOTS_TOKEN in self.people

    def say(self, pull: PullState, user: int, body: str) -> dict[str, Any]:
        """One comment in the conversation."""
        _bounded(body)
        said = {"id": next(self._ids), "user": self._user(user), "body": body}
        pull.conversation.append(said)
        return said

    def edit(self, comment: int, user: int, body: str) -> dict[str, Any]:
        """Another text for a comment of the conversation, by who wrote it."""
        _bounded(body)
        for said in (s for pull in self.pulls.values() for s in pull.conversation if s["id"] == comment):
            if said["user"]["id"] != user:
                raise Refusal(403, "Must have admin rights to Repository.")
            said["body"] = body
            return said
        raise Refusal(404, "Not Found")

    def check(self, asked: dict[str, Any], number: int = 0) -> dict[str, Any]:
        """A new check run, or with its number other values for it."""
        unknown = set(asked) - {"name", "head_sha", "status", "conclusion", "external_id", "output", "actions"}
        if unknown or (asked.get("status") == "completed") != ("conclusion" in asked):
            raise Refusal(422, "Invalid request", "a check is completed with a conclusion, and has only known keys")
        _bounded_check(asked)
        if asked.get("conclusion", "neutral") not in _CONCLUSIONS:
            raise Refusal(422, "Invalid request", "that is no conclusion")
        if number:
            run = next((c for c in self.checks if c["id"] == number), None)
            if run is None:
                raise Refusal(404, "Not Found")
            if run["status"] == "completed" and asked.get("status", "completed") != "completed":
                raise Refusal(422, "Invalid request", "a check that has ended does not begin again")
            before = run["output"].get("annotations", [])
            run.update(asked)  # annotations are added to those there: none is taken away
            run["output"] = run["output"] | {"annotations": before + asked.get("output", {}).get("annotations", [])}
            return run
        self.git.ask("cat-file", "-e", asked["head_sha"])
        run = {"id": next(self._ids), "external_id": "", "conclusion": None, "output": {}} | asked
        self.checks.append(run)
        return run

    # --- refusing ----------------------------------------------------------------------------------------------

    def _own_commit(self, pull: PullState, commit: str) -> None:
        own = self.git.ask("rev-list", f"{self.commit(pull.base)}..{self.commit(pull.head)}").split()
        if commit not in own:
            raise Refusal(422, "Validation Failed", "commit_id is not part of the pull request")

    def _comment(self, pull: PullState, user: int, asked: dict[str, Any], commit: str) -> dict[str, Any]:
        unknown = set(asked) - {"path", "line", "side", "start_line", "start_side", "body", "commit_id"}
        if asked.get("subject_type") == "file" and asked.get("commit_id"):  # not inside a review
            return self._on_file(pull, user, asked, commit)
        if unknown:
            raise Refusal(422, "Invalid request", f"{', '.join(sorted(unknown))} is not a permitted key")
        _bounded(asked.get("body", ""))
        if not asked.get("body"):
            raise Refusal(422, "Validation Failed", "body can't be blank")
        side, line = asked.get("side", "RIGHT"), asked.get("line")
        if not isinstance(line, int) or side not in ("LEFT", "RIGHT"):
            raise Refusal(422, "Validation Failed", "line could not be resolved")
        start: int = asked.get("start_line", line)
        if asked.get("start_side", side) != side or ("start_line" in asked and start >= line):
            raise Refusal(422, "Validation Failed", "start_line must precede the end line.")
        if not any(first <= start and line <= last for first, last in self._ranges(pull, asked["path"], side)):
            raise Refusal(422, "Validation Failed", "line must be part of the diff")
        kept = {key: asked[key] for key in ("path", "line", "side", "start_line", "body") if key in asked}
        return {
            "id": next(self._ids),
            "user": self._user(user),
            "commit_id": commit,
            "original_commit_id": commit,
        } | kept

    def _on_file(self, pull: PullState, user: int, asked: dict[str, Any], commit: str) -> dict[str, Any]:
        _bounded(asked["body"])
        base, head = self.commit(pull.base), self.commit(pull.head)
        if asked["path"] not in {f["filename"] for f in self.git.files(self.git.merge_base(base, head), head)}:
            raise Refusal(422, "Validation Failed", "path is not part of the diff")
        made = {"id": next(self._ids), "user": self._user(user), "commit_id": commit, "original_commit_id": commit}
        return made | {"path": asked["path"], "body": asked["body"], "subject_type": "file"}

    def _user(self, number: int) -> dict[str, Any]:
        kind = "Bot" if self.is_app(number) else "User"
        return {"id": number, "login": f"user-{number}", "type": kind}

    def _ranges(self, pull: PullState, path: str, side: str) -> Iterator[tuple[int, int]]:
        base, head = self.commit(pull.base), self.commit(pull.head)
        for hunk in self.git.shown(self.git.merge_base(base, head), head, path):
            yield hunk.left if side == "LEFT" else hunk.right


def _bounded(body: str) -> None:
    if len(body) > LONGEST:
        raise Refusal(422, "Validation Failed", f"body is too long (maximum is {LONGEST} characters)")


def _bounded_check(asked: dict[str, Any]) -> None:
    """What a check may hold at most: https://docs.github.com/en/rest/checks/runs."""
    output, actions = asked.get("output", {}), asked.get("actions", [])
    if len(output.get("annotations", ())) > MOST_ANNOTATIONS:
        raise Refusal(422, "Invalid request", f"No more than {MOST_ANNOTATIONS} annotations are allowed")
    if len(output.get("summary", "")) >= LONGEST or len(actions) > MOST_ACTIONS:
        raise Refusal(422, "Invalid request", "the summary is too long, or there are too many actions")
    limits = {"label": 20, "identifier": 20, "description": 40}
    if any(len(action[name]) > limit for action in actions for name, limit in limits.items()):
        raise Refusal(422, "Invalid request", "a word of an action is too long")
