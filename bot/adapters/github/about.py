"""What GitHub knows of the App: what it may do and is told of, where its deliveries go, and which of them failed."""

from __future__ import annotations

import datetime as dt
import time
from email.utils import parsedate_to_datetime
from typing import Any, Final

from github import GithubException
from msgspec import Struct

from .app import Itself, ask
from .client import in_words
from .missed import is_taken

#: Deliveries that are looked at: one page.
_LATEST: Final = 100


class AppSeen(Struct, frozen=True):
    """The App as GitHub knows it: its name in addresses, what it may do, what it is told of."""

    slug: str
    permissions: dict[str, str]
    events: tuple[str, ...]


class Hook(Struct, frozen=True):
    """Where GitHub delivers, and how: `form` is `json` or `form`; `signed` and `verified` are false where it does so without."""

    url: str
    form: str
    signed: bool
    verified: bool


class Delivery(Struct, frozen=True):
    """One delivery: when, of what, and how it was answered (`status` is GitHub's word where nothing answered)."""

    at: str
    event: str
    code: int
    status: str


class Installation(Struct, frozen=True):
    """One installation: its id, at whom, what its owner has granted, and whether it sleeps."""

    id: int
    account: str
    permissions: dict[str, str]
    suspended: bool


def seen(app: Itself) -> AppSeen:
    """What the App is: https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app . Raises GitHubError."""
    with in_words():
        _, told = ask(app, "GET", "/app")
    return AppSeen(told["slug"], dict(told["permissions"]), tuple(told["events"]))


def clock(app: Itself) -> float | None:
    """By how many seconds this machine's clock is before GitHub's, also where it refuses the App; None where it does not say.

    Raises GitHubError.
    """
    with in_words():
        try:
            headers, _ = ask(app, "GET", "/app")
        except GithubException as refused:
            headers = refused.headers or {}
    return _ahead(headers)


def hook(app: Itself) -> Hook:
    """Where deliveries go: https://docs.github.com/en/rest/apps/webhooks . Raises GitHubError."""
    with in_words():
        _, told = ask(app, "GET", "/app/hook/config")
    return Hook(
        url=told.get("url") or "",
        form=told.get("content_type") or "",
        signed=bool(told.get("secret")),
        verified=str(told.get("insecure_ssl", "0")) == "0",
    )


def failed(app: Itself) -> tuple[tuple[Delivery, ...], int]:
    """The latest deliveries of which none, nor a later one of the same event, was taken; and how many were looked at.

    A redelivery keeps its event's `guid`. Raises GitHubError.
    """
    with in_words():
        _, told = ask(app, "GET", f"/app/hook/deliveries?per_page={_LATEST}")
    taken = {d["guid"] for d in told if is_taken(d)}
    latest: dict[str, Any] = {}
    for delivery in told:  # the newest first
        latest.setdefault(delivery["guid"], delivery)
    lost = [d for guid, d in latest.items() if guid not in taken]
    return tuple(Delivery(d["delivered_at"], d["event"], int(d["status_code"]), d["status"]) for d in lost), len(told)


def installations(app: Itself) -> tuple[Installation, ...]:
    """Who has installed the App: https://docs.github.com/en/rest/apps/apps . Raises GitHubError."""
    with in_words():
        there = [i.raw_data for i in app.get_installations()]
    return tuple(
        Installation(
            i["id"],
            (i.get("account") or {}).get("login", "somebody"),
            dict(i["permissions"]),
            bool(i.get("suspended_at")),
        )
        for i in there
    )


def _ahead(headers: dict[str, Any]) -> float | None:
    """What the Date of an answer says of this machine's clock; it counts whole seconds."""
    told = next((value for name, value in headers.items() if name.lower() == "date"), None)
    try:
        return time.time() - parsedate_to_datetime(str(told)).replace(tzinfo=dt.UTC).timestamp()
    except (TypeError, ValueError):
        return None
