"""What is said when a patch cannot be read."""

from __future__ import annotations

from typing import Final

_WHOLE: Final = "Make one patch of the whole change, for instance with: git diff BASE HEAD"


class PatchError(ValueError):
    """A patch that cannot be read: `title`, the 1-based `line` of the patch, and what to do (`remedy`)."""

    def __init__(self, title: str, line: int, remedy: str = _WHOLE) -> None:
        super().__init__(f"{title} (line {line} of the patch)\n{remedy}")
        self.title, self.line, self.remedy = title, line, remedy
