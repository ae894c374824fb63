"""batchUpdate requests about the spreadsheet and its sheets."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pipeline.sandbox.api_errors import ApiError, Json, invalid, no_sheet
from pipeline.sandbox.cells import normal_colors
from pipeline.sandbox.grid import Sheet, Spreadsheet
from pipeline.sandbox.masks import Mask, below, merge_masked, parse_mask, wants
from pipeline.sandbox.reading import indexed_properties, sheet_properties
from pipeline.sandbox.schema import SHEET_PROPERTIES, Names, check_names

_FIXED = {"sheetId", "index", "sheetType", "title", "gridProperties"}
_COUNTS = {"rowCount", "columnCount"}


def field_mask(request: Json, names: Names | None = None) -> Mask | None:
    """The request's `fields`. Raises ApiError 400 when there are none, or one is not among `names`."""
    text = request.get("fields")
    if not text:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    mask = parse_mask(str(text))
    if mask is not None and names is not None:
        check_names(mask, names)
    return mask


def find_sheet(book: Spreadsheet, sheet_id: object) -> Sheet:
    """The sheet a request names by id. Raises ApiError 400."""
    number = int(str(sheet_id or 0))
    try:
        return book.sheet(number)
    except ApiError:
        raise no_sheet(number) from None


def update_spreadsheet_properties(book: Spreadsheet, request: Json) -> Json:
    """`updateSpreadsheetProperties`: title, locale, time zone."""
    mask = field_mask(request)
    wanted = normal_colors(request.get("properties") or {})
    book.properties = merge_masked(book.properties, wanted, mask)
    if not book.properties.get("title"):
        raise invalid("The spreadsheet title cannot be empty.")
    zone = book.properties.get("timeZone")
    try:
        ZoneInfo(str(zone))
    except (ValueError, OSError, KeyError):
        raise invalid(f"Invalid time zone: {zone}") from None
    book.forget_results()
    return {}


def add_sheet(book: Spreadsheet, request: Json) -> Json:
    """`addSheet`; an explicit id or title that is taken is refused."""
    wanted = normal_colors(request.get("properties") or {})
    taken = {sheet.sheet_id for sheet in book.sheets}
    sheet_id = wanted.get("sheetId")
    if sheet_id is not None and int(sheet_id) in taken:
        raise invalid(f"A sheet with id {sheet_id} already exists. Please specify another id.")
    title = wanted.get("title") or _free_title(book)
    _check_title(book, str(title), None)
    grid = wanted.get("gridProperties") or {}
    sheet = Sheet(book.new_id(taken) if sheet_id is None else int(sheet_id), str(title))
    _resize(
        book, sheet, int(grid.get("rowCount") or sheet.row_count), int(grid.get("columnCount") or sheet.column_count)
    )
    sheet.grid = {name: value for name, value in grid.items() if name not in _COUNTS and value}
    sheet.properties = {name: value for name, value in wanted.items() if name not in _FIXED and value}
    _twin_tab_colors(sheet)
    index = wanted.get("index")
    book.sheets.insert(len(book.sheets) if index is None else int(index), sheet)
    book.check_size()
    return {"addSheet": {"properties": indexed_properties(book, sheet)}}


