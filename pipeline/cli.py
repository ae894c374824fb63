"""The command line: the list of commands, and what an error or a bug looks like to whoever called it.

Results go to standard output, everything else to standard error. Expected failures are one calm line
and an exit code; only a bug of ours shows a traceback.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Mapping
from typing import NoReturn

import click

from pipeline.commands.options import Asked, one_line, redact, trace_of, with_options
from pipeline.errors import Exit, MatchmakerError

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("sandbox", "demo"),
    "sandbox": ("sandbox", "sandbox"),
    "form": ("setup", "form"),
    "map": ("setup", "map_"),
    "init": ("setup", "init"),
    "check": ("setup", "check"),
    "plan": ("work", "plan"),
    "run": ("work", "run"),
    "status": ("work", "status"),
    "explain": ("work", "explain"),
    "preview": ("work", "preview"),
    "outbox": ("letters", "outbox"),
    "ledger": ("letters", "ledger"),
    "link": ("lists", "link"),
    "match": ("lists", "match"),
    "report": ("reports", "report"),
    "subject": ("people", "subject"),
    "forget": ("people", "forget"),
    "purge": ("people", "purge"),
}
"""Command -> module under `pipeline.commands`, function in it. Loaded when called: an hourly run starts at once."""


WINDOWS = (
    "matchmaker: Windows is not supported; locks and files are handled as Linux and macOS do. "
    "Use one of these, or the Windows Subsystem for Linux (wsl --install)."
)


class Commands(click.Group):
    """The commands, each imported only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands, in the order of a newcomer's way through them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"pipeline.commands.{module}"), function)
        return command if isinstance(command, click.Command) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mobility-matchmaker", prog_name="matchmaker")
@with_options
def cli(asked: Asked) -> None:
    """From a filled form to two organisations reading an introduction.

    Reads the form's answers, tells organisations apart, proposes partners in the review tab, and introduces
    those the secretariat has ticked. Start with: matchmaker demo
    """
    del asked


def main() -> NoReturn:
    """Run the command line and end the process with the documented exit code."""
    if os.name == "nt":
        click.echo(WINDOWS, err=True)
        sys.exit(Exit.USAGE)
    gc.set_threshold(100_000, 20, 100)  # a short process full of small values: looking for rubbish costs a tenth of it
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else Exit.DONE)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except MatchmakerError as error:
        click.echo(redact(one_line(f"matchmaker: {error}")), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(Exit.DONE)
    except Exception as error:  # noqa: BLE001
        for line in ("Traceback (most recent call last):", *trace_of(error)):
            click.echo(line, err=True)
        click.echo("matchmaker: this is a bug of ours. Nothing more was done; please report the lines above.", err=True)
        sys.exit(Exit.OUR_BUG)
