"""The stand-in on loopback: requests to the state, and answers in GitHub's shapes."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import jwt

from . import githttp, merging, moved, threads
from .limits import Limits, tag_of
from .loopback import Loopback
from .state import BOT, BOTS_TOKEN, Failure, Hub, PullState, Refusal

_PREFIX = "/api/v3"
_GRAPHQL = "/api/graphql"
_PAGE = 30
_LONGEST_TOKEN = 660  # seconds: ten minutes, and what clocks may differ by


class StandIn(Loopback):
    """Serves a hub while the with-block lasts. `url` is the interface's, `address` what people open in a browser.

    `scheme` is the one in the addresses of its answers: `https` where something before it speaks TLS.
    """

    def __init__(self, hub: Hub, scheme: str = "http") -> None:
        self.limits = Limits()
        super().__init__(_Handler, hub=hub, scheme=scheme, limits=self.limits)
        self.hub = hub
        self.url = f"{self.address}{_PREFIX}"


class _Handler(BaseHTTPRequestHandler):
    hub: ClassVar[Hub]
    scheme: ClassVar[str]
    limits: ClassVar[Limits]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PATCH(self) -> None:
        self._answer("PATCH")

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def _answer(self, method: str) -> None:
        body = githttp.body_of(self)
        if githttp.is_git(self.path):
            githttp.answer(self, self.hub, body)
            return
        split = urlsplit(self.path)
        path = unquote(split.path.removeprefix(_PREFIX))
        with self.hub.lock:
            self.hub.requests.append((method, path))
            try:
                self._fail(self.hub.fails(method, path, after=False))
                moved.send_on(self.hub, method, path, self._base(), split.query)
                if not path.startswith("/app"):
                    self.limits.ask(self.headers)
                path = moved.named(self.hub, path)
                asked = json.loads(body) if body else dict(parse_qsl(split.query))
                if path.startswith("/app"):
                    answer = self._as_app(method, path)
                elif path == _GRAPHQL:
                    answer = threads.answer(self.hub, self._who(), asked)
                else:
                    answer = _Route(self.hub, self._who(), self._base()).take(method, path, asked)
                self._fail(self.hub.fails(method, path, after=True))
            except _Cut:
                self.close_connection = True
                return
            except Refusal as refusal:
                errors = [{"message": e} for e in refusal.errors]
                self._send(
                    refusal.status,
                    {"message": refusal.message, "errors": errors, "documentation_url": "https://docs.github.com/rest"},
                    refusal.headers,
                )
                return
        query = {key: int(values[0]) for key, values in parse_qs(split.query).items() if values[0].isdigit()}
        self._send(201 if method == "POST" else 200, *self._paged(answer, path, query))

    def _who(self) -> int:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ").removeprefix("token ")
        if token not in self.hub.people:
            raise Refusal(401, "Bad credentials")
        return self.hub.people[token]

    def _as_app(self, method: str, path: str) -> Any:
        """What the App itself may ask, with a token that it signed: who it is, and a token for an installation."""
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        try:
            told = jwt.decode(token, self.hub.public_key, algorithms=["RS256"], issuer=str(self.hub.app))
        except jwt.InvalidTokenError as wrong:
            raise Refusal(401, "A JSON web token could not be decoded") from wrong
        if told["exp"] - told["iat"] > _LONGEST_TOKEN:
            raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
        asked = re.fullmatch(r"/app/installations/(\d+)/access_tokens", path)
        if method == "GET" and path == "/app":
            rights = {"permissions": dict(self.hub.permissions), "events": list(self.hub.events)}
            return {"id": self.hub.app, "slug": "mainstay", "name": "Mainstay"} | rights
        if asked and int(asked[1]) in self.hub.suspended:
            raise Refusal(403, "This installation has been suspended")
        if method == "POST" and asked and int(asked[1]) in self.hub.installations:
            self.hub.people[BOTS_TOKEN] = BOT
            ends = dt.datetime.now(tz=dt.UTC) + dt.timedelta(hours=1)
            return {"token": BOTS_TOKEN, "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ"), "permissions": {}}
        raise Refusal(404, "Not Found")

    def _base(self) -> str:
        return f"{self.scheme}://{self.headers['Host']}{_PREFIX}"

    def _fail(self, failure: Failure | None) -> None:
        if failure is not None:
            if not failure.status:
                raise _Cut
            raise Refusal(failure.status, "Server Error")

    def _paged(self, answer: Any, path: str, query: dict[str, int]) -> tuple[Any, dict[str, str]]:
        if not isinstance(answer, list):
            return answer, {}
        size, page = query.get("per_page", _PAGE), query.get("page", 1)
        following = f'<{self._base()}{path}?per_page={size}&page={page + 1}>; rel="next"'
        return answer[(page - 1) * size : page * size], ({"Link": following} if len(answer) > page * size else {})

    def _send(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(answer).encode()
        tag = {"ETag": tag_of(data)} if status == 200 else {}
        if tag and self.limits.is_known(self.headers, tag["ETag"]):
            status, data = 304, b""
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **self.limits.headers(),
            **tag,
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


class _Cut(Exception):
    """The connection ends without an answer."""


class _Route:
    """One request, by its method and path."""

    def __init__(self, hub: Hub, user: int, base: str) -> None:
        self.hub, self.user, self.base = hub, user, base

    def take(self, method: str, path: str, asked: dict[str, Any]) -> Any:
        """The answer to a request. Raises Refusal."""
        if path == "/users/mainstay[bot]":
            return {"id": BOT, "login": "mainstay[bot]", "type": "Bot", "url": f"{self.base}/users/mainstay[bot]"}
        if path == "/user" and self.hub.people.get(BOTS_TOKEN) == self.user and self.hub.public_key:
            raise Refusal(403, "Resource not accessible by integration")
        if path == "/user":
            return {"id": self.user, "login": f"user-{self.user}", "type": "User"}
        beside = merging.elsewhere(self.hub, path)
        if beside is not None:
            return beside
        home = f"/repos/{self.hub.repository}"
        if not path.startswith(home):
            raise Refusal(404, "Not Found")
        rest = path.removeprefix(home)
        for pattern, verb, work in _WORK:
            match = re.fullmatch(pattern, rest)
            if match and verb == method:
                return work(self, asked, *match.groups())
        raise Refusal(404, "Not Found")

    def _pull_state(self, number: str) -> PullState:
        if int(number) not in self.hub.pulls:
            raise Refusal(404, "Not Found")
        return self.hub.pulls[int(number)]

    def home(self, _asked: Any) -> Any:
        """The repository."""
        name = self.hub.repository
        return {"id": 1, "name": name.split("/")[1], "full_name": name, "url": f"{self.base}/repos/{name}"}

    def pull(self, _asked: Any, number: str) -> Any:
        """A pull request."""
        state, git = self._pull_state(number), self.hub.git
        base, head = self.hub.commit(state.base), self.hub.commit(state.head)
        files = git.files(git.merge_base(base, head), head)
        url = f"{self.base}/repos/{self.hub.repository}"
        return {
            "id": state.number,
            "number": state.number,
            "state": state.state,
            "draft": state.draft,
            "url": f"{url}/pulls/{number}",
            "issue_url": f"{url}/issues/{number}",
            "base": {"sha": base, "ref": state.base, "repo": self.home(_asked)},
            "head": {"sha": head, "ref": state.head},
            "changed_files": len(files),
            "additions": sum(f["additions"] for f in files),
            "deletions": sum(f["deletions"] for f in files),
        } | state.facts

    def files(self, _asked: Any, number: str) -> Any:
        """The files of a pull request; as many as `listed` says, as past GitHub's limits."""
        state, git = self._pull_state(number), self.hub.git
        base, head = self.hub.commit(state.base), self.hub.commit(state.head)
        rows = git.files(git.merge_base(base, head), head)[: self.hub.listed]
        silent = {"additions": 0, "deletions": 0, "changes": 0}  # as past so many lines, without a word
        return [row | (silent if n >= (self.hub.silent_from or len(rows)) else {}) for n, row in enumerate(rows)]

    def compare(self, _asked: Any, base: str, head: str) -> Any:
        """Where two commits have parted."""
        url = f"{self.base}/repos/{self.hub.repository}"
        if not (self.hub.git.has(base) and self.hub.git.has(head)):
            raise Refusal(404, "Not Found")
        parted = self.hub.git.merge_base(base, head)
        status = (
            "identical" if base == head else "behind" if parted == head else "ahead" if parted == base else "diverged"
        )
        told = {"url": f"{url}/compare/{base}...{head}", "status": status, "merge_base_commit": {"sha": parted}}
        return told | {"files": self.hub.git.files(parted, head)}

    def tree(self, asked: Any, commit: str) -> Any:
        """The entries of a commit or folder, with all below them where that is asked for; that list may be cut."""
        rows = self.hub.git.tree(commit, deep="recursive" in asked)
        cut = self.hub.cut_trees and "recursive" in asked and self.hub.git.ask("cat-file", "-t", commit) == "commit\n"
        return {"sha": commit, "truncated": cut, "tree": rows[:1] if cut else rows}

    def blob(self, _asked: Any, sha: str) -> Any:
        """A blob's content."""
        content = base64.b64encode(self.hub.git.bytes_of(sha)).decode()
        return {"sha": sha, "encoding": "base64", "content": content}

    def commit(self, _asked: Any, sha: str) -> Any:
        """A commit."""
        return {"sha": sha, "url": f"{self.base}/repos/{self.hub.repository}/commits/{sha}"}

    def checks(self, _asked: Any, sha: str) -> Any:
        """The check runs of a commit."""
        runs = [self._run(c) for c in self.hub.checks if c["head_sha"] == sha]
        return {"total_count": len(runs), "check_runs": runs}

    def write_check(self, asked: Any) -> Any:
        """A new check run."""
        return self._run(self.hub.check(asked))

    def check(self, _asked: Any, number: str) -> Any:
        """One check run."""
        run = next((c for c in self.hub.checks if c["id"] == int(number)), None)
        if run is None:
            raise Refusal(404, "Not Found")
        return self._run(run)

    def edit_check(self, asked: Any, number: str) -> Any:
        """Other values for a check run."""
        return self._run(self.hub.check(asked, int(number)))

    def _run(self, run: dict[str, Any]) -> dict[str, Any]:
        output = {key: value for key, value in run["output"].items() if key != "annotations"}
        output |= {"annotations_count": len(run["output"].get("annotations", ()))}
        return (
            {"app": {"id": self.hub.app}}
            | run
            | {"output": output, "url": f"{self.base}/repos/{self.hub.repository}/check-runs/{run['id']}"}
        )

    def comments(self, _asked: Any, number: str) -> Any:
        """The comments beside lines; after a write so many answers of it are old as `lag` says."""
        comments = self._pull_state(number).comments
        if comments and self.hub.lag:
            self.hub.lag -= 1
            return []
        return comments

    def write_comment(self, asked: Any, number: str) -> Any:
        """One more comment beside a line."""
        return self.hub.comment(self._pull_state(number), self.user, asked)

    def reply(self, asked: Any, number: str, comment: str) -> Any:
        """An answer in a thread."""
        return self.hub.reply(self._pull_state(number), self.user, int(comment), asked["body"])

    def write_review(self, asked: Any, number: str) -> Any:
        """A review with its comments."""
        return self.hub.review(self._pull_state(number), self.user, asked)

    def conversation(self, _asked: Any, number: str) -> Any:
        """The comments of the conversation."""
        return [self._said(s) for s in self._pull_state(number).conversation]

    def say(self, asked: Any, number: str) -> Any:
        """One more comment in the conversation."""
        return self._said(self.hub.say(self._pull_state(number), self.user, asked["body"]))

    def edit(self, asked: Any, comment: str) -> Any:
        """Another text for a comment of the conversation."""
        return self._said(self.hub.edit(int(comment), self.user, asked["body"]))

    def _said(self, said: dict[str, Any]) -> dict[str, Any]:
        url = f"{self.base}/repos/{self.hub.repository}/issues/comments/{said['id']}"
        return said | {"url": url, "html_url": f"{self.base}/{self.hub.repository}#comment-{said['id']}"}


