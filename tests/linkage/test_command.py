"""`matchmaker link` for any list."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.linkage.command import link_files

LIST = """record_id,organisation,country,city,website,email
a,Borås Stad,Sweden,Borås,https://www.boras.se,
b,Municipality of Borås,Sverige,Boras,boras.se,
c,"Working Life Department, City of Borås",Sweden,Borås,boras.se,
d,"Education Department, Municipality of Hohndorf",Germany,Hohndorf,hohndorf.de,
e,Jugendamt Stadt Hohndorf,Deutschland,Hohndorf,www.hohndorf.de,
=f,=HYPERLINK(1),Belgium,,,
"""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_clusters_and_pairs(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(LIST, encoding="utf-8")
    seen: list[tuple[int, int]] = []
    link_files(
        source,
        tmp_path / "out.csv",
        pairs=tmp_path / "pairs.csv",
        progress=lambda done, total: seen.append((done, total)),
    )
    clusters = {row["record_id"]: row["cluster_id"] for row in rows(tmp_path / "out.csv")}
    assert list(clusters) == ["a", "b", "c", "d", "e", "=f"]
    assert clusters["a"] == clusters["b"] != clusters["c"]
    pairs = rows(tmp_path / "pairs.csv")
    assert list(pairs[0]) == ["left", "right", "probability", "verdict", "reasons"]
    assert {row["verdict"] for row in pairs} == {"link", "review"}
    assert all(0 <= float(row["probability"]) <= 1 and row["reasons"] for row in pairs)
    assert {"left": "a", "right": "b", "verdict": "link"}.items() <= pairs[0].items()
    assert seen[-1] == (6, 6)
    assert seen == sorted(seen)


def test_the_list_itself_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(LIST, encoding="utf-8")
    with pytest.raises(UsageError, match="overwrite"):
        link_files(source, tmp_path / "x" / ".." / "in.csv")
    with pytest.raises(UsageError, match="overwrite"):
        link_files(source, tmp_path / "out.csv", pairs=source)
    assert source.read_text(encoding="utf-8") == LIST


def test_a_bad_folder_is_said_before_the_work(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(LIST, encoding="utf-8")
    with pytest.raises(UsageError, match="There is no folder"):
        link_files(source, tmp_path / "none" / "out.csv")
