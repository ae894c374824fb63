"""What a person does in the spreadsheet, through the same API: for the demo and for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from pipeline.model import Cell

SECONDS = 30


class Person:
    """Reads and edits one spreadsheet of the sandbox the way somebody at a browser would."""

    def __init__(self, sheets_api: str, spreadsheet_id: str) -> None:
        self._root = f"{sheets_api}/v4/spreadsheets/{spreadsheet_id}"
        self._session = requests.Session()
        self._session.headers["Authorization"] = "Bearer a-person"

    def rows(self, tab: str) -> list[dict[str, Any]]:
        """The rows below the header, by title; row numbers under "#"."""
        answer = self._call("GET", _values(f"'{tab}'"), params={"valueRenderOption": "UNFORMATTED_VALUE"})
        values = answer.get("values") or [[]]
        header = values[0]
        return [
            {"#": number, **{title: row[place] if place < len(row) else "" for place, title in enumerate(header)}}
            for number, row in enumerate(values[1:], start=2)
            if any(cell != "" for cell in row)
        ]

    def header(self, tab: str) -> list[str]:
        """The titles in a tab's first row."""
        return [str(title) for title in self._call("GET", _values(f"'{tab}'!1:1")).get("values", [[]])[0]]

    def put(self, tab: str, row: int, title: str, value: Cell) -> None:
        """Type into one cell; the JSON boolean true is a tick."""
        cell = f"'{tab}'!{_letters(self.header(tab).index(title))}{row}"
        body = {"range": cell, "majorDimension": "ROWS", "values": [[value]]}
        self._call("PUT", _values(cell), params={"valueInputOption": "RAW"}, json=body)

    def batch(self, *requests_: Mapping[str, Any]) -> dict[str, Any]:
        """Requests as the menus make them: sort, insert, delete."""
        return self._call("POST", ":batchUpdate", json={"requests": list(requests_)})

    def sheet_id(self, tab: str) -> int:
        """The number of a tab."""
        answer = self._call("GET", "", params={"fields": "sheets.properties(sheetId,title)"})
        for sheet in answer["sheets"]:
            if sheet["properties"]["title"] == tab:
                return int(sheet["properties"].get("sheetId", 0))
        raise KeyError(tab)

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = self._session.request(method, self._root + path, timeout=SECONDS, **more)
        answer.raise_for_status()
        document = answer.json()
        return document if isinstance(document, dict) else {}


def _values(cells: str) -> str:
    return f"/values/{quote(cells)}"


def _letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    name = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
