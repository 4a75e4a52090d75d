"""GitHub's GraphQL interface, as far as the threads of a pull request go, over GitHub's own schema (see cut.py)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from graphql import GraphQLError, GraphQLSchema, build_schema, graphql_sync

from .asapp import covers
from .rights import Refusal, Token
from .shapes import Shapes, outdated
from .state import PullState
from .writing import Hub

SCHEMA: Final = Path(__file__).parent.parent / "data" / "github.graphql"
_PAGE: Final = 100


@lru_cache
def schema() -> GraphQLSchema:
    """GitHub's schema, cut to what is used."""
    return build_schema(SCHEMA.read_text(encoding="utf-8"))


def answered(hub: Hub, shapes: Shapes, who: Token, asked: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The answer to a query or mutation, and what of it breaks the schema. Faults are told in it with status 200, as GitHub does."""
    if not isinstance(asked.get("query"), str):
        raise Refusal(400, "A query attribute must be specified and must be a string.")
    root = _Root(hub, shapes, who)
    done = graphql_sync(
        schema(),
        asked["query"],
        root,
        variable_values=asked.get("variables"),
        operation_name=asked.get("operationName"),
    )
    told: dict[str, Any] = {}
    if done.data is not None:
        told["data"] = done.data
    if done.errors:
        told["errors"] = [_told(e) for e in done.errors]
    return told, [e.message for e in done.errors or () if "type" not in (e.extensions or {})]


def _told(fault: GraphQLError) -> dict[str, Any]:
    told: dict[str, Any] = {**fault.formatted}
    kind = (fault.extensions or {}).get("type")
    if kind:
        told["type"] = kind
    told.pop("extensions", None)
    return told


class _Root:
    """Where a query begins. Its fields are called by their names."""

    def __init__(self, hub: Hub, shapes: Shapes, who: Token) -> None:
        self.hub, self.shapes, self.who = hub, shapes, who

    def _may(self, wanted: str) -> None:
        if self.who.installation and not covers(self.who.permissions, wanted):
            raise GraphQLError("Resource not accessible by integration", extensions={"type": "FORBIDDEN"})

    def _missing(self, what: str) -> GraphQLError:
        return GraphQLError(f"Could not resolve to a {what}.", extensions={"type": "NOT_FOUND"})

    def repository(self, _info: Any, owner: str, name: str, **_: Any) -> dict[str, Any]:
        """A repository."""
        home = self.hub.home(f"{owner}/{name}")
        if home is None or (self.who.repositories is not None and home.id not in self.who.repositories):
            raise self._missing(f"Repository with the name '{owner}/{name}'")

        def pull(_info: Any, number: int) -> dict[str, Any]:
            self._may("pull_requests:read")
            if number not in home.pulls:
                raise self._missing(f"PullRequest with the number of {number}")
            return self.pull(home.pulls[number])

        return {
            "__typename": "Repository",
            "id": f"R_{home.id}",
            "name": home.name.split("/")[1],
            "nameWithOwner": home.name,
            "isPrivate": home.private,
            "pullRequest": pull,
        }

    def node(self, _info: Any, id: str) -> dict[str, Any]:
        """A pull request or a thread by its node id."""
        self._may("pull_requests:read")
        if id.startswith("PRRT_"):
            return self.thread(*self._thread(id))
        match = re.fullmatch(r"PR_(\d+)_(\d+)", id)
        for home in self.hub.homes.values() if match else ():
            if match and home.id == int(match[1]) and int(match[2]) in home.pulls:
                return self.pull(home.pulls[int(match[2])])
        raise self._missing(f"node with the global id of '{id}'")

    def resolveReviewThread(self, _info: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - GitHub's name
        """Mark a thread as done. An App needs to write contents for it: https://github.com/github/gh-aw/issues/35726."""
        self._may("contents:write")
        self._may("pull_requests:write")
        pull, first = self._thread(input["threadId"])
        with self.hub.lock:
            self.hub.resolved.add(first["id"])
        return {"clientMutationId": input.get("clientMutationId"), "thread": self.thread(pull, first)}

    def _thread(self, node: str) -> tuple[PullState, dict[str, Any]]:
        number = node.removeprefix("PRRT_")
        found = self.hub.find(int(number)) if number.isdigit() else None
        if found is None or "path" not in found[1] or "in_reply_to_id" in found[1]:
            raise self._missing(f"node with the global id of '{node}'")
        return found

    # --- answers -----------------------------------------------------------------------------------------------

    def pull(self, pull: PullState) -> dict[str, Any]:
        """A pull request."""
        home = self.hub.home_of(pull)
        base, head = home.sides(pull)
        state = "MERGED" if pull.merged else pull.state.upper()

        def threads(_info: Any, **window: Any) -> dict[str, Any]:
            shown = self.hub.visible(pull.comments)
            return _window([self.thread(pull, c) for c in shown if "in_reply_to_id" not in c], window)

        return {
            "__typename": "PullRequest",
            "id": f"PR_{home.id}_{pull.number}",
            "number": pull.number,
            "title": pull.title,
            "state": state,
            "isDraft": pull.draft,
            "headRefOid": head,
            "baseRefOid": base,
            "headRefName": pull.head,
            "baseRefName": pull.base,
            "author": self.actor(pull.author),
            "reviewThreads": threads,
        }

    def thread(self, pull: PullState, first: dict[str, Any]) -> dict[str, Any]:
        """A thread: its first comment, and the answers to it."""
        whole = first["subject_type"] == "file"
        home = self.hub.home_of(pull)
        old = outdated(home.git, *home.sides(pull), first)
        done = first["id"] in self.hub.resolved

        def comments(_info: Any, **window: Any) -> dict[str, Any]:
            shown = self.hub.visible(pull.comments)
            here = [c for c in shown if first["id"] in (c["id"], c.get("in_reply_to_id"))]
            return _window([self.comment(c) for c in here], window)

        return {
            "__typename": "PullRequestReviewThread",
            "id": f"PRRT_{first['id']}",
            "isResolved": done,
            "isCollapsed": done,
            "isOutdated": old,
            "path": first["path"],
            "line": None if old or whole else first["line"],
            "originalLine": first.get("line"),
            "startLine": None if old else first.get("start_line"),
            "originalStartLine": first.get("start_line"),
            "diffSide": first.get("side", "RIGHT"),
            "subjectType": "FILE" if whole else "LINE",
            "viewerCanReply": True,
            "viewerCanResolve": not done,
            "viewerCanUnresolve": done,
            "comments": comments,
        }

    def comment(self, row: dict[str, Any]) -> dict[str, Any]:
        """A comment beside a line."""
        return {
            "__typename": "PullRequestReviewComment",
            "id": f"PRRC_{row['id']}",
            "databaseId": row["id"],
            "fullDatabaseId": str(row["id"]),
            "body": row["body"],
            "path": row["path"],
            "author": self.actor(row["user"]["id"]),
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
        }

    def actor(self, number: int) -> dict[str, Any]:
        """An account. A bot's login has no `[bot]` here."""
        login, kind = self.hub.account(number)
        name = login.removesuffix("[bot]")
        url = f"{self.shapes.site}/{name}"
        return {"__typename": kind, "id": f"U_{number}", "databaseId": number, "login": name, "url": url}


def _window(rows: list[dict[str, Any]], window: dict[str, Any]) -> dict[str, Any]:
    """One page of a connection: `first` after a cursor, or the `last`."""
    size = window.get("first") or window.get("last")
    if size is None or not 0 < size <= _PAGE:
        raise GraphQLError("You must provide a `first` or `last` value of 1 to 100 to properly paginate.")
    start = int(window["after"]) if window.get("after") else 0
    if window.get("first") is None:
        start = max(0, len(rows) - size)
    shown = rows[start : start + size]
    end = start + len(shown)
    page = {
        "hasNextPage": end < len(rows),
        "hasPreviousPage": start > 0,
        "startCursor": str(start),
        "endCursor": str(end),
    }
    return {"nodes": shown, "totalCount": len(rows), "pageInfo": page}
