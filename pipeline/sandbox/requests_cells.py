"""batchUpdate requests about cells: writing, repeating, appending, sorting, merging, validating."""

from __future__ import annotations

from pipeline.sandbox.a1 import column_letters
from pipeline.sandbox.api_errors import Json, invalid
from pipeline.sandbox.cells import entered_value, patched
from pipeline.sandbox.filtering import hidden_by_filter
from pipeline.sandbox.grid import BLANK, Area, Cell, Row, Sheet, Spreadsheet
from pipeline.sandbox.masks import Mask
from pipeline.sandbox.ranges import grid_area, grid_range_of, overlaps
from pipeline.sandbox.requests_sheets import field_mask, find_sheet
from pipeline.sandbox.schema import CELL
from pipeline.sandbox.values import CellError, Shown

_VALUE_ONLY: Mask = {"userEnteredValue": None}


def _write_rows(sheet: Sheet, rows: list[Json], top: int, left: int, mask: Mask | None) -> None:
    """Write CellData from a corner on; plain values take a short way."""
    keys = [column.key for column in sheet.columns]
    value_only = mask == _VALUE_ONLY
    for offset, row in enumerate(rows):
        values = row.get("values") or []
        if not values:
            continue
        cells = sheet.row_for_writing(top + offset).cells
        for place, data in enumerate(values):
            key = keys[left + place]
            old = cells.get(key, BLANK)
            if value_only and data.keys() <= {"userEnteredValue"}:
                new = old._replace(value=entered_value(data.get("userEnteredValue")))
            else:
                new = patched(old, data, mask)
            if new == BLANK:
                cells.pop(key, None)
            else:
                cells[key] = new


def update_cells(book: Spreadsheet, request: Json) -> Json:
    """`updateCells`: rows of CellData from `start`, or into `range`, where cells left out are cleared."""
    mask = field_mask(request, CELL)
    rows: list[Json] = request.get("rows") or []
    if request.get("range") is not None:
        sheet, area = grid_area(book, request["range"])
        _check_inside(rows, area)
        blank: Json = {}
        rows = [
            {"values": (row.get("values") or []) + [blank] * (area.right - area.left - len(row.get("values") or []))}
            for row in rows
        ]
        _clear(sheet, area._replace(top=area.top + len(rows)), mask)
        top, left = area.top, area.left
    else:
        start = request.get("start") or {}
        sheet = book.sheet(int(start.get("sheetId") or 0))
        top, left = int(start.get("rowIndex") or 0), int(start.get("columnIndex") or 0)
        _check_fits(sheet, rows, top, left)
    _write_rows(sheet, rows, top, left, mask)
    return {}


def _check_inside(rows: list[Json], area: Area) -> None:
    if len(rows) > area.bottom - area.top:
        raise invalid(f"Attempting to write row: {area.bottom}, beyond the last requested row of: {area.bottom - 1}")
    if any(len(row.get("values") or []) > area.right - area.left for row in rows):
        raise invalid(
            f"Attempting to write column: {area.right}, beyond the last requested column of: {area.right - 1}"
        )


def _check_fits(sheet: Sheet, rows: list[Json], top: int, left: int) -> None:
    width = max((len(row.get("values") or []) for row in rows), default=0)
    if top + len(rows) > sheet.row_count or left + width > sheet.column_count:
        raise sheet.outside(Area(top, top + max(len(rows), 1), left, left + max(width, 1)))


def _clear(sheet: Sheet, area: Area, mask: Mask | None) -> None:
    for row, column, cell in list(sheet.filled(area)):
        sheet.put(row, column, patched(cell, {}, mask))


def repeat_cell(book: Spreadsheet, request: Json) -> Json:
    """`repeatCell`: the same CellData for every cell of a range."""
    mask = field_mask(request, CELL)
    sheet, area = grid_area(book, request.get("range") or {})
    _every_cell(sheet, area, request.get("cell") or {}, mask)
    return {}


def _every_cell(sheet: Sheet, area: Area, data: Json, mask: Mask | None) -> None:
    keys = [column.key for column in sheet.columns[area.left : area.right]]
    fresh = patched(BLANK, data, mask)
    for index in range(area.top, area.bottom):
        if fresh == BLANK and sheet.row_at(index) is None:
            continue
        cells = sheet.row_for_writing(index).cells
        for key in keys:
            new = patched(cells[key], data, mask) if key in cells else fresh
            if new == BLANK:
                cells.pop(key, None)
            else:
                cells[key] = new


