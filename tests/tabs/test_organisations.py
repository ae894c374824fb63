"""The tab `Organisations`: a row for each, its cells kept current, and the day people write beside it."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.model import Cell, Organisation, SheetRow, Table
from pipeline.tabs.organisations import (
    TAB,
    OrganisationsReading,
    new_rows,
    read_organisations,
    row_updates,
)

PARENT = Organisation(id="O-AAAA", name="Zurich", country="Switzerland")
CHILD = Organisation(
    id="O-BBBB",
    name="gent kisp",
    spellings=("Kisp vzw", "gent kisp", "KISP"),
    parent="O-AAAA",
    parent_name="Zürich",
    country="Belgium",
    city="Gent",
    region="Flanders",
    domains=("kisp.example", "gent.example"),
    contacts=("ana@kisp.example", "bo@kisp.example"),
    entries=("E-1", "E-2"),
)
ORPHAN = Organisation(id="O-CCCC", name="Gent", parent="O-404", parent_name="Vlaanderen", city="Gent")
ALL = (PARENT, CHILD, ORPHAN)
OPEN = {one.id: "Open" for one in ALL}


def row(number: int, identifier: str | None, until: Cell = None, *, tag: str | None = "", **cells: Cell) -> SheetRow:
    return SheetRow(
        number=number,
        cells={"Status": "Open", "Id": identifier, "Leave alone until": until, **cells},
        tag=identifier if tag == "" else tag,
    )


def read(*rows: SheetRow) -> OrganisationsReading:
    return read_organisations(Table(title="Organisations", header=TAB.titles, rows=rows))


def nobody(_address: str) -> bool:
    return False


def standing() -> list[SheetRow]:
    """The rows as the program wrote them."""
    return [
        SheetRow(number=number, cells=new.cells, tag=new.key)
        for number, new in enumerate(new_rows(ALL, OPEN, read(), {}), start=2)
    ]


def test_the_titles_and_who_writes_them() -> None:
    assert {column.title: str(column.author) for column in TAB.columns} == {
        "Status": "program",
        "Leave alone until": "people",
        "Organisation": "program",
        "Also written": "program",
        "Belongs to": "program",
        "Country": "program",
        "Place": "program",
        "Website domains": "program",
        "Contacts": "program",
        "Entries": "program",
        "Id": "program",
    }


def test_each_organisation_gets_a_row_by_name_once() -> None:
    rows = new_rows(ALL, OPEN, read(), {})
    assert [new.key for new in rows] == ["O-CCCC", "O-BBBB", "O-AAAA"]
    assert rows[1].cells == {
        "Status": "Open",
        "Organisation": "gent kisp",
        "Also written": "Kisp vzw; KISP",
        "Belongs to": "Zurich",
        "Country": "Belgium",
        "Place": "Gent, Flanders",
        "Website domains": "kisp.example, gent.example",
        "Contacts": "ana@kisp.example; bo@kisp.example",
        "Entries": 2,
        "Id": "O-BBBB",
    }
    assert rows[0].cells["Belongs to"] == "Vlaanderen"
    assert new_rows(ALL, OPEN, read(*standing()), {}) == ()


def test_rows_are_kept_current_and_only_where_they_differ() -> None:
    reading = read(*standing())
    assert row_updates(ALL, OPEN, reading, nobody) == ()
    renamed = Organisation(id="O-AAAA", name="Zürich", country="Switzerland")
    updates = row_updates((renamed, CHILD, ORPHAN), OPEN | {"O-CCCC": "Left alone"}, reading, nobody)
    cells = {update.key: update.cells for update in updates}
    assert cells["O-CCCC"] == {"Status": "Left alone"}
    assert (cells["O-BBBB"]["Belongs to"], cells["O-BBBB"]["Status"]) == ("Zürich", "Open")
    assert cells["O-AAAA"]["Organisation"] == "Zürich"


def test_an_organisation_without_an_entry_keeps_its_name_and_one_nobody_knows_nothing() -> None:
    (update,) = row_updates((PARENT, ORPHAN), OPEN | {"O-BBBB": "No open entry"}, read(*standing()), nobody)
    assert update.cells["Organisation"] == "gent kisp"
    assert {update.cells[title] for title in ("Contacts", "Also written", "Place", "Entries")} == {""}
    unknown = {one: text for one, text in OPEN.items() if one != "O-BBBB"}
    (update,) = row_updates((PARENT, ORPHAN), unknown, read(*standing()), nobody)
    assert (update.cells["Status"], update.cells["Organisation"], update.cells["Contacts"]) == ("(erased)",) * 2 + ("",)


def test_beside_a_day_a_row_says_for_whom_it_holds_until_they_are_forgotten() -> None:
    rows = [
        SheetRow(number=one.number, cells={**one.cells, "Leave alone until": "1 March 2027"}, tag=one.tag)
        for one in standing()
    ]
    reading = read(*rows)
    assert reading.contacts["O-BBBB"] == ("ana@kisp.example", "bo@kisp.example")
    statuses = OPEN | {"O-BBBB": "Left alone until 1 March 2027"}
    for is_erased, kept in [
        (nobody, "ana@kisp.example; bo@kisp.example"),
        (lambda address: address.startswith("ana"), "bo@kisp.example"),
    ]:
        (update,) = row_updates((PARENT, ORPHAN), statuses, reading, is_erased)
        assert (update.cells["Organisation"], update.cells["Contacts"]) == ("gent kisp", kept)


@pytest.mark.parametrize(
    ("cell", "until"),
    [
        (46_447, date(2027, 3, 1)),
        ("1 March 2027", date(2027, 3, 1)),
        ("2027-03-01", date(2027, 3, 1)),
        ("1 mars 2027", date(2027, 3, 1)),
        (None, None),
        ("", None),
        (" ", None),
        (False, None),
    ],
)
def test_a_day_is_read_as_everywhere(cell: Cell, until: date | None) -> None:
    reading = read(row(2, "O-AAAA", cell))
    assert reading.left_alone_until == ({} if until is None else {"O-AAAA": until})
    assert reading.problems == ()


@pytest.mark.parametrize("cell", ["spring", "1/3/2027", 12, True, "31 February 2027"])
def test_what_is_no_day_is_a_problem_and_meanwhile_nothing_leaves(cell: Cell) -> None:
    reading = read(row(7, "O-AAAA", cell, Organisation="Zurich"))
    (problem,) = reading.problems
    assert problem.where == "Organisations, row 7, Leave alone until"
    assert "beside Zurich" in problem.what
    assert problem.what.endswith("Until that is mended it is left alone.")
    assert problem.fix == "Write a day such as 1 March 2027, or clear the cell."
    assert reading.left_alone_until == {"O-AAAA": date.max}


def test_a_day_on_a_row_of_nobodys_or_of_two_is_told() -> None:
    no_one, two = read(row(2, None, "1 March 2027"), row(3, "O-AAAA", "1 March 2027", tag="O-BBBB")).problems
    assert no_one.what == "This row names no organisation of ours, so nobody is left alone for it."
    assert two.what == "This row names two organisations (O-BBBB and O-AAAA); both are left alone."
    assert read(row(3, "O-AAAA", "1 March 2027", tag="O-BBBB")).left_alone_until == dict.fromkeys(
        ("O-AAAA", "O-BBBB"), date(2027, 3, 1)
    )
    assert read(row(2, "note to myself", tag=None)).statuses == {}, "a row of people's own is theirs"


def test_of_two_rows_the_later_day_counts() -> None:
    rows = row(2, "O-AAAA", "1 March 2027"), row(3, "O-AAAA", "1 May 2027"), row(4, "O-AAAA")
    assert read(*rows).left_alone_until == {"O-AAAA": date(2027, 5, 1)}
