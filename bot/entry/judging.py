"""Where texts are judged: from what was kept, in this process, or in others; the answer is the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ..adapters.cache import ShardedCache, user_cache
from ..adapters.limits import was_ended
from ..adapters.workers import Fault, Reserve, Team, judge_all
from ..judge import Judgement, decode, encode, encode_source, judge
from ..kit import Engine
from ..languages import languages
from ..model import SourceFile
from ..ports import Store
from ..resources import installation, package_version
from ..screen import is_risky
from . import worker

SECONDS: Final = 10.0  # of computing for one text in a process of its own; the largest take two or three
_PATIENCE: Final = 6.0  # how often longer it may take on the wall, on a busy machine
MEMORY: Final = 1_500_000_000  # bytes of address space for such a process
_WORTH_A_TEAM: Final = 300_000  # characters of text from which starting processes pays


class Judging(Struct, frozen=True):
    """Judges texts in order. Risky ones, and with `jobs` over 1 large amounts of text, go to other processes; with `apart`, all do."""

    engine: Engine
    fixes: bool = False
    jobs: int = 1
    store: Store | None = None
    command: Sequence[str] = worker.COMMAND
    seconds: float = SECONDS
    apart: bool = False
    reserve: Reserve | None = None

    def __call__(self, sources: Sequence[SourceFile]) -> Iterator[Judgement]:
        """The judgements of `sources` in their order."""
        keys = self._keys(sources)
        kept = [self._kept(key) for key in keys]
        away = self._away([source for source, judgement in zip(sources, kept, strict=True) if judgement is None])
        sent = self._elsewhere([s for s, k in zip(sources, kept, strict=True) if k is None and away(s)])
        for source, key, judgement in zip(sources, keys, kept, strict=True):
            if judgement is not None:
                yield judgement
                continue
            made = next(sent) if away(source) else judge(source, self.engine, fixes=self.fixes)
            if self.store is not None and not made.fault:
                self.store.put(key, encode(made))
            yield made

    def _away(self, sources: Sequence[SourceFile]) -> Callable[[SourceFile], bool]:
        if self.apart or (self.jobs > 1 and sum(len(s.text) for s in sources) > _WORTH_A_TEAM):
            return lambda _: True
        risky = {id(s) for s in sources if is_risky(s.text)}
        return lambda source: id(source) in risky

    def _elsewhere(self, sources: Sequence[SourceFile]) -> Iterator[Judgement]:
        if not sources:
            return
        setup = worker.Setup(dict(self.engine.own_rules), dict(self.engine.own_apis), MEMORY, self.seconds, self.fixes)
        patience = self.seconds * _PATIENCE
        team = Team(self.command, msgspec.json.encode(setup), self.jobs, patience, was_ended, self.reserve)
        for answer in judge_all(team, [encode_source(s) for s in sources]):
            judgement = None if isinstance(answer, Fault) else decode(answer, self.engine)
            yield judgement or Judgement(fault=answer.reason if isinstance(answer, Fault) else "unreadable answer")

    def _kept(self, key: str) -> Judgement | None:
        data = self.store.get(key) if self.store is not None else None
        return decode(data, self.engine) if data is not None else None

    def _keys(self, sources: Sequence[SourceFile]) -> list[str]:
        """Where each text's judgement is kept; nowhere without a store."""
        if self.store is None:
            return [""] * len(sources)
        stamps = {language: self._stamp(language) for language in {s.language for s in sources}}
        return [_key(source, stamps[source.language]) for source in sources]

    def _stamp(self, language: str) -> str:
        """Tells all that a judgement of a text in this language depends on, but the text."""
        parts = (
            installation(),
            self.engine.book.digest,
            self.engine.apis_digest([language]),
            package_version(languages()[language].grammar),
            str(self.fixes),
        )
        return "\0".join(parts)


def _key(source: SourceFile, stamp: str) -> str:
    parts = (stamp, source.path, source.language, source.text)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def judging(engine: Engine, *, fixes: bool = False, jobs: int = 1, seconds: float = SECONDS) -> Judging:
    """How the command line judges: with what was kept for whoever runs it."""
    cache = user_cache(os.environ)
    store = ShardedCache(cache.folder / "judged") if cache is not None else None
    return Judging(engine, fixes, jobs, store, seconds=seconds)


def crew(most: int) -> Callable[[Engine], Judging]:
    """How a server judges: strangers' texts in processes with limits alone, which wait for each other's reviews; nothing is kept."""
    reserve = Reserve(most)
    return lambda engine: Judging(engine, apart=True, reserve=reserve)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
