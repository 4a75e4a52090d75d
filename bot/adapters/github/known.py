"""What GitHub has answered, so that it need not count being asked again.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

#: Characters of the largest answer that is kept, and of all together.
_LARGEST: Final = 250_000
_MOST: Final = 16_000_000


class Answer(Struct, frozen=True):
    """One answer: what GitHub knows it by, its headers and its text."""

    tag: str
    headers: Mapping[str, str]
    text: str


class Known:
    """The latest answers, by who asked (the name of a line) and for what. They lie in memory alone."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str], Answer] = OrderedDict()
        self._size, self._lock = 0, threading.Lock()

    def get(self, who: str, what: str) -> Answer | None:
        """What was answered the last time."""
        with self._lock:
            answer = self._answers.get((who, what))
            if answer is not None:
                self._answers.move_to_end((who, what))
            return answer

    def put(self, who: str, what: str, answer: Answer) -> None:
        """Keep an answer that has a tag and is not too large; the oldest go."""
        if not answer.tag or len(answer.text) > _LARGEST:
            return
        with self._lock:
            before = self._answers.pop((who, what), None)
            self._answers[(who, what)] = answer
            self._size += len(answer.text) - (len(before.text) if before else 0)
            while self._size > _MOST:
                self._size -= len(self._answers.popitem(last=False)[1].text)
