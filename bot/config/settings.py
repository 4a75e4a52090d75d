"""What a repository asks for, what of it holds for one file, and where each value comes from.

A configuration says things in layers: the file's own keys hold everywhere, each entry of `overrides` holds for
the paths that it names. For one file the layers are asked from the most specific to the least, and the first that says
something about a key or a rule decides (`bot/globs.py`, `specificity`; between equals the later entry).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, NamedTuple, cast

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from .. import globs, strict
from ..model import Severity
from ..strict import Mistake, quote
from ..suppress import Mode
from .keys import BY_NAME, KEYS, PULL_REQUESTS, Threshold
from .pulls import PullRequests

BUILT_IN: Final = "built-in"
#: What a saying holds: a list is a tuple.
Plain = str | int | tuple[str, ...]


class Said(NamedTuple):
    """A value and where it was said: "file:line", an option of the command line, or "built-in"."""

    value: Plain
    place: str


class Row(NamedTuple):
    """One line of an explanation: the key, its value as people write it, and where the value comes from."""

    key: str
    value: str
    place: str


#: What one layer says. A plain key stands under (name, ""); a pattern of paths or rules under (group, pattern):
#: ("ignore", "vendor") has the value "yes", ("rules", "retry/*") "on" or "off", ("severity", "retry/*") a severity.
Sayings = Mapping[tuple[str, str], Said]


class Override(Struct, frozen=True):
    """An entry of `overrides`. `place` is "file:line"."""

    paths: tuple[str, ...]
    sayings: Sayings
    place: str


class Settings(Struct, frozen=True):
    """What holds for one file. `layers` go from the most specific to the whole repository's."""

    ignored: bool
    test: bool
    fail_on: Threshold
    suppressions: Mode
    layers: tuple[Sayings, ...]

    def runs(self, rule: str) -> bool:
        """Whether the rule with this id is on."""
        return self._about("rules", rule) != "off"

    def severity(self, rule: str, default: Severity) -> Severity:
        """The severity of the rule with this id; `default` is the rule's own."""
        return cast("Severity", self._about("severity", rule) or default)

    def _about(self, group: str, rule: str) -> Plain | None:
        for layer in self.layers:
            for pattern in (rule, f"{rule.partition('/')[0]}/*", "*"):
                if (group, pattern) in layer:
                    return layer[group, pattern].value
        return None


class Config(Struct, frozen=True):
    """What a repository asks for. `origin` is the file's name, "" for the built-in configuration."""

    origin: str = ""
    sayings: Sayings = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()

    @property
    def fail_on(self) -> Threshold:
        """The threshold where no override says otherwise."""
        return cast("Threshold", _value(self.sayings, "fail-on"))

    @property
    def rules_folder(self) -> str:
        """The repository's folder of own rules, without a slash at the end."""
        return str(_value(self.sayings, "folders.rules"))

    @property
    def apis_folder(self) -> str:
        """The repository's folder of own API files, without a slash at the end."""
        return str(_value(self.sayings, "folders.apis"))

    def limit(self, name: Literal["findings", "per-file", "per-rule"]) -> int:
        """The most findings shown in a review, in one file, of one rule."""
        return cast("int", _value(self.sayings, f"limits.{name}"))

    @property
    def pull_requests(self) -> PullRequests:
        """What holds for pull requests."""
        names = [key.name for key in KEYS if key.steps[0] == PULL_REQUESTS]
        said = {name.partition(".")[2]: _value(self.sayings, name) for name in names}
        return msgspec.convert(said, PullRequests)

    def for_path(self, path: str) -> Settings:
        """What holds for the file at `path` (forward slashes, relative to the repository's root)."""
        layers = (*(override.sayings for override in _covering(self, path)), self.sayings)
        return Settings(
            ignored=_covering_pattern(self, "ignore", path) != "",
            test=_covering_pattern(self, "tests", path) != "",
            fail_on=cast("Threshold", _first(layers, "fail-on").value),
            suppressions=cast("Mode", _first(layers, "suppressions").value),
            layers=layers,
        )

    def with_threshold(self, threshold: Threshold, place: str) -> Config:
        """The same with one threshold for every path, said at `place` (an option of the command line)."""
        key = ("fail-on", "")
        overrides = tuple(
            replace(entry, sayings={name: said for name, said in entry.sayings.items() if name != key})
            for entry in self.overrides
        )
        return replace(self, sayings={**self.sayings, key: Said(threshold, place)}, overrides=overrides)

    def with_ignored(self, patterns: Iterable[str], place: str) -> Config:
        """The same with more patterns of files that are not reviewed, said at `place`."""
        more = {("ignore", pattern): Said("yes", place) for pattern in patterns}
        return replace(self, sayings={**more, **self.sayings})


