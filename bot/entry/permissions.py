"""What the App asks of GitHub, why, and what is lost without it: `setup` asks for it, `doctor` looks for it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Need(Struct, frozen=True):
    """One permission, or one event where `level` is empty: what it is for, and what is lost without it."""

    name: str
    level: str
    why: str
    lost: str


#: The least with which everything works: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
PERMISSIONS: Final = (
    Need("metadata", "read", "GitHub gives it to every App.", "Nothing works."),
    Need("contents", "read", "Both sides of a change, and the configuration.", "Neither side of a change can be read."),
    Need("pull_requests", "write", "Comments beside lines.", "Nothing is written into a pull request."),
    Need("checks", "write", "The check on each head.", "No check can stand on a head, and reviews fail."),
    Need(
        "issues",
        "write",
        "The summary: GitHub keeps the conversation of a pull request as an issue's.",
        "The summary hangs on pull_requests: write alone.",
    ),
    Need(
        "merge_queues",
        "read",
        "To be told of merge groups.",
        "A required check never comes in a merge queue, which stalls.",
    ),
)
#: What is not asked for; whoever wants it gives it on the App's page.
OPTIONAL: Final = Need(
    "contents",
    "write",
    "GitHub lets an App resolve threads only with it.",
    "Threads of findings that are gone stay open; the summary counts them as fixed.",
)
EVENTS: Final = (
    Need("pull_request", "", "New pull requests and new heads.", "The App hears of no pull request."),
    Need("check_run", "", "The buttons of the check.", "The buttons of the check do nothing."),
    Need("check_suite", "", "The button that runs all checks again.", "That button does nothing for Mainstay."),
    Need("merge_group", "", "Heads of merge queues.", "A required check never comes in a merge queue, which stalls."),
)
_RANKS: Final = ("", "read", "write", "admin")


def grants(given: str, wanted: str) -> bool:
    """True where a level is as much as the wanted one, or more."""
    return given in _RANKS and _RANKS.index(given) >= _RANKS.index(wanted)


def lacking(permissions: dict[str, str]) -> tuple[Need, ...]:
    """The permissions that are not granted."""
    return tuple(need for need in PERMISSIONS if not grants(permissions.get(need.name, ""), need.level))
