from __future__ import annotations

import pytest

from pipeline.model import Cell, SheetRow, Side, Table
from pipeline.tabs.by_hand import TAB, HandLine, read_lines


def read(*cells: dict[str, Cell]) -> tuple[HandLine, ...]:
    rows = tuple(SheetRow(number=number, cells=one) for number, one in enumerate(cells, start=2))
    return read_lines(Table(title="By hand", header=TAB.titles, rows=rows))


def test_the_columns_are_peoples_and_offer_the_organisations() -> None:
    assert [(one.title, str(one.author), one.suggestions) for one in TAB.columns] == [
        ("Sending organisation", "people", "Organisations"),
        ("Receiving organisation", "people", "Organisations"),
        ("Joining organisation", "people", "Organisations"),
    ]


def test_a_line_says_who_is_named_for_which_side() -> None:
    assert read(
        {"Sending organisation": " Gent ", "Receiving organisation": "Oslo\n kommune", "Joining organisation": None},
        {"Joining organisation": "Porto", "Mine": "note"},
    ) == (
        HandLine(where="By hand, row 2", texts={Side.SENDING: "Gent", Side.RECEIVING: "Oslo kommune"}),
        HandLine(where="By hand, row 3", texts={Side.JOINING: "Porto"}),
    )


@pytest.mark.parametrize("cell", [None, "", "  ", True, False])
def test_a_line_in_which_nothing_is_written_is_none(cell: Cell) -> None:
    assert read({"Sending organisation": cell, "Mine": "x"}) == ()


def test_a_name_has_an_end() -> None:
    (line,) = read({"Sending organisation": "x" * 301})
    assert line.texts[Side.SENDING] == "x" * 300
