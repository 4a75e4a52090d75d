"""What judges a change: configuration, rules and API files, read from the side that is trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from . import config as configuration
from .config import Config
from .knowledge import Knowledge
from .languages import languages
from .model import Rule
from .ports import Sources
from .rulebook import Rulebook, built_in, built_in_knowledge, digest, extend, extend_knowledge, knowledge_digest


class Engine(Struct, frozen=True, dict=True):
    """What judges a text: the rules, and what is known about libraries; a repository's own texts included, by name."""

    book: Rulebook
    own_rules: Mapping[str, str] = field(default_factory=dict)
    own_apis: Mapping[str, str] = field(default_factory=dict)
    _known: dict[str, Knowledge] = field(default_factory=dict)

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules by id."""
        return {rule.id: rule for rule in self.book.rules}

    def knowledge(self, language: str) -> Knowledge:
        """What is known about the libraries of a language, the repository's own files included."""
        if language not in self._known:
            own = extend_knowledge(language, self.own_apis, self.book.vocabulary) if self.own_apis else None
            self._known[language] = own or built_in_knowledge(language)
        return self._known[language]

    def apis_digest(self, languages_: Iterable[str]) -> str:
        """A content hash of all that is known about the libraries of these languages."""
        return digest({**self.own_apis, **{f"built-in {name}": knowledge_digest(name) for name in languages_}})


class Kit(Struct, frozen=True):
    """All that a review needs, read from the side that is trusted. `problems` are for the author.

    `mistake` is what is wrong with the settings where older ones serve, "" else.
    """

    config: Config
    engine: Engine
    origins: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    mistake: str = ""


def engine_of(rules: Mapping[str, str], apis: Mapping[str, str]) -> Engine:
    """The built-in rules and knowledge with a repository's own. Raises Mistake."""
    return Engine(extend(built_in(), rules), rules, apis)


def prepare(
    sources: Sources | None,
    *,
    given: tuple[str, str] | None = None,
    default: Callable[[], tuple[str, str] | None] = lambda: None,
) -> Kit:
    """The kit for a repository, whose settings `sources` reads.

    `given` is the (name, text) of a configuration that wins; `default` is asked for one where the repository has none.
    Raises Mistake for anything that its authors got wrong.
    """
    texts = {
        name: text
        for name in (*configuration.NAMES, *configuration.MISNAMED)
        if sources and (text := sources.text(name)) is not None
    }
    name, mistakes = configuration.choose(texts)
    where = sources.origin if sources else "built-in"
    chosen, origin = _configuration(given, (name, texts[name]) if name else None, where, default)
    config = configuration.read(chosen[1], chosen[0]) if chosen else configuration.DEFAULT
    rules = sources.folder(config.rules_folder) if sources else {}
    apis = sources.folder(config.apis_folder) if sources else {}
    kit = Kit(
        config,
        engine_of(rules, apis),
        {
            "configuration": origin,
            "rules": f"built-in and {config.rules_folder} at {where}" if rules else "built-in",
            "apis": f"built-in and {config.apis_folder} at {where}" if apis else "built-in",
        },
    )
    for language in languages() if apis else ():
        kit.engine.knowledge(language)
    unknown = configuration.unknown_rules(config, [r.id for r in kit.engine.book.rules])
    return replace(kit, problems=tuple(str(m) for m in (*mistakes, *unknown)))


def _configuration(
    given: tuple[str, str] | None,
    own: tuple[str, str] | None,
    where: str,
    default: Callable[[], tuple[str, str] | None],
) -> tuple[tuple[str, str] | None, str]:
    """The configuration that holds as (name, text), None for the built-in one, and where it comes from."""
    if given:
        return given, f"{given[0]} (--config)"
    if own:
        return own, f"{own[0]} at {where}"
    owners = default()
    return owners, owners[0] if owners else "built-in"
