"""The one list of keys of a configuration.

The reader, the JSON Schema for editors and the table in docs/configuration.md are made from it.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from ..model import SEVERITIES

Threshold = Literal["error", "warning", "info", "never"]
Kind = Literal[
    "paths", "rules", "severities", "threshold", "mode", "count", "folder", "choice", "choices", "texts", "branches"
]

#: Where a configuration may lie in a repository; the first holds when both are there.
NAMES: Final = (".mainstay.yaml", ".github/mainstay.yaml")
#: Slips of the pen that would otherwise do nothing, silently.
MISNAMED: Final = (".mainstay.yml", "mainstay.yaml", "mainstay.yml", ".github/mainstay.yml", ".github/.mainstay.yaml")
THRESHOLDS: Final[tuple[Threshold, ...]] = (*SEVERITIES, "never")
#: The highest limit.
MOST: Final = 10_000
#: The group of keys that speak of pull requests on GitHub, and of no file.
PULL_REQUESTS: Final = "pull-requests"
#: What happens to a pull request and may start a review, by GitHub's own words; the last two also when it is taken back:
#: https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
TRIGGERS: Final = ("opened", "reopened", "ready_for_review", "synchronize", "edited", "labeled")
#: What a check may end with where a review could not be whole.
SHORT_OF_WHOLE: Final = ("neutral", "failure", "action-required")
#: Accounts of programs that keep dependencies up to date, or merge.
BOTS: Final = (
    "dependabot[bot]",
    "renovate[bot]",
    "mergify[bot]",
    "kodiakhq[bot]",
    "bors[bot]",
    "pre-commit-ci[bot]",
)
#: A rule's id, a family, or all: what a configuration may say about rules. As the patterns of JSON Schema are written.
RULE_PATTERN: Final = r"^(\*|[a-z0-9][a-z0-9-]*/([a-z0-9][a-z0-9-]*|\*))$"


class Key(Struct, frozen=True):
    """One key. `name` is dotted where it lies in a group; `kind` says what it holds.

    `default` is None for lists and mappings of patterns, which are empty by default. `meaning` is one sentence for people.
    With `by_path` the key may stand in an entry of `overrides` too. `choices` are those of a choice or of a list of them,
    `least` is the lowest count.
    """

    name: str
    kind: Kind
    default: str | int | tuple[str, ...] | None
    meaning: str
    by_path: bool = False
    choices: tuple[str, ...] = ()
    least: int = 1

    @property
    def steps(self) -> tuple[str, ...]:
        """The name as a path into the document."""
        return tuple(self.name.split("."))


KEYS: Final = (
    Key("ignore", "paths", None, "Files that are not reviewed; the manifest names them as passed over."),
    Key("tests", "paths", None, "Test files, besides those that each language's own habits name."),
    Key("fail-on", "threshold", "warning", "The least severity of a finding that fails the check.", by_path=True),
    Key("rules.disable", "rules", None, "Rules that are off.", by_path=True),
    Key("rules.enable", "rules", None, "Rules that are on although something wider turns them off.", by_path=True),
    Key("severity", "severities", None, "Another severity for rules.", by_path=True),
    Key("suppressions", "mode", "show", "What a suppression comment that the change itself adds does.", by_path=True),
    Key("limits.findings", "count", 50, "The most findings shown in one review."),
    Key("limits.per-file", "count", 20, "The most findings shown in one file."),
    Key("limits.per-rule", "count", 20, "The most findings shown of one rule."),
    Key("folders.rules", "folder", ".mainstay/rules", "Where the repository's own rules lie."),
    Key("folders.apis", "folder", ".mainstay/apis", "Where the repository's own API files lie."),
    Key("pull-requests.triggers", "choices", TRIGGERS, "What starts a review.", choices=TRIGGERS),
    Key("pull-requests.drafts", "choice", "skip", "What is done with drafts.", choices=("skip", "review")),
    Key("pull-requests.skip-labels", "texts", (), "Labels with which a pull request is not reviewed."),
    Key("pull-requests.skip-title-words", "texts", (), "Words in a title with which it is not reviewed."),
    Key("pull-requests.base-branches", "branches", (), "Base branches that are reviewed; all, where none is named."),
    Key("pull-requests.comments", "count", 10, "The most comments beside lines; the summary has the rest."),
    Key(
        "pull-requests.on-partial",
        "choice",
        "neutral",
        "How the check of a partial review ends.",
        choices=SHORT_OF_WHOLE,
    ),
    Key("pull-requests.on-not-reviewed", "choice", "neutral", "How it ends without a review.", choices=SHORT_OF_WHOLE),
    Key("pull-requests.pause-after", "count", 0, "Pushes after which no more are reviewed; 0 for never.", least=0),
    Key("pull-requests.bots", "texts", BOTS, "Bots whose lock files and vendored paths are passed over."),
    Key("pull-requests.skip-authors", "texts", (), "Accounts whose pull requests are not reviewed."),
)
BY_NAME: Final = {key.name: key for key in KEYS}


def groups(keys: tuple[Key, ...]) -> dict[str, tuple[Key, ...]]:
    """The keys by the first step of their names, in order."""
    names = dict.fromkeys(key.steps[0] for key in keys)
    return {name: tuple(key for key in keys if key.steps[0] == name) for name in names}
