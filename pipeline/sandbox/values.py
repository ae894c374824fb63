"""What a cell holds, how typed text becomes a value, and how a value is shown.

Values are text, numbers, booleans, formulas, or None for blank. Dates are numbers (days since
1899-12-30) with a date format beside them, as in Google Sheets.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import NamedTuple

from pipeline.sandbox.api_errors import MAX_CELL_TEXT, Json, cell_too_long, invalid
from pipeline.sandbox.locales import LocaleRules
from pipeline.sandbox.number_formats import EPOCH, format_number, format_plain, is_date_pattern


class Formula(str):
    """The text of a formula, beginning with an equals sign."""

    __slots__ = ()


class CellError(NamedTuple):
    """What a formula gives when it cannot be worked out: `#DIV/0!` and the like."""

    shown: str
    message: str = ""

    @property
    def kind(self) -> str:
        """The name of this error in the API."""
        return _ERROR_KINDS.get(self.shown, "ERROR")


_ERROR_KINDS = {
    "#DIV/0!": "DIVIDE_BY_ZERO",
    "#VALUE!": "VALUE",
    "#REF!": "REF",
    "#NAME?": "NAME",
    "#NUM!": "NUM",
    "#N/A": "N_A",
    "#NULL!": "NULL_VALUE",
}

Value = str | int | float | bool | None
"""What a cell stores; a formula is a `Formula`, which is text."""

Shown = str | int | float | bool | CellError | None
"""What a cell comes to once formulas are worked out."""


def tidy(value: float) -> int | float:
    """Whole numbers as int, since Google prints 2.0 as 2. Raises ApiError 400 for what JSON cannot hold."""
    if isinstance(value, int):
        return value
    if not math.isfinite(value):
        raise invalid("A number must be finite.")
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def checked_text(text: str) -> str | None:
    """Text that fits a cell; the empty string is a blank cell. Raises ApiError 400 over 50,000 characters."""
    if len(text) > MAX_CELL_TEXT:
        raise cell_too_long()
    return (text if text.isascii() else _well_formed(text)) or None


def _well_formed(text: str) -> str:
    """Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def serial_of(moment: datetime) -> float:
    """Days since 1899-12-30 of a wall-clock time."""
    return (moment.replace(tzinfo=None) - EPOCH).total_seconds() / 86400


# --------------------------------------------------------------------------- typing


class Typed(NamedTuple):
    """What typing a text into a cell gives: the value, and the number format it brings along."""

    value: Value
    number_format: Json | None = None


_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{2}|\d{4})$")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?(?:\s*([AaPp])\.?[Mm]\.?)?$")
_CURRENCY = {"$": '"$"#,##0{d}', "€": "[$€]#,##0{d}", "£": "[$£]#,##0{d}"}


def type_text(text: str, rules: LocaleRules, *, plain_text: bool = False) -> Typed:
    """Read a text as if a person typed it into a cell (USER_ENTERED).

    `plain_text` is for cells formatted as plain text, which keep what is typed.
    """
    text_or_none = checked_text(text)
    if text_or_none is None or plain_text:
        return Typed(text_or_none)
    if text.startswith("'"):
        return Typed(text[1:] or None)
    if text.startswith("=") and len(text) > 1:
        return Typed(Formula(text))
    stripped = text.strip()
    truth = {rules.true: True, rules.false: False, "TRUE": True, "FALSE": False}.get(stripped.upper())
    if truth is not None:
        return Typed(truth)
    return _typed_number(stripped, rules) or _typed_moment(stripped, rules) or Typed(text)


def _typed_number(text: str, rules: LocaleRules) -> Typed | None:
    decimal, thousands = re.escape(rules.decimal), rules.thousands
    group = "[ \u00a0\u202f]" if thousands in "\u00a0\u202f" else re.escape(thousands)
    match = re.match(
        rf"(?P<sign>[+-]?)\s*(?P<currency>[$€£]?)\s*(?P<sign2>[+-]?)"
        rf"(?P<whole>\d{{1,3}}(?:{group}\d{{3}})+|\d*)(?:{decimal}(?P<decimals>\d*))?"
        rf"(?P<exponent>[eE][+-]?\d{{1,3}})?\s*(?P<unit>[%€£$]?)$",
        text,
        re.ASCII,
    )
    if match is None or not (match["whole"] or match["decimals"]):
        return None
    whole = re.sub(r"\D", "", match["whole"])
    number = float(f"{whole or 0}.{match['decimals'] or 0}{match['exponent'] or ''}")
    if not math.isfinite(number):
        return None
    if "-" in match["sign"] + match["sign2"]:
        number = -number
    has_decimals = bool(match["decimals"])
    if match["unit"] == "%":
        return Typed(tidy(number / 100), _format("PERCENT", "0.00%" if has_decimals else "0%"))
    currency = match["currency"] or match["unit"]
    if currency:
        pattern = _CURRENCY[currency].format(d=".00" if has_decimals else "")
        return Typed(tidy(number), _format("CURRENCY", pattern))
    if match["exponent"]:
        return Typed(tidy(number), _format("SCIENTIFIC", "0.00E+00"))
    if len(whole) != len(match["whole"]):
        return Typed(tidy(number), _format("NUMBER", "#,##0.00" if has_decimals else "#,##0"))
    return Typed(tidy(number))


