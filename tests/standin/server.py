"""The stand-in on loopback: requests to the hub, and its answers over HTTP, both held to GitHub's description."""

from __future__ import annotations

import hashlib
import json
import re
import time
import traceback
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import jwt

from .asapp import covers
from .calls import Answer, Call, Route
from .contract import Contract
from .failing import MESSAGES, Failure
from .graphql import answered
from .loopback import Loopback
from .rights import Budget, Refusal, Token
from .routes import ELSEWHERE, GRAPHQL, ROUTES, Elsewhere
from .shapes import Shapes
from .writing import Hub

_PREFIX = "/api/v3"
_LONGEST_TOKEN = 660  # seconds: ten minutes, and what clocks may differ by
#: The REST interface's versions, and what the newer one leaves out of answers:
#: https://docs.github.com/en/rest/about-the-rest-api/breaking-changes
VERSIONS = {"2022-11-28": frozenset[str](), "2026-03-10": frozenset({"assignee", "merge_commit_sha", "rate"})}

_NUMBERED = re.compile(r"/repositories/(\d+)(?=/|$)")


class StandIn(Loopback):
    """Serves a hub while the with-block lasts. `url` is the interface's, `address` what people open in a browser.

    `scheme` is the one in the addresses of its answers: `https` where something before it speaks TLS. `elsewhere` answers what is asked
    of other paths. What broke GitHub's description meanwhile (`hub.wrong`) is raised as AssertionError when the block ends well.
    """

    def __init__(self, hub: Hub, scheme: str = "http", elsewhere: Iterable[Elsewhere] = ()) -> None:
        super().__init__(
            _Handler, hub=hub, scheme=scheme, contract=Contract.standing(), elsewhere=(*ELSEWHERE, *elsewhere)
        )
        self.hub = hub
        self.url = f"{self.address}{_PREFIX}"
        hub.address = self.address

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, fault, trace)
        self.hub.close()
        if kind is None:
            assert self.hub.wrong == [], "\n".join(self.hub.wrong[:20])


class _Cut(Exception):
    """The connection ends without an answer."""


