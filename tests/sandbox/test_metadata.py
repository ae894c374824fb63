"""Row metadata and data filters, answer for answer as live probes of the real API saw them."""

from __future__ import annotations

from typing import Any

import pytest

KEY = "review.row"


def _bind(row: int, value: str, **more: Any) -> dict[str, Any]:
    location = {"dimensionRange": {"sheetId": 0, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}}
    entry = {"metadataKey": KEY, "metadataValue": value, "visibility": "DOCUMENT", "location": location}
    return {"createDeveloperMetadata": {"developerMetadata": entry | more}}


def _lookup(value: str | None = None) -> dict[str, Any]:
    lookup: dict[str, Any] = {"locationType": "ROW", "metadataKey": KEY}
    return {"developerMetadataLookup": lookup | ({"metadataValue": value} if value else {})}


def _search(sandbox: Any, book: str, *filters: dict[str, Any]) -> dict[str, Any]:
    path = f"/v4/spreadsheets/{book}/developerMetadata:search"
    answer: dict[str, Any] = sandbox.call("POST", path, {"dataFilters": list(filters)}).json()
    return answer


def _rows(sandbox: Any, book: str) -> dict[str, int]:
    found = _search(sandbox, book, _lookup()).get("matchedDeveloperMetadata", [])
    entries = [match["developerMetadata"] for match in found]
    return {e["metadataValue"]: e["location"]["dimensionRange"]["startIndex"] for e in entries}


@pytest.fixture
def bound(sandbox: Any, book: str) -> str:
    """Three rows below a header, each with its letter attached."""
    sandbox.write(book, "A1", [["Key", "Status"], ["c", "1"], ["a", "2"], ["b", "3"]])
    answer = sandbox.batch(book, *(_bind(row, letter) for row, letter in enumerate("cab", 1)))
    assert answer.status_code == 200, answer.text
    return book


def test_creating_answers_with_the_whole_entry(sandbox: Any, book: str) -> None:
    reply = sandbox.batch(book, _bind(4, "k-004", metadataId=17)).json()["replies"][0]
    assert reply["createDeveloperMetadata"]["developerMetadata"] == {
        "metadataId": 17,
        "metadataKey": KEY,
        "metadataValue": "k-004",
        "location": {
            "locationType": "ROW",
            "dimensionRange": {"dimension": "ROWS", "startIndex": 4, "endIndex": 5},
        },
        "visibility": "DOCUMENT",
    }
    assert sandbox.call("GET", f"/v4/spreadsheets/{book}/developerMetadata/17").json()["metadataValue"] == "k-004"


def test_an_id_that_exists_takes_the_whole_batch_with_it(sandbox: Any, book: str) -> None:
    sandbox.batch(book, _bind(1, "first", metadataId=17))
    write = {"start": {"sheetId": 0}, "rows": [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}]}
    answer = sandbox.batch(
        book, {"updateCells": write | {"fields": "userEnteredValue"}}, _bind(2, "second", metadataId=17)
    )
    assert answer.json()["error"] == {
        "code": 400,
        "message": "Invalid requests[1].createDeveloperMetadata: Cannot add developer metadata with ID [17] "
        "because developer metadata with that ID already exists.",
        "status": "INVALID_ARGUMENT",
    }
    assert sandbox.values(book, "A1") == []
    assert _rows(sandbox, book) == {"first": 1}


def test_the_same_key_twice_on_one_row_is_accepted(sandbox: Any, book: str) -> None:
    assert sandbox.batch(book, _bind(1, "x"), _bind(1, "y")).status_code == 200
    assert _rows(sandbox, book) == {"x": 1, "y": 1}


def test_search_echoes_the_filter_that_matched(sandbox: Any, bound: str) -> None:
    found = _search(sandbox, bound, _lookup("a"), {"developerMetadataLookup": {"metadataKey": "other"}})
    (match,) = found["matchedDeveloperMetadata"]
    assert match["dataFilters"] == [_lookup("a")]
    assert match["developerMetadata"]["metadataValue"] == "a"
    assert _search(sandbox, bound, _lookup("nobody")) == {}


def test_metadata_follows_its_row(sandbox: Any, bound: str) -> None:
    sandbox.batch(bound, {"sortRange": {"range": {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 4}}})
    assert _rows(sandbox, bound) == {"a": 1, "b": 2, "c": 3}
    rows = {"sheetId": 0, "dimension": "ROWS"}
    sandbox.batch(bound, {"insertDimension": {"range": rows | {"startIndex": 2, "endIndex": 4}}})
    assert _rows(sandbox, bound) == {"a": 1, "b": 4, "c": 5}
    sandbox.batch(bound, {"moveDimension": {"source": rows | {"startIndex": 5, "endIndex": 6}}})
    assert _rows(sandbox, bound) == {"c": 0, "a": 2, "b": 5}
    sandbox.batch(bound, {"deleteDimension": {"range": rows | {"startIndex": 1, "endIndex": 3}}})
    assert _rows(sandbox, bound) == {"c": 0, "b": 3}


