"""Reads: repositories, what git holds, pull requests, and what was written to them."""

from __future__ import annotations

import base64
import hashlib
from subprocess import CalledProcessError
from typing import Any, Final

from . import spoken
from .calls import Answer, Call
from .rights import Refusal

#: https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits#diff-limits
_DIFF_FILES, _DIFF_LINES = 300, 20_000
#: https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
_LISTED_FILES: Final = 3_000
#: https://docs.github.com/en/rest/commits/commits#compare-two-commits
_COMPARED_FILES: Final = 300


def home(call: Call) -> Answer:
    """The repository."""
    return Answer(200, call.shapes.whole_home(call.home))


def branch_commit(call: Call) -> Answer:
    """A commit, by its id or a branch."""
    return Answer(200, call.shapes.commit(call.home, call.commit(call.names["ref"])))


def git_commit(call: Call) -> Answer:
    """A commit as git has it."""
    sha = call.commit(call.names["commit_sha"])
    whole = call.shapes.commit(call.home, sha)
    told = whole["commit"]
    return Answer(
        200,
        {
            "sha": sha,
            "node_id": whole["node_id"],
            "url": told["url"],
            "html_url": whole["html_url"],
            "author": told["author"],
            "committer": told["committer"],
            "message": told["message"],
            "tree": told["tree"],
            "parents": [p | {"html_url": whole["html_url"]} for p in whole["parents"]],
            "verification": dict.fromkeys(("payload", "signature", "verified_at"))
            | {"verified": False, "reason": "unsigned"},
        },
    )


def compare(call: Call) -> Answer:
    """Where two commits have parted, and what lies between."""
    before, _, after = call.names["basehead"].partition("...")
    base, head = (call.home.git.commit(name) for name in (before, after.rpartition(":")[2]))
    if base is None or head is None:
        raise Refusal(404, "Not Found")
    git = call.home.git
    parted = git.merge_base(base, head)
    if not parted:
        raise Refusal(404, f"No common ancestor between {before} and {after}.")
    ahead, behind = git.between(base, head), git.between(head, base)
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    page = f"{call.shapes.site}/{call.home.name}/compare/{base}...{head}"
    return Answer(
        200,
        {
            "url": f"{call.shapes.url(call.home)}/compare/{base}...{head}",
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": call.shapes.commit(call.home, base),
            "merge_base_commit": call.shapes.commit(call.home, parted),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [call.shapes.commit(call.home, c) for c in ahead[:250]],
            "files": call.shapes.files(call.home, head, git.files(parted, head)[:_COMPARED_FILES]),
        },
    )


def tree(call: Call) -> Answer:
    """The entries below a commit or tree; those below its folders where that is asked for."""
    sha = call.names["tree_sha"]
    try:
        entries = call.home.git.tree(sha)
    except CalledProcessError as fault:
        raise Refusal(404, "Not Found") from fault
    deep = "recursive" in call.query
    shown = [e for e in entries if deep or "/" not in e["path"]]
    cut = call.hub.cut_trees and deep and call.home.git.commit(sha) == sha
    url = f"{call.shapes.url(call.home)}/git/trees/{sha}"
    return Answer(200, {"sha": sha, "url": url, "truncated": cut, "tree": shown[:1] if cut else shown})


def blob(call: Call) -> Answer:
    """A blob's content."""
    sha = call.names["file_sha"]
    content = call.home.git.bytes_of(sha)
    if content is None:
        raise Refusal(404, "Not Found")
    return Answer(200, call.shapes.blob(call.home, sha, content))


