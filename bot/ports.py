"""What the outside fulfils, and what crosses to it: protocols that the core is given and never makes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final, Literal, Protocol

from msgspec import Struct

from .model import Manifest, Side, Verdict

#: Seconds on a clock that only goes forward.
Clock = Callable[[], float]


class Trouble(Exception):
    """The outside could not do what was asked: what is the matter (`title`), and what to do (`remedy`)."""

    def __init__(self, title: str, remedy: str) -> None:
        super().__init__(f"{title}\n{remedy}")
        self.title, self.remedy = title, remedy


class Sources(Protocol):
    """Reads a repository's own settings from one side of a change (the before side, at every door)."""

    @property
    def origin(self) -> str:
        """Which side that is, in a word for people."""

    def text(self, path: str) -> str | None:
        """The text of a file there, None when it is absent."""

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder there, by path; empty when it is absent."""


class SettingsTexts(Struct, frozen=True):
    """A repository's own settings as they were read once: `Sources` that answer what was asked then.

    `texts` are files by path (None for one that is absent), `folders` the YAML files of each folder by path. `default` is the name and
    text of its owner's configuration, which holds where the repository has none.
    """

    origin: str
    texts: dict[str, str | None]
    folders: dict[str, dict[str, str]]
    default: tuple[str, str] | None = None

    def text(self, path: str) -> str | None:
        """The text of a file, None when it was absent."""
        return self.texts.get(path)

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder, by path."""
        return self.folders.get(path, {})


class LastGood(Protocol):
    """Keeps the settings of each base branch that were understood last. It may lack any of them, and never fails."""

    def get(self, repository: str, branch: str) -> SettingsTexts | None:
        """The settings that were understood last, None where none are kept."""

    def put(self, repository: str, branch: str, settings: SettingsTexts) -> None:
        """Keep settings instead of those before, if that can be done."""


class Store(Protocol):
    """Keeps bytes under a key (`NAME-HASH`) between runs; it may forget any of them at any time and never fails."""

    def get(self, key: str) -> bytes | None:
        """The bytes as they were put, None when they are not there whole."""

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes, if that can be done."""


class Network(Struct, frozen=True):
    """How hosts are reached, alike for all that reaches one.

    `ca_bundle` is the path of a PEM file whose authorities count instead of the usual ones, `proxy` what asks for https
    addresses in our place (`http://USER:PASSWORD@HOST:PORT`); each may be empty. `no_proxy` holds what is asked directly:
    hosts (with all below them), HOST:PORT, addresses, networks (`10.0.0.0/8`), or `*` for everything.
    """

    ca_bundle: str = ""
    proxy: str = ""
    no_proxy: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without the proxy, which may hold a password."""
        return (
            f"Network(ca_bundle={self.ca_bundle!r}, proxy={'...' if self.proxy else ''!r}, no_proxy={self.no_proxy!r})"
        )

    def proxy_for(self, scheme: str, host: str, port: int | None = None) -> str:
        """The proxy for an address, empty where it is asked directly."""
        direct = scheme != "https" or any(_covers(entry.strip().lower(), host.lower(), port) for entry in self.no_proxy)
        return "" if direct else self.proxy


#: No proxy, and the usual authorities.
DIRECT: Final = Network()


def _covers(entry: str, host: str, port: int | None) -> bool:
    """True when an entry of NO_PROXY speaks of that host."""
    if entry == "*":
        return True
    try:
        return ip_address(host.strip("[]")) in ip_network(entry, strict=False)
    except ValueError:  # one of the two is a name
        name = entry.removeprefix("*").removeprefix(".")
        return bool(name) and any(
            asked == name or asked.endswith(f".{name}") for asked in (host, f"{host}:{port or 443}")
        )


class PullRequest(Struct, frozen=True):
    """A pull request as its host tells it.

    `repository` is OWNER/NAME, `number` 0 for a merge group, which is like one. `base`, `head` and `merge_base` are commit ids; the
    before side is read from `merge_base`. `files`, `additions` and `deletions` are the host's own counts, against which what was
    fetched is reckoned up. `base_ref` is the name of the branch that it is to be merged into, `home` the repository's number, which it
    keeps under any name (0 where not known).
    """

    repository: str
    number: int
    base: str
    head: str
    merge_base: str
    files: int
    additions: int
    deletions: int
    base_ref: str = ""
    home: int = 0


class Circumstances(Struct, frozen=True):
    """What a pull request is like besides its change: `head` is a commit id, `base` its base branch by name.

    `author` is the name of the account that opened it, `by_bot` whether its host says that this is a program.
    """

    open: bool
    draft: bool
    head: str
    base: str
    title: str = ""
    labels: tuple[str, ...] = ()
    author: str = ""
    by_bot: bool = False


class Comment(Struct, frozen=True):
    """What is said of one finding beside its lines: 1-based, both included, on the side that `side` names.

    `line` is 0 where the page shows none of them. `on_file` says it of the file as a whole: where nothing is taken beside its lines.
    """

    path: str
    start_line: int
    line: int
    side: Side
    body: str
    fingerprint: str
    on_file: str


class Plan(Struct, frozen=True):
    """What is to be said of a review in comments of their own, most severe first; `over` are fingerprints past the most of these.

    Where fixes were asked for, `suggestions` bring those that can be committed and that the comment on their finding does not bring;
    `spare` ones are for findings whose comment brings it, where one that was written earlier does not. Else `offers` is how many fixes
    could be suggested that are not.
    """

    comments: tuple[Comment, ...] = ()
    over: tuple[str, ...] = ()
    suggestions: tuple[Comment, ...] = ()
    spare: tuple[Comment, ...] = ()
    offers: int = 0