def set_data_validation(book: Spreadsheet, request: Json) -> Json:
    """`setDataValidation`: a rule for every cell of a range, or none. Writes by API are not checked by it."""
    sheet, area = grid_area(book, request.get("range") or {})
    rule = request.get("rule")
    if rule is not None:
        _check_rule(rule)
    _every_cell(sheet, area, {"dataValidation": rule} if rule else {}, {"dataValidation": None})
    return {}


def _check_rule(rule: Json) -> None:
    condition = rule.get("condition") or {}
    kind, values = condition.get("type"), condition.get("values") or []
    if not kind:
        raise invalid("rule.condition.type must be specified.")
    if kind == "BOOLEAN" and len(values) > 2:
        raise invalid("A BOOLEAN condition takes at most two values.")
    if kind == "ONE_OF_LIST" and not values:
        raise invalid("A ONE_OF_LIST condition needs at least one value.")


def append_cells(book: Spreadsheet, request: Json) -> Json:
    """`appendCells`: after the last row with data; the grid grows downwards, never sideways (live-probed)."""
    mask = field_mask(request, CELL)
    sheet = find_sheet(book, request.get("sheetId"))
    rows: list[Json] = request.get("rows") or []
    top = sheet.last_row_with_values()
    width = max((len(row.get("values") or []) for row in rows), default=0)
    if width > sheet.column_count:
        raise sheet.outside(Area(top, top + len(rows), 0, width))
    if top + len(rows) > sheet.row_count:
        sheet.set_row_count(top + len(rows))
        book.check_size()
    _write_rows(sheet, rows, top, 0, mask)
    return {}


# --------------------------------------------------------------------------- sorting


def sort_range(book: Spreadsheet, request: Json) -> Json:
    """`sortRange`. Hidden and filtered rows stay where they are, blanks go last, numbers apart from text.

    When the range covers every column that holds anything, whole rows move, with their metadata; a
    narrower range moves only its cells.
    """
    sheet, area = grid_area(book, request.get("range") or {})
    _check_merges(sheet, area)
    specs: list[Json] = request.get("sortSpecs") or [{"dimensionIndex": area.left}]
    for spec in specs:
        column = int(spec.get("dimensionIndex") or 0)
        if not area.left <= column < area.right:
            raise invalid(f"Sort column {column} is outside the range.")
    book.forget_results()
    filtered = hidden_by_filter(book, sheet)
    sheet.rows.extend([None] * (min(area.bottom, sheet.row_count) - len(sheet.rows)))
    places = [
        index
        for index in range(area.top, area.bottom)
        if index not in filtered and not ((row := sheet.rows[index]) and row.hidden)
    ]
    order = list(places)
    for spec in reversed(specs):
        order = _sorted_by(book, sheet, order, spec)
    _rearrange(sheet, area, places, order)
    while sheet.rows and sheet.rows[-1] is None:
        sheet.rows.pop()
    book.forget_results()
    return {}


def _check_merges(sheet: Sheet, area: Area) -> None:
    for merge in sheet.merges:
        if merge["endRowIndex"] - merge["startRowIndex"] > 1 and overlaps(merge, area):
            first = f"{column_letters(merge['startColumnIndex'])}{merge['startRowIndex'] + 1}"
            last = f"{column_letters(merge['endColumnIndex'] - 1)}{merge['endRowIndex']}"
            raise invalid(
                f"You can't sort a range containing vertical merges. There is a vertical merge at {first}:{last}"
            )


def _sorted_by(book: Spreadsheet, sheet: Sheet, order: list[int], spec: Json) -> list[int]:
    column = int(spec.get("dimensionIndex") or 0)
    descending = spec.get("sortOrder") == "DESCENDING"
    keyed = [(book.shown(sheet, row, column, sheet.cell(row, column)), row) for row in order]
    blank = [row for value, row in keyed if value is None or value == ""]
    filled = [(value, row) for value, row in keyed if value is not None and value != ""]
    filled.sort(key=lambda pair: _sort_key(pair[0]), reverse=descending)
    return [row for _, row in filled] + blank


