"""What is written to the stand-in: comments, reviews, checks, threads; each taken or refused as GitHub does."""

from __future__ import annotations

from typing import Any, Final

from .beside import body_fits, invalid, own_commit, place
from .rights import Refusal
from .state import Home, Memory, PullState, now

_EVENTS: Final = {"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}


class Hub(Memory):
    """A host with repositories, people who have tokens, and one App, that takes what is written to it."""

    # --- reviews -----------------------------------------------------------------------------------------------

    def review(self, pull: PullState, user: int, asked: dict[str, Any]) -> dict[str, Any]:
        """A review with its comments, all of them or none; without an event it waits to be submitted."""
        commit = asked.get("commit_id") or self.home_of(pull).sides(pull)[1]
        event, body = asked.get("event"), asked.get("body") or ""
        if event is None and any(r["state"] == "PENDING" and r["user"]["id"] == user for r in pull.reviews):
            raise Refusal(422, "Unprocessable Entity", "User can only have one pending review per pull request")
        if event in ("APPROVE", "REQUEST_CHANGES") and user == pull.author:
            verb = "approve" if event == "APPROVE" else "request changes on"
            raise Refusal(422, "Unprocessable Entity", f"Can not {verb} your own pull request")
        try:
            own_commit(self.home_of(pull), pull, commit)
            if body:
                body_fits(body, "PullRequestReview")
            rows = [self._row(pull, user, c, commit) for c in asked.get("comments", ())]
        except Refusal as refusal:
            words = [e["message"].removeprefix("pull_request_review_thread.").capitalize() for e in refusal.errors]
            raise Refusal(422, "Unprocessable Entity", *words) from refusal
        if event in ("COMMENT", "REQUEST_CHANGES") and not rows and not body:
            raise Refusal(422, "Unprocessable Entity", "Review cannot be blank")
        return self._reviewed(pull, user, {"body": body, "commit_id": commit, "event": event}, rows)

    def _reviewed(
        self, pull: PullState, user: int, asked: dict[str, Any], rows: list[dict[str, Any]], *, single: bool = False
    ) -> dict[str, Any]:
        state = _EVENTS[asked["event"]] if asked.get("event") else "PENDING"
        with self.lock:
            review = {
                "id": self.number(),
                "user": self._by(user),
                "body": asked.get("body", ""),
                "state": state,
                "commit_id": asked["commit_id"],
                "submitted_at": now(),
                "waiting": rows if state == "PENDING" else [],
            }
            (pull.singles if single else pull.reviews).append(self.written(review))
            for row in rows:
                row["review"] = review["id"]
            if state != "PENDING":
                pull.comments += [self.written(row) for row in rows]
        return review

    def submit(self, pull: PullState, user: int, number: int, asked: dict[str, Any]) -> dict[str, Any]:
        """Submit a review that waits."""
        review = self.waiting(pull, user, number)
        with self.lock:
            review |= {"state": _EVENTS[asked["event"]], "body": asked.get("body") or review["body"]}
            pull.comments += [self.written(row) for row in review["waiting"]]
            review["waiting"] = []
        return review

    def drop(self, pull: PullState, user: int, number: int) -> dict[str, Any]:
        """Throw a review away that waits."""
        review = self.waiting(pull, user, number)
        pull.reviews.remove(review)
        return review

    def waiting(self, pull: PullState, user: int, number: int) -> dict[str, Any]:
        """Somebody's own review that waits."""
        review = next((r for r in pull.reviews if r["id"] == number), None)
        if review is None or (review["state"] == "PENDING" and review["user"]["id"] != user):
            raise Refusal(404, "Not Found")
        if review["state"] != "PENDING":
            raise Refusal(422, "Unprocessable Entity", "Can not change a review that was submitted")
        return review

    # --- comments ----------------------------------------------------------------------------------------------

    def comment(self, pull: PullState, user: int, asked: dict[str, Any]) -> dict[str, Any]:
        """One comment beside a line, or on a file."""
        if "in_reply_to" in asked:
            return self.reply(pull, user, asked["in_reply_to"], asked["body"])
        own_commit(self.home_of(pull), pull, asked["commit_id"])
        row = self._row(pull, user, asked, asked["commit_id"])
        self._reviewed(pull, user, {"commit_id": asked["commit_id"], "event": "COMMENT"}, [row], single=True)
        return row

    def reply(self, pull: PullState, user: int, number: int, body: str) -> dict[str, Any]:
        """An answer to the first comment of a thread."""
        first = next((c for c in pull.comments if c["id"] == number), None)
        if first is None:
            raise Refusal(404, "Not Found")
        if "in_reply_to_id" in first:
            wrong = invalid("PullRequestReviewComment", "in_reply_to", "in_reply_to is itself a reply", code="invalid")
            raise Refusal(422, "Validation Failed", wrong)
        body_fits(body, "PullRequestReviewComment")
        told = {key: value for key, value in first.items() if key not in ("id", "review")}
        row = told | self._said(user, body) | {"in_reply_to_id": number}
        self._reviewed(pull, user, {"commit_id": first["commit_id"], "event": "COMMENT"}, [row], single=True)
        return row

    def say(self, pull: PullState, user: int, body: str) -> dict[str, Any]:
        """One comment in the conversation."""
        body_fits(body, "IssueComment")
        with self.lock:
            said = self.written(self._said(user, body))
            pull.conversation.append(said)
        return said

    def edit(self, comment: int, user: int, body: str) -> dict[str, Any]:
        """Another text for a comment, by who wrote it or may write in the repository."""
        found = self.find(comment)
        if found is None:
            raise Refusal(404, "Not Found")
        said = found[1]
        if said["user"]["id"] != user and self.roles.get(self.account(user)[0]) not in ("admin", "maintain"):
            raise Refusal(403, "Must have admin rights to Repository.")
        body_fits(body, "IssueComment")
        with self.lock:
            self.written(said, dict(said))
            said |= {"body": body, "updated_at": now()}
        return said

    def find(self, comment: int) -> tuple[PullState, dict[str, Any]] | None:
        """A comment by its id, and where it stands."""
        pulls = (pull for home in self.homes.values() for pull in home.pulls.values())
        rows = ((pull, row) for pull in pulls for row in (*pull.conversation, *pull.comments))
        return next(((pull, row) for pull, row in rows if row["id"] == comment), None)

    def _row(self, pull: PullState, user: int, asked: dict[str, Any], commit: str) -> dict[str, Any]:
        if asked["path"] in self.stubborn and asked.get("subject_type") != "file":
            where = "pull_request_review_thread.line"
            wrong = invalid("PullRequestReviewComment", where, f"{where} must be part of the diff")
            raise Refusal(422, "Validation Failed", wrong)
        body_fits(asked.get("body"), "PullRequestReviewComment")
        return (
            self._said(user, asked["body"])
            | {"commit_id": commit, "original_commit_id": commit, "review": None}
            | place(self.home_of(pull), pull, commit, asked)
        )

    def _said(self, user: int, body: str) -> dict[str, Any]:
        at = now()
        by = self._by(user)
        return {
            "id": self.number(),
            "user": by,
            "body": body,
            "created_at": at,
            "updated_at": at,
            "app": by["type"] == "Bot",
        }

    def _by(self, user: int) -> dict[str, Any]:
        login, kind = self.account(user)
        return {"id": user, "login": login, "type": kind}

    # --- checks ------------------------------------------------------------------------------------------------

    def check(self, asked: dict[str, Any], number: int = 0, home: Home | None = None) -> dict[str, Any]:
        """A new check run, or with its number other values for it. Annotations are added to those there."""
        home, output = home or self.first, dict(asked.get("output", {}))
        for told in output.get("annotations", ()):
            _annotation_fits(told)
        if asked.get("status") == "completed" and "conclusion" not in asked:
            raise Refusal(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.')
        changed = {key: value for key, value in asked.items() if key != "output"} | (
            {"output": output} if output else {}
        )
        if "conclusion" in asked:
            changed["status"] = "completed"
            changed.setdefault("completed_at", now())
        with self.lock:
            return self._standing(home, number, changed) if number else self._begun(home, changed)

    def _standing(self, home: Home, number: int, changed: dict[str, Any]) -> dict[str, Any]:
        run = next((c for c in home.checks if c["id"] == number), None)
        if run is None:
            raise Refusal(404, "Not Found")
        if run["status"] == "completed" and changed.get("status", "completed") != "completed":
            raise Refusal(422, "Invalid request.\n\nA check run that has ended does not begin again.")
        self.written(run, dict(run))
        there, output = run["output"].get("annotations", []), changed.pop("output", {})
        run |= changed | {"output": run["output"] | output | {"annotations": there + output.get("annotations", [])}}
        return run

    def _begun(self, home: Home, changed: dict[str, Any]) -> dict[str, Any]:
        if home.git.commit(changed["head_sha"]) is None:
            raise Refusal(422, f"No commit found for SHA: {changed['head_sha']}")
        run = {
            "id": self.number(),
            "status": "queued",
            "external_id": "",
            "conclusion": None,
            "started_at": now(),
            "completed_at": None,
            "suite": self.number(),
            "output": {},
        } | changed
        home.checks.append(self.written(run))
        return run


def _annotation_fits(told: dict[str, Any]) -> None:
    """https://docs.github.com/en/rest/checks/runs: columns only on one line, and no end before its start."""
    columns = "start_column" in told or "end_column" in told
    if told["end_line"] < told["start_line"] or (columns and told["start_line"] != told["end_line"]):
        raise Refusal(422, "Invalid request.\n\nInvalid annotation: its lines and columns do not fit.")
