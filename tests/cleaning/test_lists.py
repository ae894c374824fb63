"""Lists as files: what programs save, what people are told of what cannot be read, what is written."""

from __future__ import annotations

import csv
import os
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cleaning.lists import Value, check_targets, read_list, write_list
from pipeline.errors import UsageError

HEADER = "id,name,city\n"
MakeFile = Callable[..., Path]
HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "-12"]


@pytest.fixture
def file(tmp_path: Path) -> MakeFile:
    def make(content: str | bytes, name: str = "list.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return make


@pytest.fixture
def archive(tmp_path: Path) -> MakeFile:
    def make(**parts: str) -> Path:
        path = tmp_path / "list.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in parts.items():
                packed.writestr(name, text)
        return path

    return make


def read(path: Path) -> list[tuple[int, dict[str, str]]]:
    listing = read_list(
        path, required=("id", "name"), known=("city",), key="id", hint="The columns are id, name, city."
    )
    return [(line.number, dict(line.cells)) for line in listing.lines]


def read_back(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as opened:
        return list(csv.reader(opened))


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "1,Borås Stad,Borås\n",
        "\ufeff" + HEADER + "1, Borås Stad ,Borås\r\n",
        HEADER.replace(",", ";") + "1;Borås Stad;Borås\n",
        HEADER.replace(",", "\t") + "1\tBorås Stad\tBorås\n",
        'id;name;city;"note, if any"\n1;Borås Stad;Borås;-\n',
        (HEADER + "1,Borås Stad,Borås\n").encode("utf-16"),
        (HEADER + "1,Borås Stad,Borås\n").replace("\n", "\r"),
        "Name,note,ID,note,City\nBorås Stad,x,1,y,Borås\n",
    ],
)
def test_lists_as_programs_save_them(file: MakeFile, content: str | bytes) -> None:
    assert read(file(content)) == [(2, {"id": "1", "name": "Borås Stad", "city": "Borås"})]


def test_rows_are_numbered_as_a_spreadsheet_does(file: MakeFile) -> None:
    listed = read(file("\n" + HEADER + '\n1,"two\nlines",\n,,\n2,b\n'))
    assert listed == [
        (4, {"id": "1", "name": "two\nlines", "city": ""}),
        (6, {"id": "2", "name": "b", "city": ""}),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        (",,\n", "is empty"),
        (HEADER, "no rows"),
        (HEADER + "\n,,\n", "no rows"),
        ("number,title\n1,x\n", "lacks the columns id, name; it has number, title"),
        ("id;title\n1;x\n", "lacks the column name; it has id, title"),
        ("id,name,ID\n1,x,2\n", "has the column id twice"),
        (HEADER + "1,a,\n2,b,\n1,c,\n", "row 4, column id: '1' was already used in row 2"),
        (HEADER + ",a,\n", "row 2, column id: is blank"),
        (HEADER + "1,a,b,c,d\n", "row 2: 5 cells below 3 columns"),
        (HEADER + f"1,{'a' * 100_001},\n", "row 2, column name: is 100001 characters long"),
        (HEADER + f"1,a,b\n2,{'a' * 1_000_001},\n", "after row 2: this is not CSV"),
        (HEADER.encode() + b"1,a,b\n" + "2,Borås,\n".encode("latin-1"), "this is not UTF-8 text"),
        (b"\x00\x01\x02\x03", "lacks the columns"),
        (b"\xff\xfea", "this is not UTF-8 text"),
    ],
)
def test_bad_lists_are_refused_with_place_and_remedy(file: MakeFile, content: str | bytes, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(file(content))
    assert says in str(refused.value)
    assert "list.csv" in str(refused.value)
    assert refused.value.hint


def test_no_file_a_folder_and_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        read(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="is a folder"):
        read(tmp_path)
    (tmp_path / "round.csv").symlink_to("round.csv")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "round.csv")


def test_a_list_that_may_be_empty(file: MakeFile) -> None:
    listing = read_list(file("id\n"), required=("id",), hint="The column is id.", may_be_empty=True)
    assert listing.header == ("id",)
    assert list(listing.lines) == []


def test_a_long_list_is_not_held_in_memory(file: MakeFile) -> None:
    path = file(HEADER + "".join(f"{number},{'x' * 200},\n" for number in range(50_000)))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_list(path, required=("id", "name"), hint="-").lines) == 50_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < path.stat().st_size / 5


def test_a_workbook_reads_like_its_csv(tmp_path: Path) -> None:
    from datetime import date

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "name", "city"])
    sheet.append([7, date(2031, 5, 1), None])
    sheet.append([7.5, True])
    sheet["A5"] = "x"
    book.save(tmp_path / "list.xlsx")
    assert read(tmp_path / "list.xlsx") == [
        (2, {"id": "7", "name": "2031-05-01", "city": ""}),
        (3, {"id": "7.5", "name": "1", "city": ""}),
        (5, {"id": "x", "name": "", "city": ""}),
    ]


