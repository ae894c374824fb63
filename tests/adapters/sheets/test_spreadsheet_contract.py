"""The contract of every spreadsheet: the one at Google (here in the sandbox, over HTTP) and the one in memory."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

import pytest

from pipeline.adapters.sheets.memory import Formula, MemorySpreadsheet
from pipeline.errors import ConfigurationError, SheetHeaderProblem, TryLater
from pipeline.model import Cell, NewRow, RowUpdate, SheetChanges
from pipeline.ports import Spreadsheet

ONE, TWO = "M-AAAAAAAAAA", "M-BBBBBBBBBB"
HEADER = ("Timestamp", "Email address", "Organisation", "What do you want to learn?")


class Book(Protocol):
    """A spreadsheet with a person at work in it; row numbers as a person sees them."""

    def opened(self) -> Spreadsheet: ...
    def types(self, tab: str, number: int, title: str, value: Any) -> None: ...
    def cells(self, tab: str, number: int) -> dict[str, Any]: ...
    def swaps(self, tab: str, one: int, other: int) -> None: ...


class AtGoogle:
    """The sandbox's Sheets API, with a fresh adapter for each run."""

    def __init__(self, world: Any) -> None:
        self.world = world

    def opened(self) -> Spreadsheet:
        opened: Spreadsheet = self.world.opened()
        return opened

    def types(self, tab: str, number: int, title: str, value: Any) -> None:
        if number == 1:
            place = self.world.person.grid(tab)[0].index(title)
            self.world.person.types(0, place, value, title=tab)
        else:
            self.world.person.types(number - 1, title, value, title=tab)

    def cells(self, tab: str, number: int) -> dict[str, Any]:
        header, *rows = self.world.person.grid(tab)
        row = rows[number - 2] if number - 2 < len(rows) else [None] * len(header)
        return {str(title): value for title, value in zip(header, row, strict=True) if title}

    def swaps(self, tab: str, one: int, other: int) -> None:
        sheet = self.world.person.sheet(tab)
        source = {"sheetId": sheet.sheet_id, "dimension": "ROWS", "startIndex": other - 1, "endIndex": other}
        self.world.person.does({"moveDimension": {"source": source, "destinationIndex": one - 1}})


class InMemory:
    """The spreadsheet in memory: every run works on the same values."""

    def __init__(self) -> None:
        self.book = MemorySpreadsheet(responses=HEADER)

    def opened(self) -> Spreadsheet:
        return self.book

    def types(self, tab: str, number: int, title: str, value: Any) -> None:
        is_formula = isinstance(value, str) and value.startswith("=")
        self.book.put(tab, number, title, Formula({"=TRUE()": True}.get(value, value)) if is_formula else value)

    def cells(self, tab: str, number: int) -> dict[str, Any]:
        header, *rows = self.book.tabs[tab]
        row = rows[number - 2] if number - 2 < len(rows) else []
        return {
            str(title): row[place] if place < len(row) and row[place] != "" else None
            for place, title in enumerate(header)
        }

    def swaps(self, tab: str, one: int, other: int) -> None:
        rows = self.book.tabs[tab]
        rows.insert(one - 1, rows.pop(other - 1))


@pytest.fixture(params=["Google", "memory"])
def book(request: pytest.FixtureRequest) -> Book:
    """A spreadsheet of each kind as `init` leaves it."""
    return InMemory() if request.param == "memory" else AtGoogle(request.getfixturevalue("world"))


def proposal(key: str, status: str = "Proposed: tick Approve or Decline") -> NewRow:
    cells: dict[str, Cell] = {"Status": status, "Sending organisation": "=1+1 Kortrijk", "Why": "Likely.", "Match": key}
    return NewRow(key=key, cells=cells)


def status(key: str, text: str) -> SheetChanges:
    return SheetChanges(updates={"Review": (RowUpdate(key=key, cells={"Status": text}),)})


@pytest.fixture
def filled(book: Book) -> Book:
    """Two proposals stand in the review tab."""
    book.opened().write(SheetChanges(inserts={"Review": (proposal(ONE), proposal(TWO))}))
    return book