DEFAULT: Final = Config()


def unknown_rules(config: Config, rules: Collection[str]) -> tuple[Mistake, ...]:
    """A mistake for each rule or family that `config` speaks of and that is not among the ids in `rules`."""
    known = {*rules, *(f"{rule.partition('/')[0]}/*" for rule in rules), "*"}
    return tuple(
        Mistake(
            f"there is no rule {quote(pattern)}",
            said.place,
            strict.suggest(pattern, sorted(known)).rstrip() or "Remove it.",
        )
        for sayings in (config.sayings, *(override.sayings for override in config.overrides))
        for (group, pattern), said in sayings.items()
        if group in ("rules", "severity") and pattern not in known
    )


def explain(config: Config, path: str = "") -> list[Row]:
    """What holds for the file at `path`, or for the repository when it is "", and where each value comes from.

    A saying that a more specific layer overrides is left out.
    """
    covering = _covering(config, path) if path else []
    rows = _explain_paths(config, path)
    layers = (*(override.sayings for override in covering), config.sayings)
    for key in KEYS:
        if key.default is not None and not (path and key.steps[0] == PULL_REQUESTS):
            said = _first(layers, key.name)
            rows.append(Row(key.name, _shown(said.value), said.place))
    rows += _explain_rules(layers, "rules")
    rows += _explain_rules(layers, "severity")
    listed = covering if path else config.overrides
    return rows + [Row("overrides", ", ".join(override.paths), override.place) for override in listed]


def _shown(value: Plain) -> str:
    """A value as people read it."""
    return (", ".join(value) or "none") if isinstance(value, tuple) else str(value)


def _explain_paths(config: Config, path: str) -> list[Row]:
    rows = []
    for group, word in (("ignore", "ignored"), ("tests", "test file")):
        if path:
            pattern = _covering_pattern(config, group, path)
            place = config.sayings[group, pattern].place if pattern else BUILT_IN
            rows.append(Row(word, f"yes, by {pattern}" if pattern else "no", place))
        else:
            rows += [Row(group, name, said.place) for (kind, name), said in config.sayings.items() if kind == group]
    return rows


def _explain_rules(layers: Iterable[Sayings], group: str) -> list[Row]:
    rows: list[Row] = []
    decided: set[str] = set()
    for layer in layers:
        said_here = {pattern: said for (kind, pattern), said in layer.items() if kind == group}
        for pattern, said in said_here.items():
            if not any(globs.matches(wider, pattern, separator="") for wider in decided):
                rows.append(Row(f"{group}.{pattern}", str(said.value), said.place))
        decided.update(said_here)
    return rows


def _covering(config: Config, path: str) -> list[Override]:
    """The overrides that hold for `path`, the most specific first."""
    ranked = []
    for index, override in enumerate(config.overrides):
        ranks = [rank for pattern in override.paths if (rank := globs.specificity(pattern, path)) is not None]
        if ranks:
            ranked.append((max(ranks), index))
    return [config.overrides[index] for _, index in sorted(ranked, reverse=True)]


def _covering_pattern(config: Config, group: str, path: str) -> str:
    """The first pattern of the group ("ignore", "tests") that covers `path`, or ""."""
    patterns = (pattern for kind, pattern in config.sayings if kind == group)
    return next((pattern for pattern in patterns if globs.covers(pattern, path)), "")


def _first(layers: Iterable[Sayings], name: str) -> Said:
    for layer in layers:
        if (name, "") in layer:
            return layer[name, ""]
    return Said(cast("Plain", BY_NAME[name].default), BUILT_IN)


def _value(sayings: Sayings, name: str) -> Plain:
    return _first((sayings,), name).value
