"""Asks a Sheets API whether it behaves as docs/sheets.md assumes where nobody has published an answer.

Usage: python tools/probe_sheets.py CONFIG

Run it once against Google with the configuration of a scratch spreadsheet (any sheet the account may edit
will do: it works in a tab of its own, which it deletes), and against the sandbox whenever that changes. One
line for each assumption: `holds`, or `DIFFERS` with what was seen. Costs about 20 requests. Exits 1 when
something differs.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gspread.urls import SPREADSHEET_BATCH_UPDATE_URL, SPREADSHEET_URL

from pipeline.adapters.sheets.client import Refused, SheetsHttp, read_json
from pipeline.adapters.sheets.credentials import connect
from pipeline.config import load_settings

Json = dict[str, Any]


class Probe:
    """A scratch tab and the few requests the probes need."""

    def __init__(self, client: SheetsHttp, spreadsheet_id: str) -> None:
        self.client = client
        self.spreadsheet_id = spreadsheet_id
        self.sheet_id = 1 + secrets.randbelow(2_000_000_000)
        self.title = f"Probe {self.sheet_id}"

    def batch(self, *requests: Json) -> list[Json]:
        """The replies of one batchUpdate."""
        url = SPREADSHEET_BATCH_UPDATE_URL % self.spreadsheet_id
        replies: list[Json] = read_json(self.client.request("post", url, json={"requests": list(requests)}))["replies"]
        return replies

    def is_refused(self, *requests: Json) -> str:
        """Google's words when it refuses the batch, else nothing."""
        try:
            self.batch(*requests)
        except Refused as refusal:
            return refusal.reason
        return ""

    def grid(self) -> Json:
        """The scratch tab as grid data, found by its id alone."""
        url = SPREADSHEET_URL % self.spreadsheet_id + ":getByDataFilter"
        fields = (
            "sheets(properties(sheetId),conditionalFormats(ranges),data(rowData.values(effectiveValue,"
            "userEnteredValue(boolValue,formulaValue),dataValidation(condition(type))),"
            "rowMetadata.developerMetadata(metadataId,metadataKey,metadataValue)))"
        )
        body = {"dataFilters": [{"gridRange": {"sheetId": self.sheet_id}}], "includeGridData": True}
        answer = read_json(self.client.request("post", url, params={"fields": fields}, json=body))
        sheet: Json = answer["sheets"][0]
        return sheet

    def texts(self) -> list[list[str]]:
        """All cells as text."""
        rows = self.grid()["data"][0].get("rowData", [])
        return [
            [str(next(iter(cell.get("effectiveValue", {}).values()), "")) for cell in row.get("values", [])]
            for row in rows
        ]

    def fill(self, rows: list[list[Json]], top: int = 0) -> Json:
        """A request that writes cells from column A on."""
        start = {"sheetId": self.sheet_id, "rowIndex": top, "columnIndex": 0}
        lines = [{"values": [{"userEnteredValue": cell} for cell in row]} for row in rows]
        return {"updateCells": {"start": start, "rows": lines, "fields": "userEnteredValue"}}

    def area(self, **bounds: int) -> Json:
        """A range of the scratch tab."""
        return {"sheetId": self.sheet_id, **bounds}

    def rows(self, start: int, end: int) -> Json:
        """Rows of the scratch tab."""
        return {"sheetId": self.sheet_id, "dimension": "ROWS", "startIndex": start, "endIndex": end}

    def find(self, find: str, replacement: str) -> Json:
        """The request that changes a status."""
        return {
            "findReplace": {
                "find": find,
                "replacement": replacement,
                "matchCase": True,
                "matchEntireCell": True,
                "searchByRegex": False,
                "includeFormulas": False,
                "range": self.area(startRowIndex=1, startColumnIndex=0, endColumnIndex=1),
            }
        }

    def mark(self, row: int, value: str, identifier: int | None = None) -> Json:
        """The request that marks a row."""
        entry: Json = {
            "metadataKey": "matchmaker.probe",
            "metadataValue": value,
            "location": {"dimensionRange": self.rows(row, row + 1)},
            "visibility": "DOCUMENT",
        }
        if identifier is not None:
            entry["metadataId"] = identifier
        return {"createDeveloperMetadata": {"developerMetadata": entry}}


