"""The command `mainstay`. Each subcommand is loaded when it is asked for, so that a check starts fast."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import Any, Final

import click

from .. import bundle
from ..adapters.cache import user_cache
from ..adapters.workers import WorkerError
from ..diff import PatchError
from ..ports import Trouble
from ..strict import Mistake
from ..version import VERSION

USAGE: Final = 2
NOT_REVIEWED: Final = 3

_COMMANDS: Final = {
    "check": ("check", "Review what you are about to push."),
    "scan": ("scan", "Review whole files and folders."),
    "review": ("review", "Review one pull request on GitHub by its address."),
    "serve": ("serve", "Run the GitHub App."),
    "setup": ("setup", "Make the GitHub App, and keep its keys in a file."),
    "worker": ("work", "Review what the App was asked for, in a process of its own."),
    "jobs": ("jobs", "What the App's server has to do, has done, and could not do."),
    "doctor": ("doctor", "Whether the GitHub App's server can work, and what to do."),
    "baseline": ("baseline", "Accept what a scan finds today, so that it tells only what is new."),
    "hook": ("hook", "Install, remove and run the pre-push hook."),
    "replay": ("replay", "Review again from a manifest and compare."),
    "rules": ("rules", "List, show and test rules."),
    "apis": ("apis", "What Mainstay knows about libraries."),
    "facts": ("facts", "What the engine sees in a file, for people who write rules."),
    "config": ("config", "What holds for a file, and where each value comes from."),
}


class _Commands(click.Group):
    """Subcommands by name; the module of one is imported when it is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names, in the order in which people need them."""
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None when there is none."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f".{_COMMANDS[cmd_name][0]}", __package__).command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="mainstay")
def mainstay() -> None:
    """Mainstay reviews changes to backend code for resilience: time-outs, retries, leaks, lost errors, shutdown and more.

    Start with `mainstay check` in your repository. Nothing leaves your machine.
    """


def main() -> None:
    """Run the command and end with its exit code: 0, 1 findings, 2 wrong usage or configuration, 3 could not review."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command with these arguments and give its exit code. Every failure is told in words."""
    bundle.keep_in(user_cache(os.environ))
    try:
        return int(mainstay.main(arguments, prog_name="mainstay", standalone_mode=False) or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as mistake:
        mistake.show()
        return USAGE
    except (Mistake, PatchError) as mistake:
        _tell(str(mistake))
        return USAGE
    except (Trouble, WorkerError) as trouble:
        _tell(str(trouble))
        return NOT_REVIEWED
    except (KeyboardInterrupt, click.Abort):
        _tell("stopped: not reviewed")
        return NOT_REVIEWED
    except SystemExit:
        # Whoever read our output has gone (click ends like this); what is still buffered must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_REVIEWED
    except OSError as trouble:
        if trouble.filename is None:
            return _our_fault(trouble)
        _tell(f"{trouble.filename}: {trouble.strerror}")
        return NOT_REVIEWED
    except Exception as fault:  # noqa: BLE001 - the last door: a fault of ours is told, never shown as success
        return _our_fault(fault)


def _our_fault(fault: BaseException) -> int:
    where: Any = traceback.extract_tb(fault.__traceback__)[-1]
    _tell(f"not reviewed: this is a fault of Mainstay ({type(fault).__name__} in {where.name}, line {where.lineno}).")
    if os.environ.get("MAINSTAY_DEBUG"):
        traceback.print_exception(fault)
    else:
        click.echo("  Set MAINSTAY_DEBUG=1 to see the details, and please report it.", err=True)
    return NOT_REVIEWED


def _tell(text: str) -> None:
    click.echo(f"mainstay: {text}", err=True)
