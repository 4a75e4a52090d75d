"""Replacing: state on disk that is emptied before it is written anew, and places that say "done" before they are filled.

A crash, a full disk or a second process in between leaves half of it behind, and the next start takes that for the truth.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

from ..model import Fact, Value
from .calls import argument, receiver
from .conventions import is_test_code, words
from .reading import Reading

_SPACE: Final = re.compile(r"\s+")
_PASSING: Final = frozenset(
    "tmp temp temporary log logs report out output pid lock cache debug dump trace socket test example "  # noqa: SIM905 - a list of words reads better as text
    "generated".split()
)
_FILLS: Final = ("archive.extract", "file.write", "process.run", "http.request", "storage.read", "stream.read-all")


def derive(reading: Reading) -> None:
    """Add a `replacing` fact for each truncating write of a file that is read back elsewhere, and for each early marker."""
    if is_test_code(reading):
        return
    writes, reads = [], defaultdict(list)
    for call in reading.facts.of("call"):
        if truncates(reading, call):
            writes.append(call)
        elif call.roles & {"file.open", "file.read"}:
            reads[_path(reading, call)].append(call)
        if "file.make" in call.roles:
            _marker(reading, call)
    for call in writes:
        path = _path(reading, call)
        if path:
            _state(reading, call, path, reads.get(path, []))


def truncates(reading: Reading, call: Fact) -> bool:
    """True when a call empties an existing file before it writes."""
    api = call.get("api")
    how = api.fields.get("truncates") if api is not None else None
    if how == "mode":
        mode = argument(call, ("mode",), (0,) if receiver(call) is not None and receiver_is_path(call) else (1,))
        return mode is not None and isinstance(mode.constant, str) and mode.constant.startswith("w")
    if how == "flags":
        return "O_TRUNC" in reading.facts.text(call)
    if how == "unless-append":
        text = reading.facts.text(call)
        second = argument(call, (), (1,))
        return not (
            "APPEND" in text
            or "CREATE_NEW" in text
            or (
                second is not None
                and second.constant is not False
                and call.get("constructor")
                and second.form in ("constant", "name")
            )
        )
    return how == "always"


def receiver_is_path(call: Fact) -> bool:
    """A method of the path itself (`path.open("w")`)."""
    return bool(call.get("receiver"))


def _target(call: Fact) -> Value | None:
    return receiver(call) if receiver_is_path(call) else argument(call, ("file", "path", "name"), (0,))


def _path(reading: Reading, call: Fact) -> str:
    value = _target(call)
    return _SPACE.sub("", reading.facts.text(value)) if value is not None else ""


def _state(reading: Reading, call: Fact, path: str, reads: list[Fact]) -> None:
    function = reading.facts.function(call)
    value = _target(call)
    if (
        function is None
        or value is None
        or value.form == "constant"
        or _PASSING & set(words(path))
        or call.get("use") == "returned"
        or _first_time(reading, call)
    ):
        return
    near = [r for r in reads if _same_everywhere(reading, value, call, r)]
    if not near:
        return
    renamed = any("file.rename" in c.roles for c in reading.facts.within(function, "call", closures=True))
    reading.facts.derive(
        "replacing",
        call,
        style="state",
        atomic=renamed,
        callee=call.get("callee"),
        path=path,
        evidence=(("read back here", near[0].id),),
    )


def _first_time(reading: Reading, call: Fact) -> bool:
    """Made only where there was nothing before."""
    for above in reading.facts.ancestors(call):
        if above.kind == "function":
            return False
        condition: Value | None = above.get("condition") if above.kind == "branch" else None
        if condition is not None and "exist" in reading.facts.text(condition).lower():
            return True
    return False


def _same_everywhere(reading: Reading, value: Value, call: Fact, other: Fact) -> bool:
    """The same words mean the same file in both functions: a field of one class, or a name of the file's own."""
    if reading.facts.class_of(call) is not reading.facts.class_of(other) and reading.language.errors != "values":
        return False
    root = value.path.split(".", 1)[0].removesuffix("()")
    if reading.names.self_type(root, call):
        return bool(reading.names.self_type(root, other))
    local = any(
        root in reading.names.scopes[f.id]
        for at in (call, other)
        for f in reading.facts.functions(at)
        if f.id in reading.names.scopes
    )
    return bool(root) and not local and bool(reading.names.bindings(root, call))


def _marker(reading: Reading, call: Fact) -> None:
    """A folder whose existence ends the function early is made, and filled afterwards."""
    function, value = reading.facts.function(call), _target(call)
    if function is None or value is None or value.form not in ("name", "member"):
        return
    if {"mkdir", "mkdirs", "makedirs"} & set(words(str(function.get("name", "")))[:1]):
        return  # the folder is all that it is for
    test = next(
        (
            c
            for c in reading.facts.within(function, "call")
            if c.id < call.id and "path.exists" in c.roles and _tests(c, value.path)
        ),
        None,
    )
    if test is None or not _leaves_early(reading, test):
        return
    later = [c for c in reading.facts.within(function, "call") if c.id > reading.facts.ends(call)]
    fills = [c for c in later if _fills(reading, c, value.path)]
    if not fills:
        return
    renamed = any("file.rename" in c.roles for c in later)
    reading.facts.derive(
        "replacing",
        call,
        style="marker",
        atomic=renamed,
        callee=call.get("callee"),
        path=value.path,
        evidence=(("taken for done here", test.id), ("filled here", fills[0].id)),
    )


def _tests(call: Fact, path: str) -> bool:
    value = _target(call)
    return value is not None and value.path == path


def _leaves_early(reading: Reading, test: Fact) -> bool:
    """The branch that asks whether it exists returns when it does."""
    branch = reading.facts.enclosing(test, "branch")
    if branch is None:  # _, err := os.Stat(path); if err == nil { return }
        siblings = [
            c
            for c in reading.facts.children(reading.facts.all[reading.facts.all[test.parent].parent])
            if c.kind == "branch" and c.id > test.id
        ]
        branch = siblings[0] if siblings and test.get("use") == "assigned" else None
    condition: Value | None = branch.get("condition") if branch is not None else None
    if branch is None or condition is None:
        return False
    positive = condition.form in ("call", "await") or (
        condition.form == "operation" and condition.operator == "==" and condition.parts[-1].constant is None
    )
    then = next((c for c in reading.facts.children(branch) if c.kind == "block" and c.get("arm") == "then"), None)
    return positive and then is not None and any(c.kind == "return" for c in reading.facts.children(then))


def _fills(reading: Reading, call: Fact, path: str) -> bool:
    """A call that puts something into the folder: it is given the path, and is known to write or not known at all."""
    given = any(m.fact is call and m.how == "argument" for m in reading.mentions.of(path, reading.facts.function(call)))
    inner = any(
        a.value.form == "call"
        and any(g.value.path == path for g in reading.facts.all[a.value.call].get("arguments", ()))
        for a in call.get("arguments", ())
        if a.value.call >= 0
    )
    if not (given or inner) or call.roles & {
        "log",
        "log.error",
        "file.make",
        "file.remove",
        "path.exists",
        "file.read",
    }:
        return False
    return bool(call.roles & set(_FILLS)) or (
        call.get("api") is None
        and call.get("use") in ("dropped", "assigned", "condition", "returned")
        and not call.get("constructor")
        and words(call.get("callee").path.rsplit(".", 1)[-1])[:1] not in (("str",), ("chmod",), ("len",), ("chown",))
    )