def text(value: str) -> Json:
    """A cell of text."""
    return {"stringValue": value}


def whole_cells_only(probe: Probe) -> str:
    """findReplace for a whole cell in one column changes that cell and no other, and counts it."""
    old, longer = "Proposed: x · M-AAAAAAAAAA", "Proposed: x · M-AAAAAAAAAA, she said"
    probe.batch(probe.fill([[text("Status"), text("Notes")], [text(old), text(old)], [text(longer), text("")]]))
    reply = probe.batch(probe.find(old, "Declined · M-AAAAAAAAAA"))[0].get("findReplace", {})
    seen = probe.texts()
    right = [row[0] for row in seen[1:3]] == ["Declined · M-AAAAAAAAAA", longer] and seen[1][1] == old
    return "" if right and reply.get("occurrencesChanged") == 1 else f"{reply} {seen[1:3]}"


def finds_nothing_quietly(probe: Probe) -> str:
    """A text that stands nowhere is no error and counts nothing."""
    reply = probe.batch(probe.find("Proposed: nowhere · M-ZZZZZZZZZZ", "x"))[0].get("findReplace", {})
    return f"{reply}" if reply.get("occurrencesChanged") else ""


def reaches_filtered_rows(probe: Probe) -> str:
    """findReplace reaches rows a filter hides."""
    hidden = {"columnIndex": 0, "filterCriteria": {"hiddenValues": ["Held: y · M-BBBBBBBBBB"]}}
    probe.batch(
        probe.fill([[text("Held: y · M-BBBBBBBBBB")]], top=3),
        {"setBasicFilter": {"filter": {"range": probe.area(), "filterSpecs": [hidden]}}},
    )
    reply = probe.batch(probe.find("Held: y · M-BBBBBBBBBB", "Declined · M-BBBBBBBBBB"))[0].get("findReplace", {})
    probe.batch({"clearBasicFilter": {"sheetId": probe.sheet_id}})
    return "" if reply.get("occurrencesChanged") == 1 else f"{reply}"


def explicit_ids_are_taken_once(probe: Probe) -> str:
    """An explicit metadata id is refused the second time, and the whole batch with it."""
    identifier = 1 + secrets.randbelow(2_000_000_000)
    probe.batch(probe.mark(1, "one", identifier))
    before = probe.texts()
    words = probe.is_refused(probe.mark(2, "two", identifier), probe.fill([[text("should not be here")]], top=9))
    return "" if "already exists" in words and probe.texts() == before else f"refused: {words!r}"


def absent_metadata_may_be_deleted(probe: Probe) -> str:
    """Deleting metadata that is not there is no error."""
    lookup = {"developerMetadataLookup": {"metadataId": 1 + secrets.randbelow(2_000_000_000)}}
    return probe.is_refused({"deleteDeveloperMetadata": {"dataFilter": lookup}})


def marks_follow_rows(probe: Probe) -> str:
    """A mark on a row moves with it through an insertion and a sort, and is read with the cells."""
    probe.batch(probe.fill([[text("Zebra")]], top=5), probe.mark(5, "zebra"))
    probe.batch(
        {"insertDimension": {"range": probe.rows(1, 3), "inheritFromBefore": False}},
        {
            "sortRange": {
                "range": probe.area(startRowIndex=1),
                "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}],
            }
        },
    )
    sheet = probe.grid()
    rows = [
        row
        for row, entry in enumerate(sheet["data"][0].get("rowMetadata", []))
        for mark in entry.get("developerMetadata", [])
        if mark.get("metadataValue") == "zebra"
    ]
    seen = [probe.texts()[row][:1] for row in rows]
    return "" if seen == [["Zebra"]] else f"{rows} {seen}"