def test_new_rows_stand_below_the_header_in_order_with_empty_boxes(filled: Book) -> None:
    first, second = filled.opened().read().tables["Review"].rows
    assert [row.cells["Match"] for row in (first, second)] == [ONE, TWO]
    assert (first.number, first.tag) == (2, ONE)
    assert first.cells["Status"] == "Proposed: tick Approve or Decline"
    assert first.cells["Sending organisation"] == "=1+1 Kortrijk", "text stays text"
    assert first.formulas == frozenset()
    assert (first.cells["Approve"], first.cells["Message"]) == (False, None)
    assert filled.cells("Review", 2)["Status"] == f"Proposed: tick Approve or Decline · {ONE}"


def test_a_row_that_stands_there_is_not_inserted_again(filled: Book) -> None:
    sheet = filled.opened()
    sheet.read()
    before = sheet.calls["writes"]
    sheet.write(SheetChanges(inserts={"Review": (proposal(ONE), proposal(TWO))}))
    assert len(sheet.read().tables["Review"].rows) == 2
    assert sheet.calls["writes"] == before, "nothing left is no request"


def test_a_status_finds_its_row_wherever_people_moved_it(filled: Book) -> None:
    filled.swaps("Review", 2, 3)
    assert filled.opened().write(status(ONE, "Introduced on 2026-11-20")) == frozenset()
    rows = {row.cells["Match"]: row for row in filled.opened().read().tables["Review"].rows}
    assert rows[ONE].cells["Status"] == "Introduced on 2026-11-20"
    assert rows[ONE].number == 3
    assert rows[TWO].cells["Status"] == "Proposed: tick Approve or Decline"


def test_a_new_row_goes_below_the_one_it_belongs_to(filled: Book) -> None:
    keys = {name: f"M-{name * 10}" for name in "CDEF"}
    filled.types("Review", 2, "Notes", "mine")
    sheet = filled.opened()
    sheet.read()
    new = [
        NewRow(key=keys["C"], cells={"Status": "Proposed", "Match": keys["C"]}),
        NewRow(key=keys["D"], cells={"Status": "Proposed", "Match": keys["D"]}, beside=TWO),
        NewRow(key=keys["E"], cells={"Status": "Proposed", "Match": keys["E"]}, beside=ONE),
        NewRow(key=keys["F"], cells={"Status": "Proposed", "Match": keys["F"]}, beside="M-NOTHEREXXX"),
    ]
    sheet.write(SheetChanges(inserts={"Review": tuple(new)}))
    for key in (*keys.values(), ONE, TWO):
        sheet.write(status(key, "Declined"))
    rows = filled.opened().read().tables["Review"].rows
    order = [keys["C"], keys["F"], ONE, keys["E"], TWO, keys["D"]]
    assert [(row.cells["Match"], row.cells["Status"], row.tag) for row in rows] == [
        (key, "Declined", key) for key in order
    ]
    assert [row.cells["Notes"] for row in rows] == [None, None, "mine", None, None, None]


def test_a_status_that_stands_there_is_not_written_again(filled: Book) -> None:
    sheet = filled.opened()
    sheet.write(status(ONE, "Introduced on 2026-11-20"))
    before = sheet.calls["writes"]
    assert sheet.write(status(ONE, "Introduced on 2026-11-20")) == frozenset()
    assert sheet.calls["writes"] == before


def test_a_status_without_a_row_is_told(filled: Book) -> None:
    assert filled.opened().write(status("M-CCCCCCCCCC", "Introduced")) == {"M-CCCCCCCCCC"}


def test_a_status_that_was_typed_over_is_mended_within_two_runs(filled: Book) -> None:
    filled.types("Review", 2, "Status", "my own words")
    assert filled.opened().read().tables["Review"].rows[0].tag is None
    for _ in range(2):
        filled.opened().write(status(ONE, "Introduced"))
    assert filled.cells("Review", 2)["Status"] == f"Introduced · {ONE}"
    assert filled.opened().write(status(ONE, "Introduced")) == frozenset()


