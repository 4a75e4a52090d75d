"""The pre-push hook as a file (installed, removed, described), and what it remembers.

git finds hooks in one folder (`git rev-parse --git-path hooks`), which the caller names. A hook that is there already
is kept as `pre-push.before-mainstay` and called first, with the same input.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict

_MARK: Final = "# mainstay:pre-push"
_NAME: Final = "pre-push"
_BEFORE: Final = "pre-push.before-mainstay"

# The hook that was there first runs as itself, but for scripts of the plain shell: those are read in, so that `$0` is
# still `.../pre-push`, by which Husky (`.husky/_/h`) finds what to run.
# Exit status 1 stops a push. Python ends with 1, too, when it cannot even import us: that is our fault, not a finding.
_SCRIPT: Final = """\
#!/bin/sh
{mark}: written by `mainstay hook install`, removed by `mainstay hook uninstall`.
# It judges what is pushed. A fault of its own never stops a push: it says so and lets it through.
python={python}
before="${{0%/*}}/{before}"

refs=$(cat; printf x)
refs=${{refs%x}}

run_before() {{
    case $(head -n 1 "$before") in
        '#!/bin/sh' | '#!/usr/bin/env sh') (. "$before") ;;
        *) "$before" "$@" ;;
    esac
}}

if [ -f "$before" ] && [ -x "$before" ]; then
    printf '%s' "$refs" | run_before "$@" || exit
fi

if ! [ -x "$python" ]; then
    echo "mainstay: not reviewed: $python is gone. This push goes through." >&2
    echo "mainstay: to mend it: mainstay hook install; to be rid of it: delete $0" >&2
    exit 0
fi

printf '%s' "$refs" | "$python" -P -m bot hook run "$@"
status=$?
if [ "$status" -eq 1 ] && "$python" -P -c 'import bot.entry.cli' 2>/dev/null; then
    exit 1
fi
if [ "$status" -ne 0 ]; then
    echo "mainstay: not reviewed: it ended with status $status. This push goes through." >&2
fi
exit 0
"""


class HookError(Exception):
    """The hook cannot be put in place: what is the matter (`title`), and what to do (`remedy`)."""

    def __init__(self, title: str, remedy: str) -> None:
        super().__init__(f"{title}\n{remedy}")
        self.title, self.remedy = title, remedy


class HookState(Struct, frozen=True):
    """What stands in a hooks folder.

    `file` is where our hook is, None where it is not. `current` is False when another version or another Python wrote
    it. `before` is the hook that it calls first. `other` is a pre-push hook that is not ours and stands where git
    looks: with `file` it is one that took our place and may call ours, as pre-commit does.
    """

    hooks: Path
    file: Path | None
    current: bool
    before: Path | None
    other: Path | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The state in words, one sentence a line."""
        said = [self._where()]
        if self.file and self.other:
            said.append(f"{self.other} was put in its place since: look there whether it still calls ours.")
        if self.file and not self.current:
            said.append("It was written by another version or for another Python: `mainstay hook install` renews it.")
        if self.before:
            said.append(f"The hook that was there before is {self.before} and runs first.")
        if not (self.hooks.parent / "HEAD").is_file():
            said.append(f"{self.hooks} is what core.hooksPath names: it may serve other repositories or be committed.")
        return tuple(said)

    def _where(self) -> str:
        if self.file:
            return f"The pre-push hook is installed: {self.file}."
        if self.other:
            return f"The pre-push hook is not installed; there is another one: {self.other}."
        return f"The pre-push hook is not installed in {self.hooks}."


def status(hooks: Path, python: str) -> HookState:
    """What stands in the hooks folder; `python` is the interpreter that our hook should call."""
    place, before = hooks / _NAME, hooks / _BEFORE
    ours = next((file for file in (place, *sorted(hooks.glob(f"{_NAME}.*"))) if _is_ours(file)), None)
    return HookState(
        hooks=hooks,
        file=ours,
        current=ours is not None and ours.read_bytes() == _script(python),
        before=before if ours and os.path.lexists(before) else None,
        other=place if ours != place and os.path.lexists(place) else None,
    )


def install(hooks: Path, python: str) -> HookState:
    """Put our hook where git looks, or renew it; a hook that is there is kept and called first.

    Raises HookError when there are two of them that are not ours, or the folder cannot be written.
    """
    place, before = hooks / _NAME, hooks / _BEFORE
    try:
        hooks.mkdir(parents=True, exist_ok=True)
        new = hooks / f"{_NAME}.new-mainstay"
        new.write_bytes(_script(python))
        new.chmod(0o755)
        if os.path.lexists(place) and not _is_ours(place):
            _put_aside(place, before, new)
        new.replace(place)
    except OSError as trouble:
        raise HookError(f"{hooks} cannot be written: {trouble.strerror}", "See who owns it.") from trouble
    return status(hooks, python)


def uninstall(hooks: Path, python: str) -> HookState:
    """Remove our hook; the one that was there before it stands again as it was. Nothing happens where ours is not.

    Raises HookError when the folder cannot be written.
    """
    state = status(hooks, python)
    try:
        if state.file and state.before:
            state.before.replace(state.file)
        elif state.file:
            state.file.unlink()
    except OSError as trouble:
        raise HookError(f"{hooks} cannot be written: {trouble.strerror}", "See who owns it.") from trouble
    return status(hooks, python)


def _put_aside(place: Path, before: Path, new: Path) -> None:
    if not os.path.lexists(before):
        place.rename(before)
    elif not before.is_file() or not place.is_file() or before.read_bytes() != place.read_bytes():
        new.unlink()
        raise HookError(
            f"{place} and {before} are two different hooks, and neither is ours",
            f"Keep the one that should run before Mainstay as {place} and delete {before}.",
        )


def _is_ours(file: Path) -> bool:
    try:
        return file.read_bytes().split(b"\n", 2)[1].startswith(_MARK.encode())
    except (OSError, IndexError):
        return False


def _script(python: str) -> bytes:
    return _SCRIPT.format(mark=_MARK, python=shlex.quote(python), before=_BEFORE).encode()


# --- what was judged before --------------------------------------------------------------------------------

_MOST_ANSWERS: Final = 200
_LARGEST_ANSWER: Final = 200_000  # characters


class Answer(Struct, frozen=True):
    """What was said about one range: the verdict, whether it stops a push, and the review as it was shown."""

    verdict: str
    stops: bool
    text: str


class Memory(Struct, frozen=True):
    """Answers by key, as small files that only their owner may read: they quote code. The oldest make room."""

    folder: Path

    def recall(self, key: str) -> Answer | None:
        """The answer under a key, None where there is none or it cannot be read."""
        try:
            answer = Answer(**json.loads(self._file(key).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return answer

    def keep(self, key: str, answer: Answer) -> None:
        """Remember an answer, unless it is very long. Raises OSError."""
        if len(answer.text) > _LARGEST_ANSWER:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        new = self.folder / f"{key}.{os.getpid()}.new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes no mode
            json.dump(asdict(answer), file)
        new.replace(self._file(key))
        self._forget()

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _forget(self) -> None:
        files = sorted(self.folder.iterdir(), key=_age, reverse=True)
        for file in files[_MOST_ANSWERS:]:
            file.unlink(missing_ok=True)


def _age(file: Path) -> float:
    try:
        return file.stat(follow_symlinks=False)[stat.ST_MTIME]
    except OSError:  # another push has just removed it
        return 0.0
