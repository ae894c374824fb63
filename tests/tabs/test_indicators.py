from __future__ import annotations

from pipeline.model import IndicatorRow
from pipeline.tabs.indicators import TAB, body


def test_the_titles() -> None:
    assert TAB.titles == ("Indicator", "Target", "Due by now", "Counted", "Of")


def test_a_number_nobody_can_give_is_blank_and_a_whole_one_is_whole() -> None:
    rows = (
        IndicatorRow(title="Exchanges", target=12.0, due=3.0, counted=4.0, of="4 exchanges"),
        IndicatorRow(title="Share", target=0.25, due=None, counted=None, of="cannot be counted from the data"),
    )
    assert body(rows) == (
        ("Exchanges", 12, 3, 4, "4 exchanges"),
        ("Share", 0.25, "", "", "cannot be counted from the data"),
    )
    assert [type(cell) for cell in body(rows)[0]] == [str, int, int, int, str]
