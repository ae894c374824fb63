"""The tab `Organisations`: each with its spellings, parent, contacts and number of entries, and since when it rests.

A row is one organisation for ever: people write beside it until when it shall be left alone, and the program keeps
the cells of its own current.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.cleaning.cells import Complaint, as_date, is_blank, shortened, text_under
from pipeline.model import Cell, NewRow, Organisation, Problem, RowUpdate, SheetRow, Table
from pipeline.tabs.tab import STATUS, Body, Tab, people, program

LEAVE_ALONE_UNTIL = "Leave alone until"
ORGANISATION = "Organisation"
ALSO_WRITTEN = "Also written"
BELONGS_TO = "Belongs to"
COUNTRY = "Country"
PLACE = "Place"
DOMAINS = "Website domains"
CONTACTS = "Contacts"
ENTRIES = "Entries"
ID = "Id"

TAB = Tab(
    name="Organisations",
    body=Body.ROWS,
    key=ID,
    kept=(ORGANISATION, ALSO_WRITTEN, BELONGS_TO, COUNTRY, PLACE, DOMAINS, CONTACTS, ENTRIES),
    columns=(
        program(STATUS, 200, "Written by the program. The id at its end names the organisation; please leave it."),
        people(
            LEAVE_ALONE_UNTIL,
            120,
            "A day: until it is over nothing is proposed, sent or reminded. Clear it to go on at once.",
        ),
        program(ORGANISATION, 240),
        program(ALSO_WRITTEN, 300),
        program(BELONGS_TO, 200),
        program(COUNTRY, 80),
        program(PLACE, 140),
        program(DOMAINS, 160),
        program(CONTACTS, 200),
        program(ENTRIES, 80),
        program(ID, 100),
    ),
    colours=(("Left alone", "#eeeeee"),),
)

OURS = re.compile(r"O-[A-Z0-9]{4,16}")
"""What an organisation's id looks like."""
ERASED = "(erased)"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationsReading:
    """What the tab said at one reading, by organisation."""

    statuses: Mapping[str, str]
    shown: Mapping[str, Mapping[str, str]]
    """The program's other cells as they stand."""
    left_alone_until: Mapping[str, date]
    """The day as people wrote it; the last of all days where it cannot be read: nothing leaves until it is mended."""
    contacts: Mapping[str, tuple[str, ...]]
    """The addresses on the rows with such a day: whoever writes from them is meant under whatever name."""
    problems: tuple[Problem, ...]


def read_organisations(table: Table) -> OrganisationsReading:
    """Read every row. One whose `Id` and `Status` name two organisations counts for both, and is a problem."""
    rows: dict[str, list[SheetRow]] = defaultdict(list)
    days: dict[str, date] = {}
    problems: list[Problem] = []
    for row in table.rows:
        written = text_under(row, ID)
        named = tuple(dict.fromkeys(one for one in (row.tag, written) if one and OURS.fullmatch(one)))
        for identifier in named[:1]:
            rows[identifier].append(row)
        until = _until(row)
        if until is None:
            continue
        if isinstance(until, Complaint):
            problems.append(_unreadable(table.title, row, until))
            until = date.max
        if len(named) != 1:
            problems.append(_misnamed(table.title, row, named))
        for identifier in named:
            days[identifier] = max(until, days.get(identifier, until))
    return OrganisationsReading(
        statuses={one: text_under(found[0], STATUS) for one, found in rows.items()},
        shown={one: {title: text_under(found[0], title) for title in TAB.kept} for one, found in rows.items()},
        left_alone_until=days,
        contacts={one: tuple(text_under(rows[one][0], CONTACTS).split("; ")) for one in days if one in rows},
        problems=tuple(problems),
    )


