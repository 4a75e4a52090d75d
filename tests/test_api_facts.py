"""What the API files say about Python's libraries, held against the libraries themselves.

The standard library is always here; another library is looked at where the environment has it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bot import apifile, vocabulary
from bot.knowledge import Api, Bound, Deadline, Knowledge
from bot.model import Duration

RULES = Path(__file__).parents[1] / "rules"
FOLDER = RULES / "apis" / "python"

#: What a file may name although this interpreter has no such thing, with the reason.
ELSEWHERE = {
    "asyncio.{ProactorEventLoop,async}": "Windows; before Python 3.7",
    "multiprocessing.{AsyncResult,BaseContext,Connection,ThreadPool,Client,wait}": "in submodules",
    "multiprocessing.managers.SyncManager.shutdown": "made when it starts",
    "select.{epoll,poll,kqueue}": "each on some systems only",
    "selectors.{EpollSelector,KqueueSelector,PollSelector}": "each on some systems only",
    "signal.{alarm,setitimer,pause,sigwait,sigwaitinfo,sigtimedwait,pthread_sigmask,siginterrupt}": "not on Windows",
    "os.{fork,forkpty,posix_spawn,posix_spawnp,wait,wait3,wait4,waitid}": "not on Windows",
    "os.{spawnlp,spawnlpe,spawnvp,spawnvpe}": "not on Windows",
    "os.{chown,lchown,mkfifo,mknod,fwalk,getuid,killpg,sync,statvfs,pipe2}": "not on Windows",
    "os.{pread,readv,pwrite,writev,sendfile,fdatasync}": "not everywhere",
    "socketserver.UnixStreamServer": "not on Windows",
    "ssl.wrap_socket": "before Python 3.12",
    "configparser.SafeConfigParser": "before Python 3.12",
    "StandardError": "Python 2",
}
#: Arguments that only other versions of a library take, with the reason.
OTHER_VERSIONS = {
    "elasticsearch": "a limit for one request is an argument up to version 7, and a step before it from 8 on"
}

#: Nothing to compare: no such name, no signature, one written in C that is not valid, an object that needs a request.
SILENT = (LookupError, TypeError, ValueError, AttributeError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Stated:
    """One entry of an API file: the name that it is found under, and whether it is called on an instance."""

    name: str
    api: Api
    method: bool


@lru_cache
def words() -> vocabulary.Vocabulary:
    return vocabulary.load((RULES / "vocabulary.yaml").read_text(encoding="utf-8"), "vocabulary.yaml")


@lru_cache
def knowledge(file: str) -> Knowledge:
    return apifile.load((FOLDER / file).read_text(encoding="utf-8"), file, words())


def files() -> list[str]:
    return sorted(path.name for path in FOLDER.glob("*.yaml"))


def is_standard(file: str) -> bool:
    first = next(iter(knowledge(file).modules))
    return first.split(".")[0] in sys.stdlib_module_names


def is_installed(file: str) -> bool:
    first = next(iter(knowledge(file).modules))
    try:
        return find_spec(first) is not None
    except ModuleNotFoundError:
        return False


def entries(known: Knowledge) -> Iterator[Stated]:
    for name, api in known.calls.items():
        yield Stated(name, api, method=False)
    for kind in known.types.values():
        if kind.constructor is not None:
            yield Stated(kind.name, kind.constructor, method=False)
        for name, api in kind.methods.items():
            yield Stated(f"{kind.name}.{name}", api, method=True)


def real(name: str) -> Any:
    """The object under a dotted name. Raises LookupError where there is none."""
    parts = name.split(".") if "." in name else ["builtins", name]
    for size in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:size]))
        except ImportError:
            continue
        for part in parts[size:]:
            if not hasattr(found, part):
                raise LookupError(name)
            found = getattr(found, part)
        return found
    raise LookupError(name)


@lru_cache
def excused() -> frozenset[str]:
    return frozenset(name for pattern in ELSEWHERE for name in apifile.expand(pattern))


def exists(name: str) -> bool:
    try:
        real(name)
    except LookupError:
        return False
    return True


def parameters(stated: Stated) -> list[inspect.Parameter] | None:
    """The parameters of the real thing without its receiver, None where it does not tell them."""
    try:
        found = real(stated.name)
        signature = inspect.signature(found)
    except SILENT:
        return None
    names = list(signature.parameters.values())
    unbound = stated.method and names and names[0].name in ("self", "cls") and not inspect.ismethod(found)
    return names[1:] if unbound else names


def contradictions(stated: Stated) -> Iterator[str]:
    """What an entry says about arguments and defaults that the real signature denies."""
    taken = parameters(stated)
    if taken is None or not taken:
        return
    for limit in (stated.api.deadline, stated.api.bound):
        if limit is not None and (limit.arguments or limit.positions):
            yield from _denied(stated.name, limit, taken)


def _denied(name: str, limit: Deadline | Bound, taken: list[inspect.Parameter]) -> Iterator[str]:
    by_name = {p.name: p for p in taken}
    open_ended = any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in taken)
    given = [by_name[a] for a in limit.arguments if a in by_name]
    if limit.arguments and not given and not open_ended and name.split(".", maxsplit=1)[0] not in OTHER_VERSIONS:
        yield f"{name} takes no {' or '.join(limit.arguments)}, but {', '.join(by_name)}"
    if limit.arguments and not open_ended:
        for position in limit.positions:
            if position >= len(taken) or taken[position].name not in limit.arguments:
                yield f"{name}: argument {position} is not {' or '.join(limit.arguments)}"
    for parameter in given[:1]:
        yield from _other_default(name, limit, parameter)


def _other_default(name: str, limit: Deadline | Bound, parameter: inspect.Parameter) -> Iterator[str]:
    real_default = parameter.default
    if isinstance(real_default, bool) or not isinstance(real_default, int | float):
        return
    said = limit.default.seconds if isinstance(limit.default, Duration) else limit.default
    scale = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}[limit.unit] if isinstance(limit, Deadline) else 1
    unlimited = (real_default <= 0 or real_default == float("inf")) and said == "none"
    if said != "unknown" and not unlimited and said != pytest.approx(real_default * scale):
        yield f"{name}: {parameter.name} is {real_default} by default, not {said}"


@pytest.mark.parametrize("file", files())
def test_api_file_is_read_and_says_something(file: str) -> None:
    known = knowledge(file)
    assert known.calls or known.patterns or known.types


@pytest.mark.parametrize("file", [file for file in files() if is_installed(file)])
def test_api_file_agrees_with_the_library_about_limits(file: str) -> None:
    assert [problem for stated in entries(knowledge(file)) for problem in contradictions(stated)] == []


@pytest.mark.parametrize("file", [file for file in files() if is_standard(file)])
def test_api_file_names_what_the_standard_library_has(file: str) -> None:
    known = knowledge(file)
    missing = [name for name in (*known.calls, *known.types) if not exists(name)]
    assert [name for name in missing if name not in excused()] == []


@pytest.mark.parametrize("file", [file for file in files() if is_standard(file)])
def test_api_file_names_methods_that_a_type_of_the_file_has(file: str) -> None:
    types = knowledge(file).types
    classes = {name: found for name in types if exists(name) and inspect.isclass(found := real(name))}
    stated = {method: f"{name}.{method}" for name in classes for method in types[name].methods}
    missing = [name for method, name in stated.items() if not any(hasattr(c, method) for c in classes.values())]
    assert [name for name in missing if name not in excused()] == []