def test_nothing_but_the_status_of_a_standing_row_may_change(filled: Book) -> None:
    with pytest.raises(ValueError, match="Why"):
        filled.opened().write(
            SheetChanges(updates={"Review": (RowUpdate(key=ONE, cells={"Status": "x", "Why": "y"}),)})
        )


def test_what_people_write_is_read_and_never_written(filled: Book) -> None:
    filled.types("Review", 2, "Approve", value=True)
    filled.types("Review", 2, "Message", "We met in Ghent.")
    sheet = filled.opened()
    sheet.read()
    sheet.write(status(ONE, "Approved"))
    for snapshot in (sheet.read_review(), filled.opened().read()):
        row = snapshot.tables["Review"].rows[0]
        assert (row.cells["Approve"], row.cells["Message"]) == (True, "We met in Ghent.")
        assert "Approve" not in row.formulas


def test_a_tick_by_a_formula_is_told_as_one(filled: Book) -> None:
    filled.types("Review", 2, "Approve", "=TRUE()")
    row = filled.opened().read().tables["Review"].rows[0]
    assert row.cells["Approve"] is True
    assert row.formulas == {"Approve"}


def test_the_review_tab_is_read_once_more_alone(filled: Book) -> None:
    sheet = filled.opened()
    sheet.read()
    filled.types("Review", 3, "Approve", value=True)
    again = sheet.read_review()
    assert set(again.tables) == {"Review"}
    assert again.tables["Review"].rows[1].cells["Approve"] is True


def test_the_tabs_of_other_ticks_are_read_with_it_when_they_are_named(filled: Book) -> None:
    sheet = filled.opened()
    sheet.read()
    before = sheet.calls["reads"]
    assert set(sheet.read_review("Entries").tables) == {"Review", "Entries"}
    assert sheet.calls["reads"] == before + 1


# -- cells that are kept current -----------------------------------------------------------------------

FIRST, SECOND = "E-AAAA0189", "E-BBBB0189"


def answer(key: str, wants: str = "Dual VET") -> NewRow:
    cells: dict[str, Cell] = {"What became of it": "Waiting", "Organisation": "Aster", "Wants": wants, "Id": key}
    return NewRow(key=key, cells={**cells, "Offers": "", "Since": "2026-09-21", "E-mail": "ana@a.example"})


def edited(key: str, **more: Cell) -> SheetChanges:
    cells: dict[str, Cell] = {"What became of it": "Waiting", "Wants": "=1+1 green skills", "Offers": "", **more}
    return SheetChanges(updates={"Entries": (RowUpdate(key=key, cells=cells),)})


@pytest.fixture
def answered(book: Book) -> Book:
    """Two answers stand in the tab Entries, and somebody ticks and notes beside one."""
    book.opened().write(SheetChanges(inserts={"Entries": (answer(FIRST), answer(SECOND))}))
    book.types("Entries", 2, "Tell them", value=True)
    return book


def shown(book: Book) -> dict[str, tuple[Cell, Cell, Cell]]:
    rows = book.opened().read().tables["Entries"].rows
    return {
        str(row.cells["Id"]): (row.cells["What became of it"], row.cells["Wants"], row.cells["Tell them"])
        for row in rows
    }


@pytest.mark.parametrize("moved", [False, True], ids=["in its place", "moved by a person between two runs"])
def test_other_cells_are_brought_up_to_date_within_two_runs(answered: Book, moved: bool) -> None:
    answered.opened().write(edited(FIRST))
    if moved:
        answered.swaps("Entries", 2, 3)
    answered.opened().write(edited(FIRST))
    assert shown(answered) == {
        FIRST: ("Waiting", "=1+1 green skills", True),
        SECOND: ("Waiting", "Dual VET", False),
    }
    sheet = answered.opened()
    sheet.read()
    before = sheet.calls["writes"]
    sheet.write(edited(FIRST))
    assert sheet.calls["writes"] == before, "nothing left is no request"


