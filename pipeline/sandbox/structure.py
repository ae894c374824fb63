"""Rows and columns coming, going and moving, with everything that refers to them.

Cells and metadata follow by themselves (see `grid`). What is stored as indexes follows here: merges,
protected ranges, conditional formats, filters, charts, frozen counts, and references in formulas.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.sandbox.api_errors import Json, invalid
from pipeline.sandbox.formulas import shift_references
from pipeline.sandbox.grid import Column, Row, Sheet, Spreadsheet
from pipeline.sandbox.ranges import Span
from pipeline.sandbox.values import Formula

Shift = Callable[[int], int | None]
"""Where an index is now; None if it is gone."""


def insert(book: Spreadsheet, span: Span, *, inherit_from_before: bool) -> None:
    """Insert blank rows or columns before `span.start`; formats come from the neighbour."""
    sheet, amount = span.sheet, span.end - span.start
    neighbour = span.start - 1 if inherit_from_before else span.start
    if span.dimension == "ROWS":
        model = sheet.row_at(neighbour)
        sheet.row_count += amount
        if span.start < len(sheet.rows) or model is not None:
            sheet.rows.extend([None] * (span.start - len(sheet.rows)))
            sheet.rows[span.start : span.start] = [_styled_like(sheet, model) for _ in range(amount)]
    else:
        model_key = sheet.columns[neighbour].key if 0 <= neighbour < sheet.column_count else None
        new = [Column(sheet.new_key()) for _ in range(amount)]
        sheet.columns[span.start : span.start] = new
        if model_key is not None:
            _style_columns(sheet, model_key, new)
    book.check_size()

    def shift(index: int) -> int:
        return index + amount if index >= span.start else index

    _follow(book, sheet, span.dimension, shift, lambda start, end: (shift(start), shift(end - 1) + 1))


def _styled_like(sheet: Sheet, model: Row | None) -> Row | None:
    if model is None:
        return None
    cells = {
        key: cell._replace(value=None, note=None, extra=None)
        for key, cell in model.cells.items()
        if cell.style or cell.validation
    }
    return Row(sheet.new_key(), sheet.edition, cells) if cells else None


def _style_columns(sheet: Sheet, model_key: int, new: list[Column]) -> None:
    for index, row in enumerate(sheet.rows):
        cell = row.cells.get(model_key) if row is not None else None
        if cell is not None and (cell.style or cell.validation):
            bare = cell._replace(value=None, note=None, extra=None)
            sheet.row_for_writing(index).cells.update({column.key: bare for column in new})


def delete(book: Spreadsheet, span: Span) -> None:
    """Delete rows or columns, with their metadata. Raises ApiError 400 if none would be left."""
    sheet, amount = span.sheet, span.end - span.start
    by_row = span.dimension == "ROWS"
    size = sheet.row_count if by_row else sheet.column_count
    frozen = int(sheet.grid.get("frozenRowCount" if by_row else "frozenColumnCount") or 0)
    word = "rows" if by_row else "columns"
    if amount >= size:
        raise invalid(f"You can't delete all the {word} on the sheet.")
    still_frozen = frozen - max(0, min(span.end, frozen) - span.start)
    if frozen and size - amount <= still_frozen:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {word}.")
    if by_row:
        gone = {row.key for row in sheet.rows[span.start : span.end] if row is not None}
        del sheet.rows[span.start : span.end]
        sheet.row_count -= amount
    else:
        gone = {column.key for column in sheet.columns[span.start : span.end]}
        sheet.drop_columns(span.start, span.end)
    book.forget_lines(sheet, gone)
    if still_frozen != frozen:
        sheet.grid["frozenRowCount" if by_row else "frozenColumnCount"] = still_frozen

    def shift(index: int) -> int | None:
        if span.start <= index < span.end:
            return None
        return index - amount if index >= span.end else index

    def shift_span(start: int, end: int) -> tuple[int, int] | None:
        new_start = start if start < span.start else max(start - amount, span.start)
        new_end = end if end <= span.start else max(end - amount, span.start)
        return (new_start, new_end) if new_end > new_start else None

    _follow(book, sheet, span.dimension, shift, shift_span)


def move(book: Spreadsheet, span: Span, destination: int) -> None:
    """Move rows or columns so that they stand before what is now at `destination`. Raises ApiError 400."""
    sheet, amount = span.sheet, span.end - span.start
    if span.start <= destination <= span.end:
        return
    first, last = (
        ("startRowIndex", "endRowIndex") if span.dimension == "ROWS" else ("startColumnIndex", "endColumnIndex")
    )
    for merge in sheet.merges:
        for cut in (span.start, span.end, destination):
            if merge[first] < cut < merge[last]:
                raise invalid(f"You can't move {span.dimension.lower()} through a merged range.")
    if span.dimension == "ROWS":
        sheet.rows.extend([None] * (max(span.end, destination) - len(sheet.rows)))
    lines: list[Row | None] | list[Column] = sheet.rows if span.dimension == "ROWS" else sheet.columns
    block = lines[span.start : span.end]
    del lines[span.start : span.end]
    target = destination if destination < span.start else destination - amount
    lines[target:target] = block  # type: ignore[assignment]

    def shift(index: int) -> int:
        if span.start <= index < span.end:
            return index - span.start + target
        closed = index - amount if index >= span.end else index
        return closed + amount if closed >= target else closed

    def shift_span(start: int, end: int) -> tuple[int, int]:
        if (start <= span.start and end >= span.end and start <= destination <= end) or end <= start:
            return start, end
        moved = [shift(start), shift(end - 1)]
        return min(moved), max(moved) + 1

    _follow(book, sheet, span.dimension, shift, shift_span)


def _follow(
    book: Spreadsheet,
    sheet: Sheet,
    dimension: str,
    shift: Shift,
    shift_span: Callable[[int, int], tuple[int, int] | None],
) -> None:
    book.forget_results()
    first, last = ("startRowIndex", "endRowIndex") if dimension == "ROWS" else ("startColumnIndex", "endColumnIndex")

    def moved_range(grid_range: Json) -> Json | None:
        if grid_range.get(first) is None and grid_range.get(last) is None:
            return grid_range
        open_end = grid_range.get(last) is None
        end = 2**31 if open_end else int(grid_range[last])
        span = shift_span(int(grid_range.get(first) or 0), end)
        if span is None:
            return None
        return grid_range | {first: span[0]} | ({} if open_end else {last: span[1]})

    def moved_owner(owner: Json) -> Json | None:
        if "range" not in owner:
            return owner
        grid_range = moved_range(owner["range"])
        return None if grid_range is None else owner | {"range": grid_range}

    sheet.merges = [m for m in map(moved_range, sheet.merges) if m is not None]
    sheet.protected = [p for p in map(moved_owner, sheet.protected) if p is not None]
    sheet.filter_views = [v for v in map(moved_owner, sheet.filter_views) if v is not None]
    sheet.basic_filter = moved_owner(sheet.basic_filter) if sheet.basic_filter else None
    rules = []
    for rule in sheet.conditional:
        ranges = [r for r in map(moved_range, rule.get("ranges", [])) if r is not None]
        if ranges:
            rules.append(rule | {"ranges": ranges})
    sheet.conditional = rules
    _follow_formulas(book, sheet, dimension, shift)


def _follow_formulas(book: Spreadsheet, moved_sheet: Sheet, dimension: str, shift: Shift) -> None:
    def moved(row: int, column: int) -> tuple[int, int] | None:
        new = shift(row if dimension == "ROWS" else column)
        if new is None:
            return None
        return (new, column) if dimension == "ROWS" else (row, new)

    for sheet in book.sheets:
        for index, row in enumerate(sheet.rows):
            if row is None:
                continue
            for key, cell in list(row.cells.items()):
                if isinstance(cell.value, Formula):
                    text = shift_references(cell.value, moved, own_sheet=sheet is moved_sheet, title=moved_sheet.title)
                    if text != cell.value:
                        sheet.row_for_writing(index).cells[key] = cell._replace(value=Formula(text))
