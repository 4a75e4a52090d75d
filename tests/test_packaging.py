"""Mainstay finds what ships with it however it was installed, and its files say how to install it rightly."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.resources import version

from .checkout import ROOT, project_files, run

pytestmark = pytest.mark.xdist_group("packaging")  # one worker builds once for all

ASK = """
import json
from bot import resources
print(json.dumps([str(resources.rules_folder()), str(resources.prompts_folder()), resources.version()]))
"""
BUILD_EDITABLE = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"

# Written so that no pattern matches its own source.
REGISTRIES = re.compile(
    r"pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org"
    r"|proxy\.golang\.org|repo1?\.maven\.|^\s*(?:--)?(?:extra-)?index-url\b",
    re.MULTILINE,
)
WRONG_NAME = re.compile(r"(?:pip|pipx|uv|tool)\d?\s+install\s+(?:-\S+\s+)*['\"]?mainstay(?![-\w])")


@dataclass(frozen=True)
class Built:
    """What was built from `checkout`, a copy of the project's files."""

    checkout: Path
    sdist: Path
    wheel: Path
    wheel_from_sdist: Path
    editable: Path


@dataclass(frozen=True)
class Found:
    """What an installation says of itself."""

    rules: Path
    prompts: Path
    version: str


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    checkout = folder / "checkout"
    for path in project_files():
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, checkout / path)
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir")
    run(*build, folder / "dist", checkout, cwd=folder)  # the source distribution, and the wheel from it
    run(*build, folder / "direct", "--wheel", checkout, cwd=folder)
    (folder / "editable").mkdir()
    run(sys.executable, "-c", BUILD_EDITABLE, folder / "editable", cwd=checkout)
    return Built(
        checkout=checkout,
        sdist=only(folder / "dist", "*.tar.gz"),
        wheel=only(folder / "direct", "*.whl"),
        wheel_from_sdist=only(folder / "dist", "*.whl"),
        editable=only(folder / "editable", "*.whl"),
    )


@pytest.mark.parametrize("source", ["wheel", "wheel_from_sdist"])
def test_an_installed_wheel_brings_its_rules_and_prompts(built: Built, source: str, tmp_path: Path) -> None:
    found = ask(install(getattr(built, source), tmp_path), tmp_path)
    assert tmp_path in found.rules.parents
    assert contents(found.rules) == contents(built.checkout / "rules") != {}
    assert contents(found.prompts) == contents(built.checkout / "prompts") != {}
    assert found.version == version()


def test_an_editable_install_reads_the_checkout(built: Built, tmp_path: Path) -> None:
    found = ask(install(built.editable, tmp_path), tmp_path)
    assert (found.rules, found.prompts) == (built.checkout / "rules", built.checkout / "prompts")
    assert found.version == version()


def test_an_unpacked_source_distribution_has_its_rules(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # not before 3.11.4
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(tmp_path)  # noqa: S202 - our own distribution, just built
    top = tmp_path / built.sdist.name.removesuffix(".tar.gz")
    found = Found(*map_answer(run(sys.executable, "-c", ASK, cwd=top, env={"PYTHONPATH": str(top)})))
    assert found.rules == top / "rules"
    assert contents(found.rules) == contents(built.checkout / "rules")


def test_a_wheel_holds_the_whole_package_and_nothing_beside_it(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = set(archive.namelist())
    package = {path.as_posix() for path in project_files() if path.parts[0] == "bot"}
    assert package <= names
    assert {name.split("/")[0] for name in names} == {"bot", f"mainstay_review-{version()}.dist-info"}


def test_a_wheel_brings_the_command(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        points = archive.read(f"mainstay_review-{version()}.dist-info/entry_points.txt").decode()
    assert "mainstay = bot.entry.cli:main" in points


def test_a_package_without_its_rules_says_what_to_do(tmp_path: Path) -> None:
    package = tmp_path / "bot"
    package.mkdir()
    for name in ("__init__.py", "resources.py", "version.py"):
        shutil.copy2(ROOT / "bot" / name, package / name)
    (tmp_path / "rules").mkdir()  # somebody else's: there is no checkout around it
    with pytest.raises(AssertionError, match="Install mainstay-review again"):
        run(sys.executable, "-c", ASK, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (REGISTRIES, "is the address of a package registry: installing is the reader's own set-up"),
        (WRONG_NAME, "names somebody else's package: the distribution is mainstay-review"),
    ],
    ids=["registry", "name"],
)
def test_no_file_sends_a_reader_to_the_wrong_place(pattern: re.Pattern[str], why: str) -> None:
    places = []
    for path in project_files():
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        places += [f"{path}: {match[0]!r} {why}" for match in pattern.finditer(text)]
    assert not places, "\n".join(places)


@pytest.mark.parametrize("line", ["pip install NAME", "python -m pip install -U 'NAME[server]'"])
def test_the_wrong_name_is_recognised(line: str) -> None:
    assert WRONG_NAME.search(line.replace("NAME", "mainstay"))
    assert not WRONG_NAME.search(line.replace("NAME", "mainstay-review"))


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel alone into a new virtual environment and return its interpreter."""
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    return python


def ask(python: Path, cwd: Path) -> Found:
    return Found(*map_answer(run(python, "-I", "-c", ASK, cwd=cwd)))


def map_answer(printed: str) -> tuple[Path, Path, str]:
    rules, prompts, number = json.loads(printed)
    return Path(rules), Path(prompts), number


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def only(folder: Path, glob: str) -> Path:
    (file,) = folder.glob(glob)
    return file