def test_a_status_changes_at_once_while_other_cells_may_take_longer(answered: Book) -> None:
    change = edited(FIRST, **{"What became of it": "Proposed"})
    assert answered.opened().write(change) == frozenset()
    assert shown(answered)[FIRST][0] == "Proposed"
    answered.opened().write(change)
    assert shown(answered)[FIRST] == ("Proposed", "=1+1 green skills", True)


def test_a_cell_is_emptied_too(answered: Book) -> None:
    for _ in range(2):
        answered.opened().write(edited(FIRST, Wants=""))
    assert shown(answered)[FIRST] == ("Waiting", None, True)


def test_a_typed_over_status_and_other_cells_are_mended_together(answered: Book) -> None:
    answered.types("Entries", 2, "What became of it", "my own words")
    for _ in range(2):
        answered.opened().write(edited(FIRST))
    assert shown(answered)[FIRST] == ("Waiting", "=1+1 green skills", True)


def test_a_row_whose_id_was_changed_keeps_its_cells(answered: Book) -> None:
    """By its status it may be written to, by its id not: only the status says what to mend."""
    answered.types("Entries", 2, "Id", "done")
    for _ in range(2):
        answered.opened().write(edited(FIRST, **{"What became of it": "Mend the Id"}))
    assert answered.cells("Entries", 2)["Wants"] == "Dual VET"
    assert answered.cells("Entries", 2)["What became of it"] == f"Mend the Id · {FIRST}"


@pytest.mark.parametrize("title", ["Tell them", "Id"])
def test_the_cells_of_people_and_the_key_are_never_changed(answered: Book, title: str) -> None:
    with pytest.raises(ValueError, match=title):
        answered.opened().write(edited(FIRST, **{title: "x"}))


def problem(what: str, box: Cell = "") -> tuple[Cell, ...]:
    return ("Review, row 2", what, "Mend it.", "", box)


def test_a_whole_tab_is_replaced_and_only_when_it_differs(book: Book) -> None:
    sheet = book.opened()
    sheet.write(SheetChanges(contents={"Problems": (problem("one", box=False), problem("two"))}))
    writes = sheet.calls["writes"]
    sheet.write(SheetChanges(contents={"Problems": (problem("one", box=False), problem("two"))}))
    assert sheet.calls["writes"] == writes
    first, second = book.opened().read().tables["Problems"].rows
    assert (first.cells["What"], first.cells["Go on"]) == ("one", False)
    assert (second.cells["What"], second.cells["Go on"]) == ("two", None)
    book.opened().write(SheetChanges(contents={"Problems": (problem("three"),)}))
    assert [row.cells["What"] for row in book.opened().read().tables["Problems"].rows] == ["three"]


def test_the_day_of_the_last_look_stands_in_the_header(book: Book) -> None:
    assert book.opened().read().last_checked is None
    book.opened().write(SheetChanges(last_checked=date(2026, 11, 20)))
    assert book.opened().read().last_checked == date(2026, 11, 20)


def test_a_spreadsheet_is_served_by_one_ledger(book: Book) -> None:
    sheet = book.opened()
    assert sheet.read().owner is None
    sheet.write(SheetChanges(owner="one"))
    assert book.opened().read().owner == "one"
    sheet.write(SheetChanges(owner="one"))
    second = book.opened()
    second.read()
    second.write(SheetChanges(owner="two"))
    assert book.opened().read().owner == "two", "whoever has read of the owner may replace it"


@pytest.mark.parametrize("title", ["", "Status"], ids=["lost", "doubled"])
def test_a_header_that_is_lost_or_doubled_is_told(book: Book, title: str) -> None:
    book.types("Review", 1, "Notes", title or "Remarks")
    with pytest.raises(SheetHeaderProblem) as caught:
        book.opened().read()
    assert "Notes" in str(caught.value)


def test_rows_for_a_tab_that_is_not_there_are_refused(book: Book) -> None:
    with pytest.raises((ConfigurationError, TryLater, KeyError)):
        book.opened().write(SheetChanges(inserts={"Nowhere": (proposal(ONE),)}))


