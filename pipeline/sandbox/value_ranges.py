"""`spreadsheets.values`: reading and writing plain values, by range or by data filter.

Functions take a spreadsheet (for writing: a draft) and what the request said, and return the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.sandbox import structure
from pipeline.sandbox.a1 import column_letters
from pipeline.sandbox.api_errors import ApiError, Json, invalid, malformed
from pipeline.sandbox.cells import number_format
from pipeline.sandbox.grid import BLANK, Area, Cell, Sheet, Spreadsheet
from pipeline.sandbox.metadata import targets
from pipeline.sandbox.ranges import Span, locate, locate_bounds
from pipeline.sandbox.tables import last_table
from pipeline.sandbox.values import Formula, Value, checked_text, show, tidy, type_text, unformatted

LIST_TYPE = "type.googleapis.com/google.protobuf.ListValue"


class Rendering(NamedTuple):
    """How values are to be shown."""

    option: str = "FORMATTED_VALUE"
    dates: str = "SERIAL_NUMBER"
    major: str = "ROWS"


def rendering(source: Json) -> Rendering:
    """The rendering a query or body asks for. Raises ApiError 400 on an unknown option."""
    chosen = Rendering(
        source.get("valueRenderOption") or "FORMATTED_VALUE",
        source.get("dateTimeRenderOption") or "SERIAL_NUMBER",
        source.get("majorDimension") or "ROWS",
    )
    _one_of("value_render_option", chosen.option, ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"))
    _one_of("date_time_render_option", chosen.dates, ("SERIAL_NUMBER", "FORMATTED_STRING"))
    _one_of("major_dimension", chosen.major, ("ROWS", "COLUMNS"))
    return chosen


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise malformed((name, f"Invalid value at '{name}', \"{value}\""))


# --------------------------------------------------------------------------- reading

_Shower = Callable[[int, int, Cell], Any]


def _shower(book: Spreadsheet, sheet: Sheet, how: Rendering) -> _Shower:
    rules = book.rules
    dates_as_text = how.dates == "FORMATTED_STRING"

    def formatted(row: int, column: int, cell: Cell) -> Any:
        if type(cell.value) is str:
            return cell.value
        return show(book.shown(sheet, row, column, cell), number_format(cell), rules)

    def plain(row: int, column: int, cell: Cell) -> Any:
        if type(cell.value) is str:
            return cell.value
        value = book.shown(sheet, row, column, cell)
        return unformatted(value, number_format(cell), rules, dates_as_text=dates_as_text)

    def formula(row: int, column: int, cell: Cell) -> Any:
        return str(cell.value) if isinstance(cell.value, Formula) else plain(row, column, cell)

    return {"FORMATTED_VALUE": formatted, "UNFORMATTED_VALUE": plain, "FORMULA": formula}[how.option]


def read_area(book: Spreadsheet, sheet: Sheet, area: Area, how: Rendering) -> Json:
    """A ValueRange: blank rows and columns at the end are left out, blanks inside are empty strings (recorded)."""
    shower = _shower(book, sheet, how)
    lines: list[list[Any]] = []
    by_row = how.major == "ROWS"
    for row, column, cell in sheet.filled(area):
        if cell.value is None:
            continue
        line, place = (row - area.top, column - area.left) if by_row else (column - area.left, row - area.top)
        while len(lines) <= line:
            lines.append([])
        values = lines[line]
        if len(values) < place:
            values.extend([""] * (place - len(values)))
        values.append(shower(row, column, cell))
    answer: Json = {"range": sheet.echo(area), "majorDimension": how.major}
    if lines:
        answer["values"] = lines
    return answer


def get(book: Spreadsheet, text: str, how: Rendering) -> Json:
    """`values.get`."""
    sheet, area = locate(book, text)
    return read_area(book, sheet, area, how)


def batch_get(book: Spreadsheet, texts: list[str], how: Rendering) -> Json:
    """`values:batchGet`."""
    answer: Json = {"spreadsheetId": book.spreadsheet_id}
    if texts:
        answer["valueRanges"] = [get(book, text, how) for text in texts]
    return answer


def batch_get_by_data_filter(book: Spreadsheet, body: Json) -> Json:
    """`values:batchGetByDataFilter`: each range with the filters that found it (live-probed)."""
    how = rendering(body)
    found: dict[tuple[int, Area], Json] = {}
    for data_filter in body.get("dataFilters") or []:
        for sheet, area in targets(book, data_filter):
            entry = found.setdefault(
                (sheet.sheet_id, area),
                {"valueRange": read_area(book, sheet, area, how), "dataFilters": []},
            )
            entry["dataFilters"].append(data_filter)
    answer: Json = {"spreadsheetId": book.spreadsheet_id}
    return answer | ({"valueRanges": list(found.values())} if found else {})


# --------------------------------------------------------------------------- writing


class Written(NamedTuple):
    """What one write touched; `area` is what was written, not what was asked for (recorded).

    `rows` and `columns` are those in which at least one cell was updated (documented); a null updates none.
    """

    sheet: Sheet
    area: Area
    rows: frozenset[int]
    columns: frozenset[int]
    cells: int

    def json(self, book: Spreadsheet) -> Json:
        """UpdateValuesResponse without the values; zeros are left out."""
        counts = {
            "updatedRows": len(self.rows),
            "updatedColumns": len(self.columns),
            "updatedCells": self.cells,
        }
        return {
            "spreadsheetId": book.spreadsheet_id,
            "updatedRange": self.sheet.echo(self.area),
        } | {name: count for name, count in counts.items() if count}


def checked_values(body: Json, where: str = "data") -> list[list[Any]]:
    """The rows of a ValueRange, in row order. Raises ApiError 400 for what is not a list of lists (recorded)."""
    values = body.get("values")
    if values is None:
        return []
    if not isinstance(values, list):
        raise malformed(_not_a_list(f"{where}.values", values))
    wrong = [
        _not_a_list(f"{where}.values[{index}]", row) for index, row in enumerate(values) if not isinstance(row, list)
    ]
    if wrong:
        raise malformed(*wrong)
    major = body.get("majorDimension") or "ROWS"
    _one_of(f"{where}.major_dimension", major, ("ROWS", "COLUMNS"))
    return values if major == "ROWS" else _transposed(values)


def _not_a_list(field: str, value: Any) -> tuple[str, str]:
    shown = json.dumps(value, ensure_ascii=False)
    return field, f"Invalid value at '{field}' ({LIST_TYPE}), {shown}"


def _transposed(columns: list[list[Any]]) -> list[list[Any]]:
    height = max((len(column) for column in columns), default=0)
    return [[column[row] if row < len(column) else None for column in columns] for row in range(height)]


def _input(book: Spreadsheet, option: str | None) -> Callable[[Cell, Any], Cell]:
    """How one JSON value goes into a cell. Raises ApiError 400 on an unknown option."""
    if not option:
        raise invalid("'valueInputOption' is required but not specified")
    _one_of("value_input_option", option, ("RAW", "USER_ENTERED"))
    rules = book.rules

    def raw(cell: Cell, value: Any) -> Cell:
        return cell._replace(value=_stored(value))

    def typed(cell: Cell, value: Any) -> Cell:
        if not isinstance(value, str):
            return cell._replace(value=_stored(value))
        plain = (number_format(cell) or {}).get("type") == "TEXT"
        entered = type_text(value, rules, plain_text=plain)
        if entered.number_format is None:
            return cell._replace(value=entered.value)
        return cell._replace(value=entered.value, style=(cell.style or {}) | {"numberFormat": entered.number_format})

    return raw if option == "RAW" else typed


def _stored(value: Any) -> Value:
    if isinstance(value, str):
        return checked_text(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return tidy(value)
    kind = "list_value" if isinstance(value, list) else "struct_value"
    raise invalid(f"Invalid values: a cell cannot hold a {kind}: {json.dumps(value)[:200]}")


def _put(book: Spreadsheet, sheet: Sheet, top: int, left: int, values: list[list[Any]], option: str | None) -> Written:
    store = _input(book, option)
    keys = [column.key for column in sheet.columns]
    written = 0
    rows: set[int] = set()
    columns: set[int] = set()
    for offset, line in enumerate(values):
        places = [place for place, value in enumerate(line) if value is not None]
        if not places:
            continue
        cells = sheet.row_for_writing(top + offset).cells
        for place in places:
            key = keys[left + place]
            new = store(cells.get(key, BLANK), line[place])
            if new == BLANK:
                cells.pop(key, None)
            else:
                cells[key] = new
        written += len(places)
        rows.add(top + offset)
        columns.update(left + place for place in places)
    width = max((len(line) for line in values), default=0)
    area = Area(top, top + max(len(values), 1), left, left + max(width, 1))
    book.forget_results()
    return Written(sheet, area, frozenset(rows), frozenset(columns), written)


def write(book: Spreadsheet, text: str, values: list[list[Any]], option: str | None) -> Written:
    """Write rows into a range. A single cell is only a corner; a wider range must hold them all."""
    sheet, bounds = locate_bounds(book, text)
    area = sheet.clip(bounds)
    width = max((len(line) for line in values), default=0)
    corner = area.bottom - area.top == 1 and area.right - area.left == 1
    if not corner:
        place = f"Requested writing within range [{sheet.echo(area)}], but tried writing to"
        if bounds.bottom is not None and len(values) > area.bottom - area.top:
            raise invalid(f"{place} row [{area.bottom + 1}]")
        if bounds.right is not None and width > area.right - area.left:
            raise invalid(f"{place} column [{column_letters(area.right)}]")
    written = Area(area.top, area.top + max(len(values), 1), area.left, area.left + max(width, 1))
    if written.bottom > sheet.row_count or written.right > sheet.column_count:
        raise sheet.outside(written)
    return _put(book, sheet, area.top, area.left, values, option)


def _with_values(book: Spreadsheet, written: Written, source: Json) -> Json:
    """The answer, with the values as they are now if the request wants them back."""
    answer = written.json(book)
    if str(source.get("includeValuesInResponse", "")).lower() == "true":
        how = rendering(
            {
                "valueRenderOption": source.get("responseValueRenderOption"),
                "dateTimeRenderOption": source.get("responseDateTimeRenderOption"),
            }
        )
        answer["updatedData"] = read_area(book, written.sheet, written.area, how)
    return answer


def update(book: Spreadsheet, text: str, query: Json, body: Json) -> Json:
    """`values.update`."""
    values = checked_values(body)
    return _with_values(book, write(book, text, values, query.get("valueInputOption")), query)


def append(book: Spreadsheet, text: str, query: Json, body: Json) -> Json:
    """`values:append`: below the last table the range touches, or at the range's corner if it touches none."""
    values = checked_values(body)
    sheet, area = locate(book, text)
    table = last_table(sheet, area)
    top, left = (area.top, area.left) if table is None else (table.bottom, table.left)
    if query.get("insertDataOption") == "INSERT_ROWS" and values and top < sheet.row_count:
        structure.insert(book, Span(sheet, "ROWS", top, top + len(values)), inherit_from_before=top > 0)
    width = max((len(line) for line in values), default=0)
    sheet.set_row_count(max(sheet.row_count, top + len(values)))
    sheet.set_column_count(max(sheet.column_count, left + width))
    book.check_size()
    written = _put(book, sheet, top, left, values, query.get("valueInputOption"))
    answer: Json = {"spreadsheetId": book.spreadsheet_id}
    if table is not None:
        answer["tableRange"] = sheet.echo(table)
    return answer | {"updates": _with_values(book, written, query)}


