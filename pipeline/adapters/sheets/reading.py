"""Google's JSON -> tables: pure functions, so that every odd answer is a test without a server.

All tabs are read as grid data in one request, so header, rows, formulas and row metadata are of one instant.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pipeline.errors import SheetHeaderProblem
from pipeline.model import Cell, SheetRow, SheetSnapshot, Table
from pipeline.tabs import problems
from pipeline.tabs.all_tabs import BY_NAME
from pipeline.tabs.tab import TAG, fold_title, tag_of, trouble_with

Json = Mapping[str, Any]

TAB_KEY = "matchmaker.tab"
"""Metadata on a sheet: which of our tabs it is, whatever people call it."""
ROW_KEY = "matchmaker.row"
"""Metadata on a row: the key it should have."""
FENCE_KEY = "matchmaker.write"
"""Metadata on the spreadsheet: the stamp of a write."""
OWNER_KEY = "matchmaker.ledger"
"""Metadata on the spreadsheet: which ledger serves it."""

STRUCTURE_FIELDS = (
    "properties(title,locale,timeZone),developerMetadata(metadataId,metadataKey,metadataValue),"
    "sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount,frozenRowCount)),"
    "developerMetadata(metadataId,metadataKey,metadataValue))"
)
GRID_FIELDS = (
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "data(startRow,startColumn,rowData.values(effectiveValue,userEnteredValue(boolValue,formulaValue)),"
    "rowMetadata.developerMetadata(metadataId,metadataKey,metadataValue)))"
)

ERRORS = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "LOADING": "Loading...",
}
"""`ErrorValue.type` of the API -> what a person sees in the cell."""

SEPARATOR = " · "
_TAGGED = re.compile(f"(?P<status>.*){SEPARATOR}(?P<tag>{TAG.pattern})", re.DOTALL)


def with_tag(status: str, key: str) -> str:
    """The text of a `Status` cell as it stands in the sheet: one line, ending in the row's tag."""
    return f"{' '.join(status.split())}{SEPARATOR}{tag_of(key)}"


def split_tag(text: str) -> tuple[str, str | None]:
    """The status and its row's tag; None when no tag is there, since somebody typed over the cell."""
    found = _TAGGED.fullmatch(text)
    return (found["status"], found["tag"]) if found else (text, None)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One write of ours as the spreadsheet remembers it."""

    metadata_id: int
    sequence: int
    epoch: int
    token: str


@dataclass(frozen=True, slots=True)
class SheetInfo:
    """One sheet of the spreadsheet, without its cells."""

    sheet_id: int
    title: str
    row_count: int
    column_count: int
    tabs: Mapping[str, int] = field(default_factory=dict)
    """Names of ours that the sheet's metadata bears -> metadata id."""
    frozen_rows: int = 0


@dataclass(frozen=True, slots=True)
class Structure:
    """A spreadsheet without its cells."""

    title: str
    locale: str
    time_zone: str
    sheets: tuple[SheetInfo, ...]
    stamps: tuple[Stamp, ...]
    owner: str | None = None
    """The ledger that serves the spreadsheet."""

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of all tabs, in order."""
        return tuple(sheet.title for sheet in self.sheets)


@dataclass(frozen=True, slots=True)
class RowState:
    """A row of a rows tab, as the writer needs it."""

    index: int
    key: str
    """What names the row (`Tab.key_of`); empty when nothing does."""
    tag: str | None
    """What `Status` ends in; None when somebody typed over it, or it is a formula."""
    text: str | None
    """The full text of `Status` where it ends in a tag."""

    @property
    def status(self) -> str | None:
        """The full text of `Status`, or None when it does not end in the tag of the row's key."""
        return self.text if self.key and self.tag == tag_of(self.key) else None

    @property
    def name(self) -> str:
        """The tag the row goes by: what its `Status` ends in, else that of its key."""
        return self.tag or tag_of(self.key)


