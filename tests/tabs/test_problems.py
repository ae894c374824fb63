from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model import Cell, Problem, SheetRow, Table
from pipeline.tabs.problems import TAB, body, released

PROBLEM = Problem(where="Row 7", what="No address.", fix="Ask them.", sentence="Dear Ana, …", key="a")
BRAKE = Problem(where="The answers", what="Half of them are gone.", fix="Look.", key="b")
OTHER = Problem(where="The ledger", what="It is another.", fix="Look.", key="c")


def test_the_titles() -> None:
    assert TAB.titles == ("Where", "What", "What to do", "Sentence to send", "Go on")
    assert TAB.checkboxes == ("Go on",)


def test_brakes_come_first_and_have_a_box() -> None:
    assert body([PROBLEM], [BRAKE], [OTHER]) == (
        ("The answers", "Half of them are gone.", "Look.", "", False),
        ("The ledger", "It is another.", "Look.", "", True),
        ("Row 7", "No address.", "Ask them.", "Dear Ana, …", ""),
    )
    assert body([]) == ()


def ticked(cell: Cell, what: str = BRAKE.what, *, formulas: tuple[str, ...] = ()) -> Table:
    row = SheetRow(number=2, cells={"What": what, "Go on": cell}, formulas=frozenset(formulas))
    return Table(title="Problems", header=TAB.titles, rows=(row,))


def test_a_tick_beside_a_brake_releases_that_one() -> None:
    assert released(ticked(True), BRAKE)
    assert not released(ticked(True), replace(BRAKE, what="All of them are gone."))
    assert not released(ticked(True, PROBLEM.what), BRAKE)


@pytest.mark.parametrize("cell", [None, False, "TRUE", 1, ""])
def test_nothing_else_does(cell: Cell) -> None:
    assert not released(ticked(cell), BRAKE)


def test_neither_a_formula_nor_a_missing_tab_does() -> None:
    assert not released(ticked(True, formulas=("Go on",)), BRAKE)
    assert not released(None, BRAKE)
