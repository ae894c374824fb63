"""Typing text into a cell, and showing what is in it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.sandbox.locales import rules_for
from pipeline.sandbox.values import CellError, Formula, show, type_text


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("2,000,000.01", 2000000.01, "2,000,000.01"),
        ("1,234", 1234, "1,234"),
        ("1,23", "1,23", "1,23"),
        ("0042", 42, "42"),
        ("+4420", 4420, "4420"),
        ("-3", -3, "-3"),
        (".5", 0.5, "0.5"),
        ("3_2_1", "3_2_1", "3_2_1"),
        ("nan", "nan", "nan"),
        ("inf", "inf", "inf"),
        ("1e5", 100000, "1.00E+05"),
        ("1e999", "1e999", "1e999"),
        ("٣", "٣", "٣"),
        ("50%", 0.5, "50%"),
        ("12.5%", 0.125, "12.50%"),
        ("$5", 5, "$5"),
        ("$1,234.50", 1234.5, "$1,234.50"),
        ("true", True, "TRUE"),
        ("2020-01-01", 43831, "2020-01-01"),
        ("1999-01-02", 36162, "1999-01-02"),
        ("2020-13-01", "2020-13-01", "2020-13-01"),
        ("1/2/2020", 43832, "1/2/2020"),
        ("13/2/2020", "13/2/2020", "13/2/2020"),
        ("12:30", 0.5208333333333334, "12:30"),
        ("1:05 pm", 13 / 24 + 5 / 1440, "1:05 pm"),
        ("2020-01-01 12:00:00", 43831.5, "2020-01-01 12:00:00"),
        ("'0042", "0042", "0042"),
        ("Non-numeric value", "Non-numeric value", "Non-numeric value"),
        ("two\nlines", "two\nlines", "two\nlines"),
        (" padded ", " padded ", " padded "),
        ("=", "=", "="),
    ],
)
def test_what_an_american_spreadsheet_makes_of_typed_text(typed: str, value: Any, shown: str) -> None:
    rules = rules_for("en_US")
    entered = type_text(typed, rules)
    assert type(entered.value) is type(value)
    assert entered.value == (pytest.approx(value) if isinstance(value, float) else value)
    assert show(entered.value, entered.number_format, rules).lower() == shown.lower()


@pytest.mark.parametrize(
    ("locale", "typed", "value", "shown"),
    [
        ("fr_FR", "1,5", 1.5, "1,5"),
        ("fr_FR", "31/12/2024", 45657, "31/12/2024"),
        ("fr_FR", "VRAI", True, "VRAI"),
        ("de_DE", "1.234,5", 1234.5, "1.234,50"),
        ("de_DE", "31.12.2024", 45657, "31.12.2024"),
        ("es_ES", "falso", False, "FALSO"),
        ("it_IT", "31/12/2024", 45657, "31/12/2024"),
        ("sv_SE", "2024-12-31", 45657, "2024-12-31"),
        ("en_GB", "31/12/2024", 45657, "31/12/2024"),
        ("xx_XX", "TRUE", True, "TRUE"),
    ],
)
def test_other_locales_read_and_show_their_own_way(locale: str, typed: str, value: Any, shown: str) -> None:
    rules = rules_for(locale)
    entered = type_text(typed, rules)
    assert entered.value == value
    assert show(entered.value, entered.number_format, rules) == shown


def test_a_formula_is_kept_as_typed() -> None:
    entered = type_text("= 1 / 1024", rules_for("en_US"))
    assert isinstance(entered.value, Formula)
    assert entered.value == "= 1 / 1024"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1 / 1024, "0.0009765625"),
        (1 / 3, "0.3333333333"),
        (2 / 3, "0.6666666667"),
        (1e20, "1E+20"),
        (123456789012, "123456789012"),
        (0.1 + 0.2, "0.3"),
        (-1.5, "-1.5"),
        (0, "0"),
        (True, "TRUE"),
        (None, ""),
        (CellError("#N/A"), "#N/A"),
    ],
)
def test_values_without_a_format(value: Any, shown: str) -> None:
    assert show(value, None, rules_for("en_US")) == shown


@pytest.mark.parametrize(
    ("value", "pattern", "shown"),
    [
        (1234.567, "#,##0.00", "1,234.57"),
        (0.5, "0.##", "0.5"),
        (7, "000", "007"),
        (-5, '0;"minus "0', "minus 5"),
        (0, "0;-0;none", "none"),
        (0.256, "0.0%", "25.6%"),
        (12345, "0.0E+00", "1.2E+04"),
        (9.5, '[$€]#,##0.00" each"', "€9.50 each"),
        (43831.75, "d mmm yyyy hh:mm", "1 Jan 2020 18:00"),
        (43831.75, "dddd, d mmmm yy h:mm am/pm", "Wednesday, 1 January 20 6:00 PM"),
        (1.5, "[h]:mm:ss", "36:00:00"),
    ],
)
def test_values_shown_by_a_pattern(value: float, pattern: str, shown: str) -> None:
    assert show(value, {"type": "NUMBER", "pattern": pattern}, rules_for("en_US")) == shown