def _clear(book: Spreadsheet, sheet: Sheet, area: Area) -> str:
    for row, column, cell in list(sheet.filled(area)):
        if cell.value is not None:
            sheet.put(row, column, cell._replace(value=None))
    book.forget_results()
    return sheet.echo(area)


def clear(book: Spreadsheet, text: str) -> Json:
    """`values:clear`: values go, formats and notes stay."""
    return {"spreadsheetId": book.spreadsheet_id, "clearedRange": _clear(book, *locate(book, text))}


def batch_clear(book: Spreadsheet, body: Json) -> Json:
    """`values:batchClear`."""
    cleared = [_clear(book, *locate(book, str(text))) for text in body.get("ranges") or []]
    return {"spreadsheetId": book.spreadsheet_id} | ({"clearedRanges": cleared} if cleared else {})


def batch_clear_by_data_filter(book: Spreadsheet, body: Json) -> Json:
    """`values:batchClearByDataFilter`."""
    cleared = [_clear(book, *target) for wanted in body.get("dataFilters") or [] for target in targets(book, wanted)]
    return {"spreadsheetId": book.spreadsheet_id} | ({"clearedRanges": cleared} if cleared else {})


def _totals(book: Spreadsheet, everything: list[Written]) -> Json:
    """Totals count each row and column once, however often it was written (recorded)."""
    rows = {(w.sheet.sheet_id, row) for w in everything for row in w.rows}
    columns = {(w.sheet.sheet_id, column) for w in everything for column in w.columns}
    totals = {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": sum(w.cells for w in everything),
        "totalUpdatedSheets": len({w.sheet.sheet_id for w in everything if w.cells}),
    }
    return {"spreadsheetId": book.spreadsheet_id} | {name: count for name, count in totals.items() if count}


