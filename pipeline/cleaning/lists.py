"""Lists as files, whatever they list: CSV or XLSX in, CSV or XLSX out, every complaint with its place and remedy.

What the columns mean is for the stages to say; here they are text under a name, with the row they stand in.
"""

from __future__ import annotations

import csv
import os
import zlib
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zipfile import BadZipFile

from pipeline.errors import UsageError

LONGEST_CELL = 100_000
"""Characters; Google Sheets holds 50,000 in a cell, Excel 32,767."""
LONGEST_LINE = 1_000_000
"""Characters of one cell or header line before a file counts as something else than CSV."""
WORKBOOK_ROWS = 2**20
"""Rows that a sheet can have (ECMA-376 as Excel implements it)."""
WORKBOOKS = frozenset({".xlsx", ".xlsm"})
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings that make a spreadsheet run a cell of a CSV (OWASP, CSV Injection)."""
Value = str | int | float
_DELIMITERS = ",;\t"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ZIP = b"PK\x03\x04"
_SAVE_AGAIN = "Save it again as XLSX, or as CSV UTF-8."
_NOT_READABLE = (
    BadZipFile,
    zlib.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    SyntaxError,  # ParseError of the XML reader is one
    EOFError,
    OSError,
    ArithmeticError,
    RuntimeError,
)
"""What reading a damaged or hostile workbook raises, inside zipfile, the XML reader and openpyxl."""


class Line(NamedTuple):
    """A row below the header; `number` is the one a spreadsheet shows beside it.

    `cells`: column -> text without blanks around it, for the asked-for columns that the file has.
    """

    file: str
    number: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str | None:
        """What a cell says; None when it is blank or the file has no such column."""
        return self.cells.get(column) or None

    def wrong(self, column: str, what: str, hint: str) -> UsageError:
        """The complaint about one cell."""
        return UsageError(f"{self.file}, row {self.number}, column {column}: {what}.", hint=hint)


class Listing(NamedTuple):
    """A list being read: the header as written, and the rows, which come from the disk as they are asked for."""

    header: tuple[str, ...]
    lines: Iterator[Line]


def read_list(
    path: Path,
    *,
    required: Sequence[str],
    known: Sequence[str] = (),
    key: str | None = None,
    hint: str,
    may_be_empty: bool = False,
) -> Listing:
    """Read a CSV (comma, semicolon or tab; UTF-8, or UTF-16 with its mark) or the first sheet of a workbook.

    Columns are found by name (given in lower case) in any case and order: `required` must be there, `known` may be,
    others are left unread. Blank rows are passed over. No two rows may have the same `key`, none may have it blank.
    `hint` tells what columns there are.

    Raises UsageError naming the file, row and column of the first thing that cannot be used: at once for the file
    and its header, on the way for a row, at the end when there was none
    (unless the list `may_be_empty`: a header and no rows).
    """
    wanted = tuple(dict.fromkeys((*required, *known)))
    rows = _rows(path, wanted)
    try:
        number, header = _header(path, rows, hint)
        position = _positions(path, header, required, wanted, hint)
    except UsageError:
        rows.close()
        raise
    lines = _lines(path, rows, number, len(header), position, key)
    return Listing(header, lines if may_be_empty else _some(path, lines, hint))


def _header(path: Path, rows: Iterator[Sequence[str]], hint: str) -> tuple[int, tuple[str, ...]]:
    """The first row with anything in it, and its number."""
    for number, cells in enumerate(rows, start=1):
        if any(map(str.strip, cells)):
            return number, tuple(cell.strip().lstrip("\ufeff") for cell in cells)
    raise UsageError(f"{path.name} is empty.", hint=hint)


def _positions(
    path: Path, header: Sequence[str], required: Sequence[str], wanted: Sequence[str], hint: str
) -> dict[str, int]:
    names = [name.casefold() for name in header]
    missing = [name for name in required if name not in names]
    if missing:
        raise UsageError(
            f"{path.name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"it has {', '.join(name[:40] for name in header[:12] if name)}.",
            hint=hint,
        )
    doubled = [name for name in wanted if names.count(name) > 1]
    if doubled:
        raise UsageError(f"{path.name} has the column {doubled[0]} twice.", hint="Rename or delete one.")
    return {name: names.index(name) for name in wanted if name in names}


def _lines(
    path: Path,
    rows: Generator[Sequence[str], None, None],
    above: int,
    width: int,
    position: Mapping[str, int],
    key: str | None,
) -> Iterator[Line]:
    columns = tuple(position.items())
    seen: dict[str, int] = {}
    with closing(rows):
        for number, cells in enumerate(rows, start=above + 1):
            have = len(cells)
            if have > width and any(map(str.strip, cells[width:])):
                raise UsageError(
                    f"{path.name}, row {number}: {have} cells below {width} columns.",
                    hint="A comma inside a cell needs quotation marks around the cell.",
                )
            values = {name: cells[place].strip() if place < have else "" for name, place in columns}
            if not any(values.values()) and not any(map(str.strip, cells)):
                continue
            line = Line(path.name, number, values)
            for name, value in values.items():
                if len(value) > LONGEST_CELL:
                    raise line.wrong(name, f"is {len(value)} characters long", "Shorten it.")
            if key is not None:
                _check_key(line, key, seen)
            yield line


def _check_key(line: Line, key: str, seen: dict[str, int]) -> None:
    value = line.cells[key]
    if not value:
        raise line.wrong(key, "is blank", "Fill it in, or take the row out: every row needs one of its own.")
    before = seen.setdefault(value, line.number)
    if before != line.number:
        raise line.wrong(key, f"{value[:40]!r} was already used in row {before}", "Give every row one of its own.")


def _some(path: Path, lines: Iterator[Line], hint: str) -> Iterator[Line]:
    first = next(lines, None)
    if first is None:
        raise UsageError(f"{path.name} has a header but no rows.", hint=hint)
    yield first
    yield from lines


def _rows(path: Path, wanted: Collection[str]) -> Generator[Sequence[str], None, None]:
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", hint="Give a CSV or XLSX file.")
    try:
        file = path.open("rb")
        start = file.peek(len(_ZIP))
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", hint="Check the name.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be read: {reason}.", hint="Check its name and permissions.") from None
    if path.suffix.lower() in WORKBOOKS or start.startswith(_ZIP):
        file.close()
        return _workbook(path)
    return _csv(path.name, file, "utf-16" if start[:2] in _UTF_16 else "utf-8-sig", wanted)


def _csv(name: str, binary: BinaryIO, encoding: str, wanted: Collection[str]) -> Generator[Sequence[str], None, None]:
    csv.field_size_limit(LONGEST_LINE)
    row = 0
    try:
        with TextIOWrapper(binary, encoding=encoding, newline="") as file:
            first = file.readline(LONGEST_LINE)
            while first and not first.strip():
                row += 1
                yield []
                first = file.readline(LONGEST_LINE)
            # Put back by hand and not by seeking: a list may come through a pipe.
            for cells in csv.reader(chain([first], file), delimiter=_delimiter(first, wanted)):
                row += 1
                yield cells
    except UnicodeError:
        raise UsageError(
            f"{name}, after row {row}: this is not UTF-8 text.", hint="Save the list as CSV UTF-8, or as XLSX."
        ) from None
    except csv.Error as error:
        raise UsageError(
            f"{name}, after row {row}: this is not CSV ({error}).",
            hint="Look for a quotation mark that is never closed, or save the list again as CSV UTF-8.",
        ) from None
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.", hint="Check the disk.") from None


def _delimiter(line: str, wanted: Collection[str]) -> str:
    """What parts the header into the most columns we know; between equals the comma, then whatever is there most."""

    def found(delimiter: str) -> tuple[int, bool, int]:
        names = {cell.strip(' \r\n"').casefold() for cell in line.split(delimiter)}
        return len(names.intersection(wanted)), delimiter == ",", line.count(delimiter)

    return max((delimiter for delimiter in _DELIMITERS if delimiter in line), key=found, default=",")


def _workbook(path: Path) -> Generator[Sequence[str], None, None]:
    import warnings

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    from pipeline.cleaning import workbook_trouble

    trouble = workbook_trouble(path)
    if trouble:
        raise UsageError(f"{path.name} {trouble}.", hint=_SAVE_AGAIN)
    try:
        with warnings.catch_warnings(action="ignore"):  # openpyxl misses styles that a list does not need
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs state a size that leaves rows or columns out
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                if number > WORKBOOK_ROWS:
                    raise UsageError(f"{path.name} has more rows than a sheet can have.", hint=_SAVE_AGAIN)
                yield [_text(value) for value in row]
        finally:
            book.close()
    except (InvalidFileException, *_NOT_READABLE):
        raise UsageError(f"{path.name} is not a workbook that can be read.", hint=_SAVE_AGAIN) from None


def _text(value: object) -> str:
    """A cell of a workbook as a CSV would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value)


