"""`mainstay review URL`: one pull request on GitHub, reviewed by hand with a plain token."""

from __future__ import annotations

import os
import re
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from msgspec import Struct

from ..kit import prepare
from ..markers import Markers
from ..model import Review
from ..render.words import plural
from . import output, settings
from .judging import judging

if TYPE_CHECKING:
    from .pulls import Posted

_ADDRESS: Final = re.compile(r"(?P<host>https?://[^/]+)/(?P<repository>[^/]+/[^/]+)/pull/(?P<number>\d+)(?:[/?#].*)?")
_TOKEN: Final = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
_URL: Final = "MAINSTAY_GITHUB_URL"


class Asked(Struct, frozen=True):
    """A pull request, by its address: the interface to ask, OWNER/NAME and number."""

    interface: str
    repository: str
    number: int


@click.command("review")
@click.argument("url")
@click.option("--post", is_flag=True, help="Write the review to the pull request; without it, it is only shown.")
@output.FORMAT
@output.OUTPUT
@output.FAIL_ON
@output.STRICT
def command(*, url: str, post: bool, form: str, output_: Path | None, fail_on: str | None, strict: bool) -> int:
    """Review the pull request at URL, with the token in GITHUB_TOKEN.

    MAINSTAY_GITHUB_URL names the interface where it is not the usual one of the address's host.
    """
    asked = parse(url, os.environ.get(_URL, ""))
    token = os.environ.get(_TOKEN, "")
    if not token:
        raise click.UsageError(
            f"Set {_TOKEN} to a token that may read the repository (with --post: write pull requests)."
        )
    result, said = run(asked, token, post=post)
    output.show(result, form, output_)
    if said:
        click.echo(said, err=True)
    return output.code(result, fail_on, strict=strict)


def parse(url: str, interface: str = "") -> Asked:
    """The pull request that an address names. Raises UsageError."""
    match = _ADDRESS.fullmatch(url)
    if match is None:
        raise click.UsageError(f"{url!r} is not the address of a pull request (https://HOST/OWNER/NAME/pull/NUMBER).")
    host = match["host"]
    usual = "https://api.github.com" if host == "https://github.com" else f"{host}/api/v3"
    return Asked(interface.rstrip("/") or usual, match["repository"], int(match["number"]))


def run(asked: Asked, token: str, *, post: bool) -> tuple[Review, str]:
    """Read the pull request, review it and, with `post`, write the review; the review, and what was done. Raises GitHubError."""
    try:
        from ..adapters import github
    except ModuleNotFoundError as missing:
        raise click.UsageError("Install what talks to GitHub: pip install 'mainstay-review[server]'.") from missing
    from . import fetching, pulls

    network = settings.network(settings.told(os.environ))
    client = github.connect(asked.interface, token, network)
    pull = github.read_pull(client, asked.repository, asked.number)
    markers = Markers(pull.home, pull.number)
    with tempfile.TemporaryDirectory() as folder:
        change = fetching.change(client, pull, fetching.Reach(asked.interface, network, Path(folder)))
    sources = github.BaseSources(client, pull)
    kit = prepare(sources, default=partial(github.owners_default, client, pull.repository))
    made = pulls.make(pull, change, kit, markers, judging(kit.engine))
    return made.review, _told(pulls.write(client, github.own_account(client), made)) if post else ""


def _told(posted: Posted) -> str:
    """What was written, in one line for the person who asked."""
    parts = [f"{plural(len(posted.written), 'comment')} written"]
    if posted.beside.there:
        parts.append(f"{len(posted.beside.there)} there before")
    if posted.on_files.written:
        parts.append(f"{len(posted.on_files.written)} of them on a file")
    if posted.on_files.refused:
        parts.append(f"{len(posted.on_files.refused)} refused and put into the summary")
    if posted.answered.fixed:
        parts.append(f"{len(posted.answered.fixed)} fixed since they were told")
    return f"{', '.join(parts)}; summed up at {posted.summary.address}"