@dataclass(frozen=True, slots=True)
class RowMark:
    """Metadata of ours on a row: the tag of the row it was put on, and what we wrote there.

    `is_askew`: the row holds exactly what we wrote, but under other titles, because a column came, went or
    moved in the instant of writing. Nobody has touched such a row; it is emptied and written anew.
    """

    index: int
    metadata_id: int
    tag: str
    digests: str = ""
    is_askew: bool = False


def mark_value(key: str, cells: Mapping[str, Cell]) -> str:
    """What a mark says: the row's tag, and two digests of its cells, with and without their titles."""
    return f"{tag_of(key)} {digests(cells)}"


def digests(cells: Mapping[str, Cell], others: Sequence[Cell] = ()) -> str:
    """A digest of the values in order of title, and one of the bare values with those in `others`."""
    full = {title: value for title, value in cells.items() if value not in (None, "", False)}
    placed = repr(sorted((title, repr(value)) for title, value in full.items()))
    bare = repr(sorted(repr(value) for value in (*full.values(), *others) if value not in (None, "", False)))
    return " ".join(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8] for text in (placed, bare))


@dataclass(frozen=True, slots=True)
class TabReading:
    """One tab as read: the table for the stages, and the places for the writer."""

    name: str
    sheet_id: int
    table: Table
    row_count: int
    column_count: int
    columns: Mapping[str, int]
    """Our titles -> column index. Titles that are missing or doubled are absent."""
    rows: tuple[RowState, ...] = ()
    marks: tuple[RowMark, ...] = ()
    cells: Mapping[int, tuple[Cell, ...]] = field(default_factory=dict)
    """Row index -> all cells, for the rows that bear a mark."""
    last_checked: tuple[int, str] | None = None
    """Column index and text of the header cell that says when the program last looked."""


def metadata_id_of(name: str) -> int:
    """The metadata id a tab of ours always has, so that a copy of the tab is told from the original."""
    return 1 + int.from_bytes(hashlib.sha256(f"{TAB_KEY}:{name}".encode()).digest()[:4]) % 999_999_999


def structure_of(answer: Json) -> Structure:
    """Read an answer of spreadsheets.get made with `STRUCTURE_FIELDS`."""
    properties = answer.get("properties") or {}
    return Structure(
        title=str(properties.get("title") or ""),
        locale=str(properties.get("locale") or "en_US"),
        time_zone=str(properties.get("timeZone") or "Etc/GMT"),
        sheets=tuple(
            _sheet_info(sheet)
            for sheet in answer.get("sheets") or ()
            if (sheet.get("properties") or {}).get("sheetType", "GRID") == "GRID"
        ),
        stamps=tuple(
            sorted(
                filter(None, (_stamp(entry) for entry in answer.get("developerMetadata") or ())),
                key=lambda stamp: stamp.sequence,
            )
        ),
        owner=next(
            (
                str(entry.get("metadataValue", ""))
                for entry in answer.get("developerMetadata") or ()
                if entry.get("metadataKey") == OWNER_KEY
            ),
            None,
        ),
    )


def find_tab(structure: Structure, name: str, title: str) -> SheetInfo | None:
    """The sheet that is our tab: by the id `init` gave it, else by mark, else by title."""
    identifier = metadata_id_of(name)
    marked = [sheet for sheet in structure.sheets if name in sheet.tabs]
    original = [sheet for sheet in marked if sheet.tabs[name] == identifier]
    titled = [sheet for sheet in structure.sheets if fold_title(sheet.title) == fold_title(title)]
    free = [sheet for sheet in titled if not sheet.tabs or name in sheet.tabs]
    return next(iter((*original, *(sheet for sheet in free if sheet in marked), *free, *marked)), None)


def read_tabs(answer: Json, names: Mapping[int, str]) -> dict[str, TabReading]:
    """Read an answer made with `GRID_FIELDS`. `names` says which sheet id is which tab."""
    readings = {}
    for sheet in answer.get("sheets") or ():
        identifier = int((sheet.get("properties") or {}).get("sheetId", 0))
        if identifier in names:
            readings[names[identifier]] = _tab(names[identifier], identifier, sheet)
    return readings