def too_wide_values_are_refused(probe: Probe) -> str:
    """Values wider than the row a filter finds are refused, not cut."""
    lookup = {"developerMetadataLookup": {"metadataKey": "matchmaker.probe", "metadataValue": "zebra"}}
    url = SPREADSHEET_URL % probe.spreadsheet_id + "/values:batchUpdateByDataFilter"
    data = [{"dataFilter": lookup, "majorDimension": "ROWS", "values": [[None] * 6 + ["beyond"]]}]
    try:
        probe.client.request("post", url, json={"valueInputOption": "RAW", "data": data})
    except Refused:
        return ""
    return "the values were taken"


def new_rows_belong_to_formats_from_the_header_on(probe: Probe) -> str:
    """A colour that begins at the header covers rows inserted under the header."""
    rule = {
        "ranges": [probe.area(startRowIndex=0, startColumnIndex=0, endColumnIndex=1)],
        "booleanRule": {
            "condition": {"type": "TEXT_STARTS_WITH", "values": [{"userEnteredValue": "Held"}]},
            "format": {"backgroundColor": {"red": 1}},
        },
    }
    probe.batch(
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
        {"insertDimension": {"range": probe.rows(1, 2), "inheritFromBefore": False}},
    )
    area = probe.grid()["conditionalFormats"][0]["ranges"][0]
    return "" if area.get("startRowIndex", 0) == 0 and "endRowIndex" not in area else f"{area}"


def boxes_and_formulas_differ(probe: Probe) -> str:
    """A ticked box is entered as a boolean; a formula that gives TRUE is not."""
    probe.batch(probe.fill([[{"boolValue": True}, {"formulaValue": "=1=1"}]], top=8))
    cells = probe.grid()["data"][0]["rowData"][8]["values"]
    entered = [cell.get("userEnteredValue", {}) for cell in cells[:2]]
    both_true = all(cell["effectiveValue"].get("boolValue") is True for cell in cells[:2])
    return "" if both_true and [set(one) for one in entered] == [{"boolValue"}, {"formulaValue"}] else f"{entered}"


def empty_updates_clear_the_rest_of_a_range(probe: Probe) -> str:
    """updateCells with a range clears what its rows do not cover."""
    probe.batch(probe.fill([[text("a")], [text("b")], [text("c")]], top=10))
    area = probe.area(startRowIndex=10, endRowIndex=13, startColumnIndex=0, endColumnIndex=1)
    rows = [{"values": [{"userEnteredValue": text("new")}]}]
    probe.batch({"updateCells": {"range": area, "rows": rows, "fields": "userEnteredValue"}})
    seen = [row[:1] for row in probe.texts()[10:13]]
    return "" if [value for row in seen for value in row if value] == ["new"] else f"{seen}"


PROBES: tuple[Callable[[Probe], str], ...] = (
    whole_cells_only,
    finds_nothing_quietly,
    reaches_filtered_rows,
    explicit_ids_are_taken_once,
    absent_metadata_may_be_deleted,
    marks_follow_rows,
    too_wide_values_are_refused,
    new_rows_belong_to_formats_from_the_header_on,
    boxes_and_formulas_differ,
    empty_updates_clear_the_rest_of_a_range,
)


def main(arguments: list[str]) -> int:
    """Run every probe; the number of those that differ decides the exit code."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    settings = load_settings(Path(arguments[0]))
    probe = Probe(connect(settings.sheets, settings.base), settings.sheets.spreadsheet_id)
    grid = {"rowCount": 40, "columnCount": 6, "frozenRowCount": 1}
    properties = {"sheetId": probe.sheet_id, "title": probe.title, "gridProperties": grid}
    probe.batch({"addSheet": {"properties": properties}})
    differing = 0
    try:
        for check in PROBES:
            seen = check(probe)
            differing += bool(seen)
            what = (check.__doc__ or "").rstrip(".")
            print(f"DIFFERS  {what}: {seen}" if seen else f"holds    {what}")
    finally:
        probe.batch({"deleteSheet": {"sheetId": probe.sheet_id}})
    print(f"{probe.client.reads} reads, {probe.client.writes} writes")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
