"""One cell -> one value, or in words why not. Nothing is guessed: what could mean two things is a complaint."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.model import Cell, SheetRow

SHEET_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - serial dates have no zone: they are the spreadsheet's local time
"""Day 0 of a spreadsheet's serial numbers."""
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
"""No exchange lies outside; a serial number that does is a number and no date."""

CELL_WINDOW = 16_000
"""Of a cell (up to 50,000 characters) at most this much is looked at."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why an answer cannot be used (`what`), and what to ask the submitter for (`ask`)."""

    code: str
    what: str
    ask: str


def as_text(cell: Cell) -> str:
    """What a person sees in the cell: Google turns "0071" into a number, so 71.0 is "71"."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, int):
        return str(cell) if abs(cell) < 10**18 else "(a number of many digits)"
    return cell[:CELL_WINDOW]


def is_blank(cell: Cell) -> bool:
    """Nothing there, or white space only (a false checkbox is an answer)."""
    return cell is None or (isinstance(cell, str) and not cell[:CELL_WINDOW].strip())


def is_tick(row: SheetRow, title: str) -> bool:
    """Whether the box under that title is ticked: the JSON boolean true, and no formula that yields one."""
    return row.cells.get(title) is True and title not in row.formulas


def text_under(row: SheetRow, title: str) -> str:
    """What stands under that title, on one line. A checkbox holds no text."""
    cell = row.cells.get(title)
    return "" if isinstance(cell, bool) else " ".join(as_text(cell).split())


def shortened(cell: Cell, limit: int = 40) -> str:
    """The cell on one line, short enough to be quoted in a sentence."""
    text = " ".join(as_text(cell).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


# --- dates -------------------------------------------------------------------------------------------------------

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?Z?)?")
_NUMERIC = re.compile(
    r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4})(?:,?\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\s*([AaPp])\.?[Mm]\.?)?)?"
)
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+|d['’]\s*)?([^\W\d]+)\.?,?\s+(?:de\s+|del\s+)?(\d{4})"
)
_MONTH_FIRST = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")

_MONTHS = (
    "january jan janvier janv enero ene januar jänner gennaio gen januari",
    "february feb février févr febrero februar febbraio februari",
    "march mar mars marzo märz",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag maj",
    "june jun juin junio juni giugno giu",
    "july jul juillet juil julio juli luglio lug",
    "august aug août agosto ago augusti",
    "september sep sept septembre septiembre settembre set",
    "october oct octobre octubre oktober okt ottobre ott",
    "november nov novembre noviembre",
    "december dec décembre déc diciembre dic dezember dez dicembre",
)


def _plain(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


_MONTH_NUMBERS: Mapping[str, int] = {
    _plain(name): number for number, names in enumerate(_MONTHS, start=1) for name in names.split()
}
"""Names and usual short forms of the months in English, French, Spanish, German, Italian and Swedish."""

_ASK_DATE = "Please give the date as day, name of the month and year, for example 5 May 2027."


def as_moment(cell: Cell) -> datetime | Complaint:
    """A date with time: a serial number, rounded to the second, or a text that can mean one moment only."""
    if isinstance(cell, bool) or cell is None:
        return Complaint("date", "is not a date", _ASK_DATE)
    if isinstance(cell, int | float):
        if not _serial(FIRST_DAY) <= cell < _serial(LAST_DAY):
            return Complaint("date", "is a number and not a date", _ASK_DATE)
        return SHEET_EPOCH + timedelta(seconds=round(cell * 86_400))
    found = _moment_in(" ".join(cell[:60].split()))
    if isinstance(found, datetime) and not FIRST_DAY <= found.date() < LAST_DAY:
        return Complaint("date", "is a year no exchange can be in", _ASK_DATE)
    return found


def _serial(day: date) -> int:
    return (day - SHEET_EPOCH.date()).days


def as_date(cell: Cell) -> date | Complaint:
    """A day; see `as_moment`."""
    moment = as_moment(cell)
    return moment.date() if isinstance(moment, datetime) else moment


def _moment_in(text: str) -> datetime | Complaint:
    try:
        if found := _ISO.fullmatch(text):
            return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
        if found := _NUMERIC.fullmatch(text):
            return _numeric(*found.groups())
        if found := _DAY_FIRST.fullmatch(text):
            day, name, year = found.groups()
        elif found := _MONTH_FIRST.fullmatch(text):
            name, day, year = found.groups()
        else:
            return Complaint("date", "is text that cannot be read as a date", _ASK_DATE)
        month = _MONTH_NUMBERS.get(_plain(name))
        if month is None:
            return Complaint("date", "names no month that we can read", _ASK_DATE)
        return datetime(int(year), month, int(day))  # noqa: DTZ001 - as serial dates: the spreadsheet's local time
    except ValueError:
        return Complaint("date", "is a day that does not exist", _ASK_DATE)


def _numeric(
    first: str, second: str, year: str, hour: str | None, minute: str | None, seconds: str | None, half: str | None
) -> datetime | Complaint:
    day = _day_and_month(int(first), int(second), int(year))
    if isinstance(day, Complaint) or hour is None:
        return day
    of_day = int(hour) if half is None else int(hour) % 12 + 12 * (half in "Pp")
    return day.replace(hour=of_day, minute=int(minute or 0), second=int(seconds or 0))


def _day_and_month(first: int, second: int, year: int) -> datetime | Complaint:
    if first > 12 >= second or first == second:
        return datetime(year, second, first)  # noqa: DTZ001
    if second > 12 >= first:
        return datetime(year, first, second)  # noqa: DTZ001
    return Complaint("date", "can be read as two different days", _ASK_DATE)


# --- numbers -----------------------------------------------------------------------------------------------------

_NUMBER = re.compile(
    r"(?:ca\.?|approx\.?|about|max\.?|up to|~)?\s*(-?\d{1,9}(?:[.,]\d{1,4})?)(?!\d)\s*([^\W\d]*)\.?"
    r"(?:\s*(?:/|a|per)\s*year)?",
    re.IGNORECASE,
)
_UNITS = frozenset(
    {
        "",
        "day",
        "days",
        "jour",
        "jours",
        "día",
        "días",
        "dia",
        "dias",
        "tag",
        "tage",
        "giorno",
        "giorni",
        "dag",
        "dagar",
    }
    | {"person", "persons", "people", "pax", "personen", "personnes", "personas", "persone", "personer", "staff"}
    | {"participants", "visitors", "guests", "visit", "visits", "visites", "visitas", "besuche", "visite", "besök"}
)
"""What may follow a number without changing it. Weeks do: "2 weeks" is not 2 days."""


def as_number(cell: Cell, *, least: float | None, highest: float | None, whole: bool) -> float | Complaint:
    """A number within its bounds. In a text the decimal comma is read, and one word after it ("5 days")."""
    ask = "Please give one number" + (f" from {_shown(least or 0)} to {_shown(highest)}." if highest else ".")
    number: float
    if isinstance(cell, bool) or cell is None:
        return Complaint("number", "is not a number", ask)
    if isinstance(cell, int | float):
        number = cell
    else:
        found = _NUMBER.fullmatch(cell[:40].strip()) if len(cell) <= 40 else None
        if found is None:
            return Complaint("number", "cannot be read as one number", ask)
        if found.group(2).casefold() not in _UNITS:
            return Complaint("number", f'is counted in "{found.group(2)[:20]}"', ask)
        if re.fullmatch(r"-?\d{1,3}[.,]\d{3}", found.group(1)):
            return Complaint("number", "can be read as two different numbers", ask)
        number = float(found.group(1).replace(",", "."))
    if not abs(number) < 1e12:
        return Complaint("number", "is not a number anybody can mean", ask)
    if (least is not None and number < least) or (highest is not None and number > highest):
        return Complaint("range", f"({_shown(number)}) is not between {_shown(least or 0)} and {_shown(highest)}", ask)
    if whole and not float(number).is_integer():
        return Complaint("number", f"({_shown(number)}) is not a whole number", ask)
    return number


def _shown(number: float | None) -> str:
    return "any number" if number is None else f"{number:g}"
