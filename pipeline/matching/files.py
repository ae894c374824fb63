"""Lists of requests and offers as files: the columns of `matchmaker match`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from pipeline.cleaning.lists import Line, read_list
from pipeline.cleaning.plain_text import free_text
from pipeline.model import Entry, Role

REQUIRED = ("id", "organisation", "country", "role")
COLUMNS = [
    "id",
    "submitted_at",
    "organisation",
    "email_domain",
    "country",
    "region",
    "city",
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
_TRUE = {"1", "true", "yes", "y"}
_FALSE = {"0", "false", "no", "n", ""}
_LARGEST = 10_000
_HINT = "The columns are described in docs/matching.md."


def read_entries(path: Path) -> list[Entry]:
    """The entries of a CSV or XLSX list, in order.

    Raises UsageError naming the file, row and column of the first thing that cannot be read. Unknown
    columns are ignored; a missing optional column means: not stated.
    """
    listing = read_list(path, required=REQUIRED, known=COLUMNS, key="id", hint=_HINT)
    return [_entry(_Row(line)) for line in listing.lines]


def read_declined(path: Path) -> frozenset[frozenset[str]]:
    """Pairs of entry ids declined before: columns `query_id, candidate_id`. Raises UsageError."""
    required = ("query_id", "candidate_id")
    listing = read_list(path, required=required, hint=f"The columns are {', '.join(required)}.", may_be_empty=True)
    return frozenset(frozenset(line.cells.values()) for line in listing.lines)


class _Row:
    """One row being read as the answers of an entry."""

    def __init__(self, line: Line) -> None:
        self.raw, self.wrong = line.text, line.wrong

    def text(self, column: str) -> str | None:
        """A cell as it may be quoted: a reason with a control character could not be written into a workbook."""
        value = self.raw(column)
        return value if value is None or value.isprintable() else free_text(value, len(value))

    def identifier(self) -> str:
        """As it stands: the result names entries by it."""
        self.required("id")
        return self.raw("id") or ""

    def items(self, column: str) -> tuple[str, ...]:
        parts = (self.text(column) or "").split(";")
        return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))

    def required(self, column: str) -> str:
        value = self.text(column)
        if value is None:
            raise self.wrong(column, "is blank", "Fill it in, or take the row out.")
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


def _entry(row: _Row) -> Entry:
    return Entry(
        id=row.identifier(),
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
