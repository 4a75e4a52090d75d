"""Patch text -> FileChanges.

The format is told in https://git-scm.com/docs/diff-format and
https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field

from ..model import FileChange, Hunk, Status
from .hunks import as_hunk
from .refusal import PatchError

#: A file with more lines is larger than what is read elsewhere; filling it up with blank lines would be costly.
MAX_LINE: Final = 1_000_000

_HUNK: Final = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE: Final = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPED: Final = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_EXTENDED: Final = re.compile(
    r"((?:old|new|deleted file|new file) mode|(?:copy|rename) (?:from|to)|(?:dis)?similarity index|index) (.+)"
)
_PREFIX: Final = re.compile(r"[ab12iwco]/")  # `a/` and `b/`, or those of diff.mnemonicPrefix
_NOT_TEXT: Final = {"160000": "submodule", "120000": "symbolic link"}
_ABSENT: Final = "/dev/null"


class _File(Struct):
    """What has been read of one file's patch: its names without prefixes, None for a side that does not exist."""

    line: int
    old: str | None
    new: str | None
    status: Status = "modified"
    passed_over: str = ""
    before: dict[int, str] = field(default_factory=dict)
    after: dict[int, str] = field(default_factory=dict)
    hunks: list[Hunk] = field(default_factory=list)

    @property
    def path(self) -> str:
        return (self.old if self.new is None else self.new) or ""


def parse_patch(text: str) -> tuple[FileChange, ...]:
    """The files of a bare patch, as `git diff`, `git format-patch` or `diff -u` print it, in its order.

    Lines that the patch does not show are blank, and then `complete` is False: a new or deleted file is shown whole.
    A copy has no text before, and its hunks are those against the file that it was copied from.
    Raises PatchError for a text without a patch, a hunk whose counts lie, and a file that is patched twice.
    """
    files: dict[tuple[str, bool], _File] = {}
    for file in _Reader(text).files():
        if not file.path:
            raise PatchError("A file of this patch has no name", file.line)
        # A file that turns into a link is deleted and then added; anything else is a series of patches.
        if files.setdefault((file.path, file.status == "deleted"), file) is not file:
            raise PatchError(f"{file.path} is patched twice", file.line)
    if not files and text.strip():
        raise PatchError("There is no patch in this text", 1, "Give it what `git diff` or `diff -u` prints.")
    return tuple(map(_change, files.values()))


def _change(file: _File) -> FileChange:
    has_before = not file.passed_over and file.status not in ("added", "copied")
    has_after = not file.passed_over and file.status != "deleted"
    return FileChange(
        path=file.path,
        old_path=file.old if file.status in ("renamed", "copied") else None,
        status=file.status,
        before=_text(file.before) if has_before else None,
        after=_text(file.after) if has_after else None,
        hunks=() if file.passed_over else tuple(file.hunks),
        complete=file.status in ("added", "deleted"),
        passed_over=file.passed_over,
    )


def _text(known: dict[int, str]) -> str:
    return "".join(known.get(line, "\n") for line in range(1, max(known, default=0) + 1))


