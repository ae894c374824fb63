"""Which request means what: the table of endpoints, from a path to the function that answers it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

from pipeline.sandbox import batch, drive, metadata, reading, value_ranges
from pipeline.sandbox.api_errors import MAX_BODY, ApiError, Json, invalid, malformed, not_answered
from pipeline.sandbox.grid import Area, Spreadsheet
from pipeline.sandbox.masks import Mask, apply_mask, parse_mask
from pipeline.sandbox.ranges import locate
from pipeline.sandbox.schema import SPREADSHEET, check_names
from pipeline.sandbox.store import Store


class Call(NamedTuple):
    """One request: the raw path (still percent-encoded), the query, the body."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes

    @classmethod
    def of(cls, method: str, path: str, query: str, body: bytes) -> Call:
        """A request as it comes from the wire."""
        return cls(method, path, parse_qs(query, keep_blank_values=True), body)

    def options(self) -> Json:
        """The query with the last value of each name."""
        return {name: values[-1] for name, values in self.query.items()}

    def json(self) -> Json:
        """The body as a JSON object. Raises ApiError 400."""
        if len(self.body) > MAX_BODY:
            raise invalid(f"Request payload size exceeds the limit: {MAX_BODY} bytes.")
        if not self.body.strip():
            return {}
        try:
            decoded = json.loads(self.body, parse_constant=_no_constant)
        except ValueError as error:
            raise malformed(("", f"Invalid JSON payload received. {error}")) from error
        if not isinstance(decoded, dict):
            raise malformed(("", "Invalid JSON payload received. An object was expected."))
        return decoded

    def kinds(self) -> list[str]:
        """The request kinds of a batchUpdate, for the log."""
        if not self.path.endswith(":batchUpdate") or "/values:" in self.path:
            return []
        try:
            requests = self.json().get("requests") or []
        except ApiError:
            return []
        return [str(kind) for request in requests if isinstance(request, dict) for kind in request]


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


Answer = Json | None
"""The JSON of the answer; None for an empty one (204)."""

_ID = r"(?P<id>[^/:]+)"
_BOOK = rf"/v4/spreadsheets/{_ID}"


def _boolean(text: Any) -> bool:
    return str(text).lower() == "true"


def _get(store: Store, call: Call, parts: dict[str, str]) -> Answer:
    book, options = store.get(parts["id"]), call.options()
    mask = _spreadsheet_mask(options)
    everything = options.get("fields") is not None and mask is None
    places = _places(book, call.query.get("ranges"))
    return reading.spreadsheet_json(
        book, mask, places, grid_data=everything or _boolean(options.get("includeGridData"))
    )


def _spreadsheet_mask(options: Json) -> Mask | None:
    mask = parse_mask(str(options["fields"])) if options.get("fields") else None
    if mask is not None:
        check_names(mask, SPREADSHEET)
    return mask


def _places(book: Spreadsheet, texts: list[str] | None) -> reading.Places | None:
    if not texts:
        return None
    places: dict[int, list[Area]] = {}
    for text in texts:
        sheet, area = locate(book, text)
        places.setdefault(sheet.sheet_id, []).append(area)
    return places


def _get_by_data_filter(store: Store, call: Call, parts: dict[str, str]) -> Answer:
    book, body, options = store.get(parts["id"]), call.json(), call.options()
    places: reading.Places = {}
    for data_filter in body.get("dataFilters") or []:
        for sheet, area in metadata.targets(book, data_filter):
            areas = places.setdefault(sheet.sheet_id, [])
            if area not in areas:
                areas.append(area)
    mask = _spreadsheet_mask(options)
    return reading.spreadsheet_json(
        book,
        mask,
        places if body.get("dataFilters") else None,
        grid_data=_boolean(body.get("includeGridData")),
    )


_Read = Callable[[Spreadsheet, Call, dict[str, str]], Json]


def _reader(function: _Read) -> Operation:
    def answer(store: Store, call: Call, parts: dict[str, str]) -> Answer:
        return function(store.get(parts["id"]), call, parts)

    return answer


def _writer(function: _Read) -> Operation:
    def answer(store: Store, call: Call, parts: dict[str, str]) -> Answer:
        with store.change(parts["id"]) as draft:
            return function(draft, call, parts)

    return answer


def _range(parts: dict[str, str]) -> str:
    return unquote(parts["range"])


def _metadata_get(book: Spreadsheet, _: Call, parts: dict[str, str]) -> Json:
    entry = book.metadata.get(int(parts["number"]))
    if entry is None:
        raise ApiError(404, f"No developer metadata with id: {parts['number']}")
    return metadata.entry_json(book, entry)