def batch_update(book: Spreadsheet, body: Json) -> Json:
    """`values:batchUpdate`; one bad range and nothing is written (live-probed)."""
    data = body.get("data") or []
    checked = [checked_values(entry, f"data[{index}]") for index, entry in enumerate(data)]
    everything: list[Written] = []
    for index, (entry, values) in enumerate(zip(data, checked, strict=True)):
        try:
            everything.append(write(book, str(entry.get("range") or ""), values, body.get("valueInputOption")))
        except ApiError as error:
            if error.details or "valueInputOption" in error.message:
                raise
            raise error.within(f"data[{index}]") from error
    answer = _totals(book, everything)
    return answer | ({"responses": [_with_values(book, w, body) for w in everything]} if everything else {})


def batch_update_by_data_filter(book: Spreadsheet, body: Json) -> Json:
    """`values:batchUpdateByDataFilter`; a filter that finds nothing writes nothing."""
    everything: list[Written] = []
    responses: list[Json] = []
    for index, entry in enumerate(body.get("data") or []):
        values = checked_values(entry, f"data[{index}]")
        data_filter = entry.get("dataFilter") or {}
        for sheet, area in targets(book, data_filter):
            try:
                written = write(book, sheet.echo(area), values, body.get("valueInputOption"))
            except ApiError as error:
                if error.details or "valueInputOption" in error.message:
                    raise
                raise error.within(f"data[{index}]") from error
            everything.append(written)
            response = _with_values(book, written, body)
            response.pop("spreadsheetId")
            responses.append(response | {"dataFilter": data_filter})
    return _totals(book, everything) | ({"responses": responses} if responses else {})
