"""What a repository asks for its pull requests on GitHub: the group `pull-requests` of its configuration."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ShortOfWhole = Literal["neutral", "failure", "action-required"]


class PullRequests(Struct, frozen=True, rename="kebab"):
    """The keys of the group, each with a value; `keys.KEYS` says what they mean."""

    triggers: tuple[str, ...]
    drafts: Literal["skip", "review"]
    skip_labels: tuple[str, ...]
    skip_title_words: tuple[str, ...]
    base_branches: tuple[str, ...]
    comments: int
    on_partial: ShortOfWhole
    on_not_reviewed: ShortOfWhole
    pause_after: int
    bots: tuple[str, ...]
    skip_authors: tuple[str, ...]
