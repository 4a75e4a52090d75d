"""Whether a comment has a place in its pull request, reckoned from git: what GitHub takes beside a line, and how it refuses the rest."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from .reckoning import Changed, Shown
from .rights import Refusal
from .state import Home, PullState

#: Characters of a body.
LONGEST: Final = 65_536
_THREAD: Final = "pull_request_review_thread"


def body_fits(body: Any, resource: str) -> None:
    """Refuse a body that is blank or too long."""
    if not isinstance(body, str) or not body.strip():
        raise Refusal(422, "Validation Failed", invalid(resource, "body", "body can't be blank", code="missing_field"))
    if len(body) > LONGEST:
        raise Refusal(
            422, "Validation Failed", invalid(resource, "body", f"body is too long (maximum is {LONGEST} characters)")
        )


def invalid(resource: str, field: str, message: str, code: str = "custom") -> dict[str, str]:
    """One error as GitHub tells it."""
    return {"resource": resource, "code": code, "field": field, "message": message}


def own_commit(home: Home, pull: PullState, commit: str) -> None:
    """Refuse a commit that the pull request does not have."""
    base, head = home.sides(pull)
    if commit not in home.git.between(base, head):
        problem = invalid("PullRequestReviewComment", "commit_id", "commit_id is not part of the pull request")
        raise Refusal(422, "Validation Failed", problem)


def place(home: Home, pull: PullState, commit: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Where a comment stands: its path, its lines and side, and the hunk it stands in. Raises Refusal."""
    file = _file(home, pull, commit, asked["path"])
    if asked.get("subject_type") == "file":
        return {"path": file.path, "subject_type": "file", "hunk": ""}
    if "position" in asked:  # the older way to name a line, of which the stand-in knows nothing
        _refuse("position", "is not known here")
    line, side = asked.get("line"), asked.get("side", "RIGHT")
    if line is None or side not in ("LEFT", "RIGHT"):
        _refuse("line", "could not be resolved")
    start, start_side = asked.get("start_line", line), asked.get("start_side", side)
    if "start_line" in asked and (start >= line or start_side not in (side, "side")):
        _refuse("start_line", "must precede the end line.")
    hunk = _around(file, side, line)
    if hunk is None:
        _refuse("line", "must be part of the diff")
    if "start_line" in asked and _around(file, side, start) != hunk:
        _refuse("start_line", "must be part of the same hunk as the line.")
    kept = {key: asked[key] for key in ("line", "start_line") if key in asked}
    return {"path": file.path, "subject_type": "line", "side": side, "hunk": _text(file, hunk)} | kept


def _file(home: Home, pull: PullState, commit: str, path: str) -> Changed:
    git, base = home.git, home.sides(pull)[0]
    file = next((f for f in git.files(git.merge_base(base, commit), commit) if f.path == path), None)
    if file is None:
        _refuse("path", "could not be resolved")
    return file


def _around(file: Changed, side: str, line: int) -> Shown | None:
    for hunk in file.hunks:
        first, last = hunk.left if side == "LEFT" else hunk.right
        if first <= line <= last:
            return hunk
    return None


def _text(file: Changed, hunk: Shown) -> str:
    """The hunk as the page shows it."""
    return f"@@{file.patch.split('@@ -')[1 + file.hunks.index(hunk)]}" if file.patch else ""


def _refuse(field: str, why: str) -> NoReturn:
    where = f"{_THREAD}.{field}"
    raise Refusal(422, "Validation Failed", invalid("PullRequestReviewComment", where, f"{where} {why}"))