def new_rows(
    organisations: Sequence[Organisation],
    statuses: Mapping[str, str],
    reading: OrganisationsReading,
    days: Mapping[str, str],
) -> tuple[NewRow, ...]:
    """A row for each organisation that has none, by name. `statuses` is by id.

    One that somebody deleted comes back with its day (`days`, by id, as the cell will say it).
    """
    names = {organisation.id: organisation.name for organisation in organisations}
    return tuple(
        NewRow(
            key=one.id,
            cells={
                STATUS: statuses[one.id],
                **({LEAVE_ALONE_UNTIL: days[one.id]} if one.id in days else {}),
                **_cells(one, names),
                ID: one.id,
            },
        )
        for one in sorted(organisations, key=lambda one: (one.name.casefold(), one.country or "", one.city or ""))
        if one.id not in reading.statuses
    )


def row_updates(
    organisations: Sequence[Organisation],
    statuses: Mapping[str, str],
    reading: OrganisationsReading,
    is_erased: Callable[[str], bool],
) -> tuple[RowUpdate, ...]:
    """What each row should say now, where it says something else.

    `statuses` is by id. A row without an open entry keeps the name alone, and beside a day whom it holds for; one that
    has no status, since nobody knows it any more, keeps nothing.
    """
    names = {organisation.id: organisation.name for organisation in organisations}
    cells = {organisation.id: _cells(organisation, names) for organisation in organisations}
    updates = []
    for identifier, shown in reading.shown.items():
        status = statuses.get(identifier, ERASED)
        meant = "; ".join(one for one in reading.contacts.get(identifier, ()) if not is_erased(one))
        gone = {**dict.fromkeys(TAB.kept, ""), ORGANISATION: shown[ORGANISATION], CONTACTS: meant}
        if status == ERASED:
            gone |= {ORGANISATION: ERASED, CONTACTS: ""}
        wanted = cells.get(identifier, gone)
        differ = any(" ".join(str(value).split()) != shown[title] for title, value in wanted.items())
        if differ or reading.statuses[identifier] != status:
            updates.append(RowUpdate(key=identifier, cells={STATUS: status, **(wanted if differ else {})}))
    return tuple(updates)


def _cells(organisation: Organisation, names: Mapping[str, str]) -> dict[str, Cell]:
    """The program's cells by title; `names` are those of all organisations, by id."""
    others = (spelling for spelling in organisation.spellings if spelling != organisation.name)
    return {
        ORGANISATION: organisation.name,
        ALSO_WRITTEN: "; ".join(others),
        BELONGS_TO: names.get(organisation.parent or "", organisation.parent_name or ""),
        COUNTRY: organisation.country or "",
        PLACE: ", ".join(part for part in (organisation.city, organisation.region) if part),
        DOMAINS: ", ".join(organisation.domains),
        CONTACTS: "; ".join(organisation.contacts),
        ENTRIES: len(organisation.entries),
    }


def _until(row: SheetRow) -> date | Complaint | None:
    cell = row.cells.get(LEAVE_ALONE_UNTIL)
    return None if is_blank(cell) or cell is False else as_date(cell)


def _unreadable(title: str, row: SheetRow, complaint: Complaint) -> Problem:
    written = shortened(row.cells.get(LEAVE_ALONE_UNTIL))
    name = text_under(row, ORGANISATION) or "a row without a name"
    return Problem(
        where=f"{title}, row {row.number}, {LEAVE_ALONE_UNTIL}",
        what=f"“{written}” beside {name} {complaint.what}. Until that is mended it is left alone.",
        fix="Write a day such as 1 March 2027, or clear the cell.",
        key=f"leave-alone:{row.tag or text_under(row, ID)}:{written}",
    )


def _misnamed(title: str, row: SheetRow, named: Sequence[str]) -> Problem:
    if not named:
        what, fix = (
            "This row names no organisation of ours, so nobody is left alone for it.",
            ("Write the day on the organisation's own row, and clear this one."),
        )
    else:
        what = f"This row names two organisations ({' and '.join(named)}); both are left alone."
        fix = f"Write {named[0]} under {ID} if that is the one meant; otherwise move the day to the right row."
    return Problem(
        where=f"{title}, row {row.number}, {LEAVE_ALONE_UNTIL}",
        what=what,
        fix=fix,
        key=f"leave-alone:{'+'.join(named)}",
    )
