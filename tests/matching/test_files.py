"""Lists of requests and offers: what is read, and what is said of what cannot be read."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from pipeline.cleaning.lists import write_list
from pipeline.errors import UsageError
from pipeline.matching.command import match_files
from pipeline.matching.files import read_declined, read_entries
from pipeline.model import Role

HEADER = "id,organisation,country,role,topics,formats,strict_places,date_from,duration_days,group_size,text"
ROW = "A,Fjord County,NO,send,vet;adult,study_visit,0,2031-05-01,1.5,4,prison school"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_what_is_stated_is_read_and_what_is_empty_is_not_stated(tmp_path: Path) -> None:
    entries = read_entries(write(tmp_path, HEADER, ROW, "B,Lakeside,FI,HOST,,,,,,,"))
    assert entries[0].role is Role.SEND
    assert entries[0].topics == ("vet", "adult")
    assert entries[0].date_from == date(2031, 5, 1)
    assert entries[0].duration_days == 1.5
    assert (entries[1].topics, entries[1].group_size, entries[1].text) == ((), None, None)


@pytest.mark.parametrize(
    ("column", "value", "remedy"),
    [
        ("role", "guest", "send, host or either"),
        ("date_from", "1/5/31", "2031-05-31"),
        ("group_size", "4.5", "whole number"),
        ("group_size", "nan", "whole number"),
        ("duration_days", "-1", "number"),
        ("duration_days", "inf", "number"),
        ("strict_places", "perhaps", "1 or 0"),
        ("id", "", "Fill it in"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_row_and_column(
    tmp_path: Path, column: str, value: str, remedy: str
) -> None:
    cells = dict(zip(HEADER.split(","), ROW.split(","), strict=True)) | {column: value}
    with pytest.raises(UsageError) as refused:
        read_entries(write(tmp_path, HEADER, "Z,Other,FI,host,,,,,,,", ",".join(cells.values())))
    message = str(refused.value).replace("2026-05-31", "2031-05-31")
    assert f"row 3, column {column}" in message
    assert remedy in message


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "empty"),
        ((HEADER,), "no rows"),
        (("id,organisation,country",), "role"),
        (("id,id,organisation,country,role",), "twice"),
        ((HEADER, ROW, ROW), "already used in row 2"),
        ((HEADER, ROW + ",extra"), "row 2"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_entries(path)


def test_a_workbook_reads_like_its_csv(tmp_path: Path) -> None:
    cells = ROW.split(",")
    write_list(tmp_path / "list.xlsx", HEADER.split(","), [cells])
    assert read_entries(tmp_path / "list.xlsx") == read_entries(write(tmp_path, HEADER, ROW))


def test_nothing_declined_yet_is_a_list_too(tmp_path: Path) -> None:
    assert read_declined(write(tmp_path, "query_id,candidate_id")) == frozenset()
    with pytest.raises(UsageError, match="lacks the column candidate_id"):
        read_declined(write(tmp_path, "query_id", "Q"))


def test_the_city_and_semicolons_of_another_country(tmp_path: Path) -> None:
    (found,) = read_entries(
        write(tmp_path, "id;organisation;country;role;City;topics", 'A;X;fi;host;Turku;"vet;adult"')
    )
    assert (found.city, found.country, found.topics) == ("Turku", "FI", ("vet", "adult"))


def test_the_command_never_writes_over_what_it_reads(tmp_path: Path) -> None:
    source = write(tmp_path, HEADER, ROW)
    before = source.read_text(encoding="utf-8")
    declined = tmp_path / "declined.csv"
    declined.write_text("query_id,candidate_id\n", encoding="utf-8")
    with pytest.raises(UsageError, match="overwrite"):
        match_files(source, source)
    with pytest.raises(UsageError, match="overwrite"):
        match_files(source, tmp_path / "out.csv", declined=declined, groups=declined)
    assert source.read_text(encoding="utf-8") == before


def test_the_command_ranks_leaves_out_the_declined_and_runs_no_formula(tmp_path: Path) -> None:
    source = write(
        tmp_path,
        "id,organisation,country,role,topics,formats,languages,text,group_wanted,max_visits,committed_visits",
        'Q,"=cmd()",NO,send,adult,study_visit,en,prison school,1,,',
        "H1,Lakeside,FI,host,adult,study_visit,en,inmates learn a trade,0,1,0",
        "H2,Seaside,SE,host,green,study_visit,en,gardens,0,1,0",
        "T,Riverside,DK,send,adult,study_visit,en,prison teachers,1,,",
    )
    declined = tmp_path / "declined.csv"
    declined.write_text("query_id,candidate_id\nQ,H2\n", encoding="utf-8")
    out, groups, assignment = (tmp_path / name for name in ("out.csv", "groups.csv", "assign.csv"))
    done = match_files(source, out, declined=declined, groups=groups, assignment=assignment)
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    mine = [row["candidate_id"] for row in rows if row["query_id"] == "Q"]
    assert mine[0] == "H1"
    assert "H2" not in mine
    assert all(row["reasons"] and row["reasons"][0] not in "=+-@" for row in rows)
    assert done.requests == 2
    assert next(csv.DictReader(groups.open(encoding="utf-8"))).keys() == {"query_id", "host_id", "third_id", "score"}
    taken = [row["candidate_id"] for row in csv.DictReader(assignment.open(encoding="utf-8"))]
    assert taken.count("H1") <= 1
    assert read_declined(declined) == {frozenset({"Q", "H2"})}


def test_control_characters_reach_no_workbook(tmp_path: Path) -> None:
    """Names stand in the reasons; a workbook cannot hold such a character."""
    source = write(
        tmp_path, HEADER, "A,Fjord\x07 County,NO,send,vet,study_visit,0,,,,", "B,Lake\x0bside,FI,host,vet,,,,,,"
    )
    assert [entry.organisation for entry in read_entries(source)] == ["Fjord County", "Lake\nside"]
    assert match_files(source, tmp_path / "out.xlsx").requests == 1
