"""What gspread's users notice: the API behaves like Google's for the calls people make."""

from __future__ import annotations

from typing import Any

import gspread
import pytest
import requests


def test_gspread_creates_opens_and_deletes_a_spreadsheet(sandbox: Any) -> None:
    client = sandbox.gspread()
    created = client.create("Exchange")
    assert client.open_by_key(created.id).title == "Exchange"
    assert created.sheet1.id == 0
    assert (created.sheet1.row_count, created.sheet1.col_count) == (1000, 26)
    client.del_spreadsheet(created.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key(created.id)


def test_gspread_finds_a_spreadsheet_by_title(sandbox: Any) -> None:
    client = sandbox.gspread()
    wanted = client.create("The one")
    client.create("Another")
    assert client.open("The one").id == wanted.id
    assert {s.title for s in client.openall()} == {"The one", "Another"}


def test_a_spreadsheet_that_is_not_shared_is_refused(sandbox: Any, book: str) -> None:
    sandbox.store.private.add(book)
    with pytest.raises(PermissionError):
        sandbox.gspread().open_by_key(book)


def test_blank_rows_and_cells_at_the_end_are_not_returned(sandbox: Any, book: str) -> None:
    sheet = sandbox.gspread().open_by_key(book).sheet1
    sheet.update([["A1", "B1", "", "D1"], ["", "b2", "", ""], ["", "", "", ""], ["A4"]], "A1:D5")
    assert sheet.get("A1:D5") == [["A1", "B1", "", "D1"], ["", "b2"], [], ["A4"]]


def test_an_empty_range_has_no_values_key(sandbox: Any, book: str) -> None:
    answer = sandbox.call("GET", f"/v4/spreadsheets/{book}/values/A1:C").json()
    assert answer == {"range": "Sheet1!A1:C1000", "majorDimension": "ROWS"}


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        ("Sheet1", "Sheet1!A1:Z1000"),
        ("'Sheet1'!A1:1", "Sheet1!A1:Z1"),
        ("D4:A1", "Sheet1!A1:D4"),
        ("Sheet1!B:B", "Sheet1!B1:B1000"),
        ("2:3", "Sheet1!A2:Z3"),
        ("sheet1!C5", "Sheet1!C5"),
        ("'I''m a tab'!A2", "'I''m a tab'!A2"),
        ("I'm a tab!A2", "'I''m a tab'!A2"),
        ("'D3'", "'D3'!A1:Z1000"),
        ("A1:Z5000", "Sheet1!A1:Z1000"),
    ],
)
def test_ranges_are_echoed_as_google_normalises_them(sandbox: Any, book: str, asked: str, echoed: str) -> None:
    for title in ("I'm a tab", "D3"):
        properties = {"title": title, "gridProperties": {"rowCount": 1000, "columnCount": 26}}
        sandbox.batch(book, {"addSheet": {"properties": properties}})
    assert sandbox.call("GET", f"/v4/spreadsheets/{book}/values/{asked}").json()["range"] == echoed


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("NoSuchTab!A1", "Unable to parse range: NoSuchTab!A1"),
        ("Sheet1!ABCD1", "Unable to parse range: Sheet1!ABCD1"),
        (
            "A1001:B1002",
            "Range (Sheet1!A1001:B1002) exceeds grid limits. Max rows: 1000, max columns: 26",
        ),
    ],
)
def test_a_range_that_means_nothing_is_refused(sandbox: Any, book: str, asked: str, message: str) -> None:
    answer = sandbox.call("GET", f"/v4/spreadsheets/{book}/values/{asked}")
    assert answer.json() == {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}


def test_several_ranges_come_in_one_call_in_columns_too(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [["a", "b"], ["", "d"]])
    answer = sandbox.call(
        "GET", f"/v4/spreadsheets/{book}/values:batchGet", ranges=["A1:A2", "A1:B2"], majorDimension="COLUMNS"
    ).json()
    assert [r.get("values") for r in answer["valueRanges"]] == [[["a"]], [["a"], ["b", "d"]]]


def test_the_answer_to_a_write_names_what_was_written(sandbox: Any, book: str) -> None:
    answer = sandbox.write(book, "Sheet1!A1:B2", [["a", ""]]).json()
    assert answer == {
        "spreadsheetId": book,
        "updatedRange": "Sheet1!A1:B1",
        "updatedRows": 1,
        "updatedColumns": 2,
        "updatedCells": 2,
    }


