"""What the outside fulfils, and what crosses to it: protocols that the core is given and never makes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final, Literal, Protocol

from msgspec import Struct

from .model import Side

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
    fetched is reckoned up.
    """

    repository: str
    number: int
    base: str
    head: str
    merge_base: str
    files: int
    additions: int
    deletions: int


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
