"""What the server is told by its environment or its file; a missing or wrong setting stops the start with its name and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
from msgspec import Struct

from ..ports import Network, Trouble
from . import settingsfile

FILE: Final = "MAINSTAY_SETTINGS"
_GITHUB: Final = "https://api.github.com"
_FOLDER: Final = "mainstay-data"
#: All that a file of settings may hold.
NAMES: Final = frozenset(
    {
        "DATABASE_URL",
        "HTTPS_PROXY",
        "MAINSTAY_APP_ID",
        "MAINSTAY_CA_BUNDLE",
        "MAINSTAY_DATA",
        "MAINSTAY_GITHUB_URL",
        "MAINSTAY_HISTORY_DAYS",
        "MAINSTAY_HOST",
        "MAINSTAY_KEEP_DAYS",
        "MAINSTAY_MODEL",
        "MAINSTAY_MODEL_KEY",
        "MAINSTAY_MODEL_URL",
        "MAINSTAY_PORT",
        "MAINSTAY_PRIVATE_KEY",
        "MAINSTAY_PRIVATE_KEY_FILE",
        "MAINSTAY_REVIEWS",
        "MAINSTAY_SETTLE",
        "MAINSTAY_WEBHOOK_SECRET",
        "NO_PROXY",
    }
)
_DATABASES: Final = ("sqlite", "postgresql", "postgres", "postgresql+psycopg")
#: For each command that runs the server; the environment says more than the file.
OPTION: Final = click.option(
    "--settings",
    "file",
    type=click.Path(path_type=Path),
    help=f"A file of settings, NAME=value a line, that only you may read (also {FILE}).",
)


class SettingError(Trouble):
    """A setting is missing or wrong."""


class Settings(Struct, frozen=True):
    """What the server runs with.

    `keys` are the App's private key, and behind it older ones, by which comments of their time are known again. `secrets` are
    the webhook's, several while one is exchanged. `database` is an address for SQLAlchemy and may hold a password. `settle` is
    how many seconds later heads of a pull request settle, `reviews` how many run at once in a worker, `keep_days` how long
    jobs that have ended are kept, `history_days` what is remembered of reviews. What is secret is never shown.
    """

    app_id: int
    keys: tuple[str, ...]
    secrets: tuple[str, ...]
    github_url: str
    data: Path
    host: str
    port: int
    database: str
    network: Network
    settle: float
    reviews: int
    keep_days: int
    history_days: int
    unused: tuple[str, ...]

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Settings(app_id={self.app_id}, github_url={self.github_url!r}, data={str(self.data)!r})"

    @property
    def private_key(self) -> str:
        """The key with which the App asks GitHub."""
        return self.keys[0]


def read(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings: what the environment says, and for the rest the file, `file` or the one in MAINSTAY_SETTINGS. Raises Trouble."""
    given = told(environment, file)
    return Settings(**{name: reader(given) for name, reader in _READERS.items()})


def mistakes(environment: Mapping[str, str], file: Path | None = None) -> list[Trouble]:
    """All that `read` would refuse, where it tells the first."""
    found: list[Trouble] = []
    try:
        given = told(environment, file)
    except Trouble as trouble:
        return [trouble]
    for reader in _READERS.values():
        try:
            reader(given)
        except Trouble as trouble:
            found.append(trouble)
    return found


def told(environment: Mapping[str, str], file: Path | None = None) -> dict[str, str]:
    """Each setting that is given, by name; the usual small names of the proxy's variables count too. Raises FileError."""
    named = file or (Path(environment[FILE]) if environment.get(FILE) else None)
    kept = settingsfile.read(named, NAMES) if named else {}
    small = {name: environment[name.lower()] for name in ("HTTPS_PROXY", "NO_PROXY") if environment.get(name.lower())}
    return kept | small | {name: environment[name] for name in NAMES if environment.get(name)}


def network(given: Mapping[str, str]) -> Network:
    """How hosts are reached, from what `told` gives. Raises SettingError."""
    entries = given.get("NO_PROXY", "").replace(",", " ").split()
    return Network(_bundle(given.get("MAINSTAY_CA_BUNDLE", "")), _proxy(given.get("HTTPS_PROXY", "")), tuple(entries))


def _bundle(file: str) -> str:
    """The authorities' file, after a look into it."""
    if not file:
        return ""
    name, remedy = "MAINSTAY_CA_BUNDLE", "Name a PEM file with the certificates of the authorities that you trust."
    try:
        holds = b"-----BEGIN CERTIFICATE-----" in Path(file).read_bytes()
    except OSError as trouble:
        raise SettingError(f"{name} cannot be read ({trouble.strerror})", remedy) from trouble
    if not holds:
        raise SettingError(f"{name} holds no certificate", remedy)
    return str(Path(file).absolute())


def _proxy(text: str) -> str:
    remedy = (
        "Give http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with signs such as @ and : written as %40 and %3A."
    )
    if not text:
        return ""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        well = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        well = False
    if not well:
        raise SettingError("HTTPS_PROXY is no address", remedy) from None
    return text if "://" in text else f"http://{text}"


