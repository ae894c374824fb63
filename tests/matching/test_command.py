"""A list of requests and offers in, ranked candidates, groups and an assignment out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.matching.command import _shown, in_one_cell, match_files
from pipeline.model import Reason

HEADER = ["id", "organisation", "country", "role", "topics", "formats", "group_wanted", "capacity", "text"]
ROWS = [
    ["G", "Fjord County", "NO", "send", "adult", "job_shadowing", "yes", "", "Prisoners learn a trade."],
    ["H", "Lakeside School", "FI", "host", "adult", "job_shadowing", "", "9", "Prisoners earn certificates."],
    ["T", "Escola del Riu", "ES-CT", "send", "adult", "job_shadowing", "yes", "", "Prisoners learn in our school."],
    ["X", "Green Academy", "DK", "host", "green", "job_shadowing", "", "9", "School gardens and compost."],
]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    file = tmp_path / "in.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([HEADER, *ROWS])
    return file


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_request_gets_its_candidates_the_best_first(listed: Path, tmp_path: Path) -> None:
    done = match_files(listed, tmp_path / "out.csv")
    rows = read(tmp_path / "out.csv")
    assert list(rows[0]) == ["query_id", "candidate_id", "score", "reasons", "asked_for"]
    of_guest = [row for row in rows if row["query_id"] == "G"]
    assert [row["candidate_id"] for row in of_guest] == ["H", "X"]
    assert float(of_guest[0]["score"]) > float(of_guest[1]["score"])
    assert of_guest[0]["reasons"]
    assert (done.entries, done.requests, done.candidates) == (4, 2, len(rows))
    assert done.groups == 0


def test_no_more_than_asked_for(listed: Path, tmp_path: Path) -> None:
    match_files(listed, tmp_path / "out.csv", top=1)
    assert [row["candidate_id"] for row in read(tmp_path / "out.csv") if row["query_id"] == "G"] == ["H"]


def test_groups_and_assignment(listed: Path, tmp_path: Path) -> None:
    done = match_files(listed, tmp_path / "out.csv", groups=tmp_path / "groups.csv", assignment=tmp_path / "assign.csv")
    groups = read(tmp_path / "groups.csv")
    of_guest = [(row["host_id"], row["third_id"]) for row in groups if row["query_id"] == "G"]
    assert of_guest == [("H", "T"), ("X", "T")]
    assert done.groups == len(groups)
    assigned = {row["query_id"]: row["candidate_id"] for row in read(tmp_path / "assign.csv")}
    assert set(assigned) == {"G", "T"}


def test_declined_pairs_are_left_out(listed: Path, tmp_path: Path) -> None:
    declined = tmp_path / "declined.csv"
    declined.write_text("query_id,candidate_id\nG,H\n", encoding="utf-8")
    match_files(listed, tmp_path / "out.csv", declined=declined)
    assert [row["candidate_id"] for row in read(tmp_path / "out.csv") if row["query_id"] == "G"] == ["X"]


def test_a_list_is_not_written_over_itself(listed: Path) -> None:
    with pytest.raises(UsageError):
        match_files(listed, listed)


@pytest.mark.parametrize(
    ("hosts", "asked_for", "top", "shown"),
    [
        ([5, 6, 7], [], 2, [0, 1]),
        ([5, 6, 7], [7], 2, [0, 2]),
        ([5, 6, 7], [5], 2, [0, 1]),
        ([5, 6, 7, 8], [7, 8], 2, [2, 3]),
        ([5, 6, 7, 8], [5, 6, 7, 8], 2, [0, 1]),
        ([5], [], 20, [0]),
    ],
)
def test_whoever_was_asked_for_is_among_those_shown(
    hosts: list[int], asked_for: list[int], top: int, shown: list[int]
) -> None:
    assert _shown(hosts, asked_for, top) == shown


def test_sentences_in_one_cell() -> None:
    assert in_one_cell((Reason(feature="a", sentence="One."), Reason(feature="b", sentence="Two."))) == "One. Two."
