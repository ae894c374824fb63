"""What came of an introduction: exchanges as the secretariat notes them, their case sheets, and earlier ones.

Exchanges come from the `Exchanges` tab, where people fill in dates, lessons and quotes; exchanges from
before the tool come from a CSV. A case sheet prints only what those concerned agreed to.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipeline.cleaning.plain_text import free_text, one_line
from pipeline.errors import MatchmakerError, UsageError
from pipeline.letters.templating import Templates, page_loads, page_tags
from pipeline.model import Cell, PastExchange, Problem, SheetRow, Table

SHEET_EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet's serial dates."""

TOOK_PLACE = "Took place"

_PAST_COLUMNS = ("sending", "receiving", "joining", "ended")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?")


class QuoteWithoutConsent(MatchmakerError):
    """A case sheet was to print somebody's words without their yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Somebody's words about an exchange. `consent`: the person said they may be published."""

    text: str
    author: str
    role: str | None = None
    consent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange as it is told afterwards. `dates` is what is printed; `first_day` and `last_day` when known."""

    id: str
    title: str
    sending: str
    receiving: str
    joining: str | None = None
    dates: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    place: str | None = None
    format: str | None = None
    topics: tuple[str, ...] = ()
    story: str | None = None
    participants: int | None = None
    fewer_opportunities: int | None = None
    lessons_host: tuple[str, ...] = ()
    lessons_participants: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    next_steps: str | None = None
    took_place: bool = True


def publishable(exchange: Exchange) -> Exchange:
    """The exchange without quotes nobody agreed to publish."""
    return replace(exchange, quotes=tuple(quote for quote in exchange.quotes if quote.consent))


def case_sheet(exchange: Exchange, templates: Templates, *, language: str | None = None) -> str:
    """The case sheet as an HTML page that prints on one sheet of paper.

    Raises QuoteWithoutConsent naming the authors whose yes is missing; `publishable` leaves them out.
    """
    return _filled(exchange, templates, "case_sheet.html", language)


def case_sheet_text(exchange: Exchange, templates: Templates, *, language: str | None = None) -> str:
    """The case sheet as plain text, for a mail or a web editor. Raises as `case_sheet`."""
    return _filled(exchange, templates, "case_sheet.txt", language)


def _filled(exchange: Exchange, templates: Templates, name: str, language: str | None) -> str:
    missing = [quote.author for quote in exchange.quotes if not quote.consent]
    if missing:
        raise QuoteWithoutConsent(
            f"The case sheet of {exchange.id} quotes {', '.join(missing)} without a noted consent.",
            hint='Ask them and tick "Quote may be published", or take the quote out.',
        )
    chosen = language or templates.default
    fields: dict[str, Any] = {
        "language": chosen,
        "title": one_line(exchange.title) or "",
        "sending": one_line(exchange.sending) or "",
        "receiving": one_line(exchange.receiving) or "",
        "joining": one_line(exchange.joining),
        "dates": one_line(exchange.dates),
        "place": one_line(exchange.place),
        "format": one_line(exchange.format),
        "topics": _lines(exchange.topics),
        "story": free_text(exchange.story, 4000),
        "participants": exchange.participants,
        "lessons_host": _lines(exchange.lessons_host),
        "lessons_participants": _lines(exchange.lessons_participants),
        "quotes": [
            {"text": free_text(quote.text, 1000), "author": one_line(quote.author), "role": one_line(quote.role)}
            for quote in exchange.quotes
            if free_text(quote.text)
        ],
        "next_steps": free_text(exchange.next_steps),
        "reference": exchange.id,
    }
    return templates.render(chosen, name, fields)


def _lines(texts: Sequence[str]) -> list[str]:
    return [line for line in (one_line(text, 400) for text in texts) if line]


def check_case_sheet(templates: Templates) -> list[str]:
    """What is wrong with the case sheet's templates: one sentence each, empty when all is well."""
    problems: list[str] = []
    for language in templates.languages:
        try:
            pages = [case_sheet(_sample(text), templates, language=language) for text in ("Sample", "<b>{{ 7 * 7 }}")]
            case_sheet(_bare_sample(), templates, language=language)
            case_sheet_text(_sample("Sample"), templates, language=language)
            case_sheet_text(_bare_sample(), templates, language=language)
        except MatchmakerError as error:
            problems.append(str(error))
            continue
        if page_loads(pages[0]) or page_tags(pages[0]) != page_tags(pages[1]):
            problems.append(f"templates: {language}/case_sheet.html loads something or lets answers change the page.")
    return problems


def _sample(text: str) -> Exchange:
    several = (text, text)
    return Exchange(
        id="M-sample", title=text, sending=text, receiving=text, joining=text, dates=text, place=text, format=text,
        topics=several, story=text, participants=3, lessons_host=several, lessons_participants=several,
        quotes=(Quote(text=text, author=text, role=text, consent=True),), next_steps=text,
    )  # fmt: skip


def _bare_sample() -> Exchange:
    return Exchange(id="M-sample", title="Sample", sending="A", receiving="B")


def exchanges_of(table: Table) -> tuple[tuple[Exchange, ...], tuple[Problem, ...]]:
    """The exchanges of the tab that took place, and what in their rows cannot be read.

    An exchange with an unreadable cell is kept without that cell. Rows not ticked as having taken place are left out.
    """
    exchanges: list[Exchange] = []
    problems: list[Problem] = []
    for row in table.rows:
        if row.cells.get(TOOK_PLACE) is not True:
            continue
        reader = _RowReader(table.title, row)
        exchange = _exchange(reader)
        problems += reader.problems
        if exchange is not None:
            exchanges.append(exchange)
    return tuple(exchanges), tuple(problems)


