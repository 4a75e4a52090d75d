"""What the stand-in tells by webhooks, whole and in GitHub's shapes: https://docs.github.com/en/webhooks/webhook-events-and-payloads."""

from __future__ import annotations

from typing import Any, Final

from . import spoken
from .contract import Contract
from .shapes import Shapes
from .state import Home, PullState
from .writing import Hub

_PULL_ACTIONS: Final = (
    "opened",
    "reopened",
    "synchronize",
    "ready-for-review",
    "converted-to-draft",
    "closed",
    "edited",
    "labeled",
    "unlabeled",
    "review-requested",
)
#: The deliveries whose description is kept, by their names there.
EVENTS: Final = (
    *(f"pull-request-{action}" for action in _PULL_ACTIONS),
    *(f"check-run-{action}" for action in ("created", "completed", "rerequested", "requested-action")),
    *(f"check-suite-{action}" for action in ("requested", "rerequested")),
    *(f"merge-group-{action}" for action in ("checks-requested", "destroyed")),
    *(
        f"installation-{action}"
        for action in ("created", "deleted", "suspend", "unsuspend", "new-permissions-accepted")
    ),
    *(f"installation-repositories-{action}" for action in ("added", "removed")),
    "issue-comment-created",
    "pull-request-review-comment-created",
)


def pull_event(hub: Hub, action: str, pull: PullState | None = None, **changed: Any) -> dict[str, Any]:
    """A `pull_request` delivery. `changed` are other values for the pull request: what is an object there is changed in part."""
    pull = pull or hub.pulls[1]
    home, shapes = hub.home_of(pull), _shapes(hub)
    told = _changed(shapes.whole_pull(home, pull), changed)
    payload = {"action": action, "number": pull.number, "pull_request": told} | _around(shapes, hub, home, pull.author)
    if action == "synchronize":
        payload |= {"before": home.git.about(told["head"]["sha"])[4][0], "after": told["head"]["sha"]}
    if action == "edited":
        payload |= {"changes": {"base": {"ref": {"from": pull.base}, "sha": {"from": told["base"]["sha"]}}}}
    if action in ("labeled", "unlabeled"):
        payload |= {"label": (told["labels"] or [shapes.label(home, "a label")])[-1]}
    if action == "review_requested":
        payload |= {"requested_reviewer": shapes.user(8)}
    return sound("pull_request", payload)


def check_event(
    hub: Hub, action: str, run: dict[str, Any], button: str = "", home: Home | None = None
) -> dict[str, Any]:
    """A `check_run` delivery about one of `hub.checks`; `button` is the identifier of the one that was pressed."""
    home, shapes = home or hub.first, _shapes(hub)
    told = spoken.check(shapes, home, run)
    suite = told["check_suite"]["id"]
    told["check_suite"] = spoken.suite(shapes, home, suite, run["head_sha"], run["status"], run["conclusion"])
    payload = {"action": action, "check_run": told} | _around(shapes, hub, home, 8)
    return sound("check_run", payload | ({"requested_action": {"identifier": button}} if button else {}))


def suite_event(hub: Hub, action: str, head: str, home: Home | None = None) -> dict[str, Any]:
    """A `check_suite` delivery about our suite on a commit."""
    home, shapes = home or hub.first, _shapes(hub)
    told = spoken.suite(shapes, home, hub.number(), head, "queued", None)
    commits = {"check_runs_url": f"{told['url']}/check-runs", "latest_check_runs_count": 0}
    _, when, who, message, _ = home.git.about(head)
    by = {"name": who, "email": "developer@example.org", "date": when}
    tree = home.git.about(head)[0]
    told |= commits | {
        "head_commit": {
            "id": head,
            "tree_id": tree,
            "message": message,
            "timestamp": when,
            "author": by,
            "committer": by,
        }
    }
    return sound("check_suite", {"action": action, "check_suite": told} | _around(shapes, hub, home, 8))


def group_event(hub: Hub, action: str, base: str, head: str, ref: str, home: Home | None = None) -> dict[str, Any]:
    """A `merge_group` delivery: `head` is the commit that would be merged, on the branch `ref` of the queue before branch `base`."""
    home, shapes = home or hub.first, _shapes(hub)
    tree, when, who, message, parents = home.git.about(head)
    by = {"name": who, "email": "developer@example.org", "date": when}
    group = {
        "head_sha": head,
        "head_ref": f"refs/heads/{ref}",
        "base_sha": parents[0],
        "base_ref": f"refs/heads/{base}",
        "head_commit": {
            "id": head,
            "tree_id": tree,
            "message": message,
            "timestamp": when,
            "author": by,
            "committer": by,
        },
    }
    payload = {"action": action, "merge_group": group} | _around(shapes, hub, home, 8)
    return sound("merge_group", payload | ({"reason": "dequeued"} if action == "destroyed" else {}))


def sound(event: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload, which is as GitHub describes it. Raises AssertionError."""
    wrong = Contract.standing().delivery(event, payload)
    assert wrong == [], "\n".join(wrong[:20])
    return payload


def _shapes(hub: Hub) -> Shapes:
    return Shapes(hub, f"{hub.address}/api/v3", hub.address)


def _around(shapes: Shapes, hub: Hub, home: Home, sender: int) -> dict[str, Any]:
    """What every delivery tells besides: where, by whom, and to which installation."""
    owner = home.name.split("/")[0]
    number = next((i.id for i in hub.installations.values() if i.account == owner), 77)
    told = {"repository": shapes.home(home), "sender": shapes.user(sender)}
    return told | {"installation": {"id": number, "node_id": f"I_{number}"}}


def _changed(told: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    parts = {
        k: _changed(told[k], v) if isinstance(v, dict) and isinstance(told.get(k), dict) else v
        for k, v in changed.items()
    }
    return told | parts