def test_metadata_goes_with_its_row_and_with_its_sheet(sandbox: Any, bound: str) -> None:
    grid = {"properties": {"sheetId": 0, "gridProperties": {"rowCount": 3}}, "fields": "gridProperties.rowCount"}
    sandbox.batch(bound, {"updateSheetProperties": grid})
    assert _rows(sandbox, bound) == {"c": 1, "a": 2}
    sandbox.batch(bound, {"addSheet": {"properties": {"title": "Other"}}}, {"deleteSheet": {"sheetId": 0}})
    assert _rows(sandbox, bound) == {}


def test_reading_through_a_filter_names_the_row(sandbox: Any, bound: str) -> None:
    answer = sandbox.call(
        "POST", f"/v4/spreadsheets/{bound}/values:batchGetByDataFilter", {"dataFilters": [_lookup("a")]}
    ).json()
    assert answer == {
        "spreadsheetId": bound,
        "valueRanges": [
            {
                "valueRange": {"range": "Sheet1!A3:Z3", "majorDimension": "ROWS", "values": [["a", "2"]]},
                "dataFilters": [_lookup("a")],
            }
        ],
    }


def test_writing_through_a_filter_survives_a_sort(sandbox: Any, bound: str) -> None:
    sandbox.batch(bound, {"sortRange": {"range": {"sheetId": 0, "startRowIndex": 1}}})
    body = {
        "valueInputOption": "RAW",
        "data": [{"dataFilter": _lookup("b"), "values": [[None, "Introduced"]], "majorDimension": "ROWS"}],
    }
    path = f"/v4/spreadsheets/{bound}/values:batchUpdateByDataFilter"
    answer = sandbox.call("POST", path, body).json()
    assert answer["responses"] == [
        {
            "updatedRange": "Sheet1!A3:B3",
            "updatedRows": 1,
            "updatedColumns": 1,
            "updatedCells": 1,
            "dataFilter": _lookup("b"),
        }
    ]
    assert sandbox.values(bound, "A1:B4")[2] == ["b", "Introduced"]


def test_clearing_and_looking_through_filters(sandbox: Any, bound: str) -> None:
    path = f"/v4/spreadsheets/{bound}/values:batchClearByDataFilter"
    filters = [_lookup("c"), {"a1Range": "B4"}]
    answer = sandbox.call("POST", path, {"dataFilters": filters}).json()
    assert answer["clearedRanges"] == ["Sheet1!A2:Z2", "Sheet1!B4"]
    body = {"dataFilters": [{"gridRange": {"sheetId": 0, "startRowIndex": 2, "endRowIndex": 4}}]}
    shown = sandbox.call("POST", f"/v4/spreadsheets/{bound}:getByDataFilter", body | {"includeGridData": True})
    data = shown.json()["sheets"][0]["data"][0]
    assert [len(row["values"]) for row in data["rowData"]] == [2, 1]
    assert data["rowMetadata"][0]["developerMetadata"][0]["metadataValue"] == "a"


def test_entries_change_and_go_by_filter(sandbox: Any, bound: str) -> None:
    update = {"dataFilters": [_lookup("a")], "developerMetadata": {"metadataValue": "z"}, "fields": "metadataValue"}
    reply = sandbox.batch(bound, {"updateDeveloperMetadata": update}).json()["replies"][0]
    assert reply["updateDeveloperMetadata"]["developerMetadata"][0]["metadataValue"] == "z"
    reply = sandbox.batch(bound, {"deleteDeveloperMetadata": {"dataFilter": _lookup("z")}}).json()["replies"][0]
    assert [e["metadataValue"] for e in reply["deleteDeveloperMetadata"]["deletedDeveloperMetadata"]] == ["z"]
    assert _rows(sandbox, bound) == {"c": 1, "b": 3}


def test_storage_for_metadata_is_limited(sandbox: Any, book: str) -> None:
    assert sandbox.batch(book, _bind(0, "x" * 20_000)).status_code == 200
    answer = sandbox.batch(book, _bind(1, "x" * 20_000))
    assert "would exceed the allowed storage limit" in answer.json()["error"]["message"]
    assert len(_rows(sandbox, book)) == 1


@pytest.mark.parametrize("missing", ["visibility", "metadataKey", "location"])
def test_incomplete_metadata_is_refused(sandbox: Any, book: str, missing: str) -> None:
    assert sandbox.batch(book, _bind(0, "x", **{missing: None})).status_code == 400