def test_null_skips_a_cell_and_an_empty_string_clears_it(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [["a", "b"]])
    answer = sandbox.write(book, "A1", [[None, "", None], [None], []]).json()
    assert sandbox.values(book, "A1:B1") == [["a"]]
    counts = {name: count for name, count in answer.items() if name != "spreadsheetId"}
    assert counts == {"updatedRange": "Sheet1!A1:C3", "updatedRows": 1, "updatedColumns": 1, "updatedCells": 1}


def test_writing_outside_the_named_range_is_refused(sandbox: Any, book: str) -> None:
    answer = sandbox.write(book, "A1:B1", [["a", "b", "c"]])
    message = "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]"
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)
    assert sandbox.values(book, "Sheet1") == []


def test_values_that_are_no_list_are_refused_as_recorded(sandbox: Any, book: str) -> None:
    answer = sandbox.call("PUT", f"/v4/spreadsheets/{book}/values/A1", {"values": ["X"]}, valueInputOption="RAW")
    text = "Invalid value at 'data.values[0]' (type.googleapis.com/google.protobuf.ListValue), \"X\""
    assert answer.json()["error"]["message"] == text
    assert answer.json()["error"]["details"][0]["fieldViolations"] == [{"field": "data.values[0]", "description": text}]


@pytest.mark.parametrize("body", [b'{"values":[[NaN]]}', b'{"values":[[1e999]]}', b"[1]", b"{", b"\xff"])
def test_bodies_that_are_no_json_are_refused(sandbox: Any, book: str, body: bytes) -> None:
    address = f"{sandbox.url}/v4/spreadsheets/{book}/values/A1"
    answer = requests.put(address, data=body, params={"valueInputOption": "RAW"}, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_half_a_character_becomes_the_replacement_character(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [["a\ud800b", "ok"]])
    assert sandbox.values(book, "A1:B1") == [["a\ufffdb", "ok"]]


def test_the_input_option_is_required(sandbox: Any, book: str) -> None:
    answer = sandbox.call("PUT", f"/v4/spreadsheets/{book}/values/A1", {"values": [["a"]]})
    assert answer.json()["error"]["message"] == "'valueInputOption' is required but not specified"


def test_raw_text_stays_text_and_typed_text_is_read(sandbox: Any, book: str) -> None:
    row = ["=1+1", "0042", "TRUE", "2020-01-01", "1,234.5", "50%"]
    sandbox.write(book, "A1", [row])
    sandbox.write(book, "A2", [row], "USER_ENTERED")
    raw, typed = sandbox.values(book, "A1:F2", valueRenderOption="UNFORMATTED_VALUE")
    assert raw == row
    assert typed == [2, 42, True, 43831, 1234.5, 0.5]
    assert sandbox.values(book, "A2:F2") == [["2", "42", "TRUE", "2020-01-01", "1,234.50", "50%"]]
    assert sandbox.values(book, "A2:D2", valueRenderOption="FORMULA") == [["=1+1", 42, True, 43831]]
    dates = sandbox.values(book, "D2", valueRenderOption="UNFORMATTED_VALUE", dateTimeRenderOption="FORMATTED_STRING")
    assert dates == [["2020-01-01"]]


def test_a_cell_formatted_as_text_keeps_what_is_typed(sandbox: Any, book: str) -> None:
    style = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    sandbox.batch(
        book,
        {
            "repeatCell": {
                "range": {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1},
                "cell": style,
                "fields": "userEnteredFormat.numberFormat",
            }
        },
    )
    sandbox.write(book, "A1", [["007", "007"]], "USER_ENTERED")
    assert sandbox.values(book, "A1:B1", valueRenderOption="UNFORMATTED_VALUE") == [["007", 7]]


def test_shown_values_follow_the_spreadsheets_locale(sandbox: Any) -> None:
    book = sandbox.store.create_spreadsheet("Tausch", locale="de_DE", time_zone="Europe/Berlin")
    sandbox.write(book, "A1", [["1,5", "WAHR", "31.12.2024"]], "USER_ENTERED")
    assert sandbox.values(book, "A1:C1") == [["1,5", "WAHR", "31.12.2024"]]
    assert sandbox.values(book, "A1:C1", valueRenderOption="UNFORMATTED_VALUE") == [[1.5, True, 45657]]


def test_too_much_text_for_a_cell_is_refused(sandbox: Any, book: str) -> None:
    assert sandbox.write(book, "A1", [["x" * 50_000]]).status_code == 200
    answer = sandbox.write(book, "A1", [["x" * 50_001]])
    assert answer.json()["error"]["message"] == (
        "Your input contains more than the maximum of 50000 characters in a single cell."
    )


def test_one_bad_range_and_a_batch_of_values_writes_nothing(sandbox: Any, book: str) -> None:
    data = [{"range": "A1", "values": [["a"]]}, {"range": "NoSuchTab!A1", "values": [["b"]]}]
    answer = sandbox.call(
        "POST", f"/v4/spreadsheets/{book}/values:batchUpdate", {"valueInputOption": "RAW", "data": data}
    )
    assert answer.json()["error"] == {
        "code": 400,
        "message": "Invalid data[1]: Unable to parse range: NoSuchTab!A1",
        "status": "INVALID_ARGUMENT",
    }
    assert sandbox.values(book, "Sheet1") == []


def test_totals_count_each_row_and_column_once(sandbox: Any, book: str) -> None:
    data = [{"range": "A1:D1", "values": [list("abcd")]}, {"range": "A4:D4", "values": [list("efgh")]}]
    answer = sandbox.call(
        "POST", f"/v4/spreadsheets/{book}/values:batchUpdate", {"valueInputOption": "RAW", "data": data}
    ).json()
    totals = {name: count for name, count in answer.items() if name.startswith("total")}
    assert totals == {
        "totalUpdatedRows": 2,
        "totalUpdatedColumns": 4,
        "totalUpdatedCells": 8,
        "totalUpdatedSheets": 1,
    }


def test_clearing_takes_values_and_leaves_notes(sandbox: Any, book: str) -> None:
    sheet = sandbox.gspread().open_by_key(book).sheet1
    sheet.update([["a", "b"]], "A1")
    sheet.update_note("A1", "keep me")
    sheet.batch_clear(["A1", "B1:C2"])
    assert sheet.get("A1:B1") == [[]]
    assert sheet.get_note("A1") == "keep me"


@pytest.mark.parametrize(
    ("content", "asked", "table", "written"),
    [
        ({}, "Sheet1", None, "Sheet1!A1:B1"),
        ({"A1": [["a", "", "c"]]}, "Sheet1", "Sheet1!C1", "Sheet1!C2:D2"),
        ({"A1": [["a", "", "c"]]}, "A1", "Sheet1!A1", "Sheet1!A2:B2"),
        ({"A1": [["a", "b"]], "B4": [["x", "y"], ["z", ""]]}, "Sheet1", "Sheet1!B4:C5", "Sheet1!B6:C6"),
        ({"A1": [["a", "b"]], "B4": [["x", "y"], ["z", ""]]}, "A1", "Sheet1!A1:B1", "Sheet1!A2:B2"),
        ({"A1": [["a", ""], ["", "b"]]}, "Sheet1", "Sheet1!A1:B2", "Sheet1!A3:B3"),
        ({"B4": [["x", "y"]]}, "E4", None, "Sheet1!E4:F4"),
        ({"A1": [["a"], [""], ["b"]]}, "A2", None, "Sheet1!A2:B2"),
    ],
)
def test_appending_goes_below_the_last_table_of_the_range(
    sandbox: Any, book: str, content: dict[str, Any], asked: str, table: str | None, written: str
) -> None:
    for corner, values in content.items():
        sandbox.write(book, corner, values)
    answer = sandbox.call(
        "POST",
        f"/v4/spreadsheets/{book}/values/{asked}:append",
        {"values": [["n", "m"]]},
        valueInputOption="RAW",
    ).json()
    assert answer.get("tableRange") == table
    assert answer["updates"]["updatedRange"] == written


def test_appending_makes_room(sandbox: Any, book: str) -> None:
    tab = sandbox.gspread().open_by_key(book).add_worksheet("small", 1, 1)
    tab.append_rows([["a", "b"], ["c", "d"]])
    assert tab.get_all_values() == [["a", "b"], ["c", "d"]]


def test_a_read_names_only_what_the_mask_names(sandbox: Any, book: str) -> None:
    sandbox.write(book, "B2", [["x"]])
    answer = sandbox.call(
        "GET",
        f"/v4/spreadsheets/{book}",
        fields="sheets(properties/sheetId,data.rowData.values(userEnteredValue.stringValue,note))",
    ).json()
    rows = [{}, {"values": [{}, {"userEnteredValue": {"stringValue": "x"}}]}]
    assert answer == {"sheets": [{"properties": {"sheetId": 0}, "data": [{"rowData": rows}]}]}


@pytest.mark.parametrize("fields", ["sheet", "sheets.propertys", "sheets.data.rowData.values(note,userEntered)"])
def test_a_misspelt_mask_is_refused(sandbox: Any, book: str, fields: str) -> None:
    answer = sandbox.call("GET", f"/v4/spreadsheets/{book}", fields=fields)
    assert answer.status_code == 400
    assert "Cannot find matching fields for path" in answer.text


def test_any_answer_can_be_masked(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A1", [["x"]])
    answer = sandbox.call("GET", f"/v4/spreadsheets/{book}/values/A1", fields="values")
    assert answer.json() == {"values": [["x"]]}


def test_a_body_over_ten_megabytes_is_refused(sandbox: Any, book: str) -> None:
    answer = sandbox.write(book, "A1", [["x" * 40_000]] * 263)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Request payload size exceeds the limit: 10485760 bytes."


def test_a_full_read_tells_values_formats_and_lines(sandbox: Any, book: str) -> None:
    sandbox.write(book, "A2", [["=1/0", 2]], "USER_ENTERED")
    answer = sandbox.call("GET", f"/v4/spreadsheets/{book}", ranges="A2:B3", includeGridData="true").json()
    data = answer["sheets"][0]["data"][0]
    assert data["startRow"] == 1
    assert len(data["rowMetadata"]) == 2
    assert len(data["columnMetadata"]) == 2
    broken, number = data["rowData"][0]["values"]
    assert broken["userEnteredValue"] == {"formulaValue": "=1/0"}
    assert broken["effectiveValue"]["errorValue"]["type"] == "DIVIDE_BY_ZERO"
    assert broken["formattedValue"] == "#DIV/0!"
    assert number["effectiveValue"] == {"numberValue": 2}
    assert number["effectiveFormat"]["textFormat"]["fontSize"] == 10


def test_colours_come_back_in_bytes_and_in_both_spellings(sandbox: Any, book: str) -> None:
    sheet = sandbox.gspread().open_by_key(book).sheet1
    sheet.format("A1", {"backgroundColor": {"red": 1, "green": 0.5}})
    answer = sandbox.call(
        "GET", f"/v4/spreadsheets/{book}", fields="sheets.data.rowData.values.userEnteredFormat"
    ).json()
    color = {"red": 1, "green": 0.49803922}
    assert answer["sheets"][0]["data"][0]["rowData"][0]["values"][0]["userEnteredFormat"] == {
        "backgroundColor": color,
        "backgroundColorStyle": {"rgbColor": color},
    }


def test_what_is_not_answered_says_so(sandbox: Any, book: str) -> None:
    unknown = sandbox.batch(book, {"makeCoffee": {}})
    assert unknown.status_code == 400
    assert "Unknown name \"makeCoffee\" at 'requests[0]': Cannot find field." in unknown.json()["error"]["message"]
    known_to_google = sandbox.batch(book, {"pasteData": {}})
    assert known_to_google.status_code == 501
    assert "does not answer the request kind pasteData" in known_to_google.json()["error"]["message"]
    assert sandbox.call("GET", f"/v4/spreadsheets/{book}/nothing").status_code == 501


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:99:1", ""])
def test_other_hosts_are_refused(sandbox: Any, book: str, host: str) -> None:
    for path in (f"/v4/spreadsheets/{book}", "/__log", "/__faults"):
        assert sandbox.call("GET", path, headers={"Host": host}).status_code in (400, 403)


def test_pages_of_other_origins_are_refused(sandbox: Any, book: str) -> None:
    refused = sandbox.call("GET", f"/v4/spreadsheets/{book}", headers={"Origin": "http://127.0.0.1:1"})
    assert refused.status_code == 403
    own = sandbox.call("GET", f"/v4/spreadsheets/{book}", headers={"Origin": sandbox.url})
    assert own.status_code == 200
    assert not [name for name in own.headers if name.lower().startswith("access-control")]