def contents(call: Call) -> Answer:
    """One file of a branch or commit; one over 1 MB comes without its content. The owner's `.github` has settings alone."""
    if call.names["repo"] == ".github" and call.hub.home(f"{call.names['owner']}/.github") is None:
        return _defaults(call)
    ref = call.home.git.commit(call.query.get("ref", call.home.default_branch))
    path = call.names["path"]
    entry = next((e for e in call.home.git.tree(ref) if e["path"] == path), None) if ref else None
    content = call.home.git.bytes_of(entry["sha"]) if entry and entry["type"] == "blob" else None
    if entry is None or content is None:
        raise Refusal(404, "Not Found")
    whole = call.shapes.blob(call.home, entry["sha"], content)
    large = len(content) > 1_000_000
    url = f"{call.shapes.url(call.home)}/contents/{path}?ref={ref}"
    page = f"{call.shapes.site}/{call.home.name}/blob/{ref}/{path}"
    return Answer(
        200,
        {
            "type": "file",
            "encoding": "none" if large else "base64",
            "size": len(content),
            "name": path.rpartition("/")[2],
            "path": path,
            "content": "" if large else whole["content"],
            "sha": entry["sha"],
            "url": url,
            "git_url": whole["url"],
            "html_url": page,
            "download_url": page,
            "_links": {"git": whole["url"], "self": url, "html": page},
        },
    )


def _defaults(call: Call) -> Answer:
    owner, path = call.names["owner"], call.names["path"]
    if owner != call.hub.repository.partition("/")[0] or path != ".mainstay.yaml" or not call.hub.default_settings:
        raise Refusal(404, "Not Found")
    content = call.hub.default_settings.encode()
    url = f"{call.shapes.base}/repos/{owner}/.github"
    page = f"{call.shapes.site}/{owner}/.github/blob/main/{path}"
    file, git = f"{url}/contents/{path}?ref=main", f"{url}/git/blobs/{hashlib.sha256(content).hexdigest()[:40]}"
    return Answer(
        200,
        {
            "type": "file",
            "encoding": "base64",
            "size": len(content),
            "name": path,
            "path": path,
            "content": base64.encodebytes(content).decode(),
            "sha": git.rpartition("/")[2],
            "url": file,
            "git_url": git,
            "html_url": page,
            "download_url": page,
            "_links": {"git": git, "self": file, "html": page},
        },
    )


# --- pull requests -------------------------------------------------------------------------------------------------


def pulls(call: Call) -> Answer:
    """The pull requests, the newest first, as far as they are asked for."""
    state, base, head = (call.query.get(name, "") for name in ("state", "base", "head"))
    found = [p for p in call.home.pulls.values() if state == "all" or p.state == (state or "open")]
    owner = call.home.name.split("/")[0]
    kept = [
        p
        for p in found
        if base in ("", p.base) and head in ("", f"{(p.fork.name.split('/')[0] if p.fork else owner)}:{p.head}")
    ]
    rising = call.query.get("direction") == "asc"
    kept.sort(key=lambda p: p.number, reverse=not rising)
    return Answer(200, rows=[call.shapes.pull(call.home, p) for p in kept])


def pull(call: Call) -> Answer:
    """A pull request; or its whole diff, where that is asked for and is not too large."""
    if "diff" in call.accept:
        files = call.home.changed(call.pull)
        if len(files) > _DIFF_FILES:
            raise Refusal(
                406, f"Sorry, the diff exceeded the maximum number of files ({_DIFF_FILES})", _too_large("diff")
            )
        if sum(f.added + f.deleted for f in files) > _DIFF_LINES:
            raise Refusal(
                406, f"Sorry, the diff exceeded the maximum number of lines ({_DIFF_LINES})", _too_large("diff")
            )
        base, head = call.home.sides(call.pull)
        return Answer(200, call.home.git.ask("diff", "-M", call.home.git.merge_base(base, head), head))
    return Answer(200, call.shapes.whole_pull(call.home, call.pull))


def _too_large(field: str) -> dict[str, str]:
    return {"resource": "PullRequest", "field": field, "code": "too_large"}


def files(call: Call) -> Answer:
    """The files of a pull request."""
    head = call.home.sides(call.pull)[1]
    return Answer(200, rows=call.shapes.files(call.home, head, call.home.changed(call.pull)[:_LISTED_FILES]))


def commits(call: Call) -> Answer:
    """The commits of a pull request, 250 at most."""
    between = call.home.git.between(*call.home.sides(call.pull))
    return Answer(200, rows=[call.shapes.commit(call.home, c) for c in between[:250]])


def pulls_of_commit(call: Call) -> Answer:
    """The open pull requests that a commit belongs to."""
    sha = call.commit(call.names["commit_sha"])
    here = [p for p in call.home.pulls.values() if sha in call.home.git.between(*call.home.sides(p))]
    return Answer(200, rows=[call.shapes.pull(call.home, p) for p in here])


