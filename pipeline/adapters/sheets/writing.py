"""Changes -> requests: one atomic batch per write, in which no request can hit the wrong row.

How each part keeps clear of people who sort, insert and delete meanwhile is argued in docs/sheets.md:

- new rows go directly under the header, or below a row they belong to; inserted, they overwrite nothing anywhere;
- the status of a standing row is replaced by content: each status ends in its row's tag, so
  findReplace for the whole old text within the column finds that cell wherever the row now is, or nothing;
- its other cells, in the tabs that keep some current, are written through a mark put on the row by an earlier write;
- tabs that are the program's alone are replaced as a whole;
- the first request stamps the spreadsheet with an id that only one write planned from this reading can take.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from pipeline.adapters.sheets.reading import (
    FENCE_KEY,
    OWNER_KEY,
    ROW_KEY,
    RowState,
    Stamp,
    Structure,
    TabReading,
    mark_value,
    metadata_id_of,
    with_tag,
)
from pipeline.model import Cell, NewRow, RowUpdate, SheetChanges, SheetRow
from pipeline.tabs import problems
from pipeline.tabs.all_tabs import BY_NAME
from pipeline.tabs.tab import Author, Body, Column, Kind, Tab, tag_of

Json = dict[str, Any]

FENCE_BASE = 1_500_000_000
"""Stamps have the ids above this; Google's own are random, and a clash would only cost one more try."""
STAMP_SECONDS = 2 * 3600
"""Stamps younger than this stay: a plan older than this cannot exist (a run stops after `run.max_seconds`)."""
MOST_STAMPS = 200
"""So that stamps never fill the 30,000 characters of metadata a spreadsheet may hold."""
MOST_MARKS = 400
"""Row marks added in one write: a sheet takes about 1,200 (live-probed), and the next write removes them."""
MOST_UPDATES = 1000
"""Statuses changed in one write; each is a search of its column. The rest follow at the next run."""
LONGEST_TEXT = 50_000
"""Characters Google allows in a cell."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The spreadsheet as last known: structure and tabs."""

    structure: Structure
    tabs: Mapping[str, TabReading]


@dataclass(frozen=True, slots=True)
class Repair:
    """Values for a row found by its mark (checked in the last reading). None leaves a cell alone."""

    key: str
    metadata_id: int
    values: tuple[Cell, ...]
    status: str | None = None
    """The full text of the status among them (None: the status is not touched)."""
    tab: str = ""
    """The tab, where other cells than the status are written: its header is looked at once more before."""
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """One write, ready to go. `finds` tells which reply belongs to which key."""

    token: str
    requests: tuple[Json, ...]
    finds: tuple[tuple[int, str], ...]
    repairs: tuple[Repair, ...]
    stamp: Stamp
    unreachable: frozenset[str]
    """Keys whose `Status` cannot be written this time."""
    gone: frozenset[int]
    """Metadata this batch deletes."""

    def __bool__(self) -> bool:
        return len(self.requests) > 1


