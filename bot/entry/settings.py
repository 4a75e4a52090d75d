"""What the server is told by its environment; a missing or wrong setting stops the start with its name and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from ..ports import Trouble

_GITHUB: Final = "https://api.github.com"
_DATA: Final = "mainstay-data"
_HOST, _PORT = "127.0.0.1", "8080"


class SettingError(Trouble):
    """A setting is missing or wrong."""


class Settings(Struct, frozen=True):
    """What the server runs with. `secrets` are the webhook's, several while one is exchanged; never shown.

    `database` is where jobs lie, as SQLAlchemy addresses it; `settle` the seconds that a further push waits for the next; `at_once`
    the reviews beside each other in one worker; `keep_days` how long what has ended is kept.
    """

    app_id: int
    private_key: str
    secrets: tuple[str, ...]
    github_url: str
    data: Path
    host: str
    port: int
    database: str
    settle: float = 3.0
    at_once: int = 4
    keep_days: int = 30

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Settings(app_id={self.app_id}, github_url={self.github_url!r}, data={str(self.data)!r})"


def read(environment: Mapping[str, str]) -> Settings:
    """The settings. Raises SettingError."""
    return Settings(
        app_id=_whole("MAINSTAY_APP_ID", environment.get("MAINSTAY_APP_ID", ""), "It stands on the App's page."),
        private_key=_key(environment),
        secrets=_secrets(environment.get("MAINSTAY_WEBHOOK_SECRET", "")),
        github_url=_address("MAINSTAY_GITHUB_URL", environment.get("MAINSTAY_GITHUB_URL") or _GITHUB),
        data=Path(environment.get("MAINSTAY_DATA") or _DATA),
        host=environment.get("MAINSTAY_HOST") or _HOST,
        port=_whole("MAINSTAY_PORT", environment.get("MAINSTAY_PORT") or _PORT, "Give a port, such as 8080."),
        database=database(environment),
        settle=float(_whole("MAINSTAY_SETTLE", environment.get("MAINSTAY_SETTLE") or "3", "Give seconds, such as 3.")),
        at_once=_whole("MAINSTAY_REVIEWS", environment.get("MAINSTAY_REVIEWS") or "4", "Give a number, such as 4."),
        keep_days=_whole("MAINSTAY_KEEP_DAYS", environment.get("MAINSTAY_KEEP_DAYS") or "30", "Give days, such as 30."),
    )


def database(environment: Mapping[str, str]) -> str:
    """The address of the database as SQLAlchemy takes it; a file in the data folder where none is named. Raises SettingError."""
    text = environment.get("DATABASE_URL", "")
    if not text:
        return f"sqlite:///{Path(environment.get('MAINSTAY_DATA') or _DATA).resolve() / 'mainstay.sqlite'}"
    scheme, separator, rest = text.partition("://")
    if separator and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if separator and scheme == "sqlite":
        return text
    raise SettingError("DATABASE_URL is no address of a database", "Give postgresql://... or sqlite:////PATH.")


def _whole(name: str, text: str, remedy: str) -> int:
    if not text:
        raise SettingError(f"{name} is not set", remedy)
    if not text.isdecimal():
        raise SettingError(f"{name} is no whole number", remedy)
    return int(text)


def _key(environment: Mapping[str, str]) -> str:
    """The App's private key, given itself or as a file."""
    text, file = environment.get("MAINSTAY_PRIVATE_KEY", ""), environment.get("MAINSTAY_PRIVATE_KEY_FILE", "")
    if file and not text:
        try:
            text = Path(file).read_text(encoding="ascii")
        except (OSError, UnicodeError) as trouble:
            raise SettingError(
                f"MAINSTAY_PRIVATE_KEY_FILE cannot be read ({type(trouble).__name__})", "Name the App's .pem file."
            ) from trouble
    if "PRIVATE KEY" not in text:
        raise SettingError(
            "MAINSTAY_PRIVATE_KEY holds no private key",
            "Give the text of the App's .pem file, or its path in MAINSTAY_PRIVATE_KEY_FILE.",
        )
    return text.replace("\\n", "\n")


def _secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(s for part in text.split(",") if (s := part.strip()))
    if not secrets:
        raise SettingError(
            "MAINSTAY_WEBHOOK_SECRET is not set",
            "Give the App's webhook secret (two with a comma while exchanging it).",
        )
    return secrets


def _address(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError(f"{name} is no address", "Give https://api.github.com or https://HOST/api/v3.")
    return text.rstrip("/")
