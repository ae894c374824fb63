"""The responses tab of the sandbox's own spreadsheet, made and written over the same API that programs use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

CellData = Mapping[str, Any]
TIMEOUT_SECONDS = 30.0
SPARE_ROWS = 200
COLUMN_WIDTH = 170
HEADER_FORMAT = {"textFormat": {"bold": True}, "wrapStrategy": "WRAP", "verticalAlignment": "MIDDLE"}
WRITTEN_FIELDS = "userEnteredValue,userEnteredFormat.numberFormat"


class SandboxFault(RuntimeError):
    """The sandbox's own API refused what the sandbox asked of it: a bug of ours."""


class ResponsesTab:
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

    def make(self, header: Sequence[str]) -> None:
        """Turn the first tab of a new spreadsheet into the one that a linked form would have made."""
        grid = {"rowCount": SPARE_ROWS, "columnCount": len(header), "frozenRowCount": 1}
        properties = {"sheetId": 0, "title": self._title, "gridProperties": grid}
        cells = [{"userEnteredValue": {"stringValue": text}, "userEnteredFormat": HEADER_FORMAT} for text in header]
        widths = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": len(header)}
        self._change(
            {
                "updateSheetProperties": {
                    "properties": properties,
                    "fields": "title,gridProperties(rowCount,columnCount,frozenRowCount)",
                }
            },
            {
                "updateCells": {
                    "start": {"sheetId": 0, "rowIndex": 0, "columnIndex": 0},
                    "rows": [{"values": cells}],
                    "fields": "userEnteredValue,userEnteredFormat",
                }
            },
            {
                "updateDimensionProperties": {
                    "range": widths,
                    "properties": {"pixelSize": COLUMN_WIDTH},
                    "fields": "pixelSize",
                }
            },
        )

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
        answer = call(self._api_url, "GET", f"/v4/spreadsheets/{self._find_id()}?fields=sheets.properties")
        for sheet in answer.get("sheets", []):
            if sheet["properties"]["title"] == self._title:
                return int(sheet["properties"].get("sheetId", 0))
        raise SandboxFault(f'The sandbox\'s spreadsheet has no tab "{self._title}" any more.')

    def _change(self, *requests: Mapping[str, Any]) -> None:
        call(self._api_url, "POST", f"/v4/spreadsheets/{self._find_id()}:batchUpdate", {"requests": list(requests)})


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
