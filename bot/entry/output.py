"""How a review reaches people: to the terminal or a file, in the format asked for, with the exit code that it means."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from ..model import Review
from ..render import FORMATS, render
from ..render.verdict import exit_code

FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(sorted(FORMATS)),
    default="terminal",
    show_default=True,
    help="How to write the review.",
)
OUTPUT = click.option(
    "--output",
    "output_",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the review to a file instead of the terminal.",
)
FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="The least severity that makes the exit code 1 (default: the configuration's).",
)
STRICT = click.option("--strict", is_flag=True, help="A partial review ends with exit code 3.")
CONFIG = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Use this configuration instead of the before side's.",
)
_WIDEST = 100


def show(review: Review, form: str, output: Path | None) -> None:
    """Write the review. In a file the verdict is also told on the terminal."""
    on_terminal = output is None and sys.stdout.isatty()
    width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
    text = render(form, review, colour=on_terminal, width=width)
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    output.write_text(text, encoding="utf-8")
    click.echo(
        f"{render('terminal', review, colour=False, width=width).rstrip().splitlines()[-1]} ({output})", err=True
    )


def code(review: Review, fail_on: str | None, *, strict: bool) -> int:
    """The exit code of a review; the threshold of the command line wins over the configuration's."""
    return exit_code(review, fail_on, strict)
