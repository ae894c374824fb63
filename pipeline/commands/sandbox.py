"""`sandbox` keeps a local stand-in for Google and a mail server open; `demo` walks the whole loop in one."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import Asked, with_options
from pipeline.errors import Exit


@click.command()
@click.option("--dir", "directory", type=click.Path(path_type=Path), default=Path("sandbox-data"), show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of pages and Sheets API; 0: any free one.")
@click.option("--smtp-port", type=click.IntRange(0, 65535), default=0, help="Of the mail server; 0: any free one.")
@click.option("--sample", is_flag=True, help="Fill in the sample responses.")
@with_options
def sandbox(asked: Asked, directory: Path, port: int, smtp_port: int, sample: bool) -> int:
    """Run the sandbox until stopped. The first line printed is one JSON object that says where everything is."""
    from pipeline.sandbox.app import run_sandbox

    def announce(description: dict[str, Any]) -> None:
        click.echo(json.dumps(description, ensure_ascii=False))
        sys.stdout.flush()
        if asked.verbosity >= 0:
            click.echo(
                f"Spreadsheet and letters: {description['web']}\n"
                f"Then, in another terminal: matchmaker --config {description['config']} init (once), and run\n"
                "Stop with Ctrl-C.",
                err=True,
            )

    run_sandbox(directory, port=port, smtp_port=smtp_port, sample=sample, announce=announce)
    return Exit.DONE


@click.command()
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="Keep the sandbox's files there.")
@with_options
def demo(asked: Asked, directory: Path | None) -> int:
    """The whole loop in a sandbox of its own: answers, proposals, ticks, letters. Nothing leaves this machine."""
    from pipeline.sandbox.demo import play

    del asked
    if directory is not None:
        play(directory, click.echo)
        click.echo(f"\nTo look at it yourself: matchmaker sandbox --dir {directory}")
        return Exit.DONE
    with tempfile.TemporaryDirectory(prefix="matchmaker-demo-") as temporary:
        play(Path(temporary), click.echo)
    click.echo("\nTo look at it yourself: make sandbox, then open the address it prints.")
    return Exit.DONE