def header_problem(reading: TabReading) -> SheetHeaderProblem | None:
    """What is wrong with the header of a tab of ours, as the error to raise."""
    if reading.name not in BY_NAME:
        return None
    missing, doubled = trouble_with(BY_NAME[reading.name].titles, reading.table.header)
    if not missing and not doubled:
        return None
    parts = []
    if missing:
        parts.append(f"lacks the column {_listed(missing)}")
    if doubled:
        parts.append(f"has the column {_listed(doubled)} more than once")
    seen = ", ".join(title for title in reading.table.header if title) or "nothing"
    remedy = "run: matchmaker init" if missing and not doubled else "rename or delete the column that is not ours"
    return SheetHeaderProblem(
        f"The tab {reading.table.title} {' and '.join(parts)}. Its first row says: {seen}.",
        hint=f"Was a column renamed or deleted? Put the title back into row 1, or {remedy}.",
    )


def snapshot_of(readings: Mapping[str, TabReading], structure: Structure) -> SheetSnapshot:
    """The value the stages work on."""
    checked = readings.get(problems.TAB.name)
    return SheetSnapshot(
        tables={name: reading.table for name, reading in readings.items()},
        last_checked=_date_in(checked.last_checked[1]) if checked and checked.last_checked else None,
        owner=structure.owner,
    )


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(f"“{title}”" for title in titles)


def _sheet_info(sheet: Json) -> SheetInfo:
    properties = sheet.get("properties") or {}
    grid = properties.get("gridProperties") or {}
    return SheetInfo(
        sheet_id=int(properties.get("sheetId", 0)),
        title=str(properties.get("title", "")),
        row_count=int(grid.get("rowCount", 0)),
        column_count=int(grid.get("columnCount", 0)),
        frozen_rows=int(grid.get("frozenRowCount", 0)),
        tabs={
            str(entry.get("metadataValue", "")): int(entry.get("metadataId", 0))
            for entry in sheet.get("developerMetadata") or ()
            if entry.get("metadataKey") == TAB_KEY
        },
    )


def _stamp(entry: Json) -> Stamp | None:
    if entry.get("metadataKey") != FENCE_KEY:
        return None
    sequence, _, rest = str(entry.get("metadataValue", "")).partition("@")
    epoch, _, token = rest.partition("@")
    if not (sequence.isdecimal() and epoch.isdecimal()):
        return None
    return Stamp(int(entry.get("metadataId", 0)), int(sequence), int(epoch), token)


def _tab(name: str, sheet_id: int, sheet: Json) -> TabReading:
    properties = sheet.get("properties") or {}
    grid = properties.get("gridProperties") or {}
    raw, marks = _grid(sheet.get("data") or ())
    values = {index: tuple(value_of(cell) for cell in cells) for index, cells in raw.items()}
    header = tuple("" if value is None else " ".join(str(value).split()) for value in values.get(0, ()))
    tab = BY_NAME.get(name, None)
    places = _places(header, tab.titles if tab else ())
    shown = _shown(header, places)

    table_rows, states = [], []
    marks = [_judged(mark, values.get(mark.index, ()), places) for mark in marks] if tab else []
    askew = {mark.index for mark in marks if mark.is_askew}
    for index in sorted(values):
        if index == 0 or index in askew or not any(value not in (None, False) for value in values[index]):
            continue
        row_cells = {title: _at(values[index], place) for title, place in shown.items()}
        formulas = frozenset(title for title, place in shown.items() if is_formula(_at(raw[index], place)))
        tag = None
        if tab and tab.has_answers:
            identifier, text = tab.key_of(row_cells), row_cells.get(tab.status)
            if isinstance(text, str) and tab.status not in formulas:
                row_cells[tab.status], tag = split_tag(text)
            if identifier or tag:
                states.append(RowState(index, identifier, tag, str(text) if tag else None))
        table_rows.append(SheetRow(number=index + 1, cells=row_cells, formulas=formulas, tag=tag))

    checked = next(
        (
            (place, title)
            for place, title in enumerate(header)
            if fold_title(title).startswith(fold_title(problems.LAST_CHECKED))
        ),
        None,
    )
    title = str(properties.get("title", name))
    return TabReading(
        name=name,
        sheet_id=sheet_id,
        table=Table(title=title, header=header, rows=tuple(table_rows)),
        row_count=int(grid.get("rowCount", 0)),
        column_count=int(grid.get("columnCount", 0)),
        columns={title: place for title, place in places.items() if tab and title in tab.titles},
        rows=tuple(states),
        marks=tuple(marks),
        cells={mark.index: values.get(mark.index, ()) for mark in marks},
        last_checked=checked if name == problems.TAB.name else None,
    )


