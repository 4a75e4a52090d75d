"""`mainstay hook install|uninstall|status`: the pre-push hook, and what it calls."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from ..adapters.git import pushes
from ..adapters.git.repository import open_repository
from ..adapters.hook import HookError, HookState, install, status, uninstall
from ..model import ChangeSet, Review
from ..resources import installation
from . import push

_SECONDS = 20.0
_REPO = click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    help="The repository (default: here).",
)


@click.group("hook")
def command() -> None:
    """Install, remove and run the pre-push hook, which reviews what you push before it leaves."""


@command.command("install")
@_REPO
def install_hook(repo: Path) -> int:
    """Install the hook where git looks for it; a hook that is there is kept and runs first."""
    return _tell(install, repo)


@command.command("uninstall")
@_REPO
def uninstall_hook(repo: Path) -> int:
    """Remove the hook; what was there before stands again as it was."""
    return _tell(uninstall, repo)


@command.command("status")
@_REPO
def hook_status(repo: Path) -> int:
    """Say what stands where git looks for the hook."""
    return _tell(status, repo)


def _tell(act: Callable[[Path, str], HookState], repo: Path) -> int:
    repository = open_repository(repo, _SECONDS)
    try:
        state = act(pushes.git_path(repository, "hooks"), sys.executable)
    except HookError as trouble:
        click.echo(f"mainstay: {trouble}", err=True)
        return 3
    click.echo("\n".join(state.sentences))
    return 0


@command.command("run", hidden=True)
@click.argument("remote", default="origin")
@click.argument("_url", metavar="URL", default="")
@click.option(
    "--budget",
    type=float,
    default=push.BUDGET,
    show_default=True,
    help="Seconds after which the push goes on with what was judged.",
)
def run_hook(remote: str, _url: str, budget: float) -> int:
    """What the hook calls, with git's list of refs on standard input."""
    budget = float(os.environ.get("MAINSTAY_HOOK_BUDGET", budget))
    folder = pushes.pushed_from(Path.cwd())
    return push.run(sys.stdin.read(), push.Push(folder, remote, installation(), budget=budget))


@command.command("work", hidden=True)
def work_for_hook() -> None:
    """The hook's child: judges ranges, one a line."""
    # Only the child needs the engine: an answer that is remembered comes without it.
    from ..render import render

    push.work(sys.stdin, sys.stdout, _judge, lambda result: render("terminal", result))


def _judge(change: ChangeSet, back: float) -> Review:
    from ..service import Options, review
    from .judging import judging
    from .trusted import kit_for

    options = Options(
        dt.datetime.now(tz=dt.UTC).date().isoformat(),
        time.monotonic,
        expired=lambda: time.monotonic() > back,
        fixes=False,
        request={"command": "hook"},
    )
    kit = kit_for(Path.cwd(), None, change, None)
    return review(change, kit, options, judging(kit.engine, seconds=max(back - time.monotonic(), 0.1)))
