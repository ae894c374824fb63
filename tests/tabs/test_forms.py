"""The tab `Forms`: what the script writes, what people tick, and which forms have no row yet."""

from __future__ import annotations

from pipeline.model import SheetRow, Table
from pipeline.tabs.forms import SCRIPT_COLUMNS, TAB, cells, lacking
from pipeline.tabs.tab import Author


def test_its_columns() -> None:
    assert TAB.titles == ("Form", "Address", "Prefilled link", "Answers in", "Addresses", "Ignore", "Last answer")
    assert TAB.checkboxes == ("Ignore",)
    assert [column.title for column in TAB.columns if column.author is Author.PROGRAM] == ["Last answer"]
    assert set(SCRIPT_COLUMNS.values()) == {"Form", "Address", "Prefilled link", "Answers in", "Addresses"}


def test_a_form_that_has_a_row_is_left_alone_even_if_its_row_was_written_by_hand() -> None:
    row = SheetRow(number=2, cells={"Form": " after ", "Address": "https://forms.example/mine"})
    table = Table(title="Forms", header=TAB.titles, rows=(row,))
    noted = {"form": "later", "address": "a", "link": "b", "answers": "c", "addresses": "typed"}
    later = cells(noted)
    assert later == {"Form": "later", "Address": "a", "Prefilled link": "b", "Answers in": "c", "Addresses": "typed"}
    assert lacking(table, [cells(noted | {"form": "after"}), later]) == (later,)
