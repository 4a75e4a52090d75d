"""Deliveries: a webhook's event and body -> what is asked of us. Only the fields that we read are required of a body."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

#: What happened to a pull request so that its change has to be looked at.
_REVIEWED: Final = frozenset({"opened", "reopened", "ready_for_review", "synchronize"})
#: What ends a review under way: nobody waits for it any more.
_STOPS: Final = frozenset({"closed", "converted_to_draft"})
#: What a person asks for, whatever the settings say of triggers, drafts and the like.
_BY_HAND: Final = frozenset({"rerequested", "requested_action", "review_requested"})

_CHECK: Final = re.compile(r"pull-(\d{1,12})-([0-9a-f]{40,64})")
_GROUP: Final = re.compile(r"group-([0-9a-f]{40,64})-([0-9a-f]{40,64})")
#: How GitHub names the branch of a merge group, for the pull request that it ends with. It is taken as a hint alone.
_QUEUE: Final = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-(\d{1,12})-[0-9a-f]{40,64}")
_BRANCH: Final = "refs/heads/"

#: The buttons on our check, by their names there: a review again, and its fixes as suggestions.
FULL: Final = "full"
FIXES: Final = "fixes"


class PullAsked(Struct, frozen=True):
    """A review that is asked for: ids alone, so that it may lie in a database.

    `head` is a commit id. `again` tells one request for a review that was done already from the next. `why` is GitHub's word for what
    has happened, empty where no delivery told of it. With `fixes` every proved fix is to be suggested.
    """

    installation: int
    repository: str
    number: int
    head: str
    draft: bool = False
    again: str = ""
    why: str = ""
    fixes: bool = False

    @property
    def stops(self) -> bool:
        """True where nothing is to be reviewed, and a review under way has to end."""
        return self.why in _STOPS

    @property
    def by_hand(self) -> bool:
        """True where a person asked for this very review."""
        return self.why in _BY_HAND


class LookAsked(Struct, frozen=True):
    """A review, or its end, that is asked for if GitHub and the settings say so, which have to be asked first.

    It hangs on what `on` names: a label, of which `about` is the print; the title; that drafts are not reviewed; whether the reviewer
    with the account `about` is this App; whether the person with the name `about` may write to the repository.
    """

    pull: PullAsked
    on: Literal["label", "title", "draft", "reviewer", "sender"]
    about: str = ""


class SuiteAsked(Struct, frozen=True):
    """Every check of ours on a commit again, where no delivery says which pull requests these stand for."""

    installation: int
    repository: str
    head: str
    again: str


class GroupAsked(Struct, frozen=True):
    """A check on the head of a merge group: commit ids, and the branch that it goes to.

    `number` is that of the last pull request in it, 0 where that is not known.
    """

    installation: int
    repository: str
    base: str
    head: str
    branch: str = ""
    number: int = 0
    again: str = ""


Asked = PullAsked | LookAsked | SuiteAsked | GroupAsked


class EventError(ValueError):
    """A body lacks what its event always has."""


class _Id(Struct):
    id: int


class _Repository(Struct):
    full_name: str
    id: int = 0


class _Told(Struct):
    """What every delivery has."""

    action: str
    repository: _Repository
    installation: _Id | None = None


class _Side(Struct):
    sha: str


class _Pull(Struct):
    number: int
    head: _Side
    draft: bool = False


class _Label(Struct):
    name: str


class _Account(Struct):
    id: int
    login: str = ""
    type: str = "User"


class _PullEvent(_Told, kw_only=True):
    pull_request: _Pull
    changes: dict[str, msgspec.Raw] | None = None
    label: _Label | None = None
    requested_reviewer: _Account | None = None


class _Run(Struct):
    external_id: str | None = None


class _Button(Struct):
    identifier: str = ""


class _RunEvent(_Told, kw_only=True):
    check_run: _Run
    requested_action: _Button | None = None
    sender: _Account | None = None


class _Home(Struct):
    repo: _Id


class _Named(Struct):
    number: int
    head: _Side
    base: _Home | None = None


class _Suite(Struct):
    head_sha: str
    pull_requests: list[_Named] | None = None


class _SuiteEvent(_Told, kw_only=True):
    check_suite: _Suite


class _Group(Struct):
    head_sha: str
    base_sha: str
    head_ref: str = ""
    base_ref: str = ""


class _GroupEvent(_Told, kw_only=True):
    merge_group: _Group


def check_id(number: int, head: str) -> str:
    """What our check on a head says in its hidden field: for which pull request it stands there."""
    return f"pull-{number}-{head}"


def group_id(base: str, head: str) -> str:
    """The same of a check on a merge group."""
    return f"group-{base}-{head}"


def label_print(label: str) -> str:
    """A label as a print, which tells it again and may lie in a database. GitHub's labels know no capital letters."""
    return hashlib.sha256(label.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read(event: str, body: bytes, delivery: str = "") -> tuple[Asked, ...]:
    """What a delivery asks for, often nothing; `delivery` is its id. Raises EventError."""
    reads = _READS.get(event)
    if reads is None:
        return ()
    try:
        return reads(body, delivery)
    except (msgspec.DecodeError, UnicodeDecodeError) as mistake:
        raise EventError(f"not a {event} event: {mistake}") from mistake


def again(installation: int, repository: str, check: str, delivery: str) -> PullAsked | GroupAsked | None:
    """What a check of ours stood for, asked for again by a person; `check` is its hidden field, None for none of ours."""
    pull, group = _CHECK.fullmatch(check), _GROUP.fullmatch(check)
    if pull:
        return PullAsked(installation, repository, int(pull[1]), pull[2], again=delivery, why="rerequested")
    return GroupAsked(installation, repository, group[1], group[2], again=delivery) if group else None


def _pull(body: bytes, delivery: str) -> tuple[Asked, ...]:
    told = msgspec.json.decode(body, type=_PullEvent)
    if told.installation is None:
        return ()
    pull, why, changes = told.pull_request, told.action, told.changes or {}
    plain = PullAsked(told.installation.id, told.repository.full_name, pull.number, pull.head.sha, pull.draft, why=why)
    once = msgspec.structs.replace(plain, again=delivery)
    if why in _REVIEWED:
        return (plain,)
    if why == "closed" or (why == "edited" and "base" in changes):
        return (once,)
    if why == "converted_to_draft":
        return (LookAsked(once, "draft"),)
    if why == "edited" and "title" in changes:
        return (LookAsked(once, "title"),)
    if why in ("labeled", "unlabeled") and told.label is not None:
        return (LookAsked(msgspec.structs.replace(once, why="labeled"), "label", label_print(told.label.name)),)
    reviewer = told.requested_reviewer
    if why == "review_requested" and reviewer is not None and reviewer.type == "Bot":
        return (LookAsked(once, "reviewer", str(reviewer.id)),)
    return ()


def _run(body: bytes, delivery: str) -> tuple[Asked, ...]:
    """Somebody has asked for our check again, by GitHub's button or by ours: GitHub tells that to the App whose check it is alone."""
    told = msgspec.json.decode(body, type=_RunEvent)
    if told.installation is None:
        return ()
    wanted = again(told.installation.id, told.repository.full_name, told.check_run.external_id or "", delivery)
    if wanted is None:
        return ()
    if told.action == "rerequested":
        return (wanted,)
    button = told.requested_action.identifier if told.requested_action and told.action == "requested_action" else ""
    if button not in (FULL, FIXES) or told.sender is None or not isinstance(wanted, PullAsked):
        return ()
    pressed = msgspec.structs.replace(wanted, why="requested_action", fixes=button == FIXES)
    return (LookAsked(pressed, "sender", told.sender.login),)


def _suite(body: bytes, delivery: str) -> tuple[Asked, ...]:
    """Somebody has asked for all checks again. GitHub names no pull requests whose branch lies in a fork, and some of other repositories:
    https://docs.github.com/en/rest/checks/suites#get-a-check-suite .
    """
    told = msgspec.json.decode(body, type=_SuiteEvent)
    if told.action != "rerequested" or told.installation is None:
        return ()
    installation, home, suite = told.installation.id, told.repository, told.check_suite
    named = [p for p in suite.pull_requests or () if p.base is None or not home.id or p.base.repo.id == home.id]
    if not named:
        return (SuiteAsked(installation, home.full_name, suite.head_sha, delivery),)
    return tuple(
        PullAsked(installation, home.full_name, pull.number, pull.head.sha, again=delivery, why="rerequested")
        for pull in named
    )


def _group(body: bytes, _delivery: str) -> tuple[Asked, ...]:
    told = msgspec.json.decode(body, type=_GroupEvent)
    if told.action != "checks_requested" or told.installation is None:
        return ()
    group, last = told.merge_group, _QUEUE.fullmatch(told.merge_group.head_ref)
    return (
        GroupAsked(
            installation=told.installation.id,
            repository=told.repository.full_name,
            base=group.base_sha,
            head=group.head_sha,
            branch=group.base_ref.removeprefix(_BRANCH),
            number=int(last[1]) if last else 0,
        ),
    )


_READS: Final[Mapping[str, Callable[[bytes, str], tuple[Asked, ...]]]] = {
    "pull_request": _pull,
    "check_run": _run,
    "check_suite": _suite,
    "merge_group": _group,
}
