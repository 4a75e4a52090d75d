"""What every derived fact is made from: the file's facts, what is known about libraries, names and mentions."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from ..knowledge import Knowledge
from ..languages import Language
from ..model import Fact, Value
from ..tree import Facts
from .constants import constant_of
from .mentions import Mentions
from .names import Names


class Reading(Struct, dict=True):
    """One file being understood. `names` and `mentions` are made on first use."""

    facts: Facts
    knowledge: Knowledge
    language: Language

    @cached_property
    def names(self) -> Names:
        """What names, paths and calls refer to."""
        return Names(self.facts, self.knowledge, self.language)

    @cached_property
    def mentions(self) -> Mentions:
        """Where each name or path is used, and how."""
        return Mentions(self.facts)

    def constant(self, value: Value | None, at: Fact) -> object:
        """The constant (number, text, Duration ...) that a value folds to, UNKNOWN when it can't be told."""
        return constant_of(value, at, self.names)