def _whole(
    given: Mapping[str, str], name: str, remedy: str, bounds: tuple[int, int] = (0, 2**63), usual: str = ""
) -> int:
    text = given.get(name) or usual
    if not text:
        raise SettingError(f"{name} is not set", remedy)
    if not text.isdecimal():
        raise SettingError(f"{name} is no whole number", remedy)
    number = int(text[:20])
    if not bounds[0] <= number <= bounds[1]:
        raise SettingError(f"{name} is out of its bounds", remedy)
    return number


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 600:
        raise SettingError(f"{name} is no number of seconds from 0 to 600", "Give seconds, such as 3.")
    return seconds


def _keys(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The App's private key, given itself or as a file, and behind it those of before."""
    text, file = environment.get("MAINSTAY_PRIVATE_KEY", ""), environment.get("MAINSTAY_PRIVATE_KEY_FILE", "")
    if file and not text:
        try:
            text = Path(file).read_text(encoding="ascii")
        except (OSError, UnicodeError) as trouble:
            raise SettingError(
                f"MAINSTAY_PRIVATE_KEY_FILE cannot be read ({type(trouble).__name__})", "Name the App's .pem file."
            ) from trouble
    blocks = re.split(r"(?=-----BEGIN )", text.replace("\\n", "\n"))
    keys = tuple(block.strip() for block in blocks if "PRIVATE KEY" in block)
    if not keys:
        raise SettingError(
            "MAINSTAY_PRIVATE_KEY holds no private key",
            "Give the text of the App's .pem file, or its path in MAINSTAY_PRIVATE_KEY_FILE.",
        )
    return keys


def _secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(s for part in text.split(",") if (s := part.strip()))
    if not secrets:
        raise SettingError(
            "MAINSTAY_WEBHOOK_SECRET is not set",
            "Give the App's webhook secret (two with a comma while exchanging it).",
        )
    return secrets


def _github(text: str) -> str:
    address = _address("MAINSTAY_GITHUB_URL", text, "Give https://api.github.com or https://HOST/api/v3.")
    if urlsplit(address).hostname in ("github.com", "www.github.com"):
        raise SettingError("MAINSTAY_GITHUB_URL is GitHub's site, not its interface", f"Give {_GITHUB}.")
    return address


def _address(name: str, text: str, remedy: str) -> str:
    try:
        parts = urlsplit(text)
        well = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        well = well and (parts.port is None or parts.port > 0)
    except ValueError:
        well = False
    if not well:
        raise SettingError(f"{name} is no address", remedy)
    return text.rstrip("/")


def database(given: Mapping[str, str]) -> str:
    """The address for SQLAlchemy, which wants the driver named; a file in the data folder where none is given. Raises SettingError."""
    text = given.get("DATABASE_URL", "")
    if not text:
        return f"sqlite:///{_data(given).absolute() / 'mainstay.sqlite'}"
    scheme, found, rest = text.partition("://")
    if not found or scheme not in _DATABASES or (scheme == "sqlite" and rest in ("", "/")):
        raise SettingError(
            "DATABASE_URL is no address of a database",
            "Give postgresql://USER:PASSWORD@HOST/NAME or sqlite:////PATH, or leave it out for a file in the data folder.",
        )
    return text if scheme == "sqlite" else f"postgresql+psycopg://{rest}"


def _model(given: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the model's settings that are given: this version asks no model. Raises SettingError for wrong ones."""
    if given.get("MAINSTAY_MODEL_URL"):
        _address("MAINSTAY_MODEL_URL", given["MAINSTAY_MODEL_URL"], "Give the address of the model's interface.")
    return tuple(name for name in ("MAINSTAY_MODEL", "MAINSTAY_MODEL_URL", "MAINSTAY_MODEL_KEY") if given.get(name))


def _data(given: Mapping[str, str]) -> Path:
    return Path(given.get("MAINSTAY_DATA") or _FOLDER)


#: How each field is read; in this order the mistakes are told.
_READERS: Final[Mapping[str, Callable[[Mapping[str, str]], Any]]] = {
    "app_id": lambda given: _whole(given, "MAINSTAY_APP_ID", "It stands on the App's page."),
    "keys": _keys,
    "secrets": lambda given: _secrets(given.get("MAINSTAY_WEBHOOK_SECRET", "")),
    "github_url": lambda given: _github(given.get("MAINSTAY_GITHUB_URL") or _GITHUB),
    "data": _data,
    "host": lambda given: given.get("MAINSTAY_HOST") or "127.0.0.1",
    "port": lambda given: _whole(given, "MAINSTAY_PORT", "Give a port, such as 8080.", (0, 65_535), "8080"),
    "database": database,
    "network": network,
    "settle": lambda given: _seconds("MAINSTAY_SETTLE", given.get("MAINSTAY_SETTLE") or "3"),
    "reviews": lambda given: _whole(given, "MAINSTAY_REVIEWS", "Give 1 to 64.", (1, 64), "4"),
    "keep_days": lambda given: _whole(given, "MAINSTAY_KEEP_DAYS", "Give days, such as 30.", (1, 3_650), "30"),
    "history_days": lambda given: _whole(given, "MAINSTAY_HISTORY_DAYS", "Give days, such as 180.", (1, 3_650), "180"),
    "unused": _model,
}
