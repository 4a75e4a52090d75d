"""Patience: waits without a deadline that cost little, because something else ends them or because nobody who matters stands there.

Written onto calls as `eased`: the reason why a true finding about a missing limit matters less than it would in a service's own work.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from ..model import Fact, Value
from .calls import argument, method, receiver
from .conventions import words
from .objects import holder, origin, settings_on
from .reaching import asks_nothing, is_unseen
from .reading import Reading
from .runs import runs_once

_UNBOUNDED: Final = frozenset({"none", "absurd", "disabled"})
_READS: Final = frozenset({"setdeadline", "setreaddeadline", "settimeout", "set_read_timeout", "setsotimeout"})
#: What is reported, where a name says "usage": code that tells its makers how it is used, and does without an answer.
_REPORTED: Final = frozenset({"data", "stats", "statistics", "report", "reporter"})
#: What a server serves for those who look after the process, not for its clients.
_DIAGNOSTICS: Final = frozenset(
    [
        "metrics",
        "metric",
        "prometheus",
        "health",
        "healthz",
        "healthcheck",
        "livez",
        "readyz",
        "ready",
        "liveness",
        "readiness",
        "probe",
        "probes",
        "prober",
        "debug",
        "pprof",
        "profiler",
        "profiling",
        "expvar",
        "instrumentation",
        "diagnostics",
    ]
)
_STATES: Final = frozenset({"live", "ready", "version", "status", "ping"})
_REGISTERS: Final = frozenset({"Handle", "HandleFunc", "GET", "Get", "Path"})
#: Programs whose work is finite and on this machine.
_LOCAL_TOOLS: Final = (
    "sed awk grep cat cp mv rm ln ls mkdir rmdir chmod chown touch stat file tar gzip gunzip bzip2 xz zip unzip sort uniq wc head "
    "cut tr diff patch md5sum sha1sum sha256sum sha512sum uname hostname whoami id date echo printf true which getconf ldconfig "
    "sysctl lscpu nproc free ps test arch basename dirname env lsb_release sw_vers getent kill killall pkill taskkill modprobe "
    "insmod rmmod lsmod ethtool ifconfig route ip netsh networksetup"
)
_FINITE: Final = frozenset(_LOCAL_TOOLS.split())
_ENDS_CHILDREN: Final = frozenset({"Kill", "Signal", "kill", "terminate", "killpg", "send_signal", "destroyForcibly"})
#: Words for what an address names on this machine.
_LOCAL_FILES: Final = frozenset({"file", "resource", "classpath", "jar", "keystore", "truststore", "store"})
#: Arguments with which a program only tells or checks something.
_ASKS: Final = frozenset(
    ["--version", "-version", "version", "--help", "-N1", "configtest", "--check", "--check-config"]
)
_WORD: Final = re.compile(r"[^\s'\"\[\](),{}]+")


def derive(reading: Reading) -> None:
    """Write `eased` onto each call whose waiting has no limit, where a reason is known."""
    once = runs_once(reading)
    ended = any(method(c) in _ENDS_CHILDREN for c in reading.facts.of("call"))
    for call in reading.facts.of("call"):
        if call.get("child") == "unbounded":
            eased = "finite" if _is_finite(call, reading) else "can be ended" if ended else ""
        elif call.get("deadline") in _UNBOUNDED and call.get("maker", -1) >= 0:
            eased = _eased(call, reading) or ("by hand" if once(call) else "")
        else:
            continue
        if eased:
            call.attributes["eased"] = eased


def _eased(call: Fact, reading: Reading) -> str:
    if call.get("deadline") == "absurd":
        return "an hour"
    if call.get("deadline") == "disabled" and _is_zero(call, reading):
        return "given out"
    if "http.server" in call.roles:
        return "diagnostics" if _is_diagnostic(call, reading) else ""
    if _is_given_out(call, reading):
        return "given out"
    if "socket.connect" in call.roles and _only_connects(call, reading):
        return "connecting"
    if _reads_a_file(call, reading):
        return "a file"
    if is_unseen(call, reading):
        return "an address"
    return "telemetry" if any(_is_report(words(name)) for name in _names(call, reading)) else ""


def _is_zero(call: Fact, reading: Reading) -> bool:
    """True for a client of contexts' language that is made with a limit of zero: each request brings its own, or is told of itself."""
    return "http.client" in call.roles and bool(call.get("constructor")) and reading.language.errors == "values"


# --- clients and connections -------------------------------------------------------------------------------


