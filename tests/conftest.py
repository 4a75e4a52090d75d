"""What every test gets: an environment without the developer's own settings, and repositories to throw away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from . import postgres as postgresql
from .repository import Repository
from .standin import Hub, StandIn
from .standin.app import Key

pytest_plugins = ["tests.guards"]

# Sources and changes under review: some of them are named like tests.
collect_ignore_glob = ["cases/*", "languages/*/*"]

# The machine may be slow and busy; the same examples on every run, so that a red run can be had again.
settings.register_profile("mainstay", deadline=None, derandomize=True, database=None)
settings.load_profile("mainstay")


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No settings of the developer's own: an empty home, no git configuration, no git variables, no colours."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_", "MAINSTAY_"))]:
            patch.delenv(name)
        _move_home(patch, tmp_path_factory.mktemp("home"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        patch.setenv("GIT_ALLOW_PROTOCOL", "file")  # git is a process of its own, where the network guard cannot look
        for name in ("FORCE_COLOR", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server of the tests' own."""
    with postgresql.server() as address:
        yield address


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The address of a new database, as SQLAlchemy takes it."""
    return postgresql.new_database(postgres_server)


@pytest.fixture(scope="session")
def key() -> Key:
    """An App's private key: making one takes a while."""
    return Key()


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A repository whose branch `feature` changes a line."""
    shop = Repository.create(tmp_path / "shop")
    shop.commit({"a.py": "a = 1\n"})
    shop.switch("feature", create=True)
    shop.commit({"a.py": "a = 2\n"})
    return shop


@pytest.fixture
def host(shop: Repository, key: Key) -> Iterator[StandIn]:
    """The stand-in with the App, and one pull request of that branch."""
    hub = Hub(shop.path)
    hub.public_key = key.public
    hub.open("main", "feature")
    with StandIn(hub) as standin:
        yield standin


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder for this test alone."""
    folder = tmp_path / "home"
    folder.mkdir()
    _move_home(monkeypatch, folder)
    return folder


@pytest.fixture
def make_repo(tmp_path: Path, home: Path) -> Callable[..., Repository]:
    """Makes empty git repositories: `make_repo("name")`, `make_repo("remote.git", bare=True)`."""
    assert home.is_dir()

    def make(name: str, *, bare: bool = False) -> Repository:
        return Repository.create(tmp_path / name, bare=bare)

    return make


@pytest.fixture
def repo(make_repo: Callable[..., Repository]) -> Repository:
    """An empty git repository on branch `main`: write files, commit them, run any git command."""
    return make_repo("repo")


def _move_home(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("HOME", str(folder))
    patch.setenv("USERPROFILE", str(folder))  # what Windows looks at
