from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.exchanges.case_sheets import (
    Exchange,
    Quote,
    QuoteWithoutConsent,
    case_sheet,
    case_sheet_text,
    check_case_sheet,
    exchanges_of,
    printed_dates,
    publishable,
    read_past_exchanges,
)
from pipeline.letters.templating import Templates, load_templates, page_loads, page_tags
from pipeline.model import Cell, PastExchange, SheetRow, Table

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


def row(number: int, **cells: Cell) -> SheetRow:
    filled: dict[str, Cell] = {
        "Match": f"M-{number}",
        "Took place": True,
        "Sending organisation": "Vestland",
        "Receiving organisation": "Borås",
    }
    return SheetRow(number=number, cells={**filled, **{key.replace("_", " "): value for key, value in cells.items()}})


def table(*rows: SheetRow) -> Table:
    return Table(title="Exchanges", header=tuple(rows[0].cells), rows=rows)


def test_the_tab_is_read_as_people_fill_it() -> None:
    (exchange,), problems = exchanges_of(
        table(
            row(
                2,
                From=45789.0,
                To="2025-05-13",
                Format="Job shadowing",
                Participants=3.0,
                Of_whom_with_fewer_opportunities="0",
                Lessons_of_the_host="One\nTwo\n",
                Quote="Fine.",
                Quote_by="Ingrid, Advisor",
                Quote_may_be_published=True,
            )
        )
    )
    assert problems == ()
    assert exchange.title == "Vestland at Borås"
    assert exchange.dates == "12–13 May 2025"
    assert (exchange.participants, exchange.fewer_opportunities) == (3, 0)
    assert exchange.lessons_host == ("One", "Two")
    assert exchange.quotes == (Quote(text="Fine.", author="Ingrid, Advisor", consent=True),)


def test_only_what_took_place_is_told() -> None:
    exchanges, _ = exchanges_of(
        table(row(2), row(3, Took_place=False), row(4, Took_place="TRUE"), row(5, Took_place=None))
    )
    assert [exchange.id for exchange in exchanges] == ["M-2"]


@pytest.mark.parametrize("tick", [None, False, "TRUE", "yes", 1])
def test_only_a_real_tick_is_consent(tick: Cell) -> None:
    (exchange,), _ = exchanges_of(table(row(2, Quote="Fine.", Quote_may_be_published=tick)))
    assert not exchange.quotes[0].consent


def test_an_unreadable_cell_is_told_and_the_rest_kept() -> None:
    (exchange,), problems = exchanges_of(table(row(7, From="soon", Participants="some", Format="Study visit")))
    assert exchange.format == "Study visit"
    assert [problem.where for problem in problems] == ["Exchanges, row 7, From", "Exchanges, row 7, Participants"]
    assert all(problem.fix for problem in problems)


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


class TestPastExchanges:
    def read(self, tmp_path: Path, text: str) -> tuple[PastExchange, ...]:
        file = tmp_path / "past.csv"
        file.write_bytes(text.encode())
        return read_past_exchanges(file)

    def test_days_months_and_years(self, tmp_path: Path) -> None:
        text = "sending,receiving,joining,ended\nA,B,,2024-12-14\nA,C,D,2024-12\nE,F,,2025\nG,H,,\n"
        assert [past.ended for past in self.read(tmp_path, text)] == [
            date(2024, 12, 14), date(2024, 12, 31), date(2025, 12, 31), None
        ]  # fmt: skip

    def test_semicolons_a_mark_at_the_start_and_other_columns(self, tmp_path: Path) -> None:
        text = "\ufeffYear;Receiving;Sending\r\n2024;Borås Stad;Région Centre-Val de Loire\r\n;;\r\n"
        assert self.read(tmp_path, text) == (
            PastExchange(sending="Région Centre-Val de Loire", receiving="Borås Stad"),
        )

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("from,to\nA,B\n", "no columns sending and receiving"),
            ("sending,receiving\nA,\n", "row 2: sending and receiving must both"),
            ("sending,receiving,ended\nA,B,2024\nA,B,last year\n", "row 3, ended: last year"),
            ("sending,receiving,ended\nA,B,2024-13\n", "row 2, ended"),
            ("", "no columns"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_row(self, text: str, told: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=told):
            self.read(tmp_path, text)

    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="cannot be read"):
            read_past_exchanges(tmp_path / "none.csv")