SHEET = """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1"/>
<sheetData>{}</sheetData></worksheet>"""


def test_a_workbook_that_states_a_wrong_size_is_read_whole(archive: MakeFile, tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in cells)
        + "</row>"
        for row, cells in [(1, [("A", "id"), ("B", "name")]), (2, [("A", "1"), ("B", "NAV")])]
    )
    write_list(tmp_path / "ordinary.xlsx", ["id"], [["1"]])
    with zipfile.ZipFile(tmp_path / "ordinary.xlsx") as packed:
        parts = {name: packed.read(name).decode() for name in packed.namelist()}
    path = archive(**parts | {"xl/worksheets/sheet1.xml": SHEET.format(rows)})
    assert read(path) == [(2, {"id": "1", "name": "NAV"})]

    far = rows.replace('<row r="2">', '<row r="2000000000">')
    with pytest.raises(UsageError, match="more rows than"):
        read(archive(**parts | {"xl/worksheets/sheet1.xml": SHEET.format(far)}))


@pytest.mark.parametrize("content", [b"not a zip", b"PK\x03\x04 broken"])
@pytest.mark.parametrize("name", ["list.xlsx", "list.xlsm"])
def test_a_broken_workbook(file: MakeFile, content: bytes, name: str) -> None:
    with pytest.raises(UsageError, match=r"list.xls[xm] is no workbook"):
        read(file(content, name))


def test_archives_that_are_no_workbook(archive: MakeFile, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="not a workbook"):
        read(archive(**{"hello.txt": "x"}))
    with pytest.raises(UsageError, match="leads out"):
        read(archive(**{"../../outside.xml": "x"}))
    with pytest.raises(UsageError, match="packed so tightly"):
        read(archive(**{"xl/worksheets/sheet1.xml": "0" * 40_000_000}))
    monkeypatch.setattr("pipeline.cleaning.workbooks.MOST_BYTES", 1000)
    with pytest.raises(UsageError, match="too large once it is unpacked"):
        read(archive(**{"xl/worksheets/sheet1.xml": "0" * 100_000}))


def test_ids_come_out_as_they_went_in_and_text_is_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_list(path, ["id", "text"], [[cell, cell] for cell in HOSTILE], ids=["id"])
    assert read_back(path) == [["id", "text"], *([cell, f"'{cell}"] for cell in HOSTILE)]
    write_list(path, ["text", "score"], [["plain = text, Borås", -0.5]])
    assert read_back(path)[1] == ["plain = text, Borås", "-0.5"]


def test_a_workbook_runs_nothing_either_and_keeps_ids(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = tmp_path / "out.XLSX"
    ids = [*HOSTILE[:5], "-12", "007", "#N/A"]
    write_list(path, ["id", "text", "score"], [[cell, "=x", 0.5] for cell in ids], ids=["id"])
    rows = list(load_workbook(path).worksheets[0].iter_rows(min_row=2))
    assert [row[0].value for row in rows] == ids
    assert {(row[0].data_type, row[1].value, row[1].data_type, row[2].value) for row in rows} == {
        ("s", "'=x", "s", 0.5)
    }
    with pytest.raises(UsageError, match="control character"):
        write_list(path, ["id"], [["\x01"]], ids=["id"])


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_a_result_is_written_whole_or_not_at_all(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_text("before", encoding="utf-8")

    def rows() -> Iterator[list[Value]]:
        yield ["1"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_list(target, ["id"], rows())
    assert target.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    write_list(target, ["id", "name"], [["1", "C1"]])
    assert read(target) == [(2, {"id": "1", "name": "C1"})]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_keeps_leading_to_its_file_and_a_pipe_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("before", encoding="utf-8")
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    write_list(link, ["id"], [["1"]])
    assert link.is_symlink()
    assert read_back(tmp_path / "real.csv") == [["id"], ["1"]]

    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text(encoding="utf-8")), daemon=True)
    reader.start()
    write_list(tmp_path / "pipe", ["id"], [["1"]])
    reader.join(600)
    assert (tmp_path / "pipe").is_fifo()
    assert read == ["id\n1\n"]


def test_what_would_go_wrong_at_the_end_is_said_at_the_start(file: MakeFile, tmp_path: Path) -> None:
    source, other = file("x"), file("x", "other.csv")
    out = tmp_path / "out.csv"
    check_targets([source, None], [out, None])
    for targets, says in (
        ([tmp_path / "x" / ".." / "list.csv"], "overwrite"),
        ([out, other], "overwrite"),
        ([out, out], "two results"),
        ([tmp_path], "is a folder"),
        ([tmp_path / "none" / "out.csv"], "There is no folder"),
    ):
        with pytest.raises(UsageError, match=says):
            check_targets([source, other], targets)
    with pytest.raises(UsageError, match="cannot be written"):
        write_list(tmp_path / "none" / "out.csv", ["id"], [])