def _is_given_out(call: Fact, reading: Reading) -> bool:
    """True for what is made here and used elsewhere: a socket that is not connected yet, a client whose requests carry contexts."""
    if call.get("use") == "returned" and "socket.connect" in call.roles and not call.get("arguments"):
        return True
    if "http.client" not in call.roles or reading.language.errors != "values":
        return False
    return bool(call.get("constructor")) and not call.get("carried")


def _only_connects(call: Fact, reading: Reading) -> bool:
    """True where the operating system ends the waiting: reading has a limit of its own, or the connection is a transport's."""
    function = reading.facts.function(call)
    if "read-deadline" in settings_on(call, reading):
        return True
    path, scope = holder(call, reading)
    owner = receiver(call)
    if call.get("use") == "item" and path and not [m for m in reading.mentions.of(path, function) if m.how != "target"]:
        return True  # it is closed as soon as it is open
    for name, within in ((path, scope), (owner.path if owner is not None else "", function)):
        if name and within is not None:
            uses = reading.mentions.of(name, within)
            if name == path and asks_nothing(uses):
                return True
            if any(m.how == "receiver" and m.method.lower() in _READS for m in uses):
                return True
    if function is None or reading.language.errors != "values":
        return False
    return call.get("use") == "returned" or any(
        m.how == "returned" for m in (reading.mentions.of(path, function) if path else ())
    )


def _reads_a_file(call: Fact, reading: Reading) -> bool:
    """True for an address that stands for a file: no scheme is given here, and the code's own words say where it lies."""
    if not call.get("receiver", "").startswith("java.net.URL"):
        return False
    asked = [reading.facts.text(call.get("callee")), *_names(call, reading)]
    return any(set(words(name)) & _LOCAL_FILES for name in asked)


def _names(call: Fact, reading: Reading) -> list[str]:
    """The names of the file, the class and the functions around a call."""
    owner = reading.facts.class_of(call)
    around = [*reading.facts.functions(call), *([owner] if owner is not None else [])]
    return [reading.facts.source.path.rsplit("/", 1)[-1], *(str(f.get("name", "")) for f in around)]


def _is_report(said: tuple[str, ...]) -> bool:
    """True for the name of code that reports how it is used (`sendTelemetry`, `usage_data.py`)."""
    return "telemetry" in said or any(a == "usage" and b in _REPORTED for a, b in pairwise(said))


# --- servers -----------------------------------------------------------------------------------------------


def _is_diagnostic(call: Fact, reading: Reading) -> bool:
    """True for a server that its own code calls one for metrics, probes or debugging, or that serves nothing else."""
    function = reading.facts.function(call)
    address = [reading.facts.text(a.value) for a in call.get("arguments", ()) if a.name in ("", "Addr")]
    folder = reading.facts.source.path.rpartition("/")[0].rsplit("/", 2)[-2:]
    receiver_type = function.get("receiver") if function is not None else None
    names = [*address, *folder, receiver_type.type if receiver_type is not None else ""]
    if function is not None and function.get("name") != "main":
        names.append(str(function.get("name", "")))
    if {w for name in names for w in words(name)} & _DIAGNOSTICS:
        return True
    served = _served(function, reading) if function is not None else []
    return bool(served) and all(set(words(one)) & (_DIAGNOSTICS | _STATES) for one in served)


def _served(function: Fact, reading: Reading) -> list[str]:
    """What a function registers: the paths, or the names of the same-file functions that register them."""
    found = []
    for call in reading.facts.within(function, "call"):
        given = argument(call, (), (0,))
        path = reading.constant(given, call) if given is not None and method(call) in _REGISTERS else None
        if isinstance(path, str):
            found.append(path)
        elif words(method(call))[:1] == ("register",):
            found.append(method(call))
    return found


# --- children ----------------------------------------------------------------------------------------------


def _is_finite(call: Fact, reading: Reading) -> bool:
    """True for a child whose program is written here and does a small, local piece of work, or only checks something."""
    made = [call, *origin(receiver(call), call, reading).makers]
    for start in made:
        given: list[Value] = [a.value for a in start.get("arguments", ()) if not a.name or a.name in ("args", "cmd")]
        said = [w for value in given for w in _WORD.findall(reading.facts.text(value))]
        literal = bool(given) and reading.facts.text(given[0]).lstrip("[({ ").startswith(('"', "'", 'f"', "f'"))
        if literal and said and (said[0].rsplit("/", 1)[-1].lower() in _FINITE or set(said) & _ASKS):
            return True
    return False
