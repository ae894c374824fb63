"""batchUpdate requests about what lies over the cells: protection, formats by rule, filters, charts, metadata."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.sandbox import metadata
from pipeline.sandbox.api_errors import Json, invalid
from pipeline.sandbox.cells import normal_colors
from pipeline.sandbox.grid import Sheet, Spreadsheet
from pipeline.sandbox.masks import merge_masked
from pipeline.sandbox.ranges import echo_grid_range, grid_area, grid_range_of
from pipeline.sandbox.requests_sheets import field_mask, find_sheet


def _checked_range(book: Spreadsheet, grid_range: Json) -> tuple[Sheet, Json]:
    """The sheet of a range, and the range as answers echo it; open ends stay open."""
    sheet, _ = grid_area(book, grid_range)
    return sheet, echo_grid_range(grid_range)


def _bounded_range(book: Spreadsheet, grid_range: Json) -> tuple[Sheet, Json]:
    """As `_checked_range`, with open ends closed by the grid, as filters come back (recorded)."""
    sheet, area = grid_area(book, grid_range)
    return sheet, grid_range_of(sheet, area)


def _without_empty(value: Json) -> Json:
    return {name: item for name, item in value.items() if item is not None and item is not False and item != ""}


def _entries(book: Spreadsheet, part: str) -> Iterator[tuple[Sheet, int, Json]]:
    for sheet in book.sheets:
        for index, entry in enumerate(getattr(sheet, part)):
            yield sheet, index, entry


def _find(book: Spreadsheet, part: str, key: str, wanted: object, words: str) -> tuple[Sheet, int, Json]:
    for sheet, index, entry in _entries(book, part):
        if str(entry.get(key)) == str(wanted):
            return sheet, index, entry
    raise invalid(f"No {words}: {wanted}")


def _free_id(book: Spreadsheet, part: str, key: str, wanted: object, words: str) -> int:
    taken = {int(entry[key]) for _, _, entry in _entries(book, part)}
    if wanted is None:
        return book.new_id(taken)
    number = int(str(wanted))
    if number in taken:
        raise invalid(f"{words} with ID {number} already exists.")
    return number


# --------------------------------------------------------------------------- protection


def add_protected_range(book: Spreadsheet, request: Json) -> Json:
    """`addProtectedRange`: a range or a whole sheet; a warning cannot have editors."""
    wanted = dict(request.get("protectedRange") or {})
    if not wanted.get("range"):
        raise invalid("protectedRange.range must be specified.")
    sheet, wanted["range"] = _checked_range(book, wanted["range"])
    _check_editors(wanted)
    entry = _protected(wanted)
    entry["protectedRangeId"] = _free_id(
        book, "protected", "protectedRangeId", wanted.get("protectedRangeId"), "A protected range"
    )
    sheet.protected.append(entry)
    return {"addProtectedRange": {"protectedRange": entry}}


def _check_editors(wanted: Json) -> None:
    editors = wanted.get("editors") or {}
    if wanted.get("warningOnly") and any(editors.values()):
        raise invalid("ProtectedRange is warningOnly. Editors cannot be set on it.")


def _protected(wanted: Json) -> Json:
    entry = _without_empty(wanted)
    entry["requestingUserCanEdit"] = True
    if wanted.get("warningOnly"):
        entry.pop("editors", None)
    else:
        editors = wanted.get("editors") or {}
        entry["editors"] = {name: value for name, value in editors.items() if value}
    return entry


def update_protected_range(book: Spreadsheet, request: Json) -> Json:
    """`updateProtectedRange`."""
    mask = field_mask(request)
    wanted = dict(request.get("protectedRange") or {})
    number = wanted.get("protectedRangeId")
    sheet, index, entry = _find(book, "protected", "protectedRangeId", number, "protected range with ID")
    if wanted.get("range"):
        _, wanted["range"] = _checked_range(book, wanted["range"])
    merged = merge_masked(entry, wanted, mask) | {"protectedRangeId": entry["protectedRangeId"]}
    _check_editors(merged)
    sheet.protected[index] = _protected(merged)
    return {}


def delete_protected_range(book: Spreadsheet, request: Json) -> Json:
    """`deleteProtectedRange`."""
    number = request.get("protectedRangeId")
    sheet, index, _ = _find(book, "protected", "protectedRangeId", number, "protected range with ID")
    del sheet.protected[index]
    return {}


# --------------------------------------------------------------------------- conditional formats


def _rule(book: Spreadsheet, wanted: Json) -> tuple[Sheet, Json]:
    ranges: list[Json] = wanted.get("ranges") or []
    if not ranges:
        raise invalid("rule.ranges must be specified.")
    if bool(wanted.get("booleanRule")) == bool(wanted.get("gradientRule")):
        raise invalid("rule must have either a booleanRule or a gradientRule.")
    checked = [_checked_range(book, grid_range) for grid_range in ranges]
    if len({sheet.sheet_id for sheet, _ in checked}) > 1:
        raise invalid("All ranges of a conditional format must be on the same sheet.")
    rule: Json = normal_colors(wanted) | {"ranges": [grid_range for _, grid_range in checked]}
    return checked[0][0], rule


def _at(sheet: Sheet, index: int) -> Json:
    if not 0 <= index < len(sheet.conditional):
        raise invalid(f"No conditional format on sheet: {sheet.sheet_id} at index: {index}")
    return sheet.conditional[index]


def add_conditional_format_rule(book: Spreadsheet, request: Json) -> Json:
    """`addConditionalFormatRule` at an index; the rules after it shift."""
    sheet, rule = _rule(book, request.get("rule") or {})
    index = request.get("index")
    sheet.conditional.insert(len(sheet.conditional) if index is None else int(index), rule)
    return {}


def update_conditional_format_rule(book: Spreadsheet, request: Json) -> Json:
    """`updateConditionalFormatRule`: another rule at an index, or the same rule at another index."""
    index = int(request.get("index") or 0)
    if request.get("rule"):
        sheet, rule = _rule(book, request["rule"])
        old = _at(sheet, index)
        sheet.conditional[index] = rule
        answer = {"newRule": rule, "newIndex": index, "oldRule": old, "oldIndex": index}
        return {"updateConditionalFormatRule": answer}
    sheet = find_sheet(book, request.get("sheetId"))
    rule, new_index = _at(sheet, index), int(request.get("newIndex") or 0)
    _at(sheet, new_index)
    sheet.conditional.insert(new_index, sheet.conditional.pop(index))
    return {"updateConditionalFormatRule": {"newRule": rule, "newIndex": new_index, "oldIndex": index}}


def delete_conditional_format_rule(book: Spreadsheet, request: Json) -> Json:
    """`deleteConditionalFormatRule`; the answer tells which rule it was."""
    sheet, index = find_sheet(book, request.get("sheetId")), int(request.get("index") or 0)
    rule = _at(sheet, index)
    del sheet.conditional[index]
    return {"deleteConditionalFormatRule": {"rule": rule}}


# --------------------------------------------------------------------------- filters


def set_basic_filter(book: Spreadsheet, request: Json) -> Json:
    """`setBasicFilter`: the one filter everybody shares."""
    wanted = dict(request.get("filter") or {})
    sheet, wanted["range"] = _bounded_range(book, wanted.get("range") or {})
    sheet.basic_filter = wanted
    return {}


def clear_basic_filter(book: Spreadsheet, request: Json) -> Json:
    """`clearBasicFilter`; nothing happens where there is none."""
    find_sheet(book, request.get("sheetId")).basic_filter = None
    return {}


def add_filter_view(book: Spreadsheet, request: Json) -> Json:
    """`addFilterView`."""
    wanted = dict(request.get("filter") or {})
    sheet, wanted["range"] = _bounded_range(book, wanted.get("range") or {})
    wanted["filterViewId"] = _free_id(book, "filter_views", "filterViewId", wanted.get("filterViewId"), "A filter view")
    wanted.setdefault("title", f"Filter {len(sheet.filter_views) + 1}")
    sheet.filter_views.append(wanted)
    return {"addFilterView": {"filter": wanted}}


def update_filter_view(book: Spreadsheet, request: Json) -> Json:
    """`updateFilterView`."""
    mask = field_mask(request)
    wanted = dict(request.get("filter") or {})
    number = wanted.get("filterViewId")
    sheet, index, entry = _find(book, "filter_views", "filterViewId", number, "filter view with ID")
    if wanted.get("range"):
        _, wanted["range"] = _bounded_range(book, wanted["range"])
    sheet.filter_views[index] = merge_masked(entry, wanted, mask) | {"filterViewId": entry["filterViewId"]}
    return {}


def delete_filter_view(book: Spreadsheet, request: Json) -> Json:
    """`deleteFilterView`."""
    number = request.get("filterId")
    sheet, index, _ = _find(book, "filter_views", "filterViewId", number, "filter view with ID")
    del sheet.filter_views[index]
    return {}


# --------------------------------------------------------------------------- charts


def add_chart(book: Spreadsheet, request: Json) -> Json:
    """`addChart`: kept as it came; drawing it is the page's business."""
    chart = dict(request.get("chart") or {})
    if not chart.get("spec"):
        raise invalid("chart.spec must be specified.")
    number = _free_id(book, "charts", "chartId", chart.get("chartId"), "An embedded object")
    chart = normal_colors(chart) | {"chartId": number}
    anchor = ((chart.get("position") or {}).get("overlayPosition") or {}).get("anchorCell") or {}
    find_sheet(book, anchor.get("sheetId")).charts.append(chart)
    return {"addChart": {"chart": chart}}


