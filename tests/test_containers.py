"""The image's recipe and the compose file name what there is: files, commands, flags and settings. Neither is built or started here."""

from __future__ import annotations

import re
import shlex
from typing import Any

import click
import pytest
import yaml

from bot.entry import serve, settings, work
from bot.entry.cli import mainstay
from tests.checkout import ROOT, project_files

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "mainstay"}
#: What our processes read from the environment.
KNOWN = settings.NAMES | {settings.FILE, "MAINSTAY_CACHE"}


def instructions() -> list[tuple[str, str]]:
    """The recipe's instructions in their order, each with what it is given."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().split("\n") if not line.startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found = [line.partition(" ") for line in joined.split("\n") if line]
    return [(word, given.strip()) for word, _, given in found]


def given(word: str) -> list[str]:
    """What each instruction of that name is given."""
    return [given for name, given in instructions() if name == word]


def started(arguments: list[str]) -> click.Context:
    """The subcommand as it would be started. Raises UsageError for one that there is not, or for its flags."""
    command = mainstay.get_command(click.Context(mainstay), arguments[0])
    assert command is not None, arguments
    return command.make_context(arguments[0], arguments[1:])


def seconds(text: str) -> int:
    """A time of the compose file."""
    assert text.endswith("s")
    return int(text.removesuffix("s"))


# --- the image -----------------------------------------------------------------------------------------------------


def test_the_recipe_is_made_of_instructions() -> None:
    known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"}
    assert {word for word, _ in instructions()} == known | {"CMD"}
    assert [source.partition(" AS ")[2] for source in given("FROM")] == ["build", ""]


def test_what_is_copied_is_in_the_checkout_and_is_all_that_the_package_needs() -> None:
    copied = {source for line in given("COPY") if "--from" not in line for source in line.split()[:-1]}
    assert all((ROOT / source).exists() for source in copied)
    assert copied >= {"bot", "rules", "prompts", "pyproject.toml", "README.md", "LICENSE"}
    taken = {line[1:] for line in (ROOT / ".dockerignore").read_text().split("\n") if line.startswith("!")}
    assert taken == copied


def test_it_runs_as_nobody_special_and_writes_to_its_data_alone() -> None:
    words = [word for word, _ in instructions()]
    assert given("USER") == ["10001:10001"]
    assert "RUN" not in words[words.index("USER") :]
    assert given("VOLUME") == ["/data"]
    assert any("install --directory --mode 700 --owner mainstay" in line for line in given("RUN"))


def test_what_it_sets_are_settings_below_its_data() -> None:
    pairs = dict(pair.split("=", 1) for line in given("ENV") for pair in shlex.split(line))
    ours = {name: value for name, value in pairs.items() if name.startswith("MAINSTAY_")}
    assert set(ours) <= KNOWN
    assert all(value.startswith("/data") for name, value in ours.items() if name != "MAINSTAY_HOST")
    assert pairs["PYTHONDONTWRITEBYTECODE"] == "1"


def test_its_commands_are_ours() -> None:
    assert given("ENTRYPOINT") == ['["mainstay"]']
    assert started(yaml.safe_load(given("CMD")[0])).params["worker"]
    (health,) = given("HEALTHCHECK")
    asked = yaml.safe_load(health.partition("CMD ")[2])
    assert asked[0] == "mainstay"
    assert started(asked[1:]).params["check"]


@pytest.mark.parametrize("page", ["docs/operations.md", "docs/offline.md"])
def test_commands_in_the_pages_are_ours(page: str) -> None:
    """Each line of a block that begins with our command, its flags included."""
    blocks = re.findall(r"^```\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").split("\n")]
    ours = [words[1:] for line in lines if (words := shlex.split(line, comments=True))[:1] == ["mainstay"]]
    assert all(started(words).info_name == words[0] for words in ours)
    named = {word for line in lines for word in re.findall(r"\b(MAINSTAY_\w+)=", line)}
    assert named <= KNOWN


def test_every_setting_stands_in_the_page() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert [name for name in sorted(settings.NAMES) if f"`{name}`" not in page] == []


def test_the_command_stands_in_the_package() -> None:
    assert 'mainstay = "bot.entry.cli:main"' in (ROOT / "pyproject.toml").read_text()


# --- the compose file ----------------------------------------------------------------------------------------------


def test_there_is_a_server_two_workers_and_a_database() -> None:
    assert set(COMPOSE["services"]) == {"server", "worker", "database"}
    assert not started(OURS["server"]["command"]).params["worker"]
    assert started(OURS["worker"]["command"]).info_name == "worker"
    assert OURS["worker"]["deploy"]["replicas"] == 2
    assert all(service["restart"] == "unless-stopped" for service in COMPOSE["services"].values())


@pytest.mark.parametrize("name", OURS)
def test_each_of_ours_is_looked_after_and_closed_in(name: str) -> None:
    service = OURS[name]
    mainstay_word, *asked = service["healthcheck"]["test"][1:]
    assert (service["healthcheck"]["test"][0], mainstay_word) == ("CMD", "mainstay")
    assert started(asked).params["check"]
    assert asked[: len(service["command"])] == service["command"]
    assert set(service["environment"]) <= KNOWN
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["depends_on"]["database"]["condition"] == "service_healthy"


def test_what_is_secret_comes_in_files_that_nobody_commits() -> None:
    files = {name: secret["file"] for name, secret in COMPOSE["secrets"].items()}
    used = {name for service in COMPOSE["services"].values() for name in service["secrets"]}
    assert used == set(files)
    ignored = (ROOT / ".gitignore").read_text().split("\n")
    assert all(f"/{file.removeprefix('./')}" in ignored for file in files.values())
    assert not {file.removeprefix("./") for file in files.values()} & {str(path) for path in project_files()}
    assert OURS["server"]["environment"][settings.FILE] == "/run/secrets/mainstay.env"


def test_each_has_the_time_to_stop_that_it_takes() -> None:
    assert seconds(OURS["worker"]["stop_grace_period"]) > work.GRACE + 10
    assert seconds(OURS["server"]["stop_grace_period"]) > serve.GRACE + 5


def test_the_databases_volume_is_where_its_image_keeps_data() -> None:
    """From 18 on: https://github.com/docker-library/postgres/pull/1259."""
    database = COMPOSE["services"]["database"]
    assert int(database["image"].partition(":")[2]) >= 18
    assert database["volumes"] == ["database:/var/lib/postgresql"]
    assert set(COMPOSE["volumes"]) == {"database"}
