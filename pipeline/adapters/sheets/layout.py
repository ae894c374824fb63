"""`init`: makes what is missing in a spreadsheet people have made, and touches nothing that is there.

Safe to repeat on a sheet in use: columns are added at the right end, never moved or deleted; widths and
formats are set only where something is made, so that people's own taste stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gspread.urls import SPREADSHEET_URL

from pipeline.adapters.sheets.client import read_json
from pipeline.adapters.sheets.reading import TAB_KEY, SheetInfo, Structure, find_tab, metadata_id_of
from pipeline.adapters.sheets.spreadsheet import GoogleSpreadsheet
from pipeline.adapters.sheets.writing import checkbox_rule
from pipeline.tabs import problems
from pipeline.tabs.all_tabs import BY_NAME, TABS
from pipeline.tabs.tab import Author, Body, Column, Kind, Tab, fold_title, trouble_with

Json = dict[str, Any]

ROWS_LOOKED_AT = 50
"""Rows in which a box or list counts as set up; people insert blank rows on top."""
NEW_ROWS = 200
"""Rows of a new tab: enough for most, small enough to scroll."""
PROTECTION = "Written by Mobility Matchmaker"
"""Description of our protections, by which they are known again."""
HEADER_FORMAT: Json = {
    "textFormat": {"bold": True},
    "wrapStrategy": "WRAP",
    "verticalAlignment": "MIDDLE",
    "backgroundColor": {"red": 0.91, "green": 0.94, "blue": 0.99},
}
BODY_FORMAT: Json = {"wrapStrategy": "WRAP", "verticalAlignment": "TOP"}
DETAIL_FIELDS = (
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount,frozenRowCount)),"
    "conditionalFormats(ranges,booleanRule(condition)),"
    "protectedRanges(description,range),filterViews(title),"
    "data(startRow,startColumn,rowData.values(effectiveValue,dataValidation(condition(type)))))"
)


@dataclass(slots=True)
class _Seen:
    """What stands in a tab that concerns `init`."""

    sheet: SheetInfo
    header: list[str] = field(default_factory=list)
    validated: dict[int, str] = field(default_factory=dict)
    """Column -> kind of the validation in the first rows."""
    rule_starts: set[str] = field(default_factory=set)
    protected: set[int] = field(default_factory=set)
    filter_views: set[str] = field(default_factory=set)
    marked: bool = False
    made: bool = False


def init(spreadsheet: GoogleSpreadsheet) -> list[str]:
    """Make tabs, headers, checkboxes, dropdowns, colours, warnings and the filter view that are missing.

    Two reads and at most one write; returns one sentence for each thing made (empty: all was there).
    Raises what `GoogleSpreadsheet.batch_update` raises; repeating it after an unclear answer is safe.
    """
    structure = spreadsheet.structure()
    seen = _look(spreadsheet, structure)
    requests: list[Json] = []
    made: list[str] = []
    for tab in TABS:
        if tab.name not in seen:
            seen[tab.name] = _new_tab(spreadsheet.title_of(tab.name), tab, structure, requests)
            made.append(f"The tab {seen[tab.name].sheet.title} was made.")
    # All tabs first: the lists to choose from point to other tabs.
    for tab in TABS:
        for step in STEPS:
            made += step(tab, seen[tab.name], requests, seen)
    if requests:
        spreadsheet.batch_update(requests)
    return made


def _look(spreadsheet: GoogleSpreadsheet, structure: Structure) -> dict[str, _Seen]:
    found = {tab.name: find_tab(structure, tab.name, spreadsheet.title_of(tab.name)) for tab in TABS}
    sheets = {name: sheet for name, sheet in found.items() if sheet is not None}
    if not sheets:
        return {}
    body = {
        "dataFilters": [
            {
                "gridRange": {
                    "sheetId": sheet.sheet_id,
                    "startRowIndex": 0,
                    "endRowIndex": min(ROWS_LOOKED_AT, sheet.row_count),
                }
            }
            for sheet in sheets.values()
        ],
        "includeGridData": True,
    }
    url = SPREADSHEET_URL % spreadsheet.spreadsheet_id + ":getByDataFilter"
    answer = read_json(spreadsheet.client.request("post", url, params={"fields": DETAIL_FIELDS}, json=body))
    details = {int(sheet["properties"].get("sheetId", 0)): sheet for sheet in answer.get("sheets") or ()}
    return {name: _seen(name, sheet, details.get(sheet.sheet_id, {})) for name, sheet in sheets.items()}


def _seen(name: str, sheet: SheetInfo, details: Mapping[str, Any]) -> _Seen:
    seen = _Seen(sheet, marked=name in sheet.tabs)
    for block in details.get("data") or ():
        rows = block.get("rowData") or ()
        for offset, row in enumerate(rows):
            for place, cell in enumerate(row.get("values") or (), start=int(block.get("startColumn", 0))):
                if int(block.get("startRow", 0)) + offset == 0:
                    value = next(iter((cell.get("effectiveValue") or {}).values()), "")
                    seen.header += [""] * (place + 1 - len(seen.header))
                    seen.header[place] = str(value)
                elif kind := ((cell.get("dataValidation") or {}).get("condition") or {}).get("type"):
                    seen.validated[place] = str(kind)
    for rule in details.get("conditionalFormats") or ():
        condition = (rule.get("booleanRule") or {}).get("condition") or {}
        if condition.get("type") == "TEXT_STARTS_WITH":
            seen.rule_starts |= {str(value.get("userEnteredValue")) for value in condition.get("values") or ()}
    for entry in details.get("protectedRanges") or ():
        if entry.get("description") == PROTECTION:
            area = entry.get("range") or {}
            first, last = int(area.get("startColumnIndex", 0)), int(area.get("endColumnIndex", sheet.column_count))
            seen.protected |= set(range(first, last))
    seen.filter_views = {str(view.get("title")) for view in details.get("filterViews") or ()}
    return seen


def _new_tab(title: str, tab: Tab, structure: Structure, requests: list[Json]) -> _Seen:
    taken = {sheet.sheet_id for sheet in structure.sheets}
    # An id chosen here lets the rest of the batch speak of a sheet that does not exist yet.
    number = 1 + int.from_bytes(hashlib.sha256(f"sheet:{tab.name}".encode()).digest()[:4]) % 2_000_000_000
    while number in taken:
        number += 1
    width = len(tab.columns) + (1 if tab.name == problems.TAB.name else 0)
    grid = {"rowCount": NEW_ROWS, "columnCount": width, "frozenRowCount": 1}
    requests.append({"addSheet": {"properties": {"sheetId": number, "title": title, "gridProperties": grid}}})
    sheet = SheetInfo(number, title, NEW_ROWS, width, frozen_rows=1)
    return _Seen(sheet, made=True)


# --------------------------------------------------------------------------- steps: each says what it made

Step = Callable[[Tab, _Seen, list[Json], Mapping[str, _Seen]], list[str]]


def _mark_tab(tab: Tab, seen: _Seen, requests: list[Json], _all: Mapping[str, _Seen]) -> list[str]:
    if seen.marked:
        return []
    requests.append(
        {
            "createDeveloperMetadata": {
                "developerMetadata": {
                    "metadataId": metadata_id_of(tab.name),
                    "metadataKey": TAB_KEY,
                    "metadataValue": tab.name,
                    "location": {"sheetId": seen.sheet.sheet_id},
                    "visibility": "DOCUMENT",
                }
            }
        }
    )
    return [] if seen.made else [f"The tab {seen.sheet.title} will be known again if somebody renames it."]


def _header(tab: Tab, seen: _Seen, requests: list[Json], _all: Mapping[str, _Seen]) -> list[str]:
    missing, _ = trouble_with(tab.titles, seen.header)
    titles = list(missing)
    if tab.name == problems.TAB.name and not any(
        fold_title(title).startswith(fold_title(problems.LAST_CHECKED)) for title in seen.header
    ):
        titles.append(f"{problems.LAST_CHECKED}: never")
    if not titles:
        return []
    first = len(seen.header)
    while first and not seen.header[first - 1].strip():
        first -= 1
    seen.header[first:] = titles
    sheet = seen.sheet
    lacking = len(seen.header) - sheet.column_count
    if lacking > 0:
        requests.append({"appendDimension": {"sheetId": sheet.sheet_id, "dimension": "COLUMNS", "length": lacking}})
    requests.append(
        {
            "updateCells": {
                "start": {"sheetId": sheet.sheet_id, "rowIndex": 0, "columnIndex": first},
                "rows": [{"values": [_header_cell(tab, title) for title in titles]}],
                "fields": "userEnteredValue,userEnteredFormat,note",
            }
        }
    )
    for place, title in enumerate(titles, start=first):
        column = tab.column(title)
        requests.append(
            {
                "updateDimensionProperties": {
                    "range": {
                        "sheetId": sheet.sheet_id,
                        "dimension": "COLUMNS",
                        "startIndex": place,
                        "endIndex": place + 1,
                    },
                    "properties": {"pixelSize": column.width if column else 200},
                    "fields": "pixelSize",
                }
            }
        )
    if sheet.row_count > 1:
        requests.append(
            {
                "repeatCell": {
                    "range": _area(seen, first, first + len(titles)),
                    "cell": {"userEnteredFormat": BODY_FORMAT},
                    "fields": "userEnteredFormat(wrapStrategy,verticalAlignment)",
                }
            }
        )
    return [] if seen.made else [f"In {sheet.title} the columns {', '.join(titles)} were added at the right end."]


def _header_cell(tab: Tab, title: str) -> Json:
    column = tab.column(title)
    cell: Json = {"userEnteredValue": {"stringValue": title}, "userEnteredFormat": HEADER_FORMAT}
    return cell | ({"note": column.note} if column and column.note else {})


def _frozen(_tab: Tab, seen: _Seen, requests: list[Json], _all: Mapping[str, _Seen]) -> list[str]:
    if seen.sheet.frozen_rows >= 1:
        return []
    requests.append(
        {
            "updateSheetProperties": {
                "properties": {"sheetId": seen.sheet.sheet_id, "gridProperties": {"frozenRowCount": 1}},
                "fields": "gridProperties.frozenRowCount",
            }
        }
    )
    return [f"The header of {seen.sheet.title} stays in view now."]


def _validation(tab: Tab, seen: _Seen, requests: list[Json], everything: Mapping[str, _Seen]) -> list[str]:
    if seen.sheet.row_count <= 1:
        return []
    made = []
    places = _places(tab, seen)
    for column in tab.columns:
        rule = _rule(tab, column, everything)
        place = places.get(column.title)
        if rule is None or place is None or seen.validated.get(place) == rule["condition"]["type"]:
            continue
        requests.append({"setDataValidation": {"range": _area(seen, place, place + 1), "rule": rule}})
        made.append(column.title)
    return [] if seen.made or not made else [f"In {seen.sheet.title} boxes or lists were set up for {', '.join(made)}."]


def _rule(tab: Tab, column: Column, everything: Mapping[str, _Seen]) -> Json | None:
    if column.kind is Kind.CHECKBOX:
        # In a tab that is replaced as a whole, the rows that ask something bring their box along.
        return None if tab.body is Body.WHOLE else checkbox_rule()
    if column.kind is Kind.CHOICE:
        values = [{"userEnteredValue": choice} for choice in column.choices]
        return {"condition": {"type": "ONE_OF_LIST", "values": values}, "strict": True, "showCustomUi": True}
    if column.suggestions:
        source = everything.get(column.suggestions)
        title = (source.sheet.title if source else column.suggestions).replace("'", "''")
        # A list to choose from, but not strict: an id, or another spelling, will do as well.
        letter = _letters(_first_told(column.suggestions, source))
        values = [{"userEnteredValue": f"='{title}'!${letter}$2:${letter}"}]
        return {"condition": {"type": "ONE_OF_RANGE", "values": values}, "strict": False, "showCustomUi": True}
    return None


def _first_told(name: str, seen: _Seen | None) -> int:
    """The place of a tab's first column that is the program's and not its status; of a tab just made, as it will be."""
    tab = BY_NAME[name]
    told = next(one.title for one in tab.columns if one.author is Author.PROGRAM and one.title != tab.status)
    made = tab.titles.index(told)
    return _places(tab, seen).get(told, made) if seen else made


def _colours(tab: Tab, seen: _Seen, requests: list[Json], _all: Mapping[str, _Seen]) -> list[str]:
    place = _places(tab, seen).get(tab.status)
    if place is None:
        return []
    made: list[str] = []
    for start, colour in tab.colours:
        if start in seen.rule_starts:
            continue
        requests.append(
            {
                "addConditionalFormatRule": {
                    "index": len(seen.rule_starts) + len(made),
                    "rule": {
                        # From the header on: a range that began below it would be pushed down by new rows.
                        "ranges": [_area(seen, place, place + 1, top=0, is_open=True)],
                        "booleanRule": {
                            "condition": {"type": "TEXT_STARTS_WITH", "values": [{"userEnteredValue": start}]},
                            "format": {"backgroundColor": _colour(colour)},
                        },
                    },
                }
            }
        )
        made.append(start)
    return [] if seen.made or not made else [f"In {seen.sheet.title} {tab.status} has colours for {', '.join(made)}."]


def _protection(tab: Tab, seen: _Seen, requests: list[Json], _all: Mapping[str, _Seen]) -> list[str]:
    places = _places(tab, seen)
    ours = sorted(
        place
        for title, place in places.items()
        if (column := tab.column(title)) and column.author is Author.PROGRAM and place not in seen.protected
    )
    for first, last in _runs(ours):
        requests.append(
            {
                "addProtectedRange": {
                    "protectedRange": {
                        "range": _area(seen, first, last, top=0, is_open=True),
                        "description": PROTECTION,
                        # A warning locks nobody out, this program least of all.
                        "warningOnly": True,
                    }
                }
            }
        )
    return [] if seen.made or not ours else [f"{seen.sheet.title} warns before somebody types over our columns."]


def _filter_view(tab: Tab, seen: _Seen, requests: list[Json], _all: Mapping[str, _Seen]) -> list[str]:
    place, view = _places(tab, seen).get(tab.status), tab.filter_view
    if view is None or place is None or view.title in seen.filter_views:
        return []
    # Commas part arguments in some locales and semicolons in others; this formula needs neither.
    letter = _letters(place)
    starts = "+".join(f'(LEFT({letter}2)="{start[0]}")' for start in view.starts)
    criteria = {"condition": {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": f"={starts}>0"}]}}
    requests.append(
        {
            "addFilterView": {
                "filter": {
                    "title": view.title,
                    "range": {"sheetId": seen.sheet.sheet_id},
                    "filterSpecs": [{"columnIndex": place, "filterCriteria": criteria}],
                }
            }
        }
    )
    return [] if seen.made else [f"{seen.sheet.title} has the filter view “{view.title}”."]


STEPS: tuple[Step, ...] = (_mark_tab, _header, _frozen, _validation, _colours, _protection, _filter_view)


# --------------------------------------------------------------------------- small things


def _places(tab: Tab, seen: _Seen) -> dict[str, int]:
    folded = [fold_title(title) for title in seen.header]
    return {title: folded.index(fold_title(title)) for title in tab.titles if folded.count(fold_title(title)) == 1}


def _area(seen: _Seen, first: int, last: int, *, top: int = 1, is_open: bool = False) -> Json:
    """Columns below the header; open-ended where later rows shall belong to it too."""
    area = {
        "sheetId": seen.sheet.sheet_id,
        "startRowIndex": top,
        "startColumnIndex": first,
        "endColumnIndex": last,
    }
    return area if is_open else area | {"endRowIndex": seen.sheet.row_count}


def _runs(places: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def _letters(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _colour(text: str) -> dict[str, float]:
    parts: Sequence[int] = bytes.fromhex(text.removeprefix("#"))
    return dict(zip(("red", "green", "blue"), (round(part / 255, 4) for part in parts), strict=True))