def check_targets(sources: Iterable[Path | None], targets: Iterable[Path | None]) -> None:
    """Say before the work what would go wrong after it; None is a file nobody asked for.

    Raises UsageError when a result would overwrite a list or another result, or has no folder to go to.
    """
    read = {source.resolve() for source in sources if source is not None}
    written: set[Path] = set()
    for target in targets:
        if target is None:
            continue
        place = target.resolve()
        if place in read:
            raise UsageError(f"{target} would overwrite the list itself.", hint="Give another name for the result.")
        if place in written:
            raise UsageError(f"{target} is to hold two results.", hint="Give each a name of its own.")
        if place.is_dir():
            raise UsageError(f"{target} is a folder.", hint="Give the name of a file in it.")
        if not place.parent.is_dir():
            raise UsageError(f"There is no folder {target.parent}.", hint="Make it first.")
        written.add(place)


def write_list(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Value]], *, ids: Collection[str] = ()
) -> None:
    """Write a list, whole or not at all: a workbook when the name ends in .xlsx, else CSV.

    The columns in `ids` are written exactly as they are, because files are joined by them. Other text that a
    spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers.

    Raises UsageError when the file cannot be written.
    """
    exact = [name in ids for name in header]
    safe = ([cell if asis else _harmless(cell) for cell, asis in zip(row, exact, strict=True)] for row in rows)
    write = _write_workbook if path.suffix.lower() == ".xlsx" else _write_csv
    try:
        with _whole(path) as unfinished:
            write(unfinished, header, safe)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", hint="Check the folder and the disk."
        ) from None


