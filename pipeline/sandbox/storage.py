"""Spreadsheets on disk: one SQLite file, written row by row.

Each commit writes the spreadsheet's frame and the rows that changed, in one transaction; a large sheet is
not written again because somebody ticked a box.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.sandbox.api_errors import Json
from pipeline.sandbox.grid import Cell, Column, Metadata, Row, Sheet, Spreadsheet
from pipeline.sandbox.values import Formula

_SCHEMA = """
CREATE TABLE IF NOT EXISTS books (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (book TEXT, sheet INTEGER, line INTEGER, body TEXT NOT NULL,
    PRIMARY KEY (book, sheet, line)) WITHOUT ROWID;
"""


class Database:
    """The file. Not thread-safe by itself; the store's lock guards it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.executescript(_SCHEMA)

    def load(self) -> dict[str, Spreadsheet]:
        """Every spreadsheet in the file."""
        lines: dict[tuple[str, int], dict[int, Row]] = {}
        for book_id, sheet_id, key, body in self.connection.execute("SELECT book, sheet, line, body FROM lines"):
            lines.setdefault((book_id, sheet_id), {})[key] = _row(key, json.loads(body))
        books = {}
        for book_id, body in self.connection.execute("SELECT id, body FROM books"):
            books[book_id] = _book(book_id, json.loads(body), lines)
        return books

    def save(self, book: Spreadsheet, before: Spreadsheet | None) -> None:
        """Write what changed since `before`, all or nothing."""
        old = {} if before is None else {sheet.sheet_id: sheet for sheet in before.sheets}
        with self.connection:
            for sheet in book.sheets:
                self._save_sheet(book.spreadsheet_id, sheet, old.pop(sheet.sheet_id, None))
            for sheet_id in old:
                self.connection.execute(
                    "DELETE FROM lines WHERE book = ? AND sheet = ?", (book.spreadsheet_id, sheet_id)
                )
            self.connection.execute(
                "INSERT OR REPLACE INTO books VALUES (?, ?)", (book.spreadsheet_id, json.dumps(_frame(book)))
            )

    def _save_sheet(self, book_id: str, sheet: Sheet, before: Sheet | None) -> None:
        changed = [
            (book_id, sheet.sheet_id, row.key, json.dumps(_row_json(row)))
            for row in sheet.rows
            if row is not None and (row.edition == sheet.edition or before is None)
        ]
        self.connection.executemany("INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?)", changed)
        if before is None:
            return
        kept = {row.key for row in sheet.rows if row is not None}
        gone = [(book_id, sheet.sheet_id, r.key) for r in before.rows if r is not None and r.key not in kept]
        self.connection.executemany("DELETE FROM lines WHERE book = ? AND sheet = ? AND line = ?", gone)

    def delete(self, spreadsheet_id: str) -> None:
        """Remove one spreadsheet."""
        with self.connection:
            self.connection.execute("DELETE FROM books WHERE id = ?", (spreadsheet_id,))
            self.connection.execute("DELETE FROM lines WHERE book = ?", (spreadsheet_id,))

    def clear(self) -> None:
        """Remove everything."""
        with self.connection:
            self.connection.execute("DELETE FROM books")
            self.connection.execute("DELETE FROM lines")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


_PARTS = {"grid", "properties", "merges", "protected", "conditional", "filter_views", "charts", "basic_filter"}


def _frame(book: Spreadsheet) -> Json:
    return {
        "properties": book.properties,
        "created": book.created.isoformat(),
        "modified": book.modified.isoformat(),
        "metadata": [list(entry) for entry in book.metadata.values()],
        "sheets": [
            {
                "id": sheet.sheet_id,
                "title": sheet.title,
                "row_count": sheet.row_count,
                "next_key": sheet.next_key,
                "rows": [None if row is None else row.key for row in sheet.rows],
                "columns": [list(column) for column in sheet.columns],
            }
            | {part: getattr(sheet, part) for part in _PARTS}
            for sheet in book.sheets
        ],
    }


def _book(book_id: str, frame: Json, lines: dict[tuple[str, int], dict[int, Row]]) -> Spreadsheet:
    properties = frame["properties"]
    book = Spreadsheet(book_id, properties["title"], locale=properties["locale"], time_zone=properties["timeZone"])
    book.properties = properties
    book.created = datetime.fromisoformat(frame["created"])
    book.modified = datetime.fromisoformat(frame["modified"])
    book.metadata = {entry[0]: Metadata(*entry) for entry in frame["metadata"]}
    book.sheets = [_sheet(shape, lines.get((book_id, shape["id"]), {})) for shape in frame["sheets"]]
    return book


def _sheet(shape: Json, rows: dict[int, Row]) -> Sheet:
    sheet = Sheet(shape["id"], shape["title"], shape["row_count"], 0)
    sheet.next_key = shape["next_key"]
    sheet.columns = [Column(*column) for column in shape["columns"]]
    sheet.rows = [None if key is None else rows[key] for key in shape["rows"]]
    for part in _PARTS:
        setattr(sheet, part, shape[part])
    return sheet


def _row_json(row: Row) -> Json:
    shape: Json = {"cells": {key: _cell_json(cell) for key, cell in row.cells.items()}}
    if row.hidden:
        shape["hidden"] = True
    if row.size:
        shape["size"] = row.size
    return shape


def _row(key: int, shape: Json) -> Row:
    cells = {int(column): _cell(cell) for column, cell in shape["cells"].items()}
    return Row(key, 0, cells, hidden=shape.get("hidden", False), size=shape.get("size"))


def _cell_json(cell: Cell) -> Any:
    """A plain value as itself; anything more as an object."""
    if cell[1:] == (None, None, None, None) and not isinstance(cell.value, Formula):
        return cell.value
    shape: Json = {name: item for name, item in zip(Cell._fields, cell, strict=True) if item is not None}
    if isinstance(cell.value, Formula):
        shape["formula"] = str(shape.pop("value"))
    return shape


def _cell(shape: Any) -> Cell:
    if not isinstance(shape, dict):
        return Cell(shape)
    formula = shape.pop("formula", None)
    return Cell(**shape) if formula is None else Cell(Formula(formula), **shape)
