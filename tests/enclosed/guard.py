"""Processes of the tests that reach this machine alone, and a look at what they were refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

from tests.checkout import ROOT

#: Puts the loopback of a new network up (ioctl SIOCSIFFLAGS with IFF_UP and IFF_RUNNING: netdevice(7)), and becomes Python again.
_UP: Final = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x41))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def guarded(refused: Path) -> dict[str, str]:
    """The variables with which Python and its children reach this machine alone; whom they were refused is written to a file."""
    paths = (str(Path(__file__).parent), str(ROOT), os.environ.get("PYTHONPATH", ""))
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "MAINSTAY_TESTS_REFUSED": str(refused)}


def hosts(refused: Path) -> list[str]:
    """Whom they were refused, each once."""
    return sorted(set(refused.read_text(encoding="utf-8").splitlines())) if refused.exists() else []


@cache
def python() -> tuple[str, ...]:
    """Python's command, in a network of its own with nothing but loopback where the system lets us make one: git cannot leave it either."""
    for more in ((), ("--user", "--map-root-user")):
        command = ("unshare", "--net", *more, sys.executable, "-c", _UP)
        if (
            shutil.which("unshare")
            and subprocess.run([*command, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            return command
    return (sys.executable,)
