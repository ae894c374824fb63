"""The spreadsheet in memory: tabs as values, for tests and rehearsals of whatever needs a `Spreadsheet`.

It passes the contract of the one at Google (`tests/adapters/sheets/test_spreadsheet_contract.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.adapters.sheets.reading import TabReading, header_problem, split_tag, with_tag
from pipeline.adapters.sheets.writing import split_cells
from pipeline.errors import ConfigurationError, TryLater
from pipeline.model import Cell, NewRow, RowUpdate, SheetChanges, SheetRow, SheetSnapshot, Table
from pipeline.tabs import problems, review
from pipeline.tabs.all_tabs import BY_NAME, TABS
from pipeline.tabs.tab import RESPONSES, Author, Kind, fold_title, tag_of

_CHECKED = re.compile(rf"{problems.LAST_CHECKED}: (\d{{4}}-\d\d-\d\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell whose value was worked out rather than entered."""

    value: Cell


Row = list[Cell | Formula]


class MemorySpreadsheet:
    """Fulfils `ports.Spreadsheet`. People work in `tabs`: name -> header and rows, to be read and changed as lists.

    Without `tables` it has every tab of the program, as `init` makes them, and a responses tab with that header.
    """

    def __init__(
        self,
        tables: Mapping[str, Sequence[Sequence[Cell | Formula]]] | None = None,
        *,
        responses: Sequence[str] = (),
        owner: str | None = None,
    ) -> None:
        made: Mapping[str, Sequence[Sequence[Cell | Formula]]] = (
            tables if tables is not None else {RESPONSES: [responses], **_fresh_tabs()}
        )
        self.tabs: dict[str, list[Row]] = {name: [list(row) for row in rows] for name, rows in made.items()}
        self.owner = owner
        self._owner_read: str | None = None
        self._reads = self._writes = 0

    @property
    def calls(self) -> Mapping[str, int]:
        """How many times it was read and written."""
        return {"reads": self._reads, "writes": self._writes}

    def put(self, tab: str, number: int, title: str, value: Cell | Formula) -> None:
        """A person types into a cell of the row of that number (1 is the header)."""
        rows = self.tabs[tab]
        rows.extend([] for _ in range(number - len(rows)))
        place = rows[0].index(title)
        row = rows[number - 1]
        row.extend([None] * (place + 1 - len(row)))
        row[place] = value

    def read(self) -> SheetSnapshot:
        """All tabs. Raises ConfigurationError for a tab that is missing and SheetHeaderProblem for a bad header."""
        for name in (RESPONSES, review.TAB.name):
            if name not in self.tabs:
                raise ConfigurationError(f"The spreadsheet has no tab {name}.", hint="Run: matchmaker init")
        self._owner_read = self.owner
        return self._snapshot(self.tabs)

    def read_review(self, *others: str) -> SheetSnapshot:
        """The review tab alone (and the tabs of these names), once more, just before letters leave."""
        if review.TAB.name not in self.tabs:
            raise TryLater(
                f"The tab {review.TAB.name} is gone since the run began.", hint="The next run reads it all anew."
            )
        return self._snapshot([review.TAB.name, *(name for name in others if name in self.tabs)])

    def write(self, changes: SheetChanges) -> frozenset[str]:
        """Apply the changes, all or none; returns the keys of updates that reached no row."""
        wanted = {**changes.inserts, **changes.updates}
        missing = [name for name, rows in wanted.items() if rows and name not in self.tabs]
        if missing:
            raise ConfigurationError(f"The spreadsheet has no tab {missing[0]}.", hint="Run: matchmaker init")
        if changes.owner and self.owner not in (self._owner_read, changes.owner):
            raise TryLater(
                "Another machine has just begun to serve this spreadsheet.", hint="The next run tells what to do."
            )
        before = {name: [list(row) for row in rows] for name, rows in self.tabs.items()}, self.owner
        missed: set[str] = set()
        for name, updates in changes.updates.items():
            missed.update(update.key for update in updates if not self._update(name, update))
        for name, rows in changes.inserts.items():
            self._insert(name, rows)
        for name, body in changes.contents.items():
            if name in self.tabs:
                self._replace_body(name, body)
        if changes.last_checked:
            self._check(changes.last_checked)
        self.owner = changes.owner or self.owner
        if (self.tabs, self.owner) != before:
            self._writes += 1
            self._owner_read = self.owner
        return frozenset(missed)

    # -- reading ---------------------------------------------------------------------------------------

    def _snapshot(self, names: Iterable[str]) -> SheetSnapshot:
        self._reads += 1
        tables = {name: self._table(name) for name in names}
        header = self.tabs[problems.TAB.name][0] if problems.TAB.name in tables else []
        checked = next((found for title in header if (found := _CHECKED.fullmatch(str(title)))), None)
        return SheetSnapshot(
            tables=tables,
            last_checked=date.fromisoformat(checked[1]) if checked else None,
            owner=self.owner,
        )

    def _table(self, name: str) -> Table:
        header = tuple(" ".join(str(title or "").split()) for title in self.tabs[name][0])
        table = Table(
            title=name,
            header=header,
            rows=tuple(
                self._row(name, number, row)
                for number, row in enumerate(self.tabs[name][1:], start=2)
                if any(_value(cell) not in (None, False) for cell in row)
            ),
        )
        trouble = header_problem(
            TabReading(name=name, sheet_id=0, table=table, row_count=0, column_count=len(header), columns={})
        )
        if trouble is not None:
            raise trouble
        return table

    def _row(self, name: str, number: int, row: Row) -> SheetRow:
        places = self._places(name)
        cells = {title: _value(row[place]) if place < len(row) else None for title, place in places.items()}
        formulas = frozenset(
            title for title, place in places.items() if place < len(row) and isinstance(row[place], Formula)
        )
        tag, tab = None, BY_NAME.get(name)
        if tab and tab.has_answers and isinstance(status := cells.get(tab.status), str) and tab.status not in formulas:
            cells[tab.status], tag = split_tag(status)
        return SheetRow(number=number, cells=cells, formulas=formulas, tag=tag)

    def _places(self, name: str) -> dict[str, int]:
        """Title -> place, for titles that stand there once; ours are recognised in any case and spacing."""
        ours = {fold_title(title): title for title in BY_NAME[name].titles} if name in BY_NAME else {}
        folded = [fold_title(title or "") for title in self.tabs[name][0]]
        return {
            ours.get(title, str(self.tabs[name][0][place])): place
            for place, title in enumerate(folded)
            if title and folded.count(title) == 1
        }

    # -- writing ---------------------------------------------------------------------------------------

    def _insert(self, name: str, rows: Sequence[NewRow]) -> None:
        tab, places = BY_NAME[name], self._places(name)
        standing = {
            row.tag or tag_of(str(row.cells.get(tab.key or "") or "")): row.number for row in self._table(name).rows
        }
        unique = {row.key: row for row in rows if tag_of(row.key) not in standing}
        made: dict[int, list[Row]] = defaultdict(list)
        for row in unique.values():
            cells: Row = [None] * len(self.tabs[name][0])
            for column in tab.columns:
                if column.kind is Kind.CHECKBOX:
                    cells[places[column.title]] = False
                elif column.title == tab.status:
                    cells[places[tab.status]] = with_tag(str(row.cells.get(tab.status) or ""), row.key)
                elif column.author is Author.PROGRAM or column.title in row.cells:
                    cells[places[column.title]] = _written(row.cells.get(column.title))
            made[standing.get(tag_of(row.beside), 1) if row.beside else 1].append(cells)
        for number, group in sorted(made.items(), reverse=True):
            self.tabs[name][number:number] = group

    def _update(self, name: str, update: RowUpdate) -> bool:
        """Rows are found by what their `Status` ends in; where somebody typed over it, by their key."""
        tab = BY_NAME[name]
        status, others = split_cells(tab, update)
        own = tag_of(update.key)
        rows = [
            row
            for row in self._table(name).rows
            if row.tag == own or (tab.key_of(row.cells) == update.key and row.tag not in update.strangers)
        ]
        for row in rows:
            self.put(name, row.number, self._title(name, tab.status), with_tag(status, update.key))
            for title, value in others.items() if tab.key_of(row.cells) == update.key else ():
                self.put(name, row.number, self._title(name, title), _written(value))
        return bool(rows)

    def _title(self, name: str, title: str) -> str:
        return str(self.tabs[name][0][self._places(name)[title]])

    def _replace_body(self, name: str, body: Sequence[Sequence[Cell]]) -> None:
        rows, places = self.tabs[name], self._places(name)
        rows.extend([] for _ in range(len(body) + 1 - len(rows)))
        for number, row in enumerate(rows[1:]):
            row.extend([None] * (len(rows[0]) - len(row)))
            for place, title in enumerate(BY_NAME[name].titles):
                row[places[title]] = _written(body[number][place]) if number < len(body) else None

    def _check(self, day: date) -> None:
        for place, title in enumerate(self.tabs.get(problems.TAB.name, [[]])[0]):
            if fold_title(title).startswith(fold_title(problems.LAST_CHECKED)):
                self.tabs[problems.TAB.name][0][place] = f"{problems.LAST_CHECKED}: {day.isoformat()}"


def _fresh_tabs() -> dict[str, list[list[Cell | Formula]]]:
    fresh: dict[str, list[list[Cell | Formula]]] = {tab.name: [list(tab.titles)] for tab in TABS}
    fresh[problems.TAB.name][0].append(f"{problems.LAST_CHECKED}: never")
    return fresh


def _value(cell: Cell | Formula) -> Cell:
    value = cell.value if isinstance(cell, Formula) else cell
    return None if value == "" else value


def _written(value: Cell) -> Cell:
    return value or None if isinstance(value, str) else value
