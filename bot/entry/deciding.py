"""Which settings serve a review, and whether there is one: read from the base branch, never from what is reviewed.

The settings are those of the merge base; where it has no configuration, the one of its owner's repository `.github`; where they hold a
mistake, the last of the base branch that were understood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .. import triggers
from ..adapters import github
from ..adapters.cache import BoundedCache
from ..config import PullRequests
from ..kit import Kit, prepare
from ..ports import Circumstances, LastGood, PullRequest, SettingsTexts, Sources
from ..strict import Mistake

_SERVE: Final = "The base branch's settings hold a mistake, and its last good ones serve"


class Ground(Struct, frozen=True):
    """What a review stands on besides its change.

    `mistake` is what is wrong with the settings of the merge base where others serve, "" else.
    """

    about: Circumstances
    settings: SettingsTexts
    mistake: str = ""

    def kit(self) -> Kit:
        """What judges, as it holds for who opened the pull request. Raises Mistake."""
        kit = prepare(self.settings, default=lambda: self.settings.default)
        told = (f"{_SERVE} (of {self.settings.origin}): {self.mistake}",) if self.mistake else ()
        config = triggers.for_author(kit.config, self.about)
        return replace(kit, config=config, problems=(*told, *kit.problems), mistake=self.mistake)


class Grounds:
    """The grounds of the reviews under way, kept with their texts, and the settings that were good last."""

    def __init__(self, kept: BoundedCache, last_good: LastGood) -> None:
        self._kept, self._last_good = kept, last_good

    def of(self, job: str, client: github.Client, pull: PullRequest) -> Ground:
        """The ground of the review that a job makes: what was kept of it, else read anew. Raises GitHubError, Mistake."""
        kept = self.kept(job)
        if kept is None:
            about = github.circumstances(client, pull.repository, pull.number)
            kept = self.read(client, pull, about)
            self._kept.put(_key(job), msgspec.msgpack.encode(kept))
        return kept

    def kept(self, job: str) -> Ground | None:
        """What was kept of it, None where nothing is."""
        kept = self._kept.get(_key(job))
        return msgspec.msgpack.decode(kept, type=Ground) if kept is not None else None

    def forget(self, job: str) -> None:
        """Keep it no longer."""
        self._kept.drop(_key(job))

    def read(self, client: github.Client, pull: PullRequest, about: Circumstances) -> Ground:
        """The settings that serve what goes to a base branch. Raises GitHubError, Mistake where none that were good are kept."""
        owners = partial(github.owners_default, client, pull.repository)
        noted = _Noted(github.BaseSources(client, pull), owners)
        try:
            prepare(noted, default=noted.default)
        except Mistake as mistake:
            return self._last(pull, about, mistake)
        settings = noted.settings()
        newest = self._last_good.get(pull.repository, about.base)
        if newest != settings and (
            newest is None or pull.merge_base == pull.base
        ):  # an old branch tells of old settings
            self._last_good.put(pull.repository, about.base, settings)
        return Ground(about, settings)

    def asked(self, job: str) -> PullRequests | None:
        """What the kept ground of a job says of pull requests, None where none is kept."""
        kept = self.kept(job)
        return _asked(kept.settings) if kept else None

    def last(self, repository: str, branch: str) -> PullRequests | None:
        """What the settings of a base branch that were good last say of pull requests, None where none are kept."""
        settings = self._last_good.get(repository, branch)
        return _asked(settings) if settings else None

    def _last(self, pull: PullRequest, about: Circumstances, mistake: Mistake) -> Ground:
        settings = self._last_good.get(pull.repository, about.base)
        if settings is None:
            raise mistake
        ground = Ground(about, settings, str(mistake))
        try:
            ground.kit()
        except Mistake:  # they were good for another version of Mainstay
            raise mistake from None
        return ground


def _asked(settings: SettingsTexts) -> PullRequests | None:
    try:
        return prepare(settings, default=lambda: settings.default).config.pull_requests
    except Mistake:  # they were good for another version of Mainstay
        return None


class _Noted:
    """Sources that remember what they were asked."""

    def __init__(self, sources: Sources, owners: Callable[[], tuple[str, str] | None]) -> None:
        self._sources, self._owners, self.origin = sources, owners, sources.origin
        self._texts: dict[str, str | None] = {}
        self._folders: dict[str, dict[str, str]] = {}
        self._default: tuple[str, str] | None = None

    def text(self, path: str) -> str | None:
        """The text of a file, None when it is absent."""
        self._texts[path] = self._sources.text(path)
        return self._texts[path]

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder, by path."""
        self._folders[path] = dict(self._sources.folder(path))
        return self._folders[path]

    def default(self) -> tuple[str, str] | None:
        """Name and text of the owner's configuration, None where there is none."""
        self._default = self._owners()
        return self._default

    def settings(self) -> SettingsTexts:
        """All that was asked, with the answers."""
        return SettingsTexts(self.origin, self._texts, self._folders, self._default)


def _key(job: str) -> str:
    return f"ground-{hashlib.sha256(job.encode()).hexdigest()}"