def build(changes: SheetChanges, sheet: Sheet, token: str, *, marks: bool = True) -> Batch:
    """Everything in `changes` that the sheet does not say already. `marks` False: without marks on rows."""
    stamp = _next_stamp(sheet.structure, token)
    requests = [_stamp_request(stamp)]
    work: list[Json] = []
    finds: list[tuple[int, str]] = []
    repairs: list[Repair] = []
    unreachable: set[str] = set()

    for name, rows in _filled(changes.inserts):
        tab = sheet.tabs[name]
        known = {row.name for row in tab.rows}
        new = tuple({row.key: row for row in rows if tag_of(row.key) not in known}.values())
        work.extend(_insert(tab, new, marks=marks))
    for name, updates in _filled(changes.updates):
        standing = _Standing.of(sheet.tabs[name])
        marks_left = MOST_MARKS if marks else 0
        for update in updates:
            if len(finds) >= MOST_UPDATES:
                unreachable.add(update.key)
                continue
            edit = _update(standing, update, marks=marks_left > 0)
            marks_left -= len(edit.marks)
            finds.extend((len(work) + place, update.key) for place in range(len(edit.finds)))
            work.extend((*edit.finds, *edit.marks))
            repairs.extend(edit.repairs)
            if not edit.reaches:
                unreachable.add(update.key)
    for name, body in changes.contents.items():
        if name in sheet.tabs:
            work.extend(_replace_body(sheet.tabs[name], body))
    for tab in sheet.tabs.values():
        repairs.extend(_strays(tab))
    work.extend(_new_owner(sheet.structure, changes.owner))
    if changes.last_checked:
        work.extend(_last_checked(sheet.tabs.get(problems.TAB.name), changes.last_checked))

    gone: list[int] = []
    if work:
        # A quiet run has nothing to tidy either: tidying alone is no reason to write.
        gone = _tidy(sheet, keep={repair.metadata_id for repair in repairs})
    requests += [
        {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": identifier}}}}
        for identifier in gone
    ]
    first = len(requests)
    return Batch(
        token=token,
        requests=(*requests, *work),
        finds=tuple((first + place, key) for place, key in finds),
        repairs=tuple(repairs),
        stamp=stamp,
        unreachable=frozenset(unreachable),
        gone=frozenset(gone),
    )


def after(changes: SheetChanges, sheet: Sheet, batch: Batch, missed: frozenset[str]) -> Sheet:
    """What the sheet says once the batch was applied, as far as a second write needs to know."""
    tabs = dict(sheet.tabs)
    for name, rows in _filled(changes.inserts):
        known, shape = {row.name for row in tabs[name].rows}, BY_NAME[name]
        new = [row for row in rows if tag_of(row.key) not in known]
        states = list(tabs[name].rows)
        for index, group in _places_of(tabs[name], new):
            states = [replace(row, index=row.index + len(group) * (row.index >= index)) for row in states]
            states += [
                RowState(place, row.key, tag_of(row.key), with_tag(str(row.cells.get(shape.status) or ""), row.key))
                for place, row in enumerate(group, start=index)
            ]
        states.sort(key=lambda row: row.index)
        tabs[name] = replace(tabs[name], rows=tuple(states), row_count=tabs[name].row_count + len(new))
    reached = {key for _, key in batch.finds} - missed
    for name, updates in _filled(changes.updates):
        wanted = {
            tag_of(update.key): with_tag(split_cells(BY_NAME[name], update)[0], update.key)
            for update in updates
            if update.key in reached
        }
        tabs[name] = replace(
            tabs[name], rows=tuple(replace(row, text=wanted.get(row.tag or "", row.text)) for row in tabs[name].rows)
        )
    for name, body in changes.contents.items():
        if name in tabs:
            tabs[name] = _with_body(tabs[name], body)
    if changes.last_checked and problems.TAB.name in tabs and (checked := tabs[problems.TAB.name].last_checked):
        text = _checked_text(changes.last_checked)
        tabs[problems.TAB.name] = replace(tabs[problems.TAB.name], last_checked=(checked[0], text))
    for name, tab in tabs.items():
        tabs[name] = replace(tab, marks=tuple(mark for mark in tab.marks if mark.metadata_id not in batch.gone))
    kept = (stamp for stamp in sheet.structure.stamps if stamp.metadata_id not in batch.gone)
    owner = changes.owner or sheet.structure.owner
    return Sheet(replace(sheet.structure, stamps=(*kept, batch.stamp), owner=owner), tabs)


def repaired(sheet: Sheet, repairs: Iterable[Repair]) -> Sheet:
    """What the sheet says once these repairs were made."""
    done = {repair.metadata_id: repair for repair in repairs}
    tabs = {}
    for name, tab in sheet.tabs.items():
        mended = {mark.index: done[mark.metadata_id] for mark in tab.marks if mark.metadata_id in done}
        tabs[name] = replace(
            tab,
            marks=tuple(mark for mark in tab.marks if mark.metadata_id not in done),
            rows=tuple(
                replace(row, tag=tag_of(mended[row.index].key), text=mended[row.index].status)
                if row.index in mended and mended[row.index].status
                else row
                for row in tab.rows
            ),
        )
    return Sheet(sheet.structure, tabs)


def unanswered(changes: SheetChanges, keys: Collection[str]) -> SheetChanges:
    """Of the changes those that answer rows of people's, by the keys of rows that have not got their answer."""
    return SheetChanges(
        updates={
            name: rows
            for name, updates in changes.updates.items()
            if BY_NAME[name].body is Body.PEOPLE and (rows := tuple(one for one in updates if one.key in keys))
        }
    )


def standing_wrong(changes: SheetChanges, sheet: Sheet) -> frozenset[str]:
    """The keys of updates that the sheet does not show."""
    return frozenset(
        update.key
        for name, updates in _filled(changes.updates)
        for update in updates
        if not _shows(sheet.tabs[name], update)
    )


_Rows = TypeVar("_Rows", NewRow, RowUpdate)


def _filled(parts: Mapping[str, tuple[_Rows, ...]]) -> list[tuple[str, tuple[_Rows, ...]]]:
    """The tabs for which there is anything: an empty tuple asks for no tab to be there."""
    return [(name, rows) for name, rows in parts.items() if rows]


# --------------------------------------------------------------------------- the stamp


def _next_stamp(structure: Structure, token: str) -> Stamp:
    sequence = max((stamp.sequence for stamp in structure.stamps), default=0) + 1
    return Stamp(FENCE_BASE + sequence, sequence, int(time.time()), token)


def _stamp_request(stamp: Stamp) -> Json:
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": stamp.metadata_id,
                "metadataKey": FENCE_KEY,
                "metadataValue": f"{stamp.sequence}@{stamp.epoch}@{stamp.token}",
                "location": {"spreadsheet": True},
                "visibility": "DOCUMENT",
            }
        }
    }


