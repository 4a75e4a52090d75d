"""A stand-in for what GitHub does with Apps themselves: makes one from a manifest, and tells what it knows of one.

It was written by hand from GitHub's published descriptions (https://docs.github.com/en/rest/apps); it is no recording.
"""

from __future__ import annotations

import html
import json
import re
import secrets
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from msgspec import Struct, field

from .loopback import Loopback

_PREFIX = "/api/v3"
_PAGES = re.compile(r"(?:/organizations/(?P<organisation>[\w-]+))?/settings/apps/new")


def _all() -> dict[str, str]:
    names = {"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write"}
    return names | {"issues": "write", "merge_queues": "read"}


class Registration(Struct):
    """One App as the host knows it. `installations` and `deliveries` are as the host lists them."""

    public_key: str
    app: int = 12345
    permissions: dict[str, str] = field(default_factory=_all)
    events: list[str] = field(default_factory=lambda: ["pull_request", "check_run", "check_suite", "merge_group"])
    hook: dict[str, Any] = field(
        default_factory=lambda: {
            "url": "https://mainstay.example.org/webhook",
            "content_type": "json",
            "insecure_ssl": "0",
            "secret": "********",
        }
    )
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    installations: list[dict[str, Any]] = field(default_factory=list)

    def install(self, account: str, **changed: Any) -> None:
        """Somebody installs it."""
        one = {"id": len(self.installations) + 77, "account": {"login": account}, "suspended_at": None}
        self.installations.append(one | {"permissions": dict(self.permissions)} | changed)

    def deliver(self, code: int, guid: str, status: str = "", event: str = "pull_request") -> None:
        """A delivery was made; lists begin with the newest."""
        one = {"id": len(self.deliveries), "guid": guid, "delivered_at": "2026-11-25T12:00:00Z", "redelivery": False}
        self.deliveries.insert(
            0, one | {"status": status or "OK", "status_code": code, "event": event, "action": "opened"}
        )


class AppHost(Loopback):
    """Serves on loopback while the with-block lasts; `url` is the interface's, `address` what people open in a browser.

    `made` is the key that the next App gets; `manifests` are those for which a code was given. `date` is what its clock
    says in an answer's Date, the true time where it is empty.
    """

    def __init__(self, registration: Registration, made: str = "") -> None:
        super().__init__(_Handler, host=self)
        self.registration, self.made = registration, made
        self.manifests: dict[str, dict[str, Any]] = {}
        self.organisations: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.webhook_secret: str | None = "of-the-host"  # noqa: S105 - of the tests alone
        self.date = ""
        self.url = f"{self.address}{_PREFIX}"


class _Handler(BaseHTTPRequestHandler):
    host: ClassVar[AppHost]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.host.requests.append(("GET", self.path))
        path = urlsplit(self.path).path.removeprefix(_PREFIX)
        registration = self.host.registration
        answers: dict[str, Any] = {
            "/app": {
                "id": registration.app,
                "slug": "mainstay",
                "permissions": registration.permissions,
                "events": registration.events,
            },
            "/app/hook/config": registration.hook,
            "/app/hook/deliveries": registration.deliveries[:100],
            "/app/installations": registration.installations,
        }
        if not self._is_the_app():
            self._send(401, {"message": "A JSON web token could not be decoded"})
        elif path in answers:
            self._send(200, answers[path])
        else:
            self._send(404, {"message": "Not Found"})

    def do_POST(self) -> None:
        self.host.requests.append(("POST", self.path))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        split = urlsplit(self.path)
        page = _PAGES.fullmatch(split.path)
        asked = re.fullmatch(rf"{_PREFIX}/app-manifests/([\w-]+)/conversions", split.path)
        if page:
            self._register(page["organisation"] or "", parse_qs(split.query), parse_qs(body))
        elif asked and asked[1] in self.host.manifests:
            self._convert(self.host.manifests.pop(asked[1]))
        else:
            self._send(404, {"message": "Not Found"})

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.host.date or super().date_time_string(timestamp)

    def _register(self, organisation: str, query: dict[str, list[str]], form: dict[str, list[str]]) -> None:
        """The page on which people press "Create GitHub App": here it is pressed at once."""
        manifest = json.loads(form["manifest"][0])
        wrong = [
            name for name in ("url", "redirect_url", "hook_attributes", "default_permissions") if name not in manifest
        ]
        if wrong or not manifest["hook_attributes"].get("url"):
            self._send(422, {"message": f"Invalid manifest: {html.escape(', '.join(wrong))}"})
            return
        code = secrets.token_hex(20)
        self.host.manifests[code] = manifest
        self.host.organisations.append(organisation)
        back = {"code": code} | ({"state": query["state"][0]} if "state" in query else {})
        self.send_response(302)
        self.send_header("Location", f"{manifest['redirect_url']}?{urlencode(back)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _convert(self, manifest: dict[str, Any]) -> None:
        """The keys, once."""
        slug = re.sub(r"\W+", "-", manifest.get("name", "app").lower())
        page = f"{self.host.address}/apps/{slug}"
        told = {"id": 4711, "slug": slug, "html_url": page, "client_id": "Iv1.0", "client_secret": "of-the-client"}
        self._send(201, told | {"pem": self.host.made, "webhook_secret": self.host.webhook_secret})

    def _is_the_app(self) -> bool:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        registration = self.host.registration
        try:
            jwt.decode(token, registration.public_key, algorithms=["RS256"], issuer=str(registration.app))
        except jwt.InvalidTokenError:
            return False
        return True

    def _send(self, status: int, answer: Any) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
