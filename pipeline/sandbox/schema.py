"""The field names a mask may use, as far down as callers go wrong; from Google's discovery document.

A misspelt name in a mask is refused by Google; answering it with an empty object would hide the mistake.
"""

from __future__ import annotations

from pipeline.sandbox.api_errors import ApiError
from pipeline.sandbox.masks import Mask

Names = dict[str, "Names | None"]
"""Field name -> names below it; None where anything is let through."""


def _names(text: str) -> Names:
    return dict.fromkeys(text.split())


CELL: Names = _names(
    "userEnteredValue effectiveValue formattedValue userEnteredFormat effectiveFormat hyperlink note "
    "textFormatRuns dataValidation pivotTable dataSourceTable dataSourceFormula chipRuns"
)
"""CellData."""

_DATA: Names = _names("startRow startColumn rowMetadata columnMetadata") | {"rowData": {"values": CELL}}

SHEET_PROPERTIES: Names = _names(
    "sheetId title index sheetType gridProperties hidden tabColor tabColorStyle rightToLeft dataSourceSheetProperties"
)
"""SheetProperties."""

_SHEET: Names = _names(
    "merges conditionalFormats filterViews protectedRanges basicFilter charts bandedRanges developerMetadata "
    "rowGroups columnGroups slicers tables"
) | {"properties": SHEET_PROPERTIES, "data": _DATA}

SPREADSHEET: Names = _names(
    "spreadsheetId properties namedRanges spreadsheetUrl developerMetadata dataSources dataSourceSchedules"
) | {"sheets": _SHEET}
"""Spreadsheet."""


def check_names(mask: Mask, names: Names) -> None:
    """Raises ApiError 400 naming the first path of the mask that does not exist."""
    path = _unknown(mask, names)
    if path is None:
        return
    description = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    raise ApiError(
        400,
        "Request contains an invalid argument.",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": path, "description": description}],
            }
        ],
    )


def _unknown(mask: Mask, names: Names) -> str | None:
    for name, below in mask.items():
        if name == "*":
            continue
        if name not in names:
            return name
        deeper = names[name]
        path = None if below is None or deeper is None else _unknown(below, deeper)
        if path is not None:
            return f"{name}.{path}"
    return None
