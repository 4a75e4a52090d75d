"""The stand-in as the host of an App: the page that makes one from a manifest, and what is known of one before it works."""

from __future__ import annotations

import html
import json
import re
import secrets
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from .rights import Installation, Manifest
from .server import StandIn
from .writing import Hub

_PAGES: Final = re.compile(r"(?:/organizations/(?P<organisation>[\w-]+))?/settings/apps/new")


class Registration(Hub):
    """One App as the host knows it, before anybody has installed it. It has no repositories."""

    def __init__(self, public_key: str) -> None:
        super().__init__(Path())
        self.public_key = public_key
        self.permissions |= {"merge_queues": "read"}
        self.events += ["check_suite", "merge_group"]
        self.installations.clear()

    def install(self, account: str, permissions: dict[str, str] | None = None, suspended_at: str | None = None) -> None:
        """Somebody installs it."""
        number = len(self.installations) + 77
        granted = dict(self.permissions) if permissions is None else permissions
        self.installations[number] = Installation(number, account, None, granted)
        if suspended_at is not None:
            self.suspended.add(number)

    def deliver(self, code: int, guid: str, status: str = "", event: str = "pull_request") -> None:
        """A delivery was made; lists begin with the newest."""
        self.delivered(event, "opened", guid, code, status or "OK")


class AppHost(StandIn):
    """Serves a registration, and the page on which people make an App: there its button is pressed at once.

    `made` is the key that the next App gets; `organisations` are those for which one was made.
    """

    def __init__(self, registration: Registration, made: str = "") -> None:
        super().__init__(registration, elsewhere=[partial(_page, self)])
        self.registration = registration
        self.made = made
        self.organisations: list[str] = []

    @property
    def manifests(self) -> dict[str, Manifest]:
        """Those for which a code was given, by the code."""
        return self.registration.manifests

    @property
    def requests(self) -> list[tuple[str, str]]:
        """What was asked."""
        return self.registration.requests


def _page(host: AppHost, _hub: Hub, handler: BaseHTTPRequestHandler, body: bytes) -> bool:
    """The page on which people press "Create GitHub App".

    https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
    """
    split = urlsplit(handler.path)
    page = _PAGES.fullmatch(split.path)
    if handler.command != "POST" or page is None:
        return False
    manifest = json.loads(parse_qs(body.decode())["manifest"][0])
    needed = ("url", "redirect_url", "hook_attributes", "default_permissions")
    wrong = [name for name in needed if name not in manifest]
    if wrong or not manifest["hook_attributes"].get("url"):
        handler.send_error(422, f"Invalid manifest: {html.escape(', '.join(wrong))}")
        return True
    code = secrets.token_hex(20)
    host.registration.manifests[code] = Manifest(manifest, host.made)
    host.organisations.append(page["organisation"] or "")
    query = parse_qs(split.query)
    back = {"code": code} | ({"state": query["state"][0]} if "state" in query else {})
    handler.send_response(302)
    handler.send_header("Location", f"{manifest['redirect_url']}?{urlencode(back)}")
    handler.send_header("Content-Length", "0")
    handler.end_headers()
    return True