def _new_owner(structure: Structure, owner: str | None) -> list[Json]:
    """Name the ledger that serves the spreadsheet, by an id of its own: of two at once, one is refused."""
    if owner is None or owner == structure.owner:
        return []
    create = {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": metadata_id_of(OWNER_KEY),
                "metadataKey": OWNER_KEY,
                "metadataValue": owner,
                "location": {"spreadsheet": True},
                "visibility": "DOCUMENT",
            }
        }
    }
    if structure.owner is None:
        return [create]
    lookup = {"developerMetadataLookup": {"metadataId": metadata_id_of(OWNER_KEY)}}
    return [{"deleteDeveloperMetadata": {"dataFilter": lookup}}, create]


def _tidy(sheet: Sheet, keep: Iterable[int]) -> list[int]:
    """Metadata to delete: stamps too old to matter, and the marks of rows that a reading has seen in their place."""
    oldest = time.time() - STAMP_SECONDS
    stamps = sheet.structure.stamps
    gone = [stamp.metadata_id for stamp in stamps[:-1] if stamp.epoch < oldest]
    gone += [stamp.metadata_id for stamp in stamps[len(gone) : -1]][: max(0, len(stamps) - len(gone) - MOST_STAMPS)]
    kept = set(keep)
    for tab in sheet.tabs.values():
        damaged = {(row.index, tag_of(row.key)) for row in tab.rows if row.status is None}
        gone += [
            mark.metadata_id
            for mark in tab.marks
            if mark.metadata_id not in kept and not mark.is_askew and (mark.index, mark.tag) not in damaged
        ]
    return gone


# --------------------------------------------------------------------------- new rows


def _insert(tab: TabReading, rows: Sequence[NewRow], *, marks: bool) -> list[Json]:
    if not rows:
        return []
    marked = {row.key for row in rows[: MOST_MARKS * marks]}
    return [request for index, group in _places_of(tab, rows) for request in _insert_at(tab, index, group, marked)]


def _places_of(tab: TabReading, rows: Sequence[NewRow]) -> list[tuple[int, list[NewRow]]]:
    """Which new rows go where: from the bottom up, so that none moves the place of the next; under the header last.

    A row that people have moved meanwhile leaves its new neighbour where it stood: what is inserted overwrites nothing.
    """
    standing = {row.name: row.index for row in tab.rows}
    places: dict[int, list[NewRow]] = defaultdict(list)
    for row in rows:
        places[1 + (standing.get(tag_of(row.beside), 0) if row.beside else 0)].append(row)
    return sorted(places.items(), reverse=True)


