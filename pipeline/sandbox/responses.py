"""The tabs of the sandbox's own spreadsheet that forms write to, made and written over the API that programs use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

from pipeline.model import SheetRow, Table

CellData = Mapping[str, Any]
TIMEOUT_SECONDS = 30.0
SPARE_ROWS = 200
COLUMN_WIDTH = 170
HEADER_FORMAT = {"textFormat": {"bold": True}, "wrapStrategy": "WRAP", "verticalAlignment": "MIDDLE"}
WRITTEN_FIELDS = "userEnteredValue,userEnteredFormat.numberFormat"


class SandboxFault(RuntimeError):
    """The sandbox's own API refused what the sandbox asked of it: a bug of ours."""


class SandboxTab:
    """One tab, reached by the API's address, a way to learn the spreadsheet's id, and the tab's title."""

    def __init__(self, api_url: str, find_id: Callable[[], str], title: str) -> None:
        self._api_url = api_url
        self._find_id = find_id
        self._title = title

    @property
    def title(self) -> str:
        """The tab's name."""
        return self._title

    def header(self) -> Sequence[str]:
        """The first row as texts."""
        first_row = quote(f"'{self._title}'!1:1")
        answer = call(self._api_url, "GET", f"/v4/spreadsheets/{self._find_id()}/values/{first_row}")
        return [str(cell) for cell in (answer.get("values") or [[]])[0]]

    def table(self) -> Table:
        """All rows as they stand, by the titles in the first row."""
        cells = quote(f"'{self._title}'")
        answer = call(self._api_url, "GET", f"/v4/spreadsheets/{self._find_id()}/values/{cells}")
        header, *rows = answer.get("values") or [[]]
        found = (
            SheetRow(number=number, cells=dict(zip(header, row, strict=False)))
            for number, row in enumerate(rows, start=2)
        )
        return Table(title=self._title, header=tuple(header), rows=tuple(found))

    def put(self, row: int, column: int, text: str) -> None:
        """Type a text into one cell; both numbers count from 0."""
        start = {"sheetId": self._sheet_id(), "rowIndex": row, "columnIndex": column}
        cell = {"userEnteredValue": {"stringValue": text}}
        self._change({"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": "userEnteredValue"}})

    def append(self, cells: Sequence[CellData]) -> None:
        """One row below the last one."""
        self.append_rows([cells])

    def append_rows(self, rows: Sequence[Sequence[CellData]]) -> None:
        """Several rows, all or none."""
        request = {
            "appendCells": {
                "sheetId": self._sheet_id(),
                "rows": [{"values": list(cells)} for cells in rows],
                "fields": WRITTEN_FIELDS,
            }
        }
        self._change(request)

    def _sheet_id(self) -> int:
        found = sheet_ids(self._api_url, self._find_id()).get(self._title)
        if found is None:
            raise SandboxFault(f'The sandbox\'s spreadsheet has no tab "{self._title}" any more.')
        return found

    def _change(self, *requests: Mapping[str, Any]) -> None:
        call(self._api_url, "POST", f"/v4/spreadsheets/{self._find_id()}:batchUpdate", {"requests": list(requests)})


def sheet_ids(api_url: str, spreadsheet_id: str) -> dict[str, int]:
    """The tabs there are: title -> number."""
    answer = call(api_url, "GET", f"/v4/spreadsheets/{spreadsheet_id}?fields=sheets.properties")
    return {
        sheet["properties"]["title"]: int(sheet["properties"].get("sheetId", 0)) for sheet in answer.get("sheets", [])
    }


def make_tabs(api_url: str, spreadsheet_id: str, headers: Mapping[str, Sequence[str]], *, is_new: bool) -> None:
    """Make tabs with these titles and headers, as linked forms would, all or none.

    In a new spreadsheet the first of them is the sheet it came with.
    """
    requests: list[Mapping[str, Any]] = []
    for place, (title, header) in enumerate(headers.items()):
        grid = {"rowCount": SPARE_ROWS, "columnCount": len(header), "frozenRowCount": 1}
        number = 0
        if not is_new or place:
            # A number of our own lets the rest of the batch speak of a tab that is not there yet.
            number = 1 + int.from_bytes(hashlib.sha256(f"form:{title}".encode()).digest()[:4]) % 2_000_000_000
            properties = {"sheetId": number, "title": title, "gridProperties": grid}
            requests.append({"addSheet": {"properties": properties}})
        else:
            fields = "title,gridProperties(rowCount,columnCount,frozenRowCount)"
            properties = {"sheetId": number, "title": title, "gridProperties": grid}
            requests.append({"updateSheetProperties": {"properties": properties, "fields": fields}})
        cells = [{"userEnteredValue": {"stringValue": text}, "userEnteredFormat": HEADER_FORMAT} for text in header]
        requests += [
            {
                "updateCells": {
                    "start": {"sheetId": number, "rowIndex": 0, "columnIndex": 0},
                    "rows": [{"values": cells}],
                    "fields": "userEnteredValue,userEnteredFormat",
                }
            },
            {
                "updateDimensionProperties": {
                    "range": {"sheetId": number, "dimension": "COLUMNS", "startIndex": 0, "endIndex": len(header)},
                    "properties": {"pixelSize": COLUMN_WIDTH},
                    "fields": "pixelSize",
                }
            },
        ]
    if requests:
        call(api_url, "POST", f"/v4/spreadsheets/{spreadsheet_id}:batchUpdate", {"requests": requests})


def call(api_url: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One request to the sandbox's own API. Raises SandboxFault with Google's words when it is refused."""
    address = urlsplit(api_url)
    connection = HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            method,
            path,
            body=None if body is None else json.dumps(body),
            headers={"X-Sandbox-Person": "yes", "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise SandboxFault(f"{method} {path}: {answer.status} {content[:500]!r}")
    value = json.loads(content)
    return value if isinstance(value, dict) else {}
