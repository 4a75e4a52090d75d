"""What judges a change: configuration, rules and API files, read from the side that is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from . import config as configuration
from .config import Config
from .knowledge import Knowledge
from .languages import languages
from .ports import Sources
from .rulebook import Rulebook, built_in, built_in_knowledge, extend, extend_knowledge


@dataclass(frozen=True)
class Kit:
    """All that judging needs, read from the side that is trusted. `problems` are for the author."""

    config: Config
    book: Rulebook
    own_apis: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    _known: dict[str, Knowledge] = field(default_factory=dict)

    def knowledge(self, language: str) -> Knowledge:
        """What is known about the libraries of a language, the repository's own files included."""
        if language not in self._known:
            own = extend_knowledge(language, self.own_apis, self.book.vocabulary) if self.own_apis else None
            self._known[language] = own or built_in_knowledge(language)
        return self._known[language]


def prepare(sources: Sources | None, *, given: tuple[str, str] | None = None) -> Kit:
    """The kit for a repository, whose settings `sources` reads; `given` is the (name, text) of a configuration that wins.

    Raises Mistake for anything that its authors got wrong.
    """
    texts = {
        name: text
        for name in (*configuration.NAMES, *configuration.MISNAMED)
        if sources and (text := sources.text(name)) is not None
    }
    name, mistakes = configuration.choose(texts)
    config = (
        configuration.read(given[1], given[0])
        if given
        else configuration.read(texts[name], name)
        if name
        else configuration.DEFAULT
    )
    where = sources.origin if sources else "built-in"
    rules = sources.folder(config.rules_folder) if sources else {}
    apis = sources.folder(config.apis_folder) if sources else {}
    kit = Kit(
        config,
        extend(built_in(), rules),
        apis,
        {
            "configuration": f"{given[0]} (--config)" if given else f"{name} at {where}" if name else "built-in",
            "rules": f"built-in and {config.rules_folder} at {where}" if rules else "built-in",
            "apis": f"built-in and {config.apis_folder} at {where}" if apis else "built-in",
        },
    )
    for language in languages() if apis else ():
        kit.knowledge(language)
    unknown = configuration.unknown_rules(config, [r.id for r in kit.book.rules])
    return replace(kit, problems=tuple(str(m) for m in (*mistakes, *unknown)))
