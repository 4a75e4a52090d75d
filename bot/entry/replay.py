"""`mainstay replay MANIFEST`: the same review again, or what differs."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..adapters.git import read_change, worktree_of
from ..model import Review
from ..render import render
from ..service import Options, review
from ..strict import Mistake
from .judging import judging
from .trusted import kit_for

_COMPARED = ("base", "head", "merge_base", "hashes", "files", "rules", "counts", "fingerprints")


@click.command("replay")
@click.argument("manifest", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    help="The repository (default: here).",
)
def command(manifest: Path, repo: Path) -> int:
    """Review again from a review saved with `check --format json` and name every difference."""
    recorded = _recorded(manifest)
    again = json.loads(render("json", _again(recorded, repo)))["manifest"]
    differences = [d for key in _COMPARED for d in compare(key, recorded.get(key), again.get(key))]
    for difference in differences:
        click.echo(difference)
    click.echo(
        f"{len(differences)} differences"
        if differences
        else f"the same review: {len(again['fingerprints'])} findings, nothing differs"
    )
    return 1 if differences else 0


def _recorded(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Mistake(
            "this is not JSON", f"{file.name}", "Save a review with `mainstay check --format json --output FILE`."
        ) from error
    manifest = document.get("manifest", document) if isinstance(document, dict) else {}
    if not isinstance(manifest, dict) or "fingerprints" not in manifest:
        raise Mistake(
            "this holds no manifest", f"{file.name}", "Save a review with `mainstay check --format json --output FILE`."
        )
    return manifest


def _again(recorded: Mapping[str, Any], repo: Path) -> Review:
    request = recorded.get("request", {})
    if request.get("patch") or request.get("command") != "check":
        raise Mistake(
            "only a check of commits or of the working tree can be replayed",
            "",
            "Save one with `mainstay check --format json`.",
        )
    committed = recorded["head"] not in ("worktree", "index")
    change = read_change(
        repo,
        base=recorded["base"] or None,
        head=recorded["head"] if committed else None,
        staged=recorded["head"] == "index",
        paths=request.get("paths", ()),
    )
    with tempfile.TemporaryDirectory() as folder:
        config = _config(request.get("config", ""), Path(folder))
        kit = kit_for(repo, None if committed else worktree_of(repo), change, config)
    return review(change, kit, Options(request["today"], time.monotonic, request=request), judging(kit.engine))


def _config(text: str, folder: Path) -> Path | None:
    if not text:
        return None
    file = folder / "mainstay.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def compare(key: str, recorded: Any, again: Any) -> list[str]:
    """What differs between two values of a manifest, a line each."""
    if isinstance(recorded, Mapping) and isinstance(again, Mapping):
        return [d for k in sorted({*recorded, *again}) for d in compare(f"{key}.{k}", recorded.get(k), again.get(k))]
    if isinstance(recorded, list) and isinstance(again, list):
        gone = [f"{key}: only in the manifest: {_short(x)}" for x in recorded if x not in again]
        return gone + [f"{key}: only now: {_short(x)}" for x in again if x not in recorded]
    return [] if recorded == again else [f"{key}: was {_short(recorded)}, is {_short(again)}"]


def _short(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, Mapping | list) else str(value)