def test_answers_are_read_under_their_titles(book: Book) -> None:
    tab = "Form responses 1" if isinstance(book, AtGoogle) else "Responses"
    book.types(tab, 2, "Email address", "ana@a.example")
    (row,) = book.opened().read().tables["Responses"].rows
    assert row.cells["Email address"] == "ana@a.example"
    assert row.cells["Organisation"] is None
    assert row.tag is None


def test_columns_of_peoples_own_are_kept_and_titles_known_in_any_case(filled: Book) -> None:
    filled.types("Review", 1, "Status", " STATUS ")
    filled.opened().write(status(ONE, "Introduced"))
    assert filled.opened().read().tables["Review"].rows[0].cells["Status"] == "Introduced"


# -- rows of people's ----------------------------------------------------------------------------------

GENT, PORTO = "Gent\x1fOslo\x1f", "Porto\x1fOslo\x1f"
"""What names the two lines."""


@pytest.fixture
def by_hand(book: Book) -> Book:
    """Two lines in `By hand`."""
    for number, name in ((2, "Gent"), (3, "Porto")):
        book.types("By hand", number, "Sending organisation", name)
        book.types("By hand", number, "Receiving organisation", "Oslo")
    return book


def answers(**texts: str) -> SheetChanges:
    keys = {"gent": GENT, "porto": PORTO}
    updates = tuple(RowUpdate(key=keys[name], cells={"Status": text}) for name, text in texts.items())
    return SheetChanges(updates={"By hand": updates})


def beside(book: Book) -> dict[str, str]:
    """What stands beside each line, without the tag at its end."""
    rows = (book.cells("By hand", number) for number in range(2, 6))
    return {str(row["Sending organisation"]): str(row["Status"]).partition(" · ")[0] for row in rows if row["Status"]}


def test_an_answer_stands_beside_its_line_in_the_same_run_and_is_replaced_later(by_hand: Book) -> None:
    first = by_hand.opened()
    assert [row.tag for row in first.read().tables["By hand"].rows] == [None, None]
    assert first.write(answers(gent="Understood", porto="Nobody")) == frozenset()
    assert beside(by_hand) == {"Gent": "Understood", "Porto": "Nobody"}

    second = by_hand.opened()
    read = second.read().tables["By hand"].rows
    assert [(row.cells["Status"], bool(row.tag)) for row in read] == [("Understood", True), ("Nobody", True)]
    by_hand.swaps("By hand", 2, 3)
    second.write(answers(gent="Introduced"))
    assert beside(by_hand) == {"Porto": "Nobody", "Gent": "Introduced"}


def test_what_people_wrote_stays(by_hand: Book) -> None:
    run = by_hand.opened()
    run.read()
    run.write(answers(gent="Understood", porto="Nobody"))
    for number, name in ((2, "Gent"), (3, "Porto")):
        row = by_hand.cells("By hand", number)
        assert (row["Sending organisation"], row["Receiving organisation"], row["Joining organisation"]) == (
            name, "Oslo", None,
        )  # fmt: skip


def test_lines_that_move_before_the_write_get_their_own_answer_or_wait_for_the_next_run(by_hand: Book) -> None:
    wanted = {"Gent": "Understood", "Porto": "Nobody"}
    first = by_hand.opened()
    first.read()
    by_hand.swaps("By hand", 2, 3)
    first.write(answers(gent="Understood", porto="Nobody"))
    assert beside(by_hand).items() <= wanted.items()
    second = by_hand.opened()
    second.read()
    assert second.write(answers(gent="Understood", porto="Nobody")) == frozenset()
    assert beside(by_hand) == wanted


def test_a_line_that_is_written_anew_gets_a_new_answer(by_hand: Book) -> None:
    first = by_hand.opened()
    first.read()
    first.write(answers(gent="Nobody", porto="Nobody"))
    by_hand.types("By hand", 2, "Sending organisation", "Ghent")
    second = by_hand.opened()
    second.read()
    key = GENT.replace("Gent", "Ghent")
    change = SheetChanges(updates={"By hand": (RowUpdate(key=key, cells={"Status": "Understood"}),)})
    assert second.write(change) == frozenset()
    assert beside(by_hand) == {"Ghent": "Understood", "Porto": "Nobody"}
