"""The version, written once: the build reads it from here, and so does everything that prints it."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
