"""Resolves threads of a pull request, which only the GraphQL interface can do.

For an App GitHub asks for `contents: write` there, though nothing of the contents is touched: https://github.com/github/gh-aw/issues/35726
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from github import GithubException

from ...ports import Told
from .client import PAGE
from .threads import Desk

# An id is asked for as `fullDatabaseId`, a text: `databaseId` is of 32 bits, which comments have outgrown
# (https://docs.github.com/en/graphql/reference/objects#pullrequestreviewcomment).
_THREADS: Final = """
query($owner: String!, $name: String!, $number: Int!, $page: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: $page, after: $after) {
        nodes { id isResolved comments(first: 1) { nodes { fullDatabaseId } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
_RESOLVE: Final = """
mutation($thread: ID!) {
  resolveReviewThread(input: { threadId: $thread }) { thread { isResolved } }
}
"""


def resolve(desk: Desk, wanted: Sequence[Told]) -> frozenset[int] | None:
    """Resolve the threads that are still open; the ids of those that are resolved then, None where GitHub forbids it."""
    if not wanted:
        return frozenset()
    known = {str(t.id): t.id for t in wanted}
    done: set[int] = set()
    for thread in _threads(desk):
        first = thread["comments"]["nodes"]
        own = known.get(str(first[0]["fullDatabaseId"])) if first else None
        if own is None:
            continue
        if not thread["isResolved"] and not _resolve(desk, thread["id"]):
            return None
        done.add(own)
    return frozenset(done)


def _resolve(desk: Desk, thread: str) -> bool:
    """Resolve one thread, False where GitHub forbids it."""
    try:
        desk.client.requester.graphql_query(_RESOLVE, {"thread": thread})
    except GithubException as refused:
        if _is_forbidden(refused):
            return False
        raise
    return True


def _is_forbidden(refused: GithubException) -> bool:
    errors = refused.data.get("errors") if isinstance(refused.data, dict) else None
    return isinstance(errors, list) and any(isinstance(e, dict) and e.get("type") == "FORBIDDEN" for e in errors)


def _threads(desk: Desk) -> Iterable[dict[str, Any]]:
    owner, _, name = desk.pull.repository.partition("/")
    asked = {"owner": owner, "name": name, "number": desk.pull.number, "page": PAGE, "after": None}
    while True:
        told = desk.client.requester.graphql_query(_THREADS, asked)[1]
        listed = told["data"]["repository"]["pullRequest"]["reviewThreads"]
        yield from listed["nodes"]
        if not listed["pageInfo"]["hasNextPage"]:
            return
        asked = asked | {"after": listed["pageInfo"]["endCursor"]}
