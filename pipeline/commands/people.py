"""People's rights: what is held about somebody, its erasure, and the retention periods."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import Asked, emit, one_line, with_options
from pipeline.errors import BrakePulled, Exit, MatchmakerError, UsageError

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.model import SheetSnapshot

BY_HAND = (
    "Delete the answer in the Google Form itself (Responses > Individual): the form keeps its own copy.",
    "Delete the row in the responses tab, and rows that name the person in the other tabs of the spreadsheet.",
    "Delete copies of letters in the Sent and journal mailboxes.",
    "Older versions of the spreadsheet cannot be deleted one by one: copy it without history once a year.",
)
"""Where the program does not reach (Google Sheets cannot delete revisions)."""


@click.command()
@click.argument("email", metavar="EMAIL")
@with_options
def subject(asked: Asked, email: str) -> int:
    """Everything that is held about a person, as JSON."""
    from pipeline.adapters.ledger.people import subject as held_about
    from pipeline.wiring import open_ledger_only

    address = _address(email)
    with open_ledger_only(asked.settings, read_only=True) as ledger:
        document = {"ledger": held_about(ledger, address)}
    document["spreadsheet"] = _in_the_sheet(asked.settings, address)
    document["elsewhere"] = {"ask the secretariat": list(BY_HAND)}
    emit(document)
    return Exit.DONE


@click.command()
@click.argument("email", metavar="EMAIL")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_options
def forget(asked: Asked, email: str, yes: bool) -> int:
    """Erase a person from the ledger for good, and say what has to be deleted by hand."""
    from pipeline.adapters.ledger.people import forget as erase
    from pipeline.adapters.lock import run_lock
    from pipeline.wiring import now, open_ledger_only

    address = _address(email)
    settings = asked.settings
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("Nobody is here to be asked whether to erase.", hint="If you are sure, add --yes.")
        click.confirm("Erase this person from the ledger? It cannot be undone.", abort=True)
    with run_lock(settings.path(settings.run.lock_file), now()), open_ledger_only(settings) as ledger:
        counts = erase(ledger, address, now())
    told = _counted(counts) or "nothing was held"
    click.echo(f"Erased from the ledger: {one_line(told)}. The address stays on the list of erased ones as a hash.")
    click.echo("What only a person can do:")
    for step in BY_HAND:
        click.echo(f"- {step}")
    rows = _in_the_sheet(settings, address)
    for tab, numbers in rows.items():
        click.echo(f"- {tab}: {one_line(str(numbers))}")
    return Exit.DONE


@click.command()
@with_options
def purge(asked: Asked) -> int:
    """Apply the retention periods of [retention]. Says nothing when nothing was due."""
    from pipeline.adapters.ledger.people import purge as apply
    from pipeline.adapters.lock import run_lock
    from pipeline.matching.eligibility import day_in_words
    from pipeline.planning.brakes import unlikely_moment
    from pipeline.wiring import now, open_ledger_only

    settings = asked.settings
    moment = now()
    with run_lock(settings.path(settings.run.lock_file), moment), open_ledger_only(settings) as ledger:
        off = unlikely_moment(moment, ledger.load(moment).last_acted)
        if off is not None:
            raise BrakePulled(
                f"{off} It says {day_in_words(moment.date())}. Nothing was let go.",
                hint="Mend the machine's clock; or, if it is right, tick Go on in Problems, where the next run asks.",
            )
        counts = apply(ledger, settings.retention, moment)
    told = _counted(counts)
    if told:
        click.echo(f"Purged: {one_line(told)}.")
    return Exit.DONE


def _counted(counts: Mapping[str, int]) -> str:
    """What was touched: "matches: 1, entries: 2"."""
    return ", ".join(f"{what}: {count}" for what, count in counts.items() if count)


def _address(text: str) -> str:
    from pipeline.cleaning import clean_address

    cleaned = clean_address(text)
    if isinstance(cleaned, str):
        raise UsageError(f"EMAIL: {cleaned}", hint="Give one plain e-mail address.")
    return cleaned.text


def _in_the_sheet(settings: Settings, address: str) -> dict[str, str]:
    """The rows that hold the address, by tab; a sentence when the sheet cannot be read."""
    from pipeline.adapters.sheets.spreadsheet import open_spreadsheet

    if not settings.sheets.spreadsheet_id:
        return {}
    try:
        snapshot = open_spreadsheet(settings.sheets, settings.base).read()
    except MatchmakerError as error:
        return {"The spreadsheet could not be searched": str(error.args[0])}
    return rows_with(snapshot, address)


def rows_with(snapshot: SheetSnapshot, address: str) -> dict[str, str]:
    """The numbers of the rows in which the address stands, however it is written: "Review, rows" -> "2, 5"."""
    from pipeline.cleaning import mentions

    found = {}
    for table in snapshot.tables.values():
        numbers = [
            str(row.number)
            for row in table.rows
            if any(isinstance(cell, str) and mentions(cell, address) for cell in row.cells.values())
        ]
        if numbers:
            found[f"{table.title}, rows"] = ", ".join(numbers)
    return found
