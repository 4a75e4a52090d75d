"""Nearby: what stands around a waiting call, or on its other side, and ends the waiting: a bounded scope, a local peer."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from ..model import Fact, Value
from .calls import argument, method, receiver
from .conventions import words
from .objects import origin
from .reading import Reading

_LOCAL: Final = ("unix", "udp", "ip")
#: Pairs of words that say "time-out"; as one word it is written, too.
_LIMITS: Final = (("time", "out"), ("time", "limit"))
#: What a block does with a time-out when it does not set one.
_OTHERWISE: Final = frozenset(
    "ignore ignoring suppress handle handling catch raises translate translating map no without disable expect on log".split()  # noqa: SIM905 - a list of words reads better as text
)
_LOOPBACK: Final = re.compile(r"(?:\w+://)?(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)(?:[:/]|$)")
#: A text that begins with such an address, and whose port comes from elsewhere.
_FORMATTED: Final = re.compile(r"""["'](?:\w+://)?(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?):""")
_DATA: Final = (("data", "url"), ("data", "uri"))
_TESTS_DATA: Final = re.compile(r"""startswith\(\s*["']data:""")


def bounds_time(call: Fact, reading: Reading) -> bool:
    """True inside a with-block that bounds time, or as an argument of a call that does."""
    for above in reading.facts.ancestors(call):
        if above.kind == "with" and any(
            v.call >= 0 and _is_scope(reading.facts.all[v.call]) for v, _ in above.get("items", ())
        ):
            return True
        if above.kind == "call" and "deadline.wrap" in above.roles:
            return True
        if above.kind in ("function", "class"):
            return False
    return False


def _is_scope(made: Fact) -> bool:
    """True for a block that a library says bounds time, and for one that is called so and is given something to bound it by."""
    if "deadline.scope" in made.roles:
        return True
    said = words(method(made))
    if made.roles or not made.get("arguments") or _OTHERWISE & set(said):
        return False
    return bool({"timeout", "deadline"} & set(said)) or any(pair in _LIMITS for pair in pairwise(said))


def stays_here(call: Fact, reading: Reading) -> bool:
    """True for a connection to this very machine, one of a kind that waits for nobody, and one that was made elsewhere."""
    if is_data(call, reading) or _is_loopback(call, reading):
        return True
    if "socket.connect" not in call.roles or not call.get("arguments"):
        return False
    if argument(call, ("sock",)) is not None:
        return True  # it was connected elsewhere
    kind = reading.constant(call.get("arguments")[0].value, call)
    if isinstance(kind, str) and kind.startswith(_LOCAL):
        return True
    made = origin(receiver(call), call, reading)
    return made.complete and bool(made.makers) and all(_is_local(m) for m in made.makers)


def _is_loopback(call: Fact, reading: Reading) -> bool:
    """True for an address that is written out and stands for this machine."""
    if not call.roles & {"socket.connect", "http.request"}:
        return False
    given = [a.value for a in call.get("arguments", ())[:2]]
    known = (reading.constant(value, call) for value in given)
    return any(isinstance(text, str) and bool(_LOOPBACK.match(text)) for text in known) or any(
        value.form != "constant" and _FORMATTED.search(reading.facts.text(value)) for value in given
    )


def _is_local(made: Fact) -> bool:
    given: list[Value] = [a.value for a in made.get("arguments", ())]
    return any(v.path.rsplit(".", 1)[-1] == "AF_UNIX" for v in given)


def is_data(call: Fact, reading: Reading) -> bool:
    """True where Python's own opener is given a `data:` address, which holds its answer: nobody is asked."""
    if not str(call.get("name", "")).startswith("urllib.request."):
        return False
    for above in reading.facts.ancestors(call):
        condition = above.get("condition") if above.kind == "branch" else None
        if isinstance(condition, Value) and _TESTS_DATA.search(reading.facts.text(condition)):
            return True
    given = argument(call, ("url",), (0,))
    names = [str(f.get("name", "")) for f in reading.facts.functions(call)]
    said = [words(n) for n in (given.path if given is not None else "", *names)]
    return any(pair in _DATA for one in said for pair in pairwise(one)) and bool(
        re.search(r"""["']data:""", reading.facts.source.text)
    )
