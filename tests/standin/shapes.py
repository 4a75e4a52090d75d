"""Answers in GitHub's shapes: everything that its description requires of them, true where somebody reads it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from .reckoning import Changed, Git
from .rights import Installation
from .state import Home, Memory, PullState

#: When nothing more exact is known: the repositories, accounts and the App were made then.
_MADE = "2026-01-01T00:00:00Z"
_USER_PARTS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_HOME_PARTS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = (
    "forks",
    "forks_count",
    "open_issues",
    "open_issues_count",
    "size",
    "stargazers_count",
    "watchers",
    "watchers_count",
)
_FLAGS = {
    "has_downloads": False,
    "has_issues": True,
    "has_projects": False,
    "has_wiki": False,
    "has_pages": False,
    "has_discussions": False,
    "disabled": False,
}
_PATCH_LINES = 3_000


class Shapes:
    """Makes answers for a hub. `base` is the interface's address, `site` what people open in a browser."""

    def __init__(self, hub: Memory, base: str, site: str) -> None:
        self.hub, self.base, self.site = hub, base, site

    # --- accounts and the App ----------------------------------------------------------------------------------

    def user(self, number: int) -> dict[str, Any]:
        """An account by its id."""
        login, kind = self.hub.account(number)
        address = f"{self.base}/users/{login}"
        return {
            "login": login,
            "id": number,
            "node_id": f"U_{number}",
            "avatar_url": f"{self.site}/avatars/{number}",
            "gravatar_id": "",
            "url": address,
            "html_url": f"{self.site}/{login}",
            "type": kind,
            "site_admin": False,
        } | {name: f"{address}{part}" for name, part in _USER_PARTS.items()}

    def whole_user(self, number: int) -> dict[str, Any]:
        """An account as its own page has it."""
        none = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio"))
        zero = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
        return self.user(number) | none | zero | {"created_at": _MADE, "updated_at": _MADE, "user_view_type": "public"}

    def owner(self, login: str) -> dict[str, Any]:
        """The organisation that repositories belong to."""
        number = 100 + sum(login.encode())
        return self.user(number) | {"login": login, "type": "Organization", "html_url": f"{self.site}/{login}"}

    def app(self) -> dict[str, Any]:
        """The App."""
        return {
            "id": self.hub.app,
            "slug": self.hub.slug,
            "node_id": f"A_{self.hub.app}",
            "owner": self.owner("mainstay-makers"),
            "name": "Mainstay",
            "description": None,
            "external_url": self.site,
            "html_url": f"{self.site}/apps/{self.hub.slug}",
            "created_at": _MADE,
            "updated_at": _MADE,
            "permissions": dict(self.hub.permissions),
            "events": list(self.hub.events),
        }

    def installation(self, it: Installation) -> dict[str, Any]:
        """The App in an account."""
        address = f"{self.base}/app/installations/{it.id}"
        return {
            "id": it.id,
            "account": self.owner(it.account),
            "repository_selection": "all" if it.repositories is None else "selected",
            "access_tokens_url": f"{address}/access_tokens",
            "repositories_url": f"{self.base}/installation/repositories",
            "html_url": f"{self.site}/organizations/{it.account}/settings/installations/{it.id}",
            "app_id": self.hub.app,
            "app_slug": self.hub.slug,
            "target_id": 1,
            "target_type": "Organization",
            "permissions": self.hub.granted(it.id),
            "events": list(self.hub.events),
            "created_at": _MADE,
            "updated_at": _MADE,
            "single_file_name": None,
            "suspended_by": self.user(8) if it.id in self.hub.suspended else None,
            "suspended_at": _MADE if it.id in self.hub.suspended else None,
        }

    # --- repositories ------------------------------------------------------------------------------------------

    def url(self, home: Home) -> str:
        """The interface's address of a repository."""
        return f"{self.base}/repos/{home.name}"

    def home(self, home: Home) -> dict[str, Any]:
        """A repository."""
        address, owner = self.url(home), home.name.split("/")[0]
        page = f"{self.site}/{home.name}"
        return {
            "id": home.id,
            "node_id": f"R_{home.id}",
            "name": home.name.split("/")[1],
            "full_name": home.name,
            "owner": self.owner(owner),
            "private": home.private,
            "html_url": page,
            "description": None,
            "fork": home.is_fork,
            "url": address,
            "clone_url": f"{page}.git",
            "git_url": f"git:{home.name}.git",
            "ssh_url": f"git@stand-in:{home.name}.git",
            "svn_url": page,
            "homepage": None,
            "language": None,
            "license": None,
            "mirror_url": None,
            "archived": home.archived,
            "visibility": "private" if home.private else "public",
            "topics": [],
            "default_branch": home.default_branch,
            "created_at": _MADE,
            "updated_at": _MADE,
            "pushed_at": _MADE,
            **_FLAGS,
            **dict.fromkeys(_COUNTS, 0),
            **{name: f"{address}{part}" for name, part in _HOME_PARTS.items()},
        }

    def whole_home(self, home: Home) -> dict[str, Any]:
        """A repository as its own address has it."""
        return self.home(home) | {"network_count": 0, "subscribers_count": 0}

    def commit(self, home: Home, sha: str) -> dict[str, Any]:
        """A commit."""
        address = self.url(home)
        tree, when, who, message, parents = home.git.about(sha)
        by = {"name": who, "email": "developer@example.org", "date": when}
        return {
            "url": f"{address}/commits/{sha}",
            "sha": sha,
            "node_id": f"C_{sha}",
            "html_url": f"{self.site}/{home.name}/commit/{sha}",
            "comments_url": f"{address}/commits/{sha}/comments",
            "commit": {
                "url": f"{address}/git/commits/{sha}",
                "author": by,
                "committer": by,
                "message": message,
                "comment_count": 0,
                "tree": {"sha": tree, "url": f"{address}/git/trees/{tree}"},
            },
            "author": None,
            "committer": None,
            "parents": [{"sha": p, "url": f"{address}/commits/{p}"} for p in parents],
        }

    def files(self, home: Home, head: str, files: Iterable[Changed]) -> list[dict[str, Any]]:
        """Changed files as GitHub lists them; those from `silent_from` on without a word of what changed, as past its limits."""
        told = self.hub.silent_from
        rows = [self._file(home, head, f, silent=told is not None and n >= told) for n, f in enumerate(files)]
        return rows[: self.hub.listed]

    def _file(self, home: Home, head: str, file: Changed, *, silent: bool) -> dict[str, Any]:
        page = f"{self.site}/{home.name}"
        added, deleted = (0, 0) if silent else (file.added, file.deleted)
        row = {
            "sha": file.sha,
            "filename": file.path,
            "status": file.status,
            "additions": added,
            "deletions": deleted,
            "changes": added + deleted,
            "blob_url": f"{page}/blob/{head}/{file.path}",
            "raw_url": f"{page}/raw/{head}/{file.path}",
            "contents_url": f"{self.url(home)}/contents/{file.path}?ref={head}",
        }
        shown = file.patch and not silent and added + deleted <= _PATCH_LINES
        moved = {"previous_filename": file.old} if file.old != file.path else {}
        return row | moved | ({"patch": file.patch} if shown else {})

    def blob(self, home: Home, sha: str, content: bytes) -> dict[str, Any]:
        """A blob's content."""
        return {
            "sha": sha,
            "node_id": f"B_{sha}",
            "size": len(content),
            "url": f"{self.url(home)}/git/blobs/{sha}",
            "encoding": "base64",
            "content": base64.b64encode(content).decode(),
        }

    # --- pull requests -----------------------------------------------------------------------------------------

    def pull(self, home: Home, pull: PullState) -> dict[str, Any]:
        """A pull request as lists have it."""
        base, head = home.sides(pull)
        page, issue = f"{self.site}/{home.name}/pull/{pull.number}", f"{self.url(home)}/issues/{pull.number}"
        links = self._links(home, pull, head)
        merged = pull.updated if pull.merged else None
        return {
            "id": home.id * 100_000 + pull.number,
            "node_id": f"PR_{home.id}_{pull.number}",
            "number": pull.number,
            "state": pull.state,
            "locked": False,
            "active_lock_reason": None,
            "draft": pull.draft,
            "title": pull.title,
            "body": pull.body or None,
            "user": self.user(pull.author),
            "labels": [self.label(home, name) for name in pull.labels],
            "milestone": None,
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "created_at": pull.created,
            "updated_at": pull.updated,
            "closed_at": pull.updated if pull.state == "closed" else None,
            "merged_at": merged,
            "merge_commit_sha": None,
            "author_association": "CONTRIBUTOR",
            "auto_merge": None,
            "head": self._side(pull.fork or home, pull.head, head),
            "base": self._side(home, pull.base, base),
            "url": links["self"],
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue,
            "commits_url": links["commits"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "comments_url": links["comments"],
            "statuses_url": links["statuses"],
            "_links": {name: {"href": address} for name, address in links.items()},
        }

    def whole_pull(self, home: Home, pull: PullState) -> dict[str, Any]:
        """A pull request as its own address has it, with its counts."""
        base, head = home.sides(pull)
        files = home.changed(pull)
        return self.pull(home, pull) | {
            "merged": pull.merged,
            "mergeable": True,
            "mergeable_state": "clean",
            "merged_by": self.user(8) if pull.merged else None,
            "maintainer_can_modify": False,
            "comments": len(pull.conversation),
            "review_comments": len(pull.comments),
            "commits": len(home.git.between(base, head)),
            "changed_files": len(files),
            "additions": sum(f.added for f in files),
            "deletions": sum(f.deleted for f in files),
        }

    def _links(self, home: Home, pull: PullState, head: str) -> dict[str, str]:
        address = f"{self.url(home)}/pulls/{pull.number}"
        issue = f"{self.url(home)}/issues/{pull.number}"
        return {
            "self": address,
            "html": f"{self.site}/{home.name}/pull/{pull.number}",
            "issue": issue,
            "comments": f"{issue}/comments",
            "review_comments": f"{address}/comments",
            "review_comment": f"{self.url(home)}/pulls/comments{{/number}}",
            "commits": f"{address}/commits",
            "statuses": f"{self.url(home)}/statuses/{head}",
        }

    def _side(self, home: Home, name: str, sha: str) -> dict[str, Any]:
        owner = home.name.split("/")[0]
        repo = self.home(home)
        return {"label": f"{owner}:{name}", "ref": name, "sha": sha, "user": self.owner(owner), "repo": repo}

    def label(self, home: Home, name: str) -> dict[str, Any]:
        """A label by its name."""
        return {
            "id": 1 + sum(name.encode()),
            "node_id": f"LA_{name}",
            "url": f"{self.url(home)}/labels/{name}",
            "name": name,
            "description": "",
            "color": "ededed",
            "default": False,
        }


def outdated(git: Git, base: str, head: str, comment: dict[str, Any]) -> bool:
    """True for a comment whose line the page no longer shows; a comment on a file lives as long as its file is changed."""
    file = next((f for f in git.files(git.merge_base(base, head), head) if f.path == comment["path"]), None)
    if file is None:
        return True
    if comment.get("subject_type") == "file":
        return False
    sides = [h.left if comment["side"] == "LEFT" else h.right for h in file.hunks]
    return not any(first <= comment["line"] <= last for first, last in sides)
