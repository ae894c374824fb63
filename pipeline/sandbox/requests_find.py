"""`findReplace` of spreadsheets.batchUpdate, as far as Google documents it (no recording covers it).

Literal text only. Cells with formulas are passed over unless `includeFormulas` is set, which is not answered.
A replacement is read as if a person had typed it. Hidden and filtered rows are searched too.
"""

from __future__ import annotations

from pipeline.sandbox.api_errors import Json, invalid, not_answered, unknown_name
from pipeline.sandbox.cells import number_format
from pipeline.sandbox.grid import Area, Cell, Sheet, Spreadsheet
from pipeline.sandbox.ranges import grid_area
from pipeline.sandbox.values import Formula, show, type_text

_FIELDS = {
    "find",
    "replacement",
    "matchCase",
    "matchEntireCell",
    "searchByRegex",
    "includeFormulas",
    "range",
    "sheetId",
    "allSheets",
}


def find_replace(book: Spreadsheet, request: Json) -> Json:
    """Replace text wherever it stands in the scope; counts what changed, leaving out what is zero."""
    for name in request:
        if name not in _FIELDS:
            raise unknown_name(name, "requests[0].find_replace")
    for name in ("searchByRegex", "includeFormulas"):
        if request.get(name):
            raise not_answered(f"findReplace with {name}")
    find = str(request.get("find") or "")
    if not find:
        raise invalid("find must be specified.")
    places = _scope(book, request)
    occurrences = values = 0
    rows: set[tuple[int, int]] = set()
    for sheet, area in places:
        for row, column, cell in list(sheet.filled(area)):
            count, text = _replaced(book, cell, find, request)
            if not count:
                continue
            typed = type_text(text, book.rules, plain_text=(number_format(cell) or {}).get("type") == "TEXT")
            sheet.put(row, column, cell._replace(value=typed.value))
            occurrences += count
            values += 1
            rows.add((sheet.sheet_id, row))
    if not occurrences:
        return {"findReplace": {}}
    book.forget_results()
    counts = {
        "valuesChanged": values,
        "rowsChanged": len(rows),
        "sheetsChanged": len({sheet_id for sheet_id, _ in rows}),
        "occurrencesChanged": occurrences,
    }
    return {"findReplace": counts}


def _scope(book: Spreadsheet, request: Json) -> list[tuple[Sheet, Area]]:
    named = [name for name in ("range", "sheetId", "allSheets") if request.get(name) is not None]
    if len(named) != 1:
        raise invalid("Exactly one of range, sheetId and allSheets must be specified.")
    if named == ["range"]:
        return [grid_area(book, request["range"])]
    if named == ["sheetId"]:
        sheet = book.sheet(int(request["sheetId"]))
        return [(sheet, sheet.whole())]
    return [(sheet, sheet.whole()) for sheet in book.sheets]


def _replaced(book: Spreadsheet, cell: Cell, find: str, request: Json) -> tuple[int, str]:
    """How often the text occurs in the cell, and the cell's text afterwards."""
    if cell.value is None or isinstance(cell.value, Formula):
        return 0, ""
    text = show(cell.value, number_format(cell), book.rules)
    replacement = str(request.get("replacement") or "")
    haystack, needle = (text, find) if request.get("matchCase") else (text.casefold(), find.casefold())
    if request.get("matchEntireCell"):
        return (1, replacement) if haystack == needle else (0, "")
    if request.get("matchCase"):
        return text.count(find), text.replace(find, replacement)
    count, parts, start = 0, [], 0
    while (place := haystack.find(needle, start)) >= 0 and len(haystack) == len(text):
        parts += [text[start:place], replacement]
        start, count = place + len(needle), count + 1
    return count, "".join([*parts, text[start:]])
