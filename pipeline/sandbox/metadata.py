"""Developer metadata and data filters.

Metadata is kept under the key of its row or column, so it follows the line through sorting, inserting,
deleting and moving, and goes with it (live-probed for sortRange and insertDimension).
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline.sandbox.api_errors import Json, invalid, unknown_name
from pipeline.sandbox.grid import Area, Metadata, Sheet, Spreadsheet
from pipeline.sandbox.masks import Mask, wants
from pipeline.sandbox.ranges import dimension_range_of, dimension_span, grid_area, locate

STORAGE_LIMIT = 30_000
"""Characters of keys and values on one sheet, or on the spreadsheet; live runs were refused at about
1,200 short row entries, which is this number."""

_LOOKUP_FIELDS = {
    "locationType",
    "metadataLocation",
    "locationMatchingStrategy",
    "metadataId",
    "metadataKey",
    "metadataValue",
    "visibility",
}


class Target(NamedTuple):
    """What a data filter found: an area of a sheet, or a sheet as a whole."""

    sheet: Sheet
    area: Area


# --------------------------------------------------------------------------- writing


def create(book: Spreadsheet, wanted: Json) -> Metadata:
    """Attach metadata. Raises ApiError 400: id taken, no key, no visibility, no such place, storage full."""
    key = wanted.get("metadataKey")
    if not key:
        raise invalid("developerMetadata.metadataKey must be specified.")
    visibility = wanted.get("visibility")
    if visibility not in ("DOCUMENT", "PROJECT"):
        raise invalid("developerMetadata.visibility must be specified.")
    number = wanted.get("metadataId")
    if number is not None and int(number) in book.metadata:
        raise invalid(
            f"Cannot add developer metadata with ID [{number}] because developer metadata with that ID already exists."
        )
    kind, sheet_id, line = _place(book, wanted.get("location") or {})
    value = wanted.get("metadataValue")
    entry = Metadata(
        book.new_id(set(book.metadata)) if number is None else int(number),
        str(key),
        None if value is None else str(value),
        str(visibility),
        kind,
        sheet_id,
        line,
    )
    book.metadata[entry.metadata_id] = entry
    _check_storage(book, sheet_id)
    return entry


def _check_storage(book: Spreadsheet, sheet_id: int | None) -> None:
    used = sum(
        len(entry.key) + len(entry.value or "") for entry in book.metadata.values() if entry.sheet_id == sheet_id
    )
    if used > STORAGE_LIMIT:
        raise invalid("Adding the requested developer metadata would exceed the allowed storage limit")


def _place(book: Spreadsheet, location: Json) -> tuple[str, int | None, int | None]:
    if location.get("spreadsheet"):
        return "SPREADSHEET", None, None
    if location.get("sheetId") is not None:
        return "SHEET", book.sheet(int(location["sheetId"])).sheet_id, None
    if location.get("dimensionRange"):
        span = dimension_span(book, location["dimensionRange"])
        if span.end - span.start != 1:
            raise invalid("Developer metadata can only be associated with a single row or column.")
        if span.dimension == "ROWS":
            return "ROW", span.sheet.sheet_id, span.sheet.row_for_writing(span.start).key
        return "COLUMN", span.sheet.sheet_id, span.sheet.columns[span.start].key
    raise invalid("developerMetadata.location must be specified.")


def update(book: Spreadsheet, filters: list[Json], wanted: Json, mask: Mask | None) -> list[Metadata]:
    """Change the entries that the filters match, as far as the mask says."""
    changed = []
    for entry in matching(book, filters):
        new = entry
        if wants(mask, "metadataKey"):
            new = new._replace(key=str(wanted.get("metadataKey") or ""))
        if wants(mask, "metadataValue"):
            value = wanted.get("metadataValue")
            new = new._replace(value=None if value is None else str(value))
        if wants(mask, "visibility"):
            new = new._replace(visibility=str(wanted.get("visibility") or entry.visibility))
        if wants(mask, "location") and wanted.get("location"):
            kind, sheet_id, line = _place(book, wanted["location"])
            new = new._replace(kind=kind, sheet_id=sheet_id, line=line)
        book.metadata[entry.metadata_id] = new
        _check_storage(book, new.sheet_id)
        changed.append(new)
    return changed


def delete(book: Spreadsheet, data_filter: Json) -> list[Metadata]:
    """Remove the entries that the filter matches, and return them."""
    gone = matching(book, [data_filter])
    for entry in gone:
        del book.metadata[entry.metadata_id]
    return gone


# --------------------------------------------------------------------------- looking up


def matching(book: Spreadsheet, filters: list[Json]) -> list[Metadata]:
    """The entries any of the filters match."""
    return [entry for entry in book.metadata.values() if any(_matches(book, entry, f) for f in filters)]


def _matches(book: Spreadsheet, entry: Metadata, data_filter: Json) -> bool:
    lookup = data_filter.get("developerMetadataLookup")
    if lookup is not None:
        return _lookup_matches(book, entry, lookup)
    if entry.kind == "SPREADSHEET":
        return False
    target = _area_target(book, data_filter)
    own = _entry_target(book, entry)
    return target.sheet.sheet_id == own.sheet.sheet_id and _intersect(target.area, own.area)


def _lookup_matches(book: Spreadsheet, entry: Metadata, lookup: Json) -> bool:
    for name in lookup:
        if name not in _LOOKUP_FIELDS:
            raise unknown_name(name, "data_filters.developer_metadata_lookup")
    number = lookup.get("metadataId")
    simple = (
        (number is not None and int(number) != entry.metadata_id)
        or lookup.get("metadataKey") not in (None, entry.key)
        or lookup.get("metadataValue") not in (None, entry.value)
        or lookup.get("visibility") not in (None, entry.visibility)
        or lookup.get("locationType") not in (None, entry.kind)
    )
    if simple:
        return False
    location = lookup.get("metadataLocation")
    if not location:
        return True
    return _located(book, entry, location, exact=lookup.get("locationMatchingStrategy") == "EXACT_LOCATION")


def _located(book: Spreadsheet, entry: Metadata, location: Json, *, exact: bool) -> bool:
    if location.get("spreadsheet"):
        return entry.kind == "SPREADSHEET" or not exact
    if location.get("sheetId") is not None:
        same_sheet = entry.sheet_id == int(location["sheetId"])
        return same_sheet and (entry.kind == "SHEET" or not exact)
    span = dimension_span(book, location.get("dimensionRange") or {})
    if entry.kind != ("ROW" if span.dimension == "ROWS" else "COLUMN"):
        return False
    if entry.sheet_id != span.sheet.sheet_id or entry.line is None:
        return False
    index = book.line_index(span.sheet, entry.kind, entry.line)
    return index is not None and span.start <= index < span.end


def _intersect(one: Area, other: Area) -> bool:
    return one.top < other.bottom and other.top < one.bottom and one.left < other.right and other.left < one.right


def _area_target(book: Spreadsheet, data_filter: Json) -> Target:
    if data_filter.get("a1Range") is not None:
        return Target(*locate(book, str(data_filter["a1Range"])))
    if data_filter.get("gridRange") is not None:
        return Target(*grid_area(book, data_filter["gridRange"]))
    for name in data_filter:
        raise unknown_name(name, "data_filters[0]")
    raise invalid("A data filter must name a developerMetadataLookup, an a1Range or a gridRange.")


def _entry_target(book: Spreadsheet, entry: Metadata) -> Target:
    sheet = book.sheet(entry.sheet_id or 0)
    whole = sheet.whole()
    if entry.line is None:
        return Target(sheet, whole)
    index = book.line_index(sheet, entry.kind, entry.line) or 0
    if entry.kind == "ROW":
        return Target(sheet, whole._replace(top=index, bottom=index + 1))
    return Target(sheet, whole._replace(left=index, right=index + 1))


def targets(book: Spreadsheet, data_filter: Json) -> list[Target]:
    """The areas a data filter means; metadata on a row means the whole row. Raises ApiError 400."""
    if data_filter.get("developerMetadataLookup") is None:
        return [_area_target(book, data_filter)]
    found = [entry for entry in matching(book, [data_filter]) if entry.kind != "SPREADSHEET"]
    return [_entry_target(book, entry) for entry in found]


# --------------------------------------------------------------------------- showing


def entry_json(book: Spreadsheet, entry: Metadata) -> Json:
    """One entry as DeveloperMetadata (live-probed)."""
    shown: Json = {"metadataId": entry.metadata_id, "metadataKey": entry.key}
    if entry.value is not None:
        shown["metadataValue"] = entry.value
    location: Json = {"locationType": entry.kind}
    if entry.kind == "SPREADSHEET":
        location["spreadsheet"] = True
    elif entry.line is None:
        location["sheetId"] = entry.sheet_id
    else:
        sheet = book.sheet(entry.sheet_id or 0)
        index = book.line_index(sheet, entry.kind, entry.line) or 0
        location["dimensionRange"] = dimension_range_of(sheet, f"{entry.kind}S", index, index + 1)
    return shown | {"location": location, "visibility": entry.visibility}


def by_line(book: Spreadsheet, sheet: Sheet, kind: str) -> dict[int, list[Json]]:
    """Key of a row or column -> what is attached to it."""
    attached: dict[int, list[Json]] = {}
    for entry in book.metadata.values():
        if entry.kind == kind and entry.sheet_id == sheet.sheet_id and entry.line is not None:
            attached.setdefault(entry.line, []).append(entry_json(book, entry))
    return attached


def search(book: Spreadsheet, filters: list[Json]) -> Json:
    """`developerMetadata:search`: every match with the filters it answers to (live-probed)."""
    found = []
    for entry in matching(book, filters):
        own = [data_filter for data_filter in filters if _matches(book, entry, data_filter)]
        found.append({"developerMetadata": entry_json(book, entry), "dataFilters": own})
    return {"matchedDeveloperMetadata": found} if found else {}
