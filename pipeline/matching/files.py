"""Lists of requests and offers as files: reading the columns of `matchmaker match`, writing its results."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from pipeline.errors import UsageError
from pipeline.model import Entry, Role

REQUIRED = ("id", "organisation", "country", "role")
COLUMNS = [
    "id",
    "submitted_at",
    "organisation",
    "email_domain",
    "country",
    "region",
    "role",
    "topics",
    "formats",
    "target_groups",
    "preferred_places",
    "strict_places",
    "named_partner",
    "date_from",
    "date_to",
    "duration_days",
    "group_size",
    "capacity",
    "max_visits",
    "committed_visits",
    "languages",
    "group_wanted",
    "text_lang",
    "title",
    "text",
]
_T = TypeVar("_T")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_PLAIN = re.compile(r"[+-][\w.]*")
_TRUE = {"1", "true", "yes", "y"}
_FALSE = {"0", "false", "no", "n", ""}
_LARGEST = 10_000
_HINT = "The columns are described in docs/matching.md."


def read_entries(path: Path) -> list[Entry]:
    """The entries of a CSV or XLSX list, in order.

    Raises UsageError naming the file, row and column of the first thing that cannot be read. Unknown
    columns are ignored; a missing optional column means: not stated.
    """
    header, rows = _table(path)
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise UsageError(
            f"{path.name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"it has {', '.join(header) or 'none'}.",
            hint=_HINT,
        )
    entries: list[Entry] = []
    seen: dict[str, int] = {}
    for number, cells in rows:
        entry = _entry(_Row(path.name, number, cells))
        if entry.id in seen:
            raise UsageError(
                f"{path.name}, row {number}: the id {entry.id} was already used in row {seen[entry.id]}.",
                hint="Give every row an id of its own.",
            )
        seen[entry.id] = number
        entries.append(entry)
    if not entries:
        raise UsageError(f"{path.name} has no rows below its header.", hint=_HINT)
    return entries


def read_declined(path: Path) -> frozenset[frozenset[str]]:
    """Pairs of entry ids declined before: columns `query_id, candidate_id`."""
    header, rows = _table(path)
    missing = [name for name in ("query_id", "candidate_id") if name not in header]
    if missing:
        raise UsageError(f"{path.name} lacks the column {missing[0]}.", hint="It has: query_id, candidate_id.")
    return frozenset(frozenset((cells["query_id"], cells["candidate_id"])) for _, cells in rows)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV (or XLSX, by the ending) of results; cells that a spreadsheet would run are written as text."""
    if path.suffix.lower() == ".xlsx":
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("Matches")
        sheet.append(list(header))
        for row in rows:
            sheet.append([_harmless(cell) for cell in row])
        book.save(path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: object) -> object:
    """Text a spreadsheet would run gets an apostrophe in front, since people open these files.

    An id or number such as `-12` stays: nothing can be run there, and whoever reads the file joins by it.
    """
    if isinstance(cell, str) and _FORMULA.match(cell) and not _PLAIN.fullmatch(cell):
        return f"'{cell}"
    return cell


class _Row:
    """One row being read: every complaint names file, row and column."""

    def __init__(self, file: str, number: int, cells: Mapping[str, str]) -> None:
        self.file, self.number, self.cells = file, number, cells

    def text(self, column: str) -> str | None:
        return self.cells.get(column, "").strip() or None

    def items(self, column: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.strip() for part in self.cells.get(column, "").split(";") if part.strip()))

    def required(self, column: str) -> str:
        value = self.text(column)
        if value is None:
            raise self.wrong(column, "is empty", "Fill it in, or take the row out.")
        return value

    def whole(self, column: str) -> int | None:
        return self._convert(column, _whole, "a whole number from 0 to 10,000")

    def number_of(self, column: str) -> float | None:
        return self._convert(column, _decimal, "a number from 0 to 10,000")

    def day(self, column: str) -> date | None:
        return self._convert(column, _day, "a date as 2026-05-31")

    def flag(self, column: str) -> bool:
        value = (self.text(column) or "").lower()
        if value not in _TRUE | _FALSE:
            raise self.wrong(column, f"is {value[:40]!r}", "Write 1 or 0.")
        return value in _TRUE

    def role(self) -> Role:
        value = self.required("role").lower()
        if value not in set(Role):
            raise self.wrong("role", f"is {value[:40]!r}", "Write send, host or either.")
        return Role(value)

    def _convert(self, column: str, convert: Callable[[str], _T], what: str) -> _T | None:
        value = self.text(column)
        if value is None:
            return None
        try:
            return convert(value)
        except ValueError:
            raise self.wrong(column, f"is {value[:40]!r}", f"Write {what}, or leave it empty.") from None

    def wrong(self, column: str, what: str, hint: str) -> UsageError:
        return UsageError(f"{self.file}, row {self.number}, column {column}: {what}.", hint=hint)


