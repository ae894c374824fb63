from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.exchanges.case_sheets import (
    Exchange,
    Quote,
    QuoteWithoutConsent,
    case_sheet,
    case_sheet_text,
    check_case_sheet,
    exchange_of,
    printed_dates,
    publishable,
)
from pipeline.letters.templating import Templates, load_templates, page_loads, page_tags
from pipeline.tabs.exchanges import NotedExchange

ROOT = Path(__file__).parents[2]

EXCHANGE = Exchange(
    id="M-77d0e3b2",
    title="Job Shadowing: reintegrating individuals into education and work",
    sending="Vestland County Council",
    receiving="Borås Stad",
    dates="12–13 May 2025",
    place="Borås, Sweden",
    format="Job shadowing",
    topics=("Inclusive pathways", "Motivational interviewing"),
    story="Three advisors followed the Multicompetent Team.\n\nThey met all agencies involved.",
    lessons_host=("Shared challenges were identified.",),
    lessons_participants=("Person-centred methods work.", "Information should flow between agencies."),
    quotes=(Quote(text="We left full of ideas.", author="Ingrid", role="Advisor, Vestland", consent=True),),
    next_steps="A visit in return.",
)


@pytest.fixture(scope="module")
def templates() -> Templates:
    return load_templates(ROOT / "templates")


def test_the_case_sheet_tells_the_exchange(templates: Templates) -> None:
    for text in (case_sheet(EXCHANGE, templates), case_sheet_text(EXCHANGE, templates)):
        for told in ("Vestland County Council", "12–13 May 2025", "Shared challenges", "We left full", "in return"):
            assert told in text


def test_a_quote_without_consent_is_never_printed(templates: Templates) -> None:
    quotes = (*EXCHANGE.quotes, Quote(text="Between us: chaos.", author="Nicholas"))
    exchange = replace(EXCHANGE, quotes=quotes)
    for print_it in (case_sheet, case_sheet_text):
        with pytest.raises(QuoteWithoutConsent, match="Nicholas"):
            print_it(exchange, templates)
    assert "Between us" not in case_sheet(publishable(exchange), templates)
    assert "We left full" in case_sheet(publishable(exchange), templates)


def test_answers_cannot_change_the_page(templates: Templates) -> None:
    nasty = "</h1><script>alert(1)</script>{{ 7 * 7 }}"
    spoilt = replace(
        EXCHANGE, title=nasty, sending=nasty, story=nasty, quotes=(Quote(text=nasty, author=nasty, consent=True),)
    )
    page = case_sheet(spoilt, templates)
    benign = replace(EXCHANGE, quotes=(Quote(text="x", author="x", consent=True),))
    assert page_tags(page) == page_tags(case_sheet(benign, templates))
    assert page_loads(page) == ()
    assert "49" not in page


def test_the_shipped_templates_are_fine_and_a_broken_one_is_told(templates: Templates) -> None:
    assert check_case_sheet(templates) == []
    sources = {**templates.sources, "en/case_sheet.html": templates.sources["en/case_sheet.html"] + "{{ colour }}"}
    assert "en/case_sheet.html, line" in check_case_sheet(Templates(sources))[0]


NOTED = NotedExchange(
    match="M-77D0E3B2AA",
    status="Took place: matchmaker report makes its case sheet",
    took_place=True,
    will_not_happen=False,
    dated=True,
    sending="Vestland",
    receiving="Borås",
    first_day=date(2025, 5, 12),
    last_day=date(2025, 5, 13),
    quote="Fine.",
)


def test_a_row_of_the_tab_becomes_an_exchange() -> None:
    assert exchange_of(NOTED) == Exchange(
        id="M-77D0E3B2AA",
        title="Vestland at Borås",
        sending="Vestland",
        receiving="Borås",
        dates="12–13 May 2025",
        first_day=date(2025, 5, 12),
        last_day=date(2025, 5, 13),
        quotes=(Quote(text="Fine.", author="A participant", consent=False),),
    )


def test_what_the_officer_wrote_is_kept() -> None:
    noted = replace(
        NOTED,
        joining="Gent",
        title="A week of motivational interviewing",
        format="Job shadowing",
        participants=3,
        fewer_opportunities=0,
        lessons_host=("One", "Two"),
        lessons_participants=("Three",),
        quote_by="Ingrid, Advisor",
        quote_consent=True,
        next_steps="A visit in return.",
    )
    assert exchange_of(noted) == Exchange(
        id="M-77D0E3B2AA",
        title="A week of motivational interviewing",
        sending="Vestland",
        receiving="Borås",
        joining="Gent",
        dates="12–13 May 2025",
        first_day=date(2025, 5, 12),
        last_day=date(2025, 5, 13),
        format="Job shadowing",
        participants=3,
        fewer_opportunities=0,
        lessons_host=("One", "Two"),
        lessons_participants=("Three",),
        quotes=(Quote(text="Fine.", author="Ingrid, Advisor", consent=True),),
        next_steps="A visit in return.",
    )


@pytest.mark.parametrize("side", ["sending", "receiving"])
def test_a_row_that_does_not_say_who_was_where_tells_nothing(side: str) -> None:
    nobody = replace(NOTED, sending=None) if side == "sending" else replace(NOTED, receiving=None)
    assert exchange_of(nobody) is None


@pytest.mark.parametrize(
    ("first", "last", "printed"),
    [
        (date(2024, 12, 9), date(2024, 12, 14), "9–14 December 2024"),
        (date(2025, 4, 30), date(2025, 5, 2), "30 April – 2 May 2025"),
        (date(2024, 12, 30), date(2025, 1, 2), "30 December 2024 – 2 January 2025"),
        (date(2025, 5, 1), date(2025, 5, 1), "1 May 2025"),
        (date(2025, 5, 1), None, "1 May 2025"),
        (None, None, None),
    ],
)
def test_dates_are_printed_as_people_write_them(first: date | None, last: date | None, printed: str | None) -> None:
    assert printed_dates(first, last) == printed
