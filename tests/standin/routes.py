"""Every call that the stand-in answers, and the permissions that each needs of an App's installation: a new one is registered here.

GitHub's description of it is brought in by `python -m tests.standin.cut` (see there); until then every use of it fails its test.

The permissions are GitHub's: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
"""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Final

from . import asapp, githttp, reading, spoken
from .calls import Answer, Call, Route
from .writing import Hub

#: Answers requests whose path is not the interface's, as git's: hub, handler, body -> whether it has answered.
Elsewhere = Callable[[Hub, BaseHTTPRequestHandler, bytes], bool]
ELSEWHERE: Final[tuple[Elsewhere, ...]] = (githttp.answer,)
#: The path of the GraphQL interface, which graphql.py answers.
GRAPHQL: Final = "/api/graphql"
_REPO: Final = "/repos/{owner}/{repo}"
_PULL: Final = f"{_REPO}/pulls/{{pull_number}}"
_READ, _PULLS, _ISSUES = "contents:read", "pull_requests:read", ("issues:read", "pull_requests:read")
_WRITES, _TALKS = "pull_requests:write", ("issues:write", "pull_requests:write")


def _review(call: Call) -> Answer:
    row = call.hub.review(call.pull, call.who.user, call.asked)
    return Answer(200, spoken.review(call.shapes, call.home, call.pull, row))


def _submit(call: Call) -> Answer:
    row = call.hub.submit(call.pull, call.who.user, int(call.names["review_id"]), call.asked)
    return Answer(200, spoken.review(call.shapes, call.home, call.pull, row))


def _drop(call: Call) -> Answer:
    row = call.hub.drop(call.pull, call.who.user, int(call.names["review_id"]))
    return Answer(200, spoken.review(call.shapes, call.home, call.pull, row))


def _comment(call: Call) -> Answer:
    row = call.hub.comment(call.pull, call.who.user, call.asked)
    return Answer(201, spoken.comment(call.shapes, call.home, call.pull, row))


def _reply(call: Call) -> Answer:
    row = call.hub.reply(call.pull, call.who.user, int(call.names["comment_id"]), call.asked["body"])
    return Answer(201, spoken.comment(call.shapes, call.home, call.pull, row))


def _say(call: Call) -> Answer:
    row = call.hub.say(call.pull, call.who.user, call.asked["body"])
    return Answer(201, spoken.said(call.shapes, call.home, call.pull, row))


def _edit(call: Call) -> Answer:
    reading.said(call)
    call.hub.edit(int(call.names["comment_id"]), call.who.user, call.asked["body"])
    return reading.said(call)


def _edit_beside(call: Call) -> Answer:
    reading.comment(call)
    call.hub.edit(int(call.names["comment_id"]), call.who.user, call.asked["body"])
    return reading.comment(call)


def _check(call: Call) -> Answer:
    asapp.only_apps(call)
    return Answer(201, spoken.check(call.shapes, call.home, call.hub.check(call.asked, home=call.home)))


def _edit_check(call: Call) -> Answer:
    asapp.only_apps(call)
    row = call.hub.check(call.asked, int(call.names["check_run_id"]), call.home)
    return Answer(200, spoken.check(call.shapes, call.home, row))


ROUTES: Final = (
    Route("GET", "/app", ("app",), asapp.app),
    Route("GET", "/app/installations", ("app",), asapp.installations),
    Route("GET", "/app/installations/{installation_id}", ("app",), asapp.installation),
    Route("POST", "/app/installations/{installation_id}/access_tokens", ("app",), asapp.token),
    Route("POST", "/app-manifests/{code}/conversions", ("nobody",), asapp.convert),
    Route("GET", "/app/hook/config", ("app",), asapp.hook),
    Route("GET", "/app/hook/deliveries", ("app",), asapp.deliveries),
    Route("GET", "/app/hook/deliveries/{delivery_id}", ("app",), asapp.delivery),
    Route("POST", "/app/hook/deliveries/{delivery_id}/attempts", ("app",), asapp.redeliver),
    Route("GET", f"{_REPO}/installation", ("app",), asapp.installation_of),
    Route("GET", "/installation/repositories", ("metadata:read",), asapp.repositories),
    Route("GET", "/rate_limit", ("",), asapp.rate_limit),
    Route("GET", "/user", ("",), reading.me),
    Route("GET", "/users/{username}", ("",), reading.user),
    Route("GET", _REPO, ("metadata:read",), reading.home),
    Route("GET", f"{_REPO}/collaborators/{{username}}/permission", ("metadata:read",), reading.permission),
    Route("GET", f"{_REPO}/commits/{{ref}}/check-runs", ("checks:read",), reading.checks),
    Route("GET", f"{_REPO}/commits/{{commit_sha}}/pulls", (_PULLS,), reading.pulls_of_commit),
    Route("GET", f"{_REPO}/commits/{{ref}}", (_READ,), reading.branch_commit),
    Route("GET", f"{_REPO}/git/commits/{{commit_sha}}", (_READ,), reading.git_commit),
    Route("GET", f"{_REPO}/compare/{{basehead}}", (_READ,), reading.compare),
    Route("GET", f"{_REPO}/git/trees/{{tree_sha}}", (_READ,), reading.tree),
    Route("GET", f"{_REPO}/git/blobs/{{file_sha}}", (_READ,), reading.blob),
    Route("GET", f"{_REPO}/contents/{{path}}", (_READ,), reading.contents),
    Route("GET", f"{_REPO}/pulls", (_PULLS,), reading.pulls),
    Route("GET", _PULL, (_PULLS,), reading.pull),
    Route("GET", f"{_PULL}/files", (_PULLS,), reading.files),
    Route("GET", f"{_PULL}/commits", (_PULLS,), reading.commits),
    Route("GET", f"{_PULL}/comments", (_PULLS,), reading.comments),
    Route("POST", f"{_PULL}/comments", (_WRITES,), _comment),
    Route("POST", f"{_PULL}/comments/{{comment_id}}/replies", (_WRITES,), _reply),
    Route("GET", f"{_REPO}/pulls/comments/{{comment_id}}", (_PULLS,), reading.comment),
    Route("PATCH", f"{_REPO}/pulls/comments/{{comment_id}}", (_WRITES,), _edit_beside),
    Route("GET", f"{_PULL}/reviews", (_PULLS,), reading.reviews),
    Route("POST", f"{_PULL}/reviews", (_WRITES,), _review),
    Route("POST", f"{_PULL}/reviews/{{review_id}}/events", (_WRITES,), _submit),
    Route("DELETE", f"{_PULL}/reviews/{{review_id}}", (_WRITES,), _drop),
    Route("GET", f"{_REPO}/issues/{{issue_number}}/comments", _ISSUES, reading.conversation),
    Route("POST", f"{_REPO}/issues/{{issue_number}}/comments", _TALKS, _say),
    Route("GET", f"{_REPO}/issues/comments/{{comment_id}}", _ISSUES, reading.said),
    Route("PATCH", f"{_REPO}/issues/comments/{{comment_id}}", _TALKS, _edit),
    Route("POST", f"{_REPO}/check-runs", ("checks:write",), _check),
    Route("GET", f"{_REPO}/check-runs/{{check_run_id}}", ("checks:read",), reading.check),
    Route("PATCH", f"{_REPO}/check-runs/{{check_run_id}}", ("checks:write",), _edit_check),
    Route("GET", f"{_REPO}/check-runs/{{check_run_id}}/annotations", ("checks:read",), reading.check_annotations),
)
