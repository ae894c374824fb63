"""Simple formulas come to what they come to in Google Sheets."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.sandbox.store import Store
from pipeline.sandbox.value_ranges import Rendering, get, write


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=4/2", 2),
        ("= 1 / 1024", 0.0009765625),
        ("=2+3*4^2", 50),
        ("=-(2+3)%", -0.05),
        ("=A1+1", 11),
        ("=$A$1*A2", 200),
        ("=SUM(A1:A3)", 30),
        ("=sum(A:A; 1)", 31),
        ("=AVERAGE(A1:A2)", 15),
        ("=COUNTA(A1:B3)", 4),
        ('=MIN(A1:A2)&" to "&MAX(A1:A2)', "10 to 20"),
        ('=IF(A1>5,"big","small")', "big"),
        ('=IFERROR(1/0,"none")', "none"),
        ('=HYPERLINK("https://example.org","Look")', "Look"),
        ('="say ""hi"""', 'say "hi"'),
        ('=B1="X"', True),
        ("=Other!A1", "there"),
        ("='Other'!A1&\"!\"", "there!"),
        ('=UPPER(TRIM("  a  b "))', "A B"),
        ("=ROUND(2.345,2)", 2.35),
        ("=C9", 0),
    ],
)
def test_formulas(formula: str, value: Any) -> None:
    assert _result(formula) == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("formula", "error"),
    [
        ("=1/0", "#DIV/0!"),
        ("=B1+1", "#VALUE!"),
        ("=NOSUCH(1)", "#NAME?"),
        ("=nothing", "#NAME?"),
        ("=1+", "#ERROR!"),
        ("=Missing!A1", "#REF!"),
        ("=D1", "#REF!"),
        ("=SUM(E1:E2)", "#DIV/0!"),
    ],
)
def test_errors_are_values(formula: str, error: str) -> None:
    assert _result(formula) == error


def _result(formula: str) -> Any:
    store = Store()
    book = store.create_spreadsheet("Exchange")
    with store.change(book) as draft:
        other = draft.draft().sheets[0]
        other.sheet_id, other.title = 7, "Other"
        draft.sheets.append(other)
        write(draft, "Other!A1", [["there"]], "RAW")
        write(draft, "Sheet1!A1", [[10, "x"], [20], ["y"]], "RAW")
        write(draft, "Sheet1!E1", [["=1/0"], [1]], "USER_ENTERED")
        write(draft, "Sheet1!D1", [[formula]], "USER_ENTERED")
        return get(draft, "Sheet1!D1", Rendering("UNFORMATTED_VALUE"))["values"][0][0]


def test_a_long_column_of_formulas_is_worked_out() -> None:
    store = Store()
    book = store.create_spreadsheet("Exchange")
    with store.change(book) as draft:
        write(draft, "A1", [[1], *([f"=A{row}+1"] for row in range(1, 900))], "USER_ENTERED")
        assert get(draft, "A1:A900", Rendering("UNFORMATTED_VALUE"))["values"][-1] == [900]
