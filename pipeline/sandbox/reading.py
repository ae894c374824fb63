"""`spreadsheets.get` and `getByDataFilter`: a spreadsheet as JSON, only what the field mask asks for.

The mask is handed down to where cells become JSON, so that a masked read of a large sheet never builds
what would be thrown away.
"""

from __future__ import annotations

from pipeline.sandbox import metadata
from pipeline.sandbox.api_errors import Json
from pipeline.sandbox.cells import cell_data
from pipeline.sandbox.defaults import COLUMN_PIXELS, ROW_PIXELS
from pipeline.sandbox.filtering import hidden_by_filter
from pipeline.sandbox.grid import Area, Cell, Sheet, Spreadsheet
from pipeline.sandbox.masks import Mask, apply_mask, below, wants
from pipeline.sandbox.ranges import overlaps

OWNER = "owner@sandbox.invalid"
"""The account every caller is, as it shows up among the editors of a protected range."""

Places = dict[int, list[Area]]
"""Sheet id -> the areas of that sheet which were asked for."""


def spreadsheet_json(book: Spreadsheet, mask: Mask | None, places: Places | None, *, grid_data: bool) -> Json:
    """The spreadsheet. `places` limits sheets and data; `grid_data` counts only without a mask (documented)."""
    with_data = grid_data if mask is None else _mask_reaches_data(mask)
    answer: Json = {"spreadsheetId": book.spreadsheet_id, "properties": book.properties}
    if wants(mask, "sheets"):
        answer["sheets"] = [
            sheet_json(book, sheet, below(mask, "sheets"), places, with_data=with_data)
            for sheet in book.sheets
            if places is None or sheet.sheet_id in places
        ]
    answer["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{book.spreadsheet_id}/edit"
    attached = [metadata.entry_json(book, entry) for entry in book.metadata.values() if entry.kind == "SPREADSHEET"]
    if attached:
        answer["developerMetadata"] = attached
    if mask is None:
        return answer
    return {
        name: answer[name] if name == "sheets" else apply_mask(answer[name], sub)
        for name, sub in mask.items()
        if name in answer
    }


def _mask_reaches_data(mask: Mask) -> bool:
    if "sheets" not in mask:
        return False
    sheets = mask["sheets"]
    return sheets is None or "data" in sheets


def sheet_properties(sheet: Sheet) -> Json:
    """`SheetProperties` without the index, which only the spreadsheet knows."""
    grid = {"rowCount": sheet.row_count, "columnCount": sheet.column_count} | sheet.grid
    return {
        "sheetId": sheet.sheet_id,
        "title": sheet.title,
        "sheetType": "GRID",
        "gridProperties": {name: value for name, value in grid.items() if value},
    } | {name: value for name, value in sheet.properties.items() if value not in (None, False)}


def indexed_properties(book: Spreadsheet, sheet: Sheet) -> Json:
    """`SheetProperties` as answers show it."""
    return sheet_properties(sheet) | {"index": book.sheets.index(sheet)}


def sheet_json(book: Spreadsheet, sheet: Sheet, mask: Mask | None, places: Places | None, *, with_data: bool) -> Json:
    """One sheet. With `places`, only merges that touch them are told (live-probed)."""
    areas = [sheet.whole()] if places is None else places[sheet.sheet_id]
    parts: Json = {
        "properties": indexed_properties(book, sheet),
        "merges": [m for m in sheet.merges if any(overlaps(m, area) for area in areas)],
        "conditionalFormats": sheet.conditional,
        "filterViews": sheet.filter_views,
        "protectedRanges": [protected_json(entry) for entry in sheet.protected],
        "basicFilter": sheet.basic_filter,
        "charts": sheet.charts,
        "developerMetadata": [
            metadata.entry_json(book, entry)
            for entry in book.metadata.values()
            if entry.kind == "SHEET" and entry.sheet_id == sheet.sheet_id
        ],
    }
    shown = {name: value for name, value in parts.items() if value}
    answer: Json = apply_mask(shown, mask)
    if with_data and wants(mask, "data"):
        answer["data"] = [grid_data_json(book, sheet, area, below(mask, "data")) for area in areas]
    return answer


def protected_json(entry: Json) -> Json:
    """A protected range as a read shows it: its owner is always among the editors (recorded)."""
    if entry.get("warningOnly"):
        return entry
    editors = entry.get("editors") or {}
    others = [user for user in editors.get("users", []) if user != OWNER]
    return entry | {"editors": editors | {"users": [OWNER, *others]}}


def grid_data_json(book: Spreadsheet, sheet: Sheet, area: Area, mask: Mask | None) -> Json:
    """`GridData` of one area; blank rows at the end and blank cells at the end of a row are left out."""
    data: Json = {}
    if area.top and wants(mask, "startRow"):
        data["startRow"] = area.top
    if area.left and wants(mask, "startColumn"):
        data["startColumn"] = area.left
    if wants(mask, "rowData"):
        rows = _row_data(book, sheet, area, below(mask, "rowData"))
        if rows:
            data["rowData"] = rows
    if wants(mask, "rowMetadata"):
        data["rowMetadata"] = apply_mask(_row_metadata(book, sheet, area), below(mask, "rowMetadata"))
    if wants(mask, "columnMetadata"):
        data["columnMetadata"] = apply_mask(_column_metadata(book, sheet, area), below(mask, "columnMetadata"))
    return data


def _row_data(book: Spreadsheet, sheet: Sheet, area: Area, mask: Mask | None) -> list[Json]:
    cell_mask = below(mask, "values")
    rows: list[Json] = []
    current: list[tuple[int, Cell]] = []
    current_row = -1

    def flush() -> None:
        if current_row < 0:
            return
        rows.extend({} for _ in range(current_row - area.top - len(rows)))
        values: list[Json] = [{}] * (current[-1][0] - area.left + 1)
        for column, cell in current:
            values[column - area.left] = cell_data(book, sheet, current_row, column, cell, cell_mask)
        rows.append({"values": values} if wants(mask, "values") else {})

    for row, column, cell in sheet.filled(area):
        if row != current_row:
            flush()
            current, current_row = [], row
        current.append((column, cell))
    flush()
    return rows


def _row_metadata(book: Spreadsheet, sheet: Sheet, area: Area) -> list[Json]:
    attached = metadata.by_line(book, sheet, "ROW")
    filtered = hidden_by_filter(book, sheet)
    shown: list[Json] = []
    for index in range(area.top, area.bottom):
        row = sheet.row_at(index)
        entry: Json = {}
        if index in filtered:
            entry["hiddenByFilter"] = True
        if row is not None and row.hidden:
            entry["hiddenByUser"] = True
        entry["pixelSize"] = (row.size if row is not None else None) or ROW_PIXELS
        if row is not None and row.key in attached:
            entry["developerMetadata"] = attached[row.key]
        shown.append(entry)
    return shown


def _column_metadata(book: Spreadsheet, sheet: Sheet, area: Area) -> list[Json]:
    attached = metadata.by_line(book, sheet, "COLUMN")
    shown: list[Json] = []
    for column in sheet.columns[area.left : area.right]:
        entry: Json = {"hiddenByUser": True} if column.hidden else {}
        entry["pixelSize"] = column.size or COLUMN_PIXELS
        if column.key in attached:
            entry["developerMetadata"] = attached[column.key]
        shown.append(entry)
    return shown
