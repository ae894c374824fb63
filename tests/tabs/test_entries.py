"""The tab `Entries`: rows from answers, and what people ticked there."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.model import Cell, NewRow, RowUpdate, SheetRow, Table
from pipeline.tabs.entries import (
    NOTHING_READ,
    TAB,
    EntriesReading,
    EntryRow,
    StandingEntry,
    new_rows,
    read_entries_tab,
    row_updates,
    standing_entries,
    told_on,
)

ONE, OTHER = "E-AAAAAAAA", "E-BBBB0189"
ADDRESSES = {ONE: "ana@a.example", OTHER: "bo@b.example"}
ROW = EntryRow(
    id=ONE, organisation="Aster", wants="Dual VET. “How?”", offers="", since=date(2026, 9, 21), email="ana@a.example"
)


def row(number: int = 2, *, tag: str | None = ONE, formulas: frozenset[str] = frozenset(), **cells: Cell) -> SheetRow:
    shown: dict[str, Cell] = {
        "What became of it": "Waiting since 21 September 2026",
        "Tell them": False,
        **ROW.cells,
        "Id": ONE,
    }
    named = {name.replace("_", " ").replace("E mail", "E-mail"): value for name, value in cells.items()}
    return SheetRow(number=number, cells={**shown, **named}, tag=tag, formulas=formulas)


def read(*rows: SheetRow) -> EntriesReading:
    return read_entries_tab(Table(title="Entries", header=TAB.titles, rows=rows), ADDRESSES)


def test_the_titles() -> None:
    assert TAB.titles == (
        "What became of it",
        "Tell them",
        "Organisation",
        "Wants",
        "Offers",
        "Since",
        "E-mail",
        "Id",
    )


def test_new_rows_are_for_answers_without_one() -> None:
    assert new_rows([ROW], {ONE: "Waiting"}, NOTHING_READ) == (
        NewRow(
            key=ONE,
            cells={
                "What became of it": "Waiting",
                "Organisation": "Aster",
                "Wants": "Dual VET. “How?”",
                "Offers": "",
                "Since": "2026-09-21",
                "E-mail": "ana@a.example",
                "Id": ONE,
            },
        ),
    )
    assert new_rows([ROW], {ONE: "Waiting"}, read(row())) == ()


@pytest.mark.parametrize("value", [True, False])
def test_a_tick_is_read(value: bool) -> None:
    found = read(row(Tell_them=value))
    assert found.ticked == ({ONE} if value else set())
    assert found.unticked == (set() if value else {ONE})
    assert found.trouble == {}
    assert found.statuses == {ONE: "Waiting since 21 September 2026"}


@pytest.mark.parametrize(
    ("rows", "trouble"),
    [
        (
            [row(Tell_them=True, formulas=frozenset({"Tell them"}))],
            (
                "Tell them holds a formula, which is not a tick; "
                "clear the cell and restore its checkbox (Insert > Checkbox)"
            ),
        ),
        (
            [row(Tell_them="yes")],
            (
                "Tell them holds the text “yes”, which is not a tick; "
                "clear the cell and restore its checkbox (Insert > Checkbox)"
            ),
        ),
        (
            [row(2, Tell_them=True), row(7)],
            "this answer stands on rows 2, 7; delete the copies, then tick again",
        ),
        ([row(Id="done", Tell_them=True)], f"the cell Id was changed to “done”; write {ONE} there"),
        ([row(Id="", Tell_them=True)], f"the cell Id was emptied; write {ONE} there"),
        ([row(Id=OTHER, Tell_them=True)], f"the cell Id was changed to “{OTHER}”; write {ONE} there"),
    ],
)
def test_what_is_no_tick(rows: list[SheetRow], trouble: str) -> None:
    found = read(*rows)
    assert found.trouble == {ONE: trouble}
    assert found.ticked == found.unticked == frozenset()


def test_a_status_pasted_from_another_row_is_put_right_and_the_tick_counts() -> None:
    """The address says whose row it is."""
    found = read(row(2), row(3, tag=ONE, Id=OTHER, E_mail="Bo@b.example", Tell_them=True))
    assert found.ticked == {OTHER}
    assert found.statuses[OTHER] == ""
    assert row_updates({}, {OTHER: "Waiting"}, frozenset(), found) == (
        RowUpdate(key=OTHER, cells={"What became of it": "Waiting"}),
    )


def test_rows_of_peoples_own_are_left_alone() -> None:
    found = read(row(tag=None, Id=None), row(3, tag=None, Id="my note", Tell_them=True))
    assert row_updates({}, {ONE: "Waiting"}, frozenset(), found) == ()


def test_a_row_that_says_what_it_should_is_left_alone() -> None:
    text = "Waiting since 21 September 2026"
    assert row_updates({ONE: ROW}, {ONE: text}, frozenset(), read(row())) == ()
    assert row_updates({ONE: ROW}, {ONE: f"{text} "}, frozenset(), read(row())) == ()


def test_an_edited_answer_changes_its_row() -> None:
    (update,) = row_updates({ONE: ROW}, {ONE: "Proposed"}, frozenset(), read(row(Wants="Something else")))
    assert update.key == ONE
    assert update.cells["What became of it"] == "Proposed"
    assert update.cells["Wants"] == "Dual VET. “How?”"
    (status,) = row_updates({ONE: ROW}, {ONE: "Proposed"}, frozenset(), read(row()))
    assert status.cells == {"What became of it": "Proposed"}


def test_of_somebody_who_is_forgotten_nothing_stays_in_the_row() -> None:
    (update,) = row_updates({}, {ONE: "Closed"}, frozenset({ONE}), read(row()))
    assert update.cells == {
        "What became of it": "Closed",
        "Organisation": "(erased)",
        "Wants": "",
        "Offers": "",
        "E-mail": "",
    }
    (kept,) = row_updates({}, {ONE: "Closed"}, frozenset(), read(row()))
    assert kept.cells == {"What became of it": "Closed"}


@pytest.mark.parametrize(
    ("status", "day"),
    [
        ("Told on 9 January 2027 that nobody was found yet, waiting since", date(2027, 1, 9)),
        ("Still waiting since 1 May 2026, told on 9 January 2027 that nobody was found yet. Tick", date(2027, 1, 9)),
        ("Waiting since 1 May 2026", None),
        ("Waiting. Tell them holds the text “told on 9 January 2027”, which is not a tick", None),
        ("Told on 39 January 2027 that nobody was found yet", None),
    ],
)
def test_when_a_row_says_that_they_were_told(status: str, day: date | None) -> None:
    assert told_on(status) == day


def test_what_whole_rows_tell_of_entries() -> None:
    told = "Told on 9 January 2027 that nobody was found yet"
    gone = "Closed: the answer is not in the responses tab any more, or cannot be read (see Problems)"
    rows = (
        row(Tell_them=True, What_became_of_it=told),
        row(3, What_became_of_it="a copy"),
        row(4, tag=OTHER, Id=OTHER, E_mail="bo@b.example", Since="long ago", What_became_of_it=gone),
        row(5, tag="E-CCCCCCCC", Id="E-DDDDDDDD"),
        row(6, tag="E-DDDDDDDD", Id="E-DDDDDDDD", E_mail=""),
        row(7, tag="E-1", Id="E-1"),
    )
    assert standing_entries(Table(title="Entries", header=TAB.titles, rows=rows)) == (
        StandingEntry(
            id=ONE,
            organisation="Aster",
            email="ana@a.example",
            since=date(2026, 9, 21),
            was_told=True,
            is_gone=False,
        ),
        StandingEntry(id=OTHER, organisation="Aster", email="bo@b.example", since=None, was_told=False, is_gone=True),
    )
