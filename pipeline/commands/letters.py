"""`outbox`: letters that are not finished. `ledger`: its backup, its return, and its rebuilding."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.options import Asked, emit, one_line, with_options
from pipeline.errors import Exit, UsageError


@click.group(invoke_without_command=True)
@with_options
def outbox(asked: Asked) -> int:
    """Introductions that are not finished; `outbox resolve` settles the unsure ones."""
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        return Exit.DONE
    from pipeline.model import LetterState
    from pipeline.wiring import now, open_ledger_only

    with open_ledger_only(asked.settings, read_only=True) as ledger:
        finished = {LetterState.SENT, LetterState.WITHDRAWN}
        letters = [record for record in ledger.load(now()).letters.values() if record.state not in finished]
    letters.sort(key=lambda record: record.since)
    if asked.as_json:
        emit(
            [
                {
                    "id": record.id,
                    "match": record.match,
                    "state": record.state,
                    "since": record.since.isoformat(),
                    "recipients": list(record.envelope.recipients),
                    "detail": record.detail,
                }
                for record in letters
            ]
        )
        return Exit.DONE
    for record in letters:
        recipients = ", ".join(record.envelope.recipients)
        click.echo(
            one_line(
                f"{record.id}  {record.state} since {record.since:%Y-%m-%d %H:%M} UTC, to {recipients}: {record.detail}"
            )
        )
    if not letters:
        click.echo("No letter is on its way.")
    return Exit.DONE


@outbox.command()
@click.argument("identifier", metavar="ID")
@click.option("--sent/--not-sent", "was_sent", default=None, help="What you found out.")
@with_options
def resolve(asked: Asked, identifier: str, was_sent: bool | None) -> int:
    """Settle an unsure letter: it was sent (nothing more leaves), or it was not (the next run sends it)."""
    from pipeline.adapters.lock import run_lock
    from pipeline.letters.identity import introduction_id
    from pipeline.model import LetterState
    from pipeline.ports import LedgerChanges
    from pipeline.wiring import now, open_ledger_only

    if was_sent is None:
        raise UsageError("Say what you found out.", hint="Add --sent or --not-sent.")
    settings = asked.settings
    with run_lock(settings.path(settings.run.lock_file), now()), open_ledger_only(settings) as ledger:
        ledger.recover(now())
        letters = ledger.load(now()).letters
        name = identifier if identifier in letters else introduction_id(identifier)
        record = letters.get(name)
        if record is None:
            raise UsageError(f"No letter is called {one_line(identifier)[:80]}.", hint="See: matchmaker outbox")
        if record.state is not LetterState.UNSURE:
            raise UsageError(f"{name} is {record.state}, not unsure.", hint="There is nothing to settle.")
        ledger.record(LedgerChanges(at=now(), settled={name: was_sent}))
    click.echo(f"{name}: counts as sent." if was_sent else f"{name}: leaves with the next run if it is still approved.")
    return Exit.DONE


@click.group()
def ledger() -> None:
    """The ledger's backup, its return, and its rebuilding from the sheet."""


@ledger.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@with_options
def export(asked: Asked, file: Path) -> int:
    """Write everything the ledger knows into a private file."""
    from pipeline.adapters.ledger.files import export_ledger
    from pipeline.wiring import open_ledger_only

    with open_ledger_only(asked.settings, read_only=True) as opened:
        count = export_ledger(opened, file)
    click.echo(f"{count} lines written to {file}.")
    return Exit.DONE


@ledger.command(name="import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@with_options
def import_(asked: Asked, file: Path) -> int:
    """Read an export back into an empty ledger."""
    from pipeline.adapters.ledger.files import import_ledger
    from pipeline.adapters.lock import run_lock
    from pipeline.wiring import now, open_ledger_only

    settings = asked.settings
    with run_lock(settings.path(settings.run.lock_file), now()), open_ledger_only(settings) as opened:
        count = import_ledger(opened, file)
    click.echo(f"{count} lines read from {file}.")
    return Exit.DONE


@ledger.command()
@with_options
def rebuild(asked: Asked) -> int:
    """After a lost disk: take over from the review tab which matches were introduced, so that none is again."""
    from pipeline.adapters.lock import run_lock
    from pipeline.run import rebuild as do_rebuild
    from pipeline.wiring import now, open_adapters

    settings = asked.settings
    with (
        run_lock(settings.path(settings.run.lock_file), now()),
        open_adapters(settings, sending=False) as adapters,
    ):
        adopted = do_rebuild(adapters)
    for match in adopted:
        click.echo(f"{match} counts as introduced.")
    click.echo(f"{len(adopted)} matches taken over from the review tab.")
    return Exit.DONE