def _insert_at(tab: TabReading, index: int, rows: Sequence[NewRow], marked: Collection[str]) -> list[Json]:
    """Insert rows there and fill them; `marked` are the keys of those that get a mark."""
    end = index + len(rows)
    body = {"sheetId": tab.sheet_id, "dimension": "ROWS", "startIndex": index, "endIndex": end}
    # At the end of the grid Google wants the format of the row before; below the header that would be the header's.
    requests: list[Json] = [{"insertDimension": {"range": body, "inheritFromBefore": index > 1 or tab.row_count <= 1}}]
    shape = BY_NAME[tab.name]
    given = {title for row in rows for title in row.cells}
    places = {
        place: column
        for column in shape.columns
        if (place := tab.columns.get(column.title)) is not None
        and (column.author is Author.PROGRAM or column.kind is Kind.CHECKBOX or column.title in given)
    }
    for start, stop in _runs(places):
        requests.append(
            {
                "updateCells": {
                    "start": {"sheetId": tab.sheet_id, "rowIndex": index, "columnIndex": start},
                    "rows": [
                        {"values": [_cell(_new_value(shape, row, places[place])) for place in range(start, stop)]}
                        for row in rows
                    ],
                    "fields": "userEnteredValue",
                }
            }
        )
    requests += [
        {"setDataValidation": {"range": _area(tab, place, index, end), "rule": checkbox_rule()}}
        for place, column in places.items()
        if column.kind is Kind.CHECKBOX
    ]
    for place, row in enumerate(rows, start=index):
        if row.key in marked:
            written = {column.title: _written(_new_value(shape, row, column)) for column in places.values()}
            requests.append(_mark(tab, place, mark_value(row.key, written)))
    return requests


def checkbox_rule() -> Json:
    """A box to tick; strict keeps people from typing text over it."""
    return {"condition": {"type": "BOOLEAN"}, "strict": True, "showCustomUi": True}


def _new_value(tab: Tab, row: NewRow, column: Column) -> Cell:
    if column.kind is Kind.CHECKBOX:
        return False
    value = row.cells.get(column.title)
    return with_tag(str(value or ""), row.key) if column.title == tab.status else value


def _mark(tab: TabReading, index: int, value: str) -> Json:
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataKey": ROW_KEY,
                "metadataValue": value,
                "location": {
                    "dimensionRange": {
                        "sheetId": tab.sheet_id,
                        "dimension": "ROWS",
                        "startIndex": index,
                        "endIndex": index + 1,
                    }
                },
                "visibility": "DOCUMENT",
            }
        }
    }


def _strays(tab: TabReading) -> list[Repair]:
    """Rows of ours that landed across the columns and that nobody has touched: they are emptied."""
    return [
        Repair(
            mark.tag,
            mark.metadata_id,
            tuple(None if cell is None else "" for cell in tab.cells[mark.index]),
            is_urgent=True,
        )
        for mark in tab.marks
        if mark.is_askew
    ]


# --------------------------------------------------------------------------- standing rows


@dataclass(frozen=True, slots=True)
class _Edit:
    finds: tuple[Json, ...] = ()
    marks: tuple[Json, ...] = ()
    repairs: tuple[Repair, ...] = ()
    reaches: bool = True


def _typed_over(update: RowUpdate, keyed: Iterable[RowState]) -> list[RowState]:
    """The rows among those with the update's key whose `Status` somebody typed or pasted over."""
    return [row for row in keyed if row.status is None and row.tag not in update.strangers]


@dataclass(frozen=True, slots=True)
class _Standing:
    """The rows of a tab as they were read, by what they are found by."""

    tab: TabReading
    tagged: Mapping[str | None, Sequence[RowState]]
    keyed: Mapping[str, Sequence[RowState]]
    marked: Mapping[tuple[int, str], int]
    """Row index and tag -> the mark that the last reading saw there."""
    cells: Mapping[int, Mapping[str, Cell]]

    @classmethod
    def of(cls, tab: TabReading) -> _Standing:
        tagged: dict[str | None, list[RowState]] = defaultdict(list)
        keyed: dict[str, list[RowState]] = defaultdict(list)
        for row in tab.rows:
            tagged[row.tag].append(row)
            keyed[row.key].append(row)
        return cls(
            tab,
            tagged,
            keyed,
            {(mark.index, mark.tag): mark.metadata_id for mark in tab.marks},
            {row.number - 1: row.cells for row in tab.table.rows},
        )


