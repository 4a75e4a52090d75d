"""Whether a pull request is reviewed: what its repository's settings say of what has happened to it, and of what it is like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from .config import Config, PullRequests
from .events import PullAsked, label_print
from .globs import matches
from .ports import Circumstances

#: What programs that keep dependencies up to date change besides: lock files, and other people's code in the repository.
_MADE_BY_BOTS: Final = (
    "*.lock",
    "*.lockfile",
    "*-lock.*",
    "*.sum",
    "npm-shrinkwrap.json",
    "vendor/",
    "_vendor/",
    "vendored/",
    "node_modules/",
    "third_party/",
    "third-party/",
    ".yarn/",
)


class Skip(Struct, frozen=True):
    """Why a head is not reviewed, in a few words, and what to do about it. `paused` where pushes are no longer reviewed."""

    why: str
    how: str
    paused: bool = False


_BUTTON: Final = 'The button "Full review" reviews it all the same.'
CLOSED: Final = Skip("the pull request is closed", "It is reviewed when it is opened again.")
DRAFT: Final = Skip("a draft", "It is reviewed as soon as it is ready for review.")
#: Why nothing is written of a bot's change in which there is nothing to read.
IDLE_BOT: Final = Skip("a bot's change of lock files and the like", f"It has no code that Mainstay reads. {_BUTTON}")


def skip(asked: PullRequests, about: Circumstances, delivery: PullAsked, pushes: int) -> Skip | None:
    """Why a review that a delivery asks for is not made, None when it is; `pushes` is how many there were since it was opened."""
    if not about.open:
        return CLOSED
    if delivery.by_hand:
        return None
    return _unwanted(asked, about) or _not_now(asked, delivery, pushes)


def is_over(about: Circumstances, delivery: PullAsked) -> bool:
    """True where what stops reviews has been taken back since: deliveries may come late, and in any order."""
    return about.open and not (delivery.why == "converted_to_draft" and about.draft)


def superseded(head: str) -> Skip:
    """Why the review of a head ended that another commit has replaced."""
    return Skip("a newer commit", f"The newer commit {head} is reviewed instead.")


def label_matters(asked: PullRequests, print_: str) -> bool:
    """True for the print of a label that is one of those with which nothing is reviewed."""
    return any(label_print(label) == print_ for label in asked.skip_labels)


def is_bot(asked: PullRequests, about: Circumstances) -> bool:
    """True for a pull request by one of the bots that the settings name. Agents that write code are none of these."""
    return about.by_bot and _names(asked.bots, about.author)


def for_author(config: Config, about: Circumstances) -> Config:
    """The configuration as it holds for who opened the pull request."""
    if not is_bot(config.pull_requests, about):
        return config
    return config.with_ignored(_MADE_BY_BOTS, "pull-requests.bots")


def _unwanted(asked: PullRequests, about: Circumstances) -> Skip | None:
    """Why such a pull request is not reviewed as long as it stays as it is."""
    if about.draft and asked.drafts == "skip":
        return DRAFT
    if _names(asked.skip_authors, about.author):
        return Skip("its author", f"`pull-requests.skip-authors` names who opened it. {_BUTTON}")
    if any(_names(asked.skip_labels, label) for label in about.labels):
        return Skip("a label", f"It has one of the labels in `pull-requests.skip-labels`: take that off. {_BUTTON}")
    if any(_says(about.title, word) for word in asked.skip_title_words):
        return Skip("its title", f"It has one of `pull-requests.skip-title-words`: take that out. {_BUTTON}")
    return branch(asked, about.base)


def branch(asked: PullRequests, base: str) -> Skip | None:
    """Why what goes to this branch is not reviewed, None when it is or the branch is not known ("")."""
    if not base or not asked.base_branches or any(matches(pattern, base) for pattern in asked.base_branches):
        return None
    return Skip("its base branch", f"`pull-requests.base-branches` does not name it. {_BUTTON}")


def _not_now(asked: PullRequests, delivery: PullAsked, pushes: int) -> Skip | None:
    """Why what has happened starts no review."""
    if delivery.why and delivery.why not in asked.triggers:
        return Skip("not a trigger", f"`pull-requests.triggers` does not name `{delivery.why}`. {_BUTTON}")
    if delivery.why == "synchronize" and asked.pause_after and pushes > asked.pause_after:
        how = 'Press "Full review" on the check of a head to have that one reviewed, or raise `pull-requests.pause-after`.'
        return Skip(f"paused after {asked.pause_after} pushes", how, paused=True)
    return None


def _names(names: Iterable[str], one: str) -> bool:
    return one.casefold() in (name.casefold() for name in names)


def _says(title: str, word: str) -> bool:
    """True where a title has a word, not as a part of a longer one."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", title, re.IGNORECASE) is not None