def comments(call: Call) -> Answer:
    """The comments beside lines."""
    return Answer(200, rows=[_comment(call, row) for row in call.hub.visible(call.pull.comments)])


def comment(call: Call) -> Answer:
    """One comment beside a line."""
    found = call.hub.find(int(call.names["comment_id"]))
    if found is None or "path" not in found[1] or call.hub.home_of(found[0]) is not call.home:
        raise Refusal(404, "Not Found")
    return Answer(200, spoken.comment(call.shapes, call.home, *found))


def _comment(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    return spoken.comment(call.shapes, call.home, call.pull, row)


def conversation(call: Call) -> Answer:
    """The comments of the conversation."""
    rows = call.hub.visible(call.pull.conversation)
    return Answer(200, rows=[spoken.said(call.shapes, call.home, call.pull, row) for row in rows])


def said(call: Call) -> Answer:
    """One comment of the conversation."""
    found = call.hub.find(int(call.names["comment_id"]))
    if found is None or "path" in found[1] or call.hub.home_of(found[0]) is not call.home:
        raise Refusal(404, "Not Found")
    return Answer(200, spoken.said(call.shapes, call.home, *found))


def reviews(call: Call) -> Answer:
    """The reviews, those that wait shown to their authors alone."""
    rows = call.hub.visible(sorted([*call.pull.reviews, *call.pull.singles], key=lambda r: int(r["id"])))
    shown = [r for r in rows if r["state"] != "PENDING" or r["user"]["id"] == call.who.user]
    return Answer(200, rows=[spoken.review(call.shapes, call.home, call.pull, row) for row in shown])


# --- checks, people ------------------------------------------------------------------------------------------------


def checks(call: Call) -> Answer:
    """The check runs of a commit; the latest of each name, unless all are asked for."""
    sha = call.commit(call.names["ref"])
    runs = call.hub.visible(c for c in call.home.checks if c["head_sha"] == sha)
    name, status = call.query.get("check_name"), call.query.get("status")
    runs = [r for r in runs if (not name or r["name"] == name) and (not status or r["status"] == status)]
    if call.query.get("filter", "latest") == "latest":
        runs = list({(r["name"], r["external_id"]): r for r in runs}.values())
    return Answer(200, rows=[spoken.check(call.shapes, call.home, r) for r in runs], key="check_runs")


def check(call: Call) -> Answer:
    """One check run."""
    return Answer(200, spoken.check(call.shapes, call.home, _run(call)))


def check_annotations(call: Call) -> Answer:
    """The annotations of a check run."""
    run = _run(call)
    return Answer(
        200, rows=[spoken.annotation(call.shapes, call.home, run, a) for a in run["output"].get("annotations", ())]
    )


def _run(call: Call) -> dict[str, Any]:
    run = next((c for c in call.home.checks if c["id"] == int(call.names["check_run_id"])), None)
    if run is None:
        raise Refusal(404, "Not Found")
    return run


def me(call: Call) -> Answer:
    """Who asks; an installation is nobody."""
    if call.who.installation:
        raise Refusal(403, "Resource not accessible by integration")
    return Answer(200, call.shapes.whole_user(call.who.user))


def user(call: Call) -> Answer:
    """An account by its login."""
    logins = {call.hub.account(n)[0]: n for n in (*call.hub.people.values(), *call.hub.accounts, 7)}
    if call.names["username"] not in logins:
        raise Refusal(404, "Not Found")
    return Answer(200, call.shapes.whole_user(logins[call.names["username"]]))


def permission(call: Call) -> Answer:
    """What somebody may do in the repository; those of whom nothing is said may read, and there is no account `nobody`."""
    login = call.names["username"]
    if login == "nobody":
        raise Refusal(404, "Not Found")
    role = call.hub.roles.get(login, "read")
    rough = {"maintain": "write", "triage": "read"}.get(role, role)
    told = call.shapes.user(100 + sum(login.encode())) | {"login": login, "role_name": role}
    return Answer(200, {"permission": rough, "role_name": role, "user": told})