_WORK: tuple[tuple[str, str, Any], ...] = (
    (r"", "GET", _Route.home),
    (r"/pulls/(\d+)", "GET", _Route.pull),
    (r"/pulls/(\d+)/files", "GET", _Route.files),
    (r"/compare/(\w+)\.\.\.(\w+)", "GET", _Route.compare),
    (r"/git/trees/(\w+)", "GET", _Route.tree),
    (r"/git/blobs/(\w+)", "GET", _Route.blob),
    (r"/commits/(\w+)", "GET", _Route.commit),
    (r"/commits/(\w+)/check-runs", "GET", _Route.checks),
    (r"/check-runs", "POST", _Route.write_check),
    (r"/check-runs/(\d+)", "GET", _Route.check),
    (r"/check-runs/(\d+)", "PATCH", _Route.edit_check),
    (r"/pulls/(\d+)/comments", "GET", _Route.comments),
    (r"/pulls/(\d+)/comments", "POST", _Route.write_comment),
    (r"/pulls/(\d+)/comments/(\d+)/replies", "POST", _Route.reply),
    (r"/pulls/(\d+)/reviews", "POST", _Route.write_review),
    (r"/issues/(\d+)/comments", "GET", _Route.conversation),
    (r"/issues/(\d+)/comments", "POST", _Route.say),
    (r"/issues/comments/(\d+)", "PATCH", _Route.edit),
    *merging.WORK,
)
