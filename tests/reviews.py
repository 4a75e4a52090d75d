"""Reviews made by hand, for the tests of what is made from reviews: each builder fills in what a test does not name."""

from __future__ import annotations

from typing import Any

from bot.model import (
    Edit,
    Evidence,
    FileEntry,
    Finding,
    Fix,
    Manifest,
    Note,
    Place,
    Review,
    Rule,
    RuleEntry,
    Severity,
    Side,
)
from bot.ports import Reviewed, Seen

CLIENT = """import requests

URL = "https://payments.example/charge"


def charge(order):
    replies = []
    for item in order.items:
        reply = requests.post(URL, json=item)
        replies.append(reply)
    return replies
"""
SHOP = "shop/payments"
BEGIN = 1_790_000_000.0  # 2026-09-21
MENTORING = """A call without an end waits as long as the other side likes. One silent callee can fill the whole pool.

Take the callee's p99.9, not a round number:

- `timeout=(3.05, 10)` bounds connecting and reading
- test it with a server that accepts and says nothing
"""


def a_rule(rule_id: str = "timeout/http-call-without-deadline", **given: Any) -> Rule:
    """A rule as it comes from the rulebook."""
    fields: dict[str, Any] = {
        "id": rule_id,
        "family": rule_id.partition("/")[0],
        "severity": "warning",
        "languages": ("python",),
        "match": {},
        "message": "`{name}` has no deadline: one silent peer can hold this worker for ever.",
        "safeguard": "a deadline",
        "mentoring": MENTORING,
        "references": ("https://requests.readthedocs.io/en/latest/user/advanced/#timeouts",),
        "examples": (),
    }
    return Rule(**fields | given)


def a_place(
    path: str = "app/client.py", line: int = 9, columns: tuple[int, int] = (17, 30), *, side: Side = "after"
) -> Place:
    """A place on one line; the end column is exclusive."""
    return Place(path, line, columns[0], line, columns[1], side)


def a_fix(source: str = CLIENT) -> Fix:
    """The fix that gives the call of CLIENT its time-out."""
    start = source.encode().index(b"json=item") + len("json=item")
    return Fix(
        title="Give the call a time-out",
        edits=(Edit(start, start, ", timeout=(3.05, 10)"),),
        start_line=9,
        end_line=9,
        replacement="        reply = requests.post(URL, json=item, timeout=(3.05, 10))",
        patch="""--- a/app/client.py
+++ b/app/client.py
@@ -6,6 +6,6 @@
 def charge(order):
     replies = []
     for item in order.items:
-        reply = requests.post(URL, json=item)
+        reply = requests.post(URL, json=item, timeout=(3.05, 10))
         replies.append(reply)
     return replies
""",
    )


def a_finding(severity: Severity = "warning", **given: Any) -> Finding:
    """What the rule says about the call of CLIENT."""
    fields: dict[str, Any] = {
        "rule": a_rule(severity=severity),
        "severity": severity,
        "message": "`requests.post` has no deadline: one silent peer can hold this worker for ever.",
        "place": a_place(),
        "symbol": "charge",
        "syntax": "requests.post(URL, json=item)",
        "fingerprint": "5d2f0c9e",
        "language": "python",
    }
    return Finding(**fields | given)


def a_manifest(**given: Any) -> Manifest:
    """The record of a review of one file."""
    fields: dict[str, Any] = {
        "repository": SHOP,
        "base": "1111111111111111111111111111111111111111",
        "head": "worktree",
        "merge_base": "1111111111111111111111111111111111111111",
        "hashes": {"version": "0.1.0", "rules": "aa", "apis": "bb", "grammars": "cc", "configuration": "dd"},
        "origins": {"configuration": "built-in", "rules": "built-in", "apis": "built-in"},
        "files": (FileEntry("app/client.py", "read", language="python"),),
        "rules": (RuleEntry("timeout/http-call-without-deadline", "ran"),),
        "counts": {"files": 1, "facts": 12},
        "fingerprints": ("5d2f0c9e",),
    }
    return Manifest(**fields | given)


def a_review(*findings: Finding, **given: Any) -> Review:
    """A complete review with these findings."""
    fields: dict[str, Any] = {
        "verdict": "complete",
        "reasons": (),
        "findings": findings,
        "notes": (),
        "problems": (),
        "manifest": a_manifest(),
        "sources": {"app/client.py": CLIENT},
    }
    return Review(**fields | given)


def a_seen(fingerprint: str = "aa", state: Any = "shown", line: int = 3, **given: Any) -> Seen:
    """A finding as it is remembered."""
    return Seen(fingerprint, "timeout/x", "client.py", line, state, **given)


def an_entry(*findings: Seen, at: float = BEGIN, **given: Any) -> Reviewed:
    """A whole review as it is remembered; of each time there is one."""
    fields: dict[str, Any] = {"id": f"job-{at}", "number": 1, "verdict": "complete", "manifest": a_manifest()}
    return Reviewed(**fields | given, at=at, findings=findings)


def a_full_review() -> Review:
    """A partial review with everything that a review can hold."""
    session = "import requests\n\nsession = requests.Session()\nsession.timeout = 5\n\n\ndef load(key):\n    pass\n"
    left = (
        'import requests\n\nsession = requests.Session()\n\n\ndef load(key):\n    return session.get(f"/items/{key}")\n'
    )
    retry = a_rule(
        "retry/retries-without-jitter",
        severity="info",
        safeguard="jitter",
        mentoring="Clients that wait equally long come back together, e.g. after an outage.\n\nSpread them.",
        references=(),
    )
    silenced = a_finding(
        "info",
        rule=retry,
        message="`backoff` grows without jitter.",
        place=a_place("app/retry.py", 4, (5, 12)),
        fingerprint="7",
        shown=False,
        reason="silenced in this change: retry/retries-without-jitter, because one client runs at a time",
    )
    removed = a_finding(
        "error",
        message="`session.get` lost its deadline: `session.timeout = 5` is deleted.",
        place=a_place("app/session.py", 4, (1, 20), side="before"),
        affected=a_place("app/session.py", 7, (12, 23)),
        symbol="",
        fingerprint="6",
        evidence=(Evidence("the client is made here", a_place("app/session.py", 3, (11, 29))),),
    )
    return a_review(
        removed,
        a_finding(fix=a_fix()),
        silenced,
        verdict="partial",
        reasons=("app/huge.py was passed over: larger than 1 MB", "retry/budget failed: see the log"),
        notes=(Note("timeout/http-call-without-deadline", "Every wait needs an end", MENTORING, a_rule().references),),
        problems=(".mainstay.yaml is changed here; the review used the one of the merge base",),
        manifest=a_manifest(
            files=(
                FileEntry("app/client.py", "read", language="python"),
                FileEntry("app/huge.py", "passed over", "larger than 1 MB"),
                FileEntry("app/session.py", "read", language="python"),
                FileEntry("app/retry.py", "partly read", "a syntax error on line 9", "python"),
            ),
            timings={"facts": 0.012, "match": 0.003},
        ),
        sources={"app/client.py": CLIENT, "app/session.py": left, "before:app/session.py": session},
    )
