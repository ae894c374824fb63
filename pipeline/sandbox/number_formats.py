"""Showing a number or a date by a pattern such as `#,##0.00`, `0%` or `yyyy-mm-dd`.

Covers what a form's spreadsheet and the recordings use: digits, grouping, percent, exponent, literals,
sections by sign, and the date and time letters. Colours and conditions in brackets are ignored.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pipeline.sandbox.locales import LocaleRules

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  (serial numbers are wall-clock time of the spreadsheet)
"""Day zero of serial dates."""

_DATE_TOKEN = re.compile(r'"[^"]*"|\\.|\[h+\]|y+|m+|d+|h+|s+|\.0+|am/pm|a/p|.', re.IGNORECASE | re.DOTALL)
_BARE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DIGITS = re.compile(r"[#0?][#0?,.]*")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def is_date_pattern(pattern: str) -> bool:
    """True if the pattern shows a date or a time rather than a quantity."""
    bare = _BARE.sub("", pattern)
    return bool(re.search(r"[ymdhs]", bare, re.IGNORECASE)) and not re.search(r"[#?]|General", bare)


def format_date(serial: float, pattern: str) -> str:
    """A serial number shown as a date, a time or both."""
    moment = EPOCH + timedelta(seconds=round(serial * 86400, 3))
    tokens = _DATE_TOKEN.findall(pattern)
    twelve_hours = any(token.lower() in ("am/pm", "a/p") for token in tokens)
    shown: list[str] = []
    previous = ""
    for place, token in enumerate(tokens):
        following = next((t for t in tokens[place + 1 :] if t[0].lower() in "ymdhs"), "")
        shown.append(_date_token(token, moment, serial, previous, following, twelve_hours=twelve_hours))
        if token[0].lower() in "ymdhs[":
            previous = token[0].lower() if token[0] != "[" else "h"
    return "".join(shown)


def _date_token(
    token: str, moment: datetime, serial: float, previous: str, following: str, *, twelve_hours: bool
) -> str:
    first = token[0].lower()
    if first in '"\\':
        return token.strip('"') if first == '"' else token[1:]
    if first == "m" and len(token) <= 2 and (previous == "h" or following.lower().startswith("s")):
        return str(moment.minute).zfill(len(token))
    hour = (moment.hour % 12 or 12) if twelve_hours else moment.hour
    table = {
        "y": lambda: f"{moment.year % 100:02d}" if len(token) <= 2 else f"{moment.year:04d}",
        "m": lambda: _named(moment.month, _MONTHS[moment.month - 1], len(token)),
        "d": lambda: _named(moment.day, _DAYS[moment.weekday()], len(token)),
        "h": lambda: str(hour).zfill(len(token)),
        "s": lambda: str(moment.second).zfill(len(token)),
        "[": lambda: str(int(serial * 24 + 1e-9)),
    }
    if token.lower() in ("am/pm", "a/p"):
        half = "PM" if moment.hour >= 12 else "AM"
        return half if len(token) > 3 else half[0]
    if first == "." and len(token) > 1:
        return f".{moment.microsecond:06d}"[: len(token)]
    return table[first]() if first in table else token


def _named(number: int, name: str, letters: int) -> str:
    if letters <= 2:
        return str(number).zfill(letters)
    return name[:3] if letters == 3 else name


def format_plain(value: float, rules: LocaleRules) -> str:
    """A number in a cell without a format: at most ten decimals, exponent when very large or small."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-9:
        mantissa, exponent = f"{value:.5E}".split("E")
        text = f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{exponent[1:].lstrip('0').zfill(2)}"
    elif isinstance(value, int):
        text = str(value)
    else:
        text = f"{Decimal(repr(value)).quantize(Decimal('1e-10'), ROUND_HALF_UP):f}".rstrip("0").rstrip(".")
    return text.replace(".", rules.decimal)


def format_number(value: float, pattern: str, rules: LocaleRules) -> str:
    """A number shown by a pattern, for example 2000000.01 by `#,##0.00`."""
    if is_date_pattern(pattern):
        return format_date(value, pattern)
    section, value = _section(pattern, value)
    if "general" in section.lower():
        return format_plain(value, rules)
    digits = _DIGITS.search(_BARE.sub(lambda m: "\0" * len(m.group()), section))
    if digits is None:
        return _literal(section)
    before, body, after = section[: digits.start()], digits.group(), section[digits.end() :]
    if "%" in after or "%" in before:
        value *= 100
    exponent = re.match(r"E([+-])(0+)", after)
    if exponent:
        mantissa, power = f"{value:.{len(body.partition('.')[2])}E}".split("E")
        after = after[exponent.end() :]
        number = mantissa.replace(".", rules.decimal) + f"E{power[0]}{int(power[1:]):0{len(exponent[2])}d}"
    else:
        number = _grouped(value, body, rules)
    return _literal(before) + number + _literal(after)


def _section(pattern: str, value: float) -> tuple[str, float]:
    sections = pattern.split(";")
    if value < 0 and len(sections) > 1:
        return sections[1], -value
    if value == 0 and len(sections) > 2:
        return sections[2], value
    return sections[0], value


def _grouped(value: float, body: str, rules: LocaleRules) -> str:
    whole_pattern, _, decimal_pattern = body.partition(".")
    places = len(decimal_pattern.replace(",", ""))
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    sign, text = ("-" if rounded < 0 else ""), f"{abs(rounded):f}"
    whole, _, decimals = text.partition(".")
    needed = decimal_pattern.count("0")
    while len(decimals) > needed and decimals.endswith("0"):
        decimals = decimals[:-1]
    whole = whole.lstrip("0").zfill(whole_pattern.count("0"))
    if "," in whole_pattern:
        whole = f"{int(whole or 0):,}".replace(",", rules.thousands)
    return sign + whole + (rules.decimal + decimals if decimals else "")


def _literal(text: str) -> str:
    text = re.sub(r"\[\$([^\]-]*)[^\]]*\]", r"\1", text)
    text = re.sub(r"\[[^\]]*\]|_.|\*.", "", text)
    return re.sub(r'"([^"]*)"|\\(.)', lambda m: m.group(1) or m.group(2) or "", text)