def _update(standing: _Standing, update: RowUpdate, *, marks: bool) -> _Edit:
    """Rows are found by what their status ends in; where somebody typed over it, by their mark."""
    tab, shape = standing.tab, BY_NAME[standing.tab.name]
    status, others = split_cells(shape, update)
    own = tag_of(update.key)
    wanted = with_tag(status, update.key)
    rows = standing.tagged.get(own, ())
    damaged = _typed_over(update, standing.keyed.get(update.key, ()))
    finds = tuple(
        _replaced(tab, tab.columns[shape.status], text, wanted)
        for text in dict.fromkeys(row.text for row in rows if row.text and row.text != wanted)
    )
    values: dict[int, Cell] = {tab.columns[title]: _written(value) or "" for title, value in others.items()}
    wrong: dict[int, tuple[str | None, dict[int, Cell]]] = {
        row.index: (wanted, {**values, tab.columns[shape.status]: wanted}) for row in damaged
    }
    wrong |= {
        row.index: (None, values)
        for row in rows
        if row.status is not None and _differs(standing.cells.get(row.index, {}), others)
    }
    repairs = tuple(
        Repair(
            update.key,
            mark,
            _only(cells, tab.column_count),
            text,
            tab=tab.name if others else "",
            is_urgent=shape.body is Body.PEOPLE,
        )
        for index, (text, cells) in wrong.items()
        if (mark := standing.marked.get((index, own))) is not None
    )
    unmarked = [index for index in wrong if (index, own) not in standing.marked]
    new_marks = tuple(_mark(tab, index, own) for index in unmarked) if marks else ()
    reaches = bool(rows or damaged) and not any(row.index in unmarked for row in damaged)
    return _Edit(finds, new_marks, repairs, reaches)


def _replaced(tab: TabReading, place: int, text: str, wanted: str) -> Json:
    return {
        "findReplace": {
            "find": text,
            "replacement": wanted,
            "matchCase": True,
            "matchEntireCell": True,
            "searchByRegex": False,
            "includeFormulas": False,
            "range": {
                "sheetId": tab.sheet_id,
                "startRowIndex": 1,
                "startColumnIndex": place,
                "endColumnIndex": place + 1,
            },
        }
    }


def _only(cells: Mapping[int, Cell], width: int) -> tuple[Cell, ...]:
    """A full row of values that touches these cells. Its width makes Google refuse it once a column is gone."""
    return tuple(cells.get(column) for column in range(max(width, *(place + 1 for place in cells))))


def _differs(shown: Mapping[str, Cell], wanted: Mapping[str, Cell]) -> bool:
    return any(_written(value) != shown.get(title) for title, value in wanted.items())


def split_cells(tab: Tab, update: RowUpdate) -> tuple[str, dict[str, Cell]]:
    """The status an update asks for, and the other cells. Raises ValueError for cells the tab does not keep current."""
    others = {title: value for title, value in update.cells.items() if title != tab.status}
    if set(others) - set(tab.kept):
        raise ValueError(f"only {tab.status} of a standing row may change, not {sorted(set(others) - set(tab.kept))}")
    return str(update.cells[tab.status] or ""), others


def _shows(tab: TabReading, update: RowUpdate) -> bool:
    wanted = with_tag(split_cells(BY_NAME[tab.name], update)[0], update.key)
    own = tag_of(update.key)
    texts = [row.text for row in tab.rows if row.tag == own]
    damaged = _typed_over(update, (row for row in tab.rows if row.key == update.key))
    return bool(texts) and not damaged and all(text == wanted for text in texts)


# --------------------------------------------------------------------------- whole tabs


