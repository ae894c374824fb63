"""batchUpdate: all or nothing, in Google's words, with everything following what moves."""

from __future__ import annotations

from typing import Any

import pytest


def _text(value: str) -> dict[str, Any]:
    return {"userEnteredValue": {"stringValue": value}}


def _cells(*rows: list[str], sheet_id: int = 0, row: int = 0) -> dict[str, Any]:
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row, "columnIndex": 0},
            "rows": [{"values": [_text(value) for value in line]} for line in rows],
            "fields": "userEnteredValue",
        }
    }


def _message(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    return str(error["message"])


def _sheet(sandbox: Any, book: str, index: int = 0) -> dict[str, Any]:
    sheet: dict[str, Any] = sandbox.call("GET", f"/v4/spreadsheets/{book}").json()["sheets"][index]
    return sheet


def test_one_bad_request_and_nothing_is_applied(sandbox: Any, book: str) -> None:
    answer = sandbox.batch(
        book,
        {"addSheet": {"properties": {"sheetId": 7001, "title": "Scratch"}}},
        _cells(["a"]),
        _cells(["b"], sheet_id=999999),
    )
    assert answer.json() == {
        "error": {
            "code": 400,
            "message": "Invalid requests[2].updateCells: No grid with id: 999999",
            "status": "INVALID_ARGUMENT",
        }
    }
    assert sandbox.values(book, "Sheet1") == []
    assert len(sandbox.call("GET", f"/v4/spreadsheets/{book}").json()["sheets"]) == 1


def test_the_answer_has_a_reply_for_each_request(sandbox: Any, book: str) -> None:
    properties = {"sheetId": 7001, "title": "Scratch", "gridProperties": {"rowCount": 100, "columnCount": 30}}
    answer = sandbox.batch(book, _cells(["a"]), {"addSheet": {"properties": properties}}).json()
    assert answer == {
        "spreadsheetId": book,
        "replies": [{}, {"addSheet": {"properties": properties | {"index": 1, "sheetType": "GRID"}}}],
        "commentUpdateState": "NO_UPDATES_REQUESTED",
    }


def test_a_title_or_id_that_is_taken_is_refused(sandbox: Any, book: str) -> None:
    sandbox.batch(book, {"addSheet": {"properties": {"sheetId": 5, "title": "Review"}}})
    title = sandbox.batch(book, {"addSheet": {"properties": {"title": "Review"}}})
    assert _message(title) == (
        'Invalid requests[0].addSheet: A sheet with the name "Review" already exists. Please enter another name.'
    )
    assert _message(sandbox.batch(book, {"addSheet": {"properties": {"sheetId": 5}}})).startswith(
        "Invalid requests[0].addSheet: "
    )


def test_the_last_sheet_can_neither_be_hidden_nor_deleted(sandbox: Any, book: str) -> None:
    hide = {"updateSheetProperties": {"properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}}
    assert _message(sandbox.batch(book, hide)) == (
        "Invalid requests[0].updateSheetProperties: You can't hide all the sheets in a document."
    )
    assert _message(sandbox.batch(book, {"deleteSheet": {"sheetId": 0}})) == (
        "Invalid requests[0].deleteSheet: You can't remove all the sheets in a document."
    )


def test_sheets_move_in_terms_of_before_the_move(sandbox: Any, book: str) -> None:
    for title in ("S2", "S3"):
        sandbox.batch(book, {"addSheet": {"properties": {"title": title}}})
    move = {"updateSheetProperties": {"properties": {"sheetId": 0, "index": 2}, "fields": "index"}}
    sandbox.batch(book, move)
    titles = [s["properties"]["title"] for s in sandbox.call("GET", f"/v4/spreadsheets/{book}").json()["sheets"]]
    assert titles == ["S2", "Sheet1", "S3"]


def test_frozen_rows_appear_and_go(sandbox: Any, book: str) -> None:
    def freeze(count: int) -> dict[str, Any]:
        properties = {"sheetId": 0, "gridProperties": {"frozenRowCount": count}}
        return {"updateSheetProperties": {"properties": properties, "fields": "gridProperties.frozenRowCount"}}

    sandbox.batch(book, freeze(2))
    assert _sheet(sandbox, book)["properties"]["gridProperties"]["frozenRowCount"] == 2
    sandbox.batch(book, freeze(0))
    assert "frozenRowCount" not in _sheet(sandbox, book)["properties"]["gridProperties"]


def test_text_that_looks_like_a_formula_stays_text(sandbox: Any, book: str) -> None:
    sandbox.batch(book, _cells(["=1+1"]))
    assert sandbox.values(book, "A1", valueRenderOption="UNFORMATTED_VALUE") == [["=1+1"]]


def test_writing_values_keeps_formats_and_a_star_resets_them(sandbox: Any, book: str) -> None:
    sheet = sandbox.gspread().open_by_key(book).sheet1
    sheet.format("A1", {"textFormat": {"bold": True}})
    sandbox.batch(book, _cells(["a"]))
    fields = "sheets.data.rowData.values"

    def cell() -> dict[str, Any]:
        data = sandbox.call("GET", f"/v4/spreadsheets/{book}", fields=fields).json()["sheets"][0]["data"][0]
        found: dict[str, Any] = data["rowData"][0]["values"][0]
        return found

    assert cell()["userEnteredFormat"] == {"textFormat": {"bold": True}}
    everything = _cells(["b"])
    everything["updateCells"]["fields"] = "*"
    sandbox.batch(book, everything)
    assert "userEnteredFormat" not in cell()
    assert cell()["formattedValue"] == "b"


def test_cells_of_the_range_that_are_not_given_are_cleared(sandbox: Any, book: str) -> None:
    sandbox.batch(book, _cells(["a", "b"], ["c", "d"]))
    grid_range = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
    update = {"range": grid_range, "rows": [{"values": [_text("x")]}], "fields": "userEnteredValue"}
    sandbox.batch(book, {"updateCells": update})
    assert sandbox.values(book, "Sheet1") == [["x"]]


def test_a_misspelt_field_is_refused(sandbox: Any, book: str) -> None:
    request = _cells(["x"])
    request["updateCells"]["fields"] = "userEnteredValues"
    assert sandbox.batch(book, request).status_code == 400


def test_the_spreadsheet_can_come_with_the_answer(sandbox: Any, book: str) -> None:
    body = {"requests": [_cells(["x"])], "includeSpreadsheetInResponse": True, "responseIncludeGridData": True}
    answer = sandbox.call("POST", f"/v4/spreadsheets/{book}:batchUpdate", body).json()
    rows = answer["updatedSpreadsheet"]["sheets"][0]["data"][0]["rowData"]
    assert rows[0]["values"][0]["formattedValue"] == "x"


def test_formulas_are_worked_out_again_after_each_write(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [[1, "=A1+1"]], "USER_ENTERED")
    assert sandbox.values(book, "B1") == [["2"]]
    width = {"dimensions": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 2}}
    number = {"start": {"sheetId": 0}, "rows": [{"values": [{"userEnteredValue": {"numberValue": 5}}]}]}
    sandbox.batch(book, {"autoResizeDimensions": width}, {"updateCells": number | {"fields": "userEnteredValue"}})
    assert sandbox.values(book, "B1") == [["6"]]


def test_cells_beyond_the_columns_are_refused(sandbox: Any, book: str) -> None:
    assert "exceeds grid limits" in _message(sandbox.batch(book, _cells(["x"] * 27)))
    append = {"appendCells": {"sheetId": 0, "rows": [{"values": [_text("x")] * 27}], "fields": "*"}}
    assert "exceeds grid limits" in _message(sandbox.batch(book, append))
    more = {"appendDimension": {"sheetId": 0, "dimension": "COLUMNS", "length": 1}}
    assert sandbox.batch(book, more, append).status_code == 200


def test_appended_cells_go_after_the_last_data_and_grow_the_grid(sandbox: Any, book: str) -> None:
    sandbox.write(book, "B1000", [["last"]])
    append = {"appendCells": {"sheetId": 0, "rows": [{"values": [_text("new")]}], "fields": "userEnteredValue"}}
    sandbox.batch(book, append)
    assert sandbox.values(book, "A1001") == [["new"]]
    assert _sheet(sandbox, book)["properties"]["gridProperties"]["rowCount"] == 1001


def test_no_cell_request_takes_a_data_filter(sandbox: Any, book: str) -> None:
    update = {"dataFilter": {"a1Range": "A1"}, "rows": [], "fields": "*"}
    answer = sandbox.batch(book, {"updateCells": update})
    assert answer.status_code == 400
    assert "Unknown name" in answer.text


def test_sorting_puts_numbers_before_text_and_blanks_last(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [["b"], [10], [""], ["A"], [9], [True]])

    def sort(order: str) -> list[Any]:
        grid_range = {"sheetId": 0, "endRowIndex": 6}
        specs = [{"dimensionIndex": 0, "sortOrder": order}]
        answer = sandbox.batch(book, {"sortRange": {"range": grid_range, "sortSpecs": specs}})
        assert answer.status_code == 200, answer.text
        return [row[0] for row in sandbox.values(book, "A1:A6", valueRenderOption="UNFORMATTED_VALUE")]

    assert sort("ASCENDING") == [9, 10, "A", "b", True]
    assert sort("DESCENDING") == [True, "b", "A", 10, 9]


def test_sorting_leaves_hidden_and_filtered_rows_where_they_are(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [["head"], ["d"], ["c"], ["b"], ["a"]])
    rows = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    hide = {"range": rows, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    only = {"range": {"sheetId": 0}, "criteria": {"0": {"hiddenValues": ["c"]}}}
    sandbox.batch(book, {"updateDimensionProperties": hide}, {"setBasicFilter": {"filter": only}})
    sandbox.batch(book, {"sortRange": {"range": {"sheetId": 0, "startRowIndex": 1}}})
    assert sandbox.values(book, "A1:A5") == [["head"], ["d"], ["c"], ["a"], ["b"]]


def test_a_vertical_merge_cannot_be_sorted(sandbox: Any, book: str) -> None:
    merged = {"sheetId": 0, "startRowIndex": 2, "endRowIndex": 4, "startColumnIndex": 10, "endColumnIndex": 11}
    sandbox.batch(book, {"mergeCells": {"range": merged, "mergeType": "MERGE_ALL"}})
    assert _message(sandbox.batch(book, {"sortRange": {"range": {"sheetId": 0}}})).endswith(
        "You can't sort a range containing vertical merges. There is a vertical merge at K3:K4"
    )


def _rows(start: int, end: int) -> dict[str, Any]:
    return {"sheetId": 0, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def test_inserting_at_the_end_needs_to_inherit(sandbox: Any, book: str) -> None:
    insert = {"insertDimension": {"range": _rows(1000, 1001), "inheritFromBefore": False}}
    assert _message(sandbox.batch(book, insert)) == (
        "Invalid requests[0].insertDimension: "
        "range.startIndex must be less than the grid size (1000) if inheritFromBefore is false."
    )
    insert["insertDimension"]["inheritFromBefore"] = True
    assert sandbox.batch(book, insert).status_code == 200
    past = {"insertDimension": {"range": _rows(1005, 1006), "inheritFromBefore": True}}
    assert sandbox.batch(book, past).status_code == 400


def test_moving_rows_carries_them_whole(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [[letter] for letter in "abcde"])
    sandbox.batch(book, {"moveDimension": {"source": _rows(0, 2), "destinationIndex": 4}})
    assert sandbox.values(book, "A1:A5") == [["c"], ["d"], ["a"], ["b"], ["e"]]
    sandbox.batch(book, {"moveDimension": {"source": _rows(2, 4), "destinationIndex": 0}})
    assert sandbox.values(book, "A1:A5") == [["a"], ["b"], ["c"], ["d"], ["e"]]


def test_columns_come_and_go_with_their_cells(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [["a", "b", "c"]])
    columns = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    sandbox.batch(book, {"insertDimension": {"range": columns, "inheritFromBefore": True}})
    assert sandbox.values(book, "A1:E1") == [["a", "", "b", "c"]]
    sandbox.batch(book, {"deleteDimension": {"range": columns | {"endIndex": 3}}})
    assert sandbox.values(book, "A1:E1") == [["a", "c"]]


def test_formulas_and_ranges_follow_inserted_and_deleted_rows(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [[1], [2], ['=A1+A$2&" A2"']], "USER_ENTERED")
    protected = {"range": {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 2}, "warningOnly": True}
    sandbox.batch(book, {"addProtectedRange": {"protectedRange": protected}})
    sandbox.batch(book, {"insertDimension": {"range": _rows(1, 2)}})
    assert sandbox.values(book, "A4", valueRenderOption="FORMULA") == [['=A1+A$3&" A2"']]
    assert sandbox.values(book, "A4") == [["3 A2"]]
    moved = _sheet(sandbox, book)["protectedRanges"][0]["range"]
    assert moved == {"startRowIndex": 2, "endRowIndex": 3}
    sandbox.batch(book, {"deleteDimension": {"range": _rows(2, 3)}})
    assert sandbox.values(book, "A3", valueRenderOption="FORMULA") == [['=A1+#REF!&" A2"']]
    assert "protectedRanges" not in _sheet(sandbox, book)


def test_all_rows_cannot_be_deleted(sandbox: Any, book: str) -> None:
    assert _message(sandbox.batch(book, {"deleteDimension": {"range": _rows(0, 1000)}})) == (
        "Invalid requests[0].deleteDimension: You can't delete all the rows on the sheet."
    )


def test_a_spreadsheet_takes_ten_million_cells(sandbox: Any, book: str) -> None:
    grid = {"rowCount": 400_000, "columnCount": 26}
    resize = {"properties": {"sheetId": 0, "gridProperties": grid}, "fields": "gridProperties(rowCount,columnCount)"}
    assert "above the limit of 10000000 cells" in _message(sandbox.batch(book, {"updateSheetProperties": resize}))


def test_a_checkbox_is_blank_until_somebody_ticks_it(sandbox: Any, book: str) -> None:
    grid_range = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 1}
    rule = {"condition": {"type": "BOOLEAN"}, "strict": True, "showCustomUi": True}
    assert sandbox.batch(book, {"setDataValidation": {"range": grid_range, "rule": rule}}).status_code == 200
    assert sandbox.values(book, "A1:A2") == []
    sandbox.write(book, "A1", [[True], ["TRUE"]])
    assert sandbox.values(book, "A1:A2", valueRenderOption="UNFORMATTED_VALUE") == [[True], ["TRUE"]]
    answer = sandbox.call("GET", f"/v4/spreadsheets/{book}", fields="sheets.data.rowData.values.dataValidation")
    cells = [row["values"][0] for row in answer.json()["sheets"][0]["data"][0]["rowData"]]
    assert cells == [{"dataValidation": rule}] * 2
    three = {"condition": {"type": "BOOLEAN", "values": [{"userEnteredValue": v} for v in "abc"]}}
    assert sandbox.batch(book, {"setDataValidation": {"range": grid_range, "rule": three}}).status_code == 400


def test_protection_answers_as_recorded(sandbox: Any, book: str) -> None:
    grid_range = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2}
    request: dict[str, Any] = {"range": grid_range, "description": None, "warningOnly": False, "editors": {"users": []}}
    reply = sandbox.batch(book, {"addProtectedRange": {"protectedRange": request}}).json()["replies"][0]
    entry = reply["addProtectedRange"]["protectedRange"]
    number = entry.pop("protectedRangeId")
    assert entry == {
        "range": {"startRowIndex": 0, "endRowIndex": 2},
        "requestingUserCanEdit": True,
        "editors": {},
    }
    assert len(_sheet(sandbox, book)["protectedRanges"][0]["editors"]["users"]) == 1
    again = {"addProtectedRange": {"protectedRange": request | {"protectedRangeId": number}}}
    assert "already exists" in _message(sandbox.batch(book, again))
    warning = {"range": grid_range, "warningOnly": True, "editors": {"users": ["a@b.example"]}}
    assert _message(sandbox.batch(book, {"addProtectedRange": {"protectedRange": warning}})).endswith(
        "ProtectedRange is warningOnly. Editors cannot be set on it."
    )
    sandbox.batch(book, {"deleteProtectedRange": {"protectedRangeId": number}})
    assert "protectedRanges" not in _sheet(sandbox, book)


def _rule(text: str) -> dict[str, Any]:
    condition = {"type": "TEXT_STARTS_WITH", "values": [{"userEnteredValue": text}]}
    return {
        "ranges": [{"sheetId": 0, "startRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 3}],
        "booleanRule": {"condition": condition, "format": {"textFormat": {"bold": True}}},
    }


def test_conditional_formats_are_addressed_by_index(sandbox: Any, book: str) -> None:
    def texts() -> list[str]:
        rules = _sheet(sandbox, book).get("conditionalFormats", [])
        return [r["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for r in rules]

    sandbox.batch(book, *({"addConditionalFormatRule": {"rule": _rule(t), "index": 0}} for t in "abc"))
    assert texts() == ["c", "b", "a"]
    sandbox.batch(book, {"updateConditionalFormatRule": {"sheetId": 0, "index": 0, "newIndex": 2}})
    assert texts() == ["b", "a", "c"]
    sandbox.batch(book, {"updateConditionalFormatRule": {"index": 1, "rule": _rule("x")}})
    reply = sandbox.batch(book, {"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}}).json()
    assert reply["replies"][0]["deleteConditionalFormatRule"]["rule"]["booleanRule"]
    assert texts() == ["x", "c"]
    gone = sandbox.batch(book, {"deleteConditionalFormatRule": {"sheetId": 0, "index": 5}})
    assert _message(gone).endswith("No conditional format on sheet: 0 at index: 5")


def test_filter_views_and_charts_come_and_go(sandbox: Any, book: str) -> None:
    view = {"title": "To decide", "range": {"sheetId": 0, "startRowIndex": 0}, "filterViewId": 77}
    chart = {"spec": {"title": "Exchanges", "basicChart": {"chartType": "COLUMN"}}, "chartId": 88}
    first = sandbox.batch(book, {"addFilterView": {"filter": view}}, {"addChart": {"chart": chart}}).json()
    assert first["replies"][0]["addFilterView"]["filter"]["filterViewId"] == 77
    assert first["replies"][1]["addChart"]["chart"]["chartId"] == 88
    assert "already exists" in _message(sandbox.batch(book, {"addChart": {"chart": chart}}))
    update = {"filter": {"filterViewId": 77, "title": "Decided"}, "fields": "title"}
    sandbox.batch(book, {"updateFilterView": update})
    shown = _sheet(sandbox, book)
    assert shown["filterViews"][0]["title"] == "Decided"
    assert shown["filterViews"][0]["range"]["endRowIndex"] == 1000
    sandbox.batch(book, {"deleteFilterView": {"filterId": 77}}, {"deleteEmbeddedObject": {"objectId": 88}})
    assert not {"filterViews", "charts"} & _sheet(sandbox, book).keys()


def test_deleting_a_range_moves_what_is_below(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [["a", "1"], ["b", "2"], ["c", "3"]])
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    sandbox.batch(book, {"deleteRange": {"range": area, "shiftDimension": "ROWS"}})
    assert sandbox.values(book, "A1:B3") == [["b", "1"], ["c", "2"], ["", "3"]]


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({"updateCells": {"rows": [], "start": {}}}, "At least one field must be listed in 'fields'"),
        ({"deleteSheet": {"sheetId": 8}}, "No sheet with id: 8"),
        ({"updateSheetProperties": {"properties": {"sheetId": 9}, "fields": "title"}}, "No sheet with id: 9"),
        ({"deleteProtectedRange": {"protectedRangeId": 3}}, "No protected range with ID: 3"),
        ({"deleteDimension": {"range": {"sheetId": 0}}}, "range.dimension must be specified."),
    ],
)
def test_refusals_name_the_request(sandbox: Any, book: str, request_body: dict[str, Any], words: str) -> None:
    kind = next(iter(request_body))
    assert _message(sandbox.batch(book, request_body)).startswith(f"Invalid requests[0].{kind}: {words}")
