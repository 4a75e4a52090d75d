"""`mainstay jobs`: what waits, runs, was done or is dead, and what a person may do about it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
import msgspec

from .settings import database, told

if TYPE_CHECKING:
    from ..adapters.jobs import Desk, Kept

_STATES = ("waiting", "running", "done", "dead", "dropped")


@click.group("jobs")
def command() -> None:
    """The server's jobs, in the database that DATABASE_URL (or MAINSTAY_DATA) names."""


@command.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only these.")
@click.option("--most", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, state: Any, most: int, as_json: bool) -> int:
    """List jobs, the newest first."""
    jobs = _desk().all(state, most)
    for line in _as_json(jobs) if as_json else _as_text(jobs):
        click.echo(line)
    if not jobs and not as_json:
        click.echo(f"no job{f' is {state}' if state else ''}")
    return 0


@command.command("show")
@click.argument("name")
def show(*, name: str) -> int:
    """Show one job: what it was given, what its steps came to, and its error."""
    desk = _desk()
    kept = desk.show(name)
    if kept is None:
        raise click.UsageError(f"There is no job {name}; `mainstay jobs list` shows those that there are.")
    click.echo(f"{kept.id}\n  {kept.state}, made {_time(kept.made)}, changed {_time(kept.changed)}")
    if kept.error:
        click.echo(f"  error: {kept.error}")
    for key, value in kept.job.items():
        click.echo(f"  {key}: {msgspec.json.encode(value).decode()}")
    for step, answer in desk.steps(name):
        click.echo(f"  step {step}: {answer}")
    return 0


@command.command("retry")
@click.argument("names", nargs=-1, required=True)
def retry(*, names: tuple[str, ...]) -> int:
    """Do dead or dropped jobs again."""
    desk = _desk()
    for name in names:
        click.echo(f"{name}: kept again as {desk.retry(name)}")
    return 0


@command.command("drop")
@click.argument("names", nargs=-1, required=True)
def drop(*, names: tuple[str, ...]) -> int:
    """Give up jobs that wait or run, and forget those that have ended."""
    desk = _desk()
    for name in names:
        desk.drop(name)
        click.echo(f"{name}: dropped")
    return 0


def _desk() -> Desk:
    try:
        from ..adapters.jobs import Desk
    except ModuleNotFoundError as missing:
        raise click.UsageError("Install what the server needs: pip install 'mainstay-review[server]'.") from missing
    return Desk(database(told(os.environ)))


def _as_text(jobs: Iterable[Kept]) -> Iterable[str]:
    for kept in jobs:
        yield f"{kept.state:8} {_time(kept.changed)}  {kept.id}{f'  {kept.error}' if kept.error else ''}"


def _as_json(jobs: Iterable[Kept]) -> Iterable[str]:
    for kept in jobs:
        yield msgspec.json.encode(kept).decode()


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