def _replace_body(tab: TabReading, body: Sequence[Sequence[Cell]]) -> list[Json]:
    titles = BY_NAME[tab.name].titles
    if _same(tab, titles, body):
        return []
    requests: list[Json] = []
    missing = len(body) + 1 - tab.row_count
    if missing > 0:
        requests.append({"appendDimension": {"sheetId": tab.sheet_id, "dimension": "ROWS", "length": missing}})
    last = max(tab.row_count, len(body) + 1)
    shape = BY_NAME[tab.name]
    order = {tab.columns[title]: index for index, title in enumerate(titles) if title in tab.columns}
    boxes = {tab.columns[title] for title in shape.checkboxes if title in tab.columns}
    for start, end in (*_runs(order.keys() - boxes), *_runs(order.keys() & boxes)):
        cell = _box if start in boxes else _cell
        requests.append(
            {
                "updateCells": {
                    # What the rows do not cover is cleared.
                    "range": {
                        "sheetId": tab.sheet_id,
                        "startRowIndex": 1,
                        "endRowIndex": last,
                        "startColumnIndex": start,
                        "endColumnIndex": end,
                    },
                    "rows": [{"values": [cell(_at(row, order[place])) for place in range(start, end)]} for row in body],
                    "fields": "userEnteredValue,dataValidation" if start in boxes else "userEnteredValue",
                }
            }
        )
    return requests if last > 1 else []


def _same(tab: TabReading, titles: Sequence[str], body: Sequence[Sequence[Cell]]) -> bool:
    standing = [
        (row.number, tuple(row.cells.get(title) for title in titles))
        for row in tab.table.rows
        if any(row.cells.get(title) is not None for title in titles)
    ]
    wanted = [
        (number, tuple(_written(_at(row, place)) for place in range(len(titles))))
        for number, row in enumerate(body, start=2)
    ]
    formulas = any(title in row.formulas for row in tab.table.rows for title in titles)
    return not formulas and standing == [entry for entry in wanted if any(value is not None for value in entry[1])]


def _last_checked(tab: TabReading | None, day: date) -> list[Json]:
    """The header cell that says when the program last looked: replaced by content, like a status."""
    if tab is None:
        return []
    wanted = _checked_text(day)
    if tab.last_checked is None or tab.last_checked[1] == wanted:
        return []
    return [
        {
            "findReplace": {
                "find": tab.last_checked[1],
                "replacement": wanted,
                "matchCase": True,
                "matchEntireCell": True,
                "searchByRegex": False,
                "includeFormulas": False,
                "range": {"sheetId": tab.sheet_id, "startRowIndex": 0, "endRowIndex": 1},
            }
        }
    ]


def _checked_text(day: date) -> str:
    return f"{problems.LAST_CHECKED}: {day.isoformat()}"


def _with_body(tab: TabReading, body: Sequence[Sequence[Cell]]) -> TabReading:
    titles = BY_NAME[tab.name].titles
    rows = (
        SheetRow(number=number, cells={title: _written(_at(row, place)) for place, title in enumerate(titles)})
        for number, row in enumerate(body, start=2)
    )
    table = replace(
        tab.table, rows=tuple(row for row in rows if any(value is not None for value in row.cells.values()))
    )
    return replace(tab, table=table, row_count=max(tab.row_count, len(body) + 1))


# --------------------------------------------------------------------------- cells


def _runs(places: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring columns as (start, end), so that a column of people's between ours is never covered."""
    runs: list[tuple[int, int]] = []
    for place in sorted(places):
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def _area(tab: TabReading, column: int, top: int, bottom: int) -> Json:
    return {
        "sheetId": tab.sheet_id,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": column,
        "endColumnIndex": column + 1,
    }


def _at(row: Sequence[Cell], place: int) -> Cell:
    return row[place] if place < len(row) else None


def _written(value: Cell) -> Cell:
    """The value as it will read back: bounded text without what JSON or Google cannot carry."""
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if not text:
        return None
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _box(value: Cell) -> Json:
    """A box to tick where there is a boolean, and no box where there is none."""
    return _cell(value) | {"dataValidation": checkbox_rule()} if isinstance(value, bool) else {}


def _cell(value: Cell) -> Json:
    """A cell that stays what it is: text is never parsed, so that `=HYPERLINK(...)` from a form stays text."""
    value = _written(value)
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, (int, float)):
        return {"userEnteredValue": {"numberValue": value}}
    return {"userEnteredValue": {"stringValue": value}}
