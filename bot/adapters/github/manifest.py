"""An App that is made from a manifest.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import re
from typing import Final

from github.Requester import Requester
from msgspec import Struct

from ...ports import DIRECT, Network
from .client import arguments, in_words
from .connection import Line, Ways
from .trouble import GitHubError

_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Made(Struct, frozen=True):
    """A new App, with what is told of it this one time. `webhook_secret` is empty where GitHub made none."""

    app_id: int
    slug: str
    page: str
    private_key: str
    webhook_secret: str

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Made(app_id={self.app_id}, slug={self.slug!r})"


def convert(url: str, code: str, network: Network = DIRECT) -> Made:
    """Exchange the code that GitHub sent a browser back with for the App's keys, which works once. Raises GitHubError."""
    if not _CODE.fullmatch(code):
        raise GitHubError("that is no code of GitHub's", "Begin again.")
    asking = Requester(auth=None, base_url=url, pool_size=None, **arguments(Line(Ways(network))))
    with in_words():
        _, told = asking.requestJsonAndCheck("POST", f"/app-manifests/{code}/conversions")
    return Made(told["id"], told["slug"], told["html_url"], told["pem"], told["webhook_secret"] or "")
