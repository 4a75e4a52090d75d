"""`mainstay doctor`: whether the server's settings are such that it can work, one line each, with what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from msgspec import Struct

from ..ports import Trouble
from .settings import read

if TYPE_CHECKING:
    from ..adapters.github import AppSeen

#: What the App has to be allowed, and what is lost without it.
_PERMISSIONS: Final = (
    ("metadata", "read", "GitHub gives it to every App."),
    ("contents", "read", "Without it neither side of a change can be read."),
    ("pull_requests", "write", "Without it nothing is written into a pull request."),
    ("checks", "write", "Without it no check can stand on a head, and reviews fail."),
)
_EVENTS: Final = (
    ("pull_request", "Without it the App hears of no pull request."),
    ("check_run", "Without it the button of the check does nothing."),
)
_RANKS: Final = ("read", "write", "admin")


class Said(Struct, frozen=True):
    """One thing that was looked at; `remedy` is empty where it is well."""

    what: str
    remedy: str = ""


@click.command("doctor")
def command() -> int:
    """Look at every setting of the GitHub App's server, at its key, its permissions and what it reaches, and say what to do."""
    found = list(examine())
    for said in found:
        click.echo(f"{'no ' if said.remedy else 'ok '} {said.what}")
        if said.remedy:
            click.echo(f"    {said.remedy}")
    ill = sum(bool(said.remedy) for said in found)
    click.echo(f"{len(found) - ill} of {len(found)} well")
    return 1 if ill else 0


def examine() -> Iterator[Said]:
    """What was looked at, as far as the settings allow."""
    try:
        settings = read(os.environ)
    except Trouble as trouble:
        yield Said(trouble.title, trouble.remedy)
        return
    yield Said("the settings are complete")
    yield _folder(settings.data)
    try:
        from ..adapters import github

        app = github.seen(settings.github_url, settings.app_id, settings.private_key)
    except ModuleNotFoundError:
        yield Said("what talks to GitHub is not installed", "pip install 'mainstay-review[server]'")
        return
    except Trouble as trouble:
        yield Said(
            f"the App's key at {settings.github_url}: {trouble.title}",
            f"{trouble.remedy} Look at MAINSTAY_APP_ID, too.",
        )
        return
    yield Said(f"the App is {app.slug}, and its key is good")
    yield from _rights(app)


def _folder(data: Path) -> Said:
    """Whether the data folder can be written by us, and read by nobody else."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as trouble:
        return Said(f"the data folder cannot be made ({trouble.strerror})", "Name another one in MAINSTAY_DATA.")
    if not os.access(data, os.W_OK | os.X_OK):
        return Said("the data folder cannot be written", "Give it to the user who runs the server.")
    if data.stat().st_mode & 0o077:
        return Said("others may look into the data folder", f"chmod 700 {data}")
    return Said("the data folder is there, for its owner alone")


def _rights(app: AppSeen) -> Iterator[Said]:
    """Permissions and events that the App has, and those that it lacks."""
    for name, wanted, lost in _PERMISSIONS:
        given = app.permissions.get(name, "")
        enough = given in _RANKS and _RANKS.index(given) >= _RANKS.index(wanted)
        remedy = "" if enough else f"Give the App {name}: {wanted} on its page. {lost}"
        yield Said(f"permission {name}: {given or 'none'}", remedy)
    for name, lost in _EVENTS:
        told = name in app.events
        yield Said(
            f"event {name}{'' if told else ': not told'}",
            "" if told else f"Subscribe the App to it on its page. {lost}",
        )