def update_chart_spec(book: Spreadsheet, request: Json) -> Json:
    """`updateChartSpec`: another spec for a chart that is there."""
    sheet, index, chart = _find(book, "charts", "chartId", request.get("chartId"), "chart with id")
    sheet.charts[index] = chart | {"spec": normal_colors(request.get("spec") or {})}
    return {}


def delete_embedded_object(book: Spreadsheet, request: Json) -> Json:
    """`deleteEmbeddedObject`: a chart."""
    sheet, index, _ = _find(book, "charts", "chartId", request.get("objectId"), "embedded object with id")
    del sheet.charts[index]
    return {}


# --------------------------------------------------------------------------- metadata


def create_developer_metadata(book: Spreadsheet, request: Json) -> Json:
    """`createDeveloperMetadata`."""
    entry = metadata.create(book, request.get("developerMetadata") or {})
    return {"createDeveloperMetadata": {"developerMetadata": metadata.entry_json(book, entry)}}


def update_developer_metadata(book: Spreadsheet, request: Json) -> Json:
    """`updateDeveloperMetadata`: every entry the data filters match."""
    changed = metadata.update(
        book,
        request.get("dataFilters") or [],
        request.get("developerMetadata") or {},
        field_mask(request),
    )
    shown = [metadata.entry_json(book, entry) for entry in changed]
    return {"updateDeveloperMetadata": {"developerMetadata": shown} if shown else {}}


def delete_developer_metadata(book: Spreadsheet, request: Json) -> Json:
    """`deleteDeveloperMetadata`: every entry the data filter matches; the answer tells which."""
    data_filter = request.get("dataFilter") or {}
    shown = [metadata.entry_json(book, entry) for entry in metadata.matching(book, [data_filter])]
    metadata.delete(book, data_filter)
    return {"deleteDeveloperMetadata": {"deletedDeveloperMetadata": shown} if shown else {}}
