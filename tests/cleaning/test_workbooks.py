"""Workbooks that would exhaust the machine or leave their folder are refused before they are unpacked."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from pipeline.cleaning import workbook_trouble


def packed(path: Path, name: str, content: bytes) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def test_an_ordinary_workbook_may_be_opened(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for number in range(2_000):
        book.worksheets[0].append([f"R{number}", f"Organisation {number}", "Sweden"])
    path = tmp_path / "ordinary.xlsx"
    book.save(path)
    assert workbook_trouble(path) is None


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    said = workbook_trouble(packed(tmp_path / "bomb.xlsx", "xl/worksheets/sheet1.xml", b"a" * 40_000_000))
    assert said is not None
    assert "tightly" in said


@pytest.mark.parametrize("name", ["../../escaped.xml", "/etc/cron.d/x", "xl\\..\\..\\x"])
def test_a_part_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    assert workbook_trouble(packed(tmp_path / "slip.xlsx", name, b"x")) is not None


def test_what_is_no_archive_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "text.xlsx"
    path.write_text("id,organisation\n")
    assert workbook_trouble(path) == "is no workbook"
