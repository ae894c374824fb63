"""Files as people have them, and what they are told about bad ones."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.linkage.files import harmless, read_records, write_rows

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
        ("", "is empty"),
        ("\n", "is empty"),
        (HEADER, "no rows"),
        ("id,name\n1,x\n", "lacks the columns record_id, organisation; it has id, name"),
        ("record_id,organisation,record_id\n1,x,2\n", "has the column record_id twice"),
        (HEADER + "1,a,,,,\n2,b,,,,\n1,c,,,,\n", "row 4: record_id 1 is that of row 2 too"),
        (HEADER + ",a,,,,\n", "row 2: record_id is blank"),
        (HEADER + "1,a,b,c,d,e,f\n", "row 2: 7 cells below 6 columns"),
        (HEADER.encode() + "1,Borås,,,,\n".encode("latin-1"), "not UTF-8"),
        (b"\x00\x01\x02\x03", "lacks the columns"),
    ],
)
def test_bad_lists_are_refused_with_place_and_remedy(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_records(written(tmp_path, text))
    assert says in str(refused.value)
    assert "list.csv" in str(refused.value)
    assert refused.value.hint


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        read_records(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="is a folder"):
        read_records(tmp_path)


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


@pytest.mark.parametrize("content", [b"not a zip", b"PK\x03\x04 broken"])
def test_a_broken_workbook(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match="not a workbook"):
        read_records(written(tmp_path, content, "list.xlsx"))


def test_an_archive_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(UsageError, match="not a workbook"):
        read_records(path)


def test_a_workbook_with_a_way_out_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.xml", "x")
    with pytest.raises(UsageError, match="leading out"):
        read_records(path)


def test_a_workbook_that_unpacks_to_a_mountain_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.linkage.files.LARGEST_WORKBOOK", 1000)
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 100_000)
    with pytest.raises(UsageError, match="unpacks to more than"):
        read_records(path)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_our_text_is_never_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("Both are in Borås") == "Both are in Borås"


def test_a_result_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before", encoding="utf-8")

    def rows() -> list[tuple[str, str]]:
        return [("1", "C1")]

    write_rows(target, ("record_id", "cluster_id"), rows())
    with target.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["record_id", "cluster_id"], ["1", "C1"]]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
