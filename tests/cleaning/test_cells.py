from __future__ import annotations

import pytest

from pipeline.cleaning.cells import is_tick, shortened, text_under
from pipeline.model import Cell, SheetRow


def row(cell: Cell, *formulas: str) -> SheetRow:
    return SheetRow(number=2, cells={"Box": cell}, formulas=frozenset(formulas))


def test_true_and_no_formula_is_a_tick() -> None:
    assert is_tick(row(True), "Box")
    assert is_tick(row(True, "Other"), "Box")
    assert not is_tick(row(True, "Box"), "Box")
    assert not is_tick(row(True), "Other")


@pytest.mark.parametrize("cell", [None, False, "TRUE", "true", 1, 1.0, "✓", ""])
def test_nothing_else_is(cell: Cell) -> None:
    assert not is_tick(row(cell), "Box")


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (True, ""), (False, ""), (71.0, "71"), (7, "7"), (" a \n b ", "a b"), ("TRUE", "TRUE")],
)
def test_the_text_under_a_title(cell: Cell, text: str) -> None:
    assert text_under(row(cell), "Box") == text
    assert text_under(row(cell), "Other") == ""


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (True, "TRUE"), ("x" * 40, "x" * 40), ("x" * 41, "x" * 39 + "…"), ("a\nb", "a b"), (1.5, "1.5")],
)
def test_a_cell_as_it_is_quoted(cell: Cell, text: str) -> None:
    assert shortened(cell) == text
