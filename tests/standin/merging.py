"""More of the stand-in's interface: what merge groups, buttons and an owner's defaults need.

As the rest, it was written by hand from GitHub's published descriptions: https://docs.github.com/en/rest/git/commits ,
https://docs.github.com/en/rest/collaborators/collaborators and https://docs.github.com/en/rest/repos/contents .
"""

from __future__ import annotations

import base64
import re
from typing import Any

from .state import Hub, Refusal


def git_commit(hub: Hub, commit: str) -> Any:
    """A commit as git has it, with its tree."""
    return {"sha": commit, "tree": {"sha": hub.git.ask("rev-parse", f"{commit}^{{tree}}").strip()}}


def permission(hub: Hub, login: str) -> Any:
    """What an account may do; those that the test names none for may read. Only people and programs that there are have any."""
    if login == "nobody":
        raise Refusal(404, "Not Found")
    role = hub.roles.get(login, "read")
    legacy = {"maintain": "write", "triage": "read"}.get(role, role)
    return {"permission": legacy, "role_name": role, "user": {"login": login}}


def elsewhere(hub: Hub, path: str) -> Any:
    """What lies in the repository `.github` of the owner, None for any other path."""
    match = re.fullmatch(r"/repos/([^/]+)/\.github/contents/(.+)", path)
    if match is None or match[1] != hub.repository.partition("/")[0]:
        return None
    if match[2] != ".mainstay.yaml" or not hub.default_settings:
        raise Refusal(404, "Not Found")
    content = base64.encodebytes(hub.default_settings.encode()).decode()
    return {"type": "file", "encoding": "base64", "path": match[2], "content": content}


WORK: tuple[tuple[str, str, Any], ...] = (
    (r"/git/commits/(\w+)", "GET", lambda route, _asked, commit: git_commit(route.hub, commit)),
    (r"/collaborators/([^/]+)/permission", "GET", lambda route, _asked, login: permission(route.hub, login)),
)
