"""batchUpdate requests about rows and columns."""

from __future__ import annotations

from pipeline.sandbox import structure
from pipeline.sandbox.api_errors import Json, invalid
from pipeline.sandbox.cells import number_format
from pipeline.sandbox.defaults import COLUMN_PIXELS, ROW_PIXELS
from pipeline.sandbox.grid import Sheet, Spreadsheet
from pipeline.sandbox.masks import wants
from pipeline.sandbox.ranges import dimension_span
from pipeline.sandbox.requests_sheets import field_mask, find_sheet
from pipeline.sandbox.values import show

_NARROW, _WIDE = set("iljtfrI.,:;'|!()[] "), set("mwMW@%")
_PADDING = 7


def insert_dimension(book: Spreadsheet, request: Json) -> Json:
    """`insertDimension`; at the very end only with `inheritFromBefore` (live-probed)."""
    span = dimension_span(book, request.get("range") or {}, beyond=True)
    inherit = bool(request.get("inheritFromBefore"))
    size = span.sheet.row_count if span.dimension == "ROWS" else span.sheet.column_count
    if span.start > size or (span.start == size and not inherit):
        raise invalid(f"range.startIndex must be less than the grid size ({size}) if inheritFromBefore is false.")
    if inherit and span.start == 0:
        raise invalid("inheritFromBefore cannot be true when inserting at index 0.")
    structure.insert(book, span, inherit_from_before=inherit)
    return {}


def delete_dimension(book: Spreadsheet, request: Json) -> Json:
    """`deleteDimension`, with the metadata of what goes."""
    structure.delete(book, dimension_span(book, request.get("range") or {}))
    return {}


def move_dimension(book: Spreadsheet, request: Json) -> Json:
    """`moveDimension`; the destination counts as before the move."""
    span = dimension_span(book, request.get("source") or {})
    size = span.sheet.row_count if span.dimension == "ROWS" else span.sheet.column_count
    destination = int(request.get("destinationIndex") or 0)
    if not 0 <= destination <= size:
        raise invalid(f"destinationIndex[{destination}] is outside the sheet.")
    structure.move(book, span, destination)
    return {}


def append_dimension(book: Spreadsheet, request: Json) -> Json:
    """`appendDimension`: rows or columns at the end."""
    sheet = find_sheet(book, request.get("sheetId"))
    length = int(request.get("length") or 0)
    if length <= 0:
        raise invalid("length must be greater than 0.")
    if request.get("dimension") == "COLUMNS":
        sheet.set_column_count(sheet.column_count + length)
    elif request.get("dimension") == "ROWS":
        sheet.set_row_count(sheet.row_count + length)
    else:
        raise invalid("dimension must be specified.")
    book.check_size()
    return {}


def update_dimension_properties(book: Spreadsheet, request: Json) -> Json:
    """`updateDimensionProperties`: hidden by a person, and size in pixels."""
    mask = field_mask(request)
    span = dimension_span(book, request.get("range") or {})
    wanted = request.get("properties") or {}
    changes: Json = {}
    if wants(mask, "hiddenByUser"):
        changes["hidden"] = bool(wanted.get("hiddenByUser"))
    if wants(mask, "pixelSize"):
        changes["size"] = int(wanted["pixelSize"]) if wanted.get("pixelSize") else None
    _set_lines(span.sheet, span.dimension, dict.fromkeys(range(span.start, span.end), changes))
    return {}


def _set_lines(sheet: Sheet, dimension: str, changes: dict[int, Json]) -> None:
    for index, change in changes.items():
        if dimension == "COLUMNS":
            sheet.columns[index] = sheet.columns[index]._replace(**change)
            continue
        row = sheet.row_for_writing(index)
        row.hidden = change.get("hidden", row.hidden)
        row.size = change.get("size", row.size)


def auto_resize_dimensions(book: Spreadsheet, request: Json) -> Json:
    """`autoResizeDimensions`: as wide as the widest text, as high as its lines. Widths are estimates.

    Nobody publishes the metrics Google measures with; capitals are as wide as one recorded width says.
    """
    span = dimension_span(book, request.get("dimensions") or {})
    sheet = span.sheet
    book.forget_results()
    sizes: dict[int, int] = {}
    for row, column, cell in sheet.filled(sheet.whole()):
        place = column if span.dimension == "COLUMNS" else row
        if cell.value is None or not span.start <= place < span.end:
            continue
        lines = show(book.shown(sheet, row, column, cell), number_format(cell), book.rules).split("\n")
        if span.dimension == "COLUMNS":
            size = round(max(map(_text_width, lines))) + _PADDING
        else:
            size = max(ROW_PIXELS, 13 * len(lines) + 8)
        sizes[place] = max(size, sizes.get(place, 0))
    standard = COLUMN_PIXELS if span.dimension == "COLUMNS" else None
    changes = {
        index: {"size": sizes.get(index, standard)}
        for index in range(span.start, span.end)
        if index in sizes or span.dimension == "COLUMNS"
    }
    _set_lines(sheet, span.dimension, changes)
    return {}


def _text_width(text: str) -> float:
    """Pixels of a text in the default font, from classes of letters."""
    return sum(
        3.6 if letter in _NARROW else 11.0 if letter in _WIDE else 8.4805 if letter.isupper() else 7.0
        for letter in text
    )
