from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.adapters.past_exchanges import read_past_exchanges
from pipeline.errors import UsageError
from pipeline.model import PastExchange


def read(tmp_path: Path, text: str) -> tuple[PastExchange, ...]:
    file = tmp_path / "past.csv"
    file.write_bytes(text.encode())
    return read_past_exchanges(file)


def test_days_months_and_years(tmp_path: Path) -> None:
    text = "sending,receiving,joining,ended\nA,B,,2024-12-14\nA,C,D,2024-12\nE,F,,2025\nG,H,,\n"
    assert [past.ended for past in read(tmp_path, text)] == [
        date(2024, 12, 14), date(2024, 12, 31), date(2025, 12, 31), None
    ]  # fmt: skip


def test_semicolons_a_mark_at_the_start_and_other_columns(tmp_path: Path) -> None:
    text = "\ufeffYear;Receiving;Sending\r\n2024;Borås Stad;Région Centre-Val de Loire\r\n;;\r\n"
    assert read(tmp_path, text) == (PastExchange(sending="Région Centre-Val de Loire", receiving="Borås Stad"),)


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
def test_what_is_wrong_is_told_with_its_row(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=told):
        read(tmp_path, text)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_past_exchanges(tmp_path / "none.csv")
