"""The tab `Forms`: where each form is, and where its answers go; filled by the script that makes a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.model import Cell, Table
from pipeline.tabs.tab import Body, Tab, checkbox, people, program

FORM = "Form"
ADDRESS = "Address"
PREFILLED_LINK = "Prefilled link"
ANSWERS_IN = "Answers in"
ADDRESSES = "Addresses"
IGNORE = "Ignore"
LAST_ANSWER = "Last answer"

TAB = Tab(
    name="Forms",
    body=Body.PEOPLE,
    columns=(
        people(FORM, 120, "The form's name: matchmaker form NAME."),
        people(ADDRESS, 300, "Where people fill it in."),
        people(
            PREFILLED_LINK,
            300,
            "The same with places for what a letter can fill in: {match}, {side}, {first_day}, {last_day}.",
        ),
        people(ANSWERS_IN, 160, "The tab its answers go to."),
        people(ADDRESSES, 100, "verified: Google asks people to sign in. typed: they write their address themselves."),
        checkbox(IGNORE, "Tick: an old copy of the form."),
        program(LAST_ANSWER, 140),
    ),
)

SCRIPT_COLUMNS = {
    "form": FORM,
    "address": ADDRESS,
    "link": PREFILLED_LINK,
    "answers": ANSWERS_IN,
    "addresses": ADDRESSES,
}
"""What the script that makes a form calls the columns it fills."""


def cells(noted: Mapping[str, str]) -> dict[str, Cell]:
    """A row by title, from what is noted of a form under the script's names; people's and runs' columns stay out."""
    return {SCRIPT_COLUMNS[name]: value for name, value in noted.items()}


def lacking(table: Table, rows: Iterable[Mapping[str, Cell]]) -> tuple[Mapping[str, Cell], ...]:
    """Those rows whose form has none in the tab yet."""
    known = {str(row.cells.get(FORM) or "").strip() for row in table.rows}
    return tuple(row for row in rows if row[FORM] not in known)