def _drive_delete(store: Store, _: Call, parts: dict[str, str]) -> Answer:
    drive.delete(store, parts["id"])
    return None


Operation = Callable[[Store, Call, dict[str, str]], Answer]

_VALUES: dict[str, tuple[str, Operation]] = {
    "batchGet": (
        "GET",
        _reader(
            lambda book, call, _: value_ranges.batch_get(
                book, call.query.get("ranges", []), value_ranges.rendering(call.options())
            )
        ),
    ),
    "batchUpdate": ("POST", _writer(lambda book, call, _: value_ranges.batch_update(book, call.json()))),
    "batchClear": ("POST", _writer(lambda book, call, _: value_ranges.batch_clear(book, call.json()))),
    "batchGetByDataFilter": (
        "POST",
        _reader(lambda book, call, _: value_ranges.batch_get_by_data_filter(book, call.json())),
    ),
    "batchUpdateByDataFilter": (
        "POST",
        _writer(lambda book, call, _: value_ranges.batch_update_by_data_filter(book, call.json())),
    ),
    "batchClearByDataFilter": (
        "POST",
        _writer(lambda book, call, _: value_ranges.batch_clear_by_data_filter(book, call.json())),
    ),
}

OPERATIONS: list[tuple[str, re.Pattern[str], Operation]] = [
    ("GET", re.compile(rf"{_BOOK}$"), _get),
    ("POST", re.compile(rf"{_BOOK}:batchUpdate$"), _writer(lambda book, call, _: batch.apply(book, call.json()))),
    ("POST", re.compile(rf"{_BOOK}:getByDataFilter$"), _get_by_data_filter),
    *((method, re.compile(rf"{_BOOK}/values:{name}$"), operation) for name, (method, operation) in _VALUES.items()),
    (
        "POST",
        re.compile(rf"{_BOOK}/values/(?P<range>.+):append$"),
        _writer(lambda book, call, parts: value_ranges.append(book, _range(parts), call.options(), call.json())),
    ),
    (
        "POST",
        re.compile(rf"{_BOOK}/values/(?P<range>.+):clear$"),
        _writer(lambda book, _, parts: value_ranges.clear(book, _range(parts))),
    ),
    (
        "GET",
        re.compile(rf"{_BOOK}/values/(?P<range>.+)$"),
        _reader(
            lambda book, call, parts: value_ranges.get(book, _range(parts), value_ranges.rendering(call.options()))
        ),
    ),
    (
        "PUT",
        re.compile(rf"{_BOOK}/values/(?P<range>.+)$"),
        _writer(lambda book, call, parts: value_ranges.update(book, _range(parts), call.options(), call.json())),
    ),
    (
        "POST",
        re.compile(rf"{_BOOK}/developerMetadata:search$"),
        _reader(lambda book, call, _: metadata.search(book, call.json().get("dataFilters") or [])),
    ),
    ("GET", re.compile(rf"{_BOOK}/developerMetadata/(?P<number>\d+)$"), _reader(_metadata_get)),
    ("POST", re.compile(r"/drive/v3/files$"), lambda store, call, _: drive.create(store, call.options(), call.json())),
    ("GET", re.compile(r"/drive/v3/files$"), lambda store, call, _: drive.list_files(store, call.options())),
    (
        "GET",
        re.compile(rf"/drive/v3/files/{_ID}$"),
        lambda store, call, parts: drive.get(store, parts["id"], call.options()),
    ),
    ("DELETE", re.compile(rf"/drive/v3/files/{_ID}$"), _drive_delete),
]
"""Method, path, and what answers it."""


def _masked(result: Answer, call: Call) -> Answer:
    """The parts of the answer that `fields` names; spreadsheets and files see to that themselves."""
    fields = call.options().get("fields")
    own_mask = not re.match(rf"{_BOOK}[/:]", call.path) or call.path.endswith(":getByDataFilter")
    if not fields or own_mask:
        return result
    shown: Json = apply_mask(result, parse_mask(str(fields)))
    return shown


def answer(store: Store, call: Call) -> Answer:
    """Carry out one request. Raises ApiError for every refusal."""
    for method, pattern, operation in OPERATIONS:
        match = pattern.match(call.path) if method == call.method else None
        if match:
            return _masked(operation(store, call, match.groupdict()), call)
    raise not_answered(f"{call.method} {unquote(call.path)}")
