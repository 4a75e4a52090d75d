"""`make demo`: a real change of the example shop, made into a git repository and reviewed by the same code as `mainstay check`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from ..render import render
from .check import Asked, judge

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "examples" / "shop"
_WRITTEN: Final = Path("demo-review.md")
_SECONDS: Final = 30
_WIDEST: Final = 100


def main() -> int:
    """Review the example and say how to go on. Ends with 3 when the example could not be reviewed."""
    if not (EXAMPLE / "before").is_dir():
        sys.stderr.write(
            "mainstay: the example shop is only in a checkout; run `mainstay check` in your own repository\n"
        )
        return 3
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "shop"
        make_repository(repository)
        print('The example shop: a pull request that "simplifies the clients" (examples/shop)\n')
        result = judge(
            Asked(repository, "main", "simplify-clients", staged=False, patch=None, config_file=None, paths=())
        )
        width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
        print(render("terminal", result, colour=sys.stdout.isatty(), width=width), end="")
        _WRITTEN.write_text(render("markdown", result), encoding="utf-8")
    print(f"\nAs a pull request comment: {_WRITTEN}")
    print("In your own repository:    mainstay check")
    print("Before every push:         mainstay hook install")
    return 0 if result.findings and result.verdict == "complete" else 3


def make_repository(repository: Path) -> None:
    """A repository with the example's two states: `main`, and `simplify-clients` on top of it."""
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    for branch, side in (("main", "before"), ("simplify-clients", "after")):
        if branch != "main":
            git(repository, "checkout", "--quiet", "-b", branch)
        shutil.copytree(EXAMPLE / side, repository, dirs_exist_ok=True)
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message", f"The shop {side} the change")


def git(repository: Path, *arguments: str) -> None:
    """Run git there with its own settings only, so that nobody's configuration changes the example."""
    identity = {
        f"GIT_{who}_{what}": said
        for who in ("AUTHOR", "COMMITTER")
        for what, said in (("NAME", "Example"), ("EMAIL", "example@example.org"))
    }
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | identity
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=repository, env=environment, check=True, timeout=_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
