"""What people and programs wrote, in GitHub's shapes: comments, reviews, checks and deliveries."""

from __future__ import annotations

from typing import Any

from .shapes import Shapes, outdated
from .state import Home, PullState, now


def comment(shapes: Shapes, home: Home, pull: PullState, row: dict[str, Any]) -> dict[str, Any]:
    """A comment beside a line, or on a file. One whose line the page no longer shows has no `line`."""
    address = f"{shapes.url(home)}/pulls/comments/{row['id']}"
    page = f"{shapes.site}/{home.name}/pull/{pull.number}"
    pull_url = f"{shapes.url(home)}/pulls/{pull.number}"
    said = {
        "url": address,
        "id": row["id"],
        "node_id": f"PRRC_{row['id']}",
        "pull_request_review_id": row["review"],
        "diff_hunk": row["hunk"],
        "path": row["path"],
        "commit_id": row["commit_id"],
        "original_commit_id": row["original_commit_id"],
        "user": shapes.user(row["user"]["id"]) | row["user"],
        "body": row["body"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "html_url": f"{page}#discussion_r{row['id']}",
        "pull_request_url": pull_url,
        "author_association": "NONE",
        "_links": {
            "self": {"href": address},
            "html": {"href": f"{page}#discussion_r{row['id']}"},
            "pull_request": {"href": pull_url},
        },
        "subject_type": row["subject_type"],
    }
    if "in_reply_to_id" in row:
        said["in_reply_to_id"] = row["in_reply_to_id"]
    if row["subject_type"] == "line":
        said |= {"side": row["side"], "original_line": row["line"]}
        stands = not outdated(home.git, *home.sides(pull), row)
        said |= {"line": row["line"]} if stands else {}
        if "start_line" in row:
            start = row["start_line"]
            said |= {"start_side": row["side"], "original_start_line": start, "start_line": start if stands else None}
    return said


def said(shapes: Shapes, home: Home, pull: PullState, row: dict[str, Any]) -> dict[str, Any]:
    """A comment of the conversation."""
    return {
        "id": row["id"],
        "node_id": f"IC_{row['id']}",
        "url": f"{shapes.url(home)}/issues/comments/{row['id']}",
        "html_url": f"{shapes.site}/{home.name}/pull/{pull.number}#issuecomment-{row['id']}",
        "issue_url": f"{shapes.url(home)}/issues/{pull.number}",
        "body": row["body"],
        "user": shapes.user(row["user"]["id"]) | row["user"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "author_association": "NONE",
        "performed_via_github_app": shapes.app() if row["app"] else None,
    }


def review(shapes: Shapes, home: Home, pull: PullState, row: dict[str, Any]) -> dict[str, Any]:
    """A review."""
    page = f"{shapes.site}/{home.name}/pull/{pull.number}#pullrequestreview-{row['id']}"
    pull_url = f"{shapes.url(home)}/pulls/{pull.number}"
    answer = {
        "id": row["id"],
        "node_id": f"PRR_{row['id']}",
        "user": shapes.user(row["user"]["id"]) | row["user"],
        "body": row["body"],
        "state": row["state"],
        "html_url": page,
        "pull_request_url": pull_url,
        "_links": {"html": {"href": page}, "pull_request": {"href": pull_url}},
        "commit_id": row["commit_id"],
        "author_association": "NONE",
    }
    return answer | ({"submitted_at": row["submitted_at"]} if row["state"] != "PENDING" else {})


def check(shapes: Shapes, home: Home, row: dict[str, Any]) -> dict[str, Any]:
    """A check run, its annotations counted; by the App, unless it names another. Pull requests of forks are not named, as GitHub leaves
    them out.
    """
    address = f"{shapes.url(home)}/check-runs/{row['id']}"
    output = {name: row["output"].get(name) for name in ("title", "summary", "text")}
    count = len(row["output"].get("annotations", ()))
    here = (p for p in home.pulls.values() if p.state == "open" and p.fork is None)
    on = [p for p in here if p.seen.get("head") == row["head_sha"]]
    return {
        "id": row["id"],
        "node_id": f"CR_{row['id']}",
        "name": row["name"],
        "head_sha": row["head_sha"],
        "external_id": row["external_id"],
        "url": address,
        "html_url": f"{shapes.site}/{home.name}/runs/{row['id']}",
        "details_url": row.get("details_url", shapes.site),
        "status": row["status"],
        "conclusion": row["conclusion"],
        "started_at": row["started_at"],
        "completed_at": row["completed_at"],
        "output": output | {"annotations_count": count, "annotations_url": f"{address}/annotations"},
        "check_suite": {"id": row["suite"]},
        "app": shapes.app() | row.get("app", {}),
        "pull_requests": [_minimal(shapes, home, p) for p in on],
    }


def suite(shapes: Shapes, home: Home, number: int, head: str, status: str, conclusion: str | None) -> dict[str, Any]:
    """A check suite of the App, as deliveries tell it."""
    return {
        "id": number,
        "node_id": f"CS_{number}",
        "head_branch": next((p.head for p in home.pulls.values() if p.seen.get("head") == head), None),
        "head_sha": head,
        "status": status,
        "conclusion": conclusion,
        "url": f"{shapes.url(home)}/check-suites/{number}",
        "before": None,
        "after": head,
        "pull_requests": [],
        "app": shapes.app(),
        "created_at": now(),
        "updated_at": now(),
    }


def annotation(shapes: Shapes, home: Home, row: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """One annotation of a check run."""
    optional = ("start_column", "end_column", "title", "raw_details")
    href = f"{shapes.site}/{home.name}/blob/{row['head_sha']}/{told['path']}"
    return dict.fromkeys(optional) | told | {"blob_href": href}


def _minimal(shapes: Shapes, home: Home, pull: PullState) -> dict[str, Any]:
    base, head = home.sides(pull)
    repo = {"id": home.id, "url": shapes.url(home), "name": home.name.split("/")[1]}
    return {
        "id": home.id * 100_000 + pull.number,
        "number": pull.number,
        "url": f"{shapes.url(home)}/pulls/{pull.number}",
        "head": {"ref": pull.head, "sha": head, "repo": repo},
        "base": {"ref": pull.base, "sha": base, "repo": repo},
    }