def _harmless(cell: Value) -> Value:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside the one asked for, which takes its place when all went well."""
    if path.exists() and not path.is_file():
        yield path  # a pipe or /dev/stdout is written to, never replaced
        return
    final = path.resolve()  # a link keeps leading to its file
    unfinished = final.with_name(f".{final.name}.{os.getpid()}.unfinished")
    try:
        yield unfinished
        unfinished.replace(final)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        quoting = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        for row in rows:
            # Before Python 3.13 the writer leaves a lone carriage return bare, and readers part the row there.
            bare = any(isinstance(cell, str) and "\r" in cell for cell in row)
            (quoting if bare else writer).writerow(row)


def _write_workbook(path: Path, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell, WriteOnlyCell
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = Workbook(write_only=True)
    sheet = book.create_sheet("List")

    def cell_of(value: Value) -> Cell:
        cell = WriteOnlyCell(sheet, value)
        if isinstance(value, str):
            cell.data_type = "s"  # an id such as "=1" is text here, not a formula
        return cell

    try:
        for number, row in enumerate(chain([header], rows), start=1):
            if number > WORKBOOK_ROWS:
                raise UsageError("The result has more rows than a sheet can have.", hint="Write a .csv instead.")
            sheet.append([cell_of(value) for value in row])
        book.save(path)
    except IllegalCharacterError:
        raise UsageError(
            "A cell of the result holds a control character, which a workbook cannot.", hint="Write a .csv instead."
        ) from None
    finally:
        if not sheet.closed:
            sheet.close()  # else openpyxl complains on the terminal when the half-written sheet is thrown away
