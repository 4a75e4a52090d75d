"""Python imports this when it starts with this folder on PYTHONPATH: it and its children reach this machine alone.

What it refuses is written to the file that MAINSTAY_TESTS_REFUSED names, a host a line.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Final

from tests.enclosed.reach import leaves

_REFUSED: Final = Path(os.environ["MAINSTAY_TESTS_REFUSED"])


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    host = leaves(event, arguments)
    if host is not None:
        with _REFUSED.open("a", encoding="utf-8") as file:
            file.write(f"{host}\n")
        raise OSError(f"{host} is not on this machine")


sys.addaudithook(_refuse)