def _exchange(reader: _RowReader) -> Exchange | None:
    match, sending, receiving = (
        reader.text(key) for key in ("Match", "Sending organisation", "Receiving organisation")
    )
    if not match or not sending or not receiving:
        return None
    quote = reader.text("Quote")
    first, last = reader.day("From"), reader.day("To")
    return Exchange(
        id=match,
        title=reader.text("Title") or f"{sending} at {receiving}",
        sending=sending,
        receiving=receiving,
        joining=reader.text("Joining organisation"),
        dates=printed_dates(first, last),
        first_day=first,
        last_day=last,
        format=reader.text("Format"),
        participants=reader.count("Participants"),
        fewer_opportunities=reader.count("Of whom with fewer opportunities"),
        lessons_host=reader.lines("Lessons of the host"),
        lessons_participants=reader.lines("Lessons of the participants"),
        quotes=(
            Quote(
                text=quote,
                author=reader.text("Quote by") or "A participant",
                consent=reader.row.cells.get("Quote may be published") is True,
            ),
        )
        if quote
        else (),
        next_steps=reader.free("Next steps"),
    )


class _RowReader:
    """Reads the cells of one row, collecting what people must mend."""

    def __init__(self, tab: str, row: SheetRow) -> None:
        self.tab = tab
        self.row = row
        self.problems: list[Problem] = []

    def text(self, header: str) -> str | None:
        return one_line(_as_text(self.row.cells.get(header)), 400)

    def free(self, header: str) -> str | None:
        return free_text(_as_text(self.row.cells.get(header)))

    def lines(self, header: str) -> tuple[str, ...]:
        return tuple(_lines((self.free(header) or "").split("\n")))

    def count(self, header: str) -> int | None:
        cell = self.row.cells.get(header)
        text = _as_text(cell)
        if not text:
            return None
        if re.fullmatch(r"\d{1,5}(?:\.0*)?", text):
            return int(float(text))
        self._note(header, "a whole number")
        return None

    def day(self, header: str) -> date | None:
        cell = self.row.cells.get(header)
        if cell is None or cell == "":
            return None
        found = read_day(cell)
        if found is None:
            self._note(header, "a date, such as 2026-05-12")
        return found

    def _note(self, header: str, wanted: str) -> None:
        where = f"{self.tab}, row {self.row.number}, {header}"
        key = f"exchange:{_as_text(self.row.cells.get('Match'))}:{header}"
        self.problems.append(Problem(where=where, what=f"This is not {wanted}.", fix=f"Write {wanted}.", key=key))


def _as_text(cell: Cell) -> str | None:
    if cell is None or isinstance(cell, bool):
        return None
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def read_day(cell: Cell) -> date | None:
    """A day from a cell: a serial number as spreadsheets keep dates, or `2026-05-12`; None when it is neither."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return SHEET_EPOCH + timedelta(days=int(cell)) if 1 <= cell < 200_000 else None
    try:
        return date.fromisoformat(cell.strip())
    except ValueError:
        return None


def printed_dates(first: date | None, last: date | None) -> str | None:
    """A span as case sheets print it: `9–14 December 2024`; a missing end is left out."""
    if first is None or last is None or first == last:
        only = first or last
        return _printed(only) if only else None
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_printed(last)}"
    start = _printed(first, year=first.year != last.year)
    return f"{start} – {_printed(last)}"


def _printed(day: date, *, year: bool = True) -> str:
    # not strftime, whose month names follow the machine's locale
    return f"{day.day} {_MONTHS[day.month - 1]}" + (f" {day.year}" if year else "")


def read_past_exchanges(path: Path) -> tuple[PastExchange, ...]:
    """Exchanges from before the tool, from a CSV with the columns sending, receiving, joining, ended.

    Comma or semicolon, UTF-8 with or without a mark; `joining` and `ended` may be blank or absent. `ended` is a
    day, a month (`2024-12`) or a year, of which the last day counts. Raises UsageError naming row and column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint="Check matching.past_exchanges.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8.", hint='Save it as "CSV UTF-8".') from None
    header = text.partition("\n")[0]
    rows = csv.DictReader(
        text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ",", restval=""
    )
    names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
    if "sending" not in names or "receiving" not in names:
        raise UsageError(
            f"{path} has no columns sending and receiving (seen: {', '.join(filter(None, names)) or 'none'}).",
            hint=f"Its first line must be: {','.join(_PAST_COLUMNS)}",
        )
    return tuple(
        past
        for number, row in enumerate(rows, start=2)
        if (past := _past({key: row.get(name) or "" for key, name in names.items()}, f"{path}, row {number}"))
    )


def _past(row: Mapping[str, Any], where: str) -> PastExchange | None:
    values = {key: one_line(str(row.get(key, ""))) for key in _PAST_COLUMNS}
    if not any(values.values()):
        return None
    sending, receiving, ended = values["sending"], values["receiving"], values["ended"]
    if not sending or not receiving:
        raise UsageError(f"{where}: sending and receiving must both be filled.", hint="Fill them, or remove the row.")
    last_day = _last_day(ended) if ended else None
    if ended and last_day is None:
        raise UsageError(
            f"{where}, ended: {ended} is not a date.", hint="Write 2024-12-14, 2024-12 or 2024, or leave it blank."
        )
    return PastExchange(sending=sending, receiving=receiving, joining=values["joining"], ended=last_day)


def _last_day(text: str) -> date | None:
    found = _MONTH.fullmatch(text)
    if found is None:
        return read_day(text)
    year, month = int(found[1]), int(found[2] or 12)
    if not 1 <= month <= 12 or year < 1900:
        return None
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
