"""Threads that decode a type for the first time, all at once: what `learn` has looked at can be decoded by any number."""

from __future__ import annotations

import subprocess
import sys

from .checkout import ROOT

#: Eight threads that change places at every instruction and decode each kind at once; without `learn` this process dies.
AT_ONCE = """
import sys, threading
from contextlib import suppress
import msgspec
from bot.entry import learned
learned.learn()
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
def decode():
    for kind in learned.KINDS:
        fields = kind.__struct_fields__
        wrong = [[]] * len(fields) if kind.__struct_config__.array_like else dict.fromkeys(fields, b"")
        together.wait()
        with suppress(msgspec.ValidationError):
            msgspec.convert(wrong, kind)
threads = [threading.Thread(target=decode) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_may_decode_what_was_learned_all_at_once() -> None:
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", AT_ONCE], cwd=ROOT, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
