from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import IndicatorRow
from pipeline.partnership.indicators import (
    UNCOUNTABLE,
    CountedEntry,
    CountedExchange,
    indicator_frame,
    indicator_rows,
    load_indicators,
)

ENTRIES = (
    CountedEntry(entry="E-1", organisation="O-boras", consent=True, since=date(2025, 1, 10)),
    CountedEntry(entry="E-2", organisation="O-boras", consent=True, since=date(2025, 2, 1)),
    CountedEntry(entry="E-3", organisation="O-ghent", consent=True, since=date(2025, 3, 1)),
    CountedEntry(entry="E-4", organisation="O-soc", consent=False, since=date(2025, 3, 1)),
    CountedEntry(entry="E-5", organisation="O-later", consent=True, since=date(2026, 1, 1)),
)
EXCHANGES = (
    CountedExchange(id="M-1", ended=date(2025, 5, 13), participants=4, fewer_opportunities=1),
    CountedExchange(id="M-2", ended=date(2025, 6, 1), participants=6, fewer_opportunities=2),
    CountedExchange(id="M-3", ended=date(2025, 7, 1), participants=5),
    CountedExchange(id="M-4", ended=date(2026, 7, 1), participants=5, fewer_opportunities=5),
)


def row_of(part: str, rows: tuple[IndicatorRow, ...]) -> IndicatorRow:
    return next(row for row in rows if part in row.title)


@pytest.fixture
def rows() -> tuple[IndicatorRow, ...]:
    return indicator_rows(load_indicators(), today=date(2025, 12, 31), entries=ENTRIES, exchanges=EXCHANGES)


def test_all_seven_indicators_of_the_partnership_are_there(rows: tuple[IndicatorRow, ...]) -> None:
    assert [row.title[:2] for row in rows[:7]] == [f"{number}." for number in range(1, 8)]
    assert [row.target for row in rows[:7]] == [10, 20, 20, 2, 30, 10, 2]


def test_what_is_due_at_the_end_of_the_first_year(rows: tuple[IndicatorRow, ...]) -> None:
    assert [row.due for row in rows[:7]] == [10, 10, None, 1, 10, 10, None]


def test_within_a_year_the_milestone_of_the_year_before_is_due() -> None:
    rows = indicator_rows(load_indicators(), today=date(2025, 12, 30))
    assert [row.due for row in rows[:7]] == [4, None, None, None, None, None, None]


def test_a_plan_that_began_later_has_its_milestones_later(tmp_path: Path) -> None:
    definitions = load_indicators(write(tmp_path, GOOD.replace("year_1 = 2025", "year_1 = 2026")))
    assert [indicator_rows(definitions, today=date(year, 12, 31))[0].due for year in (2025, 2026)] == [None, 10]


def test_institutions_are_counted_once_and_only_with_consent(rows: tuple[IndicatorRow, ...]) -> None:
    row = row_of("Database entries", rows)
    assert (row.counted, row.reached) == (2, False)
    assert row.of == "3 entries of O-boras, O-ghent"


def test_the_share_counts_only_exchanges_with_both_numbers(rows: tuple[IndicatorRow, ...]) -> None:
    row = row_of("fewer opportunities, in per cent", rows)
    assert row.counted == 30
    assert row.of == "3 of 10 participants in 2 exchanges"


def test_each_exchange_is_named(rows: tuple[IndicatorRow, ...]) -> None:
    row = row_of("Exchanges that took place", rows)
    assert (row.counted, row.of) == (3, "M-1, M-2, M-3")


def test_what_nobody_noted_is_not_zero(rows: tuple[IndicatorRow, ...]) -> None:
    row = row_of("Promoters", rows)
    assert (row.counted, row.reached) == (None, None)
    assert row.of.startswith(UNCOUNTABLE)


def test_without_any_data_the_table_still_stands() -> None:
    rows = indicator_rows(load_indicators(), today=date(2025, 1, 1))
    assert row_of("Database entries", rows).counted == 0
    assert row_of("in per cent", rows).counted is None
    frame = indicator_frame(rows)
    assert list(frame.columns) == ["Indicator", "Target", "Due by now", "Counted", "Of"]
    assert not frame.isna().any().any()


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "indicators.toml"
    file.write_text(text, encoding="utf-8")
    return file


GOOD = 'year_1 = 2025\n[[indicator]]\nnumber = 6\ntitle = "Promoters"\ntarget = 10\ndue = { 1 = 10 }\n'


def test_the_register_kept_by_hand_counts_until_today(tmp_path: Path) -> None:
    register = (
        '[[register]]\nindicator = 6\non = 2025-06-30\ncount = 4\nwhat = "June call"\n'
        "[[register]]\nindicator = 6\non = 2026-06-30\ncount = 3\n"
    )
    definitions = load_indicators(write(tmp_path, GOOD + register))
    (row,) = indicator_rows(definitions, today=date(2025, 12, 31))
    assert (row.counted, row.reached) == (4, False)
    assert row.of == "noted by hand: 2025-06-30: 4 (June call)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("year_1 = ", "not valid TOML"),
        (GOOD + "colour = 1\n", "indicator.0.colour"),
        (GOOD + "[[register]]\nindicator = 9\non = 2025-01-01\n", "indicator 9, which is not defined"),
        (GOOD + '[[indicator]]\nnumber = 6\ntitle = "Again"\n', "the same number"),
        (GOOD.replace("2025\n", "25\n", 1), "year_1"),
    ],
)
def test_a_mistake_in_the_file_is_told_by_its_path(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=told):
        load_indicators(write(tmp_path, text))