def _entry(row: _Row) -> Entry:
    return Entry(
        id=row.required("id"),
        organisation=row.required("organisation"),
        email_domain=(row.text("email_domain") or "").lower() or None,
        country=(row.text("country") or "").upper() or None,
        region=row.text("region"),
        city=row.text("city"),
        role=row.role(),
        topics=row.items("topics"),
        formats=row.items("formats"),
        target_groups=row.items("target_groups"),
        preferred_places=row.items("preferred_places"),
        strict_places=row.flag("strict_places"),
        named_partner=row.text("named_partner"),
        date_from=row.day("date_from"),
        date_to=row.day("date_to"),
        duration_days=row.number_of("duration_days"),
        group_size=row.whole("group_size"),
        capacity=row.whole("capacity"),
        max_visits=row.whole("max_visits"),
        committed_visits=row.whole("committed_visits") or 0,
        languages=row.items("languages"),
        group_wanted=row.flag("group_wanted"),
        text_lang=row.text("text_lang"),
        title=row.text("title"),
        text=row.text("text"),
        submitted_at=row.day("submitted_at"),
    )


def _whole(text: str) -> int:
    value = float(text)
    if value != int(value) or not 0 <= value <= _LARGEST:
        raise ValueError(text)
    return int(value)


def _decimal(text: str) -> float:
    value = float(text)
    if not 0 <= value <= _LARGEST:
        raise ValueError(text)
    return value


def _day(text: str) -> date:
    """`2026-05-31`, also with a time after it as spreadsheets write it."""
    return datetime.fromisoformat(text).date()


def _table(path: Path) -> tuple[tuple[str, ...], list[tuple[int, dict[str, str]]]]:
    """Header and numbered rows (as a spreadsheet numbers them); empty rows are skipped."""
    try:
        lines = _xlsx(path) if path.suffix.lower() in {".xlsx", ".xlsm"} else _csv(path)
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", hint="Check the name.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not UTF-8.", hint="Save it as CSV UTF-8, or as XLSX.") from None
    if not lines:
        raise UsageError(f"{path.name} is empty.", hint=_HINT)
    header = tuple(cell.strip() for cell in lines[0])
    doubled = [name for name in header if name and header.count(name) > 1]
    if doubled:
        raise UsageError(f"{path.name} has the column {doubled[0]} twice.", hint="Rename or delete one.")
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            raise UsageError(
                f"{path.name}, row {number}: {len(cells)} cells below {len(header)} columns.",
                hint="A comma inside a cell needs quotation marks around the cell.",
            )
        rows.append((number, dict(zip(header, [*cells, *[""] * len(header)], strict=False))))
    return header, rows


def _csv(path: Path) -> list[list[str]]:
    text = path.read_text(encoding="utf-8-sig")
    csv.field_size_limit(1_000_000)
    first = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    try:
        return list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))
    except csv.Error as error:
        raise UsageError(f"{path.name} cannot be read as CSV: {error}.", hint="Save it again as CSV UTF-8.") from None


def _xlsx(path: Path) -> list[list[str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError):
        raise UsageError(f"{path.name} is not a workbook.", hint="Save it again as XLSX, or as CSV.") from None
    sheet = book.worksheets[0]
    return [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value)
