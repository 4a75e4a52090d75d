"""What no delivery told: deliveries that failed, and open pull requests as GitHub lists them."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from github import Github
from github.Installation import Installation
from msgspec import Struct

from .app import Itself, ask
from .client import in_words

#: A delivery that failed so often is not asked for again.
_MOST_ATTEMPTS: Final = 5
_PAGES: Final = 10
_NEXT: Final = re.compile(r'<[^>]*[?&]cursor=([^&>]+)[^>]*>; rel="next"')


class OpenPull(Struct, frozen=True):
    """An open pull request: OWNER/NAME, number, the commit of its head, and whether it is a draft."""

    repository: str
    number: int
    head: str
    draft: bool


def redeliver(app: Itself, since: dt.datetime) -> int:
    """Ask for each delivery again that failed since then and never arrived; their number. Raises GitHubError.

    GitHub does not do so by itself: https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries.
    """
    attempts: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with in_words():
        for delivery in _deliveries(app, since):
            attempts[delivery["guid"]].append(delivery)
        missing = [each[0]["id"] for each in attempts.values() if _is_missing(each)]
        for number in missing:
            ask(app, "POST", f"/app/hook/deliveries/{number}/attempts")
    return len(missing)


def open_pulls(client: Github, since: dt.datetime) -> Iterator[OpenPull]:
    """The open pull requests of an installation that changed since then. Raises GitHubError."""
    with in_words():
        for home in Installation(client.requester, {}, {"id": 0}).get_repos():
            for pull in home.get_pulls(state="open", sort="updated", direction="desc"):
                if pull.updated_at is None or pull.updated_at < since:
                    break
                yield OpenPull(home.full_name, pull.number, pull.head.sha, bool(pull.draft))


def is_taken(delivery: dict[str, Any]) -> bool:
    """True where a delivery was answered with 2xx; GitHub follows no redirection."""
    return 200 <= int(delivery["status_code"]) < 300


def _is_missing(attempts: list[dict[str, Any]]) -> bool:
    return len(attempts) < _MOST_ATTEMPTS and not any(map(is_taken, attempts))


def _deliveries(app: Itself, since: dt.datetime) -> Iterator[dict[str, Any]]:
    """The App's deliveries since then, the newest first."""
    cursor = ""
    for _ in range(_PAGES):
        more = f"&cursor={cursor}" if cursor else ""
        headers, page = ask(app, "GET", f"/app/hook/deliveries?per_page=100{more}")
        for delivery in page:
            if dt.datetime.fromisoformat(delivery["delivered_at"]) < since:
                return
            yield delivery
        following = _NEXT.search(headers.get("link", ""))
        if following is None:
            return
        cursor = following[1]
