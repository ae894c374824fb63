"""The tab `Entries`: one row for each answer, what became of it, and the box that has somebody told "nobody yet".

A row is one entry, whatever is edited: the program keeps every cell of its own current. What it cannot find in the
answers any more, because somebody asked to be forgotten, it takes out of the row as well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.cleaning.cells import as_date, is_tick, shortened, text_under
from pipeline.model import Cell, NewRow, Problem, RowUpdate, SheetRow, Table
from pipeline.tabs.tab import Body, FilterView, Tab, checkbox, not_a_tick, not_a_tick_problem, program

BECAME = "What became of it"
TELL_THEM = "Tell them"
ORGANISATION = "Organisation"
WANTS = "Wants"
OFFERS = "Offers"
SINCE = "Since"
EMAIL = "E-mail"
ID = "Id"

INTRODUCED = "Introduced"
PROPOSED = "Proposed"
HELD = "Held"
WAITING = "Waiting"
STILL_WAITING = "Still waiting"
TOLD = "Told"
CLOSED = "Closed"

TAB = Tab(
    name="Entries",
    body=Body.ROWS,
    key=ID,
    status=BECAME,
    kept=(ORGANISATION, WANTS, OFFERS, SINCE, EMAIL),
    columns=(
        program(BECAME, 380, "Written by the program. The id at its end names the answer; please leave it."),
        checkbox(
            TELL_THEM,
            "When it says Still waiting: tick, and the next run writes to them that nobody was found yet.",
        ),
        program(ORGANISATION, 220),
        program(WANTS, 280),
        program(OFFERS, 280),
        program(SINCE, 90, "The day they answered first."),
        program(EMAIL, 200),
        program(ID, 110),
    ),
    colours=(
        (INTRODUCED, "#e6f4ea"),
        (PROPOSED, "#e3f2fd"),
        (HELD, "#fde0dc"),
        (STILL_WAITING, "#fff8e1"),
        (CLOSED, "#eeeeee"),
    ),
    filter_view=FilterView(title="To tell", starts=(STILL_WAITING,)),
)

ERASED = "(erased)"
NOBODY_YET = "that nobody was found yet"
_TOLD_ON = re.compile(rf"(?i:{TOLD}) on (\d{{1,2}} [A-Z][a-z]+ \d{{4}}) {NOBODY_YET}")
"""The whole of it: "told on 1 May 2027" may be what the officer wrote into the box, and is quoted then."""
ENTRY_ID = re.compile(r"E-[0-9A-HJKMNP-TV-Z]{8}")
"""What an entry's id looks like; `intake.identity` makes them."""
GONE = f"{CLOSED}: the answer is not in the responses tab any more"
"""How the row of an entry begins whose answer has left that tab."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """What the tab shows of one answer, but for what became of it."""

    id: str
    organisation: str
    wants: str
    offers: str
    since: date
    email: str

    @property
    def cells(self) -> dict[str, Cell]:
        """The program's cells by title."""
        return {
            ORGANISATION: self.organisation,
            WANTS: self.wants,
            OFFERS: self.offers,
            SINCE: self.since.isoformat(),
            EMAIL: self.email,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesReading:
    """What the tab said at one reading, by entry."""

    statuses: Mapping[str, str]
    """What became of it, as it stands; empty where that is another row's."""
    shown: Mapping[str, Mapping[str, str]]
    """The program's other cells as they stand."""
    ticked: frozenset[str]
    """Those whose box is ticked, on a row whose tick counts."""
    unticked: frozenset[str]
    """Those whose box is surely empty."""
    trouble: Mapping[str, str]
    """Why a row's tick does not count, and what to do."""
    problems: tuple[Problem, ...] = ()


NOTHING_READ = EntriesReading(statuses={}, shown={}, ticked=frozenset(), unticked=frozenset(), trouble={})
"""As of a spreadsheet without the tab."""


def read_entries_tab(table: Table, addresses: Mapping[str, str]) -> EntriesReading:
    """Read every row. `addresses` gives for each entry that is known the address it came from.

    An entry that stands on several rows, or on one whose `Id` was changed, has no tick that counts.
    """
    rows: dict[str, list[SheetRow]] = defaultdict(list)
    for row in table.rows:
        if identifier := _entry_of(row, addresses):
            rows[identifier].append(row)
    trouble = {identifier: wrong for identifier, found in rows.items() if (wrong := _trouble(identifier, found))}
    sound = {identifier: found[0] for identifier, found in rows.items() if identifier not in trouble}
    return EntriesReading(
        statuses={
            identifier: text_under(found[0], BECAME) if found[0].tag in (None, identifier) else ""
            for identifier, found in rows.items()
        },
        shown={
            identifier: {title: text_under(found[0], title) for title in TAB.kept} for identifier, found in rows.items()
        },
        ticked=frozenset(identifier for identifier, row in sound.items() if is_tick(row, TELL_THEM)),
        unticked=frozenset(identifier for identifier, row in sound.items() if not is_tick(row, TELL_THEM)),
        trouble=trouble,
        problems=tuple(
            not_a_tick_problem(table.title, row, oddity, identifier)
            for identifier, found in rows.items()
            for row in found
            if (oddity := not_a_tick(TAB, row))
        ),
    )


def told_on(status: str) -> date | None:
    """When a row says that the organisation was told that nobody was found yet; None where it says nothing of it."""
    found = _TOLD_ON.search(status)
    day = as_date(found[1]) if found else None
    return day if isinstance(day, date) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingEntry:
    """What a row tells of an entry that no ledger knows."""

    id: str
    organisation: str
    email: str
    since: date | None
    """None where that cell cannot be read."""
    was_told: bool
    is_gone: bool
    """Its answer had left the responses tab."""


def standing_entries(table: Table) -> tuple[StandingEntry, ...]:
    """What whole rows tell of entries, for the case that the ledger is lost; of copies the first counts."""
    found: dict[str, StandingEntry] = {}
    for row in table.rows:
        identifier, since, email = text_under(row, ID), as_date(row.cells.get(SINCE)), text_under(row, EMAIL)
        if ENTRY_ID.fullmatch(identifier) and row.tag == identifier and email:
            entry = StandingEntry(
                id=identifier,
                organisation=text_under(row, ORGANISATION),
                email=email,
                since=since if isinstance(since, date) else None,
                was_told=told_on(text_under(row, BECAME)) is not None,
                is_gone=text_under(row, BECAME).startswith(GONE),
            )
            found.setdefault(identifier, entry)
    return tuple(found.values())


def new_rows(rows: Sequence[EntryRow], became: Mapping[str, str], reading: EntriesReading) -> tuple[NewRow, ...]:
    """Rows for the answers that have none yet. `became` is by entry."""
    return tuple(
        NewRow(key=row.id, cells={BECAME: became[row.id], **row.cells, ID: row.id})
        for row in rows
        if row.id not in reading.statuses
    )


def row_updates(
    rows: Mapping[str, EntryRow], became: Mapping[str, str], erased: frozenset[str], reading: EntriesReading
) -> tuple[RowUpdate, ...]:
    """What each row should say now, where it says something else.

    `became` is by entry; an entry without answers keeps the cells it has, but for the `erased` ones.
    """
    updates = []
    for identifier, text in became.items():
        if identifier not in reading.statuses:
            continue
        wanted = rows[identifier].cells if identifier in rows else _ERASED_CELLS if identifier in erased else {}
        cells = dict(wanted) if _differ(wanted, reading.shown[identifier]) else {}
        if cells or reading.statuses[identifier] != " ".join(text.split()):
            updates.append(RowUpdate(key=identifier, cells={BECAME: text, **cells}))
    return tuple(updates)


_ERASED_CELLS: Mapping[str, Cell] = {ORGANISATION: ERASED, WANTS: "", OFFERS: "", EMAIL: ""}


def _differ(wanted: Mapping[str, Cell], shown: Mapping[str, str]) -> bool:
    return any(" ".join(str(value).split()) != shown[title] for title, value in wanted.items())


def _entry_of(row: SheetRow, addresses: Mapping[str, str]) -> str | None:
    """The row's entry: what its status ends in, unless that was pasted from elsewhere; else what stands under `Id`."""
    written = text_under(row, ID)
    told = row.tag if row.tag in addresses else None
    if told is None or told == written:
        return written or None
    pasted_over = written in addresses and text_under(row, EMAIL).casefold() == addresses[written].casefold()
    return written if pasted_over else told


def _trouble(identifier: str, rows: Sequence[SheetRow]) -> str | None:
    if len(rows) > 1:
        numbers = ", ".join(str(row.number) for row in rows)
        return f"this answer stands on rows {numbers}; delete the copies, then tick again"
    (row,) = rows
    if (written := text_under(row, ID)) != identifier:
        what = f"was changed to “{shortened(written)}”" if written else "was emptied"
        return f"the cell {ID} {what}; write {identifier} there"
    if oddity := not_a_tick(TAB, row):
        return f"{oddity}; clear the cell and restore its checkbox (Insert > Checkbox)"
    return None
