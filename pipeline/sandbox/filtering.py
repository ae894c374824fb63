"""Which rows a basic filter hides."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.sandbox.api_errors import Json
from pipeline.sandbox.cells import number_format
from pipeline.sandbox.grid import Sheet, Spreadsheet
from pipeline.sandbox.ranges import grid_area
from pipeline.sandbox.values import show

_TESTS: dict[str, Callable[[str, str], bool]] = {
    "BLANK": lambda shown, _: not shown,
    "NOT_BLANK": lambda shown, _: bool(shown),
    "TEXT_EQ": lambda shown, wanted: shown.casefold() == wanted.casefold(),
    "TEXT_NOT_EQ": lambda shown, wanted: shown.casefold() != wanted.casefold(),
    "TEXT_CONTAINS": lambda shown, wanted: wanted.casefold() in shown.casefold(),
    "TEXT_NOT_CONTAINS": lambda shown, wanted: wanted.casefold() not in shown.casefold(),
    "TEXT_STARTS_WITH": lambda shown, wanted: shown.casefold().startswith(wanted.casefold()),
    "TEXT_ENDS_WITH": lambda shown, wanted: shown.casefold().endswith(wanted.casefold()),
}
"""The filter conditions that are answered; others hide nothing."""


def hidden_by_filter(book: Spreadsheet, sheet: Sheet) -> set[int]:
    """Indexes of the rows the sheet's basic filter hides; its first row is the header."""
    criteria = _criteria(sheet)
    if not criteria or sheet.basic_filter is None:
        return set()
    _, area = grid_area(book, sheet.basic_filter["range"])
    hidden = set()
    for row in range(area.top + 1, area.bottom):
        for column, criterion in criteria.items():
            cell = sheet.cell(row, column)
            text = show(book.shown(sheet, row, column, cell), number_format(cell), book.rules)
            if _hides(criterion, text):
                hidden.add(row)
    return hidden


def _criteria(sheet: Sheet) -> dict[int, Json]:
    if not sheet.basic_filter:
        return {}
    criteria = {int(column): c for column, c in (sheet.basic_filter.get("criteria") or {}).items()}
    for spec in sheet.basic_filter.get("filterSpecs") or []:
        criteria[int(spec.get("columnIndex") or 0)] = spec.get("filterCriteria") or {}
    return criteria


def _hides(criterion: Json, text: str) -> bool:
    if text in (criterion.get("hiddenValues") or []):
        return True
    condition = criterion.get("condition") or {}
    test = _TESTS.get(str(condition.get("type")))
    values = condition.get("values") or [{}]
    return test is not None and not test(text, str(values[0].get("userEnteredValue") or ""))