class Told(Struct, frozen=True):
    """A thread that tells of a finding. `rule` is its rule's word (`markers.word_of`), `since` the commit that it was written on.

    `ended` says how we have answered, and `ended_in` at which commit; `discussed` is true where a person wrote too.
    """

    id: int
    fingerprint: str
    rule: str
    path: str
    since: str
    ended: Literal["fixed", "replaced"] | None = None
    ended_in: str = ""
    discussed: bool = False


class Ending(Struct, frozen=True):
    """The last that we say in a thread: its finding is `fixed`, or `replaced` by one that another comment tells of."""

    kind: Literal["fixed", "replaced"]
    body: str


class Annotation(Struct, frozen=True):
    """What a check says beside lines of the head: 1-based, both included. `title` has one line, `message` may have several."""

    path: str
    start_line: int
    end_line: int
    level: Literal["failure", "warning", "notice"]
    title: str
    message: str


class Button(Struct, frozen=True):
    """A button on a check. GitHub takes 20 characters of a name (`id`) and a label, and 40 of what it does."""

    id: str
    label: str
    does: str


class Shown(Struct, frozen=True):
    """What a check shows besides its title and text."""

    annotations: tuple[Annotation, ...] = ()
    buttons: tuple[Button, ...] = ()


class Begun(Struct, frozen=True):
    """A check that was begun before, by its number (0 where that is not known).

    `lag` are the seconds for which its host may still tell of it as it was before the last write.
    """

    number: int = 0
    lag: float = 0.0


# --- what is remembered of reviews ---------------------------------------------------------------------------------
# Times are seconds since 1970. None of it is text of a file under review: ids, commits, paths, rules, counts, and what people said to us.


class Seen(Struct, frozen=True):
    """A finding of a pull request, by its fingerprint, at the place where it was seen last.

    `state` is `shown` or `folded` in the newest review, `fixed` where we have answered so, and `gone` where a whole review no longer
    makes it. The times are those of the first and the last review that made it; in a `Reviewed` they are its own, and left 0.
    """

    fingerprint: str
    rule: str
    path: str
    line: int
    state: Literal["shown", "folded", "fixed", "gone"]
    first: float = 0.0
    last: float = 0.0


class Posted(Struct, frozen=True):
    """What we wrote to a pull request: a `thread`, known by its first comment's id, with its finding; the `summary`; a `check`."""

    kind: Literal["thread", "summary", "check"]
    id: int
    fingerprint: str = ""


class Reviewed(Struct, frozen=True, tag=True):
    """A review that has ended, by the id of its job.

    `fixed` are fingerprints that stand answered as fixed, `lessons` the rules whose mentoring notes it gave. Read back, it
    has nothing of what is kept by pull request or repository: `findings`, `posted`, `lessons`.
    """

    id: str
    number: int
    verdict: Verdict
    at: float
    manifest: Manifest
    findings: tuple[Seen, ...] = ()
    fixed: tuple[str, ...] = ()
    posted: tuple[Posted, ...] = ()
    lessons: tuple[str, ...] = ()


class Cost(Struct, frozen=True):
    """What a model was asked and what it cost, `micros` in millionths of a dollar."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    micros: int = 0


class Spent(Struct, frozen=True, tag=True):
    """All that one review has spent on one model so far; a later one of the two takes an earlier one's place."""

    review: str
    repository: str
    model: str
    at: float
    cost: Cost


class Dismissed(Struct, frozen=True, tag=True):
    """A rule, or one finding, that a repository does not want to hear of; the other of the two is empty.

    `who` has said so, `until` when it holds (0 for good). A later one takes an earlier one's place: with `until` at its own time it
    takes it back.
    """

    repository: str
    who: str
    reason: str
    at: float
    rule: str = ""
    fingerprint: str = ""
    until: float = 0.0


#: What is kept one by one.
Entry = Reviewed | Spent | Dismissed


class History(Protocol):
    """Remembers reviews, by OWNER/NAME of the repository and number of the pull request. Each method raises Trouble where it cannot.

    An entry that is kept twice, or after a newer one, changes nothing: whoever is not sure keeps it again.
    """

    def keep(self, entry: Entry) -> None:
        """Keep an entry, whole or not at all."""

    def reviews(self, repository: str, number: int) -> tuple[Reviewed, ...]:
        """The reviews of a pull request, the newest first."""

    def findings(self, repository: str, number: int) -> tuple[Seen, ...]:
        """The findings of a pull request, in the order of their places."""

    def posted(self, repository: str, number: int) -> tuple[Posted, ...]:
        """What stands in a pull request by us, the oldest first."""

    def spent(self, review: str = "", repository: str = "", day: str = "") -> Cost:
        """What was spent on models, in all, or for one review, one repository, one day (ISO, UTC), or these together."""

    def dismissed(self, repository: str, at: float) -> tuple[Dismissed, ...]:
        """What a repository does not want to hear of at a time."""

    def lessons(self, repository: str) -> dict[str, float]:
        """The rules whose mentoring notes were given in a repository, and when last."""

    def keep_settings(self, repository: str, ref: str, text: str, at: float) -> None:
        """Keep the text of settings that were understood (empty where there is none), by the branch that they were read for."""

    def settings(self, repository: str, ref: str) -> str | None:
        """The last settings that were understood, None where none are known."""

    def forget(self, before: float) -> int:
        """Forget what nothing was heard of since a time, and dismissals that have ended before it; how much that was."""