def _free_title(book: Spreadsheet) -> str:
    number = len(book.sheets) + 1
    while book.titled(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _check_title(book: Spreadsheet, title: str, own: Sheet | None) -> None:
    if not title:
        raise invalid("You must specify a name for the sheet.")
    other = book.titled(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def delete_sheet(book: Spreadsheet, request: Json) -> Json:
    """`deleteSheet`, with its metadata; the last visible one stays."""
    sheet = find_sheet(book, request.get("sheetId"))
    if not any(s is not sheet and not s.properties.get("hidden") for s in book.sheets):
        raise invalid("You can't remove all the sheets in a document.")
    book.sheets.remove(sheet)
    book.metadata = {n: entry for n, entry in book.metadata.items() if entry.sheet_id != sheet.sheet_id}
    book.forget_results()
    return {}


def update_sheet_properties(book: Spreadsheet, request: Json) -> Json:
    """`updateSheetProperties`: title, place among the tabs, size, frozen lines, colour, hidden."""
    mask = field_mask(request, SHEET_PROPERTIES)
    wanted = normal_colors(request.get("properties") or {})
    sheet = find_sheet(book, wanted.get("sheetId"))
    if wants(mask, "title") and (mask is not None or "title" in wanted):
        _check_title(book, str(wanted.get("title") or ""), sheet)
        sheet.title = str(wanted["title"])
    if wants(mask, "index") and wanted.get("index") is not None:
        _move_sheet(book, sheet, int(wanted["index"]))
    if wants(mask, "gridProperties"):
        _update_grid(book, sheet, wanted.get("gridProperties") or {}, below(mask, "gridProperties"))
    _update_rest(book, sheet, wanted, mask)
    book.forget_results()
    return {}


def _update_rest(book: Spreadsheet, sheet: Sheet, wanted: Json, mask: Mask | None) -> None:
    names = (set(wanted) if mask is None else set(mask)) - _FIXED
    for name in names:
        sub = below(mask, name)
        value = merge_masked(sheet.properties.get(name), wanted.get(name), sub)
        if name in ("tabColor", "tabColorStyle"):
            sheet.properties.pop("tabColor", None)
            sheet.properties.pop("tabColorStyle", None)
        empty = not value or value == {"rgbColor": None}
        if empty:
            sheet.properties.pop(name, None)
        else:
            sheet.properties[name] = value
    _twin_tab_colors(sheet)
    if all(s.properties.get("hidden") for s in book.sheets):
        raise invalid("You can't hide all the sheets in a document.")


def _twin_tab_colors(sheet: Sheet) -> None:
    style, plain = sheet.properties.get("tabColorStyle"), sheet.properties.get("tabColor")
    if style and style.get("rgbColor") is not None:
        sheet.properties["tabColor"] = style["rgbColor"]
    elif plain is not None and not style:
        sheet.properties["tabColorStyle"] = {"rgbColor": plain}


def _move_sheet(book: Spreadsheet, sheet: Sheet, index: int) -> None:
    """Indexes are in terms of before the move (documented), so one's own place and the next change nothing."""
    if index < 0 or index > len(book.sheets):
        raise invalid(f"The index {index} is out of range; there are {len(book.sheets)} sheets.")
    old = book.sheets.index(sheet)
    book.sheets.remove(sheet)
    book.sheets.insert(index if index <= old else index - 1, sheet)


def _update_grid(book: Spreadsheet, sheet: Sheet, wanted: Json, mask: Mask | None) -> None:
    current = sheet_properties(sheet)["gridProperties"]
    merged = merge_masked(current, wanted, mask) or {}
    if mask is None:
        merged = {name: current[name] for name in _COUNTS} | merged
    _resize(book, sheet, int(merged.get("rowCount") or 0), int(merged.get("columnCount") or 0))
    sheet.grid = {name: value for name, value in merged.items() if name not in _COUNTS and value}
    for name, size, word in (
        ("frozenRowCount", sheet.row_count, "rows"),
        ("frozenColumnCount", sheet.column_count, "columns"),
    ):
        frozen = int(sheet.grid.get(name) or 0)
        if frozen and frozen >= size:
            raise invalid(f"You can't freeze all visible {word} on the sheet.")


def _resize(book: Spreadsheet, sheet: Sheet, rows: int, columns: int) -> None:
    if rows <= 0 or columns <= 0:
        word = "row" if rows <= 0 else "column"
        raise invalid(f"A sheet must have at least one {word}.")
    gone = {row.key for row in sheet.rows[rows:] if row is not None}
    gone |= {column.key for column in sheet.columns[columns:]}
    shrinks = rows < sheet.row_count or columns < sheet.column_count
    sheet.set_row_count(rows)
    sheet.set_column_count(columns)
    book.forget_lines(sheet, gone)
    if shrinks:
        _cut_ranges(sheet)
    book.check_size()


def _cut_ranges(sheet: Sheet) -> None:
    def cut(grid_range: Json) -> Json | None:
        limits = {"endRowIndex": sheet.row_count, "endColumnIndex": sheet.column_count}
        kept = grid_range | {
            name: min(int(grid_range[name]), limit)
            for name, limit in limits.items()
            if grid_range.get(name) is not None
        }
        inside = (kept.get("startRowIndex") or 0) < limits["endRowIndex"]
        inside = inside and (kept.get("startColumnIndex") or 0) < limits["endColumnIndex"]
        return kept if inside else None

    def cut_owner(owner: Json) -> Json | None:
        if "range" not in owner:
            return owner
        grid_range = cut(owner["range"])
        return None if grid_range is None else owner | {"range": grid_range}

    sheet.merges = [m for m in map(cut, sheet.merges) if m is not None]
    sheet.protected = [p for p in map(cut_owner, sheet.protected) if p is not None]
    sheet.filter_views = [v for v in map(cut_owner, sheet.filter_views) if v is not None]
    sheet.basic_filter = cut_owner(sheet.basic_filter) if sheet.basic_filter else None
    rules = [r | {"ranges": [c for c in map(cut, r.get("ranges", [])) if c]} for r in sheet.conditional]
    sheet.conditional = [rule for rule in rules if rule["ranges"]]