def _sort_key(value: Shown) -> tuple[int, float, str, str]:
    """Numbers, then text, then booleans, then errors; text without regard to letter case first."""
    if isinstance(value, bool):
        return 2, float(value), "", ""
    if isinstance(value, CellError):
        return 3, 0, value.shown, ""
    if isinstance(value, int | float):
        return 0, value, "", ""
    return 1, 0, str(value).casefold(), str(value)


def _rearrange(sheet: Sheet, area: Area, places: list[int], order: list[int]) -> None:
    moves = [(place, source) for place, source in zip(places, order, strict=True) if place != source]
    keys = {column.key for column in sheet.columns[area.left : area.right]}
    sources = {source: sheet.rows[source] for _, source in moves}
    whole_rows = all(row is None or row.cells.keys() <= keys for row in sources.values())
    for place, source in moves:
        moved, standing = sources[source], sources[place]
        if whole_rows:
            sheet.rows[place] = _moved_row(sheet, moved, standing)
            continue
        kept = {k: c for k, c in standing.cells.items() if k not in keys} if standing else {}
        new = {k: c for k, c in moved.cells.items() if k in keys} if moved else {}
        sheet.row_for_writing(place).cells = kept | new


def _moved_row(sheet: Sheet, moved: Row | None, standing: Row | None) -> Row | None:
    """A row in a new place: its key and cells go with it, its height belongs to the place."""
    size = standing.size if standing else None
    if moved is None:
        return Row(sheet.new_key(), sheet.edition, size=size) if size else None
    return Row(moved.key, sheet.edition, dict(moved.cells), size=size)


# --------------------------------------------------------------------------- merging


def merge_cells(book: Spreadsheet, request: Json) -> Json:
    """`mergeCells`: as one, by row or by column; only the upper left value of each merge stays."""
    sheet, area = grid_area(book, request.get("range") or {})
    kind = request.get("mergeType") or "MERGE_ALL"
    if kind == "MERGE_ROWS":
        pieces = [area._replace(top=row, bottom=row + 1) for row in range(area.top, area.bottom)]
    elif kind == "MERGE_COLUMNS":
        pieces = [area._replace(left=c, right=c + 1) for c in range(area.left, area.right)]
    else:
        pieces = [area]
    _unmerge(sheet, area)
    for piece in pieces:
        if piece.bottom - piece.top == 1 and piece.right - piece.left == 1:
            continue
        sheet.merges.append(grid_range_of(sheet, piece))
        for row, column, cell in list(sheet.filled(piece)):
            if (row, column) != (piece.top, piece.left):
                sheet.put(row, column, cell._replace(value=None))
    return {}


def unmerge_cells(book: Spreadsheet, request: Json) -> Json:
    """`unmergeCells`: every merge inside the range."""
    sheet, area = grid_area(book, request.get("range") or {})
    _unmerge(sheet, area)
    return {}


def _unmerge(sheet: Sheet, area: Area) -> None:
    kept = []
    for merge in sheet.merges:
        if not overlaps(merge, area):
            kept.append(merge)
        elif not (
            area.top <= merge["startRowIndex"]
            and merge["endRowIndex"] <= area.bottom
            and area.left <= merge["startColumnIndex"]
            and merge["endColumnIndex"] <= area.right
        ):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = kept


# --------------------------------------------------------------------------- deleting cells


def delete_range(book: Spreadsheet, request: Json) -> Json:
    """`deleteRange`: the cells below move up (ROWS), or those at the right move left (COLUMNS)."""
    sheet, area = grid_area(book, request.get("range") or {})
    dimension = request.get("shiftDimension")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("shiftDimension must be specified.")
    band = area._replace(bottom=sheet.row_count) if dimension == "ROWS" else area._replace(right=sheet.column_count)
    cells: list[tuple[int, int, Cell]] = list(sheet.filled(band))
    for row, column, _ in cells:
        sheet.put(row, column, BLANK)
    down, right = (area.bottom - area.top, 0) if dimension == "ROWS" else (0, area.right - area.left)
    for row, column, cell in cells:
        if row >= area.bottom or column >= area.right:
            sheet.put(row - down, column - right, cell)
    book.forget_results()
    return {}
