"""`spreadsheets.batchUpdate`: all requests together, or none.

Every request kind is one function from a draft and the request to its reply; `KINDS` is the whole list.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.sandbox import requests_cells as cells
from pipeline.sandbox import requests_dimensions as dimensions
from pipeline.sandbox import requests_find as finding
from pipeline.sandbox import requests_rules as rules
from pipeline.sandbox import requests_sheets as sheets
from pipeline.sandbox.api_errors import ApiError, Json, invalid, malformed, not_answered, unknown_name
from pipeline.sandbox.grid import Spreadsheet
from pipeline.sandbox.reading import spreadsheet_json

Kind = Callable[[Spreadsheet, Json], Json]

KINDS: dict[str, Kind] = {
    "updateSpreadsheetProperties": sheets.update_spreadsheet_properties,
    "addSheet": sheets.add_sheet,
    "deleteSheet": sheets.delete_sheet,
    "updateSheetProperties": sheets.update_sheet_properties,
    "updateCells": cells.update_cells,
    "repeatCell": cells.repeat_cell,
    "appendCells": cells.append_cells,
    "sortRange": cells.sort_range,
    "mergeCells": cells.merge_cells,
    "unmergeCells": cells.unmerge_cells,
    "deleteRange": cells.delete_range,
    "setDataValidation": cells.set_data_validation,
    "findReplace": finding.find_replace,
    "insertDimension": dimensions.insert_dimension,
    "deleteDimension": dimensions.delete_dimension,
    "moveDimension": dimensions.move_dimension,
    "appendDimension": dimensions.append_dimension,
    "updateDimensionProperties": dimensions.update_dimension_properties,
    "autoResizeDimensions": dimensions.auto_resize_dimensions,
    "addProtectedRange": rules.add_protected_range,
    "updateProtectedRange": rules.update_protected_range,
    "deleteProtectedRange": rules.delete_protected_range,
    "addConditionalFormatRule": rules.add_conditional_format_rule,
    "updateConditionalFormatRule": rules.update_conditional_format_rule,
    "deleteConditionalFormatRule": rules.delete_conditional_format_rule,
    "setBasicFilter": rules.set_basic_filter,
    "clearBasicFilter": rules.clear_basic_filter,
    "addFilterView": rules.add_filter_view,
    "updateFilterView": rules.update_filter_view,
    "deleteFilterView": rules.delete_filter_view,
    "addChart": rules.add_chart,
    "updateChartSpec": rules.update_chart_spec,
    "deleteEmbeddedObject": rules.delete_embedded_object,
    "createDeveloperMetadata": rules.create_developer_metadata,
    "updateDeveloperMetadata": rules.update_developer_metadata,
    "deleteDeveloperMetadata": rules.delete_developer_metadata,
}
"""Request kinds that are answered."""

FIELDS: dict[str, frozenset[str]] = {
    kind: frozenset(fields.split())
    for kind, fields in {
        "updateSpreadsheetProperties": "properties fields",
        "addSheet": "properties",
        "deleteSheet": "sheetId",
        "updateSheetProperties": "properties fields",
        "updateCells": "rows fields start range",
        "repeatCell": "range cell fields",
        "appendCells": "sheetId rows fields tableId",
        "sortRange": "range sortSpecs",
        "mergeCells": "range mergeType",
        "unmergeCells": "range",
        "deleteRange": "range shiftDimension",
        "setDataValidation": "range rule filteredRowsIncluded",
        "insertDimension": "range inheritFromBefore",
        "deleteDimension": "range",
        "moveDimension": "source destinationIndex",
        "appendDimension": "sheetId dimension length tableId",
        "updateDimensionProperties": "range dataSourceSheetRange properties fields",
        "autoResizeDimensions": "dimensions dataSourceSheetDimensions",
        "addProtectedRange": "protectedRange",
        "updateProtectedRange": "protectedRange fields",
        "deleteProtectedRange": "protectedRangeId",
        "addConditionalFormatRule": "rule index",
        "updateConditionalFormatRule": "index sheetId rule newIndex",
        "deleteConditionalFormatRule": "index sheetId",
        "setBasicFilter": "filter",
        "clearBasicFilter": "sheetId",
        "addFilterView": "filter",
        "updateFilterView": "filter fields",
        "deleteFilterView": "filterId",
        "addChart": "chart",
        "updateChartSpec": "chartId spec",
        "deleteEmbeddedObject": "objectId",
        "createDeveloperMetadata": "developerMetadata",
        "updateDeveloperMetadata": "dataFilters developerMetadata fields",
        "deleteDeveloperMetadata": "dataFilter",
    }.items()
}
"""The fields of each request (Google's discovery document); any other is refused, so no cell request takes
a `dataFilter` (live-probed)."""

NOT_ANSWERED = frozenset(
    (
        "addBanding",
        "addDataSource",
        "addDimensionGroup",
        "addNamedRange",
        "addSlicer",
        "addTable",
        "autoFill",
        "cancelDataSourceRefresh",
        "copyPaste",
        "cutPaste",
        "deleteBanding",
        "deleteDataSource",
        "deleteDimensionGroup",
        "deleteDuplicates",
        "deleteNamedRange",
        "deleteTable",
        "duplicateFilterView",
        "duplicateSheet",
        "insertRange",
        "pasteData",
        "randomizeRange",
        "refreshDataSource",
        "textToColumns",
        "trimWhitespace",
        "updateBanding",
        "updateBorders",
        "updateDataSource",
        "updateDimensionGroup",
        "updateEmbeddedObjectBorder",
        "updateEmbeddedObjectPosition",
        "updateNamedRange",
        "updateSlicerSpec",
        "updateTable",
    )
)
"""Request kinds that Google knows and the sandbox refuses, with a sentence that says so."""


def apply(book: Spreadsheet, body: Json) -> Json:
    """Apply a batch to a draft and return the answer. Raises ApiError; the draft is then to be thrown away."""
    requests = body.get("requests")
    if not requests:
        raise invalid("Must specify at least one request.")
    if not isinstance(requests, list):
        raise malformed(("requests", "Invalid value at 'requests' (type.googleapis.com/google.apps.sheets.v4.Request)"))
    replies = [_apply_one(book, index, request) for index, request in enumerate(requests)]
    answer: Json = {"spreadsheetId": book.spreadsheet_id, "replies": replies}
    if body.get("includeSpreadsheetInResponse"):
        grid_data = bool(body.get("responseIncludeGridData"))
        book.forget_results()
        answer["updatedSpreadsheet"] = spreadsheet_json(book, None, None, grid_data=grid_data)
    return answer | {"commentUpdateState": "NO_UPDATES_REQUESTED"}


def _apply_one(book: Spreadsheet, index: int, request: Json) -> Json:
    where = f"requests[{index}]"
    kinds = [name for name, value in request.items() if value is not None] if isinstance(request, dict) else []
    if len(kinds) != 1:
        raise invalid(f"Invalid {where}: exactly one kind of request must be set.")
    kind = kinds[0]
    if kind in NOT_ANSWERED:
        raise not_answered(f"the request kind {kind} ({where})")
    if kind not in KINDS:
        raise unknown_name(kind, where)
    for name in request[kind]:
        if kind in FIELDS and name not in FIELDS[kind]:
            raise unknown_name(name, f"{where}.{_snake(kind)}")
    try:
        return KINDS[kind](book, request[kind])
    except ApiError as error:
        if error.details:
            raise
        raise error.within(f"{where}.{kind}") from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise invalid(f"Invalid {where}.{kind}: the request does not fit the schema ({error}).") from error


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match.group().lower(), name)
