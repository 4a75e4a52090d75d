"""What a server's threads decode, looked at beforehand by one of them.

msgspec (0.22.0) looks at a Struct's fields when the type is first decoded, and marks it as known before it is done: a second thread that
decodes the type in that moment follows a null pointer, and the process is gone, with every review that it had in hand.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ..adapters.github.threads import Said
from ..config import PullRequests
from ..events import GroupAsked, LookAsked, PullAsked, SuiteAsked
from ..judge import CROSSING
from ..knowledge import Knowledge
from ..languages import Language
from ..model import Manifest
from ..ports import Entry, SettingsTexts
from ..rulebook import Rulebook
from .deciding import Ground
from .reviewing import Fetched

KINDS: Final = (
    *(Fetched, Ground, PullAsked, LookAsked, SuiteAsked, GroupAsked, Said, *CROSSING),
    *(Rulebook, Knowledge, Language, PullRequests, SettingsTexts, Manifest, Entry),
)


def learn() -> None:
    """Look at all of them; to be called before there are threads."""
    for kind in KINDS:
        msgspec.json.Decoder(kind)