class _Handler(BaseHTTPRequestHandler):
    hub: ClassVar[Hub]
    scheme: ClassVar[str]
    contract: ClassVar[Contract]
    elsewhere: ClassVar[tuple[Elsewhere, ...]]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PATCH(self) -> None:
        self._answer("PATCH")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.hub.date or super().date_time_string(timestamp)

    # --- one request -------------------------------------------------------------------------------------------

    def _answer(self, verb: str) -> None:
        body = self._body()
        split = urlsplit(self.path)
        self._budget: Budget | None = None
        self._resource = "core"
        if not split.path.startswith(_PREFIX) and split.path != GRAPHQL:
            if not any(answers(self.hub, self, body) for answers in self.elsewhere):
                self._send(Answer(404, {"message": "Not Found"}))
            return
        path = unquote(split.path.removeprefix(_PREFIX))
        self.hub.requests.append((verb, path))
        try:
            self._fail(self.hub.fails(verb, path, after=False, body=body))
            answer = self._worked(verb, path, dict(parse_qsl(split.query)), body)
            failure = self.hub.fails(verb, path, after=True, body=body)
            self._fail(failure)
            self._send(answer, failure)
        except _Cut:
            self.close_connection = True
        except Refusal as refusal:
            self._send(_refused(refusal))

    def _body(self) -> bytes:
        """What was sent, in one piece or in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _fail(self, failure: Failure | None) -> None:
        if failure is None:
            return
        if failure.status == 0:
            raise _Cut
        if failure.status >= 300:
            message = failure.message or MESSAGES.get(failure.status, "Server Error")
            raise Refusal(failure.status, message, *failure.errors, headers=dict(failure.headers))

    def _worked(self, verb: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        """The answer to a request, a refusal or not. What breaks the description on the way is noted."""
        version = self.headers.get("X-GitHub-Api-Version", "2022-11-28")
        self.hub.versions.add(version)
        dropped = VERSIONS.get(version, frozenset())
        if version not in VERSIONS:
            return _refused(Refusal(400, f"The API version {version} is not supported."))
        route, names = route_of(verb, self._by_name(path))
        try:
            if path == GRAPHQL:
                return self._queried(body)
            answer = self._routed(route, names, query, body)
            if dropped:
                answer = Answer(answer.status, _without(answer.body, dropped), headers=answer.headers)
        except Refusal as refusal:
            answer = _refused(refusal)
        except Exception:  # noqa: BLE001 - whatever it is, the test that caused it is to know
            self.hub.wrong.append(f"{verb} {path}: {traceback.format_exc()}")
            return Answer(500, {"message": "Server Error"})
        if route is not None and not isinstance(answer.body, str):
            self.hub.wrong += self.contract.answer(route, answer.status, answer.body, dropped)
        return answer

    def _routed(self, route: Route | None, names: dict[str, str], query: dict[str, str], body: bytes) -> Answer:
        needs = ("",) if route is None else route.needs
        who = self._as_app() if needs == ("app",) else Token(0) if needs == ("nobody",) else self._who()
        self._spend(who, "core")
        if route is None:
            self._note(f"{self.command} {self.path} is not described")
            raise Refusal(404, "Not Found")
        if who.installation and route.needs != ("",) and not any(covers(who.permissions, n) for n in route.needs):
            raise Refusal(403, "Resource not accessible by integration")
        self._send_on(names)
        asked = self._decoded(body)
        self._note(*self.contract.query(route, query))
        faults = self.contract.body(route, asked)
        if faults:
            self._note(*faults)
            raise Refusal(422, f"Invalid request.\n\n{' '.join(faults)}")
        call = Call(self.hub, self._shapes(), who, names, query, asked, self.headers.get("Accept", ""))
        return self._paged(route.work(call), call)

    def _by_name(self, path: str) -> str:
        """A path by its repository's name, where it was asked for by its number."""
        match = _NUMBERED.match(path)
        found = match and next((h for h in self.hub.homes.values() if h.id == int(match[1])), None)
        return f"/repos/{found.name}{path[match.end() :]}" if match and found else path

    def _send_on(self, names: dict[str, str]) -> None:
        """Send whoever asks by a repository's old name to its number. Raises Refusal, which is a redirection then."""
        name = f"{names.get('owner', '')}/{names.get('repo', '')}"
        home = self.hub.home(name)
        if home is None or home.name.lower() == name.lower():
            return
        rest = self.path.partition(f"/repos/{name}")[2]
        there = f"{self._shapes().base}/repositories/{home.id}{rest}"
        status = 301 if self.command == "GET" else 307
        raise Refusal(status, "Moved Permanently", headers={"Location": there})

    def _queried(self, body: bytes) -> Answer:
        who = self._who()
        self._spend(who, "graphql")
        answer, faults = answered(self.hub, self._shapes(), who, self._decoded(body))
        self._note(*faults)
        return Answer(200, answer)

    def _note(self, *faults: str) -> None:
        """Keep what was wrong with a request, unless that is on purpose."""
        if not self.hub.forgiving:
            self.hub.wrong += [f"{self.command} {self.path}: {fault}" for fault in faults]

    def _shapes(self) -> Shapes:
        site = f"{self.scheme}://{self.headers['Host']}"
        return Shapes(self.hub, f"{site}{_PREFIX}", site)

    def _decoded(self, body: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(body) if body else {}
        except ValueError as fault:
            raise Refusal(400, "Problems parsing JSON") from fault
        if not isinstance(asked, dict):
            raise Refusal(400, "Body should be a JSON object")
        return asked

    def _spend(self, who: Token, resource: str) -> None:
        """Count the call: what is left is told in the answer, whatever it is."""
        self._budget, self._resource = self.hub.budget(who, resource), resource
        self._budget.spend()

    def _who(self) -> Token:
        return self.hub.whose(self._token())

    def _as_app(self) -> Token:
        """The App itself, with a token that it signed."""
        try:
            told = jwt.decode(self._token(), self.hub.public_key, algorithms=["RS256"], issuer=str(self.hub.app))
        except jwt.InvalidTokenError as wrong:
            raise Refusal(401, "A JSON web token could not be decoded") from wrong
        if told["exp"] - told["iat"] > _LONGEST_TOKEN:
            raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
        return Token(0)

    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ").removeprefix("token ")

    def _paged(self, answer: Answer, call: Call) -> Answer:
        """One page of a list, with links to the next and the last."""
        if answer.rows is None:
            return answer
        size = call.page_size
        page, last = max(1, call.number("page", 1)), max(1, -(-len(answer.rows) // size))
        rows = answer.rows[(page - 1) * size : page * size]

        def link(number: int, name: str) -> str:
            address = f"{self.scheme}://{self.headers['Host']}{urlsplit(self.path).path}"
            return f'<{address}?{urlencode(call.query | {"page": number})}>; rel="{name}"'

        headers = {"Link": f"{link(page + 1, 'next')}, {link(last, 'last')}"} if page < last else {}
        body = {"total_count": len(answer.rows), answer.key: rows} if answer.key else rows
        return Answer(answer.status, body, headers=headers)

    # --- sending -----------------------------------------------------------------------------------------------

    def _send(self, answer: Answer, failure: Failure | None = None) -> None:
        text, status = isinstance(answer.body, str), answer.status
        data = answer.body.encode() if text else json.dumps(answer.body).encode()
        tag = f'W/"{hashlib.sha256(data).hexdigest()}"'
        if status == 200 and self.headers.get("If-None-Match") == tag:
            status, data = 304, b""
            self.hub.spared += 1
            if self._budget is not None:
                self._budget.used -= (
                    1  # https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
                )
        kind = "application/vnd.github.diff; charset=utf-8" if text else "application/json; charset=utf-8"
        told = {"Content-Type": kind, "Content-Length": str(len(data)), "ETag": tag} | self._left() | answer.headers
        self.send_response(status)
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        if failure is None:
            self.wfile.write(data)
            return
        half = len(data) // 2
        self.wfile.write(data[:half])
        if failure.status == -1:
            self.close_connection = True
            return
        time.sleep(failure.slow)
        self.wfile.write(data[half:])

    def _left(self) -> dict[str, str]:
        """What is left of the calls of this hour, as headers."""
        if self._budget is None:
            return {}
        told = {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in self._budget.as_told().items()}
        return told | {"X-RateLimit-Resource": self._resource}


def route_of(verb: str, path: str) -> tuple[Route | None, dict[str, str]]:
    """The call that a path below the interface means, and the names in it."""
    for route in ROUTES:
        names = route.matches(path) if route.verb == verb else None
        if names is not None:
            return route, names
    return None, {}


def _refused(refusal: Refusal) -> Answer:
    """A refusal in the shape of GitHub's errors."""
    told: dict[str, Any] = {"message": refusal.message}
    if refusal.errors:
        told["errors"] = list(refusal.errors)
    told |= {"documentation_url": "https://docs.github.com/rest", "status": str(refusal.status)}
    return Answer(refusal.status, told, headers=refusal.headers)


def _without(told: Any, names: frozenset[str]) -> Any:
    """An answer without fields of these names, at every depth."""
    if isinstance(told, dict):
        return {key: _without(value, names) for key, value in told.items() if key not in names}
    return [_without(value, names) for value in told] if isinstance(told, list) else told
