"""Lists of organisations as files: CSV or XLSX in, CSV out, every complaint with its place and remedy."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from pipeline.errors import UsageError
from pipeline.linkage.records import Record

REQUIRED = ("record_id", "organisation")
OPTIONAL = ("country", "city", "website", "email")
COLUMNS = (*REQUIRED, *OPTIONAL)
LONGEST_CELL = 100_000
LARGEST_WORKBOOK = 512 * 2**20
"""Bytes a workbook may unpack to: a million rows of organisations stay well below."""
WORKBOOKS = frozenset({".xlsx", ".xlsm"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HINT = f"The columns are {', '.join(COLUMNS)}; the first two are needed."


def read_records(path: Path) -> list[Record]:
    """The records of a list, in order. Other columns are ignored, missing optional ones mean: not stated.

    Raises UsageError naming file, row and column of the first thing that cannot be used.
    """
    lines = _lines(path)
    header = [cell.strip().lstrip("\ufeff") for cell in next(lines, [])]
    if not any(header):
        raise UsageError(f"{path.name} is empty.", hint=_HINT)
    position = _positions(path, header)
    records: list[Record] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            raise UsageError(
                f"{path.name}, row {number}: {len(cells)} cells below {len(header)} columns.",
                hint="A comma inside a cell needs quotation marks around the cell.",
            )
        record = _record(path, number, cells, position)
        if record.record_id in seen:
            raise UsageError(
                f"{path.name}, row {number}: record_id {record.record_id} is that of row {seen[record.record_id]} too.",
                hint="Every row needs an id of its own.",
            )
        seen[record.record_id] = number
        records.append(record)
    if not records:
        raise UsageError(f"{path.name} has a header but no rows.", hint="There is nothing to link.")
    return records


def _positions(path: Path, header: Sequence[str]) -> dict[str, int]:
    names = [name.casefold() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise UsageError(
            f"{path.name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"it has {', '.join(name for name in header[:12] if name)}.",
            hint=_HINT,
        )
    doubled = [name for name in COLUMNS if names.count(name) > 1]
    if doubled:
        raise UsageError(f"{path.name} has the column {doubled[0]} twice.", hint="Rename or delete one.")
    return {name: names.index(name) for name in COLUMNS if name in names}


def _record(path: Path, number: int, cells: Sequence[str], position: dict[str, int]) -> Record:
    values = {name: cells[column].strip() if column < len(cells) else "" for name, column in position.items()}
    for name, value in values.items():
        if len(value) > LONGEST_CELL:
            raise UsageError(f"{path.name}, row {number}: {name} is {len(value)} characters long.", hint="Shorten it.")
    if not values["record_id"]:
        raise UsageError(f"{path.name}, row {number}: record_id is blank.", hint="Every row needs an id of its own.")
    return Record(
        record_id=values["record_id"],
        organisation=values["organisation"][:500],
        country=values.get("country") or None,
        city=values.get("city") or None,
        website=values.get("website") or None,
        email=values.get("email") or None,
    )


def _lines(path: Path) -> Iterator[list[str]]:
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", hint="Give a CSV or XLSX file.")
    try:
        start = path.open("rb").read(4)
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", hint="Check the name.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint="Check its permissions.") from None
    if path.suffix.lower() in WORKBOOKS or start[:4] == b"PK\x03\x04":
        return _workbook(path)
    return _csv(path, start)


def _csv(path: Path, start: bytes) -> Iterator[list[str]]:
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    csv.field_size_limit(10 * LONGEST_CELL)
    line = 0
    try:
        with path.open(encoding=encoding, newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(",;\t", key=first.count) if first.count(",") == 0 else ","
            reader = csv.reader(file, delimiter=delimiter)
            for cells in reader:
                line = reader.line_num
                yield cells
    except UnicodeError:
        raise UsageError(
            f"{path.name}, after row {line}: this is not UTF-8 text.", hint="Save the list as CSV UTF-8, or as XLSX."
        ) from None
    except csv.Error as error:
        raise UsageError(
            f"{path.name}, after row {line}: this is not CSV ({error}).", hint="Save the list again as CSV UTF-8."
        ) from None


def _workbook(path: Path) -> Iterator[list[str]]:
    """The rows of the first sheet."""
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_archive(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield [_text(value) for value in row]
        book.close()
    except (BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, SyntaxError, EOFError, OSError):
        raise UsageError(
            f"{path.name} is not a workbook that can be read.", hint="Save it again as XLSX, or as CSV UTF-8."
        ) from None


def _check_archive(path: Path) -> None:
    """Refuse a workbook that would unpack to something else than a list: too large, or with paths leading out."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            entries = archive.infolist()
    except (BadZipFile, OSError, ValueError):
        raise UsageError(
            f"{path.name} is not a workbook that can be read.", hint="Save it again as XLSX, or as CSV UTF-8."
        ) from None
    if sum(entry.file_size for entry in entries) > LARGEST_WORKBOOK:
        raise UsageError(
            f"{path.name} unpacks to more than {LARGEST_WORKBOOK // 2**20} MB.", hint="Save the list as CSV UTF-8."
        )
    for entry in entries:
        inside = PurePosixPath(entry.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts:
            raise UsageError(f"{path.name} holds a file with a path leading out of it.", hint="Save it again as XLSX.")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV of results, whole or not at all. Text that a spreadsheet would run as a formula gets a mark in front."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}.", hint="Check the folder.") from None


def harmless(text: str) -> str:
    """Text of ours for people to open in a spreadsheet: never a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