class _Reader:
    """Reads a patch line by line. Hunks are counted out, so a removed `-- x` is never taken for a header."""

    def __init__(self, text: str) -> None:
        header = re.search(r"^(?:diff --git|---) .*", text, re.MULTILINE)
        if header and header[0].endswith("\r"):  # not the files have such line ends, the patch has
            text = text.replace("\r\n", "\n")
        self._lines = text.removesuffix("\n").split("\n")
        self._at = 0

    @property
    def _line(self) -> str:
        return self._lines[self._at] if self._at < len(self._lines) else ""

    def files(self) -> Iterator[_File]:
        while self._at < len(self._lines):
            line = self._line
            if line.startswith("diff --git "):
                yield self._git(line.removeprefix("diff --git "))
            elif line.startswith(("diff --cc ", "diff --combined ")):
                name = _name(line.split(" ", 2)[2])
                self._at += 1
                yield _File(self._at, name, name, passed_over="combined diff of a merge")
            elif self._at_names():
                file = _File(self._at + 1, "", "")
                self._names(file)
                self._hunks(file)
                yield file
            else:
                self._at += 1

    def _git(self, names: str) -> _File:
        file = _File(self._at + 1, *_header_names(names))
        self._at += 1
        while extended := _EXTENDED.fullmatch(self._line):
            _extend(file, extended[1], extended[2])
            self._at += 1
        if self._line.startswith(("Binary files ", "GIT binary patch")):
            file.passed_over = file.passed_over or "binary"
            self._at += 1
        elif self._at_names():
            self._names(file)
            self._hunks(file)
        return file

    def _at_names(self) -> bool:
        following = self._lines[self._at + 1 : self._at + 3]
        return (
            self._line.startswith("--- ")
            and len(following) == 2
            and following[0].startswith("+++ ")
            and following[1].startswith("@@ -")
        )

    def _names(self, file: _File) -> None:
        """Read `--- OLD` and `+++ NEW`; the names in git's own header, where it has them, hold."""
        old, new = (_name(line[4:]) for line in self._lines[self._at : self._at + 2])
        self._at += 2
        if not file.path:
            file.old, file.new = _without_prefixes(old, new)
        if old == _ABSENT:
            file.status, file.old = "added", None
        elif new == _ABSENT:
            file.status, file.new = "deleted", None

    def _hunks(self, file: _File) -> None:
        while header := _HUNK.match(self._line):
            self._at += 1
            self._hunk(file, [int(number or 1) for number in header.groups()])
        if self._line.startswith(("+", "-")) and self._line.strip() != "--" and not self._at_names():
            raise PatchError("The hunk goes on after the lines that its header counts", self._at + 1)

    def _hunk(self, file: _File, numbers: list[int]) -> None:
        old, old_count, new, new_count = numbers
        old, new = old + (not old_count), new + (not new_count)  # a side without lines names the line before
        old_end, new_end = old + old_count, new + new_count
        _check_place(file, old, new, self._at)
        if max(old_end, new_end) > MAX_LINE:
            file.passed_over = "too large"
        start = old, new
        while old < old_end or new < new_end or self._line.startswith("\\"):
            sign, content = self._signed()
            if sign == "\\":
                _cut_line_feed(file, self._lines[self._at - 2][:1], old - 1, new - 1)
            if sign in " -":
                file.before[old] = content
                old += 1
            if sign in " +":
                file.after[new] = content
                new += 1
            if sign == " ":
                _close(file, start, (old - 1, new - 1))
                start = old, new
        if old > old_end or new > new_end:
            raise PatchError("The hunk has other lines than its header counts", self._at)
        _close(file, start, (old, new))

    def _signed(self) -> tuple[str, str]:
        """The sign and the content of the next line of a hunk."""
        self._at += 1
        if self._at > len(self._lines):
            raise PatchError("The patch ends in the middle of a hunk", self._at - 1)
        line = self._lines[self._at - 1] or " "  # mail programs cut the blank of a blank line
        speaks_of_nothing = line[0] == "\\" and self._lines[self._at - 2].startswith(("@@", "\\"))
        if line[0] not in " -+\\" or speaks_of_nothing:
            raise PatchError("The hunk ends before the lines that its header counts", self._at)
        return line[0], line[1:] + "\n"


def _check_place(file: _File, old: int, new: int, line: int) -> None:
    if old <= next(reversed(file.before), 0) or new <= next(reversed(file.after), 0):
        raise PatchError("The hunks of a file overlap or are out of order", line)


def _close(file: _File, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Note the changed lines between two unchanged ones."""
    if start != end:
        file.hunks.append(as_hunk(start[0] - 1, end[0] - 1, start[1] - 1, end[1] - 1))


def _cut_line_feed(file: _File, sign: str, old: int, new: int) -> None:
    """The marker "No newline at end of file" speaks of the line above it."""
    if sign != "+":
        file.before[old] = file.before[old].removesuffix("\n")
    if sign != "-":
        file.after[new] = file.after[new].removesuffix("\n")


def _extend(file: _File, key: str, value: str) -> None:
    if key.endswith("mode") or key == "index":
        file.passed_over = file.passed_over or _NOT_TEXT.get(value.rpartition(" ")[2], "")
    if key == "new file mode":
        file.status, file.old = "added", None
    elif key == "deleted file mode":
        file.status, file.new = "deleted", None
    elif key in ("rename from", "copy from"):
        file.status, file.old = "renamed" if key == "rename from" else "copied", _name(value)
    elif key in ("rename to", "copy to"):
        file.new = _name(value)


def _header_names(names: str) -> tuple[str, str]:
    """Both names of `diff --git a/x b/x`, or nothing where they differ: then other lines of the header name them."""
    if names.startswith('"'):
        end = re.match(r'"(?:[^"\\]|\\.)*"', names)
        middle = end.end() if end else 0
    elif names.endswith('"'):
        middle = max(names.find(' "'), 0)
    else:
        middle = len(names) // 2
    old, new = _name(names[:middle]), _name(names[middle + 1 :])
    if old == new:
        return old, new
    old, new = old.partition("/")[2], new.partition("/")[2]
    return (old, new) if old == new else ("", "")


def _without_prefixes(old: str, new: str) -> tuple[str, str]:
    named = [name for name in (old, new) if name != _ABSENT]
    if old != new and all(map(_PREFIX.match, named)):
        return old.partition("/")[2], new.partition("/")[2]
    return old, new


def _name(written: str) -> str:
    """A name as git or diff write it: quoted like a C string where it is odd, else up to a tab."""
    if not written.startswith('"'):
        return written.partition("\t")[0]
    inner = written[1:].rpartition('"')[0].encode("utf-8", "surrogateescape")
    return _ESCAPE.sub(_unescaped, inner).decode("utf-8", "backslashreplace")


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8) & 255]) if len(escape[1]) == 3 else _ESCAPED.get(escape[1], escape[1])
