"""What a sandbox knew before it was stopped it knows after."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.sandbox.api_errors import ApiError
from pipeline.sandbox.grid import Cell
from pipeline.sandbox.store import Store


def test_everything_is_there_after_a_restart(serve: Any, tmp_path: Path) -> None:
    with serve(tmp_path) as sandbox:
        book = sandbox.store.create_spreadsheet("Exchange", locale="sv_SE", time_zone="Europe/Stockholm")
        sandbox.write(book, "A1", [["head", 1.5, True], ["=B1*2"], ["2020-01-01"]], "USER_ENTERED")
        rows = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
        location = {"dimensionRange": rows}
        sandbox.batch(
            book,
            {"addSheet": {"properties": {"title": "Review", "tabColor": {"red": 1}}}},
            {
                "createDeveloperMetadata": {
                    "developerMetadata": {"metadataKey": "k", "visibility": "PROJECT", "location": location}
                }
            },
            {"setBasicFilter": {"filter": {"range": {"sheetId": 0}}}},
            {"updateDimensionProperties": {"range": rows, "properties": {"pixelSize": 40}, "fields": "pixelSize"}},
            {"sortRange": {"range": {"sheetId": 0, "endRowIndex": 3}}},
            {"insertDimension": {"range": rows}},
        )
        query = {"includeGridData": "true"}
        before = sandbox.call("GET", f"/v4/spreadsheets/{book}", **query).json()
    with serve(tmp_path) as sandbox:
        assert sandbox.call("GET", f"/v4/spreadsheets/{book}", **query).json() == before
        sandbox.call("DELETE", f"/drive/v3/files/{book}")
    with serve(tmp_path) as sandbox:
        assert sandbox.call("GET", f"/v4/spreadsheets/{book}").status_code == 404


def test_deleted_rows_columns_and_sheets_stay_deleted(serve: Any, tmp_path: Path) -> None:
    with serve(tmp_path) as sandbox:
        book = sandbox.store.create_spreadsheet("Exchange")
        sandbox.write(book, "A1", [["a", "b"], ["c", "d"], ["e", "f"]])
        sandbox.batch(book, {"addSheet": {"properties": {"title": "Other", "sheetId": 5}}})
        sandbox.write(book, "Other!A1", [["x"]])
        span = {"sheetId": 0, "startIndex": 0, "endIndex": 1}
        sandbox.batch(
            book,
            {"deleteSheet": {"sheetId": 5}},
            {"deleteDimension": {"range": span | {"dimension": "ROWS"}}},
            {"deleteDimension": {"range": span | {"dimension": "COLUMNS"}}},
        )
    with serve(tmp_path) as sandbox:
        assert sandbox.values(book, "Sheet1") == [["d"], ["f"]]
        sandbox.batch(book, {"addSheet": {"properties": {"title": "Other", "sheetId": 5}}})
        assert sandbox.values(book, "Other") == []


def test_what_was_deleted_is_not_kept_on_disk(serve: Any, tmp_path: Path) -> None:
    with serve(tmp_path) as sandbox:
        book = sandbox.store.create_spreadsheet("Exchange")
        sandbox.batch(book, {"addSheet": {"properties": {"title": "Other", "sheetId": 5}}})
        sandbox.write(book, "Sheet1!A1", [["forget row"], ["keep"]])
        sandbox.write(book, "Other!A1", [["forget sheet"]])
        rows = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
        sandbox.batch(book, {"deleteSheet": {"sheetId": 5}}, {"deleteDimension": {"range": rows}})
    with closing(sqlite3.connect(tmp_path / "spreadsheets.sqlite3")) as connection:
        lines = " ".join(body for (body,) in connection.execute("SELECT body FROM lines"))
    assert "keep" in lines
    assert "forget" not in lines


def test_a_change_that_fails_leaves_nothing_behind() -> None:
    store = Store()
    book = store.create_spreadsheet("Exchange")

    def fail() -> None:
        with store.change(book) as draft:
            draft.sheets[0].put(0, 0, Cell("x"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.get(book).sheets[0].cell(0, 0).value is None


def test_a_draft_shares_rows_until_it_writes_to_them() -> None:
    store = Store()
    book = store.create_spreadsheet("Exchange")
    with store.change(book) as draft:
        for row in range(3):
            draft.sheets[0].put(row, 0, Cell("old"))
    before = store.get(book).sheets[0].rows
    with store.change(book) as draft:
        draft.sheets[0].put(1, 0, Cell("new"))
    after = store.get(book).sheets[0].rows
    assert [one is other for one, other in zip(before, after, strict=True)] == [True, False, True]
    assert store.get(book).sheets[0].cell(1, 0).value == "new"


def test_ids_and_times(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "state.sqlite3")
    book = store.create_spreadsheet("Exchange", spreadsheet_id="mine")
    assert book == "mine"
    with pytest.raises(ValueError, match="mine"):
        store.create_spreadsheet("Again", spreadsheet_id="mine")
    first = store.get(book).modified
    with store.change(book):
        pass
    assert store.get(book).modified > first
    store.delete(book)
    with pytest.raises(ApiError):
        store.get(book)
    store.close()
