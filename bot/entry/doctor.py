"""`mainstay doctor`: whether the server's settings are such that it can work, one line each, with what to do."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
from msgspec import Struct

from ..ports import Network, Trouble
from .settings import OPTION, Settings, mistakes, read, told

_OTHERS: Final = 0o077
_FREE: Final = 500_000_000
_SECONDS: Final = 5
_SOON: Final = 30 * 86_400
_INSTALL: Final = "pip install 'mainstay-review[server]'"


class Said(Struct, frozen=True):
    """One thing that was looked at. `remedy` is empty where it is well; a `note` is worth knowing and no fault."""

    what: str
    remedy: str = ""
    note: bool = False


@click.command("doctor")
@OPTION
def command(*, file: Path | None) -> int:
    """Look at every setting of the GitHub App's server, at its key, its permissions and what it reaches, and say what to do."""
    looked = ill = 0
    for said in examine(file):
        bad = bool(said.remedy) and not said.note
        click.echo(f"{'-- ' if said.note else 'no ' if bad else 'ok '} {said.what}")
        if said.remedy:
            click.echo(f"    {said.remedy}")
        looked, ill = looked + (not said.note), ill + bad
    click.echo(f"{looked - ill} of {looked} well")
    return 1 if ill else 0


def examine(file: Path | None = None) -> Iterator[Said]:
    """What was looked at, as far as the settings allow."""
    wrong = mistakes(os.environ, file)
    if wrong:
        yield from (Said(trouble.title, trouble.remedy) for trouble in wrong)
        return
    settings = read(os.environ, file)
    yield Said("the settings are complete")
    if settings.unused:
        yield Said(f"{', '.join(settings.unused)}: given, but this version asks no model", note=True)
    if len(settings.keys) > 1:
        what = f"older private keys, by which comments of their time are known: {len(settings.keys) - 1}"
        yield Said(what, "Take one out when the pull requests of its time are closed.", note=True)
    yield from _machine(settings, told(os.environ, file).get("MAINSTAY_PRIVATE_KEY_FILE", ""))
    yield from _network(settings.network)
    try:
        from . import appcheck

        answer = _database(settings.database)
        yield answer
        if not answer.remedy:
            yield from _history(settings)
        yield from appcheck.examine(settings)
    except ModuleNotFoundError:
        yield Said("what the server needs is not installed", _INSTALL)


# --- this machine --------------------------------------------------------------------------------------------------


def _machine(settings: Settings, key_file: str) -> Iterator[Said]:
    """The data folder, the key's file and git."""
    yield _folder(settings.data)
    if key_file and os.name == "posix" and Path(key_file).stat().st_mode & _OTHERS:
        yield Said("others may read MAINSTAY_PRIVATE_KEY_FILE", f"chmod 600 {key_file}")
    there = shutil.which("git")
    yield (
        Said("git is there")
        if there
        else Said("git is not installed", "Install git: large changes are fetched with it.")
    )


def _folder(data: Path) -> Said:
    """Whether the data folder can be written by us, and read by nobody else."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as trouble:
        return Said(f"the data folder cannot be made ({trouble.strerror})", "Name another one in MAINSTAY_DATA.")
    if not os.access(data, os.W_OK | os.X_OK):
        return Said("the data folder cannot be written", "Give it to the user who runs the server.")
    if data.stat().st_mode & _OTHERS:
        return Said("others may look into the data folder", f"chmod 700 {data}")
    if shutil.disk_usage(data).free < _FREE:
        return Said(
            "the data folder's disk has less than 500 MB left", "Make room, or name another folder in MAINSTAY_DATA."
        )
    return Said("the data folder is there, for its owner alone")


def _database(url: str) -> Said:
    from ..adapters import database

    try:
        return Said(f"the database answers: {database.ask(url)}")
    except Trouble as trouble:
        return Said(trouble.title, trouble.remedy)


def _history(settings: Settings) -> Iterator[Said]:
    """What is remembered of reviews, and whether some of it waits to be written."""
    from ..adapters.store import Archive
    from .recording import PENDING, waiting

    try:
        yield Said(f"the history: {Archive(settings.database).look()}", note=True)
    except Trouble as trouble:
        yield Said(trouble.title, trouble.remedy)
    held = len(waiting(settings.data / PENDING))
    if held:
        yield Said(
            f"{held} {'entry of the history waits' if held == 1 else 'entries of the history wait'} to be written",
            "The next review or sweep does it. Where they do not, the server's log says what is in the way.",
        )


# --- the way out ---------------------------------------------------------------------------------------------------


def _network(network: Network) -> Iterator[Said]:
    """The authorities' file and the proxy, as far as this machine tells."""
    if network.ca_bundle:
        yield _authorities(network.ca_bundle)
    if network.proxy:
        parts = urlsplit(network.proxy)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        try:
            with socket.create_connection((host, port), timeout=_SECONDS):
                yield Said(f"the proxy {host}:{port} is there")
        except OSError as trouble:
            yield Said(
                f"the proxy {host}:{port} does not answer ({type(trouble).__name__})",
                "Look at HTTPS_PROXY and at the network.",
            )


def _authorities(bundle: str) -> Said:
    """Whether the file can be used, and for how long."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=bundle)
    except (ssl.SSLError, OSError):
        return Said("MAINSTAY_CA_BUNDLE cannot be used", "It has to be a PEM file of whole certificates.")
    held = context.get_ca_certs()
    ends = [ssl.cert_time_to_seconds(str(held_one["notAfter"])) - time.time() for held_one in held]
    if not held:
        return Said("MAINSTAY_CA_BUNDLE holds no authority", "Name the authorities' certificates, not a host's own.")
    if max(ends) < 0:
        return Said(
            "the authorities in MAINSTAY_CA_BUNDLE have expired", "Get the new file from whoever runs your network."
        )
    if max(ends) < _SOON:
        return Said("the authorities in MAINSTAY_CA_BUNDLE expire within 30 days", "Get the new file before that.")
    return Said(f"MAINSTAY_CA_BUNDLE holds {len(held)} authorities")