def _grid(blocks: Sequence[Json]) -> tuple[dict[int, list[Json]], list[RowMark]]:
    """Row index -> cells as answered (left-padded), and our marks on rows."""
    rows: dict[int, list[Json]] = {}
    marks: list[RowMark] = []
    for block in blocks:
        top, left = int(block.get("startRow", 0)), int(block.get("startColumn", 0))
        for offset, row in enumerate(block.get("rowData") or ()):
            cells = row.get("values")
            if cells and any(cells):
                rows[top + offset] = [{}] * left + list(cells)
        for offset, entry in enumerate(block.get("rowMetadata") or ()):
            marks.extend(
                RowMark(
                    top + offset,
                    int(mark.get("metadataId", 0)),
                    *str(mark.get("metadataValue", "")).partition(" ")[::2],
                )
                for mark in entry.get("developerMetadata") or ()
                if mark.get("metadataKey") == ROW_KEY
            )
    return rows, marks


def _judged(mark: RowMark, cells: Sequence[Cell], places: Mapping[str, int]) -> RowMark:
    """The mark, with the answer whether its row holds what we wrote but under other titles."""
    if not mark.digests:
        return mark
    titled = {title: _at(cells, place) for title, place in places.items()}
    untitled = [value for place, value in enumerate(cells) if place not in places.values()]
    placed, bare = digests(titled, untitled).split()
    was_placed, _, was_bare = mark.digests.partition(" ")
    return replace(mark, is_askew=bare == was_bare and placed != was_placed)


def _places(header: Sequence[str], titles: Sequence[str]) -> dict[str, int]:
    """Title -> column, for titles that stand there exactly once; ours are recognised in any case and spacing."""
    ours = {fold_title(title): title for title in titles}
    folded = [fold_title(title) for title in header]
    return {
        ours.get(name, header[place]): place for place, name in enumerate(folded) if name and folded.count(name) == 1
    }


def _shown(header: Sequence[str], places: Mapping[str, int]) -> dict[str, int]:
    """The columns whose cells the stages see. A doubled title is in none: taking either would be a guess."""
    return {title: place for title, place in places.items() if place < len(header)}


def value_of(cell: Json) -> Cell:
    """What a cell comes to: text, number, boolean, an error as people see it, or None for blank."""
    value = cell.get("effectiveValue")
    if not value:
        return None
    if "boolValue" in value:
        return bool(value["boolValue"])
    if "numberValue" in value:
        number = value["numberValue"]
        return number if isinstance(number, (int, float)) else None
    if "errorValue" in value:
        return ERRORS.get(str((value["errorValue"] or {}).get("type")), "#ERROR!")
    text = value.get("stringValue")
    return str(text) if text else None


def is_formula(cell: Json | None) -> bool:
    """Whether a cell's value was worked out rather than entered.

    A tick that spills over from an array formula has a value but nobody entered it, so a boolean counts
    as entered only when it is there as entered. An error always comes from something worked out.
    """
    if not cell:
        return False
    entered, value = cell.get("userEnteredValue") or {}, cell.get("effectiveValue") or {}
    if "formulaValue" in entered or "errorValue" in value:
        return True
    return "boolValue" in value and "boolValue" not in entered


def _at(cells: Sequence[Any], place: int) -> Any:
    return cells[place] if place < len(cells) else None


def _date_in(text: str) -> date | None:
    found = re.search(r"\d{4}-\d{2}-\d{2}", text)
    try:
        return date.fromisoformat(found.group()) if found else None
    except ValueError:
        return None
