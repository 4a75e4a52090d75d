"""The stand-in's GraphQL: the threads of a pull request, and resolving one. Of each query it knows what stands in it, and nothing more.

For an App GitHub asks for `contents: write` to resolve a thread: https://docs.github.com/en/graphql/reference/mutations#resolvereviewthread
"""

from __future__ import annotations

from typing import Any

from .state import Hub


def answer(hub: Hub, user: int, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to one query, or its errors, as GitHub words them."""
    given = asked["variables"]
    if "resolveReviewThread" in asked["query"]:
        return _resolved(hub, user, given["thread"])
    if "reviewThreads" not in asked["query"] or f"{given['owner']}/{given['name']}" != hub.repository:
        return {"data": None, "errors": [{"type": "NOT_FOUND", "message": "Could not resolve to a Repository"}]}
    roots = [c for c in hub.pulls[given["number"]].comments if "in_reply_to_id" not in c]
    nodes = [
        {
            "id": f"PRRT_{root['id']}",
            "isResolved": root["id"] in hub.resolved,
            "comments": {"nodes": [{"fullDatabaseId": str(root["id"])}]},
        }
        for root in roots
    ]
    threads = {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return {"data": {"repository": {"pullRequest": {"reviewThreads": threads}}}}


def _resolved(hub: Hub, user: int, thread: str) -> dict[str, Any]:
    if hub.is_app(user) and hub.permissions.get("contents") != "write":
        refused = {
            "type": "FORBIDDEN",
            "path": ["resolveReviewThread"],
            "message": "Resource not accessible by integration",
        }
        return {"data": {"resolveReviewThread": None}, "errors": [refused]}
    hub.resolved.add(int(thread.removeprefix("PRRT_")))
    return {"data": {"resolveReviewThread": {"thread": {"isResolved": True}}}}
