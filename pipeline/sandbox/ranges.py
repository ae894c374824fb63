"""Ranges as requests name them (A1 text, GridRange, DimensionRange) and as answers echo them."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.sandbox.a1 import Bounds, parse_bounds, split_title
from pipeline.sandbox.api_errors import ApiError, Json, invalid
from pipeline.sandbox.grid import Area, Sheet, Spreadsheet


class Span(NamedTuple):
    """Rows or columns of a sheet: `start` inclusive, `end` exclusive."""

    sheet: Sheet
    dimension: str
    start: int
    end: int


def locate(book: Spreadsheet, text: str) -> tuple[Sheet, Area]:
    """The sheet and area that A1 text means. Raises ApiError 400 when it means nothing."""
    sheet, bounds = locate_bounds(book, text)
    return sheet, sheet.clip(bounds)


def locate_bounds(book: Spreadsheet, text: str) -> tuple[Sheet, Bounds]:
    """As `locate`, without cutting to the grid."""
    title, rest, quoted = split_title(text)
    if title is None:
        bounds = parse_bounds(rest or "")
        if bounds is not None:
            visible = [sheet for sheet in book.sheets if not sheet.properties.get("hidden")]
            return (visible or book.sheets)[0], bounds
        title, rest = rest or "", None
    sheet = book.titled(title)
    if sheet is None:
        raise _unparsed(text)
    if rest is None and (quoted or "!" not in text):
        return sheet, Bounds()
    bounds = parse_bounds(rest or "")
    if bounds is None:
        raise _unparsed(text)
    return sheet, bounds


def _unparsed(text: str) -> ApiError:
    return invalid(f"Unable to parse range: {text}")


def grid_area(book: Spreadsheet, grid_range: Json) -> tuple[Sheet, Area]:
    """The sheet and area a GridRange means; a missing sheetId is 0. Raises ApiError 400."""
    sheet = book.sheet(int(grid_range.get("sheetId") or 0))
    top, left = int(grid_range.get("startRowIndex") or 0), int(grid_range.get("startColumnIndex") or 0)
    bottom = grid_range.get("endRowIndex")
    right = grid_range.get("endColumnIndex")
    area = Area(
        top,
        sheet.row_count if bottom is None else int(bottom),
        left,
        sheet.column_count if right is None else int(right),
    )
    if area.top >= area.bottom or area.left >= area.right or area.top < 0 or area.left < 0:
        raise invalid("GridRange is empty: its end must be greater than its start.")
    if area.bottom > sheet.row_count or area.right > sheet.column_count:
        raise sheet.outside(area)
    return sheet, area


def echo_grid_range(grid_range: Json) -> Json:
    """A GridRange as it comes back: no sheetId when it is 0 (recorded), indexes as they were."""
    return {name: value for name, value in grid_range.items() if value is not None and (name != "sheetId" or value)}


def grid_range_of(sheet: Sheet, area: Area) -> Json:
    """An area as GridRange in the form answers have."""
    return echo_grid_range(
        {
            "sheetId": sheet.sheet_id,
            "startRowIndex": area.top,
            "endRowIndex": area.bottom,
            "startColumnIndex": area.left,
            "endColumnIndex": area.right,
        }
    )


def dimension_span(book: Spreadsheet, dimension_range: Json, *, beyond: bool = False) -> Span:
    """The rows or columns a DimensionRange means. Raises ApiError 400; `beyond` allows an end past the grid."""
    sheet = book.sheet(int(dimension_range.get("sheetId") or 0))
    dimension = str(dimension_range.get("dimension") or "")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("range.dimension must be specified.")
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    end = dimension_range.get("endIndex")
    span = Span(sheet, dimension, int(dimension_range.get("startIndex") or 0), size if end is None else int(end))
    if span.start < 0 or span.end <= span.start:
        raise invalid(f"range.endIndex[{span.end}] must be greater than range.startIndex[{span.start}].")
    if span.end > size and not beyond:
        raise invalid(f"Cannot use {dimension} {span.start} to {span.end}: the sheet has {size} {dimension.lower()}.")
    return span


def dimension_range_of(sheet: Sheet, dimension: str, start: int, end: int) -> Json:
    """A DimensionRange in the form answers have."""
    shown: Json = {"sheetId": sheet.sheet_id} if sheet.sheet_id else {}
    return shown | {"dimension": dimension, "startIndex": start, "endIndex": end}


def overlaps(grid_range: Json, area: Area) -> bool:
    """True if a stored GridRange and an area share a cell."""
    return (
        (grid_range.get("startRowIndex") or 0) < area.bottom
        and (grid_range.get("startColumnIndex") or 0) < area.right
        and grid_range.get("endRowIndex", area.bottom) > area.top
        and grid_range.get("endColumnIndex", area.right) > area.left
    )
