"""The file in which an App's keys are kept: for its owner alone, whole or not there, and never over another file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from ..ports import Trouble


class KeyFileError(Trouble):
    """The file cannot be written."""


class KeyFile:
    """A place for the file, taken while the with-block lasts: keys are told once, so it is made sure of before."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._open: int | None = None
        self._draft = Path()

    def __enter__(self) -> Self:
        """Raises KeyFileError."""
        if os.path.lexists(self.file):
            raise KeyFileError(f"{self.file} is there already", "Name another one with --file, or move it away.")
        try:
            number, draft = tempfile.mkstemp(prefix=f".{self.file.name}-", dir=self.file.parent)  # mode 600
        except OSError as trouble:
            raise KeyFileError(
                f"{self.file} cannot be written ({trouble.strerror})", "Name another one with --file."
            ) from trouble
        self._open, self._draft = number, Path(draft)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open is not None:
            os.close(self._open)
            self._draft.unlink(missing_ok=True)

    def write(self, text: str) -> None:
        """Write the file, once. Raises KeyFileError; what could be written then lies in the file that it names."""
        if self._open is None:
            raise KeyFileError(f"{self.file} is written already", "Use it.")
        number, self._open = self._open, None  # from here on the draft is kept whatever comes
        try:
            with os.fdopen(number, "w", encoding="utf-8") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            os.link(self._draft, self.file)  # unlike a rename this never takes another file's place
        except OSError as trouble:
            raise KeyFileError(
                f"{self.file} cannot be written ({trouble.strerror})", f"The keys are in {self._draft}: move them."
            ) from trouble
        self._draft.unlink()
