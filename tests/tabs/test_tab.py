from __future__ import annotations

import pytest

from pipeline.model import Cell, SheetRow, Table
from pipeline.tabs.tab import Body, Rows, Tab, checkbox, fold_title, people, program, tag_of, trouble_with

TAB = Tab(name="Fruit", body=Body.WHOLE, columns=(program("Name"), people("Colour"), checkbox("Ripe")))


def test_columns_are_known_by_title() -> None:
    assert TAB.titles == ("Name", "Colour", "Ripe")
    assert TAB.checkboxes == ("Ripe",)
    assert TAB.column("Colour") == people("Colour")
    assert TAB.column("colour") is None


def test_cells_stand_in_the_order_of_the_columns() -> None:
    assert TAB.cells({"Ripe": False, "Name": "apple", "Colour": "red"}) == ("apple", "red", False)
    with pytest.raises(KeyError, match="Ripe"):
        TAB.cells({"Name": "apple", "Colour": "red"})


def shown(*rows: tuple[Cell, ...]) -> Table:
    return Table(
        title="Fruit",
        header=TAB.titles,
        rows=tuple(
            SheetRow(number=number, cells=dict(zip(TAB.titles, cells, strict=True)) | {"Mine": "x"})
            for number, cells in enumerate(rows, start=2)
        ),
    )


BODY: Rows = (("apple", 3, False), ("pear", "", ""))


@pytest.mark.parametrize(
    "table",
    [
        shown(("apple", 3.0, None), ("pear", None, None)),
        shown(("apple", 3, False), ("pear", "", False), (None, None, None), ("", False, "")),
    ],
)
def test_a_tab_that_shows_the_body_does_not_differ(table: Table) -> None:
    assert not TAB.differs(table, BODY)


@pytest.mark.parametrize(
    "table",
    [
        shown(("apple", 3, False)),
        shown(("pear", None, None), ("apple", 3, None)),
        shown(("apple", 3, True), ("pear", None, None)),
        shown(("apple", 3.5, None), ("pear", None, None)),
        shown((None, None, None), ("apple", 3, None), ("pear", None, None)),
        shown(("apple", 3, None), ("pear", None, None), ("plum", None, None)),
    ],
)
def test_a_tab_that_shows_something_else_does(table: Table) -> None:
    assert TAB.differs(table, BODY)


def test_a_tab_that_is_not_there_is_not_filled() -> None:
    assert not TAB.differs(None, BODY)


def test_titles_are_compared_as_people_retype_them() -> None:
    assert fold_title("  sending   ORGANISATION\n") == "sending organisation"
    assert trouble_with(("Name", "Colour", "Ripe"), (" NAME ", "ripe", "Ripe", "Mine")) == (("Colour",), ("Ripe",))


def test_a_short_key_is_its_own_tag_and_a_long_one_gets_one() -> None:
    assert tag_of("M-AAAAAAAAAA") == "M-AAAAAAAAAA"
    assert tag_of("gent kisp~gent kisp vzw") == "Q-5XT7YR77A7"
    assert tag_of(tag_of("gent kisp~gent kisp vzw")) == tag_of("gent kisp~gent kisp vzw")
