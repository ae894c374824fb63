"""Lists of organisations as people have them. What is said of files in general: `tests/test_lists.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.linkage.files import read_records

HEADER = "record_id,organisation,country,city,website,email\n"


def written(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "1,Borås Stad,Sweden,Borås,boras.se,\n",
        "\ufeff" + HEADER + "1,Borås Stad,Sweden,Borås,boras.se,\r\n",
        HEADER.replace(",", ";") + "1;Borås Stad;Sweden;Borås;boras.se;\n",
        HEADER.replace(",", "\t") + "1\tBorås Stad\tSweden\tBorås\tboras.se\t\n",
        "Organisation,RECORD_ID,note,country,website,city\nBorås Stad,1,x,Sweden,boras.se,Borås\n",
        (HEADER + "1,Borås Stad,Sweden,Borås,boras.se,\n").encode("utf-16"),
        HEADER + '\n1,"Borås Stad",Sweden,Borås,boras.se\n\n',
    ],
)
def test_lists_as_programs_save_them(tmp_path: Path, text: str | bytes) -> None:
    (found,) = read_records(written(tmp_path, text))
    assert (found.record_id, found.organisation, found.country, found.city) == ("1", "Borås Stad", "Sweden", "Borås")
    assert (found.website, found.email) == ("boras.se", None)


def test_missing_optional_columns_mean_not_stated(tmp_path: Path) -> None:
    (found,) = read_records(written(tmp_path, "record_id,organisation\n1,NAV\n"))
    assert found.country is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,name\n1,x\n", "lacks the columns record_id, organisation; it has id, name"),
        (HEADER + "1,a,,,,\n2,b,,,,\n1,c,,,,\n", "row 4, column record_id: '1' was already used in row 2"),
        (HEADER + ",a,,,,\n", "row 2, column record_id: is blank"),
    ],
)
def test_bad_lists_are_refused_with_place_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_records(written(tmp_path, text))
    assert says in str(refused.value)
    assert "list.csv" in str(refused.value)
    assert refused.value.hint


def test_a_workbook(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["record_id", "organisation", "country"])
    sheet.append([7, "Borås Stad", None])
    path = tmp_path / "list.xlsx"
    book.save(path)
    (found,) = read_records(path)
    assert (found.record_id, found.organisation, found.country) == ("7", "Borås Stad", None)