def _typed_moment(text: str, rules: LocaleRules) -> Typed | None:
    day_text, _, time_text = text.replace("T", " ", 1).partition(" ")
    day = _typed_day(day_text, rules)
    if day is None:
        clock = _typed_clock(text)
        return None if clock is None else Typed(clock[0], _format("TIME", clock[1]))
    serial, pattern = day
    if not time_text:
        return Typed(int(serial), _format("DATE", pattern))
    clock = _typed_clock(time_text.strip())
    if clock is None:
        return None
    return Typed(tidy(serial + clock[0]), _format("DATE_TIME", f"{pattern} {clock[1]}"))


def _typed_day(text: str, rules: LocaleRules) -> tuple[float, str] | None:
    match = _YEAR_FIRST.match(text)
    if match:
        mark = match[2]
        return _day(int(match[1]), int(match[3]), int(match[4]), f"yyyy{mark}mm{mark}dd")
    match = _YEAR_LAST.match(text)
    if match is None or rules.order == "ymd":
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if len(match[4]) == 2:
        year += 2000 if year < 30 else 1900
    month, day = (first, second) if rules.order == "mdy" else (second, first)
    return _day(year, month, day, rules.date_pattern)


def _day(year: int, month: int, day: int, pattern: str) -> tuple[float, str] | None:
    try:
        return serial_of(datetime(year, month, day)), pattern  # noqa: DTZ001
    except ValueError:
        return None


def _typed_clock(text: str) -> tuple[float, str] | None:
    match = _TIME.match(text)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), float((match[3] or "0") + (match[4] or ""))
    half = (match[5] or "").lower()
    if minute > 59 or second >= 60 or hour > (12 if half else 23):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    pattern = ("h:mm:ss" if match[3] else "h:mm") + (" am/pm" if half else "")
    return (hour * 3600 + minute * 60 + second) / 86400, pattern


def _format(kind: str, pattern: str) -> Json:
    return {"type": kind, "pattern": pattern}


# --------------------------------------------------------------------------- showing


def _pattern(number_format: Json, rules: LocaleRules) -> str:
    kind = number_format.get("type", "")
    defaults = {
        "DATE": rules.date_pattern,
        "TIME": "h:mm:ss",
        "DATE_TIME": f"{rules.date_pattern} h:mm:ss",
        "PERCENT": "0.00%",
        "CURRENCY": '"$"#,##0.00',
        "NUMBER": "#,##0.00",
        "SCIENTIFIC": "0.00E+00",
    }
    return str(number_format.get("pattern") or defaults.get(kind, ""))


def _is_date(number_format: Json | None, rules: LocaleRules) -> bool:
    if not number_format:
        return False
    kind = number_format.get("type")
    return kind in ("DATE", "TIME", "DATE_TIME") or is_date_pattern(_pattern(number_format, rules))


def show(value: Shown, number_format: Json | None, rules: LocaleRules) -> str:
    """FORMATTED_VALUE: what a person sees in the cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, CellError):
        return value.shown
    if isinstance(value, bool):
        return rules.true if value else rules.false
    pattern = _pattern(number_format, rules) if number_format else ""
    if not pattern or (number_format or {}).get("type") == "TEXT":
        return format_plain(value, rules)
    try:
        return format_number(value, pattern, rules)
    except (OverflowError, ArithmeticError):
        return format_plain(value, rules)


def unformatted(
    value: Shown, number_format: Json | None, rules: LocaleRules, *, dates_as_text: bool
) -> str | int | float | bool:
    """UNFORMATTED_VALUE: the value itself; dates as serial numbers, or as text when asked."""
    if value is None:
        return ""
    if isinstance(value, CellError):
        return value.shown
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if dates_as_text and is_number and _is_date(number_format, rules):
        return show(value, number_format, rules)
    return value
