"""Which settings judge a change: those of the before side at every door, and what to say when there are none."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from ..adapters.folder import FolderSources
from ..adapters.git.sources import CommitSources
from ..config import MISNAMED, NAMES
from ..kit import Kit, prepare
from ..model import ChangeSet
from ..ports import Sources

_OWN = ".mainstay"


def kit_for(repository: Path, top: Path | None, change: ChangeSet, config_file: Path | None) -> Kit:
    """The kit that judges a change.

    Settings come from the merge base. Where that has no configuration at all, the working tree's (`top`), else the
    head's, are used and the review says so, so that adopting one can be tried. Raises Mistake.
    """
    usual = (*NAMES, *MISNAMED, _OWN)
    sources: Sources = CommitSources(repository, change.merge_base, usual)
    said: list[str] = []
    if config_file is None and not _has_any(sources):
        other: Sources = (
            FolderSources(top, "the working tree") if top is not None else CommitSources(repository, change.head, usual)
        )
        if _has_any(other):
            sources = other
            said.append(f"the before side has no configuration: {other.origin} was used, which a server never does")
    kit = prepare(sources, given=given(config_file))
    said += _altered(change, kit)
    return replace(kit, problems=(*said, *kit.problems))


def given(config_file: Path | None) -> tuple[str, str] | None:
    """The name and the text of a configuration that the command line names. What is no UTF-8 is refused when read."""
    if config_file is None:
        return None
    return config_file.as_posix(), config_file.read_text(encoding="utf-8", errors="surrogateescape")


def _has_any(sources: Sources) -> bool:
    return any(sources.text(name) is not None for name in NAMES) or bool(sources.folder(_OWN))


def _altered(change: ChangeSet, kit: Kit) -> list[str]:
    """Say so when the change alters what it is judged by."""
    own = (*NAMES, f"{kit.config.rules_folder}/", f"{kit.config.apis_folder}/")
    touched = [f.path for f in change.files if f.path in own or f.path.startswith(own)]
    if not touched or not change.merge_base:
        return []
    return [f"this change alters {', '.join(touched)}; it was judged by what stood there before"]
