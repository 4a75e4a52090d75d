"""`mainstay setup`: makes the GitHub App from a manifest, in a browser, and keeps its keys in a file.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import os
import shlex
import threading
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import click
import msgspec
from msgspec import Struct

from ..ports import Network
from . import settings
from .keyfile import KeyFile
from .permissions import EVENTS, OPTIONAL, PERMISSIONS, Need
from .setupflow import Flow, Listener

#: GitHub takes a code for an hour from the button on: nobody has to wait longer.
_SECONDS: Final = 3600
_NOT_DONE: Final = 3
_QUEUES: Final = frozenset({"merge_queues", "merge_group"})
_LONGEST_NAME: Final = 34


class Asked(Struct, frozen=True):
    """What is to be made, where: `site` is what people open, `webhook` where deliveries go, `needs` permissions and events."""

    site: str
    organization: str
    name: str
    webhook: str
    needs: tuple[Need, ...]


@click.command("setup")
@click.option("--webhook", required=True, help="Where GitHub reaches the server: https://HOST/webhook.")
@click.option("--organization", default="", help="The organization that shall own the App; without it, you do.")
@click.option(
    "--github", default="https://github.com", show_default=True, help="GitHub's address, or your own server's."
)
@click.option("--name", default="", help="The App's name, which can still be changed on GitHub's page.")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    default=Path("mainstay.env"),
    show_default=True,
    help="Where its keys go.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="The port for the page on this machine; any by default."
)
@click.option("--browser", is_flag=True, help="Open the page by itself.")
@click.option(
    "--resolve-threads", is_flag=True, help="Ask for contents: write too, with which threads can be resolved."
)
@click.option("--no-merge-queues", is_flag=True, help="For a GitHub server without merge queues.")
def command(  # noqa: PLR0913 - one argument for each option
    *,
    webhook: str,
    organization: str,
    github: str,
    name: str,
    file: Path,
    port: int,
    browser: bool,
    resolve_threads: bool,
    no_merge_queues: bool,
) -> int:
    """Make the GitHub App: a page on this machine with one button leads to GitHub, and its keys land in a file."""
    needs = tuple(n for n in (*PERMISSIONS, *EVENTS) if not (no_merge_queues and n.name in _QUEUES))
    if resolve_threads:
        needs = tuple(OPTIONAL if n.level and n.name == OPTIONAL.name else n for n in needs)
    asked = asked_for(github, organization, name, webhook, needs)
    with KeyFile(file) as keys:
        return run(asked, keys, settings.network(settings.told(os.environ)), port, browser=browser)


def asked_for(site: str, organization: str, name: str, webhook: str, needs: tuple[Need, ...]) -> Asked:
    """What is to be made. Raises UsageError."""
    parts = urlsplit(webhook)
    if parts.scheme != "https" or not parts.hostname:
        raise click.UsageError("--webhook is the server's public address: https://HOST/webhook.")
    where = urlsplit(site)
    if where.scheme not in ("http", "https") or not where.hostname or where.path.strip("/"):
        raise click.UsageError("--github is the address that people open: https://github.com or https://HOST.")
    usual = f"mainstay-{organization}" if organization else "mainstay-review"
    return Asked(
        site=site.rstrip("/"),
        organization=organization,
        name=(name or usual)[:_LONGEST_NAME],
        webhook=webhook if parts.path.strip("/") else f"{webhook.rstrip('/')}/webhook",
        needs=needs,
    )


def run(
    asked: Asked, keys: KeyFile, network: Network, port: int = 0, *, browser: bool = False, seconds: float = _SECONDS
) -> int:
    """Show the page until the App is made or `seconds` are over; the exit code."""
    with Listener(port) as listener:
        flow = Flow(
            action=action(asked),
            manifest=manifest(asked, f"{listener.address}/made"),
            shown=shown(asked),
            needs=tuple(need for need in asked.needs if need.level),
            interface=interface(asked.site),
            network=network,
            keys=keys,
        )
        page = listener.serve(flow)
        click.echo(f"Open this page in a browser on this machine, and press its button:\n\n    {page}\n")
        if browser:
            click.launch(page)
        return _wait(flow.ended, flow, keys, seconds)


def _wait(ended: threading.Event, flow: Flow, keys: KeyFile, seconds: float) -> int:
    try:
        in_time = ended.wait(seconds)
    except KeyboardInterrupt:
        click.echo("Stopped: nothing was made here. If GitHub has made the App already, delete it there.", err=True)
        return _NOT_DONE
    if not in_time:
        click.echo("Nobody pressed the button in time: nothing was made. Begin again.", err=True)
        return _NOT_DONE
    if flow.trouble is not None:
        raise flow.trouble
    for remark in flow.remarks:
        click.echo(remark, err=True)
    named = shlex.quote(str(keys.file))
    click.echo(f"{flow.slug} is made; its keys are in {keys.file}.\nInstall it: {flow.install}")
    click.echo(f"Then:       mainstay doctor --settings {named}\n            mainstay serve --settings {named}")
    return 0


# --- what GitHub is asked ------------------------------------------------------------------------------------------


def action(asked: Asked) -> str:
    """The page of GitHub's that takes the manifest."""
    owner = f"/organizations/{quote(asked.organization, safe='')}" if asked.organization else ""
    return f"{asked.site}{owner}/settings/apps/new"


def interface(site: str) -> str:
    """The interface that belongs to a site."""
    parts = urlsplit(site)
    if parts.hostname == "github.com":
        return "https://api.github.com"
    if (parts.hostname or "").endswith(
        ".ghe.com"
    ):  # https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
        return f"https://api.{parts.hostname}"
    return f"{site}/api/v3"


def manifest(asked: Asked, back: str) -> str:
    """The manifest: what the App is, asks for and is told of."""
    home = urlsplit(asked.webhook)
    told = {
        "name": asked.name,
        "url": f"{home.scheme}://{home.netloc}/",
        "description": "Reviews changes to backend code for resilience.",
        "hook_attributes": {"url": asked.webhook, "active": True},
        "redirect_url": back,
        "public": False,
        "default_permissions": {need.name: need.level for need in asked.needs if need.level},
        "default_events": [need.name for need in asked.needs if not need.level],
    }
    return msgspec.json.encode(told).decode()


def shown(asked: Asked) -> tuple[tuple[str, str], ...]:
    """What the page tells of it."""
    return (
        ("Name", asked.name),
        ("Owner", asked.organization or "you"),
        ("On", asked.site),
        ("Deliveries go to", asked.webhook),
        ("It is told of", ", ".join(need.name.replace("_", " ") + "s" for need in asked.needs if not need.level)),
    )
