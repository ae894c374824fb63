"""The state of a spreadsheet: sheets of sparse rows whose cells never change, only get replaced.

Writing goes through a *draft*: `Spreadsheet.draft()` copies lists of pointers, not cells, and a row is
copied the first time the draft writes to it. A request that fails half-way simply drops its draft, which
makes every request all-or-nothing without copying a large sheet.

Rows and columns have keys which they keep wherever they move; cells are stored under the key of their
column, metadata under the key of its row or column. Inserting a column therefore touches no cell, and
metadata follows its row without anybody moving it.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipeline.sandbox import formulas
from pipeline.sandbox.a1 import Bounds, range_name
from pipeline.sandbox.api_errors import MAX_CELLS, Json, invalid, no_grid, too_many_cells
from pipeline.sandbox.defaults import COLUMNS, ROWS, spreadsheet_properties
from pipeline.sandbox.locales import LocaleRules, rules_for
from pipeline.sandbox.values import CellError, Formula, Shown, Value, serial_of

_editions = count(1)


class Cell(NamedTuple):
    """One cell: what was entered, and what is attached to it. `extra` keeps rarer fields as they came."""

    value: Value = None
    style: Json | None = None
    note: str | None = None
    validation: Json | None = None
    extra: Json | None = None


BLANK = Cell()


class Column(NamedTuple):
    """A column: its key, and how it is shown."""

    key: int
    hidden: bool = False
    size: int | None = None


class Row:
    """A row: cells by column key. Only the draft that made this object (`edition`) may write to it."""

    __slots__ = ("cells", "edition", "hidden", "key", "size")

    def __init__(
        self,
        key: int,
        edition: int,
        cells: dict[int, Cell] | None = None,
        *,
        hidden: bool = False,
        size: int | None = None,
    ) -> None:
        self.key = key
        self.edition = edition
        self.cells = {} if cells is None else cells
        self.hidden = hidden
        self.size = size

    def copy(self, edition: int) -> Row:
        """The same row, writable by the draft `edition`."""
        return Row(self.key, edition, dict(self.cells), hidden=self.hidden, size=self.size)


class Area(NamedTuple):
    """A rectangle inside a sheet: zero-based, ends exclusive."""

    top: int
    bottom: int
    left: int
    right: int


class Metadata(NamedTuple):
    """Developer metadata. `kind` is SPREADSHEET, SHEET, ROW or COLUMN; `line` the key of the row or column."""

    metadata_id: int
    key: str
    value: str | None
    visibility: str
    kind: str
    sheet_id: int | None = None
    line: int | None = None


class Sheet:
    """One tab."""

    PARTS = ("merges", "protected", "conditional", "filter_views", "charts")
    """Lists of JSON objects beside the cells; replaced, never changed in place."""

    def __init__(self, sheet_id: int, title: str, rows: int = ROWS, columns: int = COLUMNS) -> None:
        self.sheet_id = sheet_id
        self.title = title
        self.row_count = rows
        self.grid: Json = {}  # gridProperties other than the counts
        self.properties: Json = {}  # the other properties: hidden, tabColor, ...
        self.edition = next(_editions)
        self.next_key = columns
        self.rows: list[Row | None] = []  # as far as anything is known; None = untouched
        self.columns = [Column(key) for key in range(columns)]
        self.merges: list[Json] = []
        self.protected: list[Json] = []
        self.conditional: list[Json] = []
        self.filter_views: list[Json] = []
        self.charts: list[Json] = []
        self.basic_filter: Json | None = None

    def draft(self) -> Sheet:
        """A writable copy which shares all rows until they are written to."""
        twin = copy.copy(self)
        twin.edition = next(_editions)
        twin.rows = list(self.rows)
        twin.columns = list(self.columns)
        twin.grid, twin.properties = dict(self.grid), dict(self.properties)
        for part in self.PARTS:
            setattr(twin, part, list(getattr(self, part)))
        return twin

    # ---- size

    @property
    def column_count(self) -> int:
        """Columns of the grid."""
        return len(self.columns)

    def new_key(self) -> int:
        """A key no row or column of this sheet had before."""
        key = self.next_key
        self.next_key += 1
        return key

    def set_row_count(self, rows: int) -> None:
        """Grow, or cut rows off the end."""
        self.row_count = rows
        del self.rows[rows:]

    def set_column_count(self, columns: int) -> None:
        """Grow, or cut columns off the end with their cells."""
        if columns < self.column_count:
            self.drop_columns(columns, self.column_count)
        while self.column_count < columns:
            self.columns.append(Column(self.new_key()))

    def drop_columns(self, first: int, end: int) -> None:
        """Delete columns and their cells."""
        gone = {column.key for column in self.columns[first:end]}
        del self.columns[first:end]
        for index, row in enumerate(self.rows):
            if row is not None and not gone.isdisjoint(row.cells):
                writable = self.row_for_writing(index)
                writable.cells = {key: cell for key, cell in row.cells.items() if key not in gone}

    # ---- cells

    def row_at(self, index: int) -> Row | None:
        """The row, or None where nothing was ever written."""
        return self.rows[index] if index < len(self.rows) else None

    def row_for_writing(self, index: int) -> Row:
        """The row as this draft's own."""
        if index >= len(self.rows):
            self.rows.extend([None] * (index + 1 - len(self.rows)))
        row = self.rows[index]
        if row is None:
            row = Row(self.new_key(), self.edition)
        elif row.edition != self.edition:
            row = row.copy(self.edition)
        self.rows[index] = row
        return row

    def cell(self, row: int, column: int) -> Cell:
        """The cell at zero-based coordinates; BLANK where nothing is, or outside the grid."""
        line = self.row_at(row)
        if line is None or column >= len(self.columns):
            return BLANK
        return line.cells.get(self.columns[column].key, BLANK)

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Replace a cell; a blank one takes no room."""
        line = self.row_for_writing(row)
        if cell == BLANK:
            line.cells.pop(self.columns[column].key, None)
        else:
            line.cells[self.columns[column].key] = cell

    def filled(self, area: Area) -> Iterator[tuple[int, int, Cell]]:
        """The cells of an area that are there, row by row: (row, column, cell)."""
        places = [(i, self.columns[i].key) for i in range(area.left, min(area.right, self.column_count))]
        for index in range(area.top, min(area.bottom, len(self.rows))):
            row = self.rows[index]
            if row is None or not row.cells:
                continue
            cells = row.cells
            for column, key in places:
                if key in cells:
                    yield index, column, cells[key]

    def last_row_with_values(self) -> int:
        """One past the last row that holds a value."""
        for index in range(len(self.rows) - 1, -1, -1):
            row = self.rows[index]
            if row is not None and any(cell.value is not None for cell in row.cells.values()):
                return index + 1
        return 0

    # ---- ranges

    def whole(self) -> Area:
        """The whole grid."""
        return Area(0, self.row_count, 0, self.column_count)

    def clip(self, bounds: Bounds) -> Area:
        """Bounds cut to the grid. Raises ApiError 400 when they begin outside it."""
        top, left = bounds.top or 0, bounds.left or 0
        bottom = self.row_count if bounds.bottom is None else bounds.bottom
        right = self.column_count if bounds.right is None else bounds.right
        if top >= self.row_count or left >= self.column_count:
            raise self.outside(Area(top, max(bottom, top + 1), left, max(right, left + 1)))
        return Area(top, min(bottom, self.row_count), left, min(right, self.column_count))

    def outside(self, area: Area) -> Exception:
        """The refusal of a range beyond the grid."""
        return invalid(
            f"Range ({self.echo(area)}) exceeds grid limits. "
            f"Max rows: {self.row_count}, max columns: {self.column_count}"
        )

    def echo(self, area: Area) -> str:
        """The range as Google writes it back."""
        return range_name(self.title, area.top, area.bottom, area.left, area.right)


class Spreadsheet:
    """One spreadsheet file."""

    def __init__(self, spreadsheet_id: str, title: str, *, locale: str, time_zone: str) -> None:
        self.spreadsheet_id = spreadsheet_id
        self.properties = spreadsheet_properties(title, locale, time_zone)
        self.sheets: list[Sheet] = [Sheet(0, "Sheet1")]
        self.metadata: dict[int, Metadata] = {}
        self.created = self.modified = datetime.now(UTC)
        self._known: dict[tuple[int, int, int], Shown] = {}
        self._line_indexes: dict[tuple[int, str], dict[int, int]] = {}

    def draft(self) -> Spreadsheet:
        """A copy to try a change on; see the module."""
        twin = copy.copy(self)
        twin.properties = dict(self.properties)
        twin.sheets = [sheet.draft() for sheet in self.sheets]
        twin.metadata = dict(self.metadata)
        twin.start_afresh()
        return twin

    @property
    def title(self) -> str:
        """The title of the file."""
        return str(self.properties["title"])

    @property
    def rules(self) -> LocaleRules:
        """How this spreadsheet's locale shows things."""
        return rules_for(str(self.properties["locale"]))

    def sheet(self, sheet_id: int) -> Sheet:
        """The sheet with this id. Raises ApiError 400."""
        for sheet in self.sheets:
            if sheet.sheet_id == sheet_id:
                return sheet
        raise no_grid(sheet_id)

    def titled(self, title: str) -> Sheet | None:
        """The sheet with this title, letter case aside."""
        exact = next((s for s in self.sheets if s.title == title), None)
        return exact or next((s for s in self.sheets if s.title.casefold() == title.casefold()), None)

    def check_size(self) -> None:
        """Raises ApiError 400 over ten million cells."""
        if sum(sheet.row_count * sheet.column_count for sheet in self.sheets) > MAX_CELLS:
            raise too_many_cells()

    def new_id(self, taken: set[int]) -> int:
        """An id as Google invents them, not among `taken`."""
        while True:
            invented = random.randrange(1_000, 2**31 - 1)  # noqa: S311  (an id, not a secret)
            if invented not in taken:
                return invented

    def line_index(self, sheet: Sheet, kind: str, key: int) -> int | None:
        """Where the ROW or COLUMN with this key stands now."""
        place = (sheet.sheet_id, kind)
        known = self._line_indexes.get(place, {})
        if key not in known:
            lines = sheet.rows if kind == "ROW" else sheet.columns
            known = {line.key: index for index, line in enumerate(lines) if line is not None}
            self._line_indexes[place] = known
        return known.get(key)

    def forget_lines(self, sheet: Sheet, keys: set[int]) -> None:
        """Delete the metadata of rows or columns that are gone."""
        self.metadata = {
            number: entry
            for number, entry in self.metadata.items()
            if entry.sheet_id != sheet.sheet_id or entry.line not in keys
        }

    # ---- formulas

    def start_afresh(self) -> None:
        """Begin with nothing worked out, sharing nothing with the spreadsheet this is a copy of."""
        self._known, self._line_indexes = {}, {}

    def forget_results(self) -> None:
        """What was worked out no longer holds: cells were written or lines moved within this draft."""
        self._known.clear()
        self._line_indexes.clear()

    def shown(self, sheet: Sheet, row: int, column: int, cell: Cell) -> Shown:
        """What the cell comes to: its value, or its formula's result."""
        if not isinstance(cell.value, Formula):
            return cell.value
        place = (sheet.sheet_id, row, column)
        if place not in self._known:
            self._known[place] = CellError("#REF!", "Circular dependency detected.")
            try:
                self._known[place] = formulas.evaluate(cell.value, _Lookup(self, sheet))
            except RecursionError:
                self._known[place] = CellError("#ERROR!", "The chain of formulas is too long.")
        return self._known[place]


class _Lookup:
    """Answers what a formula asks about other cells."""

    def __init__(self, book: Spreadsheet, sheet: Sheet) -> None:
        self.book = book
        self.sheet = sheet

    def cells(self, title: str | None, bounds: Bounds) -> formulas.Grid | CellError:
        sheet = self.sheet if title is None else self.book.titled(title)
        if sheet is None:
            return CellError("#REF!", f"Unresolved sheet name '{title}'.")
        bottom = min(sheet.row_count if bounds.bottom is None else bounds.bottom, sheet.row_count)
        right = min(sheet.column_count if bounds.right is None else bounds.right, sheet.column_count)
        if bounds.bottom is None or (bounds.top or 0) + 1 < bottom:
            bottom = max(min(bottom, len(sheet.rows)), (bounds.top or 0) + 1)
        return [
            [
                self.book.shown(sheet, row, column, sheet.cell(row, column))
                for column in range(bounds.left or 0, max(right, (bounds.left or 0) + 1))
            ]
            for row in range(bounds.top or 0, bottom)
        ]

    def today(self) -> float:
        zone = str(self.book.properties.get("timeZone", "Etc/GMT"))
        return serial_of(datetime.now(ZoneInfo(zone)))
