"""People's rights: where somebody's address is found in the spreadsheet."""

from __future__ import annotations

import pytest

from pipeline.commands.people import rows_with
from pipeline.model import Cell, SheetRow, SheetSnapshot, Table


def table(title: str, *rows: dict[str, Cell]) -> Table:
    numbered = tuple(SheetRow(number=number, cells=cells) for number, cells in enumerate(rows, start=2))
    return Table(title=title, header=(), rows=numbered)


SHEET = SheetSnapshot(
    tables={
        "Form responses 1": table(
            "Form responses 1",
            {"Email Address": "bo@b.example", "Group size": 4.0},
            {"Email Address": "Info@Borås.se"},
            {"Email Address": "info@boras.se"},
        ),
        "Review": table(
            "Review",
            {"Receiving organisation": "Borås Stad\nContact: INFO@xn--bors-soa.se", "Approve": True},
            {"Notes": "Ask info@borås.se first."},
            {"Notes": "myinfo@borås.se"},
        ),
        "By hand": table("By hand", {"Message": None}),
    }
)


@pytest.mark.parametrize("asked", ["info@borås.se", "info@xn--bors-soa.se", "INFO@BORÅS.SE"])
def test_the_rows_of_an_address_are_found_however_it_is_written(asked: str) -> None:
    assert rows_with(SHEET, asked) == {"Form responses 1, rows": "3", "Review, rows": "2, 3"}


def test_nobody_stands_nowhere() -> None:
    assert rows_with(SHEET, "nobody@b.example") == {}
