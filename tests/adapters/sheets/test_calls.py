"""How many requests a run costs: three reads and two writes, whatever the number of rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.adapters.sheets.spreadsheet import GoogleSpreadsheet
from pipeline.model import NewRow, RowUpdate, SheetChanges
from pipeline.tabs.all_tabs import BY_NAME

DAY = date(2026, 11, 20)
NEW = 120
MOST_ENTRIES = 1_000
"""Rows of the tab Entries: the stand-in searches slowly, and the number of requests does not depend on them."""


def key(number: int) -> str:
    letters = ""
    for _ in range(10):
        number, rest = divmod(number, 26)
        letters += chr(ord("A") + rest)
    return f"M-{letters}"


def row(number: int) -> NewRow:
    cells = {"Status": "Proposed: tick Approve", "Sending organisation": f"Sender {number}", "Match": key(number)}
    return NewRow(key=key(number), cells=cells)


def answer(number: int) -> NewRow:
    identifier = key(number).replace("M-", "E-")
    cells = {"What became of it": "Waiting", "Organisation": f"Org {number}", "Wants": "Dual VET", "Id": identifier}
    return NewRow(key=identifier, cells=cells)


def filled(world: Any, rows: int) -> Any:
    """A review tab, a tab of entries and a responses tab of that many rows."""
    tab = BY_NAME["Review"]
    lines: list[list[object]] = []
    for number in range(rows):
        line: list[object] = [None] * len(tab.columns)
        line[0], line[-1] = f"Proposed: tick Approve · {key(number)}", key(number)
        line[1] = line[2] = False
        line[3] = f"Sender {number}"
        lines.append(line)
    world.person.fills("Review", lines)
    became = [
        [
            f"Waiting · {one.key}",
            False,
            one.cells["Organisation"],
            "Dual VET",
            None,
            "2026-09-21",
            "a@a.example",
            one.key,
        ]
        for one in map(answer, range(min(rows, MOST_ENTRIES)))
    ]
    world.person.fills("Entries", became)
    answers = [["2026-11-20", f"person{number}@example.org", f"Org {number}", "learn"] for number in range(rows)]
    world.person.fills(world.settings.responses_tab, answers)
    world.app.service.log.clear()
    return world


def whole_run(sheet: GoogleSpreadsheet, rows: int, **settings: Any) -> None:
    """Read, write new rows and the program's tabs, read the ticks again, write what became of them."""
    del settings
    snapshot = sheet.read()
    assert len(snapshot.tables["Review"].rows) == rows
    new = tuple(row(rows + number) for number in range(NEW))
    pairs = tuple((f"Org {number}", "Host", "Dates.") for number in range(rows))
    sheet.write(
        SheetChanges(
            inserts={"Review": new, "Entries": tuple(answer(rows + number) for number in range(NEW))},
            contents={"Nearly": pairs, "Problems": (("a", "b", "c", "d", ""),)},
            last_checked=DAY,
        )
    )
    sheet.read_review("Entries")
    keys = [key(number) for number in range(0, rows, max(1, rows // 100))] + [one.key for one in new]
    updates = tuple(RowUpdate(key=one, cells={"Status": "Introduced on 2026-11-20"}) for one in keys)
    there = {answer(number).key for number in (*range(min(rows, MOST_ENTRIES)), *range(rows, rows + NEW))}
    news = {"What became of it": "Told", "Wants": "Something else"}
    told = tuple(RowUpdate(key=one, cells=news) for match in keys if (one := match.replace("M-", "E-")) in there)
    assert sheet.write(SheetChanges(updates={"Review": updates, "Entries": told})) == frozenset()


@pytest.mark.parametrize("rows", [10, 1_000, 10_000])
def test_a_run_costs_three_reads_and_two_writes(world: Any, rows: int) -> None:
    sheet = filled(world, rows).opened()
    whole_run(sheet, rows)
    assert sheet.calls == {"reads": 3, "writes": 2}
    assert len(world.asked()) == 5
    records = world.person.records()
    assert len(records) == rows + NEW
    assert sum(str(record["Status"]).startswith("Introduced") for record in records) >= NEW + min(rows, 100)
    answers = world.person.records("Entries")
    assert sum(str(record["What became of it"]).startswith("Told · E-") for record in answers) >= NEW + 10
    assert {record["Tell them"] for record in answers} == {False}


@pytest.mark.parametrize("rows", [10, 1_000])
def test_responses_in_another_spreadsheet_cost_two_reads_more(world: Any, new_world: Any, rows: int) -> None:
    other = new_world()
    answers = [["2026-11-20", f"person{number}@example.org"] for number in range(rows)]
    other.person.fills(other.settings.responses_tab, answers)
    before = other.person.book
    sheet = filled(world, rows).opened(responses_spreadsheet_id=other.spreadsheet_id)
    world.person.renames(world.settings.responses_tab, "Something else")
    whole_run(sheet, rows)
    assert sheet.calls == {"reads": 5, "writes": 2}
    assert other.person.book is before


def test_a_quiet_run_reads_twice_and_writes_one_cell_a_day(world: Any) -> None:
    sheet = world.opened()
    whole = SheetChanges(
        inserts={"Review": (row(1),)},
        contents={"Nearly": (("Org", "Host", "Dates."),)},
        last_checked=DAY,
    )
    sheet.read()
    sheet.write(whole)
    before = world.person.book
    quiet = world.opened()
    quiet.read()
    quiet.write(whole)
    assert quiet.calls == {"reads": 2, "writes": 0}
    assert world.person.book is before
    tomorrow = world.opened()
    tomorrow.read()
    tomorrow.write(SheetChanges(last_checked=date(2026, 11, 21)))
    assert tomorrow.calls == {"reads": 2, "writes": 1}
    changed = [
        (title, place, cell)
        for title in (sheet.title for sheet in before.sheets)
        for place, (old, new) in enumerate(
            zip(cells_of(before, title), cells_of(world.person.book, title), strict=True)
        )
        for cell in [new]
        if old != new
    ]
    assert [cell for *_, cell in changed] == ["Last checked: 2026-11-21"]


def cells_of(book: Any, title: str) -> list[object]:
    sheet = book.titled(title)
    return [sheet.cell(row, column).value for row in range(sheet.row_count) for column in range(sheet.column_count)]


def test_nothing_to_write_is_no_request(world: Any) -> None:
    sheet = world.opened()
    sheet.read()
    assert sheet.write(SheetChanges()) == frozenset()
    assert sheet.calls["writes"] == 0
