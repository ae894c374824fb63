"""Case sheets: one page on each exchange that took place, which prints only what those concerned agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pipeline.cleaning.plain_text import free_text, one_line
from pipeline.errors import MatchmakerError
from pipeline.letters.templating import Templates, page_loads, page_tags
from pipeline.tabs.exchanges import NotedExchange

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


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


def exchange_of(noted: NotedExchange) -> Exchange | None:
    """What a row of the tab `Exchanges` has to tell; None when it does not say who was where."""
    if not noted.sending or not noted.receiving:
        return None
    author = noted.quote_by or "A participant"
    quotes = (Quote(text=noted.quote, author=author, consent=noted.quote_consent),) if noted.quote else ()
    return Exchange(
        id=noted.match,
        title=noted.title or f"{noted.sending} at {noted.receiving}",
        sending=noted.sending,
        receiving=noted.receiving,
        joining=noted.joining,
        dates=printed_dates(noted.first_day, noted.last_day),
        first_day=noted.first_day,
        last_day=noted.last_day,
        format=noted.format,
        participants=noted.participants,
        fewer_opportunities=noted.fewer_opportunities,
        lessons_host=noted.lessons_host,
        lessons_participants=noted.lessons_participants,
        quotes=quotes,
        next_steps=noted.next_steps,
    )


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
